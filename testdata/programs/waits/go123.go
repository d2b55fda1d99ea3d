//go:build go1.23

package main

import "iter"

func init() {
	newer = append(newer, func() {
		next, stop := iter.Pull(numbers)
		next()
		expect("numbers", "coroutine", nil)
		keepAlive = append(keepAlive, next, stop)
	})
}

func numbers(yield func(int) bool) {
	for i := 0; yield(i); i++ {
	}
}
