#pragma once
/*
 * Memory with one lifetime. Everything that lives as long as the analysis is taken from one arena
 * and freed with it. Memory is zeroed. An allocation of a size that the program itself chose never
 * returns NULL: when the system has no memory left, the process says so and exits with status 3,
 * which is the only exit outside of main. A size that the input chose goes through
 * arena_array(), which checks it and fails instead.
 */
#include "base/error.h"

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	char *next;
	size_t left;
	size_t total; /* bytes taken from the system */
};

void arena_init(struct arena *arena);
void arena_release(struct arena *arena);

void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull, malloc));
/* S may be NULL where N is 0. */
char *arena_strndup(struct arena *arena, const char *s, size_t n) __attribute__((returns_nonnull));
char *arena_strdup(struct arena *arena, const char *s) __attribute__((returns_nonnull));
char *arena_printf(struct arena *arena, const char *fmt, ...) FORMAT_PRINTF(2, 3)
	__attribute__((returns_nonnull));
char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
	__attribute__((returns_nonnull));

/* COUNT zeroed elements of SIZE bytes, COUNT chosen by the input: NULL with ERROR_LIMIT when the
 * product overflows or exceeds LIMIT_ARRAY_BYTES, or when memory is refused. */
void *arena_array(struct arena *arena, uint64_t count, size_t size, struct error *err) MUST_CHECK;

/* Allocates with malloc and exits like arena_alloc when memory is refused. */
void *memory_grow(void *old, size_t size) __attribute__((returns_nonnull));

/* Says so and exits, for memory that someone else's function was refused. */
_Noreturn void out_of_memory(void);
