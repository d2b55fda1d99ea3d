#pragma once
/* The chain of panics of a goroutine: runtime._panic records and the values they carry. */
#include "goruntime/goroutine.h"

struct snapshot;

struct panic_record {
	uint64_t addr;	     /* of the runtime._panic */
	const char *type;    /* type of the value as it was panicked with where the stack still has
			      * it, else of what the record holds: "*main.MyErr", "runtime.boundsError",
			      * "string"; "nil"; "" if unreadable */
	const char *record_type; /* type of what the record holds now (string after conversion) */
	const char *text;    /* as the runtime prints the value, without marks: raw bytes, NUL-free */
	const char *printed; /* as the runtime prints the line: with [recovered] and the like */
	uint64_t value_type, value_data; /* the interface words in the record */
	uint64_t original_type, original_data; /* those that it was panicked with; 0, 0 if not known */
	bool recovered, aborted, repanicked, goexit;
	bool is_error, is_runtime_error; /* the original type has an Error method; is runtime.Error */
	bool unreadable;
	bool nil_by_setting; /* of nil, which only GODEBUG=panicnil=1 lets through in this release: a
			      * record that is all zeros reads so too */
};

struct panics {
	const struct panic_record *items; /* oldest first: the order in which they were raised */
	size_t count;
	bool cut; /* the chain could not be read to its end */
};
