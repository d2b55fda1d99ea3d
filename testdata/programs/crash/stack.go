package main

import (
	"fmt"
	"runtime/debug"
)

func overflowed(name, kind, culprit string, limit int, run func()) mode {
	return mode{name: name, class: "stack-overflow", kind: kind, origin: "fatal-error",
		message: `stack overflow`, culprit: culprit, run: func() {
			if limit > 0 {
				debug.SetMaxStack(limit)
			}
			run()
		}}
}

const smallStack = 4 << 20

var stackModes = []mode{
	overflowed("stack-direct", "recursion", "main.recurse", smallStack, func() { sink = recurse(one) }),
	overflowed("stack-mutual", "recursion", "", smallStack, func() { sink = ping(one) }),
	overflowed("stack-large-frames", "recursion|deep-frames", "main.recurseLarge", smallStack,
		func() { sink = recurseLarge(one) }),
	overflowed("stack-string", "recursion", "", smallStack, func() { sink = tree{one}.String() }),
	overflowed("stack-closure", "recursion", "", smallStack, func() {
		var f func(int) int
		f = func(n int) int { return f(n+1) + 1 }
		sink = f(one)
	}),
	overflowed("stack-method", "recursion", "", smallStack, func() { sink = (&node{}).depth(one) }),
	overflowed("stack-goroutine", "recursion", "main.recurse", smallStack,
		func() { inGoroutine(func() { sink = recurse(one) }) }),
	overflowed("stack-deep-frames", "deep-frames", "", 200000, func() { sink = hugeFrames(one) }),
	overflowed("stack-default", "recursion", "main.recurse", 0, func() { sink = recurse(one) }),
}

//go:noinline
func recurse(n int) int { return recurse(n+1) + 1 }

//go:noinline
func ping(n int) int { return pong(n+1, "ping") + 1 }

//go:noinline
func pong(n int, from string) int { return pang(n+len(from), n) + 1 }

//go:noinline
func pang(n, m int) int { return ping(n-m) + 1 }

//go:noinline
func recurseLarge(n int) int {
	var pad [8000]int
	pad[n%8000] = n
	return recurseLarge(n+1) + pad[(n+1)%8000]
}

type tree struct{ n int }

func (t tree) String() string { return fmt.Sprintf("tree(%v)", t) }

type node struct{ next *node }

//go:noinline
func (n *node) depth(d int) int { return n.depth(d+1) + 1 }

//go:noinline
func hugeFrames(n int) int {
	var pad [13000]int
	pad[n] = n
	return hugerFrames(n+1) + pad[n+1]
}

//go:noinline
func hugerFrames(n int) int {
	var pad [14000]int
	pad[n] = n
	return hugestFrames(n+1) + pad[n+1]
}

//go:noinline
func hugestFrames(n int) int {
	var pad [15000]int
	pad[n] = n
	return pad[n+1] + pad[n] + five
}
