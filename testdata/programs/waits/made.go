package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
)

func init() {
	quiet("made", func() { made(); stay() })
}

// made: every allocation is in the profile.
func made() {
	runtime.MemProfileRate = 1
	if pprof.Lookup("heap") == nil { // else the profile is not linked
		os.Exit(1)
	}
	results, locked := makeChannel(), makeAccount()
	keepAlive = append(keepAlive, results, locked)
	fmt.Println("made main.receive main.makeChannel")
	go receive(results)
	locked.mu.Lock()
	fmt.Println("made main.(*account).inner main.makeAccount")
	go locked.inner()
}

//go:noinline
func makeChannel() chan int { return make(chan int) }

//go:noinline
func makeAccount() *account { return &account{name: "a"} }
