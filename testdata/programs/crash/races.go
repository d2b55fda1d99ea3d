package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"unsafe"
)

func raced(name, kind, message, culprit string, run func()) mode {
	return mode{name: name, class: "data-race", kind: kind, origin: "fatal-error", message: message,
		culprit: culprit, run: run}
}

const (
	writesText    = `concurrent map writes`
	readWriteText = `concurrent map read and map write`
	iterateText   = `concurrent map iteration and map write`
)

var raceModes = []mode{
	raced("map-write", "concurrent-map-write", writesText, "main.writeMap", func() {
		m := intMap()
		inParallel(func() { writeMap(m) }, func() { writeMap(m) }, func() { writeMap(m) })
	}),
	raced("map-write-string", "concurrent-map-write", writesText, "main.writeStringMap", func() {
		m := map[string]int{"a": 1, "b": 2, "c": 3}
		inParallel(func() { writeStringMap(m) }, func() { writeStringMap(m) })
	}),
	raced("map-delete", "concurrent-map-write", writesText, "main.deleteMap", func() {
		m := intMap()
		inParallel(func() { deleteMap(m) }, func() { deleteMap(m) })
	}),
	raced("map-read-write", "concurrent-map-read-write", readWriteText, "main.readMap", func() {
		m := intMap()
		inParallel(func() { writeMap(m) }, func() { readMap(m) }, func() { readMap(m) })
	}),
	raced("map-iteration-write", "concurrent-map-iteration-write", iterateText, "main.iterateMap", func() {
		m := intMap()
		inParallel(func() { writeMap(m) }, func() { iterateMap(m) }, func() { iterateMap(m) })
	}),
	raced("map-strangers", "concurrent-map-write|concurrent-map-read-write", writesText+"|"+readWriteText,
		"", raceAmongStrangers),
	raced("map-global", "concurrent-map-write", writesText, "main.writeGlobal", func() {
		tellMap(global, "main.writeGlobal")
		inParallel(writeGlobal, writeGlobal)
	}),
	raced("map-once", "concurrent-map-write|concurrent-map-read-write", writesText+"|"+readWriteText,
		"", func() {
			m := intMap()
			tellMap(m, "main.insertOnce", "main.writeMap")
			inParallel(func() { writeMap(m) }, func() { insertOnce(m) })
		}),
	raced("mutex-unlock", "unlock-of-unlocked", `sync: unlock of unlocked mutex`, "main.unlockMutex",
		func() {
			m := new(sync.Mutex)
			tellLock(unsafe.Pointer(m))
			unlockMutex(m)
		}),
	raced("mutex-unlock-twice", "unlock-of-unlocked", `sync: unlock of unlocked mutex`, "main.unlockTwice",
		func() { unlockTwice(new(sync.Mutex)) }),
	raced("mutex-unlock-in-panic", "unlock-of-unlocked", `sync: unlock of unlocked mutex`,
		"main.unlockInPanic.func1", unlockInPanic),
	raced("rwmutex-unlock", "unlock-of-unlocked", `sync: Unlock of unlocked RWMutex`, "main.unlockRW",
		func() {
			m := new(sync.RWMutex)
			tellLock(unsafe.Pointer(m))
			unlockRW(m)
		}),
	raced("rwmutex-runlock", "unlock-of-unlocked", `sync: RUnlock of unlocked RWMutex`, "main.runlockRW",
		func() {
			m := new(sync.RWMutex)
			tellLock(unsafe.Pointer(m))
			runlockRW(m)
		}),
	raced("mutex-unlock-deferred", "unlock-of-unlocked", `sync: unlock of unlocked mutex`, "",
		func() {
			defer unlockMutex(new(sync.Mutex))
			panic("with a panic on the way")
		}),
}

// tellMap says which map the functions race on, for tests to read.
func tellMap(m map[int]int, functions ...string) {
	fmt.Fprintf(os.Stderr, "race: map %p\n", m)
	for _, function := range functions {
		fmt.Fprintln(os.Stderr, "race: offender", function)
	}
}

// tellLock says which lock it dies on, for tests to read.
func tellLock(lock unsafe.Pointer) { fmt.Fprintf(os.Stderr, "race: lock %p\n", lock) }

// raceAmongStrangers races on one map while others use maps of the same type
// that nobody else has.
func raceAmongStrangers() {
	m := intMap()
	tellMap(m, "main.writeMap", "main.readMap")
	fmt.Fprintln(os.Stderr, "race: innocent main.writeOwn")
	fmt.Fprintln(os.Stderr, "race: innocent main.writeTwo")
	own, one, two := intMap(), intMap(), intMap()
	inParallel(
		func() { writeOwn(own) },
		func() { writeTwo(one, two) },
		func() { writeMap(m) },
		func() { readMap(m) },
	)
}

//go:noinline
func writeOwn(m map[int]int) {
	for i := 0; i < 64; i++ {
		m[i] = i
	}
}

//go:noinline
func writeTwo(one, two map[int]int) {
	for i := 0; i < 64; i++ {
		one[i] = two[i]
		two[i] = one[i]
	}
}

var global = intMap()

//go:noinline
func writeGlobal() {
	for i := 0; i < 64; i++ {
		global[i] = i
	}
}

var sunk float64

// insertOnce is outside of the map for most of the time.
//
//go:noinline
func insertOnce(m map[int]int) {
	m[len(m)] = 1
	for i := 0; i < 20000; i++ {
		sunk += float64(i)
	}
}

func intMap() map[int]int {
	m := map[int]int{}
	for i := 0; i < 64; i++ {
		m[i] = i
	}
	return m
}

func inParallel(bodies ...func()) {
	runtime.GOMAXPROCS(4)
	for _, body := range bodies {
		body := body
		go func() {
			for {
				body()
			}
		}()
	}
	select {}
}

//go:noinline
func writeMap(m map[int]int) {
	for i := 0; i < 64; i++ {
		m[i] = i
	}
}

//go:noinline
func writeStringMap(m map[string]int) {
	m["a"]++
	m["b"]++
	m["c"]++
}

//go:noinline
func deleteMap(m map[int]int) {
	for i := 0; i < 64; i++ {
		delete(m, i+1000)
	}
}

//go:noinline
func readMap(m map[int]int) int {
	sum := 0
	for i := 0; i < 64; i++ {
		sum += m[i]
	}
	return sum
}

//go:noinline
func iterateMap(m map[int]int) int {
	sum := 0
	for key := range m {
		sum += key
	}
	return sum
}

//go:noinline
func unlockMutex(m *sync.Mutex) { m.Unlock() }

//go:noinline
func unlockTwice(m *sync.Mutex) {
	m.Lock()
	m.Unlock()
	m.Unlock()
}

//go:noinline
func unlockRW(m *sync.RWMutex) { m.Unlock() }

//go:noinline
func runlockRW(m *sync.RWMutex) { m.RUnlock() }

// unlockInPanic has its lock given back twice in the course of a panic, which the fatal error hides.
//
//go:noinline
func unlockInPanic() {
	var m sync.Mutex
	m.Lock()
	defer func() { m.Unlock() }()
	m.Unlock()
	panic("what came first")
}
