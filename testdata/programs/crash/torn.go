package main

import "unsafe"

// Values whose words are of two writes, as a race leaves them, made by hand so
// that they are so every time.
var tornModes = []mode{
	{name: "torn-slice", class: "invalid-address", kind: "unmapped", origin: "fatal-error",
		message: `fault`, findings: "+data-race/torn-value", culprit: "main.tornSlice",
		run: func() { tornSlice(tear(3, 1<<34)) }},
	{name: "torn-interface", class: "nil-dereference", kind: "*", origin: "panic",
		message:  `invalid memory address or nil pointer dereference`,
		findings: "+data-race/torn-value", culprit: "", run: func() { tornInterface(&tornHolder{}) }},
	{name: "torn-string", class: "nil-dereference", kind: "*", origin: "panic",
		message:  `invalid memory address or nil pointer dereference`,
		findings: "+data-race/torn-value", culprit: "main.tornString",
		run: func() { tornString(&tornHolder{}) }},
}

type tornHolder struct {
	items []int
	shape shape
	name  string
}

type shape interface{ area() int }

type polygon struct {
	points *[4]int
	rest   [16]*int
}

//go:noinline
func (p *polygon) area() int { return p.points[3] }

type pair struct{ x, y int }

func (p *pair) area() int { return p.x * p.y }

var tornHolders []*tornHolder

// tear makes a holder whose slice has the address and capacity of one and the
// length of another.
//
//go:noinline
func tear(capacity, length int) *tornHolder {
	h := &tornHolder{items: make([]int, capacity)}
	(*[3]uintptr)(unsafe.Pointer(&h.items))[1] = uintptr(length)
	tornHolders = append(tornHolders, h)
	return h
}

var tornLength int

// The variable is captured by reference, and so lies in memory.
//
//go:noinline
func tornSlice(h *tornHolder) int {
	var items []int
	defer func() { tornLength = len(items) }()
	items = h.items
	return items[1<<33]
}

//go:noinline
func tornInterface(h *tornHolder) int {
	var s shape
	defer func() { tornLength = s.area() }()
	s = &polygon{}
	polygonType := (*[2]unsafe.Pointer)(unsafe.Pointer(&s))[0]
	h.shape = &pair{1, 2}
	(*[2]unsafe.Pointer)(unsafe.Pointer(&h.shape))[0] = polygonType
	tornHolders = append(tornHolders, h)
	s = h.shape
	return s.area()
}

//go:noinline
func tornString(h *tornHolder) byte {
	var name string
	defer func() { tornLength = len(name) }()
	(*[2]uintptr)(unsafe.Pointer(&h.name))[1] = 5
	tornHolders = append(tornHolders, h)
	name = h.name
	return name[3]
}
