/* The variables of a function at a pc. */
#include "formats/dwarf_frame.h"

#include <dwarf.h>
#include <string.h>

#include "formats/dwarf_internal.h"

enum { LOCALS_MAX = 4096 }; /* of one function */

/* --- where a variable is */

typedef VEC(struct dwarf_piece) piece_vec;

static struct dwarf_piece piece_of(const struct dwarf_operation *operation)
{
	unsigned number;
	if (dwarf_register_of(operation, &number))
		return (struct dwarf_piece){ DWARF_PIECE_REGISTER, number, 0, 0 };
	switch (operation->atom) {
	case DW_OP_fbreg:
	case DW_OP_call_frame_cfa: /* its operand is 0 */
		return (struct dwarf_piece){ DWARF_PIECE_FRAME, operation->number, 0, 0 };
	case DW_OP_addr:
		return (struct dwarf_piece){ DWARF_PIECE_DATA, operation->number, 0, 0 };
	default:
		return (struct dwarf_piece){ DWARF_PIECE_LOST, 0, 0, 0 };
	}
}

/* A slice of a type parameter has its first piece twice in go1.19: pieces that are more than the
 * value are no description of it. */
static void drop_repeated(uint64_t size, piece_vec *pieces)
{
	uint64_t total = 0, offset = 0;
	size_t kept = 0;
	for (size_t i = 0; i < pieces->count; i++)
		total += pieces->items[i].size;
	for (size_t i = 0; total > size && i < pieces->count; i++) {
		struct dwarf_piece piece = pieces->items[i];
		const struct dwarf_piece *last = kept > 0 ? &pieces->items[kept - 1] : NULL;
		if (last != NULL && last->kind == piece.kind && last->where == piece.where)
			continue;
		piece.offset = offset;
		offset += piece.size;
		pieces->items[kept++] = piece;
	}
	if (total > size)
		pieces->count = offset == size ? kept : 0;
}

/* SIZE is the whole value's. A DW_OP_piece without an operation before it is a part that is lost;
 * so is all where it is not told which part a piece is. */
static void read_pieces(Dwarf_Die *die, const struct dwarf_location *location, uint64_t size,
			piece_vec *pieces)
{
	Dwarf_Die type;
	struct dwarf_piece next = { 0 };
	uint64_t offset = 0, offsets[DWARF_OPERATIONS_MAX];
	bool pending = false;
	vec_clear(pieces);
	if (!dwarf_follow(die, DW_AT_type, &type) ||
	    !dwarf_piece_offsets(die, &type, location, offsets))
		return;
	for (size_t i = 0; i < location->count; i++) {
		const struct dwarf_operation *operation = &location->operations[i];
		if (operation->atom != DW_OP_piece) {
			next = pending ? (struct dwarf_piece){ 0 } : piece_of(operation);
			pending = true;
			continue;
		}
		next.offset = offsets[pieces->count];
		next.size = operation->number;
		vec_push(pieces, next);
		offset = next.offset + next.size;
		next = (struct dwarf_piece){ 0 };
		pending = false;
	}
	if (pending && offset < size) {
		next.offset = offset;
		next.size = size - offset;
		vec_push(pieces, next);
	}
	drop_repeated(size, pieces);
}

static bool has_register(const piece_vec *pieces)
{
	for (size_t i = 0; i < pieces->count; i++)
		if (pieces->items[i].kind == DWARF_PIECE_REGISTER)
			return true;
	return false;
}

static void lose_registers(piece_vec *pieces)
{
	for (size_t i = 0; i < pieces->count; i++)
		if (pieces->items[i].kind == DWARF_PIECE_REGISTER)
			pieces->items[i].kind = DWARF_PIECE_LOST;
}

static bool all_lost(const piece_vec *pieces)
{
	for (size_t i = 0; i < pieces->count; i++)
		if (pieces->items[i].kind != DWARF_PIECE_LOST)
			return false;
	return true;
}

/* The slots for arguments in registers, which a caller leaves room for above the frame. */
static bool in_argument_slot(const piece_vec *pieces)
{
	for (size_t i = 0; i < pieces->count; i++)
		if (pieces->items[i].kind != DWARF_PIECE_FRAME ||
		    (int64_t)pieces->items[i].where < 0)
			return false;
	return pieces->count > 0;
}

/* In a caller a register is lost, but a variable that is in memory at the return address was put
 * there before the call. One that is nowhere before the return address is not yet defined, but for
 * a parameter, which has a value from the start on: it is in the slot that it was stored in. */
static void find_pieces(Dwarf_Die *die, uint64_t pc, bool exact, bool parameter, uint64_t size,
			piece_vec *pieces)
{
	struct dwarf_location location;
	vec_clear(pieces);
	if (!dwarf_location_at(die, pc, &location) && !parameter)
		return;
	read_pieces(die, &location, size, pieces);
	bool nowhere = pieces->count == 0 && parameter;
	if (exact || (!has_register(pieces) && !nowhere))
		return;
	if (dwarf_location_at(die, pc + 1, &location) && location.count > 0) {
		piece_vec later = { 0 };
		read_pieces(die, &location, size, &later);
		if (nowhere ? in_argument_slot(&later)
			    : !has_register(&later) && !all_lost(&later)) {
			vec_release(pieces);
			*pieces = later;
			return;
		}
		vec_release(&later);
	}
	lose_registers(pieces);
}

/* --- one variable */

static bool flag_of(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute attr;
	bool flag;
	return dwarf_attr_integrate(die, attribute, &attr) != NULL &&
	       dwarf_formflag(&attr, &flag) == 0 && flag;
}

static bool is_list(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	if (dwarf_attr(die, DW_AT_location, &attr) == NULL)
		return true; /* no place at all is what optimized code has too */
	unsigned form = dwarf_whatform(&attr);
	return form == DW_FORM_sec_offset || form == DW_FORM_loclistx;
}

/* Results without a name and the compiler's own variables have none that Go knows. */
static bool is_named(const char *name)
{
	return name[0] != '\0' && name[0] != '~' && name[0] != '.' && strcmp(name, "_") != 0;
}

static bool read_local(Dwarf_Die *die, uint64_t pc, bool exact, unsigned depth, struct arena *arena,
		       struct dwarf_local *local)
{
	Dwarf_Die type, target;
	uint64_t size;
	const char *name = dwarf_name_of(die);
	if (!dwarf_follow(die, DW_AT_type, &type) || !dwarf_size_of(&type, &size))
		return false;
	*local = (struct dwarf_local){
		.name = name,
		.escaped = name[0] == '&',
		.parameter = dwarf_tag(die) == DW_TAG_formal_parameter,
		.optimized = is_list(die),
		.depth = depth,
	};
	if (local->escaped) {
		local->name++;
		if (!dwarf_pointer_target(&type, &target))
			return false;
		type = target;
	}
	if (!is_named(local->name))
		return false;
	local->type.offset = dwarf_dieoffset(&type);
	local->result = local->parameter && flag_of(die, DW_AT_variable_parameter);
	local->captured = dwarf_number(die, DW_AT_go_closure_offset, &local->closure_offset);
	if (!dwarf_number(die, DW_AT_decl_line, &local->line))
		local->line = 0;
	piece_vec pieces = { 0 };
	find_pieces(die, pc, exact, local->parameter && !local->result, size, &pieces);
	local->pieces = vec_keep(&pieces, arena);
	local->piece_count = pieces.count;
	vec_release(&pieces);
	return true;
}

/* --- scopes in each other */

typedef VEC(struct dwarf_local) local_vec;
typedef VEC(struct dwarf_scope) scope_vec;

static void read_block(Dwarf_Die *block, uint64_t pc, bool exact, unsigned depth,
		       struct arena *arena, local_vec *locals)
{
	Dwarf_Die child;
	struct dwarf_local local;
	if (dwarf_child(block, &child) != 0)
		return;
	do {
		if (dwarf_is_variable(dwarf_tag(&child)) && locals->count < LOCALS_MAX &&
		    read_local(&child, pc, exact, depth, arena, &local))
			vec_push(locals, local);
	} while (dwarf_siblingof(&child, &child) == 0);
}

/* --- complex numbers, which optimized code takes apart ---------------------------------------- */

static struct dwarf_local *find_part(local_vec *locals, const char *name, const char *suffix)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < locals->count; i++)
		if (strncmp(locals->items[i].name, name, n) == 0 &&
		    strcmp(locals->items[i].name + n, suffix) == 0)
			return &locals->items[i];
	return NULL;
}

static void put_half(const struct dwarf_local *part, uint64_t offset, uint64_t half,
		     struct dwarf_piece *piece)
{
	*piece = (struct dwarf_piece){ 0 };
	if (part != NULL && part->piece_count == 1 && part->pieces[0].size == half)
		*piece = part->pieces[0];
	piece->offset = offset;
	piece->size = half;
}

/* A parameter whose slot in the caller's frame is its place: both halves are there, as in code that
 * is not optimized (cmd/compile/internal/ssa/debug.go BuildFuncDebugNoOptimized). */
static bool is_whole(const struct dwarf_local *local)
{
	return local->parameter && !local->result && local->piece_count == 1 &&
	       local->pieces[0].kind == DWARF_PIECE_FRAME && (int64_t)local->pieces[0].where >= 0;
}

/* The place of Z, where it is one and not pieces, is that of its first half alone; the halves are
 * variables "z.real" and "z.imag" (cmd/compile/internal/ssa/decompose.go). */
static void join_halves(const struct dwarf *dwarf, local_vec *locals, struct arena *arena)
{
	for (size_t i = 0; i < locals->count; i++) {
		struct dwarf_local *local = &locals->items[i];
		struct dwarf_type_facts facts;
		if (!local->optimized || local->escaped || local->piece_count > 1 ||
		    !dwarf_type_facts(dwarf, local->type, &facts) ||
		    (facts.kind != DWARF_KIND_COMPLEX64 && facts.kind != DWARF_KIND_COMPLEX128))
			continue;
		uint64_t half = facts.size / 2;
		const struct dwarf_local *real = find_part(locals, local->name, ".real");
		const struct dwarf_local *imag = find_part(locals, local->name, ".imag");
		if (real == NULL && imag == NULL && is_whole(local))
			continue;
		struct dwarf_piece *pieces = arena_alloc(arena, 2 * sizeof(*pieces));
		put_half(real, 0, half, &pieces[0]);
		put_half(imag, half, half, &pieces[1]);
		local->pieces = pieces;
		local->piece_count = 2;
	}
	size_t kept = 0;
	for (size_t i = 0; i < locals->count; i++)
		if (strchr(locals->items[i].name, '.') == NULL)
			locals->items[kept++] = locals->items[i];
	locals->count = kept;
}

static void finish_scope(const struct dwarf *dwarf, Dwarf_Die *function, local_vec *locals,
			 struct arena *arena, scope_vec *scopes)
{
	Dwarf_Die origin;
	join_halves(dwarf, locals, arena);
	struct dwarf_scope scope = {
		.function = dwarf_name_of(function),
		.locals = vec_keep(locals, arena),
		.count = locals->count,
	};
	if (scopes->count > 0 && dwarf_follow(function, DW_AT_abstract_origin, &origin))
		scope.origin = dwarf_dieoffset(&origin);
	vec_push(scopes, scope);
	vec_clear(locals);
}

/* Whether places in the frame count from the CFA, as they always do in Go and mostly in C. */
static bool counts_from_cfa(Dwarf_Die *function)
{
	Dwarf_Attribute attr;
	Dwarf_Block block;
	return dwarf_attr_integrate(function, DW_AT_frame_base, &attr) == NULL ||
	       (dwarf_formblock(&attr, &block) == 0 && block.length == 1 &&
		block.data[0] == DW_OP_call_frame_cfa);
}

static void lose_frame(scope_vec *scopes)
{
	for (size_t i = 0; i < scopes->count; i++)
		for (size_t k = 0; k < scopes->items[i].count; k++) {
			struct dwarf_local *local = &scopes->items[i].locals[k];
			for (size_t n = 0; n < local->piece_count; n++)
				if (local->pieces[n].kind == DWARF_PIECE_FRAME)
					local->pieces[n].kind = DWARF_PIECE_LOST;
		}
}

bool dwarf_scopes_at(const struct dwarf *dwarf, uint64_t pc, bool exact, struct arena *arena,
		     struct dwarf_scopes *scopes)
{
	Dwarf_Die block;
	struct dwarf_body body;
	local_vec locals = { 0 };
	scope_vec found = { 0 };
	if (!dwarf_subprogram_at(dwarf, pc, &block))
		return false;
	bool from_cfa = counts_from_cfa(&block);
	while (found.count < DWARF_LEVELS_MAX) {
		dwarf_body_at(&block, pc, &body);
		for (size_t i = 0; i < body.count; i++)
			read_block(&body.blocks[i], pc, exact, body.depths[i], arena, &locals);
		finish_scope(dwarf, &block, &locals, arena, &found);
		if (!body.has_call)
			break;
		block = body.call;
	}
	if (!from_cfa)
		lose_frame(&found);
	scopes->items = vec_keep(&found, arena);
	scopes->count = found.count;
	vec_release(&locals);
	vec_release(&found);
	return true;
}

bool dwarf_global_at(const struct dwarf *dwarf, uint64_t addr, const char **name,
		     struct dwarf_type *type, uint64_t *offset)
{
	Dwarf_Die variable, die;
	if (!dwarf_variable_at(dwarf, addr, &variable, offset) ||
	    !dwarf_follow(&variable, DW_AT_type, &die))
		return false;
	*name = dwarf_name_of(&variable);
	type->offset = dwarf_dieoffset(&die);
	return *name != NULL;
}

bool dwarf_global(const struct dwarf *dwarf, const char *name, uint64_t *addr,
		  struct dwarf_type *type)
{
	Dwarf_Die variable, die;
	struct dwarf_location location;
	if (!dwarf_find(dwarf, DWARF_NAME_VARIABLE, name, &variable) ||
	    !dwarf_follow(&variable, DW_AT_type, &die) ||
	    !dwarf_location_at(&variable, 0, &location) || location.count != 1 ||
	    location.operations[0].atom != DW_OP_addr)
		return false;
	*addr = location.operations[0].number;
	type->offset = dwarf_dieoffset(&die);
	return true;
}
