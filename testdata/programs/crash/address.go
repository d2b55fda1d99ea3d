package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"unsafe"
)

func faulted(name, kind, culprit string, run func()) mode {
	return mode{name: name, class: "invalid-address", kind: kind, origin: "fatal-error",
		message: `fault`, run: run, culprit: culprit}
}

var addressModes = []mode{
	faulted("addr-unmapped-read", "unmapped", "main.readAt", func() { sink = readAt(0xdeadbeef008) }),
	faulted("addr-unmapped-write", "unmapped", "main.writeAt", func() { writeAt(0xdeadbeef008, 1) }),
	faulted("addr-low", "unmapped", "main.readAt", func() { sink = readAt(0x1238) }),
	faulted("addr-non-canonical", "non-canonical", "main.readAt",
		func() { sink = readAt(0xdeadbeefdeadbee8) }),
	faulted("addr-non-canonical-write", "non-canonical", "main.writeAt",
		func() { writeAt(0x8000deadbeef0000, 1) }),
	faulted("addr-read-only-string", "read-only", "main.writeAt", addrReadOnlyString),
	faulted("addr-read-only-text", "read-only", "main.writeAt", addrReadOnlyText),
	faulted("addr-read-only-mapping", "read-only", "main.writeAt", addrReadOnlyMapping),
	faulted("addr-truncated-file", "truncated-file-mapping", "main.readAt", addrTruncatedFile),
	faulted("addr-munmapped", "unmapped", "main.readAt", addrMunmapped),
	faulted("addr-call", "unmapped", "-", addrCall),
	// The runtime knows no function there, and prints no stack ("unknown pc").
	{name: "addr-garbage", class: "fatal-error", kind: "illegal-instruction", origin: "signal",
		message: `SIGILL`, culprit: "main.garbage", run: func() { garbage(0x0f, 0x0b) }},
	{name: "addr-garbage-pushed", class: "fatal-error", kind: "illegal-instruction",
		origin: "signal", message: `SIGILL`, culprit: "-", run: func() { garbage(0x50, 0x50, 0x0f, 0x0b) }},
	{name: "addr-garbage-nil", class: "invalid-address", kind: "unmapped", origin: "panic",
		message: nilText, culprit: "main.garbage", run: func() { garbage(0x31, 0xc0, 0x8b, 0x00) }},
	// It has pushed a word: the runtime finds nothing that could recover the panic.
	{name: "addr-garbage-pushed-nil", class: "invalid-address", kind: "unmapped",
		origin: "fatal-error", message: `unknown caller pc`, culprit: "-",
		run: func() { garbage(0x50, 0x31, 0xc0, 0x8b, 0x00) }},
	faulted("addr-garbage-fault", "unmapped", "main.garbage",
		func() { garbage(0x8b, 0x04, 0x25, 0, 0, 0xef, 0x0d) }),
	faulted("addr-slice", "unmapped", "main.addrSlice", func() { sink = addrSlice(two) }),
	faulted("addr-string", "unmapped|non-canonical", "-", addrString),
	faulted("addr-goroutine", "unmapped", "main.readAt", func() {
		go func() { sink = readAt(0xdeadbeef008) }()
		select {}
	}),
	{name: "addr-panic-on-fault", class: "invalid-address", kind: "unmapped", origin: "panic",
		message: nilText, culprit: "main.readAt", run: func() {
			debug.SetPanicOnFault(true)
			sink = readAt(0xdeadbeef008)
		}},
}

// at makes a pointer of a number, out of the sight of the compiler.
func at(address uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&address))
}

//go:noinline
func readAt(address uintptr) int { return *(*int)(at(address)) }

//go:noinline
func writeAt(address uintptr, v int) { *(*int)(at(address)) = v }

func addrReadOnlyString() {
	text := "a constant of the program, kept in its read-only data"
	writeAt(*(*uintptr)(unsafe.Pointer(&text)), 1)
}

func addrReadOnlyText() {
	f := readAt
	writeAt(**(**uintptr)(unsafe.Pointer(&f)), 1)
}

func mapped(fd, size, protection, flags int) uintptr {
	data, err := syscall.Mmap(fd, 0, size, protection, flags)
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash: mmap:", err)
		os.Exit(3)
	}
	return uintptr(unsafe.Pointer(&data[0]))
}

func addrReadOnlyMapping() {
	writeAt(mapped(-1, 4096, syscall.PROT_READ, syscall.MAP_PRIVATE|syscall.MAP_ANON)+8, 1)
}

func addrTruncatedFile() {
	file, err := os.CreateTemp("", "crash")
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(3)
	}
	os.Remove(file.Name())
	file.Truncate(3 * 4096)
	address := mapped(int(file.Fd()), 3*4096, syscall.PROT_READ, syscall.MAP_SHARED)
	sink = readAt(address + 8192)
	file.Truncate(0)
	sink = readAt(address + 8192)
}

func addrMunmapped() {
	data, err := syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash: mmap:", err)
		os.Exit(3)
	}
	address := uintptr(unsafe.Pointer(&data[0]))
	syscall.Munmap(data)
	sink = readAt(address + 0x2010)
}

// addrCall jumps to an address without code: the fault's pc is that address.
//
//go:noinline
func addrCall() {
	code := uintptr(0xdeadbeef000)
	entry := &code
	f := *(*func())(unsafe.Pointer(&entry))
	f()
	sink = entry
}

// garbage jumps to bytes in memory that may be executed and is no code of any file. The call
// of the kernel leaves its place in the goroutine's record.
//
//go:noinline
func garbage(code ...byte) {
	address := mapped(-1, 4096, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON)
	page := (*[4096]byte)(at(address))
	copy(page[:], code)
	if err := syscall.Mprotect(page[:], syscall.PROT_READ|syscall.PROT_EXEC); err != nil {
		fmt.Fprintln(os.Stderr, "crash: mprotect:", err)
		os.Exit(3)
	}
	entry := &address
	f := *(*func())(unsafe.Pointer(&entry))
	f()
	sink = entry
}

// addrSlice indexes a slice whose pointer was overwritten.
//
//go:noinline
func addrSlice(i int) int {
	list := make([]int, 8)
	*(*uintptr)(unsafe.Pointer(&list)) = 0x4141414000
	return list[i]
}

//go:noinline
func addrString() {
	text := string(make([]byte, 10))
	*(*uintptr)(unsafe.Pointer(&text)) = 0x414141414141
	sink = text + "tail"
}
