// Command waits has goroutines wait for each thing that one can wait for, or deadlock in each way that
// has a name, then dies.
//
//	waits MODE
//	waits -list   prints the truth, in the columns of crash -list
//
// It prints a line for each wait: "wait FUNCTION KIND ADDRESS": a goroutine with that function on its
// stack waits for what lies there. Then it prints "ready".
package main

import (
	"fmt"
	"os"
	"time"
	"unsafe"
)

type mode struct {
	name string
	// The verdict, and how the process dies: "self", or "kill QUIT".
	class, kind, origin, message, how string
	run                               func()
	findings                          string // that the report must have besides; "": nothing said
}

var modes []mode

// expect says what a goroutine that is about to wait in FUNCTION waits for.
func expect(function, kind string, object unsafe.Pointer) {
	fmt.Printf("wait main.%s %s %#x\n", function, kind, uintptr(object))
}

func channel(c interface{}) unsafe.Pointer {
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&c))[1]
}

func settle() { time.Sleep(200 * time.Millisecond) }

// stay keeps the program alive while it waits for the signal.
func stay() {
	settle()
	fmt.Println("ready")
	time.Sleep(time.Hour)
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: waits MODE | waits -list")
		os.Exit(2)
	}
	for _, m := range modes {
		if os.Args[1] == "-list" {
			if m.findings == "" {
				m.findings = "-"
			}
			fmt.Printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\tnopast\t-\n", m.name, m.class, m.kind,
				m.origin, m.message, m.findings, m.how)
		} else if os.Args[1] == m.name {
			m.run()
			return
		}
	}
	if os.Args[1] != "-list" {
		fmt.Fprintln(os.Stderr, "waits: no such mode")
		os.Exit(2)
	}
}
