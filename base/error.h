#pragma once
/*
 * Why an operation failed: a code to branch on, the place in the target, and a sentence for a
 * person. A function that can fail returns bool and takes a `struct error *` last; on failure it
 * has filled it, on success it has not touched it. Each layer that passes a failure on may put its
 * own context in front, once: `core.123: reading allgs: 0xc000012000 is not in the core`.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum error_code {
	ERROR_NONE,
	ERROR_IO,	   /* the operating system refused: open, read, map */
	ERROR_FORMAT,	   /* bytes that are not what they should be */
	ERROR_UNSUPPORTED, /* well formed, but not what gocore handles */
	ERROR_UNMAPPED,	   /* the address was not mapped in the target */
	ERROR_NOT_DUMPED,  /* it was mapped, but its bytes are not in the core nor in a known file */
	ERROR_LIMIT,	   /* a count or size beyond limits.h */
	ERROR_NOT_FOUND,   /* what was looked for is not there */
	ERROR_MISMATCH,	   /* the executable is not the one that dumped the core */
	ERROR_NOT_GO,	   /* no Go runtime in the core */
	ERROR_USAGE,	   /* wrong command line */
};

struct error {
	enum error_code code;
	uint64_t addr; /* address in the target, or file offset for ERROR_FORMAT of a file; 0 if none */
	char text[1024];
};

#define ERROR_INIT                                                                                 \
	{                                                                                          \
		.code = ERROR_NONE                                                                 \
	}
#define MUST_CHECK __attribute__((warn_unused_result))
#define FORMAT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Fills ERR (which may be NULL) and returns false, so that `return error_set(...)` reads well. */
bool error_set(struct error *err, enum error_code code, uint64_t addr, const char *fmt, ...)
	FORMAT_PRINTF(4, 5);

/* Puts "PREFIX: " in front of the text of ERR and returns false. */
bool error_context(struct error *err, const char *fmt, ...) FORMAT_PRINTF(2, 3);

/* The code as a kebab-case word: "not-dumped". A constant string. */
const char *error_code_name(enum error_code code);
