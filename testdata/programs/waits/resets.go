package main

import (
	"sync"
	"unsafe"
)

// reset adds a mode in which locks are written over while goroutines are queued on them: each is lost.
func reset(name string, run func(*registry)) {
	modes = append(modes, mode{name, "external-signal", "quit", "signal", "SIGQUIT", "kill QUIT",
		func() {
			r := &registry{}
			r.mu.Lock()
			r.rw.Lock()
			r.group.Add(1)
			run(r)
			settle()
			*r = registry{}
			stay()
		}, "+data-race/lost-waiter"})
}

func init() {
	reset("reset-mutex", func(r *registry) {
		expect("(*registry).add", "mutex", unsafe.Pointer(&r.mu))
		go r.add()
	})
	reset("reset-rwmutex", func(r *registry) {
		expect("(*registry).get", "rwmutex-read", unsafe.Pointer(&r.rw))
		go r.get()
	})
	reset("reset-waitgroup", func(r *registry) {
		expect("(*registry).join", "waitgroup", unsafe.Pointer(&r.group))
		go r.join()
	})
}

type registry struct {
	name  string
	mu    sync.Mutex
	rw    sync.RWMutex
	group sync.WaitGroup
	count int
}

//go:noinline
func (r *registry) add() {
	r.mu.Lock()
	r.count++
	r.mu.Unlock()
}

//go:noinline
func (r *registry) get() int {
	r.rw.RLock()
	defer r.rw.RUnlock()
	return r.count
}

//go:noinline
func (r *registry) join() {
	r.group.Wait()
	r.count = 0
}
