#include "goruntime/listing.h"

#include <inttypes.h>
#include <string.h>

#include "base/vec.h"
#include "formats/disasm.h"
#include "goruntime/private.h"

enum { INSTRUCTIONS_MAX = 20000, FOREIGN_BYTES = 128 };

typedef VEC(struct listing_insn) insn_vec;

static void place_of_insn(const struct code *code, struct listing_insn *insn)
{
	insn->file = "";
	if (code->valid)
		pclntab_line(&code->module->pclntab, &code->func, insn->pc, &insn->file,
			     &insn->line);
}

/* The function that control goes to, where it leaves this one. */
static const char *target_of(const struct snapshot *s, const struct code *from,
			     const struct instruction *insn)
{
	bool leaves = insn->flow == DISASM_CALL || insn->flow == DISASM_JUMP ||
		      insn->flow == DISASM_BRANCH;
	if (!leaves || insn->indirect ||
	    (from->valid && insn->target >= from->func.entry && insn->target < from->func.end))
		return NULL;
	const struct code *code = code_at(snapshot_code(s), insn->target);
	if (!code->valid)
		return NULL;
	struct calls calls = code_calls(snapshot_code(s), code, insn->target);
	return calls.items[calls.count - 1].symbol;
}

/* Bytes that are no instruction are listed one by one, as long as one may be on this CPU. */
static void list_code(const struct snapshot *s, struct disasm *disasm, const struct code *code,
		      struct bytes bytes, uint64_t pc, struct arena *arena, insn_vec *found)
{
	unsigned step = s->image->arch->min_instruction;
	size_t at = 0;
	while (at < bytes.size && found->count < INSTRUCTIONS_MAX) {
		struct instruction insn;
		struct bytes rest = { bytes.data + at, bytes.size - at };
		bool good = disasm_one(disasm, rest, pc + at, &insn) && insn.size > 0;
		size_t size = good ? insn.size : step < rest.size ? step : rest.size;
		struct listing_insn item = {
			.pc = pc + at,
			.bytes = { rest.data, size },
			.text = good ? arena_strdup(arena, insn.text) : NULL,
			.target = good ? target_of(s, code, &insn) : NULL,
		};
		place_of_insn(code, &item);
		vec_push(found, item);
		at += size;
	}
}

bool listing_at(const struct snapshot *s, uint64_t pc, struct arena *arena,
		struct listing *listing, struct error *err)
{
	const struct code *code = code_at(snapshot_code(s), pc);
	uint64_t start = code->valid ? code->func.entry : pc;
	uint64_t size = code->valid ? code->func.end - start : FOREIGN_BYTES;
	struct bytes bytes = image_rest(s->image, start);
	insn_vec found = { 0 };
	if (bytes.size == 0)
		return error_set(err, ERROR_NOT_FOUND, pc, "there is no code at 0x%" PRIx64, pc);
	struct disasm *disasm = disasm_create(s->image->arch);
	if (disasm == NULL)
		return error_set(err, ERROR_UNSUPPORTED, 0, "this CPU's instructions are not known");
	*listing = (struct listing){ .entry = start, .is_go = code->valid, .file = "" };
	listing->cut = bytes.size < size && code->valid;
	bytes.size = bytes.size < size ? bytes.size : (size_t)size;
	list_code(s, disasm, code, bytes, start, arena, &found);
	disasm_destroy(disasm);
	if (code->valid) {
		struct calls calls = code_calls(snapshot_code(s), code, start);
		listing->function = calls.items[calls.count - 1].symbol;
		listing->file = calls.items[calls.count - 1].file;
	} else {
		const char *name = snapshot_c_location(s, pc, arena);
		listing->function = name ? name : "";
	}
	listing->items = vec_keep(&found, arena);
	listing->count = found.count;
	listing->end = start + size;
	listing->cut |= found.count == INSTRUCTIONS_MAX;
	vec_release(&found);
	return true;
}

bool listing_find(const struct snapshot *s, const char *name, uint64_t *pc)
{
	for (size_t i = 0; i < s->modules.count; i++) {
		struct func func;
		if (!pclntab_find_name(&s->modules.items[i].pclntab, name, &func))
			continue;
		*pc = func.entry;
		return true;
	}
	return false;
}
