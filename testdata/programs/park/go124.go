//go:build go1.24

package main

import "runtime"

func init() { newer = append(newer, cleanups) }

// cleanups has the collector run a cleanup that never ends.
func cleanups() {
	runtime.AddCleanup(&large{tail: "cleaned up"}, func(n int) { stay() }, 1)
}
