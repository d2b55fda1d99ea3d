#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"

struct arena_block {
	struct arena_block *next;
	size_t mapped; /* bytes to unmap; 0: from calloc */
	max_align_t data[];
};

/* The first block is small, as many arenas hold little; all others are huge pages: what memory
 * costs is the first touch of each page. */
enum { ARENA_ALIGN = 16, SMALL_BLOCK = 64 * 1024, HUGE_PAGE = 2 << 20 };

void out_of_memory(void)
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
		if (b->mapped > 0)
			munmap(b, b->mapped);
		else
			free(b);
		b = next;
	}
	arena_init(arena);
}

/* SIZE bytes, a multiple of HUGE_PAGE, at such an address: zeroed, untouched. NULL when refused. */
static void *map_huge(size_t size)
{
	size_t room = size + HUGE_PAGE;
	char *p = room < size ? MAP_FAILED
			      : mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				     -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	size_t before = -(uintptr_t)p & (HUGE_PAGE - 1), after = HUGE_PAGE - before;
	if (before > 0)
		munmap(p, before);
	if (after > 0)
		munmap(p + before + size, after);
	madvise(p + before, size, MADV_HUGEPAGE); /* a wish: small pages serve as well */
	return p + before;
}

/* Room for SIZE bytes or more; *ROOM says how many. */
static char *add_block(struct arena *arena, size_t size, size_t *room)
{
	struct arena_block *b;
	size_t bytes = sizeof(*b) + size;
	bool huge = bytes > SMALL_BLOCK || arena->total > 0;
	if (bytes > SIZE_MAX - HUGE_PAGE)
		return NULL;
	if (huge)
		bytes = (bytes + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
	else
		bytes = SMALL_BLOCK;
	b = huge ? map_huge(bytes) : calloc(1, bytes);
	if (b == NULL)
		return NULL;
	b->mapped = huge ? bytes : 0;
	b->next = arena->blocks;
	arena->blocks = b;
	arena->total += bytes;
	*room = bytes - sizeof(*b);
	return (char *)b->data;
}

static void *try_alloc(struct arena *arena, size_t size)
{
	if (size == 0) /* an address all the same: NULL means failure */
		size = 1;
	if (size > SIZE_MAX - ARENA_ALIGN)
		return NULL;
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (size > arena->left) {
		size_t room;
		char *p = add_block(arena, size, &room);
		if (p == NULL)
			return NULL;
		if (room - size <= arena->left) /* what is left of the older block is more */
			return p;
		arena->next = p;
		arena->left = room;
	}
	void *p = arena->next;
	arena->next += size;
	arena->left -= size;
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
