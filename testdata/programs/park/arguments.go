package main

import (
	"errors"
	"io"
)

type inner struct {
	a, b int8
	c    string
}

type nested struct {
	first  inner
	second [2]inner
	third  interface{}
}

type large struct {
	words [40]int
	tail  string
}

// arguments parks goroutines in functions with every shape of arguments. They
// are called, not started: only a call passes arguments.
func arguments() {
	for _, call := range []func(){
		func() { takeStrings("one", "two") },
		func() { takeSlices([]int{1, 2, 3}, nil, []string{"x"}) },
		func() { takeInterfaces(5, errors.New("e"), nil) },
		func() { takeFloats(1.5, -2.5, complex(3, 4)) },
		func() { takeArrays([3]int{1, 2, 3}, [1]string{"one"}, [0]int{}) },
		func() { takeMany(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13) },
		func() { takeNested(nested{first: inner{1, 2, "c"}, third: 3}) },
		func() { takeLarge(large{tail: "t"}, 7) },
		func() { takeVariadic("format", 1, "two", 3.0) },
		func() { takeVariadic("none") },
		func() { takeSmall(true, -1, 'x', 65535, -3, 1.25) },
		func() { takeUnused(1, "two", 3) },
		func() { takeBlank(4, "five", []byte("six")) },
		func() { takePointers(new(int), &inner{}, map[string]int{}, never, func() {}) },
		func() { takeEmpty(struct{}{}, 8, struct{ _ int }{}) },
		func() { takeDead("dead", 9) },
		func() { takeReassigned(10, "eleven") },
		func() { takeResults(12) },
		func() { takeDeep(deep1{deep2{deep3{deep4{deep5{deep6{13}}}}}}) },
		func() { takeSpilled(1, 2, 3, 4, 5, 6, 7, 8, 9, "ten", []int{11}) },
		func() { takeAny[int](1, []int{2}) },
		func() { takeAny("s", []string{"t"}) },
	} {
		go call()
	}
	go takeStrings("started", "directly")
	go takeMany(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
	go takeLarge(large{tail: "started"}, 14)
	go takeVariadic("started", 15, 16)
}

func keep(values ...interface{}) { kept = values }

var kept []interface{}

//go:noinline
func takeStrings(a, b string) {
	stay()
	keep(a, b)
}

//go:noinline
func takeSlices(a []int, b []byte, c []string) {
	stay()
	keep(a, c)
}

//go:noinline
func takeInterfaces(a interface{}, b error, c io.Reader) {
	stay()
	keep(a, b, c)
}

//go:noinline
func takeFloats(a float64, b float32, c complex128) {
	stay()
	keep(a, b, c)
}

//go:noinline
func takeArrays(a [3]int, b [1]string, c [0]int) {
	stay()
	keep(a, b)
}

//go:noinline
func takeMany(a, b, c, d, e, f, g, h, i, j, k, l, m int) int {
	stay()
	return a + b + c + d + e + f + g + h + i + j + k + l + m
}

//go:noinline
func takeNested(n nested) {
	stay()
	keep(n.first.c)
}

//go:noinline
func takeLarge(l large, n int) int {
	stay()
	return l.words[n] + len(l.tail)
}

//go:noinline
func takeVariadic(format string, values ...interface{}) {
	stay()
	keep(values...)
}

//go:noinline
func takeSmall(a bool, b int8, c rune, d uint16, e int16, f float32) {
	stay()
	keep(a, b, c, d, e, f)
}

//go:noinline
func takeUnused(a int, b string, c uint8) { stay() }

//go:noinline
func takeBlank(_ int, b string, _ []byte) {
	stay()
	keep(b)
}

//go:noinline
func takePointers(a *int, b *inner, c map[string]int, d chan int, e func()) {
	stay()
	keep(a, b, c, d)
	e()
}

//go:noinline
func takeEmpty(a struct{}, b int, c struct{ _ int }) { stay() }

//go:noinline
func takeDead(a string, b int) {
	keep(a, b)
	stay()
}

//go:noinline
func takeReassigned(a int, b string) {
	a, b = a*2, b+"!"
	stay()
	keep(a, b)
}

//go:noinline
func takeResults(a int) (b int, c string, err error) {
	b = stay()
	return a + b, "c", nil
}

type (
	deep1 struct{ d deep2 }
	deep2 struct{ d deep3 }
	deep3 struct{ d deep4 }
	deep4 struct{ d deep5 }
	deep5 struct{ d deep6 }
	deep6 struct{ n int }
)

//go:noinline
func takeDeep(d deep1) {
	stay()
	keep(d.d.d.d.d.d.n)
}

//go:noinline
func takeSpilled(a, b, c, d, e, f, g, h, i int, j string, k []int) int {
	stay()
	return a + i + len(j) + len(k)
}

//go:noinline
func takeAny[T any](a T, b []T) {
	stay()
	keep(a, b)
}
