package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
	"unsafe"
)

// What unsafe code does to memory, where a fault shows it and not the collector.
var damageModes = []mode{
	faulted("damage-overflow", "unmapped", "main.(*cell).follow", damageOverflow),
	faulted("damage-use-after-free", "unmapped", "main.(*cell).follow", damageUseAfterFree),
	faulted("damage-dead-stack", "unmapped", "-", damageDeadStack),
	faulted("damage-heap-pointer", "unmapped", "main.readAt", damageHeapPointer),
	// Without a stack the runtime cannot say a word.
	{name: "damage-stack-pointer", class: "memory-corruption", kind: "bad-stack", origin: "signal",
		run: func() { damageStackPointer(0x123456789000) }},
	{name: "damage-stack-pointer-text", class: "memory-corruption", kind: "bad-stack",
		origin: "signal", run: func() { damageStackPointer(0x6d616e2065687420) }},
}

type cell struct {
	next *cell
	name [24]byte
}

//go:noinline
func (c *cell) follow() int { return int(c.next.name[two]) }

// damageOverflow copies a name that is too long into one of two objects that lie
// one after the other.
func damageOverflow() {
	cells := make([]*cell, 512)
	for i := range cells {
		cells[i] = new(cell)
		cells[i].next = cells[0]
	}
	sink = cells
	for _, low := range cells {
		for _, high := range cells {
			if uintptr(unsafe.Pointer(high)) == uintptr(unsafe.Pointer(low))+32 {
				overflow(low, "a name that is much longer")
				sink = high.follow()
			}
		}
	}
}

//go:noinline
func overflow(c *cell, name string) {
	base := unsafe.Pointer(&c.name)
	for i := 0; i < 24+6; i++ {
		*(*byte)(unsafe.Pointer(uintptr(base) + uintptr(i))) = name[i%len(name)]
	}
}

// freedCell gives the address of an object that the collector will free, with a
// pointer to memory that is there no more.
//
//go:noinline
func freedCell() uintptr {
	data, err := syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		os.Exit(3)
	}
	c := new(cell)
	smuggled = unsafe.Pointer(c)
	c.next = (*cell)(unsafe.Pointer(&data[4096]))
	syscall.Munmap(data)
	smuggled = nil
	return uintptr(unsafe.Pointer(c))
}

func damageUseAfterFree() {
	debug.SetGCPercent(-1)
	kept := make([]*cell, 64)
	for i := range kept {
		kept[i] = new(cell)
	}
	address := freedCell()
	for i := 0; i < 32; i++ {
		kept = append(kept, new(cell))
	}
	runtime.GC()
	runtime.GC()
	c := (*cell)(at(address))
	sink = c.follow()
	runtime.KeepAlive(kept)
	runtime.KeepAlive(c)
}

// damageDeadStack jumps to where the stack of a goroutine was.
//
//go:noinline
func damageDeadStack() {
	address := make(chan uintptr)
	go func() {
		var local [8]uintptr
		address <- uintptr(unsafe.Pointer(&local)) + uintptr(zero)
	}()
	code := <-address
	for i := 0; i < 100; i++ {
		runtime.Gosched()
	}
	entry := &code
	f := *(*func())(unsafe.Pointer(&entry))
	f()
}

// damageHeapPointer reads where the heap has address space, but no memory.
func damageHeapPointer() {
	object := new([64]int)
	sink = object
	sink = readAt(uintptr(unsafe.Pointer(object))&^(1<<26-1) + 1<<26 - 4096)
}

// damageStackPointer overwrites what the runtime has saved of a goroutine that
// waits: the channel leads to its g (runtime/chan.go hchan.recvq, runtime2.go
// sudog.g, g.sched.sp).
func damageStackPointer(sp uintptr) {
	c := make(chan int)
	go func() { sink = <-c }()
	time.Sleep(10 * time.Millisecond)
	header := *(*unsafe.Pointer)(unsafe.Pointer(&c))
	first := *(**uintptr)(unsafe.Add(header, 56))
	if first == nil { // since 1.23 there is a timer in front
		first = *(**uintptr)(unsafe.Add(header, 64))
	}
	*(*uintptr)(unsafe.Add(unsafe.Pointer(*first), 56)) = sp
	c <- 1
	time.Sleep(time.Second)
}
