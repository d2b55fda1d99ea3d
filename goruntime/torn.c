#include "goruntime/torn.h"

#include <inttypes.h>
#include <string.h>

#include "goruntime/frame_values.h"
#include "goruntime/holders.h"
#include "goruntime/span.h"
#include "goruntime/value_internal.h"

enum {
	FRAMES_MAX = 8,
	VISITS_MAX = 4000,
	NESTING_MAX = 6,
	ELEMENTS_MAX = 4, /* of an array */
};
#define LENGTH_MAX ((uint64_t)1 << 40) /* beyond that it is no length */

struct search {
	const struct snapshot *s;
	struct values *v;
	struct arena *arena;
	const struct trace_frame *frame;
	struct torn_value *found;
	size_t count;
	unsigned left, nesting;
};

/* --- memory ------------------------------------------------------------------------------------
 */

/* A variable that is used no more may point to memory that was freed, and is of objects of another
 * size by now. */
static bool is_freed(const struct snapshot *s, uint64_t addr)
{
	struct span span;
	uint32_t index;
	return span_find(s, addr, &span) && span_object(&span, addr, &index) &&
	       span_slot_state(s->image, &span, index) == SLOT_FREE;
}

/* The object of the heap that ADDR is in, with what follows ADDR in it. */
static bool heap_room(const struct search *search, uint64_t addr, uint64_t *room)
{
	uint64_t lo, hi;
	bool noscan;
	if (!snapshot_heap_bounds(search->s, addr, &lo, &hi, &noscan) || is_freed(search->s, addr))
		return false;
	*room = hi - addr;
	return true;
}

static bool is_without_pointers(const struct search *search, uint64_t addr)
{
	uint64_t lo, hi;
	bool noscan;
	return snapshot_heap_bounds(search->s, addr, &lo, &hi, &noscan) && noscan;
}

static bool is_shared(const struct search *search, uint64_t addr)
{
	struct address address;
	struct arena scratch;
	arena_init(&scratch);
	snapshot_address(search->s, addr, &scratch, &address);
	arena_release(&scratch);
	return address.kind == ADDRESS_GO_HEAP || address.kind == ADDRESS_DATA;
}

static void add(struct search *search, const char *path, const struct operand *operand,
		const char *text)
{
	if (search->count == TORN_MAX)
		return;
	search->found[search->count++] = (struct torn_value){
		.path = arena_strdup(search->arena, path),
		.type = arena_strdup(search->arena, operand->type->name),
		.frame = search->frame,
		.addr = operand->addr,
		.text = text,
		.shared = is_shared(search, operand->addr),
	};
}

/* --- one value ---------------------------------------------------------------------------------
 */

static bool read_words(const struct search *search, const struct operand *operand, uint64_t *words,
		       unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (operand_u64(search->v, operand, i * 8, &words[i]) != VALUE_OK)
			return false;
	return true;
}

/* COUNT elements of SIZE bytes from ADDR on; a clause, or NULL where they may be there. */
static const char *beyond(struct search *search, uint64_t addr, uint64_t count, uint64_t size,
			  const char *what)
{
	uint64_t room;
	if (count == 0 || size == 0 || count >= LENGTH_MAX || size >= LENGTH_MAX)
		return NULL;
	if (addr == 0)
		return arena_printf(search->arena, "its %s is %" PRIu64 ", but its address is nil",
				    what, count);
	if (!heap_room(search, addr, &room) || count <= room / size)
		return NULL;
	return arena_printf(search->arena,
			    "its %s is %" PRIu64 " (%" PRIu64 " bytes), but the object that it "
			    "begins in ends after %" PRIu64 " bytes",
			    what, count, count * size, room);
}

static void look_at_slice(struct search *search, const char *path, const struct operand *operand)
{
	uint64_t words[3], room;
	if (!value_type_parts(search->v->types, operand->type) || operand->type->elem == NULL ||
	    !read_words(search, operand, words, 3))
		return;
	const char *text = NULL;
	bool placed = words[0] == 0 || heap_room(search, words[0], &room);
	if (words[1] > words[2] && words[1] < LENGTH_MAX && placed)
		text = arena_printf(search->arena,
				    "its length is %" PRIu64 ", its capacity %" PRIu64, words[1],
				    words[2]);
	else
		text = beyond(search, words[0], words[2], operand->type->elem->size, "capacity");
	if (text != NULL)
		add(search, path, operand, text);
}

static void look_at_string(struct search *search, const char *path, const struct operand *operand)
{
	uint64_t words[2];
	if (!read_words(search, operand, words, 2))
		return;
	const char *text = beyond(search, words[0], words[1], 1, "length");
	if (text != NULL)
		add(search, path, operand, text);
}

static bool has_pointers(const struct search *search, uint64_t type)
{
	struct view view;
	return view_read(&view, search->s->image, &search->s->layout, RT_TYPE, type, NULL) &&
	       view_get(&view, TYPE_PTRBYTES) != 0;
}

/* What DATA points to must be of the type with that descriptor. */
static const char *misfit(struct search *search, const struct gotype *type, uint64_t data)
{
	uint64_t room;
	if (type->size == 0 || data == 0 || !heap_room(search, data, &room))
		return NULL;
	if (type->size > room)
		return arena_printf(search->arena,
				    "its type word says %s, of %" PRIu64
				    " bytes, but the object that "
				    "its data word points to ends after %" PRIu64 " bytes",
				    type->name, type->size, room);
	if (has_pointers(search, type->addr) && is_without_pointers(search, data))
		return arena_printf(search->arena,
				    "its type word says %s, which has pointers, but its data word "
				    "points to memory without any",
				    type->name);
	return NULL;
}

static void look_at_interface(struct search *search, const char *path,
			      const struct operand *operand)
{
	uint64_t words[2], descriptor;
	struct gotype type;
	struct gotype_parts parts;
	if (!read_words(search, operand, words, 2) || words[0] == 0 ||
	    !gotype_of_interface(search->s, words[0], operand->type->empty, &descriptor) ||
	    !gotype_read(search->s, descriptor, search->arena, &type))
		return;
	if (type.direct) { /* the data word is the value: only of a pointer its target is known */
		if (type.kind != KIND_POINTER ||
		    !gotype_parts(search->s, &type, search->arena, &parts) ||
		    !gotype_read(search->s, parts.elem, search->arena, &type))
			return;
	} else if (words[1] == 0) {
		add(search, path, operand,
		    arena_printf(search->arena, "its type word says %s, but its data word is nil",
				 type.name));
		return;
	}
	const char *text = misfit(search, &type, words[1]);
	if (text != NULL)
		add(search, path, operand, text);
}

/* --- all that a variable leads to ---------------------------------------------------------------
 */

static void look_at(struct search *search, const char *path, const struct operand *operand,
		    bool follow);

static void look_at_fields(struct search *search, const char *path, const struct operand *operand)
{
	const struct value_type *type = operand->type;
	if (!value_type_parts(search->v->types, type))
		return;
	for (size_t i = 0; i < type->field_count; i++) {
		const struct value_field *field = &type->fields[i];
		const struct operand part = operand_part(operand, field->offset, field->type);
		look_at(search, arena_printf(search->arena, "%s.%s", path, field->name), &part,
			false);
	}
}

static void look_at_elements(struct search *search, const char *path, const struct operand *operand)
{
	const struct value_type *type = operand->type;
	if (!value_type_parts(search->v->types, type) || type->elem == NULL)
		return;
	for (uint64_t i = 0; i < type->length && i < ELEMENTS_MAX; i++) {
		const struct operand part = operand_part(operand, i * type->elem->size, type->elem);
		look_at(search, arena_printf(search->arena, "%s[%" PRIu64 "]", path, i), &part,
			false);
	}
}

/* Only into the heap and globals, where what is there is of the pointer's type. */
static void look_behind(struct search *search, const char *path, const struct operand *operand)
{
	uint64_t addr, room;
	if (!value_type_parts(search->v->types, operand->type) || operand->type->elem == NULL ||
	    operand_u64(search->v, operand, 0, &addr) != VALUE_OK ||
	    !heap_room(search, addr, &room) || room < operand->type->elem->size)
		return;
	const struct operand target = operand_at(addr, operand->type->elem);
	look_at(search, path, &target, false);
}

/* FOLLOW: where it is a pointer, what it points to as well. */
static void look_at(struct search *search, const char *path, const struct operand *operand,
		    bool follow)
{
	if (operand->addr == 0 || search->left == 0 || search->nesting == NESTING_MAX)
		return;
	search->left--;
	search->nesting++;
	switch (operand->type->kind) {
	case KIND_SLICE:
		look_at_slice(search, path, operand);
		break;
	case KIND_STRING:
		look_at_string(search, path, operand);
		break;
	case KIND_INTERFACE:
		look_at_interface(search, path, operand);
		break;
	case KIND_STRUCT:
		look_at_fields(search, path, operand);
		break;
	case KIND_ARRAY:
		look_at_elements(search, path, operand);
		break;
	case KIND_POINTER:
		if (follow)
			look_behind(search, path, operand);
		break;
	default:
		break;
	}
	search->nesting--;
}

/* A pointer may be in a register as well; other values count in memory only, where all of their
 * words are of one moment. A result has no value before the function ends. */
static void look_at_frame(struct search *search, const struct goroutine *g,
			  const struct trace *trace, size_t frame)
{
	struct variables variables;
	search->frame = &trace->frames[frame];
	frame_variables(search->v, g, trace, frame, &variables);
	for (size_t i = 0; i < variables.count; i++) {
		const struct variable *variable = &variables.items[i];
		if (variable->state != VALUE_OK || variable->role == VARIABLE_RESULT)
			continue;
		if (variable->operand.addr == 0 && variable->operand.type->kind == KIND_POINTER)
			look_behind(search, variable->name, &variable->operand);
		else
			look_at(search, variable->name, &variable->operand, true);
	}
}

static bool is_runtimes(const struct call *call)
{
	return strncmp(call->symbol, "runtime.", 8) == 0 ||
	       strncmp(call->symbol, "internal/", 9) == 0;
}

size_t torn_values_find(const struct snapshot *s, struct arena *arena,
			struct torn_value values[TORN_MAX])
{
	static const struct value_limits limits = {
		.depth = 1, .elements = 1, .text = 64, .string = 64, .values = 64
	};
	const struct death *death = &s->death;
	const struct trace *trace = &death->culprit;
	struct search search = { .s = s, .arena = arena, .found = values, .left = VISITS_MAX };
	if (death->goroutine >= s->goroutine_count)
		return 0;
	search.v = values_create(s, arena, &limits);
	for (size_t i = death->cause_frame, looked = 0; i < trace->count && looked < FRAMES_MAX;
	     i++) {
		if (is_runtimes(trace->frames[i].call))
			continue;
		looked++;
		look_at_frame(&search, &s->goroutines[death->goroutine], trace, i);
	}
	return search.count;
}

bool torn_values_known(const struct snapshot *s)
{
	const struct death *death = &s->death;
	uint64_t bias;
	if (death->cause_frame >= death->culprit.count)
		return true; /* nothing to look at */
	return snapshot_dwarf_at(s, death->culprit.frames[death->cause_frame].pc, &bias) != NULL;
}

size_t torn_values_at(struct values *v, const char *path, const struct operand *operand,
		      struct torn_value values[TORN_MAX])
{
	struct search search = { .s = v->snapshot, .v = v, .arena = v->arena, .found = values,
				 .left = VISITS_MAX };
	look_at(&search, path, operand, true);
	return search.count;
}
