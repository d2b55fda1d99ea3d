/*
 * nil-dereference: a fault in the zero page that the runtime turned into the panic "invalid memory
 * address or nil pointer dereference" (runtime/panic.go panicmem; signal_unix.go sigpanic).
 */
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/places.h"
#include "analyzer/runtimefault.h"
#include "analyzer/signals.h"

static const char name[] = "nil-dereference";

/* The nil dereference that is the first cause; NULL where there is none. */
static const struct death_signal *nil_fault(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death_signal *fault = death_raw_fault(snapshot, arena);
	if (fault != NULL)
		return fault_is_near_nil(fault) && !fault->off_code &&
				       runtime_work_failed(snapshot, arena) == NULL
			       ? fault
			       : NULL;
	if (snapshot->death.way != DEATH_PANIC)
		return NULL;
	fault = death_cause_fault(snapshot, arena);
	if (fault == NULL || !fault_is_near_nil(fault) || fault->off_code)
		return NULL;
	const struct panic_record *cause = death_cause(snapshot);
	if (cause == NULL || cause->unreadable || cause->text == NULL)
		return fault->number == LINUX_SIGSEGV || fault->number == LINUX_SIGBUS ? fault
										       : NULL;
	if (strcmp(cause->type, "runtime.errorAddressString") == 0)
		return NULL; /* debug.SetPanicOnFault: an address that is not near nil */
	return strstr(cause->text, "nil pointer") != NULL ? fault : NULL;
}

enum { MAX_OFFSET = 4096 };

/* An element, not a copy of the whole array. */
static bool is_element(const struct fault_insn *insn)
{
	enum { WORD = 8 };
	return insn->through_array && (insn->indexed || (insn->bytes > 0 && insn->bytes <= WORD));
}

static const char *kind_of(const struct death_signal *fault, const struct fault_insn *insn)
{
	if (fault->pc == 0 && fault->has_addr && fault->addr == 0)
		return "nil-function-call";
	if (insn == NULL)
		return "pointer";
	if (insn->indirect_method)
		return "method-on-nil-interface";
	if (insn->is_call)
		return "nil-function-call";
	if (is_element(insn))
		return "index";
	if (insn->field != NULL)
		return "field";
	if (insn->indexed)
		return "index";
	if (insn->pointer_type != NULL)
		return "pointer";
	/* A pointer that was made of nil and an offset is followed at offset 0. */
	bool moved = fault->has_addr && fault->addr > 0 && fault->addr < MAX_OFFSET;
	return insn->displacement > 0 || moved ? "field" : "pointer";
}

static const char *access_words(const struct fault_insn *insn)
{
	if (insn == NULL || insn->access == NULL)
		return "access";
	return insn->access;
}

/* The pointer itself lay in the zero page and was not nil: a small number stood in its place. One
 * that is followed at offset 0 and has no name may be nil moved to a field. */
static bool is_small_number(const struct fault_insn *insn)
{
	return insn != NULL && insn->reg_known && insn->reg_value != 0 &&
	       insn->reg_value < MAX_OFFSET && (insn->displacement > 0 || insn->pointer != NULL);
}

/* "nil *Config" or "nil pointer"; "*Config that was 0x1". */
static const char *nil_words(struct arena *arena, const struct fault_insn *insn)
{
	const char *type = insn != NULL && insn->pointer_type != NULL ? insn->pointer_type
								      : "pointer";
	if (is_small_number(insn))
		return arena_printf(arena, "%s that was 0x%llx", type,
				    (unsigned long long)insn->reg_value);
	return arena_printf(arena, "nil %s", type);
}

static const char *title_of(struct arena *arena, const char *kind, const struct death_signal *fault,
			    const struct fault_insn *insn)
{
	const char *what = access_words(insn);
	const char *nil = nil_words(arena, insn);
	bool method = strcmp(kind, "method-on-nil-interface") == 0;
	if ((method || strcmp(kind, "nil-function-call") == 0) && is_small_number(insn))
		return arena_printf(arena, "call of %s 0x%llx",
				    method ? "a method on an interface whose type word was"
					   : "a function value that was",
				    (unsigned long long)insn->reg_value);
	if (strcmp(kind, "nil-function-call") == 0)
		return "call of a nil function value";
	if (method)
		return "call of a method on a nil interface";
	if (insn != NULL && insn->field != NULL)
		return arena_printf(arena, "%s of field %s of a %s", what, insn->field, nil);
	if (strcmp(kind, "index") == 0)
		return arena_printf(arena, "%s of an element through a %s", what, nil);
	if (strcmp(kind, "pointer") == 0)
		return arena_printf(arena, "%s through a %s", what, nil);
	uint64_t offset = insn != NULL && insn->displacement > 0 ? (uint64_t)insn->displacement
								 : fault->addr;
	return arena_printf(arena, "%s at offset 0x%llx of a %s", what, (unsigned long long)offset,
			    nil);
}

static void set_title(struct findings *findings, struct finding *finding,
		      const struct death_signal *fault)
{
	const struct fault_insn *insn = finding->fault;
	const char *title = title_of(findings->arena, finding->kind, fault, insn);
	if (insn != NULL && insn->expression != NULL)
		finding_title(findings, finding, "%s: %s", title, insn->expression);
	else
		finding->title = title;
}

static void add_operand(struct findings *findings, struct finding *finding)
{
	const struct fault_insn *insn = finding->fault;
	if (insn == NULL || insn->reg == NULL || !insn->reg_known)
		return;
	finding_labelled(findings, finding, "operand", 0, 0, "%s was 0x%llx%s", insn->reg,
			 (unsigned long long)insn->reg_value,
			 insn->reg_derived ? " (follows from address and instruction)" : "");
	if (insn->expression != NULL && insn->field != NULL && insn->pointer_type != NULL)
		finding_labelled(findings, finding, "operand", 0, 0,
				 "%s; 0x%llx is the offset of %s in %s", insn->expression,
				 (unsigned long long)insn->displacement, insn->field,
				 insn->pointer_type + (insn->pointer_type[0] == '*'));
}

static const char *what_it_did(const char *kind, const struct fault_insn *insn)
{
	if (is_small_number(insn))
		return "followed a pointer that was no address but a small number";
	if (strcmp(kind, "nil-function-call") == 0)
		return "called a function value that was nil: nothing had been assigned to it";
	if (strcmp(kind, "method-on-nil-interface") == 0)
		return "called a method of an interface value that was nil: it held nothing";
	return "followed a pointer that was nil";
}

/* Go code reads the address of a func value's code through the value: where that is nil, the read
 * faults, and pc is never 0. Then it was no nil func value, but one whose code had no address. */
static bool is_call_of_zero(const struct finding *finding)
{
	return strcmp(finding->kind, "nil-function-call") == 0 && finding->signal->pc == 0;
}

/* An address near nil through a register that was not. */
static bool is_moved_to_nil(const struct finding *finding)
{
	enum { LEAST = 1 << 20 };
	const struct fault_insn *insn = finding->fault;
	return insn != NULL && insn->reg != NULL && insn->reg_known && !insn->indexed &&
	       insn->reg_value + LEAST < LEAST;
}

static void explain_damage(struct findings *findings, struct finding *finding)
{
	if (is_call_of_zero(finding)) {
		finding->title = "call of a function whose address is 0";
		finding_explain(
			findings, finding,
			"The CPU came to address 0. A func value that is nil does not lead "
			"there, as its code's address is read first: a func value or a method "
			"table held 0 for the code, made by hand or overwritten.");
	} else if (is_moved_to_nil(finding)) {
		finding_title(findings, finding, "%s near nil through a pointer that was 0x%llx",
			      access_words(finding->fault),
			      (unsigned long long)finding->fault->reg_value);
		finding_explain(
			findings, finding,
			"The pointer was not nil, but a small negative number: it was overwritten, "
			"or made of nil by subtraction. With the offset the address lies in the "
			"zero page.");
	}
}

static void explain(struct findings *findings, struct finding *finding,
		    const struct snapshot *snapshot)
{
	const struct trace_frame *cause = death_cause_frame(snapshot);
	if (is_call_of_zero(finding) || is_moved_to_nil(finding)) {
		finding->confidence = LIKELY;
		explain_damage(findings, finding);
	} else {
		finding_explain(findings, finding, "%s %s.",
				cause ? place_of(findings->arena, cause->call) : "The program",
				what_it_did(finding->kind, finding->fault));
	}
	if (snapshot->death.way == DEATH_PANIC)
		finding_explain(
			findings, finding,
			"Go made the fault in the zero page a panic, and nothing recovered it.");
	else
		finding_explain(findings, finding,
				"The process ended before Go could make the fault a panic.");
	if (is_small_number(finding->fault))
		finding_explain(
			findings, finding,
			"The pointer itself was not nil: something overwrote it, or it is part "
			"of a value of two writes.");
	if (finding->fault != NULL && finding->fault->pointer_type == NULL &&
	    strcmp(finding->kind, "pointer") == 0)
		finding_explain(
			findings, finding,
			"Without the type of the pointer the first field of a struct looks the "
			"same as what it points to.");
	if (finding->fault != NULL && finding->fault->nil_check)
		finding_explain(findings, finding,
				"The instruction is the compiler's own check before an access that "
				"follows.");
}

DETECTOR(nil)
{
	(void)options;
	const struct death_signal *fault = nil_fault(snapshot, findings->arena);
	if (fault == NULL)
		return;
	struct fault_insn *insn = arena_alloc(findings->arena, sizeof(*insn));
	if (!snapshot_fault(snapshot, fault, findings->arena, insn))
		insn = NULL;
	bool panicked = snapshot->death.way == DEATH_PANIC;
	bool sure = panicked && !is_small_number(insn);
	struct finding *finding = findings_add_death(findings, snapshot, name,
						     CLASS_NIL_DEREFERENCE, kind_of(fault, insn),
						     sure ? CERTAIN : LIKELY);
	finding->fault = insn;
	finding->signal = fault;
	set_title(findings, finding, fault);
	explain(findings, finding, snapshot);
	finding_add_fault(findings, finding, snapshot, fault);
	add_operand(findings, finding);
	if (panicked)
		finding_add_panic_records(findings, finding, snapshot);
	if (insn != NULL && insn->pointer != NULL && !is_small_number(insn))
		finding_advise(findings, finding, "Find what should have set %s before this line.",
			       insn->pointer);
}
