package main

import (
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

func signalled(name, kind, how, message string, run func()) mode {
	return mode{name: name, class: "external-signal", kind: kind, origin: "signal", message: message,
		how: how, run: run}
}

func idle() {
	ready()
	time.Sleep(time.Hour)
}

func busy() {
	runtime.GOMAXPROCS(2)
	for i := 0; i < 3; i++ {
		go spin(i)
	}
	idle()
}

//go:noinline
func spin(n int) {
	for {
		n++
	}
}

var signalModes = []mode{
	signalled("kill-abrt", "abort", "kill ABRT", `SIGABRT`, idle),
	signalled("kill-abrt-busy", "abort", "kill ABRT", `SIGABRT`, busy),
	signalled("kill-quit", "quit", "kill QUIT", `SIGQUIT`, idle),
	signalled("kill-quit-busy", "quit", "kill QUIT", `SIGQUIT`, busy),
	signalled("kill-segv", "other", "kill SEGV", `SIGSEGV`, idle),
	signalled("kill-bus", "other", "kill BUS", `SIGBUS`, idle),
	signalled("kill-fpe", "other", "kill FPE", `SIGFPE`, idle),
	signalled("kill-ill", "other", "kill ILL", `SIGILL`, idle),
	signalled("kill-trap", "other", "kill TRAP", `SIGTRAP`, idle),
	signalled("kill-sys", "other", "kill SYS", `SIGSYS`, idle),
	signalled("self-abrt", "abort", "", `SIGABRT`, func() { selfKill(syscall.SIGABRT) }),
	signalled("self-quit", "quit", "", `SIGQUIT`, func() { selfKill(syscall.SIGQUIT) }),
	signalled("self-segv", "other", "", `SIGSEGV`, func() { selfKill(syscall.SIGSEGV) }),
	signalled("self-tgkill", "abort", "", `SIGABRT`, func() {
		runtime.LockOSThread()
		syscall.Syscall(syscall.SYS_TGKILL, uintptr(syscall.Getpid()), uintptr(syscall.Gettid()),
			uintptr(syscall.SIGABRT))
		time.Sleep(time.Hour)
	}),
	{name: "self-queue", class: "external-signal", kind: "other", origin: "*", message: `.`, run: selfQueue},
	{name: "seccomp-trap", class: "fatal-error", kind: "bad-system-call", origin: "signal", message: `SIGSYS`,
		culprit: "main.refuse", run: func() { refuse(0x00030000) }}, // SECCOMP_RET_TRAP
	{name: "seccomp-kill", class: "fatal-error", kind: "bad-system-call", origin: "signal", message: ``,
		culprit: "main.refuse", run: func() { refuse(0x80000000) }}, // SECCOMP_RET_KILL_PROCESS
	{name: "live", class: "snapshot", kind: "live", origin: "snapshot", message: ``, how: "gcore", run: idle},
	{name: "live-busy", class: "snapshot", kind: "live", origin: "snapshot", message: ``, how: "gcore", run: busy},
}

// refuse has getuid refused by a filter that does ACTION, and calls it.
//
//go:noinline
func refuse(action uint32) {
	const prSetNoNewPrivs, prSetSeccomp, modeFilter = 38, 22, 2
	type instruction struct {
		code   uint16
		jt, jf uint8
		k      uint32
	}
	filter := []instruction{
		{0x20, 0, 0, 0}, // load the number of the call
		{0x15, 0, 1, syscall.SYS_GETUID},
		{0x06, 0, 0, action},
		{0x06, 0, 0, 0x7fff0000}, // allow
	}
	program := struct {
		count uint16
		first *instruction
	}{uint16(len(filter)), &filter[0]}
	runtime.LockOSThread()
	syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0)
	syscall.RawSyscall6(syscall.SYS_PRCTL, prSetSeccomp, modeFilter,
		uintptr(unsafe.Pointer(&program)), 0, 0, 0)
	syscall.RawSyscall(syscall.SYS_GETUID, 0, 0, 0)
}

func selfKill(signal syscall.Signal) {
	syscall.Kill(syscall.Getpid(), signal)
	time.Sleep(time.Hour)
}

// selfQueue sends SIGSEGV with si_code SI_QUEUE: the runtime takes it for a fault.
func selfQueue() {
	const siQueue = -1
	var info struct {
		signo, errno, code, pad int32
		pid, uid                int32
		rest                    [104]byte
	}
	info.signo, info.code = int32(syscall.SIGSEGV), siQueue
	info.pid, info.uid = int32(syscall.Getpid()), int32(syscall.Getuid())
	const rtSigqueueinfo = 129
	syscall.Syscall(rtSigqueueinfo, uintptr(syscall.Getpid()), uintptr(syscall.SIGSEGV),
		uintptr(unsafe.Pointer(&info)))
	time.Sleep(time.Hour)
}
