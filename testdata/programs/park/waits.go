package main

import (
	"net"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// waits parks one goroutine at each thing that one can wait for.
func waits() {
	var nilChannel chan int
	full := make(chan int, 1)
	full <- 1
	other := make(chan string)
	go receive(never)
	go receiveOk(never)
	go send(full, 3)
	go receive(nilChannel)
	go send(nilChannel, 4)
	go choose(never, other, full)
	go func() { select {} }()
	go func() {
		for range make(chan struct{}) {
		}
	}()

	var mutex sync.Mutex
	mutex.Lock()
	go lock(&mutex)
	go func() {
		defer mutex.Unlock()
		lock(&mutex)
	}()
	var read, written sync.RWMutex
	read.RLock()
	written.Lock()
	go lockRW(&read)
	go rlockRW(&written)
	group := new(sync.WaitGroup)
	group.Add(1)
	go group.Wait()
	go condWait(sync.NewCond(new(sync.Mutex)))
	go onceWait(new(sync.Once))
	go time.Sleep(time.Hour)
	go timerWait(time.NewTimer(time.Hour))
	time.AfterFunc(time.Millisecond, func() { stay() })

	reader, writer, err := os.Pipe()
	if err == nil {
		go readFile(reader)
		pipeWriter = writer
	}
	if listener, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		go accept(listener)
		if client, err := net.Dial("tcp", listener.Addr().String()); err == nil {
			go readConnection(client)
			go readDeadline(client)
		}
	}
	var fds [2]int
	if syscall.Pipe(fds[:]) == nil {
		go readBlocking(fds[0])
		go func() {
			runtime.LockOSThread()
			readBlocking(fds[0])
		}()
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	go waitSignal(signals)
	go func() {
		runtime.LockOSThread()
		stay()
	}()
}

var pipeWriter *os.File

//go:noinline
func receive(c chan int) int { return <-c }

//go:noinline
func receiveOk(c <-chan int) (int, bool) {
	v, ok := <-c
	return v + 1, ok
}

//go:noinline
func send(c chan<- int, v int) { c <- v }

//go:noinline
func choose(a chan int, b chan string, c chan int) (n int, s string) {
	select {
	case n = <-a:
	case s = <-b:
	case c <- 5:
	}
	return n, s
}

//go:noinline
func lock(m *sync.Mutex) { m.Lock() }

//go:noinline
func lockRW(m *sync.RWMutex) {
	m.Lock()
	defer m.Unlock()
}

//go:noinline
func rlockRW(m *sync.RWMutex) { m.RLock() }

//go:noinline
func condWait(c *sync.Cond) {
	c.L.Lock()
	c.Wait()
	c.L.Unlock()
}

//go:noinline
func onceWait(once *sync.Once) {
	go once.Do(func() { stay() })
	once.Do(func() { stay() })
}

//go:noinline
func timerWait(t *time.Timer) time.Time { return <-t.C }

//go:noinline
func readFile(f *os.File) (n int, err error) {
	var buffer [100]byte
	n, err = f.Read(buffer[:])
	return
}

//go:noinline
func accept(l net.Listener) {
	for {
		connection, err := l.Accept()
		if err != nil {
			return
		}
		go readConnection(connection)
	}
}

//go:noinline
func readConnection(c net.Conn) {
	buffer := make([]byte, 512)
	c.Read(buffer)
}

//go:noinline
func readDeadline(c net.Conn) {
	c.SetWriteDeadline(time.Now().Add(time.Hour))
	readConnection(c)
}

//go:noinline
func readBlocking(fd int) {
	var buffer [8]byte
	syscall.Read(fd, buffer[:])
}

//go:noinline
func waitSignal(c <-chan os.Signal) os.Signal { return <-c }
