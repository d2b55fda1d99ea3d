/*
 * The walk over the runtime's records: a real core, damaged where the input says, and every
 * question asked of the snapshot of it. GOCORE_FUZZ_CORE and GOCORE_FUZZ_EXE name the files (see
 * with_core.py); the core as it is tells where each record lies, so that an input names a record
 * and not an address and fits any core.
 *
 * The input is one u32, the bytes to keep of the core file (0: all), and patches of 24 bytes, all
 * little-endian:
 *
 *   u8 place, u8 width (1, 2, 4, 8), u16 index, u32 offset: what is overwritten
 *   u8 mode, u8 place, u16 index, u32 offset, u64 value: by what
 *
 * MODE_VALUE writes VALUE, MODE_ADD adds it to what is there, MODE_ADDRESS writes the address of
 * the second place plus VALUE.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/vec.h"
#include "goruntime/brokenstack.h"
#include "goruntime/defers.h"
#include "goruntime/environment.h"
#include "goruntime/frame_values.h"
#include "goruntime/gcstate.h"
#include "goruntime/gotype.h"
#include "goruntime/heapcheck.h"
#include "goruntime/leaks.h"
#include "goruntime/lockuse.h"
#include "goruntime/private.h"
#include "goruntime/settings.h"
#include "goruntime/traceback.h"
#include "goruntime/wildpointers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATCH_BYTES = 24, PATCHES_MAX = 64, CPU_SECONDS = 10 };
enum mode { MODE_VALUE, MODE_ADD, MODE_ADDRESS, MODE_COUNT };

/* New ones go to the end: the corpus has their numbers. */
enum place {
	PLACE_FILE,	 /* of the core file */
	PLACE_SEGMENT,	 /* INDEX of the core's segments */
	PLACE_GLOBAL,	 /* INDEX of globals[] */
	PLACE_G,	 /* runtime.g, in the order of allgs */
	PLACE_STACK,	 /* from sched.sp of a goroutine on */
	PLACE_M,	 /* runtime.m, in the order of the threads */
	PLACE_G0,	 /* of an M */
	PLACE_GSIGNAL,	 /* of an M */
	PLACE_REGISTERS, /* what the stack pointer of a thread points to */
	PLACE_PANIC,	 /* of the culprit, oldest first */
	PLACE_TYPE,	 /* of its value */
	PLACE_LABELS,	 /* of a goroutine, those that have them counted */
	PLACE_WAIT,	 /* the sudog of a goroutine, those that have one counted */
	PLACE_ALLGS,	 /* the array */
	PLACE_COUNT,
};

static const enum rt_global globals[] = {
	RT_FIRSTMODULEDATA, RT_ALLGS, RT_ALLGLEN, RT_ALLGPTR, RT_ALLM, RT_ALLP, RT_SCHED_, RT_MHEAP_,
	RT_MEMSTATS, RT_GCCONTROLLER_, RT_PRINTBACKLOG, RT_PRINTBACKLOGINDEX, RT_BUILDVERSION,
	RT_FINGSTATUS, RT_ISCGO, RT_GCPHASE,
};

typedef VEC(uint64_t) addresses;

/* The files, and where the records lie in the core as it is. Made once. */
static struct base {
	bool ready;
	int fd;
	size_t size;
	struct arena arena;
	struct elffile exe;
	struct core_segment *segments; /* as of the undamaged core */
	size_t segment_count;
	addresses places[PLACE_COUNT];
} base;

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static uint8_t *map_core(void)
{
	uint8_t *p = mmap(NULL, base.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, base.fd, 0);
	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* --- where the records lie ---------------------------------------------------------------------- */

static void note(enum place place, uint64_t addr)
{
	vec_push(&base.places[place], addr);
}

static void note_goroutine(const struct snapshot *s, const struct goroutine *g)
{
	uint64_t waiting;
	note(PLACE_G, g->addr);
	note(PLACE_STACK, g->syscall_sp ? g->syscall_sp : g->sched_sp);
	if (g->labels != 0)
		note(PLACE_LABELS, g->labels);
	if (image_u64(s->image, g->addr + s->layout.field[G_SUDOG].offset, &waiting, NULL) &&
	    waiting != 0)
		note(PLACE_WAIT, waiting);
}

static void note_thread(const struct snapshot *s, const struct thread *t)
{
	note(PLACE_M, t->m);
	note(PLACE_G0, t->g0);
	note(PLACE_GSIGNAL, t->gsignal);
	note(PLACE_REGISTERS, t->lwp ? t->lwp->regs.value[s->image->arch->sp] : 0);
}

static void note_records(const struct snapshot *s)
{
	uint64_t addr;
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
		note(PLACE_GLOBAL, globals_get(&s->globals, globals[i], &addr) ? addr : 0);
	for (size_t i = 0; i < s->goroutine_count; i++)
		note_goroutine(s, &s->goroutines[i]);
	for (size_t i = 0; i < s->thread_count; i++)
		note_thread(s, &s->threads[i]);
	for (size_t i = 0; i < s->death.panics.count; i++) {
		note(PLACE_PANIC, s->death.panics.items[i].addr);
		note(PLACE_TYPE, s->death.panics.items[i].value_type);
	}
	if (globals_get(&s->globals, RT_ALLGPTR, &addr) && image_u64(s->image, addr, &addr, NULL))
		note(PLACE_ALLGS, addr);
}

static bool survey(struct corefile *core, struct image *image, struct snapshot *s,
		   struct caveats *caveats, struct error *err)
{
	struct image_options options = { .executable = &base.exe, .no_objects = true };
	struct bytes bytes = { map_core(), base.size };
	if (!corefile_parse(bytes, "core", &base.arena, core, caveats, err) ||
	    !image_build(core, &options, &base.arena, image, caveats, err) ||
	    !snapshot_take(image, &base.arena, s, caveats, err))
		return false;
	base.segments = core->segments;
	base.segment_count = core->segment_count;
	for (size_t i = 0; i < core->segment_count; i++)
		note(PLACE_SEGMENT, core->segments[i].lo);
	note(PLACE_FILE, 0);
	note_records(s);
	snapshot_release(s);
	image_close(image);
	munmap((void *)bytes.data, bytes.size);
	return true;
}

static void prepare(void)
{
	const char *core_path = getenv("GOCORE_FUZZ_CORE"), *exe_path = getenv("GOCORE_FUZZ_EXE");
	struct error err = ERROR_INIT;
	struct caveats caveats;
	struct corefile core = { 0 };
	struct image image = { 0 };
	struct snapshot snapshot;
	struct stat st;
	if (core_path == NULL || exe_path == NULL) {
		fputs("GOCORE_FUZZ_CORE and GOCORE_FUZZ_EXE name a core and its executable: "
		      "run this by with_core.py\n", stderr);
		exit(EXIT_FAILURE);
	}
	base.fd = open(core_path, O_RDONLY | O_CLOEXEC);
	if (base.fd < 0 || fstat(base.fd, &st) != 0)
		die(core_path);
	base.size = (size_t)st.st_size;
	arena_init(&base.arena);
	caveats_init(&caveats, &base.arena);
	if (!elffile_open(exe_path, &base.arena, &base.exe, &err) ||
	    !survey(&core, &image, &snapshot, &caveats, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(EXIT_FAILURE);
	}
	base.ready = true;
}

/* --- damage ------------------------------------------------------------------------------------- */

static uint64_t address_of(uint8_t place, uint16_t index, uint32_t offset)
{
	const addresses *all = &base.places[place % PLACE_COUNT];
	return all->count ? all->items[index % all->count] + offset : 0;
}

/* The WIDTH bytes at ADDR in the file; NULL where the core does not have them. */
static uint8_t *file_bytes(uint8_t *core, uint8_t place, uint64_t addr, unsigned width)
{
	if (place % PLACE_COUNT == PLACE_FILE)
		return addr < base.size && width <= base.size - addr ? core + addr : NULL;
	for (size_t i = 0; i < base.segment_count; i++) {
		const struct core_segment *s = &base.segments[i];
		if (addr >= s->lo && addr - s->lo < s->present &&
		    width <= s->present - (addr - s->lo))
			return core + s->offset + (addr - s->lo);
	}
	return NULL;
}

static void apply(uint8_t *core, struct cursor *c)
{
	uint8_t place = cursor_u8(c), width = cursor_u8(c);
	uint16_t index = cursor_u16(c);
	uint32_t offset = cursor_u32(c);
	uint8_t mode = cursor_u8(c), other = cursor_u8(c);
	uint16_t other_index = cursor_u16(c);
	uint32_t other_offset = cursor_u32(c);
	uint64_t value = cursor_u64(c), old = 0;
	width = width == 1 || width == 2 || width == 4 ? width : 8;
	uint8_t *to = file_bytes(core, place, address_of(place, index, offset), width);
	if (c->failed || to == NULL)
		return;
	memcpy(&old, to, width);
	if (mode % MODE_COUNT == MODE_ADD)
		value += old;
	else if (mode % MODE_COUNT == MODE_ADDRESS)
		value += address_of(other, other_index, other_offset);
	memcpy(to, &value, width);
}

/* --- questions ---------------------------------------------------------------------------------- */

static void ask_goroutine(const struct snapshot *s, const struct goroutine *g, struct arena *arena)
{
	struct wait_object objects[8];
	struct trace trace;
	struct recursion recursion;
	struct address address;
	size_t count;
	goroutine_wait(s, g);
	goroutine_wait_seconds(s, g);
	goroutine_created_by(s, g);
	goroutine_start(s, g);
	goroutine_locked_thread(s, g);
	goroutine_wait_objects(s, g, objects, 8);
	goroutine_labels(s, g, arena, &count);
	goroutine_trace(s, g, true, arena, &trace);
	if (trace.count > 2 * STACK_KEEP_ALL || trace.total < trace.count)
		__builtin_trap();
	if (goroutine_stack(s, g)->depth > STACK_KEEP_ALL)
		goroutine_recursion(s, g, arena, &recursion);
	snapshot_address(s, g->panic, arena, &address);
	snapshot_address(s, g->sched_sp, arena, &address);
}

static void ask_traceback(const struct snapshot *s, const struct goroutine *g)
{
	_cleanup_str_ struct str text = { 0 };
	struct traceback traceback;
	traceback_init(&traceback, s, TRACEBACK_SYSTEM);
	traceback_add(&traceback, g, &text);
}

static void ask_thread(const struct snapshot *s, const struct thread *t, struct arena *arena)
{
	struct trace trace;
	struct address address;
	thread_trace(s, t, true, arena, &trace);
	if (t->lwp == NULL)
		return;
	snapshot_c_location(s, t->lwp->regs.value[s->image->arch->pc], arena);
	snapshot_address(s, t->lwp->regs.value[s->image->arch->sp], arena, &address);
}

/* What is asked of a death that smells of damaged memory, and of the process as a whole. */
static void ask_damage(const struct snapshot *s, struct arena *arena)
{
	struct referrers referrers;
	struct span_facts span;
	struct broken_stack broken[2];
	struct gc_state gc;
	struct settings settings;
	struct environment environment;
	struct defers defers;
	snapshot_referrers(s, s->death.fault.addr, s->death.fault.addr + 64, REFERRERS_ALL, arena,
			   &referrers);
	snapshot_wild_pointers(s, arena, &referrers);
	snapshot_heap_checks(s);
	death_span(s, arena, &span);
	snapshot_broken_stacks(s, arena, broken, 2);
	death_bad_return(s, arena, &broken[0]);
	snapshot_gc_state(s, true, arena, &gc);
	snapshot_settings(s, arena, &settings);
	environment_read(s, arena, &environment);
	for (size_t i = 0; i < s->goroutine_count && i < 20; i++)
		goroutine_defers(s, &s->goroutines[i], &defers);
}

/* The values that a report shows: of the panics, and of the culprit's frames. */
static void ask_values(const struct snapshot *s, struct arena *arena)
{
	const struct value_limits limits = {
		.depth = 3, .elements = 20, .text = 1000, .string = 200, .values = 2000
	};
	struct values *values = values_create(s, arena, &limits);
	const struct trace *trace = &s->death.culprit;
	struct value value;
	struct variables variables;
	struct lock_use use;
	for (size_t i = 0; i < s->death.panics.count; i++)
		value_of_panic(values, &s->death.panics.items[i], &value);
	for (size_t i = 0; i < trace->count && i < 20; i++) {
		frame_variables(values, NULL, trace, i, &variables);
		for (size_t k = 0; k < variables.count; k++)
			variable_make(values, &variables.items[k], &value);
	}
	lock_use_of(s, trace, arena, &use);
}

enum { GOROUTINES_MAX = 300, THREADS_MAX = 50 };

static void ask(const struct snapshot *s)
{
	struct arena arena;
	struct memory memory;
	struct fault_insn insn;
	struct address address;
	for (size_t i = 0; i < s->goroutine_count && i < GOROUTINES_MAX; i++) {
		arena_init(&arena);
		ask_goroutine(s, &s->goroutines[i], &arena);
		ask_traceback(s, &s->goroutines[i]);
		arena_release(&arena);
	}
	arena_init(&arena);
	for (size_t i = 0; i < s->thread_count && i < THREADS_MAX; i++)
		ask_thread(s, &s->threads[i], &arena);
	snapshot_memory(s, &memory);
	snapshot_leaks(s);
	snapshot_fault(s, &s->death.fault, &arena, &insn);
	snapshot_address(s, s->death.fault.addr, &arena, &address);
	ask_damage(s, &arena);
	ask_values(s, &arena);
	arena_release(&arena);
}

/* Goroutines listed and dead ones make up allgs, whatever the damage. */
static void check_account(const struct snapshot *s)
{
	uint64_t listed = 0;
	for (size_t i = 0; i < s->goroutine_count; i++)
		listed += s->goroutines[i].unreadable;
	if (s->goroutine_count - listed + s->unreadable + s->dead + s->deadextra != s->allgs_length)
		__builtin_trap();
}

static void take(struct bytes bytes, struct arena *arena)
{
	struct caveats caveats;
	struct corefile core;
	struct image image;
	struct snapshot snapshot;
	struct error err = ERROR_INIT;
	struct image_options options = { .executable = &base.exe, .no_objects = true };
	caveats_init(&caveats, arena);
	if (!corefile_parse(bytes, "core", arena, &core, &caveats, &err) ||
	    !image_build(&core, &options, arena, &image, &caveats, &err))
		return;
	if (snapshot_take(&image, arena, &snapshot, &caveats, &err)) {
		check_account(&snapshot);
		ask(&snapshot);
		snapshot_release(&snapshot);
	}
	image_close(&image);
}

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of((struct bytes){ data, size });
	struct arena arena;
	if (!base.ready)
		prepare();
	uint32_t keep = size >= 4 ? cursor_u32(&c) : 0;
	uint8_t *core = map_core();
	for (unsigned i = 0; i < PATCHES_MAX && cursor_left(&c) >= PATCH_BYTES; i++)
		apply(core, &c);
	arena_init(&arena);
	double start = cpu_seconds();
	take((struct bytes){ core, keep != 0 && keep < base.size ? keep : base.size }, &arena);
	if (cpu_seconds() - start > CPU_SECONDS)
		__builtin_trap();
	arena_release(&arena);
	munmap(core, base.size);
	return 0;
}
