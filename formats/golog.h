#pragma once
/*
 * What a Go process wrote to stderr, as logs keep it: reports of the race detector (compiler-rt
 * tsan_report.cpp, runtime/race.go), the runtime's texts of panics, fatal errors and signals
 * (runtime/ panic.go, signal_unix.go). Facts as they stand there, held against nothing yet.
 *
 * A log may be of anybody: bytes of any kind, lines of any length, several processes in one file,
 * lines with what a collector has put in front (journald, syslog, Kubernetes, Docker), CR LF,
 * compressed. All that is kept is bounded.
 */
#include "base/arena.h"
#include "base/cursor.h"
#include "base/error.h"

struct golog_frame {
	const char *function; /* "main.(*T).f" */
	const char *file;
	int32_t line;
	uint64_t offset; /* of the pc in its function, as the log has it; 0: not told */
};

struct golog_stack {
	const struct golog_frame *frames; /* innermost first */
	size_t count;
};

struct golog_access {
	bool write, previous;
	uint64_t addr;
	bool main;	 /* by the main goroutine */
	uint64_t number; /* the race detector's own of the goroutine: not its id in the runtime */
	struct golog_stack stack; /* none where the detector has forgotten it */
};

struct golog_creation { /* "Goroutine 7 (running) created at:" */
	uint64_t number;
	bool finished;
	struct golog_stack stack;
};

enum { GOLOG_ACCESSES = 2, GOLOG_CREATIONS = 2 };

struct golog_race {
	uint64_t line; /* in the log, from 1 */
	int64_t pid;   /* that a collector put in front of it; 0: none */
	struct golog_access accesses[GOLOG_ACCESSES];
	size_t access_count;
	struct golog_creation creations[GOLOG_CREATIONS];
	size_t creation_count;
};

enum golog_crash_kind { GOLOG_PANIC, GOLOG_FATAL, GOLOG_SIGNAL };

struct golog_crash {
	enum golog_crash_kind kind;
	uint64_t line;
	int64_t pid;
	const char *text;   /* without "panic: " or "fatal error: ", all lines; "SIGQUIT: quit" */
	bool traced;	    /* a traceback follows: without one it may be anybody's words */
	uint64_t goroutine; /* the first one of the traceback; 0: none */
	uint64_t g;	    /* the address of its record, where the level in force prints it */
	bool goroutine_running;
	uint64_t fault_pc; /* of "[signal SIGSEGV: .. pc=0x..]"; 0: none */
};

struct golog {
	const char *path;
	uint64_t bytes;	  /* that were read */
	uint64_t skipped; /* in front of these: only the end of a huge log is read */
	uint64_t lines;
	uint64_t long_lines; /* were cut */
	const char *broken;  /* why it could not be read to its end; NULL */
	struct golog_race *races;
	size_t race_count;
	uint64_t race_total;	     /* the ones that were not kept included */
	struct golog_crash *crashes; /* in the order of the log; the last one is always kept */
	size_t crash_count;
	uint64_t crash_total;
	int64_t pids[8]; /* in front of what was kept */
	size_t pid_count;
};

/* Reads the log at PATH. Fails with ERROR_IO where it cannot be opened; one that breaks off in the
 * middle does not fail. Memory of ARENA. */
bool golog_read(const char *path, struct arena *arena, struct golog *log,
		struct error *err) MUST_CHECK;

/* The same of bytes in memory. */
void golog_parse(struct bytes bytes, struct arena *arena, struct golog *log);
