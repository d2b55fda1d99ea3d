/*
 * invalid-address: a fault at an address that is not near nil. It is the fatal error "fault" after
 * "unexpected fault address", or, with debug.SetPanicOnFault, a panic whose value is a
 * runtime.errorAddressString (runtime/signal_unix.go sigpanic, panic.go panicmemAddr).
 */
#include <string.h>

#include "analyzer/addressfacts.h"
#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/fataltexts.h"
#include "analyzer/numbers.h"
#include "analyzer/places.h"
#include "analyzer/runtimefault.h"
#include "analyzer/signals.h"
#include "goruntime/brokenstack.h"

static const char name[] = "invalid-address";

/* The fault of a throw "fault". Where its record is lost, the runtime's own line still tells the
 * address. */
static const struct death_signal *thrown_fault(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death_signal *fault = &snapshot->death.fault;
	if (fault->present)
		return fault->sent ? NULL : fault;
	struct death_signal *printed = arena_alloc(arena, sizeof(*printed));
	printed->number = LINUX_SIGSEGV;
	printed->has_addr = number_after(snapshot->death.fatal_preamble,
					 "unexpected fault address ", &printed->addr);
	/* At 0 itself it would have been a panic: the CPU did not tell (signal_unix.go sigpanic).
	 */
	if (printed->has_addr && printed->addr == 0) {
		printed->has_addr = false;
		printed->code = LINUX_SI_KERNEL;
	}
	return printed;
}

/* The fault that is the first cause of a panic and not near nil. */
static const struct death_signal *panicked_fault(const struct snapshot *snapshot,
						 struct arena *arena)
{
	const struct death_signal *fault = death_cause_fault(snapshot, arena);
	if (fault != NULL && fault->off_code)
		return fault;
	const struct panic_record *cause = death_cause(snapshot);
	if (fault == NULL || (fault->number != LINUX_SIGSEGV && fault->number != LINUX_SIGBUS))
		return NULL;
	if (cause != NULL && cause->type != NULL &&
	    strcmp(cause->type, "runtime.errorAddressString") == 0)
		return fault;
	return fault_is_near_nil(fault) ? NULL : fault;
}

static const struct death_signal *bad_fault(const struct snapshot *snapshot, struct arena *arena)
{
	if (death_story(snapshot, CLASS_INVALID_ADDRESS) != NULL)
		return thrown_fault(snapshot, arena);
	if (snapshot->death.way == DEATH_PANIC)
		return panicked_fault(snapshot, arena);
	if (snapshot->death.way == DEATH_THROW && snapshot->death.fault.off_code)
		return &snapshot->death.fault; /* whose panic found no way down the stack */
	const struct death_signal *raw = death_raw_fault(snapshot, arena);
	return raw != NULL && (raw->off_code || !fault_is_near_nil(raw)) ? raw : NULL;
}

struct reading { /* what the fault was, and how sure that is */
	const char *kind;
	enum confidence confidence;
	const char *title;
	const char *why;
};

static const struct reading non_canonical = {
	"non-canonical",
	CERTAIN,
	"%s of an address that no pointer can have",
	"The CPU refuses addresses whose upper bits are not all alike and does not report them, so "
	"the address is not in the records. What was used as a pointer was some other data: text, "
	"a number, or memory that was overwritten.",
};
static const struct reading truncated = {
	"truncated-file-mapping",
	CERTAIN,
	"%s beyond the end of a file that was mapped into memory",
	"The page belongs to a mapped file, but the file does not reach that far: it was made "
	"shorter after it was mapped, or the disk failed.",
};
static const struct reading arena_freed = {
	"freed-memory",
	CERTAIN,
	"%s of memory of a user arena that was freed",
	"The memory belonged to an arena (package arena) that was freed; the runtime makes such "
	"memory inaccessible so that late users are found.",
};
static const struct reading heap_freed = {
	"freed-memory",
	LIKELY,
	"%s of heap memory that had been freed",
	"The address lies in a part of the Go heap that is not in use.",
};
static const struct reading read_only = {
	"read-only",
	CERTAIN,
	"write to memory that is read-only",
	"The address is mapped, but not for writing. Strings made by the compiler, code and "
	"constants lie in such memory.",
};
static const struct reading no_access = {
	"unmapped",
	CERTAIN,
	"%s of memory that may not be accessed",
	"The address is reserved, but the process has no right to access it in this way.",
};
static const struct reading not_code = {
	"unmapped",
	CERTAIN,
	"jump to an address that holds no code",
	"What was called as a function was not one: a function value or a return address was "
	"overwritten.",
};
static const struct reading unmapped = {
	"unmapped",
	CERTAIN,
	"%s of an address where nothing is mapped",
	"Nothing was mapped at that address: the pointer was made by hand (unsafe, cgo), its "
	"memory was unmapped, or it was overwritten.",
};

static const struct reading heap_taken = {
	"unmapped",
	CERTAIN,
	"%s of memory of the Go heap that was taken away from it",
	"The Go heap has this memory in use, but the kernel does not let the process have it: "
	"something unmapped or closed memory that was not its own (munmap, mprotect).",
};

static bool is_write(const struct fault_insn *insn)
{
	return insn != NULL && insn->access != NULL && strcmp(insn->access, "write") == 0;
}

static bool is_mapped_read_only(const struct address *address, const struct fault_insn *insn)
{
	if (address->known_flags)
		return address->readable && !address->writable &&
		       (insn == NULL || insn->access == NULL || is_write(insn));
	return is_write(insn) && (address->kind == ADDRESS_TEXT ||
				  address->kind == ADDRESS_RODATA || address->kind == ADDRESS_FILE);
}

/* What the address says of a fault whose address is known. */
static struct reading read_address(const struct death_signal *fault, const struct address *address,
				   const struct fault_insn *insn)
{
	if (address->kind == ADDRESS_NON_CANONICAL)
		return non_canonical;
	if (fault->number == LINUX_SIGBUS && fault->code == LINUX_BUS_ADRERR) {
		struct reading reading = truncated;
		if (address->path == NULL)
			reading.confidence = LIKELY;
		return reading;
	}
	if (fault->pc != 0 && fault->addr == fault->pc)
		return not_code;
	if (fault->code == LINUX_SEGV_ACCERR && is_mapped_read_only(address, insn))
		return read_only;
	if (address->kind == ADDRESS_GO_HEAP_FREE)
		return heap_freed;
	if (address->taken)
		return heap_taken;
	if (fault->code == LINUX_SEGV_ACCERR ||
	    (!fault->present && address->kind != ADDRESS_UNMAPPED))
		return no_access;
	return unmapped;
}

static struct reading read_fault(const struct snapshot *snapshot, const struct death_signal *fault,
				 const struct address *address, const struct fault_insn *insn)
{
	const char *lines = snapshot->death.fatal_preamble;
	if (lines != NULL && strstr(lines, "freed user arena") != NULL)
		return arena_freed;
	if (!fault->present || (!fault->has_addr && fault->code != LINUX_SI_KERNEL)) {
		struct reading reading = fault->has_addr ? read_address(fault, address, insn)
					 : fault->code == LINUX_SI_KERNEL ? non_canonical
									  : unmapped;
		reading.confidence = LIKELY;
		return reading;
	}
	if (fault->number == LINUX_SIGSEGV && fault->code == LINUX_SI_KERNEL) {
		struct reading reading = non_canonical;
		if (insn != NULL && insn->operand == NULL && !insn->is_call)
			reading.confidence = LIKELY; /* other faults of protection are rare */
		return reading;
	}
	return read_address(fault, address, insn);
}

/* What was executed was no code of the program's: its fault says nothing of the program's
 * pointers. */
static void blame_jump(struct reading *reading)
{
	reading->confidence = LIKELY;
	reading->title = "fault in memory that is no code of any file";
	reading->why = "Control was in memory that was mapped at run time: a func value or a return "
		       "address was overwritten, or the program made the code itself.";
}

static void set_title(struct findings *findings, struct finding *finding,
		      const struct reading *reading)
{
	const struct fault_insn *insn = finding->fault;
	const char *access = insn != NULL && insn->access != NULL ? insn->access : "access";
	if (strcmp(access, "execute") == 0)
		access = "call";
	const char *at = strstr(reading->title, "%s");
	const char *title = reading->title;
	if (at != NULL)
		title = arena_printf(findings->arena, "%s%s", access, at + 2);
	if (insn != NULL && insn->expression != NULL && insn->pointer_type != NULL)
		finding_title(findings, finding, "%s: %s", title, insn->expression);
	else
		finding->title = title;
}

static void add_address(struct findings *findings, struct finding *finding,
			const struct snapshot *snapshot, const struct death_signal *fault,
			const struct address *address)
{
	if (fault->has_addr)
		finding_add_address(findings, finding, "address", fault->addr, address);
	finding_add_operand(findings, finding, snapshot);
}

static void explain(struct findings *findings, struct finding *finding,
		    const struct snapshot *snapshot, const struct reading *reading)
{
	const struct trace_frame *cause = death_cause_frame(snapshot);
	finding_explain(findings, finding, "%s", reading->why);
	if (cause != NULL)
		finding_advise(findings, finding, "See where %s got the address from.",
			       place_of(findings->arena, cause->call));
	death_explain_off_code(findings, finding, snapshot);
	if (snapshot->death.way == DEATH_PANIC &&
	    (finding->signal == NULL || !fault_is_near_nil(finding->signal)))
		finding_explain(
			findings, finding,
			"debug.SetPanicOnFault had made the fault a panic; nothing recovered it.");
}

DETECTOR(address)
{
	const struct death_signal *fault = bad_fault(snapshot, findings->arena);
	if (fault == NULL || runtime_work_failed(snapshot, findings->arena) != NULL)
		return; /* the latter: memory-corruption */
	struct fault_insn *insn = arena_alloc(findings->arena, sizeof(*insn));
	struct address address = { .kind = ADDRESS_UNMAPPED };
	if (!fault->present || !snapshot_fault(snapshot, fault, findings->arena, insn))
		insn = NULL;
	if (fault->has_addr)
		snapshot_address(snapshot, fault->addr, findings->arena, &address);
	struct reading reading = read_fault(snapshot, fault, &address, insn);
	if (fault->off_code)
		blame_jump(&reading);
	const struct fatal_story *story = death_fatal_story(snapshot);
	struct broken_stack broken;
	uint64_t sp;
	if (reading.confidence == CERTAIN &&
	    (death_bad_return(snapshot, findings->arena, &broken) || death_wild_sp(snapshot, &sp)))
		reading.confidence = LIKELY; /* the damage came first: memory-corruption */
	if (reading.confidence == CERTAIN && snapshot->death.culprit.end == UNWIND_BAD_PC)
		reading.confidence = LIKELY; /* the stack is damaged as well */
	if (story != NULL && death_confidence(snapshot, story) < reading.confidence)
		reading.confidence = death_confidence(snapshot, story);
	struct finding *finding = findings_add_death(
		findings, snapshot, name, CLASS_INVALID_ADDRESS, reading.kind, reading.confidence);
	finding->fault = insn;
	finding->signal = fault->present ? fault : NULL;
	set_title(findings, finding, &reading);
	explain(findings, finding, snapshot, &reading);
	if (fault->present)
		finding_add_fault(findings, finding, snapshot, fault);
	add_address(findings, finding, snapshot, fault, &address);
	if (!options->brief)
		finding_add_pointer(findings, finding, snapshot, fault, true);
	if (snapshot->death.way == DEATH_PANIC)
		finding_add_panic_records(findings, finding, snapshot);
}
