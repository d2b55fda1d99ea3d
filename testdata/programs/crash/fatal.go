package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
	"unsafe"
)

func threw(name, message string, run func()) mode {
	return mode{name: name, class: "fatal-error", kind: "*", origin: "fatal-error", message: message, run: run}
}

var fatalModes = []mode{
	threw("fatal-mutex-state", `sync: inconsistent mutex state`, fatalMutexState),
	threw("fatal-go-nil", `go of nil func value`, func() {
		var f func()
		go f()
		runtime.Gosched()
	}),
	threw("fatal-finalizer-nil", `runtime\.SetFinalizer: first argument is nil`,
		func() { runtime.SetFinalizer(nil, nil) }),
	threw("fatal-finalizer-twice", `runtime\.SetFinalizer: finalizer already set`, func() {
		p := &plain{1, "x"}
		runtime.SetFinalizer(p, func(*plain) {})
		runtime.SetFinalizer(p, func(*plain) {})
	}),
	threw("fatal-finalizer-middle", `runtime\.SetFinalizer: pointer not at beginning of allocated block`, func() {
		p := &plain{1, "x"}
		sink = p
		runtime.SetFinalizer(&p.b, func(*string) {})
	}),
	{name: "breakpoint", class: "fatal-error|unknown", kind: "*", origin: "signal", message: `SIGTRAP`,
		run: runtime.Breakpoint},
}

// fatalMutexState hands a starving mutex to a waiter that its state denies.
func fatalMutexState() {
	var m sync.Mutex
	m.Lock()
	go func() {
		m.Lock()
		fmt.Fprintln(os.Stderr, "crash: locked")
	}()
	time.Sleep(20 * time.Millisecond)
	*(*int32)(unsafe.Pointer(&m)) = 1 | 4
	m.Unlock()
	select {}
}
