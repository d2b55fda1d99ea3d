package main

import (
	"sync"
	"time"
)

func init() {
	asleep("circle-channels", func() { circleChannels(); select {} })
	asleep("circle-group", circleGroup)
	asleep("circle-lock", circleLock)
	asleep("circle-helped", circleHelped)
	asleep("circle-global", circleGlobal)
	quiet("circle-leaked", func() { circleChannels(); stay() })
	quiet("circle-alive", func() { circleAlive(); stay() })
}

type pair struct{ in, out chan int }

// circleChannels: each waits for what only the other one could send.
func circleChannels() {
	a, b := make(chan int), make(chan int)
	holdUpCircle("main.answer", "main.ask")
	go ask(&pair{a, b})
	go answer(&pair{b, a})
}

//go:noinline
func ask(p *pair) {
	v := <-p.in
	p.out <- v
}

//go:noinline
func answer(p *pair) {
	v := <-p.in
	p.out <- v
}

// circleGroup: who would receive the results waits until all have been sent.
func circleGroup() {
	results := make(chan int)
	group := new(sync.WaitGroup)
	holdUpCircle("main.work", "main.circleGroup")
	for i := 0; i < 10; i++ {
		group.Add(1)
		go work(results, group)
	}
	group.Wait()
	for range results {
	}
}

//go:noinline
func work(results chan int, group *sync.WaitGroup) {
	results <- 1
	group.Done()
}

// circleLock: the receiver waits for a lock that the sender holds.
func circleLock() {
	s, results := new(store), make(chan int)
	holdUpCircle("main.(*store).publish", "main.(*store).consume")
	go s.publish(results)
	time.Sleep(20 * time.Millisecond)
	s.consume(results)
}

//go:noinline
func (s *store) publish(results chan int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	results <- s.rows
}

//go:noinline
func (s *store) consume(results chan int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows += <-results
}

// circleHelped: two wait for each other, and somebody else could help both: he is stuck himself.
func circleHelped() {
	a, b := make(chan int), make(chan int)
	holdUpCircle("none", "-")
	go ask(&pair{a, b})
	go answer(&pair{b, a})
	helper(a, make(chan int))
}

//go:noinline
func helper(a, never chan int) {
	a <- 1 + <-never
}

var globalPair pair

// circleGlobal: anybody could help, by a global variable.
func circleGlobal() {
	globalPair = pair{make(chan int), make(chan int)}
	holdUpCircle("none", "-")
	go ask(&globalPair)
	answer(&pair{globalPair.out, globalPair.in})
}

// circleAlive: one that sleeps could help both.
func circleAlive() {
	a, b := make(chan int), make(chan int)
	holdUpCircle("none", "-")
	go ask(&pair{a, b})
	go answer(&pair{b, a})
	go helpLater(a)
}

//go:noinline
func helpLater(a chan int) {
	time.Sleep(time.Hour)
	a <- 1
}

// holdUpCircle says which two a circle must name; "none -": no circle at all.
func holdUpCircle(first, second string) { holdUp("circle:"+first, second) }
