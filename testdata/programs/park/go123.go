//go:build go1.23

package main

import "iter"

func init() { newer = append(newer, coroutines) }

// coroutines parks goroutines on both sides of iter.Pull.
func coroutines() {
	next, stop := iter.Pull(count)
	next()
	go func() {
		stay()
		stop()
	}()
	stuck, _ := iter.Pull(stuckSequence)
	go stuck()
	go func() {
		for n := range stuckSequence {
			keep(n)
		}
	}()
	go func() {
		for n := range count {
			keep(n)
			stay()
		}
	}()
}

func count(yield func(int) bool) {
	for n := 0; yield(n); n++ {
	}
}

//go:noinline
func stuckSequence(yield func(int) bool) {
	if yield(1) {
		stay()
		yield(2)
	}
}
