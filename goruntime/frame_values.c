#include "goruntime/frame_values.h"

#include <stdlib.h>
#include <string.h>

#include "goruntime/dictionary.h"
#include "goruntime/value_internal.h"

enum { PIECES_BYTES_MAX = 1 << 16, DICTIONARY_MAX = 1 << 16 };

/* A frame that variables are looked up in. */
struct site {
	struct values *v;
	const struct trace_frame *frame;
	const struct registers *regs; /* NULL: not known */
	/* Of the module that the code is of. */
	const struct dwarf *dwarf;
	struct value_types *types;
	uint64_t bias;
	/* Of the generic function that is looked at. */
	uint64_t dictionaries[DICTIONARIES_MAX];
	size_t dictionary_count;
};

/* --- registers --------------------------------------------------------------------------------- */

/* Those that the frame stood with: of a signal context, or of the thread itself. */
static const struct registers *frame_registers(const struct snapshot *s, const struct goroutine *g,
					       const struct trace_frame *frame,
					       struct registers *room)
{
	struct contexts contexts;
	const struct death_signal *fault = &s->death.fault;
	if (!frame->trap)
		return NULL;
	if (fault->has_regs && fault->pc == frame->pc &&
	    fault->regs.value[s->image->arch->sp] == frame->sp)
		return &fault->regs;
	if (g == NULL || g->thread == NO_INDEX)
		return NULL;
	thread_contexts(s, &s->threads[g->thread], &contexts);
	for (size_t i = 0; i < contexts.count; i++) {
		if (contexts.items[i].pc != frame->pc || contexts.items[i].sp != frame->sp)
			continue;
		*room = contexts.items[i].regs;
		return room;
	}
	return NULL;
}

/* --- from pieces to an operand ----------------------------------------------------------------- */

/* The call of sigpanic that is made of a fault in C is written where a function that calls no other
 * may keep variables (the ABI's red zone; signal_amd64.go pushCall). */
static bool is_written_over(const struct trace_frame *frame, uint64_t addr)
{
	return frame->call->is_c && frame->trap && frame->found_by == FOUND_BY_PCSP &&
	       addr < frame->sp;
}

static bool piece_address(const struct site *site, const struct dwarf_piece *piece, uint64_t *addr)
{
	if (piece->kind == DWARF_PIECE_FRAME)
		*addr = site->frame->fp + piece->where;
	else if (piece->kind == DWARF_PIECE_DATA)
		*addr = piece->where + site->bias;
	else
		return false;
	return piece->kind != DWARF_PIECE_FRAME || !is_written_over(site->frame, *addr);
}

/* Whether the pieces lie one behind the other in memory, from *ADDR on. */
static bool in_one_place(const struct site *site, const struct dwarf_local *local, uint64_t size,
			 uint64_t *addr)
{
	uint64_t end = 0;
	for (size_t i = 0; i < local->piece_count; i++) {
		const struct dwarf_piece *piece = &local->pieces[i];
		uint64_t at;
		if (!piece_address(site, piece, &at) || (i > 0 && at != *addr + end))
			return false;
		if (i == 0)
			*addr = at;
		end += piece->size;
	}
	return end >= size;
}

static enum value_state read_piece(const struct site *site, const struct dwarf_piece *piece,
				   uint8_t *bytes)
{
	uint64_t addr;
	struct error err = ERROR_INIT;
	if (piece->kind == DWARF_PIECE_REGISTER) {
		uint64_t value;
		if (site->regs == NULL || piece->size > sizeof(value) ||
		    !registers_has(site->regs, (unsigned)piece->where))
			return VALUE_OPTIMIZED_OUT;
		value = htole64(site->regs->value[piece->where]);
		memcpy(bytes, &value, piece->size);
		return VALUE_OK;
	}
	if (!piece_address(site, piece, &addr))
		return VALUE_OPTIMIZED_OUT;
	if (image_read(site->v->snapshot->image, addr, bytes, piece->size, &err))
		return VALUE_OK;
	return err.code == ERROR_NOT_DUMPED ? VALUE_NOT_IN_CORE : VALUE_UNREADABLE;
}

/* The bytes of a value of SIZE; false (with the state) where none of them is there. */
static enum value_state gather(const struct site *site, const struct dwarf_local *local,
			       uint64_t size, struct operand *operand)
{
	enum value_state state = VALUE_OPTIMIZED_OUT;
	bool any = size == 0;
	if (size > PIECES_BYTES_MAX)
		return state;
	uint8_t *bytes = arena_alloc(site->v->arena, size + 1);
	uint8_t *states = arena_alloc(site->v->arena, size + 1);
	memset(states, VALUE_OPTIMIZED_OUT, size + 1);
	for (size_t i = 0; i < local->piece_count; i++) {
		const struct dwarf_piece *piece = &local->pieces[i];
		if (piece->offset > size || piece->size > size - piece->offset)
			continue;
		state = read_piece(site, piece, bytes + piece->offset);
		memset(states + piece->offset, (int)state, piece->size);
		any |= state == VALUE_OK;
	}
	operand->bytes = bytes;
	operand->states = states;
	return any ? VALUE_OK : state;
}

/* The value of SIZE bytes that the pieces hold. */
static enum value_state locate(const struct site *site, const struct dwarf_local *local,
			       uint64_t size, struct operand *operand)
{
	if (local->piece_count == 0 && size > 0)
		return VALUE_OPTIMIZED_OUT;
	if (local->piece_count > 0 && in_one_place(site, local, size, &operand->addr))
		return VALUE_OK;
	return gather(site, local, size, operand);
}

/* --- one variable ------------------------------------------------------------------------------ */

/* The cell on the heap of a variable that escaped. False where it is not made yet. */
static bool find_cell(const struct site *site, const struct dwarf_local *local,
		      struct variable *variable)
{
	static const struct value_type pointer = { .name = "*", .package = "", .size = 8 };
	struct operand at = { .type = &pointer };
	uint64_t addr;
	variable->state = locate(site, local, pointer.size, &at);
	if (variable->state == VALUE_OK)
		variable->state = operand_u64(site->v, &at, 0, &addr);
	if (variable->state != VALUE_OK)
		return true;
	variable->operand.addr = addr;
	return addr != 0;
}

/* Unoptimized code has a place for a variable from the function's start on: what is declared
 * further down, or is being declared on this line, has no value yet. */
static bool is_declared(const struct site *site, const struct dwarf_local *local)
{
	return local->optimized || local->parameter || local->captured || local->line == 0 ||
	       site->frame->call->line <= 0 || local->line < (uint64_t)site->frame->call->line;
}

static bool is_alike(const struct site *site, const struct value_type *type,
		     struct dwarf_type place)
{
	struct dwarf_type_facts facts;
	return type != NULL && dwarf_type_facts(site->dwarf, place, &facts) &&
	       type->kind == (enum go_kind)facts.kind && type->size == facts.size;
}

/* Whether TYPE, and what it is made of, is of the shape that FACTS tell of. */
static bool has_shape(const struct site *site, const struct value_type *type,
		      const struct dwarf_type_facts *facts)
{
	if (type == NULL || type->kind != (enum go_kind)facts->kind || type->size != facts->size)
		return false;
	if (facts->kind == DWARF_KIND_POINTER || !value_type_parts(site->types, type))
		return true; /* all pointers have one shape */
	return (facts->element.offset == 0 || is_alike(site, type->elem, facts->element)) &&
	       (facts->key.offset == 0 || is_alike(site, type->key, facts->key)) &&
	       (facts->kind != DWARF_KIND_ARRAY || type->length == facts->length);
}

/* The one type that the dictionaries have for what DWARF describes by its shape alone; NULL where
 * they have none, or several: what a dictionary names must be of the shape that the code was made
 * for. */
static const struct value_type *type_argument(const struct site *site,
					      const struct dwarf_type_facts *facts)
{
	const struct value_type *found = NULL;
	for (size_t i = 0; i < site->dictionary_count; i++) {
		uint64_t addr, at = site->dictionaries[i] + facts->dictionary_index * 8;
		if (!image_u64(site->v->snapshot->image, at, &addr, NULL))
			return NULL;
		const struct value_type *type = value_type_at(site->types, addr);
		if (type == found || !has_shape(site, type, facts))
			continue;
		if (found != NULL)
			return NULL;
		found = type;
	}
	return found;
}

static const struct value_type *type_of(const struct site *site, const struct dwarf_local *local)
{
	struct dwarf_type_facts facts;
	const struct value_type *type = NULL;
	if (site->dictionary_count > 0 && dwarf_type_facts(site->dwarf, local->type, &facts) &&
	    facts.parameter && facts.dictionary_index < DICTIONARY_MAX)
		type = type_argument(site, &facts);
	return type != NULL ? type : value_type_of_dwarf(site->types, local->type);
}

static bool read_variable(const struct site *site, const struct dwarf_local *local,
			  struct variable *variable)
{
	const struct value_type *type = type_of(site, local);
	if (type == NULL || !is_declared(site, local))
		return false;
	if (type->kind == KIND_INVALID) /* a type of C that Go has none like */
		return false;
	*variable = (struct variable){
		.name = local->name,
		.role = local->result	   ? VARIABLE_RESULT
			: local->parameter ? VARIABLE_ARGUMENT
					   : VARIABLE_LOCAL,
		.operand = { .type = type },
	};
	if (local->escaped)
		return find_cell(site, local, variable);
	variable->state = locate(site, local, type->size, &variable->operand);
	return true;
}

/* --- all of a frame ---------------------------------------------------------------------------- */

/* Whether a variable of an inner block has its name, or it is the place that a parameter had before
 * it moved to the heap: what is there is old. */
static bool is_hidden(const struct dwarf_scope *scope, size_t i)
{
	const struct dwarf_local *local = &scope->locals[i];
	for (size_t k = 0; k < scope->count; k++) {
		const struct dwarf_local *other = &scope->locals[k];
		bool inner = other->depth > local->depth && other->piece_count > 0;
		bool moved = other->escaped && !local->escaped && other->depth == local->depth;
		if (k != i && (inner || moved) && strcmp(other->name, local->name) == 0)
			return true;
	}
	return false;
}

/* A parameter that moved to the heap is a variable of that name, declared where it is. */
static bool is_moved_parameter(const struct dwarf_scope *scope, const struct dwarf_local *local,
			       bool *result)
{
	for (size_t k = 0; local->escaped && k < scope->count; k++) {
		const struct dwarf_local *other = &scope->locals[k];
		*result = other->result;
		if (other->parameter && !other->escaped && strcmp(other->name, local->name) == 0)
			return true;
	}
	return false;
}

static int compare_locals(const void *a, const void *b)
{
	const struct dwarf_local *const *x = a, *const *y = b;
	if ((*x)->parameter != (*y)->parameter)
		return (*x)->parameter ? -1 : 1;
	if (!(*x)->parameter && (*x)->line != (*y)->line)
		return (*x)->line < (*y)->line ? -1 : 1;
	return (*x > *y) - (*x < *y);
}

/* The cell of a variable of a call that is inlined: among the function's own, but declared
 * elsewhere. */
static bool is_of_inlined(const struct dwarf_local *local, int32_t start)
{
	return local->inlined_calls > 0 ||
	       (local->escaped && local->optimized && start > 0 && local->line > 0 &&
		local->line < (uint64_t)start);
}

/* The line that the frame's function begins in: the table has it since Go 1.20; before, that of its
 * first instruction. 0: not known. */
static int32_t start_line(const struct site *site)
{
	const struct call *call = site->frame->call;
	const struct code *code = code_at(snapshot_code(site->v->snapshot), site->frame->pc);
	const char *file;
	int32_t line = 0;
	if (call->start_line > 0 || call->inlined || !code->valid)
		return call->start_line;
	pclntab_line(&code->module->pclntab, &code->func, code->func.entry, &file, &line);
	return line;
}

static struct dwarf_scope own_scope(const struct site *site, const struct dwarf_scope *scope)
{
	struct dwarf_scope own = *scope;
	own.locals = arena_alloc(site->v->arena, (scope->count + 1) * sizeof(*own.locals));
	own.count = 0;
	int32_t start = start_line(site);
	for (size_t i = 0; i < scope->count; i++)
		if (!is_of_inlined(&scope->locals[i], start))
			own.locals[own.count++] = scope->locals[i];
	return own;
}

static void read_scope(const struct site *site, const struct dwarf_scope *whole,
		       struct variables *variables)
{
	const struct dwarf_scope own = own_scope(site, whole), *scope = &own;
	VEC(struct variable) found = { 0 };
	VEC(const struct dwarf_local *) order = { 0 };
	for (size_t i = 0; i < scope->count; i++)
		if (!is_hidden(scope, i))
			vec_push(&order, &scope->locals[i]);
	if (order.count > 0)
		qsort(order.items, order.count, sizeof(order.items[0]), compare_locals);
	for (size_t i = 0; i < order.count; i++) {
		struct variable variable;
		bool result;
		if (!read_variable(site, order.items[i], &variable))
			continue;
		if (is_moved_parameter(scope, order.items[i], &result))
			variable.role = result ? VARIABLE_RESULT : VARIABLE_ARGUMENT;
		vec_push(&found, variable);
	}
	variables->items = vec_keep(&found, site->v->arena);
	variables->count = found.count;
	vec_release(&found);
	vec_release(&order);
}

/* Equal but for type arguments, which the two tables write differently. */
static bool same_function(const char *a, const char *b)
{
	unsigned depth = 0;
	for (;;) {
		for (; *a != '\0' && (depth > 0 || *a == '['); a++)
			depth += *a == '[' ? 1 : *a == ']' ? -1 : 0;
		for (depth = 0; *b != '\0' && (depth > 0 || *b == '['); b++)
			depth += *b == '[' ? 1 : *b == ']' ? -1 : 0;
		depth = 0;
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
		a++;
		b++;
	}
}

/* How many calls frame number FRAME lies inlined in its function: 0, the function itself. */
static size_t inline_level(const struct trace *trace, size_t frame)
{
	size_t level = 0;
	while (frame + level + 1 < trace->count && trace->frames[frame + level].call->inlined)
		level++;
	return level;
}

/* The debug information of the file that the frame's code is from. False where there is none. */
static bool find_module(struct site *site)
{
	struct debug_of debug;
	if (!values_debug_at(site->v, site->frame->pc, &debug))
		return false;
	site->dwarf = debug.dwarf;
	site->types = debug.types;
	site->bias = debug.bias;
	return true;
}

void frame_variables(struct values *v, const struct goroutine *g, const struct trace *trace,
		     size_t frame, struct variables *variables)
{
	*variables = (struct variables){ 0 };
	if (frame >= trace->count)
		return;
	struct registers room;
	struct dwarf_scopes scopes;
	const struct trace_frame *f = &trace->frames[frame];
	struct site site = {
		.v = v,
		.frame = f,
		.regs = frame_registers(v->snapshot, g, f, &room),
	};
	if (f->fp == 0 || !find_module(&site))
		return;
	size_t level = inline_level(trace, frame);
	uint64_t pc = f->pc - site.bias - (f->trap ? 0 : 1);
	if (!dwarf_scopes_at(site.dwarf, pc, f->trap, v->arena, &scopes) ||
	    level >= scopes.count || !same_function(scopes.items[level].function, f->call->symbol))
		return;
	dwarf_settle_cells(site.dwarf, pc, v->arena, &scopes);
	/* A call that is inlined may have done without one. */
	if (level == 0 && site.dwarf == v->dwarf)
		site.dictionary_count = dictionaries_find(
			v->snapshot, scopes.items[level].function, site.dictionaries);
	if (site.dictionary_count > DICTIONARIES_MAX)
		site.dictionary_count = 0;
	variables->known = true;
	read_scope(&site, &scopes.items[level], variables);
}

void variable_make(struct values *v, const struct variable *variable, struct value *value)
{
	if (variable->state == VALUE_OK) {
		value_make(v, variable->name, &variable->operand, value);
		return;
	}
	*value = (struct value){
		.name = variable->name,
		.type = variable->operand.type->name,
		.kind = go_kind_name(variable->operand.type->kind),
	};
	value_fail(v, variable->state, variable->operand.addr, value);
}
