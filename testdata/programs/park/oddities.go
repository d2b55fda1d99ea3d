package main

import (
	"errors"
	"runtime"
	"time"
)

// oddities parks goroutines where the runtime itself is part of the stack.
func oddities() {
	go parkedPanicking()
	go parkedRecovered()
	go parkedFault()
	go parkedTwoPanics()
	go parkedGoexit()
	go parkedGoexitPanic()
	runtime.SetFinalizer(&large{tail: "finalized"}, func(*large) { stay() })
	go spin(1)
	go gosched()
	go busyCalls(2)
	started := make(chan bool)
	go func() {
		go func() {
			started <- true
			stay()
		}()
		runtime.Goexit()
	}()
	<-started
}

//go:noinline
func parkedPanicking() {
	defer func() { stay() }()
	panic("parked while panicking")
}

//go:noinline
func parkedRecovered() {
	defer func() {
		recover()
		stay()
	}()
	panic(errors.New("recovered, and its deferred call still runs"))
}

//go:noinline
func parkedFault() {
	defer func() { stay() }()
	var s *server
	s.depth++
}

//go:noinline
func parkedTwoPanics() {
	defer func() {
		defer func() { stay() }()
		panic("the second")
	}()
	panic("the first")
}

//go:noinline
func parkedGoexit() {
	defer stay()
	runtime.Goexit()
}

//go:noinline
func parkedGoexitPanic() {
	defer func() {
		recover()
		stay()
	}()
	defer func() { panic("in Goexit") }()
	runtime.Goexit()
}

// spin never calls: only a signal stops it.
//
//go:noinline
func spin(n int) {
	for {
		n += n*3 + 1
	}
}

func gosched() {
	for {
		runtime.Gosched()
	}
}

//go:noinline
func busyCalls(n int) {
	for {
		n = step(n, "step")
		if n%100000 == 0 {
			time.Sleep(time.Microsecond)
		}
	}
}

//go:noinline
func step(n int, s string) int { return n + len(s)/4 }
