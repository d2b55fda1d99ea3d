// Command leak has goroutines that are leaked for certain, or that only look so.
//
//	leak MODE    prints "ready" and waits for a signal
//	leak -list   prints the truth: one line per mode, as crash does
package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

type mode struct {
	name     string
	kind     string // of the verdict; "": the signal is it
	findings string
	run      func()
}

const (
	proven    = "+goroutine-leak/proven,-goroutine-leak/suspected"
	suspected = "-goroutine-leak/proven,+goroutine-leak/suspected"
	silent    = "-goroutine-leak/proven,-goroutine-leak/suspected"
)

var modes []mode

func list() {
	for _, m := range modes {
		class, kind, message := "external-signal", "quit", "SIGQUIT"
		if m.kind != "" {
			class, kind, message = "goroutine-leak", m.kind, ""
		}
		fmt.Println(strings.Join([]string{m.name, class, kind, "signal", message,
			m.findings, "kill QUIT", "nopast", "-"}, "\t"))
	}
}

func main() {
	modes = append(append(leakModes, aliveModes...), crowdModes...)
	if len(os.Args) == 2 && os.Args[1] == "-list" {
		list()
		return
	}
	for _, m := range modes {
		if len(os.Args) == 2 && os.Args[1] == m.name {
			m.run()
			wait()
		}
	}
	fmt.Fprintln(os.Stderr, "usage: leak MODE | leak -list")
	os.Exit(2)
}

func wait() {
	time.Sleep(100 * time.Millisecond)
	fmt.Println("ready")
	time.Sleep(time.Hour)
}

// sink keeps the compiler from dropping what nobody uses.
var sink interface{}

//go:noinline
func use(v interface{}) { sink = v; sink = nil }
