package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"time"
	"unsafe"
)

type (
	myString string
	myInt    int
	myBool   bool
	myFloat  float64
	plain    struct {
		a int
		b string
	}
	codeError struct {
		code int
		op   string
	}
	valueError struct{ code int }
	badError   struct{ text string }
	worseError struct{ text string }
	label      struct{ text string }
	badLabel   struct{ text string }
	bothFaces  struct{ text string }
)

func (e *codeError) Error() string { return fmt.Sprintf("%s: code %d", e.op, e.code) }
func (e valueError) Error() string { return fmt.Sprint("value error ", e.code) }
func (e *badError) Error() string  { panic("Error of " + e.text + " panics") }
func (e *worseError) Error() string {
	panic(plain{1, e.text})
}
func (l label) String() string     { return "label " + l.text }
func (l badLabel) String() string  { panic("String of " + l.text + " panics") }
func (b bothFaces) Error() string  { return "error of " + b.text }
func (b bothFaces) String() string { return "string of " + b.text }

func panicked(name, kind, message string, value interface{}) mode {
	return mode{name: name, class: "panic", kind: kind, origin: "panic", message: message,
		culprit: "main.panicWith", run: func() { panicWith(value) }}
}

//go:noinline
func panicWith(value interface{}) { panic(value) }

var errBase = errors.New("base error")

var valueModes = []mode{
	panicked("panic-string", "value", `^a plain string$`, "a plain string"),
	panicked("panic-string-empty", "value", `^$`, ""),
	panicked("panic-string-lines", "value", `^first line\n\t?second line\n\t?third line$`,
		"first line\nsecond line\nthird line"),
	panicked("panic-string-long", "value", `^long: x{40000} end$`,
		"long: "+strings.Repeat("x", 40000)+" end"),
	panicked("panic-string-bytes", "value", `^bad `, "bad \xff\xfe\x1b[31m\x00\u2028 bytes"),
	panicked("panic-string-fake", "value", `^fatal error: all goroutines are asleep - deadlock!$`,
		"fatal error: all goroutines are asleep - deadlock!"),
	panicked("panic-string-unicode", "value", `^größe 東京 ☠$`, "größe 東京 ☠"),
	panicked("panic-int", "value", `^42$`, 42),
	panicked("panic-int-negative", "value", `^-42$`, int8(-42)),
	panicked("panic-uint", "value", `^18446744073709551615$`, ^uint64(0)),
	panicked("panic-float", "value", `^(\+1\.500000e\+000|1\.5)$`, 1.5),
	panicked("panic-float32", "value", `^(-2\.500000e-001|-0\.25)$`, float32(-0.25)),
	panicked("panic-complex", "value", `^\((\+1\.000000e\+000-2\.000000e\+000|1-2)i\)$`, complex(1, -2)),
	panicked("panic-bool", "value", `^true$`, true),
	panicked("panic-rune", "value", `^9731$`, '☃'),
	panicked("panic-uintptr", "value", `^4096$`, uintptr(4096)),
	panicked("panic-named-string", "value", `^main\.myString\("with \\?"quote"\)$`, myString(`with "quote`)),
	panicked("panic-named-int", "value", `^main\.myInt\(42\)$`, myInt(42)),
	panicked("panic-named-bool", "value", `^main\.myBool\(true\)$`, myBool(true)),
	panicked("panic-named-float", "value", `^main\.myFloat\((\+1\.500000e\+000|1\.5)\)$`, myFloat(1.5)),
	panicked("panic-struct", "value", `^\(main\.plain\) (0x[0-9a-f]+|\{.*\})`, plain{7, "seven"}),
	panicked("panic-struct-pointer", "value", `^\(\*main\.plain\) 0x[0-9a-f]+`, &plain{7, "seven"}),
	panicked("panic-slice", "value", `^\(\[\]int\) 0x[0-9a-f]+`, []int{1, 2}),
	panicked("panic-map", "value", `^\(map\[string\]int\) 0x[0-9a-f]+`, map[string]int{"a": 1}),
	panicked("panic-func", "value", `^\(func\(\)\) 0x[0-9a-f]+`, func() {}),
	panicked("panic-array", "value", `^\(\[2\]string\) 0x[0-9a-f]+`, [2]string{"a", "b"}),
	panicked("panic-stringer", "value", `^label here$`, label{"here"}),
	panicked("panic-reflect-type", "value", `^main\.plain$`, reflect.TypeOf(plain{})),
	panicked("panic-error", "error", `^base error$`, errBase),
	panicked("panic-error-wrapped", "error", `^reading config: base error$`,
		fmt.Errorf("reading config: %w", errBase)),
	panicked("panic-error-pointer", "error", `^open: code 17$`, &codeError{17, "open"}),
	panicked("panic-error-value", "error", `^value error 5$`, valueError{5}),
	panicked("panic-error-stringer", "error", `^error of both$`, bothFaces{"both"}),
	panicked("panic-error-lines", "error", `^one\n\t?two$`, errors.New("one\ntwo")),
	{name: "panic-error-path", class: "panic", kind: "error", origin: "panic",
		message: `^open /no/such/file: no such file or directory$`, culprit: "main.panicWith",
		run: func() {
			_, err := os.Open("/no/such/file")
			panicWith(err)
		}},
	{name: "panic-error-panics", class: "panic", kind: "error", origin: "fatal-error",
		message: `panic while printing panic value: Error of bad panics`, culprit: "main.panicWith",
		run: func() { panicWith(&badError{"bad"}) }},
	{name: "panic-error-panics-type", class: "panic", kind: "error", origin: "fatal-error",
		message: `panic while printing panic value: type main\.plain`, culprit: "main.panicWith",
		run: func() { panicWith(&worseError{"worse"}) }},
	{name: "panic-stringer-panics", class: "panic", kind: "value", origin: "fatal-error",
		message: `panic while printing panic value: String of bad panics`, culprit: "main.panicWith",
		run: func() { panicWith(badLabel{"bad"}) }},
	{name: "panic-nil", class: "panic", kind: "value|runtime-error", origin: "panic",
		message: `^(nil$|(runtime error: )?panic called with nil argument)`,
		culprit: "main.panicWith", run: func() {
			os.Setenv("GODEBUG", "panicnil=0")
			panicWith(nil)
		}},
	{name: "panic-nil-old", class: "panic", kind: "value", origin: "panic", message: `^nil$`,
		culprit: "main.panicWith", run: func() {
			os.Setenv("GODEBUG", "panicnil=1")
			panicWith(nil)
		}},
	panicked("panic-unsafe-pointer", "value", `^\(unsafe\.Pointer\) 0x[0-9a-f]+`, unsafe.Pointer(&errBase)),
	panicked("panic-library", "value|error", `^strings: negative Repeat count$`, nil).with(func() {
		sink = strings.Repeat("x", minusOne)
	}),
	panicked("panic-reflect", "error", `^reflect: call of reflect\.Value\.\w+ on string Value$`, nil).with(func() {
		sink = reflect.ValueOf("x").Int()
	}),
}

func (m mode) with(run func()) mode {
	m.run, m.culprit = run, ""
	return m
}

func failed(name, kind, message, culprit string, run func()) mode {
	return mode{name: name, class: "panic", kind: kind, origin: "panic", message: message,
		culprit: culprit, run: run}
}

var list5 = []int{1, 2, 3, 4, 5}

var text5 = "abcde"

var runtimeErrorModes = []mode{
	failed("index-slice", "index-out-of-range", `^runtime error: index out of range \[7\] with length 5$`,
		"main.indexSlice", func() { sink = indexSlice(list5, five+two) }),
	failed("index-array", "index-out-of-range", `^runtime error: index out of range \[6\] with length 4$`,
		"main.indexArray", func() { sink = indexArray(&[4]int{}, five+one) }),
	failed("index-string", "index-out-of-range", `^runtime error: index out of range \[5\] with length 5$`,
		"main.indexString", func() { sink = indexString(text5, five) }),
	failed("index-negative", "index-out-of-range", `^runtime error: index out of range \[-1\]$`,
		"main.indexSlice", func() { sink = indexSlice(list5, minusOne) }),
	failed("index-uint", "index-out-of-range",
		`^runtime error: index out of range \[18446744073709551615\] with length 5$`,
		"main.indexUint", func() { sink = indexUint(list5, ^uint64(zero)) }),
	failed("index-empty", "index-out-of-range", `^runtime error: index out of range \[0\] with length 0$`,
		"main.indexSlice", func() { sink = indexSlice(nil, zero) }),
	failed("slice-high-cap", "slice-bounds",
		`^runtime error: slice bounds out of range \[:7\] with capacity 5$`,
		"main.sliceTo", func() { sink = sliceTo(list5, five+two) }),
	failed("slice-high-len", "slice-bounds", `^runtime error: slice bounds out of range \[:7\] with length 5$`,
		"main.sliceStringTo", func() { sink = sliceStringTo(text5, five+two) }),
	failed("slice-array", "slice-bounds",
		`^runtime error: slice bounds out of range \[:6\] with (length|capacity) 4$`,
		"main.sliceArrayTo", func() { sink = sliceArrayTo(&[4]int{}, five+one) }),
	failed("slice-low-high", "slice-bounds", `^runtime error: slice bounds out of range \[5:2\]$`,
		"main.sliceBoth", func() { sink = sliceBoth(list5, five, two) }),
	failed("slice-low-len", "slice-bounds", `^runtime error: slice bounds out of range \[7:5\]$`,
		"main.sliceFrom", func() { sink = sliceFrom(list5, five+two) }),
	failed("slice-negative", "slice-bounds", `^runtime error: slice bounds out of range \[-1:\]$`,
		"main.sliceFrom", func() { sink = sliceFrom(list5, minusOne) }),
	failed("slice-high-negative", "slice-bounds", `^runtime error: slice bounds out of range \[:-1\]$`,
		"main.sliceTo", func() { sink = sliceTo(list5, minusOne) }),
	failed("slice3-max-cap", "slice-bounds",
		`^runtime error: slice bounds out of range \[::7\] with capacity 5$`,
		"main.slice3", func() { sink = slice3(list5, zero, one, five+two) }),
	failed("slice3-high-max", "slice-bounds", `^runtime error: slice bounds out of range \[:5:2\]$`,
		"main.slice3", func() { sink = slice3(list5, zero, five, two) }),
	failed("slice3-low-high", "slice-bounds", `^runtime error: slice bounds out of range \[5:2:\]$`,
		"main.slice3", func() { sink = slice3(list5, five, two, five) }),
	failed("slice3-array", "slice-bounds",
		`^runtime error: slice bounds out of range \[::6\] with (length|capacity) 4$`,
		"main.slice3Array", func() { sink = slice3Array(&[4]int{}, one, two, five+one) }),
	failed("slice-to-array", "slice-bounds|runtime-error",
		`^runtime error: cannot convert slice with length 2 to (array or )?pointer to array with length 4$`,
		"main.sliceToArray", func() { sink = sliceToArray(list5[:two]) }),
	failed("divide-int", "divide", `^runtime error: integer divide by zero`,
		"main.divide", func() { sink = divide(five, zero) }),
	failed("divide-modulo", "divide", `^runtime error: integer divide by zero`,
		"main.modulo", func() { sink = modulo(uint32(five), uint32(zero)) }),
	failed("assert-concrete", "type-assertion",
		`^interface conversion: interface \{\} is string, not int$`,
		"main.assertInt", func() { sink = assertInt("text") }),
	failed("assert-nil", "type-assertion", `^interface conversion: interface \{\} is nil, not int$`,
		"main.assertInt", func() { sink = assertInt(nil) }),
	failed("assert-method", "type-assertion",
		`^interface conversion: main\.plain is not main\.summer: missing method sum$`,
		"main.assertSummer", func() { sink = assertSummer(plain{}) }),
	failed("assert-method-nil", "type-assertion",
		`^interface conversion: interface is nil, not main\.summer$`,
		"main.assertSummer", func() { sink = assertSummer(nil) }),
	failed("assert-from-interface", "type-assertion",
		`^interface conversion: error is \*main\.codeError, not main\.valueError$`,
		"main.assertValueError", func() { sink = assertValueError(&codeError{}) }),
	failed("assert-pointer-receiver", "type-assertion",
		`^interface conversion: main\.codeError is not error: missing method Error$`,
		"main.assertError", func() { sink = assertError(codeError{}) }),
	failed("assert-same-name", "type-assertion",
		`^interface conversion: interface \{\} is main\.local, not main\.local \(types from different scopes\)$`,
		"main.assertLocal", func() { assertLocal(makeLocal()) }),
	failed("nil-map-write", "nil-map-write", `^assignment to entry in nil map$`,
		"main.mapWrite", func() { mapWrite(nil, "key") }),
	failed("nil-map-increment", "nil-map-write", `^assignment to entry in nil map$`,
		"main.mapIncrement", func() { mapIncrement(nil, five) }),
	failed("send-closed", "closed-channel", `^send on closed channel$`, "main.sendClosed",
		func() { sendClosed(make(chan int, 1)) }),
	failed("send-closed-blocked", "closed-channel", `^send on closed channel$`, "main.sendBlocked",
		func() { sendBlocked(make(chan int)) }),
	failed("send-closed-select", "closed-channel", `^send on closed channel$`, "main.sendSelect",
		func() { sendSelect(make(chan int), make(chan bool)) }),
	failed("close-closed", "closed-channel", `^close of closed channel$`, "main.closeTwice",
		func() { closeTwice(make(chan int)) }),
	failed("close-nil", "close-of-nil-channel", `^close of nil channel$`, "main.closeOnce",
		func() { closeOnce(nil) }),
	failed("negative-shift", "negative-shift", `^runtime error: negative shift amount$`, "main.shift",
		func() { sink = shift(one, minusOne) }),
	failed("make-slice-len", "make-size", `^runtime error: makeslice: len out of range$`,
		"main.makeSlice", func() { sink = makeSlice(minusOne, zero) }),
	failed("make-slice-cap", "make-size", `^runtime error: makeslice: cap out of range$`,
		"main.makeSlice", func() { sink = makeSlice(five, two) }),
	failed("make-slice-huge", "make-size", `^runtime error: makeslice: len out of range$`,
		"main.makeSlice", func() { sink = makeSlice(one<<60, one<<60) }),
	failed("make-chan", "make-size", `^makechan: size out of range$`, "main.makeChan",
		func() { sink = makeChan(minusOne) }),
	failed("grow-slice", "make-size|runtime-error", `^runtime error: growslice: (len|cap) out of range$`,
		"", func() { sink = growSlice(one << 62) }),
	failed("unhashable-key", "unhashable-key", `^runtime error: hash of unhashable type \[\]int`,
		"main.mapAny", func() { mapAny(map[interface{}]int{}, []int{1}) }),
	failed("unhashable-key-nested", "unhashable-key", `^runtime error: hash of unhashable type func\(\)`,
		"main.mapAny", func() { mapAny(map[interface{}]int{}, [1]interface{}{func() {}}) }),
	failed("uncomparable", "runtime-error", `^runtime error: comparing uncomparable type \[\]int$`,
		"main.compare", func() { sink = compare([]int{1}, []int{1}) }),
	failed("negative-waitgroup", "negative-waitgroup", `^sync: negative WaitGroup counter$`, "main.waitGroupDone",
		func() { waitGroupDone(new(sync.WaitGroup)) }),
	failed("unsafe-slice", "runtime-error|make-size", `^(runtime error: )?unsafe\.Slice: len out of range$`,
		"", func() { sink = unsafe.Slice(&list5[0], minusOne) }),
	failed("negative-ticker", "value|error", `non-positive interval for NewTicker`, "",
		func() { sink = time.NewTicker(time.Duration(zero)) }),
}

//go:noinline
func indexSlice(list []int, i int) int { return list[i] }

//go:noinline
func indexUint(list []int, i uint64) int { return list[i] }

//go:noinline
func indexArray(list *[4]int, i int) int { return list[i] }

//go:noinline
func indexString(s string, i int) byte { return s[i] }

//go:noinline
func sliceTo(list []int, i int) []int { return list[:i] }

//go:noinline
func sliceFrom(list []int, i int) []int { return list[i:] }

//go:noinline
func sliceStringTo(s string, i int) string { return s[:i] }

//go:noinline
func sliceArrayTo(list *[4]int, i int) []int { return list[:i] }

//go:noinline
func sliceBoth(list []int, i, j int) []int { return list[i:j] }

//go:noinline
func slice3(list []int, i, j, k int) []int { return list[i:j:k] }

//go:noinline
func slice3Array(list *[4]int, i, j, k int) []int { return list[i:j:k] }

//go:noinline
func sliceToArray(list []int) *[4]int { return (*[4]int)(list) }

//go:noinline
func divide(a, b int) int { return a / b }

//go:noinline
func modulo(a, b uint32) uint32 { return a % b }

//go:noinline
func assertInt(v interface{}) int { return v.(int) }

//go:noinline
func assertSummer(v interface{}) summer { return v.(summer) }

//go:noinline
func assertValueError(err error) int { return err.(valueError).code }

//go:noinline
func assertError(v interface{}) error { return v.(error) }

//go:noinline
func makeLocal() interface{} {
	type local struct{ n int }
	return local{five}
}

//go:noinline
func assertLocal(v interface{}) {
	type local struct{ n int }
	sink = v.(local).n
}

//go:noinline
func mapWrite(m map[string]int, key string) { m[key] = 1 }

//go:noinline
func mapIncrement(m map[int]int, key int) { m[key]++ }

//go:noinline
func mapAny(m map[interface{}]int, key interface{}) { m[key] = 1 }

//go:noinline
func sendClosed(c chan int) {
	close(c)
	c <- 1
}

//go:noinline
func sendBlocked(c chan int) {
	go func() {
		time.Sleep(20 * time.Millisecond)
		close(c)
	}()
	c <- 1
}

//go:noinline
func sendSelect(c chan int, other chan bool) {
	close(c)
	select {
	case c <- 1:
	case <-other:
	}
}

//go:noinline
func closeTwice(c chan int) {
	close(c)
	close(c)
}

//go:noinline
func closeOnce(c chan int) { close(c) }

//go:noinline
func shift(a, n int) int { return a << n }

//go:noinline
func makeSlice(n, m int) []int { return make([]int, n, m) }

//go:noinline
func makeChan(n int) chan int { return make(chan int, n) }

//go:noinline
func growSlice(n int) []int {
	var list []int
	header := (*[3]uintptr)(unsafe.Pointer(&list))
	*header = [3]uintptr{uintptr(unsafe.Pointer(&list5[0])), uintptr(n), uintptr(n)}
	return append(list, 1)
}

//go:noinline
func compare(a, b interface{}) bool { return a == b }

//go:noinline
func waitGroupDone(group *sync.WaitGroup) { group.Done() }
