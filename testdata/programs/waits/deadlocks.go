package main

import (
	"sync"
	"time"
	"unsafe"
)

// asleep adds a mode in which the runtime itself finds that all are asleep.
func asleep(name string, run func()) {
	modes = append(modes, mode{name, "deadlock", "all-asleep", "fatal-error",
		"^all goroutines are asleep - deadlock!", "self", run, ""})
}

// hang adds a mode in which the process has something to do, and is killed.
func hang(name, kind string, run func()) {
	modes = append(modes, mode{name, "deadlock", kind, "signal", "^$", "kill QUIT", run, ""})
}

// quiet adds a near miss of one.
func quiet(name string, run func()) {
	modes = append(modes, mode{name, "external-signal", "quit", "signal", "SIGQUIT", "kill QUIT", run, ""})
}

func init() {
	asleep("cycle-asleep", func() { cycle(); select {} })
	hang("cycle-hang", "cycle", func() { cycle(); stay() })
	hang("cycle-three", "cycle", func() { cycleThree(); stay() })
	hang("cycle-global", "cycle", func() { cycleGlobal(); stay() })
	hang("self-hang", "self", func() { go new(account).outer(); stay() })
	hang("rlock-again", "self", func() { rlockAgain(); stay() })
	asleep("done-skipped", doneSkipped)
	asleep("no-sender", noSender)
	quiet("contention", func() { contention(); stay() })
	quiet("released", func() { released(); stay() })
	quiet("ordered", func() { ordered(); stay() })
}

type account struct {
	name    string
	mu      sync.Mutex
	balance int
}

//go:noinline
func (a *account) transfer(to *account, ready, start chan bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	ready <- true
	<-start
	to.mu.Lock()
	defer to.mu.Unlock()
	to.balance++
	a.balance--
}

// cycle: each of two holds the lock that the other one waits for.
func cycle() {
	a, b := &account{name: "a"}, &account{name: "b"}
	ready, start := make(chan bool), make(chan bool)
	expect("(*account).transfer", "mutex", unsafe.Pointer(&a.mu))
	expect("(*account).transfer", "mutex", unsafe.Pointer(&b.mu))
	go a.transfer(b, ready, start)
	go b.transfer(a, ready, start)
	<-ready
	<-ready
	close(start)
}

func cycleThree() {
	a, b, c := new(account), new(account), new(account)
	ready, start := make(chan bool), make(chan bool)
	go a.transfer(b, ready, start)
	go b.transfer(c, ready, start)
	go c.transfer(a, ready, start)
	for i := 0; i < 3; i++ {
		<-ready
	}
	close(start)
}

var first, second sync.Mutex

func cycleGlobal() {
	ready, start := make(chan bool), make(chan bool)
	go firstThenSecond(ready, start)
	go secondThenFirst(ready, start)
	<-ready
	<-ready
	close(start)
}

//go:noinline
func firstThenSecond(ready, start chan bool) {
	first.Lock()
	ready <- true
	<-start
	second.Lock()
	second.Unlock()
	first.Unlock()
}

//go:noinline
func secondThenFirst(ready, start chan bool) {
	second.Lock()
	ready <- true
	<-start
	first.Lock()
	first.Unlock()
	second.Unlock()
}

//go:noinline
func (a *account) outer() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.inner()
}

//go:noinline
func (a *account) inner() {
	a.mu.Lock()
	a.balance++
	a.mu.Unlock()
}

type table struct {
	mu   sync.RWMutex
	rows map[string]int
}

//go:noinline
func (t *table) sum(ready, start chan bool) (sum int) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	ready <- true
	<-start
	return t.get("a") + t.get("b")
}

//go:noinline
func (t *table) get(key string) int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.rows[key]
}

//go:noinline
func (t *table) set(key string, value int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[key] = value
}

// rlockAgain: a reader waits behind a writer, who waits for that reader.
func rlockAgain() {
	t := &table{rows: map[string]int{}}
	ready, start := make(chan bool), make(chan bool)
	go t.sum(ready, start)
	<-ready
	go t.set("a", 1)
	time.Sleep(50 * time.Millisecond)
	close(start)
}

// doneSkipped: one of the workers returns early.
func doneSkipped() {
	group := new(sync.WaitGroup)
	for i := 0; i < 3; i++ {
		group.Add(1)
		go func(i int) {
			if i == 1 {
				return
			}
			group.Done()
		}(i)
	}
	expect("doneSkipped", "waitgroup", unsafe.Pointer(group))
	group.Wait()
}

// noSender: whoever could have sent is gone.
func noSender() {
	results := make(chan int)
	expect("noSender", "chan-receive", channel(results))
	<-results
}

// contention: the holder has something to do.
func contention() {
	a := new(account)
	held := make(chan bool)
	go a.work(held)
	<-held
	for i := 0; i < 10; i++ {
		go a.inner()
	}
}

//go:noinline
func (a *account) work(held chan bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	held <- true
	time.Sleep(time.Hour)
}

// released: each has had the other's lock and given it back.
func released() {
	a, b, busy := new(account), new(account), new(account)
	held := make(chan bool)
	go busy.work(held)
	<-held
	go a.visit(b, busy)
	go b.visit(a, busy)
}

//go:noinline
func (a *account) visit(other, last *account) {
	a.mu.Lock()
	a.mu.Unlock()
	other.mu.Lock()
	other.mu.Unlock()
	last.mu.Lock()
	last.mu.Unlock()
}

// ordered: two locks, always in the same order, and the last holder works.
func ordered() {
	a, b := new(account), new(account)
	held := make(chan bool)
	go b.work(held)
	<-held
	for i := 0; i < 3; i++ {
		go a.both(b)
	}
}

//go:noinline
func (a *account) both(b *account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	a.balance, b.balance = b.balance, a.balance
}
