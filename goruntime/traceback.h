#pragma once
/*
 * The Go runtime's own traceback, text for text: what the process itself printed of a goroutine, or
 * would have (runtime/traceback.go goroutineheader, traceback, printcreatedby). Where the runtime
 * could not know the stack of a goroutine that ran on another thread, the core does.
 */
#include "goruntime/code.h"
#include "goruntime/snapshot.h"
#include "goruntime/traceback_style.h"

/* Levels of GOTRACEBACK: single and all are 1, system and crash are 2. */
enum { TRACEBACK_USER = 1, TRACEBACK_SYSTEM = 2 };

enum { TRACEBACK_STACK = 32 * 1024 }; /* larger stacks are read where they are */

struct traceback {
	const struct snapshot *snapshot;
	struct traceback_style style;
	unsigned level;
	bool labels; /* pprof labels in headers */
	bool redact; /* arguments as "_", no labels */
	/* Source paths as they are to be shown, in BUF where that differs; NULL: as they are. */
	const char *(*map_path)(const void *data, const char *path, struct str *buf);
	const void *map_data;
	struct code_cache *code; /* the snapshot's, or one of its own */
	struct frame_texts *texts; /* of frames that were shown before; NULL: none are kept */
	uint8_t *stack; /* room for a copy of the stack that is walked, TRACEBACK_STACK bytes, or NULL */
};

void traceback_init(struct traceback *traceback, const struct snapshot *snapshot, unsigned level);

/* A copy of ONE with a memory of its own for what is known of pcs and frames: several threads may
 * use one each at once, for goroutines that no thread of the core runs (NO_INDEX). */
void traceback_fork(struct traceback *traceback, const struct traceback *one);
void traceback_join(struct traceback *traceback);

/* Whether G is listed at all: the runtime's own goroutines only from TRACEBACK_SYSTEM on. */
bool traceback_lists(const struct traceback *traceback, const struct goroutine *g);

/* The view by which the frames of G are shown. */
struct traceback_view traceback_view_of(const struct traceback *traceback,
					const struct goroutine *g);

/* Appends header, frames and creator of G. A stack of any depth takes bounded memory. */
void traceback_add(const struct traceback *traceback, const struct goroutine *g, struct str *out);

/* Appends "goroutine 0 [idle]:" and the frames of the system stack that a fatal signal hit, as the
 * runtime prints them first, be it a fault or one that was sent to an idle thread (signal_unix.go
 * fatalsignal); false where it hit a goroutine, or C code that one had called. What the runtime
 * makes each further thread print then (GOTRACEBACK=crash) is no traceback of the signal's. */
bool traceback_add_system(const struct traceback *traceback, struct str *out);
