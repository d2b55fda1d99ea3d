// Command swarm has many goroutines, for measuring: swarm N live|panic|sigabrt
//
// A quarter each waits in a channel receive, in sync.Mutex.Lock, in a select, and
// at the end of a 20-deep recursion. It prints "ready" when all do. With live and
// sigabrt it then waits for whoever takes the core; with panic it dies itself.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

var (
	channel = make(chan int)
	other   = make(chan int)
	mutex   sync.Mutex
	started int64
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "-list" {
		fmt.Println("1000,live\tsnapshot\tlive\tsnapshot\t\t-\tgcore\tnopast\t-")
		fmt.Println("1000,sigabrt\texternal-signal\tabort\tsignal\tSIGABRT\t-\tkill ABRT\tnopast\t-")
		fmt.Println("10000,panic\tpanic\tvalue\tpanic\t^swarm of 10000$\t-\tself\tnopast\tmain.main")
		fmt.Println("100000,panic\tpanic\tvalue\tpanic\t^swarm of 100000$\t-\tself\tnopast\tmain.main")
		return
	}
	count := 0
	if len(os.Args) == 3 {
		count, _ = strconv.Atoi(os.Args[1])
	}
	if count <= 0 {
		fmt.Fprintln(os.Stderr, "usage: swarm N live|panic|sigabrt")
		os.Exit(2)
	}
	mutex.Lock()
	for i := 0; i < count; i++ {
		switch i % 4 {
		case 0:
			go receive(i)
		case 1:
			go lock(i)
		case 2:
			go choose(i)
		case 3:
			go descend(i, 20)
		}
	}
	for atomic.LoadInt64(&started) < int64(count) {
		time.Sleep(time.Millisecond)
	}
	for i := 0; i < 20; i++ {
		runtime.Gosched()
		time.Sleep(time.Millisecond)
	}
	fmt.Println("ready")
	if os.Args[2] == "panic" {
		panic("swarm of " + os.Args[1])
	}
	time.Sleep(time.Hour)
}

//go:noinline
func receive(i int) int {
	atomic.AddInt64(&started, 1)
	return i + <-channel
}

//go:noinline
func lock(i int) int {
	atomic.AddInt64(&started, 1)
	mutex.Lock()
	defer mutex.Unlock()
	return i
}

//go:noinline
func choose(i int) int {
	atomic.AddInt64(&started, 1)
	select {
	case v := <-channel:
		return i + v
	case v := <-other:
		return i - v
	}
}

//go:noinline
func descend(i, depth int) int {
	if depth == 0 {
		atomic.AddInt64(&started, 1)
		return i + <-channel
	}
	return descend(i, depth-1) + 1
}
