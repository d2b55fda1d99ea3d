package main

import (
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	leakFound   = "+goroutine-leak/proven,-goroutine-leak/suspected"
	noLeakFound = "-goroutine-leak/suspected"
)

func leaked(name, origin, how string, run func()) mode {
	return mode{name: name, class: "goroutine-leak", kind: "proven", origin: origin, message: ``,
		how: how, run: run, findings: leakFound}
}

func crowded(name string, populate func()) mode {
	return mode{name: name, class: "external-signal", kind: "quit", origin: "signal", message: `SIGQUIT`,
		how: "kill QUIT", findings: noLeakFound, run: func() {
			populate()
			idle()
		}}
}

var populationModes = []mode{
	leaked("leak-quit", "signal", "kill QUIT", func() {
		leak(2000)
		idle()
	}),
	leaked("leak-send-abrt", "signal", "kill ABRT", func() {
		leakSenders(2000)
		idle()
	}),
	leaked("leak-live", "snapshot", "gcore", func() {
		leak(2000)
		idle()
	}),
	{name: "leak-panic", class: "panic", kind: "value", origin: "panic", message: `^with a leak$`,
		findings: leakFound, culprit: "main.panicWith", run: func() {
			leak(2000)
			time.Sleep(50 * time.Millisecond)
			panicWith("with a leak")
		}},
	dropped("leak-few", func() { leak(800) }),
	dropped("leak-half", func() {
		leak(1500)
		pool(1500)
	}),
	forgotten("pool", func() { pool(2000) }),
	forgotten("pool-select", func() { poolSelect(2000) }),
	crowded("pool-mutex", poolMutex),
	crowded("sleepers", func() {
		for i := 0; i < 2000; i++ {
			go time.Sleep(time.Hour)
		}
	}),
	crowded("connections", func() { connections(2000) }),
}

func leak(n int) {
	for i := 0; i < n; i++ {
		go leakOne(make(chan int))
	}
}

//go:noinline
func leakOne(c chan int) { sink = <-c }

func leakSenders(n int) {
	for i := 0; i < n; i++ {
		c := make(chan int)
		go func() { c <- 1 }()
	}
}

func pool(n int) {
	jobs := make(chan int)
	for i := 0; i < n; i++ {
		go work(jobs)
	}
}

//go:noinline
func work(jobs chan int) {
	for job := range jobs {
		sink = job
	}
}

func poolSelect(n int) {
	jobs, quit := make(chan int), make(chan bool)
	for i := 0; i < n; i++ {
		go func() {
			for {
				select {
				case job := <-jobs:
					sink = job
				case <-quit:
					return
				}
			}
		}()
	}
}

func poolMutex() {
	m := new(sync.Mutex)
	m.Lock()
	for i := 0; i < 2000; i++ {
		go func() {
			m.Lock()
			m.Unlock()
		}()
	}
}

// connections has n goroutines each wait for data on a connection of its own.
func connections(n int) {
	var limit syscall.Rlimit
	syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	if limit.Cur < uint64(3*n) {
		limit.Cur = limit.Max
		syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
	for i := 0; i < n; i++ {
		fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		if err != nil {
			break
		}
		syscall.SetNonblock(fds[0], true)
		go serve(os.NewFile(uintptr(fds[0]), "connection"))
	}
}

//go:noinline
func serve(connection *os.File) {
	request := make([]byte, 64)
	for {
		if _, err := connection.Read(request); err != nil {
			return
		}
	}
}

// dropped is a crowd that main has forgotten: a leak that can be proven.
func dropped(name string, populate func()) mode {
	m := crowded(name, populate)
	m.class, m.kind, m.message, m.findings = "goroutine-leak", "proven", ``, leakFound
	return m
}

// forgotten is a pool of workers that main has forgotten: a leak, but no reason to look at a process.
func forgotten(name string, populate func()) mode {
	m := crowded(name, populate)
	m.findings = leakFound
	return m
}
