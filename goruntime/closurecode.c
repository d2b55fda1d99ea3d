#include "goruntime/closurecode.h"

#include <string.h>

#include "formats/disasm.h"
#include "goruntime/closuretype.h"
#include "goruntime/regtrack.h"

enum {
	FUNCTION_MAX = 1 << 16, /* bytes that are looked through */
	LOOKS_MAX = 96,		/* at the variables' places */
	CONTEXT_AMD64 = 1,	/* rdx by its DWARF number */
	CONTEXT_ARM64 = 26,
	CLOSURE = 1, /* what regtrack calls it */
};

struct reader {
	const struct snapshot *s;
	const struct dwarf *dwarf;
	uint64_t bias;
	const struct code *code;
	struct closure_code *closure;
	struct regtrack track;
	struct arena scratch;
	unsigned looks;
};

static void add_offset(struct closure_code *closure, uint64_t offset)
{
	for (size_t i = 0; i < closure->offset_count; i++)
		if (closure->offsets[i] == offset)
			return;
	if (closure->offset_count < CLOSURE_OFFSETS_MAX && offset != 0)
		closure->offsets[closure->offset_count++] = offset;
}

static void put_origin(struct closure_origin *origin, struct closure_origin found)
{
	if (origin->kind == CLOSURE_UNKNOWN)
		*origin = found;
	else if (origin->kind != found.kind || origin->offset != found.offset)
		origin->kind = CLOSURE_DIFFERS;
}

/* Where a piece in the frame lies from the stack pointer at CODE's pc; false for other pieces. */
static bool slot_of(const struct snapshot *s, const struct dwarf_piece *piece,
		    const struct code *code, uint64_t *place)
{
	uint64_t return_address = s->image->arch->link_register ? 0 : 8;
	if (piece->kind != DWARF_PIECE_FRAME || !code->has_spdelta)
		return false;
	*place = piece->where + (uint64_t)(int64_t)code->spdelta + return_address;
	return true;
}

/* What the place of a piece holds behind the instruction before CODE's pc. */
static struct tracked piece_holds(const struct reader *r, const struct dwarf_piece *piece,
				  const struct code *code)
{
	uint64_t place;
	if (piece->kind == DWARF_PIECE_REGISTER)
		return regtrack_register(&r->track, (unsigned)piece->where);
	return slot_of(r->s, piece, code, &place) ? regtrack_slot(&r->track, place)
						  : (struct tracked){ 0 };
}

static void look_at_local(struct reader *r, const struct dwarf_local *local,
			  struct closure_origin *origin, const struct code *code)
{
	for (size_t i = 0; i < local->piece_count; i++) {
		const struct dwarf_piece *piece = &local->pieces[i];
		struct tracked held = piece_holds(r, piece, code);
		/* Of a place of several words the first is enough: the type is compared too. */
		if (held.object != CLOSURE || held.number < piece->offset)
			continue;
		if (held.kind == TRACKED_WORD && (held.bytes >= piece->size || held.bytes == 8))
			put_origin(origin, (struct closure_origin){ CLOSURE_LOADED,
								    held.number - piece->offset });
		else if (held.kind == TRACKED_POINTER && piece->size == 8)
			put_origin(origin, (struct closure_origin){ CLOSURE_PLACE, held.number });
	}
}

/* The places of the locals at PC, held against what is tracked. */
static void look_at_locals(struct reader *r, uint64_t pc)
{
	struct dwarf_scopes scopes;
	struct closure_code *closure = r->closure;
	const struct code *code = code_at(snapshot_code(r->s), pc);
	if (r->dwarf == NULL || closure->count == 0 || r->looks++ >= LOOKS_MAX ||
	    pc >= r->code->func.end ||
	    !dwarf_scopes_at(r->dwarf, pc - r->bias, true, &r->scratch, &scopes))
		return;
	for (size_t i = 0; i < closure->count; i++) {
		const struct dwarf_local *known = &closure->locals[i];
		for (size_t k = 0; k < scopes.items[0].count; k++) {
			const struct dwarf_local *local = &scopes.items[0].locals[k];
			if (strcmp(local->name, known->name) == 0 && local->line == known->line &&
			    local->depth == known->depth &&
			    local->type.offset == known->type.offset)
				look_at_local(r, local, &closure->origins[i], code);
		}
	}
	arena_release(&r->scratch);
	arena_init(&r->scratch);
}

/* Whether INSN brings something of the closure to a new place. */
static bool moves(const struct reader *r, const struct instruction *insn)
{
	struct tracked place = regtrack_place(&r->track, insn);
	const struct disasm_memory *m = &insn->memory[0];
	if (place.kind == TRACKED_POINTER && place.object == CLOSURE) {
		add_offset(r->closure, place.number);
		return insn->loaded[0] != DISASM_NO_REGISTER || !m->read;
	}
	if (insn->stored[0] != DISASM_NO_REGISTER && place.kind == TRACKED_STACK)
		return regtrack_register(&r->track, insn->stored[0]).object == CLOSURE;
	return insn->effect == DISASM_COPY &&
	       regtrack_register(&r->track, insn->source).object == CLOSURE;
}

static void read_code(struct reader *r, struct disasm *disasm, struct bytes bytes)
{
	const struct arch *arch = r->s->image->arch;
	struct instruction insn;
	struct disasm_walk walk = disasm_walk_start(disasm, bytes, r->code->func.entry);
	regtrack_init(&r->track, arch);
	regtrack_set(&r->track, arch->link_register ? CONTEXT_ARM64 : CONTEXT_AMD64,
		     (struct tracked){ TRACKED_POINTER, CLOSURE, 0, 0 });
	while (disasm_walk_next(&walk, &insn)) {
		bool look = moves(r, &insn);
		regtrack_step(&r->track, &insn);
		if (look)
			look_at_locals(r, insn.pc + insn.size);
	}
}

static void put_locals(struct reader *r, struct arena *arena)
{
	struct dwarf_scopes scopes;
	if (r->dwarf == NULL ||
	    !dwarf_scopes_at(r->dwarf, r->code->func.entry - r->bias, true, arena, &scopes))
		return;
	r->closure->locals = scopes.items[0].locals;
	r->closure->count = scopes.items[0].count;
	r->closure->origins =
		arena_alloc(arena, (scopes.items[0].count + 1) * sizeof(struct closure_origin));
}

void closure_code_read(const struct snapshot *s, const struct dwarf *dwarf, uint64_t bias,
		       const struct code *code, struct arena *arena, struct closure_code *closure)
{
	struct reader r = {
		.s = s,
		.dwarf = dwarf,
		.bias = bias,
		.code = code,
		.closure = closure,
	};
	uint64_t size = code->func.end - code->func.entry;
	*closure = (struct closure_code){ 0 };
	put_locals(&r, arena);
	const uint8_t *bytes =
		size <= FUNCTION_MAX ? image_at(s->image, code->func.entry, (size_t)size) : NULL;
	struct disasm *disasm = bytes != NULL ? disasm_create(s->image->arch) : NULL;
	if (disasm == NULL)
		return;
	arena_init(&r.scratch);
	read_code(&r, disasm, (struct bytes){ bytes, (size_t)size });
	arena_release(&r.scratch);
	disasm_destroy(disasm);
}

/* --- the code that makes closures ---------------------------------------------------------------- */

struct making {
	const struct snapshot *s;
	const struct dwarf *dwarf;
	uint64_t bias;
	void (*visit)(void *data, const struct dwarf_local *local, uint64_t offset);
	void *data;
	unsigned looks;
};

/* Whether the first piece of LOCAL is what is stored from register REG. */
static bool is_stored(const struct making *making, const struct dwarf_local *local, uint8_t reg,
		      struct tracked value, const struct code *code)
{
	uint64_t place;
	if (local->piece_count == 0 || local->pieces[0].offset != 0)
		return false;
	const struct dwarf_piece *piece = &local->pieces[0];
	if (piece->kind == DWARF_PIECE_REGISTER)
		return piece->where == reg;
	return value.kind == TRACKED_SLOT && slot_of(making->s, piece, code, &place) &&
	       place == value.number;
}

/* In scope are the variables of the innermost function, be it inlined: the closure is written in
 * it. */
static void visit_store(void *data, const struct regtrack *track, const struct instruction *insn,
			uint64_t offset)
{
	struct making *making = data;
	struct dwarf_scopes scopes;
	struct arena scratch;
	const struct code *code = code_at(snapshot_code(making->s), insn->pc);
	if (making->looks++ >= LOOKS_MAX)
		return;
	arena_init(&scratch);
	if (dwarf_scopes_at(making->dwarf, insn->pc - making->bias, true, &scratch, &scopes)) {
		const struct dwarf_scope *scope = &scopes.items[scopes.count - 1];
		for (size_t r = 0; r < 2 && insn->stored[r] != DISASM_NO_REGISTER; r++)
			for (size_t i = 0; i < scope->count; i++)
				if (is_stored(making, &scope->locals[i], insn->stored[r],
					      regtrack_register(track, insn->stored[r]), code))
					making->visit(making->data, &scope->locals[i],
						      offset + 8 * r);
	}
	arena_release(&scratch);
}

void closure_maker_locals(const struct snapshot *s, const struct dwarf *dwarf, uint64_t bias,
			  const struct closure_made *made,
			  void (*visit)(void *data, const struct dwarf_local *local,
					uint64_t offset),
			  void *data)
{
	struct making making = { s, dwarf, bias, visit, data, 0 };
	closure_stores(s, made, visit_store, &making);
}
