/*
 * out-of-memory: the kernel refused memory, addresses or a thread, and the runtime gave up
 * (runtime/mheap.go grow, mem_linux.go, malloc.go; proc.go checkmcount, os_linux.go newosproc).
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/fataltexts.h"
#include "analyzer/numbers.h"
#include "analyzer/places.h"

static const char name[] = "out-of-memory";

/* A single request that is absurd by itself, whatever limits there are. */
#define HUGE_REQUEST (64ull << 30)

/* What mheap.grow prints: "runtime: out of memory: cannot allocate N-byte block (U in use)". */
struct request {
	uint64_t bytes, in_use;
	bool known;
};

static bool parse_hex(const char *words, uint64_t *value)
{
	char *end;
	if (words == NULL || strncmp(words, "0x", 2) != 0)
		return false;
	*value = strtoull(words, &end, 16);
	return *end == ',' || *end == '\0'; /* not "?": a word that may be stale */
}

/* The size in the arguments of runtime.mallocgc(size, type, needzero), where they are still good.
 */
static bool size_of_mallocgc(const struct trace *trace, uint64_t *bytes)
{
	for (size_t i = 0; i < trace->count; i++)
		if (strcmp(trace->frames[i].call->function, "runtime.mallocgc") == 0)
			return parse_hex(trace->frames[i].arg_words, bytes);
	return false;
}

static struct request request_of(const struct death *death)
{
	struct request r = { 0 };
	r.known = number_after(death->fatal_preamble, "cannot allocate ", &r.bytes) &&
		  number_after(death->fatal_preamble, "block (", &r.in_use);
	if (!r.known)
		r.known = size_of_mallocgc(&death->culprit, &r.bytes);
	return r;
}

static void add_figure(struct findings *findings, struct finding *finding, const char *what,
		       struct memory_figure figure)
{
	if (figure.known)
		finding_labelled(findings, finding, "memory", 0, 0, "%s: %s", what,
				 sized(findings->arena, figure.bytes));
}

static void add_figures(const struct snapshot *snapshot, struct findings *findings,
			struct finding *finding)
{
	struct memory memory;
	snapshot_memory(snapshot, &memory);
	add_figure(findings, finding, "heap in use", memory.heap_in_use);
	add_figure(findings, finding, "live at the last collection", memory.heap_marked);
	add_figure(findings, finding, "free, kept by the runtime", memory.heap_idle);
	add_figure(findings, finding, "stacks", memory.stacks);
	add_figure(findings, finding, "mapped and ready", memory.mapped_ready);
	if (memory.limit_set)
		add_figure(findings, finding, "GOMEMLIMIT", memory.memory_limit);
	if (memory.gc_percent_known)
		finding_labelled(findings, finding, "memory", 0, 0, "GOGC: %d",
				 (int)memory.gc_percent);
}

static void explain_request(const struct snapshot *snapshot, struct findings *findings,
			    struct finding *finding, const struct request *r)
{
	struct arena *arena = findings->arena;
	const struct trace_frame *cause = death_cause_frame(snapshot);
	if (r->known)
		finding_labelled(findings, finding, "request", 0, 0, "%s bytes (%s)",
				 grouped(arena, r->bytes), sized(arena, r->bytes));
	if (r->known && r->bytes >= HUGE_REQUEST) {
		finding_title(findings, finding, "one allocation of %s", sized(arena, r->bytes));
		finding_explain(
			findings, finding,
			"A single allocation asked for more than the process could ever get.");
		if (cause != NULL)
			finding_advise(findings, finding, "See how %s came by that size.",
				       place_of(arena, cause->call));
	} else if (strcmp(finding->kind, "address-space") == 0) {
		finding_explain(
			findings, finding,
			"The kernel refused to reserve more addresses, though no memory was asked "
			"for with them yet: the process is at its limit of address space (ulimit "
			"-v), or at the kernel's limit of mappings (vm.max_map_count).");
	} else {
		finding_explain(
			findings, finding,
			"The kernel refused memory for addresses that the runtime had reserved: "
			"the process is at a limit (ulimit -d, ulimit -v, vm.overcommit_memory, "
			"vm.max_map_count), or the machine is out of memory. A container's limit "
			"would have killed the process without a core.");
	}
}

static const char *memory_kind(const struct fatal_story *story, const struct request *r)
{
	return r->known && r->bytes >= HUGE_REQUEST ? "allocation-failed" : story->kind;
}

static void add_memory(const struct snapshot *snapshot, struct findings *findings,
		       const struct fatal_story *story)
{
	struct request r = request_of(&snapshot->death);
	struct finding *finding = findings_add_death(findings, snapshot, name, story->class,
						     memory_kind(story, &r),
						     death_confidence(snapshot, story));
	finding->title = story->title;
	explain_request(snapshot, findings, finding, &r);
	add_figures(snapshot, findings, finding);
}

static uint64_t count_status(const struct snapshot *snapshot, unsigned status)
{
	return status < G_STATUS_SLOTS ? snapshot->by_status[status] : 0;
}

static uint64_t count_locked(const struct snapshot *snapshot)
{
	uint64_t n = 0;
	for (size_t i = 0; i < snapshot->goroutine_count; i++)
		n += snapshot->goroutines[i].locked_m != 0;
	return n;
}

static void add_threads(const struct snapshot *snapshot, struct findings *findings,
			const struct fatal_story *story)
{
	const char *lines = snapshot->death.fatal_preamble;
	struct finding *finding = findings_add_death(findings, snapshot, name, story->class,
						     story->kind,
						     death_confidence(snapshot, story));
	struct arena *arena = findings->arena;
	uint64_t n;
	if (number_after(lines, "program exceeds ", &n)) {
		finding_title(findings, finding, "the program needed more than %s threads",
			      grouped(arena, n));
		finding_explain(
			findings, finding,
			"The runtime's own limit of threads (runtime/debug.SetMaxThreads) was "
			"reached.");
	} else if (number_after(lines, "failed to create new OS thread (have ", &n)) {
		finding_title(findings, finding, "the kernel refused a thread after %s",
			      grouped(arena, n));
		finding_explain(
			findings, finding,
			"The kernel refused to start one more thread: a limit of processes (ulimit "
			"-u), of a control group (pids.max), or of memory.");
	} else {
		finding->title = "one more thread could not be had";
	}
	finding_labelled(findings, finding, "threads", 0, 0, "%zu in the core",
			 snapshot->thread_count);
	finding_labelled(findings, finding, "threads", 0, 0, "%s goroutines in system calls or C",
			 grouped(arena, count_status(snapshot, G_SYSCALL)));
	finding_labelled(findings, finding, "threads", 0, 0, "%s goroutines locked to a thread",
			 grouped(arena, count_locked(snapshot)));
	finding_advise(
		findings, finding,
		"Each goroutine that is in a system call, in C, or locked to a thread holds a "
		"thread: see where they are (gocore goroutines).");
}

DETECTOR(memory)
{
	(void)options;
	const struct fatal_story *story = death_story(snapshot, CLASS_OUT_OF_MEMORY);
	if (story == NULL)
		return;
	if (strcmp(story->kind, "thread-limit") == 0)
		add_threads(snapshot, findings, story);
	else
		add_memory(snapshot, findings, story);
}
