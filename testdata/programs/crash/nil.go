package main

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"
)

const nilText = `^runtime error: invalid memory address or nil pointer dereference`

type config struct {
	name    string
	timeout int
	inner   *config
	table   [8]int
	list    []int
	hook    func(int) int
	mutex   sync.Mutex
	far     [8192]byte
	tail    int
}

type point struct{ x, y int }

type summer interface{ sum() int }

func (p point) sum() int { return p.x + p.y }

type server struct {
	*config
	name string
	cfg  *config
}

func died(name, kind, culprit string, run func()) mode {
	return mode{name: name, class: "nil-dereference", kind: kind, origin: "panic",
		message: nilText, run: run, culprit: culprit}
}

var nilModes = []mode{
	died("nil-field-read", "field", "main.nilFieldRead", func() { sink = nilFieldRead(nil) }),
	died("nil-field-write", "field", "main.nilFieldWrite", func() { nilFieldWrite(nil, 7) }),
	died("nil-field-first", "field", "main.nilFieldFirst", func() { sink = nilFieldFirst(nil) }),
	died("nil-field-nested", "field", "main.nilFieldNested",
		func() { sink = nilFieldNested(&server{cfg: &config{}}) }),
	died("nil-field-far", "field", "main.nilFieldFar", func() { sink = nilFieldFar(nil) }),
	died("nil-field-array", "field|index", "main.nilFieldArray", func() { sink = nilFieldArray(nil, two) }),
	died("nil-field-slice", "field", "main.nilFieldSlice", func() { sink = nilFieldSlice(nil, two) }),
	died("nil-field-embedded", "field", "main.nilFieldEmbedded",
		func() { sink = nilFieldEmbedded(&server{name: "s"}) }),
	died("nil-field-inlined", "field", "main.(*config).limit",
		func() { sink = nilFieldInlined(&server{name: "s"}) }),
	died("nil-field-goroutine", "field", "main.nilFieldRead", func() {
		go func() { sink = nilFieldRead(nil) }()
		select {}
	}),
	died("nil-field-library", "field", "-", func() { nilLibrary(nil) }),
	died("nil-field-closure", "field", "main.nilFieldClosure.func1", func() { sink = nilFieldClosure(nil)() }),
	died("nil-method-pointer", "field", "main.(*config).deadline",
		func() { sink = nilMethodPointer(&server{name: "s"}) }),
	died("nil-mutex", "field|pointer", "-", func() { nilMutex(nil) }),
	died("nil-mutex-field", "field|pointer", "-", func() { nilMutexField(nil) }),
	died("nil-pointer-read", "pointer", "main.nilPointerRead", func() { sink = nilPointerRead(nil) }),
	died("nil-pointer-write", "pointer", "main.nilPointerWrite", func() { nilPointerWrite(nil, 7) }),
	died("nil-pointer-struct", "pointer|field", "main.nilPointerStruct",
		func() { sink = nilPointerStruct(nil) }),
	died("nil-pointer-discard", "pointer", "main.nilPointerDiscard", func() { nilPointerDiscard(nil) }),
	died("nil-pointer-atomic", "pointer", "-", func() { nilPointerAtomic(nil) }),
	died("nil-pointer-string", "pointer", "main.nilPointerString", func() { sink = nilPointerString(nil) }),
	died("nil-index-array", "index", "main.nilIndexArray", func() { sink = nilIndexArray(nil, five) }),
	died("nil-index-array-write", "index", "main.nilIndexArrayWrite",
		func() { nilIndexArrayWrite(nil, five) }),
	died("nil-index-slice", "index|pointer", "main.nilIndexSlice", func() { sink = nilIndexSlice(nil, two) }),
	died("nil-interface", "method-on-nil-interface", "main.nilInterface",
		func() { sink = nilInterface(nil) }),
	died("nil-interface-error", "method-on-nil-interface", "main.nilInterfaceError",
		func() { sink = nilInterfaceError(nil) }),
	died("nil-interface-known", "method-on-nil-interface", "main.nilInterfaceKnown",
		func() { sink = nilInterfaceKnown() }),
	died("nil-func", "nil-function-call", "main.nilFunc", func() { sink = nilFunc(nil) }),
	died("nil-func-field", "nil-function-call", "main.nilFuncField",
		func() { sink = nilFuncField(&config{}) }),
	died("nil-func-code", "nil-function-call", "-", func() { nilFuncCode() }),
	died("nil-func-defer", "nil-function-call", "-", func() { nilFuncDefer(nil) }),
	{name: "nil-value-method", class: "panic", kind: "runtime-error", origin: "panic",
		message: `^value method main\.point\.sum called using nil \*point pointer`,
		run:     func() { sink = nilValueMethod((*point)(nil)) }},
}

//go:noinline
func nilFieldRead(c *config) int { return c.timeout }

//go:noinline
func nilFieldWrite(c *config, v int) { c.timeout = v }

//go:noinline
func nilFieldFirst(c *config) string { return c.name }

//go:noinline
func nilFieldNested(s *server) int { return s.cfg.inner.timeout }

//go:noinline
func nilFieldFar(c *config) int { return c.tail }

//go:noinline
func nilFieldArray(c *config, i int) int { return c.table[i] }

//go:noinline
func nilFieldSlice(c *config, i int) int { return c.list[i] }

//go:noinline
func nilFieldEmbedded(s *server) int { return s.timeout }

func (c *config) limit() int { return c.timeout + 1 }

//go:noinline
func nilFieldInlined(s *server) int { return s.cfg.limit() }

//go:noinline
func nilFieldClosure(c *config) func() int {
	return func() int { return c.timeout }
}

//go:noinline
func (c *config) deadline() int {
	for i := range c.table {
		c.timeout += i
	}
	return c.timeout
}

//go:noinline
func nilMethodPointer(s *server) int { return s.cfg.deadline() }

//go:noinline
func nilLibrary(b *bytes.Buffer) { b.WriteString("x") }

//go:noinline
func nilMutex(m *sync.Mutex) { m.Lock() }

//go:noinline
func nilMutexField(c *config) { c.mutex.Lock() }

//go:noinline
func nilPointerRead(p *int) int { return *p }

//go:noinline
func nilPointerWrite(p *int, v int) { *p = v }

//go:noinline
func nilPointerStruct(p *[40]point) [40]point { return *p }

//go:noinline
func nilPointerDiscard(p *int) { _ = *p }

//go:noinline
func nilPointerAtomic(p *int64) { atomic.AddInt64(p, 1) }

//go:noinline
func nilPointerString(p *string) string { return *p }

//go:noinline
func nilIndexArray(p *[16]int, i int) int { return p[i] }

//go:noinline
func nilIndexArrayWrite(p *[16]int, i int) { p[i] = 1 }

//go:noinline
func nilIndexSlice(p *[]int, i int) int { return (*p)[i] }

//go:noinline
func nilInterface(s summer) int { return s.sum() }

//go:noinline
func nilInterfaceError(err error) string { return err.Error() }

// nilInterfaceKnown calls through a nil that the compiler knows.
//
//go:noinline
func nilInterfaceKnown() int {
	var s summer
	return s.sum()
}

//go:noinline
func nilFunc(f func(int) int) int { return f(1) }

//go:noinline
func nilFuncField(c *config) int { return c.hook(1) }

// nilFuncCode calls a function value whose code pointer is 0: the fault's pc is 0.
//
//go:noinline
func nilFuncCode() {
	code := new(uintptr)
	f := *(*func())(unsafe.Pointer(&code))
	f()
	fmt.Println(*code)
}

//go:noinline
func nilFuncDefer(f func()) {
	defer f()
	sink = five
}

//go:noinline
func nilValueMethod(s summer) int { return s.sum() }
