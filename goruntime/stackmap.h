#pragma once
/*
 * Which words of a Go frame are pointers, as the compiler tells the collector (runtime/stkframe.go
 * getStackMap): maps of locals and arguments at the pc where the frame goes on, and the objects on
 * the stack that count only when something points to them.
 */
#include "goruntime/unwind.h"

enum stackmap_kind {
	STACKMAP_PRECISE,
	STACKMAP_GUESS, /* every word of the frame may be a pointer */
	STACKMAP_DEAD,	/* it never goes on: a fault in a function without deferred calls */
};

struct stackmap { /* bits, one a word; borrowed from the symbol table */
	uint64_t pc;
	bool after_sigpanic;
	enum stackmap_kind kind;
	const uint8_t *locals, *args;
	uint32_t local_words, arg_words;
	struct bytes objects; /* records of 16 bytes */
	bool reflect_stub;    /* its arguments are told by what it calls */
};

struct stack_object { /* runtime/stack.go stackObjectRecord */
	int32_t offset; /* below 0 from the end of the locals, else from the arguments on */
	uint32_t size, pointer_bytes;
	uint32_t mask; /* offset from moduledata.rodata */
	bool program;  /* the mask is a program (to 1.23) */
};

enum { STACK_OBJECT_BYTES = 16 };

struct stackmaps; /* those that were asked for; for one thread */
struct stackmaps *stackmaps_create(void);
void stackmaps_destroy(struct stackmaps *maps);

/* That of a frame at a call; never NULL, valid until the next call. */
const struct stackmap *stackmap_of(struct stackmaps *maps, const struct frame *frame,
				   bool link_register);

/* End of the frame's locals: the return address and the saved frame pointer lie above. */
uint64_t frame_locals_end(const struct frame *frame, bool link_register);

struct stack_object stack_object_at(const struct stackmap *map, size_t index);
