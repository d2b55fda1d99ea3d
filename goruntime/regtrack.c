#include "goruntime/regtrack.h"

#include <elf.h>
#include <string.h>

enum { WORD = 8 };

void regtrack_init(struct regtrack *track, const struct arch *arch)
{
	*track = (struct regtrack){ .arch = arch };
}

void regtrack_set(struct regtrack *track, unsigned reg, struct tracked value)
{
	if (reg < TRACKED_REGISTERS && reg != track->arch->sp)
		track->registers[reg] = value;
}

struct tracked regtrack_register(const struct regtrack *track, unsigned reg)
{
	if (reg == track->arch->sp)
		return (struct tracked){ .kind = TRACKED_STACK };
	return reg < TRACKED_REGISTERS ? track->registers[reg] : (struct tracked){ 0 };
}

static struct tracked behind(struct tracked value, uint64_t distance)
{
	bool loaded = value.kind == TRACKED_WORD || value.kind == TRACKED_SLOT;
	if (loaded && distance != 0)
		return (struct tracked){ 0 };
	value.number += distance;
	return value;
}

struct tracked regtrack_place(const struct regtrack *track, const struct instruction *insn)
{
	const struct disasm_memory *m = &insn->memory[0];
	if (insn->reference_kind != DISASM_NO_REFERENCE)
		return (struct tracked){ .kind = TRACKED_ADDRESS, .number = insn->reference };
	if (insn->memory_count != 1 || m->base == DISASM_NO_REGISTER ||
	    m->index != DISASM_NO_REGISTER || m->tls)
		return (struct tracked){ 0 };
	return behind(regtrack_register(track, m->base), (uint64_t)m->displacement);
}

static void forget_slots(struct regtrack *track, uint64_t place, uint64_t bytes)
{
	for (unsigned i = 0; i < TRACKED_SLOTS; i++) {
		struct tracked_slot *slot = &track->slots[i];
		if (place - slot->place < WORD || slot->place - place < bytes)
			slot->value = (struct tracked){ 0 };
	}
}

/* Bytes that a value has, be it wider where it is. */
static unsigned size_of(struct tracked value)
{
	return value.kind == TRACKED_WORD || value.kind == TRACKED_SLOT ? value.bytes : WORD;
}

struct tracked regtrack_slot(const struct regtrack *track, uint64_t place)
{
	for (unsigned i = 0; i < TRACKED_SLOTS; i++)
		if (track->slots[i].value.kind != TRACKED_NOTHING && track->slots[i].place == place)
			return track->slots[i].value;
	return (struct tracked){ 0 };
}

static struct tracked loaded_from(const struct regtrack *track, struct tracked place,
				  unsigned bytes)
{
	if (place.kind == TRACKED_POINTER)
		return (struct tracked){ TRACKED_WORD, place.object, place.number, bytes };
	if (place.kind != TRACKED_STACK || bytes == 0)
		return (struct tracked){ 0 };
	struct tracked value = regtrack_slot(track, place.number);
	if (value.kind == TRACKED_NOTHING)
		return (struct tracked){ TRACKED_SLOT, 0, place.number, bytes };
	return size_of(value) <= bytes ? value : (struct tracked){ 0 };
}

static void store(struct regtrack *track, uint64_t place, struct tracked value, unsigned bytes)
{
	if (value.kind == TRACKED_NOTHING || size_of(value) > bytes)
		return;
	track->slots[track->next_slot] = (struct tracked_slot){ place, value };
	track->next_slot = (track->next_slot + 1) % TRACKED_SLOTS;
}

/* What is written to memory, as far as that is the stack. */
static void step_stores(struct regtrack *track, const struct instruction *insn)
{
	const struct disasm_memory *m = &insn->memory[0];
	struct tracked place = regtrack_place(track, insn);
	bool pair = insn->stored[1] != DISASM_NO_REGISTER;
	if (place.kind != TRACKED_STACK || !m->write)
		return;
	forget_slots(track, place.number, m->bytes);
	for (unsigned i = 0; i < 2; i++)
		if (insn->stored[i] != DISASM_NO_REGISTER)
			store(track, place.number + i * WORD,
			      regtrack_register(track, insn->stored[i]), pair ? WORD : m->bytes);
}

static struct tracked effect_of(const struct regtrack *track, const struct instruction *insn)
{
	struct tracked old = regtrack_register(track, insn->destination);
	switch (insn->effect) {
	case DISASM_COPY:
		return regtrack_register(track, insn->source);
	case DISASM_FORM:
		return regtrack_place(track, insn);
	case DISASM_ADD_CONSTANT:
		return behind(old, (uint64_t)insn->immediate);
	default:
		return (struct tracked){ 0 };
	}
}

static void step_registers(struct regtrack *track, const struct instruction *insn)
{
	struct tracked values[2], effect = effect_of(track, insn);
	struct tracked place = regtrack_place(track, insn);
	bool pair = insn->loaded[1] != DISASM_NO_REGISTER;
	for (unsigned i = 0; i < 2; i++)
		values[i] = loaded_from(track, behind(place, i * WORD),
					pair ? WORD : insn->memory[0].bytes);
	for (unsigned reg = 0; reg < TRACKED_REGISTERS; reg++)
		if (insn->written >> reg & 1)
			track->registers[reg] = (struct tracked){ 0 };
	if (insn->effect != DISASM_NO_EFFECT)
		regtrack_set(track, insn->destination, effect);
	for (unsigned i = 0; i < 2; i++)
		regtrack_set(track, insn->loaded[i], values[i]);
}

void regtrack_step(struct regtrack *track, const struct instruction *insn)
{
	bool ends = insn->flow == DISASM_JUMP || insn->flow == DISASM_RETURN;
	if (insn->flow == DISASM_CALL || ends)
		memset(track->registers, 0, sizeof(track->registers));
	if (ends || (insn->flow == DISASM_NEXT && insn->written >> track->arch->sp & 1))
		memset(track->slots, 0, sizeof(track->slots));
	if (insn->flow != DISASM_NEXT)
		return;
	step_stores(track, insn);
	step_registers(track, insn);
}
