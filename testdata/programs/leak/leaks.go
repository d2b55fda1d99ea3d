package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// guarded is no object without pointers: such small ones share a block with others.
type guarded struct {
	mutex sync.Mutex
	rw    sync.RWMutex
	wg    sync.WaitGroup
	next  *guarded
}

var leakModes = []mode{
	{"chan-receive", "", proven, func() { go receive(make(chan int)) }},
	{"chan-send", "", proven, func() { go send(make(chan int)) }},
	{"chan-full", "", proven, func() {
		c := make(chan *guarded, 1)
		c <- new(guarded)
		go func() { c <- new(guarded) }()
	}},
	{"select", "", proven, func() { go choose(make(chan int), make(chan int)) }},
	{"nil-chan", "", proven, func() { go receive(nil) }},
	{"select-none", "", proven, func() { go func() { select {} }() }},
	{"mutex", "", proven, func() {
		g := new(guarded)
		g.mutex.Lock()
		go func() { g.mutex.Lock() }()
	}},
	{"self-lock", "", proven, func() {
		go func() {
			g := new(guarded)
			g.mutex.Lock()
			g.mutex.Lock()
		}()
	}},
	{"rwmutex-read", "", proven, func() {
		g := new(guarded)
		g.rw.Lock()
		go func() { g.rw.RLock() }()
	}},
	{"rwmutex-write", "", proven, func() {
		g := new(guarded)
		g.rw.RLock()
		go func() { g.rw.Lock() }()
	}},
	{"waitgroup", "", proven, func() {
		g := new(guarded)
		g.wg.Add(1)
		go func() { g.wg.Wait() }()
	}},
	{"cond", "", proven, func() {
		go func() {
			c := sync.NewCond(new(guarded).locker())
			c.L.Lock()
			c.Wait()
		}()
	}},
	// The only one who could send is leaked itself.
	{"chain", "", proven, func() {
		first, second := make(chan int), make(chan int)
		go func() { first <- <-second }()
		go receive(first)
	}},
	{"context", "", proven, func() {
		ctx, _ := context.WithCancel(context.Background())
		go func() { <-ctx.Done() }()
	}},
	// Whoever waits was asked for an answer that nobody waits for any more.
	{"late-answer", "", proven, func() {
		answer := make(chan int)
		go func() {
			time.Sleep(10 * time.Millisecond)
			answer <- 1
		}()
		select {
		case <-answer:
		case <-time.After(time.Millisecond):
		}
	}},
	// The variable is dead while the goroutine that has it sleeps.
	{"dead-variable", "", proven, func() {
		go func() {
			c := make(chan int)
			go receive(c)
			use(c)
			time.Sleep(time.Hour)
		}()
	}},
	{"stopped-timer", "", proven, func() {
		t := time.NewTimer(time.Hour)
		go func(c <-chan time.Time) { <-c }(t.C)
		time.Sleep(10 * time.Millisecond)
		t.Stop()
	}},
	// What main has is no way to wake anybody: it waits for ever, and that is no finding.
	{"main-in-select", "", proven, func() {
		c := make(chan int)
		go receive(c)
		go func() {
			time.Sleep(100 * time.Millisecond)
			fmt.Println("ready")
			time.Sleep(time.Hour)
		}()
		select {}
	}},
	{"many", "proven", proven, func() {
		for i := 0; i < 2000; i++ {
			go receive(make(chan int))
		}
	}},
}

func (g *guarded) locker() sync.Locker { return &g.mutex }

//go:noinline
func receive(c chan int) int { return <-c + 1 }

//go:noinline
func send(c chan int) { c <- 1 }

//go:noinline
func choose(a, b chan int) int {
	select {
	case v := <-a:
		return v
	case b <- 2:
		return 2
	}
}
