#pragma once
/*
 * How the process died, from the records that the runtime left: which M was dying, which goroutine
 * it ran, what it threw or panicked with, which signal hit where. Facts of the runtime, not yet a
 * verdict. ../docs/ARCHITECTURE.md tells which records have false friends and how they are told
 * apart.
 */
#include "goruntime/panic.h"
#include "goruntime/stack.h"

enum death_way {
	DEATH_NONE,   /* no M is dying: a snapshot, or a death that Go never saw */
	DEATH_PANIC,  /* unrecovered panic: throwing 0 */
	DEATH_FATAL,  /* runtime.fatal: the user's fault: throwing 1 */
	DEATH_THROW,  /* runtime.throw: throwing 2 without signal */
	DEATH_SIGNAL, /* a fatal signal: throwing 2 with caughtsig */
};

/* The stack that C code ran on, where it is used up: the access that faulted lay below its
 * memory. */
struct c_stack {
	uint64_t lo;   /* where its memory begins; 0: it is not used up, or not known */
	uint64_t used; /* bytes, from the first C frame to the last */
};

/* An exception of C++. */
struct cxx_exception {
	uint64_t addr;	  /* of the object that was thrown */
	const char *type; /* its type, as the source has it */
	const char *text; /* its value or what its what() gives; NULL: not known, or none */
};

/* A signal that hit the culprit's code: from g.sig*, from a context on the signal stack, or from
 * NT_SIGINFO. */
struct death_signal {
	bool present;
	int32_t number, code;
	uint64_t addr;	 /* si_addr; has meaning where has_addr */
	bool has_addr;	 /* a fault (code > 0) whose address the kernel knew */
	int32_t sender_pid; /* of a sent signal; 0 if not known */
	uint32_t sender_uid;
	bool sent;	 /* code <= 0: a process sent it (or the process itself) */
	bool by_itself;	 /* the process that sent it is the one that it ended */
	bool by_runtime; /* the runtime's own raise(SIGABRT) */
	bool refused;	 /* by a seccomp filter: SYSCALL; the address then is the call's, and no fault's */
	uint32_t syscall;
	const char *syscall_name; /* NULL: not in the table */
	uint64_t pc;	 /* where it hit, 0 if not known */
	bool inside_insn; /* PC is in the middle of an instruction of Go code: none leads there */
	bool off_code;	 /* PC is in memory that is mapped and is no code of any file */
	bool has_regs;
	struct registers regs; /* at PC, where a context is there */
	const char *record; /* where it was read: "g.sig", "signal context", "NT_SIGINFO" */
};

struct death {
	enum death_way way;
	uint32_t thread;    /* index of the M that died; of the dumping thread for DEATH_NONE */
	uint32_t goroutine; /* index of the culprit in the snapshot, NO_INDEX if there is none */
	bool on_system_stack; /* the runtime's own code on g0 died, not a goroutine's */
	bool bystander;	      /* the culprit only happened to run when a signal came from outside */
	uint32_t second_thread, second_goroutine; /* another M that was dying too; NO_INDEX */
	const char *fatal_text; /* text of throw or fatal: what follows "fatal error: "; NULL */
	const char *fatal_preamble; /* the runtime's own lines before it that belong to it: "runtime:
				     * goroutine stack exceeds ..."; NULL if none */
	bool fatal_text_guessed; /* it may be cut, or of something else */
	const char *fatal_text_record; /* where it was read: "printBacklog", "the argument of throw" */
	struct panics panics;	/* of the culprit; for DEATH_PANIC the cause */
	struct death_signal fault; /* that was turned into the panic or throw, or was fatal itself */
	/* The fault hit a signal handler of C's, and what the runtime says it died of is only that
	 * it could not make that a panic. */
	bool in_handler;
	struct death_signal stopped; /* by which the runtime ended itself then, if it did */
	struct death_signal kernel; /* NT_SIGINFO of the dumping thread, the last act */
	/* The culprit's stack as the runtime prints it: from gopanic, throw or fatal on; for
	 * DEATH_SIGNAL from the interrupted pc on. */
	struct trace culprit;
	/* Index in culprit.frames of the frame that caused it: the caller of sigpanic, gopanic,
	 * throw ...: the first frame that is not the runtime's own where there is one. */
	size_t cause_frame;
	/* The oldest panic of the chain whose raising frames are still on the stack, as index in
	 * panics, and the frame that raised it. */
	size_t cause_panic;
	/* The same stack with the C frames that belong to it: those that died in front, those that
	 * called Go in between. Empty where there are none. */
	struct trace mixed;
	/* For a death in C: what the C library printed before it aborted (a failed assertion,
	 * "free(): invalid pointer"); NULL if nothing. */
	const char *abort_text;
	/* For a death in C: the C++ exception that nothing caught; NULL if none, or not known. */
	const struct cxx_exception *exception;
	struct c_stack c_stack; /* for a death in C */
	const char *emulator;	/* whose own core this is, not that of the program it ran; NULL */
	/* For a death on g0 (newstack, checkdead, the collector): the frames on g0; else empty. */
	struct trace system;
};
