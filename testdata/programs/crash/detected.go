package main

import (
	"fmt"
	"os"
	"time"
)

// Races that nothing but the race detector notices, in a program that dies of
// something else or is dumped from outside. Built without -race there is no
// report on stderr, and the rest is the same.
var detectedModes = []mode{
	{name: "detected-panic", class: "panic", kind: "value", origin: "panic", message: `^after the race$`,
		culprit: "main.panicAfterRace", run: panicAfterRace},
	{name: "detected-quit", class: "external-signal", kind: "quit", origin: "signal", message: "",
		how: "kill QUIT", nopast: true, run: func() {
			raceOnAccount()
			fmt.Println("ready")
			time.Sleep(time.Hour)
		}},
	{name: "detected-live", class: "snapshot", kind: "live", origin: "snapshot", message: "",
		how: "gcore", nopast: true, run: func() {
			raceOnAccount()
			fmt.Println("ready")
			time.Sleep(time.Hour)
		}},
}

type account struct {
	owner   string
	balance int
}

var lastOwner string

//go:noinline
func panicAfterRace() {
	raceOnAccount()
	panic("after the race")
}

// raceOnAccount has one goroutine write to an object of the heap and to a
// global variable, and another one write to the same a little later, with
// nothing but time between them. Both stay.
func raceOnAccount() {
	a := &account{owner: "nobody"}
	go deposit(a)
	time.Sleep(50 * time.Millisecond)
	go withdraw(a)
	time.Sleep(200 * time.Millisecond)
	fmt.Fprintf(os.Stderr, "race: account %p\n", a)
}

//go:noinline
func deposit(a *account) {
	a.balance += 10
	lastOwner = a.owner
	select {}
}

//go:noinline
func withdraw(a *account) {
	a.balance -= 10
	lastOwner = a.owner
	select {}
}
