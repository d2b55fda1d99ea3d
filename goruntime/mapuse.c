#include "goruntime/mapuse.h"

#include <string.h>

#include "goruntime/frame_values.h"
#include "goruntime/gotype.h"
#include "goruntime/holders.h"
#include "goruntime/maps.h"
#include "goruntime/private.h"

enum { NO_WORD = -1, FRAME_WORDS_MAX = 4096 };

/*
 * The functions on maps, by how their names begin, and which of their arguments are the map's type,
 * the map, or an iterator. Until 1.23 runtime/map.go and map_fast*.go; since 1.24
 * internal/runtime/maps, whose entry functions have names of package runtime.
 */
struct map_function {
	const char *name;
	int type, map, iterator;
};

static const struct map_function map_functions[] = {
	{ "runtime.mapassign", 0, 1, NO_WORD },
	{ "runtime.mapaccess", 0, 1, NO_WORD },
	{ "runtime.mapdelete", 0, 1, NO_WORD },
	{ "runtime.mapclear", 0, 1, NO_WORD },
	{ "runtime.mapclone2", 0, 1, NO_WORD },
	{ "runtime.mapclone", NO_WORD, NO_WORD, NO_WORD },
	{ "runtime.mapiterinit", 0, 1, 2 },
	{ "runtime.mapIterStart", 0, 1, 2 },
	{ "runtime.mapiternext", NO_WORD, NO_WORD, 0 },
	{ "runtime.mapIterNext", NO_WORD, NO_WORD, 0 },
	{ "runtime.hashGrow", 0, 1, NO_WORD },
	{ "runtime.growWork", 0, 1, NO_WORD },
	{ "runtime.evacuate", 0, 1, NO_WORD },
	{ "internal/runtime/maps.(*Map).", 1, 0, NO_WORD },
	{ "internal/runtime/maps.(*Iter).Init", 1, 2, 0 },
	{ "internal/runtime/maps.(*Iter).", NO_WORD, NO_WORD, 0 },
	{ "internal/runtime/maps.(*table).", 1, 2, NO_WORD }, /* of those that have the map */
	{ "internal/runtime/maps.", NO_WORD, NO_WORD, NO_WORD },
};

/* Of runtime.hiter (until 1.23) and internal/runtime/maps.Iter. */
enum { ITERATOR_TYPE = 16, ITERATOR_MAP = 24 };

static const struct map_function *map_function_of(const char *name)
{
	for (size_t i = 0; i < sizeof(map_functions) / sizeof(map_functions[0]); i++)
		if (strncmp(name, map_functions[i].name, strlen(map_functions[i].name)) == 0)
			return &map_functions[i];
	return NULL;
}

/* Packages reflect and maps only carry out what their callers ask for. */
static bool is_below_user(const char *name)
{
	static const char *const prefixes[] = { "runtime.", "internal/runtime/",
						"runtime/internal/", "reflect.", "maps." };
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return strcmp(name, "panic") == 0;
}

/* --- the words of one frame ------------------------------------------------------------------- */

/* Whether the goroutine was stopped in the function's prologue, which spills its arguments and
 * calls runtime.morestack (cmd/internal/obj/x86/obj6.go stacksplit): the innermost frame, without
 * room yet. */
static bool is_in_prologue(const struct snapshot *s, const struct trace *trace,
			   const struct trace_frame *frame)
{
	const struct code *code = code_at(snapshot_code(s), frame->pc);
	return frame == trace->frames && !frame->trap && code->valid && code->has_spdelta &&
	       code->spdelta == 0 && frame->pc != code->func.entry;
}

static bool has_word(const struct snapshot *s, uint64_t lo, uint64_t hi, uint64_t wanted)
{
	uint64_t word;
	if (lo % 8 != 0 || hi < lo || (hi - lo) / 8 > FRAME_WORDS_MAX)
		return false;
	for (; lo + 8 <= hi && image_u64(s->image, lo, &word, NULL); lo += 8)
		if (word == wanted)
			return true;
	return false;
}

/* Whether ADDR is among the registers that an asynchronous preemption has saved
 * (runtime/preempt_*.s): the code that it interrupted had it at hand. */
static bool is_in_saved_registers(const struct snapshot *s, const struct trace *trace,
				  const struct trace_frame *end, uint64_t addr)
{
	for (const struct trace_frame *f = trace->frames; f < end; f++)
		if (call_is(f->call, "runtime.asyncPreempt"))
			return has_word(s, f->sp, f->fp, addr);
	return false;
}

static void add_map(struct map_use *use, const struct map_word *map)
{
	for (size_t i = 0; i < use->map_count; i++)
		if (use->maps[i].map == map->map) {
			use->maps[i].sure |= map->sure;
			return;
		}
	if (use->map_count < MAP_USE_MAPS)
		use->maps[use->map_count++] = *map;
}

static void add_from_arguments(const struct snapshot *s, const struct map_function *function,
			       const struct trace *trace, const struct trace_frame *frame,
			       struct map_use *use)
{
	struct map_word map;
	if (function->map == NO_WORD ||
	    !frame_word(s, frame->argp, (unsigned)function->type, &map.type) ||
	    !frame_word(s, frame->argp, (unsigned)function->map, &map.map) ||
	    !map_is_one(s, map.type, map.map))
		return;
	map.sure = is_in_prologue(s, trace, frame) ||
		   (frame_word_spilled(s, frame, (unsigned)function->type) &&
		    frame_word_spilled(s, frame, (unsigned)function->map));
	add_map(use, &map);
}

static void add_from_iterator(const struct snapshot *s, const struct map_function *function,
			      const struct trace *trace, const struct trace_frame *frame,
			      struct map_use *use)
{
	struct map_word map;
	uint64_t iterator;
	if (function->iterator == NO_WORD ||
	    !frame_word(s, frame->argp, (unsigned)function->iterator, &iterator) ||
	    !image_u64(s->image, iterator + ITERATOR_TYPE, &map.type, NULL) ||
	    !image_u64(s->image, iterator + ITERATOR_MAP, &map.map, NULL) ||
	    !map_is_one(s, map.type, map.map))
		return;
	map.sure = is_in_prologue(s, trace, frame) ||
		   frame_word_spilled(s, frame, (unsigned)function->iterator);
	add_map(use, &map);
}

static void put_sure_ones_first(struct map_use *use)
{
	for (size_t i = 1; i < use->map_count; i++)
		for (size_t k = i; k > 0 && use->maps[k].sure && !use->maps[k - 1].sure; k--) {
			struct map_word map = use->maps[k];
			use->maps[k] = use->maps[k - 1];
			use->maps[k - 1] = map;
		}
}

void map_use_of(const struct snapshot *s, const struct trace *trace, struct map_use *use)
{
	*use = (struct map_use){ 0 };
	size_t i = 0, last = trace->count;
	for (; i < trace->count && is_below_user(trace->frames[i].call->symbol); i++)
		if (map_function_of(trace->frames[i].call->symbol) != NULL)
			last = i;
	if (i == trace->count || last == trace->count)
		return;
	use->user = &trace->frames[i];
	use->entry = &trace->frames[last];
	for (size_t k = 0; k <= last; k++) {
		const struct trace_frame *frame = &trace->frames[k];
		const struct map_function *function = map_function_of(frame->call->symbol);
		if (function == NULL || frame->call->inlined || frame->argp == 0)
			continue;
		add_from_arguments(s, function, trace, frame, use);
		add_from_iterator(s, function, trace, frame, use);
	}
	for (size_t k = 0; k < use->map_count; k++)
		use->maps[k].sure |= is_in_saved_registers(s, trace, use->entry, use->maps[k].map);
	put_sure_ones_first(use);
}

/* --- what it is, and who has it --------------------------------------------------------------- */

bool map_facts_read(const struct snapshot *s, const struct map_word *map, struct arena *arena,
		    struct map_facts *facts)
{
	struct map_header header;
	struct gotype type;
	*facts = (struct map_facts){ 0 };
	if (!map_header_read(s, map->map, &header))
		return false;
	facts->entries = header.count;
	facts->writing = header.writing;
	if (map->type != 0 && gotype_read(s, map->type, arena, &type))
		facts->type = type.name;
	return true;
}

/* Whether a word of the frame is the address of a small object with WANTED in it. */
static bool refers_to(const struct snapshot *s, const struct trace_frame *frame, uint64_t wanted,
		      size_t *left)
{
	enum { OBJECT_MAX = 512 };
	uint64_t word, lo, hi;
	for (uint64_t at = frame->sp; at % 8 == 0 && at + 8 <= frame->fp && *left > 0; at += 8) {
		--*left;
		if (!image_u64(s->image, at, &word, NULL))
			return false;
		if (word % 8 == 0 && snapshot_heap_slot(s, word, &lo, &hi) && word == lo &&
		    hi - lo <= OBJECT_MAX && has_word(s, lo, hi, wanted))
			return true;
	}
	return false;
}

const struct trace_frame *trace_frame_with(const struct snapshot *s, const struct trace *trace,
					   uint64_t addr, bool *referred)
{
	enum { FOLLOWED_MAX = 256 }; /* words of one stack */
	size_t first = 0, left = FOLLOWED_MAX;
	while (first < trace->count && is_below_user(trace->frames[first].call->symbol))
		first++;
	for (size_t i = first; i < trace->count; i++) {
		const struct trace_frame *frame = &trace->frames[i];
		if (frame->fp != 0 && has_word(s, frame->sp, frame->fp, addr))
			return frame;
	}
	for (size_t i = first; referred != NULL && i < trace->count; i++) {
		const struct trace_frame *frame = &trace->frames[i];
		*referred = frame->fp != 0 && refers_to(s, frame, addr, &left);
		if (*referred)
			return frame;
	}
	return NULL;
}

const char *map_variable(const struct snapshot *s, const struct goroutine *g,
			 const struct trace *trace, const struct trace_frame *frame, uint64_t addr,
			 struct arena *arena)
{
	static const struct value_limits limits = {
		.depth = 1, .elements = 1, .text = 64, .string = 64, .values = 64
	};
	const char *name = NULL;
	struct variables variables;
	struct arena scratch;
	uint64_t word;
	arena_init(&scratch);
	struct values *values = values_create(s, &scratch, &limits);
	frame_variables(values, g, trace, (size_t)(frame - trace->frames), &variables);
	for (size_t i = 0; i < variables.count && name == NULL; i++) {
		const struct variable *v = &variables.items[i];
		if (v->state == VALUE_OK && v->operand.type->kind == KIND_MAP &&
		    operand_u64(values, &v->operand, 0, &word) == VALUE_OK && word == addr)
			name = arena_strdup(arena, v->name);
	}
	arena_release(&scratch);
	return name;
}
