package main

import (
	"context"
	"reflect"
	"runtime/pprof"
	"sort"
	"strings"
	"sync"
)

// functions parks goroutines in functions of every kind.
func functions() {
	s := &server{name: "main", depth: 3}
	var w waiter = s
	go s.pointerMethod(1, "two")
	go s.wait()
	go w.wait()
	go valueServer{"value", 4}.valueMethod(5)
	var v waiter = valueServer{"interface", 6}
	go v.wait()
	var pv waiter = &valueServer{"wrapped", 7}
	go pv.wait()
	bound := s.pointerMethod
	go bound(8, "nine")
	expression := (*server).pointerMethod
	go expression(s, 10, "eleven")
	var e waiter = embedder{s}
	go e.wait()

	go genericWait(12, "thirteen")
	go genericWait([]string{"a"}, map[string]int{"b": 1})
	go genericWait[error](nil, struct{ a, b int8 }{1, 2})
	go (&pair[int, string]{1, "x"}).wait(true)
	go (&pair[*server, pair[int8, []byte]]{first: s}).wait(false)
	go genericClosure("inside")()
	var g waiter = stack[float64]{1, 2, 3}
	go g.wait()

	captured, alsoCaptured := 14, "fifteen"
	go func() {
		stay()
		captured++
		alsoCaptured += "!"
	}()
	go func(a int, b string) {
		func() {
			func() { stay() }()
		}()
	}(16, "seventeen")
	go packageVariable()
	go packageTable["nested"](18)
	go initClosure()
	go inlinedOuter(19)
	go inlinedLoop([]int{20, 21})
	go deferredStay(22)
	go deferredClosure(23)
	go deferredInLoop(24)
	go func() {
		for range []int{1, 2} {
			go func() { go func() { stay() }() }()
		}
	}()
	go recurse(200)
	go recurse(99)
	go recurse(100)
	go recurse(49)
	go evenDown(60)

	go sort.Slice([]int{3, 1, 2}, func(i, j int) bool {
		stay()
		return i < j
	})
	go sort.Sort(stuckOrder{3, 1, 2})
	go strings.Map(func(r rune) rune {
		stay()
		return r
	}, "mapped")
	go new(sync.Once).Do(func() { stay() })
	go new(sync.Map).Range(func(k, v interface{}) bool { return false })
	filled := new(sync.Map)
	filled.Store("key", 25)
	go filled.Range(func(k, v interface{}) bool {
		stay()
		return true
	})
	go reflect.ValueOf(s.pointerMethod).Call([]reflect.Value{reflect.ValueOf(26), reflect.ValueOf("x")})
	go reflect.ValueOf(s).MethodByName("Exported").Call(nil)
	made := reflect.MakeFunc(reflect.TypeOf(recurse), func([]reflect.Value) []reflect.Value {
		stay()
		return []reflect.Value{reflect.ValueOf(0)}
	})
	go made.Interface().(func(int) int)(27)
	exported := reflect.ValueOf(s).Method(0).Interface().(func())
	go exported()
	go pprof.Do(context.Background(), pprof.Labels("kind", "worker", "id", "28"), func(context.Context) {
		go receive(never)
		stay()
	})
	go pprof.Do(context.Background(), pprof.Labels("odd key", "quote \" and\nline"), func(context.Context) {
		stay()
	})
}

type waiter interface{ wait() }

type server struct {
	name  string
	depth int
}

type embedder struct{ *server }

type valueServer struct {
	name string
	n    int
}

//go:noinline
func (s *server) pointerMethod(n int, text string) int { return len(s.name) + n + len(text) + stay() }

//go:noinline
func (s *server) wait() { s.depth += stay() }

// Exported is found by reflection.
func (s *server) Exported() { stay() }

//go:noinline
func (s valueServer) valueMethod(n int) int { return s.n + n + stay() }

//go:noinline
func (s valueServer) wait() { s.n += stay() }

//go:noinline
func genericWait[A, B any](a A, b B) (A, B) {
	stay()
	return a, b
}

type pair[A, B any] struct {
	first  A
	second B
}

//go:noinline
func (p *pair[A, B]) wait(flag bool) (A, B) {
	stay()
	return p.first, p.second
}

type number interface{ ~int | ~float64 }

type stack[N number] []N

//go:noinline
func (s stack[N]) wait() { s[0] += N(stay()) }

func genericClosure[T any](value T) func() {
	return func() {
		func() {
			stay()
			_ = value
		}()
		keep(value)
	}
}

var packageVariable = func() { stay() }

var packageTable = map[string]func(int){
	"nested": func(n int) {
		func() { stay() }()
	},
}

var initClosure func()

func init() {
	initClosure = func() {
		func() { stay() }()
	}
}

func inlinedOuter(n int) int { return inlinedMiddle(n+1) + 1 }

func inlinedMiddle(n int) int { return inlinedInner(n+1) + 1 }

func inlinedInner(n int) int { return n + <-never }

func inlinedLoop(list []int) (sum int) {
	for _, n := range list {
		sum += inlinedInner(n)
	}
	return sum
}

//go:noinline
func deferredStay(n int) { defer stay() }

//go:noinline
func deferredClosure(n int) (result int) {
	defer func() { result += stay() + n }()
	return n * 2
}

//go:noinline
func deferredInLoop(n int) {
	for i := 0; i < 3; i++ {
		defer receive(never)
	}
}

//go:noinline
func recurse(n int) int {
	if n == 0 {
		return stay()
	}
	return recurse(n-1) + 1
}

//go:noinline
func evenDown(n int) int {
	if n == 0 {
		return stay()
	}
	return oddDown(n-1, "from even") + 1
}

//go:noinline
func oddDown(n int, from string) int { return evenDown(n-1) + len(from) }

type stuckOrder []int

func (s stuckOrder) Len() int           { return len(s) }
func (s stuckOrder) Less(i, j int) bool { return stay() > 0 }
func (s stuckOrder) Swap(i, j int)      {}
