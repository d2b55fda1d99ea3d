#include "analyzer/addressfacts.h"

#include <inttypes.h>

#include "analyzer/deathfacts.h"
#include "analyzer/numbers.h"
#include "analyzer/signals.h"
#include "goruntime/usedobjects.h"
#include "goruntime/wildpointers.h"

void finding_add_address(struct findings *findings, struct finding *finding, const char *label,
			 uint64_t addr, const struct address *address)
{
	if (address->text != NULL && address->text[0] != '\0')
		finding_labelled(findings, finding, label, 0, addr, "0x%" PRIx64 ": %s", addr,
				 address->text);
	if (address->hint != NULL)
		finding_labelled(findings, finding, "possible", 0, addr, "%s", address->hint);
}

static uint64_t holder_id(const struct snapshot *snapshot, const struct referrer *holder)
{
	return snapshot_id(snapshot, holder->goroutine);
}

static bool is_freed(const struct heap_slot *slot)
{
	return slot->lo != 0 && (slot->state == SLOT_FREE || slot->state == SLOT_UNREACHED);
}

static const char *more_of(enum referrer_kind kind)
{
	static const char *const words[] = {
		[REFERRER_REGISTER] = "registers",
		[REFERRER_STACK] = "words of stacks",
		[REFERRER_GLOBAL] = "words of global variables",
		[REFERRER_HEAP] = "words of the heap",
	};
	return words[kind];
}

static void add_rest(struct findings *findings, struct finding *finding,
		     const struct referrers *holders)
{
	uint64_t shown[REFERRER_KINDS] = { 0 };
	for (size_t i = 0; i < holders->count; i++)
		shown[holders->items[i].kind]++;
	for (unsigned kind = 0; kind < REFERRER_KINDS; kind++)
		if (holders->found[kind] > shown[kind])
			finding_labelled(findings, finding, "held by", 0, 0, "%s more %s",
					 grouped(findings->arena, holders->found[kind] - shown[kind]),
					 more_of(kind));
	if (holders->heap_read < holders->heap_bytes)
		finding_labelled(findings, finding, "held by", 0, 0,
				 "looked for in %s of %s of the heap",
				 sized(findings->arena, holders->heap_read),
				 sized(findings->arena, holders->heap_bytes));
}

/* An object that was written over, perhaps from the one below it. */
static void add_overflow(struct findings *findings, struct finding *finding,
			 const struct referrer *holder)
{
	static const char *const states[] = {
		[SLOT_UNKNOWN] = "",
		[SLOT_ALLOCATED] = ", allocated",
		[SLOT_FREE] = ", free",
		[SLOT_UNREACHED] = ", dead",
	};
	const struct heap_slot *slot = &holder->slot;
	if (holder->kind != REFERRER_HEAP || holder->run_over == 0)
		return;
	finding_labelled(findings, finding, "possible", 0, slot->below_lo,
			 "a write past the end of the object below (0x%" PRIx64 "%s): %s bytes like "
			 "these go over from it into the object at 0x%" PRIx64,
			 slot->below_lo, states[slot->below_state],
			 grouped(findings->arena, holder->run_over), slot->lo);
}

/* The bad pointer lies in an object that is free: who still points there uses it after it was
 * freed. */
static void add_use_after_free(struct findings *findings, struct finding *finding,
			       const struct snapshot *snapshot, const struct referrer *holder)
{
	const unsigned kinds = 1u << REFERRER_REGISTER | 1u << REFERRER_STACK;
	struct referrers users;
	if (holder->kind != REFERRER_HEAP || !is_freed(&holder->slot))
		return;
	snapshot_referrers(snapshot, holder->slot.lo, holder->slot.hi, kinds, findings->arena,
			   &users);
	for (size_t i = 0; i < users.count; i++)
		if (users.items[i].goroutine == finding->goroutine)
			finding_labelled(findings, finding, "possible",
					 holder_id(snapshot, &users.items[i]), holder->slot.lo,
					 "use after free: the object at 0x%" PRIx64
					 " is free, and %s points to it",
					 holder->slot.lo, users.items[i].text);
}

void finding_add_holders(struct findings *findings, struct finding *finding,
			 const struct snapshot *snapshot, uint64_t lo, uint64_t hi)
{
	struct referrers holders;
	snapshot_referrers(snapshot, lo, hi, REFERRERS_ALL, findings->arena, &holders);
	for (size_t i = 0; i < holders.count; i++)
		finding_labelled(findings, finding, "held by",
				 holder_id(snapshot, &holders.items[i]), holders.items[i].at, "%s",
				 holders.items[i].text);
	add_rest(findings, finding, &holders);
	for (size_t i = 0; i < holders.count; i++) {
		add_overflow(findings, finding, &holders.items[i]);
		add_use_after_free(findings, finding, snapshot, &holders.items[i]);
	}
}

/* The CPU does not tell which address it refused: it may be one of the pointers that are none. */
static size_t add_wild_pointers(struct findings *findings, struct finding *finding,
				const struct snapshot *snapshot)
{
	struct referrers wild;
	snapshot_wild_pointers(snapshot, findings->arena, &wild);
	for (size_t i = 0; i < wild.count; i++) {
		const struct referrer *word = &wild.items[i];
		struct address address;
		snapshot_address(snapshot, word->value, findings->arena, &address);
		finding_labelled(findings, finding, "possible", 0, word->at,
				 "it was 0x%" PRIx64 ": %s, is by its type a pointer, and holds that",
				 word->value, word->text);
		if (address.hint != NULL)
			finding_labelled(findings, finding, "possible", 0, word->value, "%s",
					 address.hint);
		add_overflow(findings, finding, word);
		add_use_after_free(findings, finding, snapshot, word);
	}
	if (wild.found[REFERRER_HEAP] > wild.count)
		finding_labelled(findings, finding, "possible", 0, 0,
				 "%s more pointers of the heap can be none",
				 grouped(findings->arena, wild.found[REFERRER_HEAP] - wild.count));
	return wild.count;
}

/* Objects that the functions which died had in hand, and that hold the bad pointer; of those that
 * are allocated only where nothing better is known. */
static void add_used_objects(struct findings *findings, struct finding *finding,
			     const struct snapshot *snapshot, uint64_t pointer, bool allocated)
{
	enum { MOST = 2 };
	struct used_object items[MOST];
	size_t count = death_used_objects(snapshot, pointer, false, findings->arena, items, MOST);
	if (count == 0 && allocated)
		count = death_used_objects(snapshot, pointer, true, findings->arena, items, 1);
	for (size_t i = 0; i < count; i++) {
		const struct used_object *o = &items[i];
		struct address address;
		const char *place = o->place ? o->place : "a frame";
		finding_labelled(findings, finding, "possible",
				 snapshot_id(snapshot, finding->goroutine), o->at,
				 "%s0x%" PRIx64
				 " is in memory to which a word of %s points: 0x%" PRIx64 ", %s",
				 o->freed ? "use after free: " : "", o->value, place, o->at,
				 o->text);
		if (pointer != 0)
			continue;
		snapshot_address(snapshot, o->value, findings->arena, &address);
		if (address.hint != NULL)
			finding_labelled(findings, finding, "possible", 0, o->value, "%s",
					 address.hint);
	}
}

void finding_add_operand(struct findings *findings, struct finding *finding,
			 const struct snapshot *snapshot)
{
	const struct fault_insn *insn = finding->fault;
	if (insn != NULL && insn->reg != NULL && insn->reg_known && !snapshot->redacted)
		finding_labelled(findings, finding, "operand", 0, insn->reg_value,
				 "%s was 0x%llx%s", insn->reg, (unsigned long long)insn->reg_value,
				 insn->reg_derived ? " (follows from address and instruction)"
						   : "");
}

/* The number that was used as a pointer: the register, else the address, which is near it. */
static bool pointer_of(const struct finding *finding, const struct death_signal *fault,
		       uint64_t *pointer)
{
	const struct fault_insn *insn = finding->fault;
	bool known = insn != NULL && insn->reg != NULL && insn->reg_known;
	*pointer = known ? insn->reg_value : fault->addr;
	return known || fault->has_addr;
}

void finding_add_pointer(struct findings *findings, struct finding *finding,
			 const struct snapshot *snapshot, const struct death_signal *fault,
			 bool search)
{
	enum { LEAST = 4096 };
	uint64_t pointer;
	struct address address;
	if (!pointer_of(finding, fault, &pointer)) {
		if (search && fault->code == LINUX_SI_KERNEL && !snapshot->redacted)
			add_used_objects(findings, finding, snapshot, 0,
					 add_wild_pointers(findings, finding, snapshot) == 0);
		return;
	}
	if (pointer < LEAST)
		return;
	if (!fault->has_addr && !snapshot->redacted) {
		snapshot_address(snapshot, pointer, findings->arena, &address);
		finding_add_address(findings, finding, "pointer", pointer, &address);
	}
	if (!search)
		return;
	finding_add_holders(findings, finding, snapshot, pointer, pointer + 1);
	if (!snapshot->redacted)
		add_used_objects(findings, finding, snapshot, pointer, false);
}

void finding_add_bad_address(struct findings *findings, struct finding *finding,
			     const struct snapshot *snapshot, const struct death_signal *fault,
			     bool search)
{
	struct address address;
	if (fault->sent || (fault->has_addr && fault_is_near_nil(fault)) ||
	    (fault->number != LINUX_SIGSEGV && fault->number != LINUX_SIGBUS))
		return;
	if (fault->has_addr) {
		snapshot_address(snapshot, fault->addr, findings->arena, &address);
		finding_add_address(findings, finding, "address", fault->addr, &address);
	}
	finding_add_operand(findings, finding, snapshot);
	finding_add_pointer(findings, finding, snapshot, fault, search);
}
