#include "goruntime/stackmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/table.h"

enum { ARGS_UNKNOWN = 0x80000000u }; /* abi.ArgsSizeUnknown */

struct stackmaps {
	struct arena arena;
	struct table table; /* struct stackmap by pc and after_sigpanic */
};

struct stackmaps *stackmaps_create(void)
{
	struct stackmaps *maps = memory_grow(NULL, sizeof(*maps));
	*maps = (struct stackmaps){ 0 };
	arena_init(&maps->arena);
	return maps;
}

void stackmaps_destroy(struct stackmaps *maps)
{
	if (maps == NULL)
		return;
	table_release(&maps->table);
	arena_release(&maps->arena);
	free(maps);
}

uint64_t frame_locals_end(const struct frame *frame, bool link_register)
{
	uint64_t end = frame->fp - (link_register ? 0 : 8);
	return end > frame->sp ? end - 8 : end;
}

/* Map number INDEX of a runtime.stackmap {n, nbit int32, bits}. False: it has none such. */
static bool bits_of(struct bytes data, int32_t index, const uint8_t **bits, uint32_t *words)
{
	enum { HEAD = 8 };
	if (data.size < HEAD)
		return false;
	int32_t n = (int32_t)bytes_u32(data.data), nbit = (int32_t)bytes_u32(data.data + 4);
	*words = 0;
	if (n <= 0 || nbit < 0)
		return false;
	if (nbit == 0)
		return true;
	uint64_t size = ((uint64_t)nbit + 7) / 8;
	if (index < 0 || index >= n)
		return false;
	struct bytes map = bytes_sub(data, HEAD + (uint64_t)index * size, size);
	*bits = map.data;
	*words = (uint32_t)nbit;
	return map.data != NULL;
}

static struct bytes objects_of(const struct code *code)
{
	struct bytes data =
		pclntab_funcdata(&code->module->pclntab, &code->func, FUNCDATA_STACK_OBJECTS);
	if (data.size < 8)
		return (struct bytes){ 0 };
	uint64_t count = bytes_u64(data.data);
	return count > data.size / STACK_OBJECT_BYTES
		       ? (struct bytes){ 0 }
		       : bytes_sub(data, 8, count * STACK_OBJECT_BYTES);
}

static bool is_reflect_stub(const struct code *code)
{
	const char *name = pclntab_name(&code->module->pclntab, &code->func);
	return strcmp(name, "reflect.makeFuncStub") == 0 ||
	       strcmp(name, "reflect.methodValueCall") == 0;
}

/* runtime/traceback.go: a function that faulted goes on at its deferreturn, if at all. */
static bool continues_at(const struct frame *frame, uint64_t *pc)
{
	const struct func *func = &frame->code->func;
	*pc = frame->pc;
	if (frame->callee != FUNC_SIGPANIC)
		return true;
	*pc = func->entry + func->deferreturn + 1;
	return func->deferreturn != 0;
}

static void map_fill(const struct frame *frame, bool link_register, struct stackmap *map)
{
	const struct code *code = frame->code;
	const struct pclntab *tab = &code->module->pclntab;
	const struct func *func = &code->func;
	uint64_t pc;
	if (!continues_at(frame, &pc)) {
		map->kind = STACKMAP_DEAD;
		return;
	}
	int32_t index = -1;
	if (pc != func->entry)
		index = pclntab_pcdata(tab, func, PCDATA_STACK_MAP, pc - 1);
	index = index < 0 ? 0 : index;
	uint64_t least = link_register ? 16 : 0;
	map->kind = STACKMAP_PRECISE;
	if (frame_locals_end(frame, link_register) - frame->sp > least &&
	    !bits_of(pclntab_funcdata(tab, func, FUNCDATA_LOCALS_MAPS), index, &map->locals,
		     &map->local_words))
		map->kind = STACKMAP_GUESS;
	if (func->args == ARGS_UNKNOWN) {
		map->reflect_stub = is_reflect_stub(code);
		if (map->reflect_stub)
			map->kind = STACKMAP_GUESS;
	} else if (func->args >= 8 &&
		   !bits_of(pclntab_funcdata(tab, func, FUNCDATA_ARGS_MAPS), index, &map->args,
			    &map->arg_words)) {
		map->kind = STACKMAP_GUESS;
	}
	map->objects = objects_of(code);
}

const struct stackmap *stackmap_of(struct stackmaps *maps, const struct frame *frame,
				   bool link_register)
{
	bool after_sigpanic = frame->callee == FUNC_SIGPANIC;
	uint64_t hash = table_hash_add(table_hash(frame->pc), after_sigpanic);
	struct stackmap *map;
	size_t probe = 0;
	while ((map = table_next(&maps->table, hash, &probe)) != NULL)
		if (map->pc == frame->pc && map->after_sigpanic == after_sigpanic)
			return map;
	map = arena_alloc(&maps->arena, sizeof(*map));
	*map = (struct stackmap){ .pc = frame->pc, .after_sigpanic = after_sigpanic };
	map_fill(frame, link_register, map);
	table_add(&maps->table, hash, map);
	return map;
}

struct stack_object stack_object_at(const struct stackmap *map, size_t index)
{
	const uint8_t *p = map->objects.data + index * STACK_OBJECT_BYTES;
	int32_t bytes = (int32_t)bytes_u32(p + 8);
	return (struct stack_object){
		.offset = (int32_t)bytes_u32(p),
		.size = bytes_u32(p + 4),
		.pointer_bytes = (uint32_t)(bytes < 0 ? -(int64_t)bytes : bytes),
		.mask = bytes_u32(p + 12),
		.program = bytes < 0,
	};
}
