package main

import (
	"runtime"
	"sync"
)

func asleep(name string, run func()) mode {
	return mode{name: name, class: "deadlock", kind: "all-asleep", origin: "fatal-error",
		message: `^all goroutines are asleep - deadlock!`, run: run}
}

var deadlockModes = []mode{
	asleep("deadlock-receive", func() { <-make(chan int) }),
	asleep("deadlock-send", func() { make(chan int) <- 1 }),
	asleep("deadlock-nil-channel", func() {
		var c chan int
		<-c
	}),
	asleep("deadlock-range", func() {
		for v := range make(chan int) {
			sink = v
		}
	}),
	asleep("deadlock-select", func() {
		a, b := make(chan int), make(chan int)
		select {
		case <-a:
		case b <- 1:
		}
	}),
	asleep("deadlock-select-empty", func() { select {} }),
	asleep("deadlock-mutex", func() {
		var m sync.Mutex
		m.Lock()
		m.Lock()
	}),
	asleep("deadlock-rwmutex", func() {
		var m sync.RWMutex
		m.RLock()
		m.Lock()
	}),
	asleep("deadlock-waitgroup", func() {
		var group sync.WaitGroup
		group.Add(1)
		group.Wait()
	}),
	asleep("deadlock-cond", func() {
		var m sync.Mutex
		m.Lock()
		sync.NewCond(&m).Wait()
	}),
	asleep("deadlock-lock-order", deadlockLockOrder),
	asleep("deadlock-many", func() {
		results := make(chan int)
		var group sync.WaitGroup
		for i := 0; i < 50; i++ {
			group.Add(1)
			go func() {
				defer group.Done()
				results <- 1
			}()
		}
		group.Wait()
		sink = <-results
	}),
	asleep("deadlock-goexit-others", nil).only(func() {
		go func() { <-make(chan int) }()
		runtime.Goexit()
	}),
	{name: "main-exited", class: "deadlock", kind: "main-exited", origin: "fatal-error",
		message: `^no goroutines \(main called runtime\.Goexit\) - deadlock!`,
		run:     runtime.Goexit, nopast: true},
}

func deadlockLockOrder() {
	var a, b sync.Mutex
	held := make(chan bool)
	a.Lock()
	go func() {
		b.Lock()
		held <- true
		a.Lock()
	}()
	<-held
	b.Lock()
}
