package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"
)

// past survives what others die of. Each part leaves records that a careless
// reader of the core takes for the cause of death.
func past() {
	println("fatal error: fake")
	println("panic: fake [recovered]")
	fmt.Fprintln(os.Stderr, "runtime: goroutine stack exceeds 1000000000-byte limit (fake)")
	recoverFault()
	recoverPanics()
	go parkWhilePanicking()
	go parkAfterRecover()
	time.Sleep(10 * time.Millisecond)
	recoverFaultInsidePanic()
}

//go:noinline
func pastFault() int {
	var c *config
	return c.timeout
}

// recoverFault leaves sigcode0, sigcode1 and sigpc in the goroutine's record.
func recoverFault() {
	defer func() { recover() }()
	sink = pastFault()
}

func recoverPanics() {
	survive := func(value interface{}) {
		defer func() { recover() }()
		panic(value)
	}
	survive("survived panic")
	survive(errors.New("survived error"))
	func() {
		defer func() { recover() }()
		defer func() { panic("survived second") }()
		panic("survived first")
	}()
	func() {
		defer func() { recover() }()
		list := make([]int, five)
		sink = list[five+two]
	}()
}

// recoverFaultInsidePanic leaves sig itself: it is cleared only when the last
// panic of the goroutine is recovered by the fault's own recovery.
func recoverFaultInsidePanic() {
	defer func() { recover() }()
	defer recoverFault()
	panic("survived around a fault")
}

// parkWhilePanicking stays for ever with a panic that nobody recovers.
func parkWhilePanicking() {
	defer func() { <-make(chan int) }()
	panic("never finished")
}

// parkAfterRecover stays for ever in the deferred call that recovered a fault.
func parkAfterRecover() {
	defer func() {
		recover()
		<-make(chan int)
	}()
	sink = pastFault()
}

// leaveFaultRecords lets goroutines end by Goexit out of a fault: their records
// keep sig, and the next goroutine to start gets such a record.
func leaveFaultRecords() {
	for i := 0; i < 4; i++ {
		done := make(chan bool)
		go func() {
			defer func() {
				close(done)
				runtime.Goexit()
			}()
			sink = pastFault()
		}()
		<-done
	}
	time.Sleep(5 * time.Millisecond)
}
