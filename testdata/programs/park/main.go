// Command park has goroutines parked in stacks of every shape, then dies.
//
//	park MODE [-labels]   MODE: panic fatal throw sigabrt sigquit live
//	park -list            prints the truth, in the columns of crash -list
//
// It prints "ready" when all are parked. With -labels the tracebacks show pprof
// labels, in releases that can.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"
)

var truth = [][]string{
	{"panic", "panic", "value", "panic", "^parked$", "-", "self", "nopast", "main.die"},
	{"panic,-labels", "panic", "value", "panic", "^parked$", "-", "self", "nopast", "main.die"},
	{"fatal", "data-race", "unlock-of-unlocked", "fatal-error", "sync: unlock of unlocked mutex",
		"-", "self", "nopast", "main.die"},
	{"throw", "fatal-error", "*", "fatal-error", "runtime.SetFinalizer: first argument is nil",
		"-", "self", "nopast", "main.die"},
	{"sigabrt", "external-signal", "abort", "signal", "SIGABRT", "-", "kill ABRT", "nopast", "-"},
	{"sigquit", "external-signal", "quit", "signal", "SIGQUIT", "-", "kill QUIT", "nopast", "-"},
	{"sigquit,-labels", "external-signal", "quit", "signal", "SIGQUIT", "-", "kill QUIT", "nopast", "-"},
	{"live", "snapshot", "live", "snapshot", "", "-", "gcore", "nopast", "-"},
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: park panic|fatal|throw|sigabrt|sigquit|live [-labels] | park -list")
		os.Exit(2)
	}
	if os.Args[1] == "-list" {
		for _, row := range truth {
			for i, column := range row {
				if i > 0 {
					fmt.Print("\t")
				}
				fmt.Print(column)
			}
			fmt.Println()
		}
		return
	}
	if len(os.Args) > 2 && os.Args[2] == "-labels" {
		os.Setenv("GODEBUG", "tracebacklabels=1")
	}
	waits()
	functions()
	arguments()
	oddities()
	for _, park := range newer {
		park()
	}
	collect()
	time.Sleep(200 * time.Millisecond)
	fmt.Println("ready")
	switch os.Args[1] {
	case "panic", "fatal", "throw":
		die(os.Args[1])
	}
	time.Sleep(time.Hour)
}

// newer park what only newer releases have.
var newer []func()

// collect has the collector run, which stores since when goroutines wait.
func collect() {
	for i := 0; i < 3; i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

//go:noinline
func die(how string) {
	switch how {
	case "fatal":
		new(sync.Mutex).Unlock()
	case "throw":
		runtime.SetFinalizer(nil, nil)
	}
	panic("parked")
}

// never is what goroutines that only have to be somewhere wait for.
var never = make(chan int)

//go:noinline
func stay() int { return <-never }
