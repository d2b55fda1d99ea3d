#include "tests/unit/fake_snapshot.h"

#include "goruntime/codeplaces.h"
#include "goruntime/frame_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct snapshot_private { /* goruntime's own is not linked */
	struct fake *fake;
};

static struct fake *fake_of(const struct snapshot *snapshot)
{
	return snapshot->private->fake;
}

const struct leaks *snapshot_leaks(const struct snapshot *snapshot)
{
	fake_of(snapshot)->proofs++;
	return &fake_of(snapshot)->leaks;
}

void snapshot_scheduler(const struct snapshot *snapshot, struct arena *arena,
			struct scheduler *scheduler)
{
	(void)arena;
	*scheduler = fake_of(snapshot)->scheduler;
}

void scheduler_stopper(const struct snapshot *snapshot, const struct scheduler *scheduler,
		       struct arena *arena, struct stopper *stopper)
{
	(void)scheduler;
	(void)arena;
	*stopper = fake_of(snapshot)->stopper;
}

const char *processor_status_name(uint32_t status)
{
	return status == P_IDLE ? "idle" : "running";
}

void fake_init(struct fake *fake)
{
	*fake = (struct fake){ 0 };
	arena_init(&fake->arena);
	caveats_init(&fake->caveats, &fake->arena);
	struct snapshot *s = &fake->snapshot;
	fake->stopper = (struct stopper){ NO_INDEX, NO_INDEX, NULL };
	s->arena = &fake->arena;
	s->caveats = &fake->caveats;
	s->private = arena_alloc(&fake->arena, sizeof(*s->private));
	s->private->fake = fake;
	s->threads = arena_alloc(&fake->arena, sizeof(*s->threads));
	s->threads[0] = (struct thread){ .m = 0x1000, .goroutine = NO_INDEX };
	s->thread_count = 1;
	s->death = (struct death){
		.thread = 0,
		.goroutine = NO_INDEX,
		.second_thread = NO_INDEX,
		.second_goroutine = NO_INDEX,
	};
}

void fake_release(struct fake *fake)
{
	free(fake->snapshot.goroutines);
	free(fake->facts);
	arena_release(&fake->arena);
}

struct goroutine *fake_add(struct fake *fake, unsigned status, const char *wait, const char *stack)
{
	struct snapshot *s = &fake->snapshot;
	size_t i = s->goroutine_count++;
	if (i == fake->room) {
		fake->room = fake->room ? fake->room * 2 : 64;
		s->goroutines = memory_grow(s->goroutines, fake->room * sizeof(*s->goroutines));
		fake->facts = memory_grow(fake->facts, fake->room * sizeof(*fake->facts));
	}
	s->goroutines[i] = (struct goroutine){
		.addr = 0xc000000000 + i * 0x200,
		.id = i + 1,
		.stack_lo = 0xc000100000 + i * 0x1000,
		.stack_hi = 0xc000100800 + i * 0x1000,
		.gopc = 0x401000,
		.startpc = 0x402000,
		.status = (uint8_t)status,
		.thread = NO_INDEX,
	};
	/* The number of a wait reason: any that tells them apart. */
	for (const char *p = wait; *p != '\0'; p++)
		s->goroutines[i].wait_reason = (uint8_t)(s->goroutines[i].wait_reason * 7 + *p);
	fake->facts[i] =
		(struct fake_goroutine){ .wait = wait, .stack = stack, .wait_seconds = -1 };
	return &s->goroutines[i];
}

struct fake_goroutine *fake_facts(struct fake *fake, const struct goroutine *g)
{
	return &fake->facts[g - fake->snapshot.goroutines];
}

void fake_crowd(struct fake *fake, size_t count, const char *wait, const char *stack,
		uint64_t object, uint64_t step)
{
	for (size_t i = 0; i < count; i++) {
		struct fake_goroutine *facts =
			fake_facts(fake, fake_add(fake, G_WAITING, wait, stack));
		facts->objects[0].addr = object + i * step;
		facts->object_count = object != 0;
	}
}

static enum func_id id_of(const char *function)
{
	static const struct {
		const char *function;
		enum func_id id;
	} ids[] = {
		{ "panic", FUNC_GOPANIC },
		{ "runtime.sigpanic", FUNC_SIGPANIC },
		{ "runtime.abort", FUNC_ABORT },
	};
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (strcmp(ids[i].function, function) == 0)
			return ids[i].id;
	return FUNC_NORMAL;
}

static void add_frame(struct fake *fake, struct trace *trace, const char *text, size_t n)
{
	struct call *call = arena_alloc(&fake->arena, sizeof(*call));
	char *function = arena_strndup(&fake->arena, text, n);
	char *colon = strrchr(function, ':');
	call->line = colon ? atoi(colon + 1) : 10;
	if (colon != NULL)
		*colon = '\0';
	call->function = call->symbol = function;
	call->file = "/src/app/main.go";
	call->id = id_of(function);
	bool trap = trace->count > 0 && trace->frames[trace->count - 1].call->id == FUNC_SIGPANIC;
	trace->frames[trace->count] = (struct trace_frame){
		.call = call,
		.pc = 0x480000 + trace->count * 0x100,
		.trap = trap,
	};
	trace->count++;
}

void fake_trace(struct fake *fake, const char *stack, struct trace *trace)
{
	*trace = (struct trace){ .end = UNWIND_COMPLETE };
	size_t most = 1;
	for (const char *p = stack; *p != '\0'; p++)
		most += *p == ';';
	trace->frames = arena_alloc(&fake->arena, most * sizeof(*trace->frames));
	while (*stack != '\0') {
		size_t n = strcspn(stack, ";");
		add_frame(fake, trace, stack, n);
		stack += n;
		stack += *stack == ';';
	}
	trace->total = trace->count;
}

static size_t first_of_main(const struct trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		if (strncmp(trace->frames[i].call->function, "main.", 5) == 0)
			return i;
	return 0;
}

struct death *fake_death(struct fake *fake, enum death_way way, const char *stack)
{
	struct death *death = &fake->snapshot.death;
	struct goroutine *g = fake_add(fake, G_RUNNING, "", stack);
	death->way = way;
	death->goroutine = (uint32_t)(g - fake->snapshot.goroutines);
	fake_trace(fake, stack, &death->culprit);
	death->cause_frame = first_of_main(&death->culprit);
	death->panics.items = fake->panics;
	death->kernel = (struct death_signal){
		.present = true,
		.number = 6,
		.code = -6,
		.sent = true,
		.by_runtime = true,
		.record = "NT_SIGINFO",
	};
	return death;
}

struct panic_record *fake_panic(struct fake *fake, const char *type, const char *text)
{
	struct panic_record *p = &fake->panics[fake->snapshot.death.panics.count++];
	*p = (struct panic_record){
		.addr = 0xc000200000,
		.type = type,
		.record_type = type,
		.text = text,
		.printed = text,
	};
	return p;
}

void fake_panicked(struct fake *fake, const char *type, const char *text, const char *stack)
{
	fake_death(fake, DEATH_PANIC, stack);
	fake_panic(fake, type, text);
}

void fake_threw(struct fake *fake, enum death_way way, const char *text, const char *preamble,
		const char *stack)
{
	struct death *death = fake_death(fake, way, stack);
	death->fatal_text = text;
	death->fatal_text_record = "printBacklog";
	death->fatal_preamble = preamble;
}

struct death_signal *fake_fault(struct fake *fake, int number, int code, uint64_t addr, uint64_t pc)
{
	struct death_signal *fault = &fake->snapshot.death.fault;
	*fault = (struct death_signal){
		.present = true,
		.number = number,
		.code = code,
		.addr = addr,
		.has_addr = code > 0 && code != 0x80,
		.sent = code <= 0,
		.pc = pc,
		.record = "g.sig",
	};
	return fault;
}

/* --- stubs of goruntime --- */

static struct fake_goroutine *facts_of(const struct snapshot *s, const struct goroutine *g)
{
	return &fake_of(s)->facts[g - s->goroutines];
}

const char *g_status_text(unsigned status)
{
	static const char *const words[] = {
		[G_IDLE] = "idle",	 [G_RUNNABLE] = "runnable", [G_RUNNING] = "running",
		[G_SYSCALL] = "syscall", [G_WAITING] = "waiting",   [G_DEAD] = "dead",
	};
	return status < sizeof(words) / sizeof(words[0]) && words[status] ? words[status] : "???";
}

const char *goroutine_wait(const struct snapshot *s, const struct goroutine *g)
{
	return g->status == G_WAITING ? facts_of(s, g)->wait : "";
}

double goroutine_wait_seconds(const struct snapshot *s, const struct goroutine *g)
{
	return facts_of(s, g)->wait_seconds;
}

const struct call *goroutine_created_by(const struct snapshot *s, const struct goroutine *g)
{
	struct trace trace;
	if (facts_of(s, g)->created_by == NULL)
		return NULL;
	fake_trace(fake_of(s), facts_of(s, g)->created_by, &trace);
	return trace.frames[0].call;
}

const struct call *goroutine_start(const struct snapshot *s, const struct goroutine *g)
{
	struct trace trace;
	if (facts_of(s, g)->started_by == NULL)
		return NULL;
	fake_trace(fake_of(s), facts_of(s, g)->started_by, &trace);
	return trace.frames[0].call;
}

const struct call *goroutine_started(const struct snapshot *s, const struct goroutine *g)
{
	return goroutine_start(s, g);
}

const struct goroutine *snapshot_goroutine(const struct snapshot *s, uint64_t id)
{
	return id >= 1 && id <= s->goroutine_count ? &s->goroutines[id - 1] : NULL;
}

void code_places_check(const struct snapshot *s, struct code_place *places, size_t count)
{
	const struct fake *fake = fake_of(s);
	for (size_t i = 0; i < count; i++)
		places[i].known = places[i].fits =
			!fake->no_places &&
			(fake->place == NULL || strcmp(places[i].function, fake->place) == 0);
}

bool lock_use_of(const struct snapshot *s, const struct trace *trace, struct arena *arena,
		 struct lock_use *use)
{
	(void)trace;
	(void)arena;
	*use = fake_of(s)->lock;
	return use->addr != 0;
}

bool torn_values_known(const struct snapshot *s)
{
	return !fake_of(s)->no_variables;
}

size_t torn_values_find(const struct snapshot *s, struct arena *arena,
			struct torn_value values[TORN_MAX])
{
	(void)arena;
	values[0] = fake_of(s)->torn;
	values[0].frame = &s->death.culprit.frames[s->death.cause_frame];
	return values[0].path != NULL;
}

bool memory_name(const struct snapshot *s, const struct goroutine *g, uint64_t addr,
		 struct arena *arena, struct memory_name *name)
{
	(void)g;
	(void)addr;
	(void)arena;
	*name = fake_of(s)->memory_name;
	return name->path != NULL;
}

size_t goroutine_wait_objects(const struct snapshot *s, const struct goroutine *g,
			      struct wait_object *objects, size_t room)
{
	const struct fake_goroutine *facts = facts_of(s, g);
	for (size_t i = 0; i < facts->object_count && i < room; i++)
		objects[i] = facts->objects[i];
	return facts->object_count;
}

uint64_t goroutine_wait_object(const struct snapshot *s, const struct goroutine *g)
{
	return facts_of(s, g)->object_count > 0 ? facts_of(s, g)->objects[0].addr : 0;
}

void goroutine_wait_read(const struct snapshot *s, const struct goroutine *g, struct arena *arena,
			 struct wait *wait)
{
	(void)arena;
	*wait = facts_of(s, g)->waits_on;
}

bool goroutine_cancelled_context(const struct snapshot *s, const struct goroutine *g,
				 struct arena *arena, struct wait_context *context)
{
	(void)arena;
	*context = facts_of(s, g)->cancelled;
	return context->cancelled;
}

double wait_seconds_left(const struct snapshot *s, int64_t when)
{
	return when > 0 ? (double)(when - s->now_lower_bound) / 1e9 : -1;
}

const char *wait_kind_name(enum wait_kind kind)
{
	return kind == WAIT_MUTEX ? "mutex" : "other";
}

void holders_find(const struct snapshot *s, const struct lock_site *locks, size_t lock_count,
		  const struct lock_suspect *suspects, size_t count, struct arena *arena,
		  struct holders *holders)
{
	struct fake *fake = fake_of(s);
	*holders = (struct holders){ 0 };
	holders->items = arena_alloc(arena, (lock_count * count + 1) * sizeof(*holders->items));
	for (size_t l = 0; l < lock_count; l++)
		for (size_t i = 0; i < count; i++) {
			const struct fake_goroutine *facts = &fake->facts[suspects[i].goroutine];
			struct call *call = arena_alloc(arena, sizeof(*call));
			*call = (struct call){ .function = "main.locks", .symbol = "main.locks" };
			if (facts->holds == locks[l].addr || facts->may_hold == locks[l].addr ||
			    facts->only_holds == locks[l].addr)
				holders->items[holders->count++] = (struct holder){
					.lock = l,
					.goroutine = suspects[i].goroutine,
					.call = call,
					.strong = facts->holds == locks[l].addr,
					.only = facts->only_holds == locks[l].addr,
					.asks = suspects[i].waits_for == l,
					.exact = true,
				};
		}
}

bool reach_find(const struct snapshot *s, const uint32_t *goroutines, size_t goroutine_count,
		const uint64_t *objects, size_t object_count, bool globals, struct arena *arena,
		struct reach *reach)
{
	struct fake *fake = fake_of(s);
	*reach = (struct reach){ goroutine_count, object_count };
	reach->has = arena_alloc(arena, goroutine_count * object_count + 1);
	reach->by_all = arena_alloc(arena, object_count + 1);
	for (size_t o = 0; o < object_count; o++) {
		reach->by_all[o] = globals && objects[o] == fake->global;
		for (size_t g = 0; g < goroutine_count; g++)
			reach->has[g * object_count + o] =
				fake->facts[goroutines[g]].mentions == objects[o];
	}
	return !fake->reaches_too_much;
}

bool stack_mentions(const struct snapshot *s, const struct goroutine *g, uint64_t addr)
{
	return facts_of(s, g)->mentions == addr;
}

/* One stack for one text; its address tells them apart, so texts are to be literals. */
void snapshot_walk_stacks(const struct snapshot *s)
{
	(void)s;
}

const struct stack *goroutine_stack(const struct snapshot *s, const struct goroutine *g)
{
	struct fake *fake = fake_of(s);
	struct stack *stack = arena_alloc(&fake->arena, sizeof(*stack));
	stack->id = (uint32_t)(uintptr_t)facts_of(s, g)->stack;
	fake->stack_walks++;
	return stack;
}

void goroutine_trace(const struct snapshot *s, const struct goroutine *g, bool args,
		     struct arena *arena, struct trace *trace)
{
	(void)args;
	(void)arena;
	fake_trace(fake_of(s), facts_of(s, g)->stack, trace);
	fake_of(s)->traced = g;
}

void goroutine_mixed_trace(const struct snapshot *s, const struct goroutine *g, bool args,
			   struct arena *arena, struct trace *trace)
{
	goroutine_trace(s, g, args, arena, trace);
}

void thread_trace(const struct snapshot *s, const struct thread *thread, bool args,
		  struct arena *arena, struct trace *trace)
{
	(void)thread;
	(void)args;
	(void)arena;
	fake_trace(fake_of(s), fake_of(s)->thread_stack ? fake_of(s)->thread_stack : "", trace);
}

struct calls snapshot_calls(const struct snapshot *s, uint64_t pc, uint64_t lookup_pc)
{
	(void)lookup_pc;
	if (pc == 0 || pc != fake_of(s)->go_pc || s->death.culprit.count == 0)
		return (struct calls){ 0 };
	return (struct calls){ s->death.culprit.frames[0].call, 1 };
}

const char *snapshot_c_location(const struct snapshot *s, uint64_t pc, struct arena *arena)
{
	(void)pc;
	(void)arena;
	return fake_of(s)->c_location;
}

void snapshot_memory(const struct snapshot *s, struct memory *memory)
{
	*memory = fake_of(s)->memory;
}

void snapshot_gc_state(const struct snapshot *s, bool walk, struct arena *arena,
		       struct gc_state *state)
{
	(void)walk;
	(void)arena;
	*state = fake_of(s)->gc;
}

void snapshot_settings(const struct snapshot *s, struct arena *arena, struct settings *settings)
{
	(void)arena;
	*settings = fake_of(s)->settings;
}

void goroutine_defers(const struct snapshot *s, const struct goroutine *g, struct defers *defers)
{
	(void)g;
	*defers = fake_of(s)->defers;
}

bool snapshot_is_text(const struct snapshot *s, uint64_t number)
{
	(void)s;
	(void)number;
	return false;
}

void snapshot_address(const struct snapshot *s, uint64_t addr, struct arena *arena,
		      struct address *address)
{
	(void)addr;
	(void)arena;
	*address = fake_of(s)->address;
}

size_t death_used_objects(const struct snapshot *s, uint64_t wanted, bool allocated,
			  struct arena *arena, struct used_object *objects, size_t room)
{
	(void)wanted, (void)arena;
	if (fake_of(s)->used.text == NULL || room == 0 || !(allocated || fake_of(s)->used.freed))
		return 0;
	objects[0] = fake_of(s)->used;
	return 1;
}

void snapshot_wild_pointers(const struct snapshot *s, struct arena *arena, struct referrers *wild)
{
	(void)arena;
	*wild = fake_of(s)->wild;
	fake_of(s)->searches++;
}

void snapshot_referrers(const struct snapshot *s, uint64_t lo, uint64_t hi, unsigned kinds,
			struct arena *arena, struct referrers *referrers)
{
	struct fake *fake = fake_of(s);
	(void)lo;
	(void)hi;
	(void)arena;
	fake->searches++;
	*referrers = kinds == REFERRERS_ALL ? fake->referrers : fake->stack_referrers;
}

const struct heap_checks *snapshot_heap_checks(const struct snapshot *s)
{
	return &fake_of(s)->checks;
}

bool death_span(const struct snapshot *s, struct arena *arena, struct span_facts *facts)
{
	(void)arena;
	*facts = fake_of(s)->span;
	return facts->text != NULL;
}

size_t snapshot_broken_stacks(const struct snapshot *s, struct arena *arena,
			      struct broken_stack *stacks, size_t room)
{
	(void)arena;
	if ((fake_of(s)->broken.call == NULL && !fake_of(s)->broken.landed) || room == 0)
		return 0;
	stacks[0] = fake_of(s)->broken;
	return 1;
}

size_t snapshot_bad_records(const struct snapshot *s, struct arena *arena,
			    struct bad_record *records, size_t room)
{
	(void)arena;
	if (fake_of(s)->bad_record == NULL || room == 0)
		return 0;
	records[0] = (struct bad_record){ .goroutine = 0, .text = fake_of(s)->bad_record };
	return 1;
}

bool death_wild_sp(const struct snapshot *s, uint64_t *sp)
{
	*sp = fake_of(s)->wild_sp;
	return *sp != 0;
}

bool death_bad_return(const struct snapshot *s, struct arena *arena, struct broken_stack *broken)
{
	(void)arena;
	*broken = fake_of(s)->bad_return;
	return broken->value != 0 || fake_of(s)->returned;
}

const char *stack_word_place(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	(void)addr;
	(void)arena;
	return fake_of(s)->word_place;
}

bool snapshot_fault(const struct snapshot *s, const struct death_signal *fault, struct arena *arena,
		    struct fault_insn *insn)
{
	(void)fault;
	(void)arena;
	*insn = fake_of(s)->insn;
	return fake_of(s)->has_insn;
}

void goroutine_recursion(const struct snapshot *s, const struct goroutine *g, struct arena *arena,
			 struct recursion *recursion)
{
	(void)g;
	(void)arena;
	*recursion = fake_of(s)->recursion;
}

/* The goroutine whose stack TRACE is: the culprit, or the last one that was asked for. */
static const struct fake_goroutine *traced_facts(const struct snapshot *s,
						 const struct trace *trace)
{
	return trace == &s->death.culprit ? &fake_of(s)->facts[s->death.goroutine]
					  : facts_of(s, fake_of(s)->traced);
}

void map_use_of(const struct snapshot *s, const struct trace *trace, struct map_use *use)
{
	const struct fake_goroutine *facts = traced_facts(s, trace);
	*use = (struct map_use){ 0 };
	for (size_t i = 0; i < trace->count && use->user == NULL; i++) {
		const char *function = trace->frames[i].call->function;
		if (strncmp(function, "runtime.map", 11) == 0)
			use->entry = &trace->frames[i];
		else if (strncmp(function, "main.", 5) == 0 && use->entry != NULL)
			use->user = &trace->frames[i];
	}
	if (use->user == NULL || facts->map == 0)
		return;
	use->map_count = 1;
	use->maps[0] = (struct map_word){ facts->map, 0x600000, !facts->map_guessed };
}

bool map_facts_read(const struct snapshot *s, const struct map_word *map, struct arena *arena,
		    struct map_facts *facts)
{
	(void)map;
	(void)arena;
	*facts = fake_of(s)->map_facts;
	return fake_of(s)->has_map_facts;
}

const struct trace_frame *trace_frame_with(const struct snapshot *s, const struct trace *trace,
					   uint64_t addr, bool *referred)
{
	(void)referred;
	return traced_facts(s, trace)->has_map == addr ? &trace->frames[0] : NULL;
}

const char *map_variable(const struct snapshot *s, const struct goroutine *g,
			 const struct trace *trace, const struct trace_frame *frame, uint64_t addr,
			 struct arena *arena)
{
	const struct fake *fake = fake_of(s);
	(void)g;
	(void)trace;
	(void)frame;
	(void)addr;
	(void)arena;
	return fake->no_map_variable ? NULL : "m";
}

struct values *values_create(const struct snapshot *s, struct arena *arena,
			     const struct value_limits *limits)
{
	(void)s;
	(void)arena;
	(void)limits;
	return NULL;
}

void frame_variables(struct values *values, const struct goroutine *g, const struct trace *trace,
		     size_t frame, struct variables *variables)
{
	(void)values;
	(void)g;
	(void)trace;
	(void)frame;
	*variables = (struct variables){ 0 };
}

void variable_make(struct values *values, const struct variable *variable, struct value *value)
{
	(void)values;
	(void)variable;
	*value = (struct value){ 0 };
}

bool value_of_panic(struct values *values, const struct panic_record *p, struct value *value)
{
	(void)values;
	(void)p;
	(void)value;
	return false;
}

/* The func value at 0x1000 has captured five variables, others none. */
void value_of_closure(struct values *values, uint64_t closure, struct value *value)
{
	enum { COUNT = 5 };
	static const struct value captured[COUNT] = {
		{ .name = "a", .type = "int", .kind = "int", .text = "1" },
		{ .name = "b", .type = "int", .kind = "int", .text = "2" },
		{ .name = "c", .type = "int", .kind = "int", .text = "3" },
		{ .name = "d", .type = "int", .kind = "int", .text = "4" },
		{ .name = "e", .type = "int", .kind = "int", .text = "5" },
	};
	(void)values;
	*value = (struct value){ .name = "", .type = "func()", .kind = "func", .text = "main.f" };
	if (closure != 0x1000)
		return;
	value->children = captured;
	value->child_count = COUNT;
}

const char *value_state_name(enum value_state state)
{
	(void)state;
	return "ok";
}
