package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sort"
	"sync"
	"time"
)

func chained(name, kind, message, culprit string, run func()) mode {
	return mode{name: name, class: "panic", kind: kind, origin: "panic", message: message,
		culprit: culprit, run: run}
}

// chainModes have more than one panic: the verdict is that of the first cause.
var chainModes = []mode{
	chained("chain-two", "value", `^first\n\tpanic: second$`, "main.chainTwo", chainTwo),
	chained("chain-three", "value", `^first\n\tpanic: second\n\tpanic: third$`, "main.chainThree", chainThree),
	chained("chain-mixed", "index-out-of-range",
		`^runtime error: index out of range \[7\] with length 5\n\tpanic: cleanup: base error$`,
		"main.indexSlice", chainMixed),
	chained("chain-repanic", "value",
		`^again \[recovered(, repanicked\]|\]\n\tpanic: again)$`, "main.chainRepanic", chainRepanic),
	chained("chain-repanic-error", "error",
		`^open: code 3 \[recovered(, repanicked\]|\]\n\tpanic: open: code 3)$`,
		"main.chainRepanicError", chainRepanicError),
	chained("chain-repanic-twice", "value",
		`^again \[recovered`, "main.chainRepanic", chainRepanicTwice),
	chained("chain-recover-new", "value", `^old \[recovered\]\n\tpanic: new$`, "main.chainRecoverNew", chainRecoverNew),
	chained("chain-recover-wrap", "error",
		`^base error \[recovered\]\n\tpanic: wrapped: base error$`, "main.chainRecoverWrap", chainRecoverWrap),
	chained("chain-after-recover", "value", `^after$`, "main.chainAfterRecover", chainAfterRecover),
	chained("chain-goexit", "value", `^during Goexit$`, "", func() { inGoroutine(chainGoexit) }),
	chained("chain-panic-goexit-panic", "value", `^first`, "", func() { inGoroutine(chainPanicGoexit) }),
	chained("chain-goexit-recovered", "value", `^last$`, "", func() { inGoroutine(chainGoexitRecovered) }),
	chained("chain-rethrow-index", "index-out-of-range|error|runtime-error",
		`^runtime error: index out of range \[7\] with length 5`, "main.chainRethrow",
		func() { chainRethrow(func() { sink = indexSlice(list5, five+two) }) }),
	chained("chain-rethrow-nil", "runtime-error|error", nilText, "main.chainRethrow",
		func() { chainRethrow(func() { sink = nilFieldRead(nil) }) }),
	chained("chain-panic-nil", "value", `^first\n\tpanic: runtime error: invalid memory address`,
		"main.chainPanicNil", chainPanicNil),
	chained("chain-parked-others", "value", `^one of many$`, "main.panicWith", func() {
		for i := 0; i < 5; i++ {
			go parkWhilePanicking()
		}
		time.Sleep(10 * time.Millisecond)
		panicWith("one of many")
	}),
	{name: "chain-nil-panic", class: "nil-dereference", kind: "field", origin: "panic",
		message: nilText + `.*\n\tpanic: second$`, culprit: "main.nilFieldRead", run: func() {
			defer func() { panic("second") }()
			sink = nilFieldRead(nil)
		}},
	{name: "chain-nil-repanic", class: "nil-dereference", kind: "field", origin: "panic",
		message: nilText + ` \[recovered`, culprit: "main.nilFieldRead", run: func() {
			defer func() { panic(recover()) }()
			sink = nilFieldRead(nil)
		}},
	{name: "chain-nil-wrap", class: "nil-dereference", kind: "field", origin: "panic",
		message: nilText + ` \[recovered\]\n\tpanic: wrapped: runtime error`,
		culprit: "main.nilFieldRead", run: func() {
			defer func() { panic(fmt.Errorf("wrapped: %v", recover())) }()
			sink = nilFieldRead(nil)
		}},
	{name: "chain-nil-nil", class: "nil-dereference", kind: "field", origin: "panic",
		// Releases from 1.25 on take the second for the first, raised again.
		message: nilText,
		culprit: "main.nilFieldRead", run: func() {
			defer func() { sink = nilPointerRead(nil) }()
			sink = nilFieldRead(nil)
		}},
}

func inGoroutine(f func()) {
	go f()
	select {}
}

//go:noinline
func chainTwo() {
	defer func() { panic("second") }()
	panic("first")
}

//go:noinline
func chainThree() {
	defer func() {
		defer func() { panic("third") }()
		panic("second")
	}()
	panic("first")
}

func chainMixed() {
	defer func() { panic(fmt.Errorf("cleanup: %w", errBase)) }()
	sink = indexSlice(list5, five+two)
}

//go:noinline
func chainRepanic() {
	defer func() { panic(recover()) }()
	panic("again")
}

//go:noinline
func chainRepanicError() {
	defer func() {
		if r := recover(); r != nil {
			panic(r)
		}
	}()
	panic(&codeError{3, "open"})
}

func chainRepanicTwice() {
	defer func() { panic(recover()) }()
	chainRepanic()
}

//go:noinline
func chainRecoverNew() {
	defer func() {
		recover()
		panic("new")
	}()
	panic("old")
}

//go:noinline
func chainRecoverWrap() {
	defer func() { panic(fmt.Errorf("wrapped: %w", recover().(error))) }()
	panic(errBase)
}

//go:noinline
func chainAfterRecover() {
	func() {
		defer func() { recover() }()
		panic("before")
	}()
	panic("after")
}

func chainGoexit() {
	defer func() { panic("during Goexit") }()
	runtime.Goexit()
}

func chainPanicGoexit() {
	defer func() { panic("last") }()
	defer runtime.Goexit()
	panic("first")
}

func chainGoexitRecovered() {
	defer func() { panic("last") }()
	defer func() { recover() }()
	defer func() { panic("recovered during Goexit") }()
	runtime.Goexit()
}

// chainRethrow panics with the value of a panic that is over.
//
//go:noinline
func chainRethrow(f func()) {
	var value interface{}
	func() {
		defer func() { value = recover() }()
		f()
	}()
	panic(value)
}

//go:noinline
func chainPanicNil() {
	defer func() { sink = nilFieldRead(nil) }()
	panic("first")
}

// placeModes panic where no plain call of main stands.
var placeModes = []mode{
	chained("panic-goroutine", "value", `^in a goroutine$`, "main.panicWith",
		func() { inGoroutine(func() { panicWith("in a goroutine") }) }),
	chained("panic-init", "value", `^in init$`, "main.panicWith", nil).only(func() {}),
	chained("panic-finalizer", "value", `^in a finalizer$`, "main.panicWith", panicFinalizer),
	chained("panic-after-func", "value", `^in a timer$`, "main.panicWith", func() {
		time.AfterFunc(time.Millisecond, func() { panicWith("in a timer") })
		select {}
	}),
	chained("panic-once", "value", `^in a Once$`, "main.panicWith", func() {
		var once sync.Once
		once.Do(func() { panicWith("in a Once") })
	}),
	chained("panic-sort", "value", `^in a comparison$`, "main.panicWith", func() {
		sort.Slice(list5, func(i, j int) bool {
			panicWith("in a comparison")
			return false
		})
	}),
	chained("panic-deferred", "value", `^in a deferred call$`, "main.panicWith", func() {
		defer panicWith("in a deferred call")
	}),
	chained("panic-method-goroutine", "error", `^in a method$`, "", func() {
		go thrower{errors.New("in a method")}.throw(1, 2)
		select {}
	}),
	chained("panic-inlined", "value", `^inlined$`, "", func() { panicInlined(true) }),
	chained("panic-generic", "value", `^generic \[1 2\]$`, "", func() { panicGeneric([]int{1, 2}) }),
	chained("panic-two-at-once", "value", `^at once [12]$`, "main.panicWith", panicTwoAtOnce),
	chained("panic-locked-thread", "value", `^locked$`, "main.panicWith", func() {
		inGoroutine(func() {
			runtime.LockOSThread()
			panicWith("locked")
		})
	}),
	chained("panic-deep", "value", `^deep down$`, "main.panicWith", func() { panicDeep(300) }),
}

func (m mode) only(run func()) mode {
	m.run, m.nopast = run, true
	return m
}

func init() {
	if len(os.Args) > 1 && os.Args[1] == "panic-init" {
		panicWith("in init")
	}
}

func panicFinalizer() {
	runtime.SetFinalizer(&plain{1, "finalized"}, func(*plain) { panicWith("in a finalizer") })
	for {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

type thrower struct{ err error }

//go:noinline
func (t thrower) throw(a, b int) { panic(t.err) }

func panicInlined(yes bool) {
	if yes {
		panic("inlined")
	}
}

//go:noinline
func panicGeneric[T any](values []T) { panic(fmt.Sprint("generic ", values)) }

func panicTwoAtOnce() {
	var start sync.WaitGroup
	start.Add(2)
	for i := 1; i <= 2; i++ {
		value := fmt.Sprint("at once ", i)
		go func() {
			start.Done()
			start.Wait()
			panicWith(value)
		}()
	}
	select {}
}

//go:noinline
func panicDeep(n int) int {
	if n == 0 {
		panicWith("deep down")
	}
	return panicDeep(n-1) + 1
}
