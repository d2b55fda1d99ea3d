package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

// holdUp says what a reading of the dump should find: its kind, and a word of its text; "none".
func holdUp(kind, word string) {
	fmt.Printf("hang %s %s\n", kind, word)
}

func init() {
	quiet("hang-lock", func() { hangLock(); stay() })
	quiet("hang-send", func() { hangSend(); stay() })
	quiet("hang-stop", hangStop)
	quiet("hang-run", hangRun)
	quiet("hang-queue", hangQueue)
	quiet("hang-calls", func() { hangCalls("system-calls"); stay() })
	quiet("hang-threads", func() { debug.SetMaxThreads(50); hangCalls("thread-limit"); stay() })
	quiet("hang-cancelled", func() { hangCancelled(); stay() })
	quiet("hang-noticed", func() { hangNoticed(); stay() })
	quiet("hang-none", func() { hangNone(); stay() })
}

type store struct {
	mu   sync.Mutex
	rows int
}

// hangLock: all wait for a lock whose holder waits for another one, whose holder reads a pipe.
func hangLock() {
	reader, writer, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	front, back := new(store), new(store)
	keepAlive = append(keepAlive, writer)
	holdUp("lock", "main.(*store).load")
	go back.load(reader)
	time.Sleep(20 * time.Millisecond)
	go front.through(back)
	time.Sleep(20 * time.Millisecond)
	for i := 0; i < 20; i++ {
		go front.count()
	}
}

//go:noinline
func (s *store) load(file *os.File) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file.Read(make([]byte, 8))
	s.rows++
}

//go:noinline
func (s *store) through(other *store) {
	s.mu.Lock()
	defer s.mu.Unlock()
	other.count()
	s.rows++
}

//go:noinline
func (s *store) count() {
	s.mu.Lock()
	s.rows++
	s.mu.Unlock()
}

// hangSend: the one that should receive sleeps.
func hangSend() {
	results := make(chan int, 2)
	results <- 1
	results <- 2
	holdUp("send", "main.collect")
	go collect(results)
	for i := 0; i < 10; i++ {
		go produce(results, i)
	}
}

//go:noinline
func collect(results chan int) {
	time.Sleep(time.Hour)
	for range results {
	}
}

//go:noinline
func produce(results chan int, i int) { results <- i }

// unyielding starts the program again, without signals that interrupt loops.
func unyielding() {
	if os.Getenv("GODEBUG") == "asyncpreemptoff=1" {
		return
	}
	os.Setenv("GODEBUG", "asyncpreemptoff=1")
	if err := syscall.Exec("/proc/self/exe", os.Args, os.Environ()); err != nil {
		panic(err)
	}
}

var spinning int

//go:noinline
func spin() {
	for spinning >= 0 {
		spinning++
		if spinning < 0 {
			spinning = 0
		}
	}
}

// hangStop: a collection waits for a loop that calls nothing.
func hangStop() {
	unyielding()
	runtime.GOMAXPROCS(2)
	holdUp("stop-the-world", "main.spin")
	go spin()
	settle()
	fmt.Println("ready")
	runtime.GC()
}

func hangRun() {
	unyielding()
	runtime.GOMAXPROCS(2)
	debug.SetGCPercent(-1)
	holdUp("long-run", "main.spin")
	go spin()
	time.Sleep(1500 * time.Millisecond)
	// The runtime's monitor notes the time when it sees another processor at work.
	for end := time.Now().Add(50 * time.Millisecond); time.Now().Before(end); {
		spinning = 0
	}
	stay()
}

// hangQueue: many more may run than there are processors.
func hangQueue() {
	runtime.GOMAXPROCS(1)
	holdUp("run-queue", "processor")
	for i := 0; i < 100; i++ {
		go spin()
	}
	fmt.Println("ready")
	spin()
}

// hangCalls: as many threads, each in a read that does not return.
func hangCalls(kind string) {
	var fds [2]int
	if syscall.Pipe(fds[:]) != nil {
		panic("pipe")
	}
	holdUp(kind, "main.readBlocking")
	for i := 0; i < 40; i++ {
		go readBlocking(fds[0])
	}
}

// hangNone: a pool without work, a lock that is free, somebody who reads.
func hangNone() {
	jobs := make(chan int)
	keepAlive = append(keepAlive, jobs)
	holdUp("none", "-")
	for i := 0; i < 20; i++ {
		go receive(jobs)
	}
	once := new(store)
	once.count()
	keepAlive = append(keepAlive, once)
	files()
}

// hangCancelled: nobody looks at the context, which has timed out.
func hangCancelled() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	answers := make(chan int)
	keepAlive = append(keepAlive, cancel, answers)
	holdUp("cancelled-context", "deadline exceeded")
	for i := 0; i < 3; i++ {
		go askFor(ctx, answers)
	}
}

//go:noinline
func askFor(ctx context.Context, answers chan int) {
	if <-answers > 0 && ctx.Err() == nil {
		panic("not reached")
	}
}

// hangNoticed: this one is not cancelled, and that one is of who cancelled it.
func hangNoticed() {
	ctx, cancel := context.WithCancel(context.Background())
	answers := make(chan int)
	keepAlive = append(keepAlive, cancel, answers)
	holdUp("none", "-")
	go askFor(ctx, answers)
	go waitEither(ctx, answers)
	go waitForOthers()
}

//go:noinline
func waitForOthers() {
	ctx, cancel := context.WithCancel(context.Background())
	group := new(sync.WaitGroup)
	group.Add(1)
	keepAlive = append(keepAlive, group)
	cancel()
	group.Wait()
	if ctx.Err() == nil {
		panic("not reached")
	}
}
