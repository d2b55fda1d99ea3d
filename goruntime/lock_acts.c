#include "goruntime/lock_acts.h"

#include <string.h>

#include "formats/disasm.h"
#include "goruntime/private.h"

enum {
	FUNCTION_MAX = 8192, /* bytes of a function that are looked through */
	CALLS_AT_PC = 8,
	RECEIVER_AMD64 = 0, /* rax, by its DWARF number: the first argument (abi-internal.md) */
	SP_AMD64 = 7,
	PC_AMD64 = 16,
};

struct lock_function {
	const char *name;
	bool unlocks;
	/* From the lock to what the inlined code accesses first: the state of a Mutex, the readers'
	 * count of an RWMutex, a Once's done (sync/mutex.go, rwmutex.go, once.go). */
	unsigned accessed;
};

static const struct lock_function *function_of(const char *name)
{
	static const struct lock_function rows[] = {
		{ "sync.(*Mutex).Lock", false, 0 },    { "sync.(*Mutex).Unlock", true, 0 },
		{ "sync.(*RWMutex).Lock", false, 0 },  { "sync.(*RWMutex).Unlock", true, 16 },
		{ "sync.(*RWMutex).RLock", false, 16 }, { "sync.(*RWMutex).RUnlock", true, 16 },
		{ "sync.(*Once).doSlow", false, 0 },   { "sync.(*Once).Do", false, 0 },
	};
	if (strncmp(name, "sync.", 5) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(name, rows[i].name) == 0)
			return &rows[i];
	return NULL;
}

/* The inlined call that PC is part of, if it is one of a lock's; LINE is the caller's. */
static const struct lock_function *inlined_at(const struct code *code, uint64_t pc, int32_t *line)
{
	struct pcln_call calls[CALLS_AT_PC];
	size_t n = pclntab_calls(&code->module->pclntab, &code->func, pc, calls, CALLS_AT_PC);
	for (size_t i = 0; i + 1 < n; i++) {
		const struct lock_function *f = function_of(calls[i].name);
		if (f == NULL)
			continue;
		*line = calls[i + 1].line;
		return f;
	}
	return NULL;
}

static const struct lock_function *called_by(const struct snapshot *s, const struct instruction *insn)
{
	if (insn->flow != DISASM_CALL || insn->indirect)
		return NULL;
	const struct code *callee = code_at(snapshot_code(s), insn->target);
	if (!callee->valid || callee->func.entry != insn->target)
		return NULL;
	return function_of(pclntab_name(&callee->module->pclntab, &callee->func));
}

/* What the code has last put into the register of the receiver. */
static void follow_receiver(const struct instruction *insn, struct lock_act *receiver)
{
	if (!(insn->written >> RECEIVER_AMD64 & 1))
		return;
	*receiver = (struct lock_act){ 0 };
	if (insn->effect == DISASM_FORM && insn->destination != RECEIVER_AMD64)
		return;
	if (insn->effect == DISASM_FORM && insn->reference_kind == DISASM_ADDRESS)
		*receiver = (struct lock_act){ .place = LOCK_PLACE_GLOBAL, .addr = insn->reference };
	else if (insn->effect == DISASM_FORM && insn->memory[0].base != SP_AMD64 &&
		 insn->memory[0].index == DISASM_NO_REGISTER)
		*receiver = (struct lock_act){ .place = LOCK_PLACE_OFFSET,
					       .offset = insn->memory[0].displacement };
	else if (insn->effect == DISASM_COPY ||
		 (insn->memory_count == 1 && insn->memory[0].read && strncmp(insn->text, "mov ", 4) == 0))
		receiver->place = LOCK_PLACE_OFFSET; /* the pointer itself, copied or loaded */
}

/* Where an inlined function accesses its lock: the first read-modify-write, or read of a Once. */
static void follow_access(const struct instruction *insn, const struct lock_function *function,
			  struct lock_act *act)
{
	const struct disasm_memory *m = &insn->memory[0];
	bool once = strncmp(function->name, "sync.(*Once)", 12) == 0;
	if (act->place != LOCK_PLACE_UNKNOWN || insn->memory_count != 1 || !m->read ||
	    (!m->write && !once) || m->index != DISASM_NO_REGISTER || m->base == SP_AMD64)
		return;
	if (insn->reference_kind == DISASM_ACCESS) {
		act->place = LOCK_PLACE_GLOBAL;
		act->addr = insn->reference - function->accessed;
	} else if (m->base != PC_AMD64) {
		act->place = LOCK_PLACE_OFFSET;
		act->offset = m->displacement - function->accessed;
	}
}

void lock_acts_read(const struct snapshot *s, struct disasm *disasm, const struct code *code,
		    uint64_t pc, struct lock_acts *acts)
{
	const struct func *func = &code->func;
	uint64_t size = func->end - func->entry;
	const uint8_t *bytes = image_at(s->image, func->entry, (size_t)size);
	bool amd64 = !s->image->arch->link_register;
	struct lock_act receiver = { 0 };
	struct instruction insn;
	int32_t last_line = -1;
	acts->count = 0;
	if (bytes == NULL || size > FUNCTION_MAX)
		return;
	struct disasm_walk walk =
		disasm_walk_start(disasm, (struct bytes){ bytes, (size_t)size }, func->entry);
	while (disasm_walk_next(&walk, &insn) && insn.pc <= pc) {
		int32_t line = -1;
		const struct lock_function *inlined = inlined_at(code, insn.pc, &line);
		const struct lock_function *f = inlined ? inlined : called_by(s, &insn);
		if (f != NULL && !(inlined && line == last_line)) {
			if (acts->count == LOCK_ACTS_MAX)
				return;
			struct lock_act act = { .pc = insn.pc, .unlocks = f->unlocks };
			if (!inlined && amd64) {
				act.place = receiver.place;
				act.offset = receiver.offset;
				act.addr = receiver.addr;
			}
			acts->items[acts->count++] = act;
		}
		if (inlined && amd64)
			follow_access(&insn, inlined, &acts->items[acts->count - 1]);
		last_line = inlined ? line : last_line;
		follow_receiver(&insn, &receiver);
		if (insn.flow == DISASM_CALL)
			receiver = (struct lock_act){ 0 };
	}
}
