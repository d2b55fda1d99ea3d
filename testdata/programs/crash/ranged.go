//go:build go1.23

package main

import "sync"

func init() {
	hiddenModes = append(hiddenModes, mode{name: "deferred-ranged", class: "data-race",
		kind: "unlock-of-unlocked", origin: "fatal-error", message: `sync: unlock of unlocked mutex`,
		culprit: "main.deferredRanged", run: func() { deferredRanged(two) }})
}

//go:noinline
func upTo(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}

// deferredRanged leaves what the body of a range over a function has deferred, in
// a list of its own, between two others.
//
//go:noinline
func deferredRanged(n int) {
	var mu sync.Mutex
	defer say("first")
	for i := range upTo(n) {
		defer closeAll(&mu)
		if i == 1 {
			defer recoverAll()
		}
	}
	defer say("last")
	mu.Unlock()
}
