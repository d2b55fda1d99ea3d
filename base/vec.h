#pragma once
/*
 * A growing array: `VEC(struct frame) frames = { 0 };`. Elements move when it grows. Memory is the
 * caller's own, to be given back with vec_release().
 */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define VEC(type)                                                                                  \
	struct {                                                                                   \
		type *items;                                                                       \
		size_t count;                                                                      \
		size_t room;                                                                       \
	}

#define vec_reserve(v, n)                                                                          \
	do {                                                                                       \
		if ((v)->room < (size_t)(n)) {                                                     \
			size_t room_ = (v)->room ? (v)->room * 2 : 8;                              \
			if (room_ < (size_t)(n))                                                   \
				room_ = (n);                                                       \
			(v)->items = memory_grow((v)->items, room_ * sizeof(*(v)->items));         \
			(v)->room = room_;                                                         \
		}                                                                                  \
	} while (0)

#define vec_push(v, ...)                                                                           \
	do {                                                                                       \
		vec_reserve(v, (v)->count + 1);                                                    \
		(v)->items[(v)->count++] = __VA_ARGS__;                                            \
	} while (0)

#define vec_clear(v) ((void)((v)->count = 0))

#define vec_release(v)                                                                             \
	do {                                                                                       \
		free((v)->items);                                                                  \
		(v)->items = NULL;                                                                 \
		(v)->count = (v)->room = 0;                                                        \
	} while (0)

/* A copy of the elements that lives in ARENA, NULL for none. */
#define vec_keep(v, arena)                                                                         \
	((v)->count ? memcpy(arena_alloc(arena, (v)->count * sizeof(*(v)->items)), (v)->items,     \
			     (v)->count * sizeof(*(v)->items))                                     \
		    : NULL)
