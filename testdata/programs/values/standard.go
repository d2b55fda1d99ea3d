package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type shopError struct {
	Code int
	err  error
}

func (e *shopError) Error() string { return fmt.Sprint("shop ", e.Code) }
func (e *shopError) Unwrap() error { return e.err }

//go:noinline
func failures() {
	plain := errors.New("boom")
	wrapped := fmt.Errorf("load: %w", &shopError{5, plain})
	path := &fs.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT}
	var typedNil *shopError
	failureArguments(plain, wrapped, path, typedNil, nil)
}

//go:noinline
func failureArguments(plain, wrapped, path, typedNil, none error) {
	truth("plain", "error", `&errors.errorString{s: "boom"}`)
	truth("wrapped", "error", `&fmt.wrapError{msg: "load: shop 5", err: &main.shopError{Code: 5, err: *`)
	truth("wrapped/Unwrap()", "error", `&main.shopError{Code: 5, err: *`)
	truth("wrapped/Unwrap().Unwrap()", "error", `&errors.errorString{s: "boom"}`)
	truth("path", "error", `&fs.PathError{Op: "open", Path: "/x", Err: syscall.Errno(2 "no such file or directory")}`)
	truth("typedNil", "error", "(*main.shopError)(nil)")
	truth("none", "error", "nil")
	die()
	keep(plain, wrapped, path, typedNil, none)
}

type key string

//go:noinline
func contexts() {
	root := context.Background()
	cancelled, cancel := context.WithCancel(root)
	valued := context.WithValue(cancelled, key("user"), "secret")
	live, stop := context.WithTimeout(valued, time.Hour)
	expired, stop2 := context.WithTimeout(root, time.Nanosecond)
	<-expired.Done()
	open, stop3 := context.WithCancel(root)
	contextArguments(root, live, expired, open, context.TODO(), cancel)
	stop()
	stop2()
	stop3()
}

//go:noinline
func contextArguments(root, live, expired, open, todo context.Context, cancel func()) {
	cancel()
	truth("root", "context.Context", "context.Background")
	truth("todo", "context.Context", "context.TODO")
	truth("live", "context.Context", `context.Background.WithCancel(canceled: "context canceled")`+
		`.WithValue(main.key("user")).WithDeadline(*, canceled: "context canceled")`)
	truth("expired", "context.Context",
		"context.Background.WithDeadline(*, canceled: context deadline exceeded)")
	truth("open", "context.Context", "context.Background.WithCancel")
	die()
	keep(root, live, expired, open, todo, cancel)
}

//go:noinline
func clocks() {
	date := time.Date(2026, time.February, 28, 13, 4, 5, 123456000, time.UTC)
	zone := time.Date(1999, time.December, 31, 23, 59, 59, 0, time.FixedZone("EAST", 2*3600))
	clockArguments(date, zone, time.Now(), 90*time.Minute+1500*time.Millisecond)
}

//go:noinline
func clockArguments(date, zone, now time.Time, d time.Duration) {
	short := d / 1000000
	var never time.Time
	truth("date", "time.Time", "%v", date)
	truth("zone", "time.Time", "%v", zone)
	truth("now", "time.Time", "*%v*", now.UTC().Format("04:05.999999999"))
	truth("d", "time.Duration", "1h30m1.5s")
	truth("short", "time.Duration", "%v", short)
	truth("never", "time.Time", "%v", never)
	die()
	keep(date, zone, now, d, short, never)
}

func (p point) sum() int32   { return p.X + p.Y }
func (p *point) move() int32 { p.X++; return p.X }

//go:noinline
func wrappers() {
	p := &point{4, 5}
	var pointer atomic.Pointer[point]
	pointer.Store(p)
	wrapperArguments(reflect.ValueOf(*p), reflect.ValueOf(p), reflect.ValueOf(p).Elem().Field(1),
		&pointer, p.sum, p.move)
}

//go:noinline
func wrapperArguments(whole, link, field reflect.Value, pointer *atomic.Pointer[point],
	sum, move func() int32) {
	var none reflect.Value
	truth("whole", "reflect.Value", "reflect.Value{main.point{X: 4, Y: 5}}")
	truth("link", "reflect.Value", "reflect.Value{&main.point{X: 4, Y: 5}}")
	truth("field", "reflect.Value", "reflect.Value{5}")
	truth("pointer", "*atomic.Pointer[main.point]",
		"&atomic.Pointer[main.point]{v: &main.point{X: 4, Y: 5}}")
	truth("sum", "func() int32", "main.point.sum-fm")
	truth("sum/receiver", "main.point", "main.point{X: 4, Y: 5}")
	truth("move", "func() int32", "main.(*point).move-fm")
	truth("move/receiver", "*main.point", "&main.point{X: 4, Y: 5}")
	die()
	keep(whole, link, field, pointer, sum, move, none)
}

type guarded struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	wg    sync.WaitGroup
	once  sync.Once
	count int64
}

//go:noinline
func locks() {
	g := &guarded{count: 9}
	g.mu.Lock()
	for i := 0; i < 2; i++ {
		go g.mu.Lock()
	}
	g.rw.RLock()
	g.rw.RLock()
	g.wg.Add(3)
	go g.wg.Wait()
	g.once.Do(func() {})
	var flag atomic.Value
	flag.Store("set")
	for i := 0; i < 50; i++ {
		runtime.Gosched()
		time.Sleep(time.Millisecond)
	}
	lockArguments(g, &flag)
}

//go:noinline
func lockArguments(g *guarded, flag *atomic.Value) {
	var hits int64
	atomic.AddInt64(&hits, 4)
	truth("g", "*main.guarded", "&main.guarded{mu: sync.Mutex{locked, 2 waiting*}, "+
		"rw: sync.RWMutex{read-locked by 2}, wg: sync.WaitGroup{counter 3, 1 waiting}, "+
		"once: sync.Once{done}, count: 9}")
	truth("flag", "*atomic.Value", `&atomic.Value{"set"}`)
	truth("hits", "int64", "4")
	die()
	keep(g, flag, &hits)
}
