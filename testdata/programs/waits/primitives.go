package main

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

func init() {
	modes = append(modes, mode{"primitives", "external-signal", "quit", "signal", "SIGQUIT",
		"kill QUIT", primitives, ""})
}

var keepAlive []interface{}

func primitives() {
	channels()
	locks()
	times()
	files()
	contexts()
	for _, park := range newer {
		park()
	}
	stay()
}

// newer park what only newer releases have.
var newer []func()

func channels() {
	var nilChannel chan int
	unbuffered, full := make(chan int), make(chan string, 2)
	full <- "a"
	full <- "b"
	other := make(chan struct{ x, y int }, 3)
	keepAlive = append(keepAlive, unbuffered, full, other)
	expect("receive", "chan-receive", channel(unbuffered))
	go receive(unbuffered)
	expect("send", "chan-send", channel(full))
	go send(full)
	expect("receiveNil", "nil-chan-receive", nil)
	go receiveNil(nilChannel)
	expect("choose", "select", channel(unbuffered))
	expect("choose", "select", channel(full))
	expect("choose", "select", channel(other))
	go choose(unbuffered, full, other, nilChannel)
	expect("chooseNone", "select-no-cases", nil)
	go chooseNone()
}

//go:noinline
func receive(c chan int) int { return <-c }

//go:noinline
func send(c chan string) { c <- "c" }

//go:noinline
func receiveNil(c chan int) int { return <-c }

//go:noinline
func choose(a chan int, b chan string, c chan struct{ x, y int }, d chan int) {
	select {
	case v := <-a:
		keepAlive = append(keepAlive, v)
	case b <- "d":
	case v := <-c:
		keepAlive = append(keepAlive, v)
	case d <- 1:
	}
}

//go:noinline
func chooseNone() { select {} }

func locks() {
	mutex, read, written, behind := new(sync.Mutex), new(sync.RWMutex), new(sync.RWMutex), new(sync.RWMutex)
	mutex.Lock()
	read.RLock()
	written.Lock()
	behind.Lock()
	group := new(sync.WaitGroup)
	group.Add(3)
	once := new(sync.Once)
	cond := sync.NewCond(new(sync.Mutex))
	keepAlive = append(keepAlive, mutex, read, written, behind, group, once, cond)
	expect("lock", "mutex", unsafe.Pointer(mutex))
	go lock(mutex)
	expect("lockRW", "rwmutex-write", unsafe.Pointer(read))
	go lockRW(read)
	expect("rlockRW", "rwmutex-read", unsafe.Pointer(written))
	go rlockRW(written)
	expect("lockBehind", "rwmutex-write", unsafe.Pointer(behind))
	go lockBehind(behind)
	expect("waitGroup", "waitgroup", unsafe.Pointer(group))
	go waitGroup(group)
	expect("waitCond", "cond", unsafe.Pointer(cond))
	go waitCond(cond)
	go once.Do(func() { time.Sleep(time.Hour) })
	time.Sleep(50 * time.Millisecond)
	expect("waitOnce", "once", unsafe.Pointer(once))
	go waitOnce(once)
}

//go:noinline
func lock(m *sync.Mutex) { m.Lock() }

//go:noinline
func lockRW(m *sync.RWMutex) { m.Lock() }

//go:noinline
func lockBehind(m *sync.RWMutex) { m.Lock() }

//go:noinline
func rlockRW(m *sync.RWMutex) { m.RLock() }

//go:noinline
func waitGroup(g *sync.WaitGroup) { g.Wait() }

//go:noinline
func waitCond(c *sync.Cond) {
	c.L.Lock()
	c.Wait()
}

//go:noinline
func waitOnce(o *sync.Once) { o.Do(func() {}) }

func times() {
	expect("sleep", "sleep", nil)
	go sleep(time.Hour)
	after := time.After(2 * time.Hour)
	expect("waitTimer", "chan-receive", channel(after))
	go waitTimer(after)
}

//go:noinline
func sleep(d time.Duration) { time.Sleep(d) }

//go:noinline
func waitTimer(c <-chan time.Time) { <-c }

func files() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	expect("accept", "io", nil)
	go accept(listener)
	reader, writer, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	keepAlive = append(keepAlive, writer)
	expect("readPipe", "io", nil)
	go readPipe(reader)
	var fds [2]int
	if syscall.Pipe(fds[:]) != nil {
		panic("pipe")
	}
	expect("readBlocking", "syscall", nil)
	go readBlocking(fds[0])
}

//go:noinline
func accept(l net.Listener) { l.Accept() }

//go:noinline
func readPipe(f *os.File) { f.Read(make([]byte, 10)) }

//go:noinline
func readBlocking(fd int) { syscall.Read(fd, make([]byte, 8)) }

func contexts() {
	ctx, cancel := context.WithCancel(context.Background())
	value := context.WithValue(ctx, &keepAlive, 1)
	limited, stop := context.WithTimeout(value, time.Hour)
	keepAlive = append(keepAlive, cancel, stop)
	expect("waitDone", "chan-receive", channel(value.Done()))
	go waitDone(value)
	expect("waitEither", "select", channel(limited.Done()))
	go waitEither(limited, make(chan int))
}

//go:noinline
func waitDone(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

//go:noinline
func waitEither(ctx context.Context, c chan int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c:
	}
	return nil
}
