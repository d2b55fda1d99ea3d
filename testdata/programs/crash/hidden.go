package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

// Who is at work behind the program's back when it dies, and what does not run
// any more.
var hiddenModes = []mode{
	{name: "hidden-finalizer", class: "nil-dereference", kind: "field", origin: "panic", message: nilText,
		culprit: "main.finalizeNil", run: hiddenFinalizer},
	{name: "hidden-goexit", class: "nil-dereference", kind: "field", origin: "panic", message: nilText,
		culprit: "main.readName", run: hiddenGoexit},
	{name: "deferred-fatal", class: "data-race", kind: "unlock-of-unlocked", origin: "fatal-error",
		message: `sync: unlock of unlocked mutex`, culprit: "main.deferredInFrame.func1", run: func() { deferredFatal(two) }},
}

type named struct {
	pad  [3]int
	name *named
	size int
}

//go:noinline
func readName(n *named) int { return n.size }

//go:noinline
func finalizeNil(n *named) { sink = n.name.size }

//go:noinline
func makeFinalized() { runtime.SetFinalizer(new(named), finalizeNil) }

func hiddenFinalizer() {
	for {
		makeFinalized()
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

func hiddenGoexit() {
	go func() {
		defer func() { sink = readName(nil) }()
		runtime.Goexit()
	}()
	select {}
}

func say(text string) { fmt.Fprintln(os.Stderr, text) }

// deferredFatal leaves three calls in the frame, one of which is not asked for,
// and its caller's loop three in the list.
//
//go:noinline
func deferredFatal(n int) {
	for i := 0; i < 3; i++ {
		defer say("from a loop")
	}
	deferredInFrame(n)
}

//go:noinline
func deferredInFrame(n int) {
	var mu sync.Mutex
	defer say("first")
	if n == 0 {
		defer say("never")
	}
	defer closeAll(&mu)
	func() {
		defer recoverAll()
		mu.Unlock()
	}()
}

//go:noinline
func closeAll(mu *sync.Mutex) { mu.Lock() }

//go:noinline
func recoverAll() { recover() }
