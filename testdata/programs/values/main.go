// Command values dies with variables of every kind on its stack, and says before
// what they hold.
//
//	values MODE    MODE: scalars containers links channels errors contexts clocks
//	               locks generic closures wrappers syncmaps parts boxed network deferred started
//	values -list   prints the modes, in the columns of crash -list
//
// On stderr it prints lines "truth FUNCTION NAME TYPE TEXT", tab separated: what
// gocore must show of a variable, type as reflect and text as gocore writes it.
// A NAME "deferred:CALL/VARIABLE" is what a deferred call that is left has captured; VARIABLE is one of the
// names that compilers give it, X0|p.
// In TEXT, a "*" stands for any run of characters. A sixth column is what gocore shows
// of a variable of which optimized code has kept a part.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

var modes = []struct {
	name string
	run  func()
}{
	{"scalars", scalars},
	{"containers", containers},
	{"links", links},
	{"channels", channels},
	{"errors", failures},
	{"contexts", contexts},
	{"clocks", clocks},
	{"locks", locks},
	{"generic", generic},
	{"closures", closures},
	{"network", network},
	{"wrappers", wrappers},
	{"syncmaps", syncMaps},
	{"parts", parts},
	{"boxed", boxes},
	{"deferred", deferred},
	{"started", started},
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "-list" {
		for _, m := range modes {
			kind, culprit := "value", "main.die"
			if m.name == "boxed" {
				kind, culprit = "error", "main.boxes"
			}
			row := []string{m.name, "panic", kind, "panic", "^values: " + m.name + "$"}
			if m.name == "deferred" { // a panic would run them
				culprit = "main.unlock"
				row = []string{m.name, "data-race", "unlock-of-unlocked", "fatal-error",
					"sync: unlock of unlocked mutex"}
			}
			fmt.Println(strings.Join(append(row, "-", "self", "nopast", culprit), "\t"))
		}
		return
	}
	for _, m := range modes {
		if len(os.Args) == 2 && os.Args[1] == m.name {
			m.run()
		}
	}
	fmt.Fprintln(os.Stderr, "usage: values MODE | values -list")
	os.Exit(2)
}

// truth prints what gocore must show of the variable NAME of the caller.
func truth(name, typ, format string, args ...any) {
	pc, _, _, _ := runtime.Caller(1)
	function := runtime.FuncForPC(pc).Name()
	fmt.Fprintf(os.Stderr, "truth\t%s\t%s\t%s\t%s\n", function, name, typ,
		fmt.Sprintf(format, args...))
}

// part is truth for what optimized code may show a part of, as PARTLY.
func part(name, typ, text, partly string) {
	pc, _, _, _ := runtime.Caller(1)
	function := runtime.FuncForPC(pc).Name()
	fmt.Fprintf(os.Stderr, "truth\t%s\t%s\t%s\t%s\t%s\n", function, name, typ, text, partly)
}

// die panics; what its callers hand to keep afterwards is still in use.
//
//go:noinline
func die() {
	panic("values: " + os.Args[1])
}

var sink []any

//go:noinline
func keep(values ...any) {
	sink = append(sink, values...)
}
