package main

import "sync"

//go:noinline
func goodbye(code int, why string) { keep(code, why) }

//go:noinline
func (n *named) leave(force bool) { keep(n, force) }

//go:noinline
func (p point) fade() { keep(p) }

//go:noinline
func deferred() { leaveBehind(1, &named{Name: "n"}, "because") }

// Each of these calls is made by a wrapper, in the heap as they are deferred in a loop; the last is a
// closure of its own.
//
//go:noinline
func leaveBehind(times int, n *named, why string) {
	total := times
	p := point{3, int32(times)}
	for i := 0; i < times; i++ {
		defer goodbye(times+i, why)
		defer n.leave(i > 0)
		defer p.fade()
		defer func() { keep(&total, why) }()
	}
	total++
	truth("deferred:main.goodbye/X0", "int", "1")
	truth("deferred:main.goodbye/X1", "string", `"because"`)
	truth("deferred:main.(*named).leave/X0", "*main.named", `&main.named{*Name: "n"*`)
	truth("deferred:main.(*named).leave/X1", "bool", "false")
	truth("deferred:main.point.fade/X0|p", "main.point", "main.point{X: 3, Y: 1}")
	truth("deferred:main.leaveBehind.func*/total", "int", "2")
	truth("deferred:main.leaveBehind.func*/why", "string", `"because"`)
	unlock(&sync.Mutex{})
	keep(n, why, total)
}

// The goroutine begins in a wrapper, which hands on what it has captured.
//
//go:noinline
func started() {
	n := &named{Name: "n"}
	go n.work(point{5, 6}, "task")
	select {}
}

//go:noinline
func (n *named) work(p point, task string) {
	truth("n", "*main.named", `&main.named{*Name: "n"*`)
	truth("p", "main.point", "main.point{X: 5, Y: 6}")
	truth("task", "string", `"task"`)
	die()
	keep(n, p, task)
}

//go:noinline
func unlock(m *sync.Mutex) { m.Unlock() }
