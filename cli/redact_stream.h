#pragma once
/*
 * --redact, the last word: numbers that are the program's text. A pointer that was written over with
 * text turns up as fault address, program counter or return address wherever these are told of, so what
 * is written is looked through, whoever writes it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A stream that writes to OUT with each "0x6f6c6c6568" of which HIDDEN says so as "0x_"; to be
 * closed before OUT is written to again, which stays open. */
FILE *redact_stream_open(FILE *out, bool (*hidden)(const void *what, uint64_t number),
			 const void *what);
