#include "analyzer/deathfacts.h"

#include <string.h>

#include "analyzer/fataltexts.h"
#include "analyzer/places.h"
#include "analyzer/signals.h"
#include "base/str.h"

enum { ZERO_PAGE = 0x1000 };

/* printpanics: each entry behind another one prints a tab, one of Goexit that alone; what follows
 * Goexit has none, the second of a repanicked pair prints nothing at all. */
static void add_panics(struct str *s, const struct panics *panics)
{
	size_t tabs = 0;
	for (size_t i = 0; i < panics->count; i++) {
		const struct panic_record *p = &panics->items[i];
		const struct panic_record *older = i > 0 ? &panics->items[i - 1] : NULL;
		if (older != NULL && older->repanicked)
			continue;
		if (older != NULL && !older->goexit)
			tabs++;
		if (p->goexit || p->printed == NULL || p->printed[0] == '\0')
			continue;
		if (s->size > 0)
			str_printf(s, "\n%.*spanic: ", (int)(tabs < 2 ? tabs : 2), "\t\t");
		str_add(s, p->printed);
		tabs = 0;
	}
}

static void add_fatal(struct str *s, const struct snapshot *snapshot, struct arena *arena)
{
	const struct death *death = &snapshot->death;
	const char *text = death_fatal_text(snapshot, arena);
	if (text != NULL)
		str_add(s, text);
	if (death->fatal_preamble == NULL || death->fatal_preamble[0] == '\0')
		return;
	if (s->size > 0)
		str_add_char(s, '\n');
	str_add(s, death->fatal_preamble);
	while (s->size > 0 && s->text[s->size - 1] == '\n')
		s->text[--s->size] = '\0';
}

static void add_signal(struct str *s, const struct death_signal *signal)
{
	const char *text = signal != NULL ? signal_text(signal->number) : NULL;
	if (text != NULL)
		str_add(s, text);
}

const char *death_message(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death *death = &snapshot->death;
	_cleanup_str_ struct str s = { 0 };
	switch (death->way) {
	case DEATH_PANIC:
		add_panics(&s, &death->panics);
		break;
	case DEATH_FATAL:
	case DEATH_THROW:
		add_fatal(&s, snapshot, arena);
		break;
	case DEATH_SIGNAL:
	case DEATH_NONE:
		add_signal(&s, death->stopped.present ? &death->stopped : death_signal_of(snapshot));
		break;
	}
	return str_keep(&s, arena);
}

const struct panic_record *death_cause(const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	if (death->cause_panic >= death->panics.count)
		return NULL;
	return &death->panics.items[death->cause_panic];
}

const struct trace_frame *death_cause_frame(const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	if (death->cause_frame >= death->culprit.count)
		return NULL;
	return &death->culprit.frames[death->cause_frame];
}

/* The index of the gopanic frame of the first cause: the last one before the frame that caused it;
 * newer panics lie further down. SIZE_MAX where it is not on the stack. */
static size_t raising_panic(const struct death *death)
{
	size_t i = death->cause_frame < death->culprit.count ? death->cause_frame
							     : death->culprit.count;
	while (i-- > 0)
		if (death->culprit.frames[i].call->id == FUNC_GOPANIC)
			return i;
	return SIZE_MAX;
}

const char *death_raiser(const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	size_t i = raising_panic(death);
	return i == SIZE_MAX || i + 1 >= death->culprit.count
		       ? ""
		       : death->culprit.frames[i + 1].call->function;
}

/* The frame that the first cause's sigpanic interrupted; NULL where it was raised otherwise. */
static const struct trace_frame *faulted_frame(const struct death *death)
{
	const struct trace *trace = &death->culprit;
	for (size_t i = raising_panic(death); i < death->cause_frame && i + 1 < trace->count; i++)
		if (trace->frames[i].call->id == FUNC_SIGPANIC)
			return &trace->frames[i + 1];
	return NULL;
}

const struct death_signal *death_cause_fault(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death *death = &snapshot->death;
	bool recorded = death->fault.present && !death->fault.sent;
	if (death->culprit.count == 0) /* a cut core */
		return recorded && death->panics.count <= 1 ? &death->fault : NULL;
	const struct trace_frame *frame = faulted_frame(death);
	if (frame == NULL)
		return NULL;
	/* A call of pc 0 has no frame of its own. */
	if (recorded && (death->fault.pc == frame->pc || death->fault.pc == 0 ||
			 death->fault.off_code || !frame->trap))
		return &death->fault;
	struct death_signal *fault = arena_alloc(arena, sizeof(*fault));
	*fault = (struct death_signal){
		.present = true,
		.number = LINUX_SIGSEGV,
		.code = LINUX_SEGV_MAPERR,
		.pc = frame->pc,
		.record = "stack",
	};
	return fault;
}

bool death_was_sent_fault(const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	const struct trace_frame *frame = faulted_frame(death);
	return death->way == DEATH_PANIC && frame != NULL && death->fault.present &&
	       death->fault.sent && death->fault.pc == frame->pc;
}

bool fault_is_near_nil(const struct death_signal *fault)
{
	return fault->code != LINUX_SI_KERNEL && (!fault->has_addr || fault->addr < ZERO_PAGE);
}

const struct death_signal *death_signal_of(const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	if (death->fault.present)
		return &death->fault;
	if (death->kernel.present && !death->kernel.by_runtime &&
	    (death->way != DEATH_NONE || signal_dumps_core(death->kernel.number)))
		return &death->kernel;
	return NULL;
}

const struct death_signal *death_raw_fault(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death_signal *signal = death_signal_of(snapshot);
	if (snapshot->death.way != DEATH_NONE || signal == NULL || signal->sent ||
	    (signal->number != LINUX_SIGSEGV && signal->number != LINUX_SIGBUS))
		return NULL;
	if (death_in_c(snapshot, arena) || death_on_foreign_thread(snapshot))
		return NULL;
	return signal;
}

bool death_may_be_by_value(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death *death = &snapshot->death;
	const struct panic_record *cause = death_cause(snapshot);
	if (death->fault.present)
		return !death->fault.sent;
	if (death->way == DEATH_PANIC)
		return cause != NULL && cause->is_runtime_error;
	return death_raw_fault(snapshot, arena) != NULL;
}

uint64_t snapshot_id(const struct snapshot *snapshot, uint32_t index)
{
	return index < snapshot->goroutine_count ? snapshot->goroutines[index].id : 0;
}

/* Where C called into the runtime, which panicked before it came to any other function: what called
 * the function that cgo makes for the export. FRAME is that of Go below the C frames. */
static size_t c_caller(const struct trace *mixed, size_t frame)
{
	size_t first = frame;
	for (size_t i = frame; i > 0; i--) {
		const struct call *call = mixed->frames[i - 1].call;
		if (call->is_c)
			first = i - 1;
		else if (!function_is_runtime(call->function) &&
			 strcmp(call->function, "crosscall2") != 0)
			break;
	}
	return first + 1 < frame && mixed->frames[first + 1].call->is_c ? first + 1 : first;
}

/* In the stack with C frames: the C function that died, or the frame that is to blame. */
static size_t mixed_cause(const struct death *death)
{
	const struct trace *mixed = &death->mixed;
	if (mixed->frames[0].call->is_c)
		return trace_c_frame(mixed);
	if (death->cause_frame >= death->culprit.count)
		return NO_FRAME;
	const struct trace_frame *cause = &death->culprit.frames[death->cause_frame];
	for (size_t i = 0; i < mixed->count; i++)
		if (mixed->frames[i].call == cause->call && mixed->frames[i].sp == cause->sp)
			return c_caller(mixed, i);
	return NO_FRAME;
}

struct finding *findings_add_death(struct findings *findings, const struct snapshot *snapshot,
				   const char *detector, enum verdict_class class, const char *kind,
				   enum confidence confidence)
{
	const struct death *death = &snapshot->death;
	if (death->fault.inside_insn && class != CLASS_MEMORY_CORRUPTION)
		confidence = POSSIBLE; /* what was executed there means nothing */
	struct finding *finding = findings_add(findings, detector, class, kind, confidence);
	finding->death = true;
	finding->goroutine = death->goroutine;
	finding->thread = death->thread < snapshot->thread_count ? death->thread : NO_INDEX;
	finding->message = death_message(snapshot, findings->arena);
	finding->signal = death_signal_of(snapshot);
	if (death->second_goroutine < snapshot->goroutine_count)
		finding_labelled(
			findings, finding, "also", snapshot_id(snapshot, death->second_goroutine),
			0, "goroutine %llu was dying at the same time; this one printed first",
			(unsigned long long)snapshot_id(snapshot, death->second_goroutine));
	if (death->mixed.count > 0) {
		finding->stack = &death->mixed;
		finding->cause_frame = mixed_cause(death);
	} else if (death->culprit.count > 0) {
		finding->stack = &death->culprit;
		if (death->cause_frame < death->culprit.count)
			finding->cause_frame = death->cause_frame;
	}
	if (death->goroutine < snapshot->goroutine_count) {
		finding->goroutines = &snapshot->goroutines[death->goroutine].id;
		finding->goroutine_count = 1;
	}
	return finding;
}

void finding_add_stack(struct findings *findings, struct finding *finding,
		       const struct snapshot *snapshot, const struct goroutine *g,
		       const struct call *user)
{
	if (finding->other_count == OTHER_STACKS_MAX)
		return;
	if (finding->others == NULL)
		finding->others =
			arena_alloc(findings->arena, OTHER_STACKS_MAX * sizeof(*finding->others));
	struct other_stack *other = &finding->others[finding->other_count++];
	other->goroutine = (uint32_t)(g - snapshot->goroutines);
	goroutine_mixed_trace(snapshot, g, false, findings->arena, &other->trace);
	while (user != NULL && other->first < other->trace.count &&
	       strcmp(other->trace.frames[other->first].call->function, user->function) != 0)
		other->first++;
	if (other->first == other->trace.count)
		other->first = 0;
}

const char *signal_words(struct arena *arena, const struct death_signal *signal)
{
	const char *name = signal_name(signal->number);
	const char *code = signal_code_name(signal->number, signal->code);
	const char *first = name ? name : arena_printf(arena, "signal %d", (int)signal->number);
	if (code != NULL)
		return arena_printf(arena, "%s (%s)", first, code);
	return arena_printf(arena, "%s (code %d)", first, (int)signal->code);
}

void death_explain_off_code(struct findings *findings, struct finding *finding,
			    const struct snapshot *snapshot)
{
	const struct trace_frame *caller = death_cause_frame(snapshot);
	if (!snapshot->death.fault.off_code)
		return;
	if (caller == NULL)
		finding_explain(findings, finding,
				"What jumped there is not known: the word on top of the stack is no "
				"return address of Go code.");
	else
		finding_explain(findings, finding,
				"The return address on top of the stack says that %s called it.",
				place_of(findings->arena, caller->call));
}

void finding_add_fault(struct findings *findings, struct finding *finding,
		       const struct snapshot *snapshot, const struct death_signal *signal)
{
	struct arena *arena = findings->arena;
	_cleanup_str_ struct str s = { 0 };
	if (signal->has_addr)
		str_printf(&s, "address 0x%llx, ", (unsigned long long)signal->addr);
	if (signal->refused && signal->syscall_name != NULL)
		str_printf(&s, "system call %s, ", signal->syscall_name);
	else if (signal->refused)
		str_printf(&s, "system call number %u, ", (unsigned)signal->syscall);
	str_add(&s, signal_words(arena, signal));
	if (signal->pc != 0)
		str_printf(&s, " at 0x%llx", (unsigned long long)signal->pc);
	if (finding->fault != NULL && finding->fault->text != NULL)
		str_printf(&s, ": %s", finding->fault->text);
	finding_labelled(findings, finding, "fault", snapshot_id(snapshot, finding->goroutine),
			 signal->has_addr ? signal->addr : 0, "%s", str_text(&s));
}

static void add_chain(struct str *s, uint64_t id, const struct panics *panics)
{
	str_printf(s, "g%llu._panic", (unsigned long long)id);
	for (size_t i = panics->count; i-- > 0 && panics->count - i <= 4;) {
		const struct panic_record *p = &panics->items[i];
		str_printf(s, " -> %s",
			   p->goexit		   ? "Goexit"
			   : p->type && p->type[0] ? p->type
						   : "?");
	}
	if (panics->count > 4)
		str_printf(s, " -> %zu more", panics->count - 4);
}

void finding_add_panic_records(struct findings *findings, struct finding *finding,
			       const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	uint64_t id = snapshot_id(snapshot, finding->goroutine);
	_cleanup_str_ struct str s = { 0 };
	if (finding->signal != NULL && finding->signal->record != NULL &&
	    strcmp(finding->signal->record, "g.sig") == 0)
		str_printf(&s, "g%llu.sig %d, ", (unsigned long long)id,
			   (int)finding->signal->number);
	add_chain(&s, id, &death->panics);
	if (death->kernel.present && death->kernel.by_runtime)
		str_printf(&s, "; the kernel's %s is the runtime's own raise",
			   signal_name(death->kernel.number) ?: "signal");
	finding_labelled(findings, finding, "records", id,
			 death->panics.count ? death->panics.items[death->panics.count - 1].addr
					     : 0,
			 "%s", str_text(&s));
}

void finding_add_fatal_records(struct findings *findings, struct finding *finding,
			       const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	_cleanup_str_ struct str s = { 0 };
	if (death->thread < snapshot->thread_count) {
		const struct thread *t = &snapshot->threads[death->thread];
		if (t->m != 0)
			str_printf(&s, "m%lld.dying %d, m%lld.throwing %d", (long long)t->id,
				   (int)t->dying, (long long)t->id, (int)t->throwing);
	}
	if (death->fatal_text != NULL && death->fatal_text_record != NULL)
		str_printf(&s, "%stext from %s", s.size ? ", " : "", death->fatal_text_record);
	if (s.size > 0)
		finding_labelled(findings, finding, "records",
				 snapshot_id(snapshot, finding->goroutine), 0, "%s", str_text(&s));
}
