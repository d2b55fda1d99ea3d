package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

func exhausted(name, kind, message string, run func()) mode {
	return mode{name: name, class: "out-of-memory", kind: kind, origin: "fatal-error",
		message: message, run: run}
}

const memoryText = `out of memory|cannot allocate memory`

var memoryModes = []mode{
	exhausted("oom-huge", "allocation-failed|address-space", memoryText,
		func() { sink = hugeSlice(one << 46) }),
	exhausted("oom-terabyte", "allocation-failed|limit", memoryText, func() { sink = hugeSlice(one << 40) }),
	exhausted("oom-address-space", "address-space|limit|allocation-failed", memoryText, func() {
		limitMemory(syscall.RLIMIT_AS, 0)
		keepAllocating()
	}),
	exhausted("oom-data-limit", "limit|allocation-failed|address-space", memoryText, func() {
		limitMemory(syscall.RLIMIT_DATA, 1)
		keepAllocating()
	}),
	exhausted("oom-threads", "thread-limit", `thread exhaustion`, threadLimit),
}

//go:noinline
func hugeSlice(n int) []byte { return make([]byte, n) }

var kept [][]byte

//go:noinline
func keepAllocating() {
	for {
		kept = append(kept, make([]byte, 1<<20))
	}
}

// limitMemory allows 256 MB more than now, by the field of /proc/self/statm that
// the limit is about: 0 the size of the address space, 1 little enough.
func limitMemory(resource, what int) {
	var pages uint64
	statm, _ := os.ReadFile("/proc/self/statm")
	fmt.Sscan(string(statm), &pages)
	limit := uint64(256 << 20)
	if what == 0 {
		limit += pages * 4096
	}
	if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		fmt.Fprintln(os.Stderr, "crash: setrlimit:", err)
		os.Exit(3)
	}
}

func threadLimit() {
	debug.SetMaxThreads(20)
	for i := 0; i < 40; i++ {
		go func() {
			runtime.LockOSThread()
			time.Sleep(time.Hour)
		}()
		runtime.Gosched()
	}
	select {}
}

func corrupted(name, kind, message string, run func()) mode {
	return mode{name: name, class: "memory-corruption", kind: kind, origin: "fatal-error",
		message: message, run: run}
}

var corruptionModes = []mode{
	corrupted("corrupt-freed-span", "bad-pointer|bad-span", `found bad pointer in Go heap`, corruptFreedSpan),
	corrupted("corrupt-freed-object", "bad-pointer|bad-span|heap-bitmap", `found pointer to free object`,
		corruptFreedObject),
	// Between Go 1.21 and 1.26 the stack walker itself faults on such a stack.
	{name: "corrupt-return-address", class: "memory-corruption", kind: "bad-stack",
		origin: "fatal-error|signal", message: `unknown caller pc|SIGSEGV`, run: corruptReturnAddress,
		culprit: "main.smashed"},
	corrupted("corrupt-stack-pointer", "bad-pointer|bad-stack", `invalid pointer found on stack`,
		corruptStackPointer),
}

var smuggled unsafe.Pointer

// freedSpan gives the address of a large object that the collector freed.
//
//go:noinline
func freedSpan() uintptr {
	object := new([4 << 20]byte)
	return uintptr(unsafe.Pointer(object)) + 64
}

func corruptFreedSpan() {
	debug.SetGCPercent(-1)
	runtime.GC()
	sink = make([]byte, 1<<20)
	address := freedSpan()
	runtime.GC()
	runtime.GC()
	holder := new(struct{ pointer unsafe.Pointer })
	holder.pointer = at(address)
	smuggled = unsafe.Pointer(holder)
	runtime.GC()
}

type small struct {
	next *small
	pad  [13]uintptr
}

// freedObjects leaves the addresses of objects, as numbers: the collector will
// free all but one in sixteen.
//
//go:noinline
func freedObjects(addresses []uintptr, live []*small) {
	for i := range addresses {
		object := new(small)
		smuggled = unsafe.Pointer(object)
		addresses[i] = uintptr(smuggled)
		if i%16 == 0 {
			live[i/16] = object
		}
	}
	smuggled = nil
}

func corruptFreedObject() {
	debug.SetGCPercent(-1)
	addresses := make([]uintptr, 4096)
	live := make([]*small, 256)
	freedObjects(addresses, live)
	runtime.GC()
	runtime.GC()
	// A page without live objects is freed as a whole, and is the other mode's. It happens where
	// the goroutine changed its P for a moment.
	const page = 8192
	kept := make(map[uintptr]bool)
	for _, object := range live {
		kept[uintptr(unsafe.Pointer(object))/page] = true
	}
	pointers := make([]unsafe.Pointer, len(addresses))
	for i, address := range addresses {
		if kept[address/page] {
			pointers[i] = at(address)
		}
	}
	runtime.GC()
	runtime.GC()
	runtime.KeepAlive(pointers)
	runtime.KeepAlive(live)
}

// corruptReturnAddress overwrites the return address of its own frame and lets
// the collector walk the stack.
//
//go:noinline
func corruptReturnAddress() {
	smashed(five)
	fmt.Fprintln(os.Stderr, "crash: returned")
}

//go:noinline
func smashed(n int) int {
	var pcs [4]uintptr
	runtime.Callers(1, pcs[:])
	var local [4]uintptr
	base := uintptr(unsafe.Pointer(&local))
	for offset := uintptr(0); offset < 2048; offset += 8 {
		word := (*uintptr)(at(base + offset))
		if *word == pcs[1] && base+offset != uintptr(unsafe.Pointer(&pcs[1])) {
			*word = 0xdeadbeef
			runtime.GC()
			return int(local[n%4])
		}
	}
	return 0
}

var badPointer unsafe.Pointer

// corruptStackPointer keeps an impossible pointer in a frame while the stack grows.
//
//go:noinline
func corruptStackPointer() {
	var wait sync.WaitGroup
	wait.Add(1)
	*(*uintptr)(unsafe.Pointer(&badPointer)) = 0x123
	go func() {
		pointer := badPointer
		sink = growStack(1000)
		use(pointer)
		wait.Done()
	}()
	wait.Wait()
}

//go:noinline
func growStack(n int) int {
	var pad [64]int
	if n == 0 {
		return pad[n]
	}
	return growStack(n-1) + pad[n%64]
}

//go:noinline
func use(pointer unsafe.Pointer) { sink = pointer }
