package main

import (
	"os"
	"runtime/debug"
	"syscall"
	"time"
	"unsafe"
)

// What writes over records that the runtime alone should write.
var recordModes = []mode{
	corrupted("record-channel", "bad-pointer", `unexpected signal during runtime execution`, recordChannel),
	corrupted("record-saved-pc", "bad-stack", `unknown caller pc`, recordSavedPC),
	// A func value that leads into the middle of an instruction: of amd64.
	{name: "record-func-code", class: "memory-corruption", kind: "bad-stack", origin: "fatal-error",
		message: `fault`, run: recordFuncCode, culprit: "-"},
	faulted("record-heap-unmapped", "unmapped", "main.recordHeapUnmapped", recordHeapUnmapped),
}

// recordChannel gives a channel a buffer that is none.
//
//go:noinline
func recordChannel() {
	values := make(chan [4]int, five)
	word := (*uintptr)(at(*(*uintptr)(unsafe.Pointer(&values)) + 16)) // runtime/chan.go hchan.buf
	*word = 0x7777770000
	values <- [4]int{1, 2, 3, 4}
}

// parkedG gives the record of a goroutine that waits for the channel: that of the
// first sudog in its queue. Where the queue is differs by release.
//
//go:noinline
func parkedG(wait chan int) uintptr {
	const queue, end = 40, 112 // hchan.recvq
	header := *(*uintptr)(unsafe.Pointer(&wait))
	low := header &^ (1<<32 - 1)
	for offset := uintptr(queue); offset < end; offset += 8 {
		sudog := *(*uintptr)(at(header + offset))
		if sudog%8 != 0 || sudog&^(1<<32-1) != low {
			continue
		}
		g := *(*uintptr)(at(sudog))
		if g%8 != 0 || g&^(1<<32-1) != low {
			continue
		}
		lo, hi, sp := *(*uintptr)(at(g)), *(*uintptr)(at(g + 8)), *(*uintptr)(at(g + 56))
		if lo < hi && sp > lo && sp < hi {
			return g
		}
	}
	os.Exit(3)
	return 0
}

// parked starts a goroutine that waits.
func parked() (g uintptr, wait chan int) {
	wait = make(chan int)
	go func() { sink = <-wait }()
	time.Sleep(50 * time.Millisecond)
	return parkedG(wait), wait
}

// recordSavedPC lets a goroutine go on where no code is.
func recordSavedPC() {
	g, wait := parked()
	*(*uintptr)(at(g + 64)) = 0x10 // g.sched.pc
	wait <- 1
	time.Sleep(time.Hour)
}

// halts has four bytes in the middle of an instruction that are ones by themselves (hlt).
//
//go:noinline
func halts(n uint64) uint64 { return n ^ 0x1122f4f4f4f43344 }

//go:noinline
func recordFuncCode() {
	f := halts
	code := **(**uintptr)(unsafe.Pointer(&f))
	for offset := uintptr(0); offset < 64; offset++ {
		if *(*uint32)(at(code + offset)) == 0xf4f4f4f4 {
			inside := code + offset
			entry := &inside
			f = *(*func(uint64) uint64)(unsafe.Pointer(&entry))
			break
		}
	}
	sink = f(1)
}

// recordHeapUnmapped gives memory back to the kernel that the heap has in use.
func recordHeapUnmapped() {
	debug.SetGCPercent(-1)
	data := make([]byte, 4<<20)
	sink = data
	syscall.RawSyscall(syscall.SYS_MUNMAP, uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)), 0)
	data[1<<20+five]++
}
