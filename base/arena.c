#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"

struct arena_block {
	struct arena_block *next;
	max_align_t data[];
};

enum { ARENA_BLOCK = 64 * 1024, ARENA_ALIGN = 16 };

static _Noreturn void out_of_memory(void)
{
	static const char text[] = "gocore: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)ignored;
	_exit(3);
}

void *memory_grow(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);
	if (p == NULL)
		out_of_memory();
	return p;
}

void arena_init(struct arena *arena)
{
	*arena = (struct arena){ 0 };
}

void arena_release(struct arena *arena)
{
	if (arena == NULL)
		return;
	for (struct arena_block *b = arena->blocks; b != NULL;) {
		struct arena_block *next = b->next;
		free(b);
		b = next;
	}
	arena_init(arena);
}

/* A block of its own for SIZE bytes; calloc hands out zeroed pages without touching them. */
static void *add_block(struct arena *arena, size_t size)
{
	struct arena_block *b = calloc(1, sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	b->next = arena->blocks;
	arena->blocks = b;
	arena->total += size;
	return b->data;
}

static void *try_alloc(struct arena *arena, size_t size)
{
	if (size == 0) /* an address all the same: NULL means failure */
		size = 1;
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (size <= arena->left) {
		void *p = arena->next;
		arena->next += size;
		arena->left -= size;
		return p;
	}
	if (size > ARENA_BLOCK / 4)
		return add_block(arena, size);
	char *p = add_block(arena, ARENA_BLOCK);
	if (p == NULL)
		return NULL;
	arena->next = p + size;
	arena->left = ARENA_BLOCK - size;
	return p;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *p = try_alloc(arena, size);
	if (p == NULL)
		out_of_memory();
	return p;
}

char *arena_strndup(struct arena *arena, const char *s, size_t n)
{
	char *p = arena_alloc(arena, n + 1);
	if (n > 0)
		memcpy(p, s, n);
	return p;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	char *p = arena_alloc(arena, (size_t)(n < 0 ? 0 : n) + 1);
	if (n >= 0)
		vsnprintf(p, (size_t)n + 1, fmt, args);
	return p;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *p = arena_vprintf(arena, fmt, args);
	va_end(args);
	return p;
}

void *arena_array(struct arena *arena, uint64_t count, size_t size, struct error *err)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes) || bytes > LIMIT_ARRAY_BYTES) {
		error_set(err, ERROR_LIMIT, 0, "%llu elements of %zu bytes are more than gocore allows",
			  (unsigned long long)count, size);
		return NULL;
	}
	void *p = try_alloc(arena, bytes);
	if (p == NULL)
		error_set(err, ERROR_LIMIT, 0, "no memory for %llu elements of %zu bytes",
			  (unsigned long long)count, size);
	return p;
}
