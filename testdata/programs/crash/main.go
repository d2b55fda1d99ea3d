// Command crash dies in the way that its argument names.
//
//	crash MODE [-past]   dies; modes that wait for a signal print "ready" first
//	crash -list          prints the truth: one line per mode, tab separated
//
// With -past the program first survives faults, panics and the like that leave
// records behind which look like evidence.
//
// The columns of -list: mode, class, kind, origin, message (a regular expression
// to search for), findings (+CLASS/KIND must be found, -CLASS/KIND must not, or
// "-"), how it dies ("self", "kill SIGNAL", "gcore"), whether -past makes sense
// ("past" or "nopast"), culprit function or "-". Class, kind and origin may hold
// alternatives, separated by "|", where the contract leaves room; "*" is any.
package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"runtime"
	"strings"
	"time"
)

type mode struct {
	name    string
	class   string
	kind    string
	origin  string
	message string
	run     func()

	findings string
	how      string
	culprit  string
	nopast   bool
}

func modes() []mode {
	var all []mode
	for _, part := range [][]mode{
		nilModes, addressModes, valueModes, runtimeErrorModes, chainModes, placeModes,
		raceModes, detectedModes, tornModes, deadlockModes, stackModes, memoryModes,
		corruptionModes, recordModes, damageModes, checkedModes, hiddenModes, fatalModes, signalModes,
		populationModes,
	} {
		all = append(all, part...)
	}
	return all
}

// release is the minor number of the Go release that built this.
func release() int {
	minor := 0
	fmt.Sscanf(strings.TrimPrefix(runtime.Version(), "go1."), "%d", &minor)
	return minor
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func list() {
	for _, m := range modes() {
		past := "past"
		if m.nopast {
			past = "nopast"
		}
		fmt.Println(strings.Join([]string{m.name, m.class, m.kind, m.origin, m.message,
			or(m.findings, "-"), or(m.how, "self"), past, or(m.culprit, "-")}, "\t"))
	}
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: crash MODE [-past] | crash -list")
		os.Exit(2)
	}
	if os.Args[1] == "-list" {
		list()
		return
	}
	withPast := len(os.Args) > 2 && os.Args[2] == "-past"
	for _, m := range modes() {
		if m.name != os.Args[1] {
			continue
		}
		if withPast {
			dieAfterPast(m)
		} else {
			m.run()
		}
		fmt.Fprintln(os.Stderr, "crash: mode", m.name, "survived")
		os.Exit(3)
	}
	fmt.Fprintln(os.Stderr, "crash: no mode", os.Args[1])
	os.Exit(2)
}

// dieAfterPast dies on the main goroutine, or on one that reuses the record of a
// goroutine that left a fault behind; the mode's name decides.
func dieAfterPast(m mode) {
	past()
	hash := fnv.New32()
	hash.Write([]byte(m.name))
	if hash.Sum32()%2 == 0 {
		m.run()
		return
	}
	leaveFaultRecords()
	done := make(chan bool)
	go func() {
		m.run()
		close(done)
	}()
	<-done
}

// ready tells whoever sends the signal that all is set up.
func ready() {
	time.Sleep(50 * time.Millisecond)
	fmt.Println("ready")
}

// sink keeps the compiler from dropping what is computed only to fault.
var sink interface{}

// zero, one, two and five are numbers that the compiler must not know.
var (
	zero     = len(os.Args) - len(os.Args)
	one      = zero + 1
	two      = zero + 2
	five     = zero + 5
	minusOne = zero - 1
)
