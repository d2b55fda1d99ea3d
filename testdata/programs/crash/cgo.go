//go:build cgo

package main

// With cgo the program is linked with the C library and its threads are C's.
import _ "runtime/cgo"

// The runtime declares no deadlock then: C could wake a goroutine at any time.
func init() { deadlockModes = nil }
