// Command cgocrash dies in C code, or in Go code that C called.
//
//	cgocrash MODE    dies
//	cgocrash -list   prints the truth, in the columns of crash -list
package main

/*
#cgo CFLAGS: -g -O0 -pthread
#cgo LDFLAGS: -pthread -ldl
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern int goCallback(int mode);
extern int goCallbackFromThread(int mode);
extern int goDeep(int depth);

static __thread int counters[16];

static void c_fault(int *p) { *p = 42; }
static void c_outer(int *p) { c_fault(p); }
// No frame on the stack: on arm64 its caller's is at the same place.
static __attribute__((noinline, optimize("O2"))) void c_leaf(int *p) { *p = 42; }
static void c_abort(void) { abort(); }
static int c_call_back(int mode) { return goCallback(mode) + 1; }
static void c_free(void *p) { free(p); }
static void c_fill(char *p, long n) { memset(p, 'A', n); }
static void c_double_free(void) {
	char *p = malloc(100);
	char *volatile q = p;
	free(p);
	free(q);
}
static int c_count(int n) {
	memset(counters, n, sizeof counters);
	return counters[3];
}
static void c_divide(int a, volatile int b) { counters[0] = a / b; }
static void c_recurse(volatile char *p) {
	volatile char pad[4096];
	pad[0] = *p;
	c_recurse(pad);
}

static void *thread_fault(void *arg) {
	c_fault(arg);
	return 0;
}
static void *thread_callback(void *arg) {
	goCallbackFromThread((int)(long)arg);
	return 0;
}
static void *thread_wait(void *arg) {
	for (;;)
		pause();
	return arg;
}
static void c_thread(void *(*run)(void *), void *arg) {
	pthread_t thread;
	pthread_create(&thread, 0, run, arg);
	pthread_join(thread, 0);
}
static void c_thread_fault(void) { c_thread(thread_fault, (void *)8); }
static void c_thread_callback(long mode) { c_thread(thread_callback, (void *)mode); }
static void c_background(void) {
	pthread_t thread;
	pthread_create(&thread, 0, thread_wait, 0);
}
static int c_deep(int depth) {
	volatile char pad[12000];
	pad[depth] = 1;
	return goDeep(depth - 1) + pad[depth];
}

// A function that the compiler has written no unwind table for, with a frame pointer.
#if defined(__x86_64__)
__asm__(".text\n.type c_bare,@function\nc_bare:\n\tpush %rbp\n\tmov %rsp, %rbp\n"
	"\tsub $64, %rsp\n\tcall *%rsi\n\tleave\n\tret\n.size c_bare, .-c_bare\n");
#else
__asm__(".text\n.type c_bare,%function\nc_bare:\n\tstp x29, x30, [sp, -80]!\n\tmov x29, sp\n"
	"\tblr x1\n\tldp x29, x30, [sp], 80\n\tret\n.size c_bare, .-c_bare\n");
#endif
extern void c_bare(int *p, void (*f)(int *)) __attribute__((visibility("hidden")));
static void c_through_bare(void) { c_bare((int *)16, c_fault); }

// Handlers of C's: the kernel tells them nothing of the signal, for they did not ask.
static void handle_abort(int signal) { abort(); }
static void handle_fault(int signal) { c_fault(0); }
static void handle_again(int number) {
	signal(number, SIG_DFL);
	raise(number); // it comes when the handler has returned
}
static void c_handle(int signal, void (*handler)(int)) {
	struct sigaction action;
	memset(&action, 0, sizeof action);
	action.sa_handler = handler;
	action.sa_flags = SA_ONSTACK;
	sigaction(signal, &action, 0);
}
static void c_handler_abort(void) {
	c_handle(SIGSEGV, handle_abort);
	c_fault(0);
}
static void c_handler_again(void) {
	c_handle(SIGSEGV, handle_again);
	c_fault((int *)24);
}
static void c_handler_segv(void) {
	c_handle(SIGUSR1, handle_fault);
	raise(SIGUSR1);
}
static void c_install(void) { c_handle(SIGUSR1, handle_fault); }

// What the C++ compiler makes of throw std::runtime_error("out of paper"), without that compiler.
static void c_throw(void) {
	void *cxx = dlopen("libstdc++.so.6", RTLD_NOW);
	if (cxx == 0)
		return;
	void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(cxx, "__cxa_allocate_exception");
	void (*construct)(void *, const char *) = (void (*)(void *, const char *))dlsym(cxx, "_ZNSt13runtime_errorC1EPKc");
	void (*throw)(void *, void *, void *) = (void (*)(void *, void *, void *))dlsym(cxx, "__cxa_throw");
	void *error = allocate(16);
	construct(error, "out of paper");
	throw(error, dlsym(cxx, "_ZTISt13runtime_error"), dlsym(cxx, "_ZNSt13runtime_errorD1Ev"));
	__asm__ volatile("");
}

static int c_jump(void) {
	int (*f)(void) = (int (*)(void))0x1234;
	return f();
}
static int c_jump_nil(int (*f)(void)) { return f() + 1; }
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

type mode struct {
	name, class, kind, origin, message, culprit string
	run                                         func()
}

// In Go 1.19 a fault in C becomes a throw, later a fatal signal.
const origins = "signal|fatal-error"

// What the runtime throws for a goroutine that stands on another stack than its own.
const handlerMessages = "split stack overflow|unknown caller pc|unsafe.Slice: len out of range|SIGSEGV"

var modes = []mode{
	{"segv", "cgo-crash", "signal-in-c", origins, "SIGSEGV|unexpected signal during runtime execution",
		"c_fault", func() { C.c_outer(nil) }},
	{"segv-goroutine", "cgo-crash", "signal-in-c", origins, "SIGSEGV|unexpected signal during runtime execution",
		"c_fault", func() {
			go C.c_outer((*C.int)(unsafe.Pointer(uintptr(zero + 16))))
			select {}
		}},
	{"fpe", "cgo-crash", "signal-in-c", origins, "SIGFPE|unexpected signal during runtime execution",
		"c_divide", func() { C.c_divide(5, C.int(zero)) }},
	{"jump", "cgo-crash", "signal-in-c", origins, "SIGSEGV|unexpected signal during runtime execution",
		"-", func() { C.c_jump() }},
	{"jump-nil", "cgo-crash", "signal-in-c", origins, "SIGSEGV|unexpected signal during runtime execution",
		"c_jump_nil", func() { C.c_jump_nil(nil) }},
	{"stack", "cgo-crash", "signal-in-c", origins, "SIGSEGV|unexpected signal during runtime execution|^$",
		"c_recurse", func() { C.c_recurse((*C.char)(C.malloc(1))) }},
	{"leaf", "cgo-crash", "signal-in-c", origins, "SIGSEGV|unexpected signal during runtime execution",
		"c_leaf", func() { C.c_leaf(nil) }},
	{"abort", "cgo-crash", "c-abort", "signal", "SIGABRT", "c_abort", func() { C.c_abort() }},
	{"double-free", "cgo-crash", "c-abort", "signal", "SIGABRT", "-", func() { C.c_double_free() }},
	// In C++; where the C++ library is not there, it survives.
	{"throw", "cgo-crash", "c-abort", "signal", "SIGABRT", "c_throw", func() { C.c_throw() }},
	{"callback-segv", "cgo-crash", "signal-in-c", origins,
		"SIGSEGV|unexpected signal during runtime execution", "c_fault", func() { C.c_call_back(callSegv) }},
	{"callback-panic", "panic", "value", "panic", "^in a callback$", "main.callback",
		func() { C.c_call_back(callPanic) }},
	{"callback-nil", "nil-dereference", "pointer", "panic",
		"^runtime error: invalid memory address or nil pointer dereference", "main.callback",
		func() { C.c_call_back(callNil) }},
	{"deep-panic", "panic", "value", "panic", "^in a callback$", "main.callback",
		func() { C.c_deep(3) }},
	{"handler-abort", "cgo-crash", "c-abort", "signal", "SIGABRT", "handle_abort",
		func() { C.c_handler_abort() }},
	// Go 1.19 calls sigpanic on the signal stack, for which that is too small.
	{"handler-segv", "cgo-crash", "signal-in-c", origins, "SIGSEGV|SIGTRAP", "c_fault",
		func() { C.c_handler_segv() }},
	// The same handler, of a signal that hit Go code.
	{"handler-segv-go", "cgo-crash", "signal-in-c", origins,
		handlerMessages, "c_fault", func() {
			C.c_install()
			signalSelf()
		}},
	// On a thread whose signal stack lies above the goroutine's.
	{"handler-segv-above", "cgo-crash", "signal-in-c", origins,
		handlerMessages, "c_fault", func() {
			C.c_install()
			for i := 0; i < 8; i++ {
				go func() {
					runtime.LockOSThread()
					select {}
				}()
			}
			time.Sleep(10 * time.Millisecond)
			done := make(chan bool)
			go func() {
				signalSelf()
				close(done)
			}()
			<-done
		}},
	// Of a thread that waits in the scheduler.
	{"handler-segv-idle", "cgo-crash", "signal-in-c", origins, "SIGSEGV|SIGTRAP", "c_fault", func() {
		C.c_install()
		runtime.LockOSThread()
		tid := syscall.Gettid()
		go func() {
			time.Sleep(50 * time.Millisecond)
			signalThread(tid)
		}()
		select {}
	}},
	{"handler-again", "cgo-crash", "signal-in-c", "signal", "", "c_fault",
		func() { C.c_handler_again() }},
	{"no-tables", "cgo-crash", "signal-in-c", origins,
		"SIGSEGV|unexpected signal during runtime execution", "c_fault", func() { C.c_through_bare() }},
	{"thread-segv", "cgo-crash", "signal-on-foreign-thread", "signal", "", "c_fault",
		func() { C.c_thread_fault() }},
	{"thread-callback-panic", "panic", "value", "panic", "^in a callback$", "main.callback",
		func() { C.c_thread_callback(callPanic) }},
	{"thread-deep-panic", "panic", "value", "panic", "^in a callback$", "main.callback",
		func() { C.c_thread_callback(callDeep) }},
	{"thread-callback-segv", "cgo-crash", "signal-in-c|signal-on-foreign-thread", origins,
		"SIGSEGV|unexpected signal during runtime execution", "c_fault",
		func() { C.c_thread_callback(callSegv) }},
	{"free-go-pointer", "cgo-crash", "go-pointer-freed-by-c|c-abort|signal-in-c", origins, "SIGABRT|SIGSEGV|unexpected",
		"-", func() {
			list := make([]int64, 64)
			list[0] = 1
			C.c_free(unsafe.Pointer(&list[8]))
		}},
	{"overrun", "cgo-crash", "signal-in-c", origins,
		"SIGSEGV|unexpected signal during runtime execution", "c_fill", func() {
			// Nothing of the heap's lies behind it: the first collection makes goroutines of
			// its own, and what is allocated after the second finds room below.
			runtime.GC()
			room := make([]byte, 1<<20)
			list := make([]byte, 4<<20)
			runtime.KeepAlive(room)
			room = nil
			runtime.GC()
			runtime.GC()
			C.c_fill((*C.char)(unsafe.Pointer(&list[0])), 1<<30)
		}},
	{"panic", "panic", "value", "panic", "^42$", "main.die", func() {
		C.c_background()
		die(int(C.c_count(42) & 0xff))
	}},
	{"nil", "nil-dereference", "pointer", "panic",
		"^runtime error: invalid memory address or nil pointer dereference", "main.read",
		func() { fmt.Println(read(nil), C.c_count(1)) }},
}

const (
	callPanic = iota
	callNil
	callSegv
	callDeep
)

var zero = len(os.Args) - len(os.Args)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: cgocrash MODE | cgocrash -list")
		os.Exit(2)
	}
	for _, m := range modes {
		if os.Args[1] == "-list" {
			fmt.Printf("%s\t%s\t%s\t%s\t%s\t-\tself\tnopast\t%s\n", m.name, m.class, m.kind, m.origin,
				m.message, m.culprit)
		} else if os.Args[1] == m.name {
			m.run()
			fmt.Fprintln(os.Stderr, "cgocrash: mode", m.name, "survived")
			os.Exit(3)
		}
	}
}

// No system call that leaves the scheduler: the signal finds the goroutine running.
//
//go:noinline
func signalSelf() {
	runtime.LockOSThread()
	signalThread(syscall.Gettid())
}

func signalThread(tid int) {
	syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(os.Getpid()), uintptr(tid), uintptr(syscall.SIGUSR1))
}

//go:noinline
func read(p *int) int { return *p }

//go:noinline
func die(value int) { panic(value) }

//export goCallback
func goCallback(how C.int) C.int { return C.int(callback(int(how), nil)) }

//export goCallbackFromThread
func goCallbackFromThread(how C.int) C.int { return C.int(callback(int(how), nil)) + C.c_count(2) }

//export goDeep
func goDeep(depth C.int) C.int {
	if depth == 0 {
		return C.int(callback(callPanic, nil))
	}
	return C.c_deep(depth)
}

//go:noinline
func callback(how int, p *int) int {
	switch how {
	case callPanic:
		panic("in a callback")
	case callNil:
		return *p
	case callSegv:
		C.c_outer((*C.int)(unsafe.Pointer(p)))
	case callDeep:
		C.c_deep(2)
	}
	return how
}
