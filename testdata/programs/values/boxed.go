package main

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

type item struct {
	A int32
	B string
	C []byte
	D map[string]*item
}

// boxed is an error that holds values of many types: all that is told of them
// without DWARF is by the program's own descriptors.
type boxed struct {
	any     any
	err     error
	numbers map[int]string
	item    *item
	items   chan *item
	generic pair[string, item]
	cache   *sync.Map
	mu      sync.Mutex
	rw      *sync.RWMutex
	value   atomic.Value
	now     time.Time
	length  time.Duration
	mirror  reflect.Value
	array   [3]any
	literal struct{ X, Y int }
}

func (b *boxed) Error() string { return "values: boxed" }

//go:noinline
func boxes() {
	b := &boxed{
		any:     item{1, "b", []byte("xyz"), nil},
		err:     fmt.Errorf("w: %w", errors.New("e")),
		numbers: map[int]string{1: "a", 2: "b"},
		item:    &item{A: 2, D: map[string]*item{"k": {A: 3}}},
		items:   make(chan *item, 2),
		generic: pair[string, item]{"k", item{A: 9}},
		cache:   new(sync.Map),
		rw:      new(sync.RWMutex),
		now:     time.Now(),
		length:  time.Second,
		array:   [3]any{1, "x", 2.5},
	}
	b.items <- &item{A: 7}
	b.cache.Store("one", &item{A: 1})
	b.cache.Store(2, "two")
	b.value.Store(item{A: 4})
	b.mirror = reflect.ValueOf(b.item)
	b.rw.RLock()
	b.mu.Lock()
	panic(b)
}
