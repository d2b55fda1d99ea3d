package main

import (
	"math"
	"runtime"
	"time"
	"unsafe"
)

type kind uint8

type level int8

const (
	quiet level = iota - 1
	plain
	loud
)

type point struct {
	X, Y int32
}

type named struct {
	point
	Name  string
	Tags  []string
	next  *named
	blank struct{}
}

//go:noinline
func scalars() {
	scalarArguments(-7, 200, -40000, 3.5, 'x', true, "caf\u00e9\t\"q\"\x00\xff", 3)
}

//go:noinline
func scalarArguments(a int8, b uint8, c int64, f float32, r rune, ok bool, s string, k kind) {
	big := math.MaxUint64 - uint64(b)
	tiny := 1e-9 * float64(f)
	round := float64(c) * 1000
	z := complex(float64(f), -1)
	var pointer unsafe.Pointer
	word := uintptr(c + 50000)
	inf := math.Inf(-int(a))
	below, above := quiet, level(b)
	month := time.Month(k)
	truth("a", "int8", "-7")
	truth("b", "uint8", "200")
	truth("c", "int64", "-40000")
	truth("f", "float32", "3.5")
	truth("r", "int32", "120")
	truth("ok", "bool", "true")
	truth("s", "string", `"café\t\"q\"\x00\xff"`)
	truth("k", "main.kind", "3")
	truth("big", "uint64", "18446744073709551415")
	truth("tiny", "float64", "3.5000000000000003e-09")
	truth("round", "float64", "-4e+07")
	truth("z", "complex128", "(3.5-1i)")
	truth("pointer", "unsafe.Pointer", "nil")
	truth("word", "uintptr", "10000")
	truth("inf", "float64", "+Inf")
	truth("below", "main.level", "main.quiet (-1)")
	truth("above", "main.level", "-56") // no constant has that
	truth("month", "time.Month", "time.March (3)")
	die()
	keep(a, b, c, f, r, ok, s, k, big, tiny, round, z, pointer, word, inf, below, above, month,
		plain, loud)
}

//go:noinline
func containers() {
	containerArguments([]int{1, 2, 3}, [2]string{"a", "b"}, map[string]int{"one": 1, "two": 2},
		named{point{1, -2}, "n", []string{"t"}, nil, struct{}{}})
}

//go:noinline
func containerArguments(s []int, arr [2]string, m map[string]int, n named) {
	var none []byte
	text := []byte("plain text\n")
	raw := []byte{0, 1, 254}
	empty := make([]point, 0, 4)
	var nilMap map[int]bool
	wide := make([]int, 100)
	wide[63] = 63
	large := make(map[int]point)
	for i := 0; i < 500; i++ {
		large[i] = point{int32(i), int32(-i)}
	}
	for i := 3; i < 500; i++ {
		delete(large, i)
	}
	keys := map[point]string{{1, 2}: "p"}
	fat := map[int][200]byte{7: {1}}
	boxes := []any{1, "two", kind(3), nil, point{4, 5}, 2.5, true, int8(1)}
	set := map[string]struct{}{"x": {}}
	anonymous := struct {
		A int
		B []bool
	}{1, []bool{true, false}}
	truth("s", "[]int", "[]int{1, 2, 3}")
	truth("arr", "[2]string", `[2]string{"a", "b"}`)
	truth("m", "map[string]int", `map[string]int{"one": 1, "two": 2}`)
	truth("n", "main.named", `main.named{point: main.point{X: 1, Y: -2}, Name: "n", `+
		`Tags: []string{"t"}, next: nil, blank: struct {}{}}`)
	truth("none", "[]uint8", "nil")
	truth("text", "[]uint8", `[]byte("plain text\n")`)
	truth("raw", "[]uint8", `[]uint8{0, 1, 254}`)
	truth("empty", "[]main.point", "[]main.point{}")
	truth("nilMap", "map[int]bool", "nil")
	truth("wide", "[]int", "[]int{0, 0, *, 63, ... 36 more}")
	truth("large", "map[int]main.point", "map[int]main.point{0: main.point{X: 0, Y: 0}, "+
		"1: main.point{X: 1, Y: -1}, 2: main.point{X: 2, Y: -2}}")
	truth("keys", "map[main.point]string", `map[main.point]string{main.point{X: 1, Y: 2}: "p"}`)
	truth("fat", "map[int][200]uint8", "map[int][200]uint8{7: [200]uint8{1, 0, *... 136 more}}")
	truth("boxes", "[]interface {}", `[]interface {}{1, "two", main.kind(3), nil, `+
		`main.point{X: 4, Y: 5}, 2.5, true, int8(1)}`)
	truth("set", "map[string]struct {}", `map[string]struct {}{"x": struct {}{}}`)
	truth("anonymous", "struct { A int; B []bool }",
		"struct { A int; B []bool }{A: 1, B: []bool{true, false}}")
	die()
	keep(s, arr, m, n, none, text, raw, empty, nilMap, wide, large, keys, fat, boxes, set,
		anonymous)
}

//go:noinline
func links() {
	last := &named{Name: "last"}
	first := &named{Name: "first", next: last}
	ring := &named{Name: "ring"}
	ring.next = ring
	linkArguments(first, ring, nil)
}

//go:noinline
func linkArguments(first, ring, none *named) {
	number := 7
	escaped := point{8, 9}
	pointer := &number
	twice := &pointer
	keep(&escaped, pointer)
	truth("first", "*main.named", `&main.named{point: *, Name: "first", Tags: nil, `+
		`next: &main.named{point: *, Name: "last", *next: nil*`)
	truth("ring", "*main.named", `&main.named{*next: &main.named{*next: *(*main.named)(0x*)*`)
	truth("none", "*main.named", "nil")
	truth("number", "int", "7")
	truth("escaped", "main.point", "main.point{X: 8, Y: 9}")
	truth("pointer", "*int", "&7")
	truth("twice", "**int", "&&7")
	die()
	keep(first, ring, none, &number, &escaped, pointer, twice)
}

//go:noinline
func channels() {
	buffered := make(chan string, 4)
	for _, s := range []string{"gone", "a", "b"} {
		buffered <- s
	}
	<-buffered
	full := make(chan int, 1)
	full <- 1
	started := make(chan bool)
	go func() {
		started <- true
		full <- 2
	}()
	<-started
	closed := make(chan point)
	close(closed)
	var none <-chan int
	for i := 0; i < 1000; i++ {
		runtime.Gosched()
	}
	channelArguments(buffered, full, closed, none)
}

//go:noinline
func channelArguments(buffered chan string, full chan<- int, closed chan point, none <-chan int) {
	truth("buffered", "chan string", `(chan string)(0x*) len 2, cap 4: "a", "b"`)
	truth("full", "chan<- int", "(chan<- int)(0x*) len 1, cap 1, 1 sender waiting (goroutine *): 1")
	truth("closed", "chan main.point", "(chan main.point)(0x*) len 0, cap 0, closed")
	truth("none", "<-chan int", "nil")
	die()
	keep(buffered, full, closed, none)
}

type number interface{ ~int | ~float64 }

type pair[K comparable, V any] struct {
	Key   K
	Value V
}

type stack[T any] struct {
	items []T
	last  T
}

//go:noinline
func (s *stack[T]) push(item T, then func(T)) {
	s.items = append(s.items, item)
	s.last = item
	truth("s", "*main.stack[main.kind2]",
		"&main.stack[main.kind2]{items: []main.kind2{4}, last: 4}")
	truth("item", "main.kind2", "4")
	then(item)
	keep(s, item)
}

type kind3 int

//go:noinline
func twice[T number](x T, then func()) {
	if x > 5 {
		truth("x", "*", "%v", x) // its dictionary is not the only one: it may not be known
	}
	then()
	keep(x)
}

//go:noinline
func generic() {
	twice(kind2(1), func() {})
	made(kind3(1), "", "", func() {}) // its dictionary has other types where those of the next have theirs
	twice(kind3(7), func() {
		var s stack[kind2]
		s.push(4, func(kind2) {
			made(&point{1, 2}, "*main.point", "&main.point{X: 1, Y: 2}", func() {
				sum(kind2(3), []kind2{1, 2})
			})
		})
	})
}

//go:noinline
func made[T any](x T, kind, text string, then func()) {
	list := []T{x}
	named := map[string]T{"x": x}
	if kind != "" {
		truth("list", "[]"+kind, "[]%s{%s}", kind, text)
		truth("named", "map[string]"+kind, `map[string]%s{"x": %s}`, kind, text)
	}
	then()
	keep(list, named)
}

type kind2 int

//go:noinline
func sum[N number](start N, of []N) N {
	p := pair[string, int]{"k", 1}
	q := &pair[kind2, []string]{2, []string{"s"}}
	total := start
	for _, n := range of {
		total += n
	}
	truth("p", "main.pair[string,int]", `main.pair[string,int]{Key: "k", Value: 1}`)
	truth("q", "*main.pair[main.kind2,[]string]",
		`&main.pair[main.kind2,[]string]{Key: 2, Value: []string{"s"}}`)
	truth("start", "main.kind2", "3")
	truth("of", "[]main.kind2", "[]main.kind2{1, 2}")
	truth("total", "main.kind2", "6")
	die()
	keep(p, q, start, of, total)
	return total
}

// Where this is inlined, its n is among the variables of the function.
func counter() func() int {
	n := 100
	return func() int { n++; return n }
}

//go:noinline
func closures() {
	count := 5
	label := "by value"
	large := padded{1, 2, true}
	whole := [6]int{1, 2, 3, 4, 5, 6}
	many := func() { keep(large, whole) }
	f := func() {
		count++
		truth("count", "int", "6")
		truth("label", "string", `"by value"`)
		die()
		keep(count, label)
	}
	closureOfMany(many, point{3, 4}.sum, sum2(1, 2), func() { closureArguments(f, keep, nil) })
	keep(&count)
}

//go:noinline
func closureArguments(f func(), plain func(...any), none func() error) {
	truth("f", "func()", "main.closures.func2")
	truth("f/count", "int", "6")
	truth("f/label", "string", `"by value"`)
	truth("plain", "func(...interface {})", "main.keep")
	truth("none", "func() error", "nil")
	f()
	keep(f, plain, none)
}

// The function of this one reads its variables where they are: nothing says more of these than the code
// that makes the closure.
//
//go:noinline
func sum2(first, second int) func() int {
	return func() int { return first + second }
}

//go:noinline
func closureOfMany(many func(), method func() int32, sums func() int, then func()) {
	n := 7
	next := counter()
	down := countdown()
	truth("n", "int", "7")
	truth("next/n", "int", "100")
	truth("down/n", "int", "200")
	truth("many", "func()", "main.closures.func1")
	truth("many/whole", "[6]int", "[6]int{1, 2, 3, 4, 5, 6}")
	truth("many/large", "main.padded", "main.padded{A: 1, B: 2, C: true}")
	truth("method/receiver", "main.point", "main.point{X: 3, Y: 4}")
	truth("sums", "func() int", "main.sum2.func1")
	truth("sums/first", "int", "1")
	truth("sums/second", "int", "2")
	then()
	keep(many, method, sums, next, down, &n)
}

// As counter, but below.
func countdown() func() int {
	n := 200
	return func() int { n--; return n }
}

type padded struct {
	A int32
	B int64
	C bool
}

//go:noinline
func parts() {
	partArguments([]int{1, 2, 3, 4}[:3], "gone", point{1, 2}, make([]byte, 1, 9), "",
		[]int{5, 6, 7}, padded{1, 2, true})
}

// What is left of these in optimized code is some of their words, and some of these words lie where
// DWARF does not say which ones they are: those of what is passed on the stack.
//
//go:noinline
func partArguments(s []int, text string, any interface{}, first []byte, empty string, lengthOnly []int,
	p padded) {
	part("s", "[]int", "[]int{1, 2, 3}", "<partly optimized out: len 3>")
	part("text", "string", `"gone"`, "<partly optimized out: len 4>")
	part("any", "interface {}", "main.point{X: 1, Y: 2}", "main.point(<optimized out>)")
	truth("first", "[]uint8", `[]uint8{0}`)
	truth("empty", "string", `""`)
	truth("lengthOnly", "[]int", "[]int{5, 6, 7}")
	truth("p", "main.padded", "main.padded{A: 1, B: 2, C: true}")
	die()
	_, isPoint := any.(point)
	keep(len(s), len(text), isPoint, &first[:1][0], len(empty), len(lengthOnly), p.A, p.B, p.C)
}
