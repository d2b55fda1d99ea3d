package main

import (
	"context"
	"runtime"
	"sync"
	"time"
)

var (
	channels   = map[string]chan int{}
	contextAll context.Context
	pool       sync.Pool
	spinning   int
	crowd      []chan int
	jobs       chan int
	mutex      sync.Mutex
)

// Somebody who may run can reach what these goroutines wait for.
var aliveModes = []mode{
	{"global-map", "", silent, func() {
		channels["a"] = make(chan int)
		go receive(channels["a"])
	}},
	{"global-mutex", "", silent, func() {
		mutex.Lock()
		go func() { mutex.Lock() }()
	}},
	{"finalizer", "", silent, func() {
		c := make(chan int)
		go receive(c)
		runtime.SetFinalizer(&guarded{}, func(*guarded) { c <- 1 })
	}},
	{"finalized-field", "", silent, func() {
		type holder struct{ c chan int }
		h := &holder{make(chan int)}
		go receive(h.c)
		channels["x"] = nil
		runtime.SetFinalizer(h, func(h *holder) { h.c <- 1 })
	}},
	{"timer", "", silent, func() {
		c := make(chan int)
		go receive(c)
		time.AfterFunc(time.Hour, func() { c <- 1 })
	}},
	{"ticker", "", silent, func() {
		t := time.NewTicker(time.Hour)
		go func() { <-t.C }()
	}},
	{"closure", "", silent, func() {
		c := make(chan int)
		go receive(c)
		f := func() { c <- 1 }
		go func() {
			time.Sleep(time.Hour)
			f()
		}()
	}},
	{"sleeper", "", silent, func() {
		go func() {
			c := make(chan int)
			go receive(c)
			time.Sleep(time.Hour)
			c <- 1
		}()
	}},
	{"spinner", "", silent, func() {
		c := make(chan int)
		go receive(c)
		go func() {
			for spinning = 0; spinning >= 0; {
				spinning = (spinning + 1) % 1000
			}
			c <- 1
		}()
	}},
	{"sync-pool", "", silent, func() {
		c := make(chan int)
		go receive(c)
		pool.Put(c)
	}},
	{"context-tree", "", silent, func() {
		var cancel func()
		contextAll, cancel = context.WithCancel(context.Background())
		sink = cancel
		child, _ := context.WithCancel(contextAll)
		go func() { <-child.Done() }()
	}},
	{"context-timeout", "", silent, func() {
		ctx, _ := context.WithTimeout(context.Background(), time.Hour)
		go func() { <-ctx.Done() }()
	}},
	// Alive in the second round only: who can wake it waits for something alive.
	{"second-round", "", silent, func() {
		channels["b"] = make(chan int)
		c := make(chan int)
		go receive(c)
		go func() { c <- <-channels["b"] }()
	}},
	{"one-case-alive", "", silent, func() {
		channels["c"] = make(chan int)
		go choose(make(chan int), channels["c"])
	}},
}

// Many alike, which are reachable.
var crowdModes = []mode{
	{"crowd", "suspected", suspected, func() {
		for i := 0; i < 2000; i++ {
			crowd = append(crowd, make(chan int))
			go receive(crowd[i])
		}
	}},
	{"crowd-pool", "", silent, func() {
		jobs = make(chan int)
		for i := 0; i < 2000; i++ {
			go receive(jobs)
		}
	}},
}
