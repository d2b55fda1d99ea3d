/* Where a program counter outside Go code lies. */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "formats/demangle.h"
#include "goruntime/clines.h"

enum { VDSO_BYTES = 0x4000 }; /* more than any kernel's (arch/x86/entry/vdso) */

struct place {
	const char *symbol; /* NULL: none */
	const char *object;   /* NULL: in no file */
	uint64_t offset;      /* in the function, else in the object */
};

/* As it was called when it was mapped, wherever it lies now. */
static const char *object_name(const struct image_run *run, const struct elffile *object)
{
	const char *path = run != NULL && run->path != NULL ? run->path
			   : object != NULL		    ? object->path
							    : NULL;
	const char *slash = path ? strrchr(path, '/') : NULL;
	return slash ? slash + 1 : path;
}

static bool in_vdso(const struct snapshot *s, uint64_t pc)
{
	uint64_t vdso = s->image->core->vdso;
	return vdso != 0 && pc >= vdso && pc - vdso < VDSO_BYTES;
}

static struct place place_of(const struct snapshot *s, uint64_t pc)
{
	uint64_t bias = 0;
	const struct elffile *object = image_object(s->image, pc, &bias);
	const struct image_run *run = image_find(s->image, pc);
	struct place place = { .object = object_name(run, object) };
	if (object != NULL) {
		const struct elffile *symbols = image_symbols_of(s->image, object);
		place.symbol = elffile_function_at(symbols, pc - bias, &place.offset);
		if (place.symbol == NULL)
			place.offset = pc - bias;
	} else if (run != NULL && in_vdso(s, pc)) {
		place.object = "vDSO";
		place.offset = pc - s->image->core->vdso;
	} else if (place.object != NULL) {
		place.offset = pc - run->lo + run->offset;
	}
	return place;
}

static bool is_go(const struct snapshot *s, uint64_t pc)
{
	const struct code *code = code_at(snapshot_code(s), pc);
	return code->valid && code->func.pcsp != 0;
}

static bool may_be_executed(const struct image_run *run)
{
	return run->flags == 0 || (run->flags & PF_X);
}

bool is_c_code(const struct snapshot *s, uint64_t pc)
{
	const struct image_run *run = image_find(s->image, pc);
	return run != NULL && may_be_executed(run) && !is_go(s, pc) &&
	       (run->path != NULL || in_vdso(s, pc) || image_object(s->image, pc, NULL) != NULL);
}

/* As the program knows it: a debug file's table has the version of a library's symbol behind the
 * name. */
static const char *unversioned(const char *symbol, struct arena *arena)
{
	size_t n = strcspn(symbol, "@");
	return n > 0 && symbol[n] != '\0' ? arena_strndup(arena, symbol, n) : symbol;
}

static const char *name_of(const struct place *place, uint64_t beyond, uint64_t pc,
			   struct arena *arena)
{
	if (place->symbol != NULL)
		return unversioned(place->symbol, arena);
	if (place->object != NULL)
		return arena_printf(arena, "%s+0x%" PRIx64, place->object, place->offset + beyond);
	return arena_printf(arena, "0x%" PRIx64, pc);
}

struct calls c_calls_at(const struct snapshot *s, uint64_t pc, uint64_t lookup_pc,
			struct arena *arena)
{
	uint64_t bias = 0;
	struct dwarf_calls lines = { 0 };
	const struct elffile *object = image_object(s->image, lookup_pc, &bias);
	struct place place = place_of(s, lookup_pc);
	if (object == NULL || !c_lines_at(s, object, bias, lookup_pc, arena, &lines))
		lines = (struct dwarf_calls){ .count = 1 };
	struct call *calls = arena_alloc(arena, lines.count * sizeof(*calls));
	for (size_t i = 0; i < lines.count; i++) {
		calls[i] = (struct call){ .object = place.object, .is_c = true };
		if (lines.items == NULL)
			continue;
		calls[i].file = lines.items[i].file;
		calls[i].line = lines.items[i].line;
		calls[i].inlined = lines.items[i].inlined;
		calls[i].function = lines.items[i].function[0] ? lines.items[i].function : NULL;
	}
	struct call *last = &calls[lines.count - 1];
	if (last->function == NULL || place.symbol != NULL)
		last->function = name_of(&place, pc - lookup_pc, pc, arena);
	for (size_t i = 0; i < lines.count; i++) {
		if (calls[i].function == NULL)
			calls[i].function = last->function;
		calls[i].symbol = calls[i].function;
		calls[i].function = demangle(calls[i].symbol, arena);
	}
	return (struct calls){ calls, lines.count };
}

const char *snapshot_c_location(const struct snapshot *s, uint64_t pc, struct arena *arena)
{
	const struct image_run *run = image_find(s->image, pc);
	if (is_go(s, pc) || (run != NULL && !may_be_executed(run)))
		return NULL; /* Go code, or a jump into a file's data */
	struct place place = place_of(s, pc);
	if (place.symbol != NULL)
		return arena_printf(arena, "%s+0x%" PRIx64 " in %s", demangle(unversioned(place.symbol, arena), arena),
				    place.offset, place.object);
	if (place.object != NULL)
		return arena_printf(arena, "%s+0x%" PRIx64, place.object, place.offset);
	return NULL;
}
