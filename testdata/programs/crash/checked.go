//go:build race

package main

import "unsafe"

// -race turns on the checks of unsafe.Pointer (cmd/go passes -d=checkptr).
var checkedModes = []mode{
	corrupted("checkptr-misaligned", "bad-pointer", `checkptr: misaligned pointer conversion`, func() {
		sink = misaligned(make([]byte, 64), one)
	}),
}

//go:noinline
func misaligned(bytes []byte, at int) **int { return (**int)(unsafe.Pointer(&bytes[at])) }
