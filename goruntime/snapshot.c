#include "goruntime/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "goruntime/cframe.h"
#include "goruntime/clines.h"
#include "goruntime/closuretype.h"
#include "goruntime/isgo.h"
#include "goruntime/private.h"

enum { MINOR_OLDEST_READABLE = 18 }; /* before, pclntab and moduledata have other headers */

static bool check_release(const struct snapshot *s, struct error *err)
{
	if (s->release.minor == 0 || s->release.minor >= MINOR_OLDEST_READABLE)
		return true;
	return error_set(err, ERROR_UNSUPPORTED, 0,
			 "%s is of a program built with %s: gocore reads go1.%d and later",
			 s->image->name, s->release.text, MINOR_OLDEST_READABLE);
}

static void open_dwarf(struct snapshot *s)
{
	struct error err = ERROR_INIT;
	const struct elffile *exe = image_dwarf(s->image);
	if (exe != NULL && exe->has_dwarf && !dwarf_open(exe, &s->dwarf, &err))
		s->dwarf = NULL;
}

static bool takes_long(const struct snapshot *s, const struct elffile *exe)
{
	if (!s->in_haste || exe == NULL || !dwarf_takes_long(exe))
		return false;
	if (!s->private->haste_told)
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "program",
			    "--brief: names of variables were not looked up, as %llu MB of compressed "
			    "DWARF take long to unpack",
			    (unsigned long long)(elffile_packed_dwarf(exe) >> 20));
	s->private->haste_told = true;
	return true;
}

const struct dwarf *snapshot_dwarf(const struct snapshot *s)
{
	const struct elffile *exe = image_dwarf(s->image);
	struct snapshot_private *p = s->private;
	if (s->dwarf != NULL)
		return s->dwarf;
	if (takes_long(s, exe))
		return NULL;
	if (p->dwarf == NULL && exe != NULL && exe->has_dwarf &&
	    !dwarf_open(exe, &p->dwarf, NULL))
		p->dwarf = NULL;
	return p->dwarf;
}

struct object_dwarf {
	struct object_dwarf *next;
	const struct elffile *elf;
	struct dwarf *dwarf; /* NULL: it has none */
};

static const struct dwarf *dwarf_of_object(const struct snapshot *s, const struct elffile *elf)
{
	struct snapshot_private *p = s->private;
	struct object_dwarf *o = p->object_dwarfs;
	while (o != NULL && o->elf != elf)
		o = o->next;
	if (o != NULL)
		return o->dwarf;
	if (takes_long(s, elf))
		return NULL;
	o = arena_alloc(s->arena, sizeof(*o));
	*o = (struct object_dwarf){ .next = p->object_dwarfs, .elf = elf };
	if (!elf->has_dwarf || !dwarf_open(elf, &o->dwarf, NULL))
		o->dwarf = NULL;
	p->object_dwarfs = o;
	return o->dwarf;
}

const struct dwarf *snapshot_dwarf_at(const struct snapshot *s, uint64_t pc, uint64_t *bias)
{
	const struct elffile *elf = image_object(s->image, pc, bias);
	if (elf != NULL && elf != s->image->executable)
		return dwarf_of_object(s, elf);
	*bias = s->image->bias;
	return snapshot_dwarf(s);
}

enum { LAYOUT_SAMPLES = 64 };

struct sampled { /* records looked at through the layout, and how many of them make sense */
	unsigned tried, good;
};

static bool goroutine_fits(const struct view *view)
{
	unsigned status = view_get(view, G_ATOMICSTATUS) & ~(uint64_t)G_SCAN;
	uint64_t lo = view_get(view, G_STACK_LO), hi = view_get(view, G_STACK_HI);
	bool dead = status == G_DEAD || status == G_IDLE || status == G_DEADEXTRA;
	return status <= G_DEADEXTRA && (dead || lo < hi) &&
	       view_get(view, G_GOID) < (uint64_t)1 << 48;
}

static void sample_goroutines(const struct snapshot *s, struct sampled *sampled)
{
	uint64_t allgs, base, length, g;
	struct view view;
	if (!globals_get(&s->globals, RT_ALLGS, &allgs) ||
	    !image_u64(s->image, allgs, &base, NULL) ||
	    !image_u64(s->image, allgs + 8, &length, NULL))
		return;
	for (uint64_t i = 0; i < LAYOUT_SAMPLES && i < length; i++) {
		if (!image_u64(s->image, base + i * 8, &g, NULL) || g == 0 ||
		    !view_read(&view, s->image, &s->layout, RT_G, g, NULL))
			break;
		sampled->tried++;
		sampled->good += goroutine_fits(&view);
	}
}

/* False if the list of all Ms ends before the first one, which is a variable (proc.go mcommoninit
 * puts new ones in front): the link is read from a wrong place. */
static bool ends_at_m0(const struct snapshot *s, uint64_t last)
{
	uint64_t m0;
	return !globals_get(&s->globals, RT_M0, &m0) || last == 0 || last == m0;
}

/* False if the list of Ms ends where it can't. */
static bool sample_ms(const struct snapshot *s, struct sampled *sampled)
{
	uint64_t allm, m, last = 0;
	struct view view, g0;
	if (!globals_get(&s->globals, RT_ALLM, &allm) || !image_u64(s->image, allm, &m, NULL))
		return true;
	for (unsigned i = 0; i < LAYOUT_SAMPLES && m != 0; i++) {
		if (!view_read(&view, s->image, &s->layout, RT_M, m, NULL))
			return true;
		sampled->tried++;
		sampled->good += view_read(&g0, s->image, &s->layout, RT_G, view_get(&view, M_G0),
					   NULL) &&
				 view_get(&g0, G_M) == m;
		last = m;
		m = view_get(&view, M_ALLLINK);
	}
	return m != 0 || ends_at_m0(s, last);
}

static bool mostly_good(const struct sampled *sampled)
{
	return sampled->good * 10 >= sampled->tried * 9;
}

/* Samples goroutines and Ms through the layout: it is right where they make sense. */
static bool layout_fits(const struct snapshot *s)
{
	struct sampled goroutines = { 0 }, ms = { 0 };
	sample_goroutines(s, &goroutines);
	return sample_ms(s, &ms) && mostly_good(&goroutines) && mostly_good(&ms);
}

static void note_release(struct snapshot *s, bool from_dwarf)
{
	const char *text = s->release.text ? s->release.text : "an unknown release";
	if (s->release.in_table && (s->release.plain || from_dwarf))
		return;
	if (from_dwarf)
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "layout",
			    "%s is no release that the tables know: field offsets are from the "
			    "executable's DWARF, names and meanings from the nearest release",
			    text);
	else
		caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "layout",
			    "%s is no release that the tables know, and there is no DWARF: field "
			    "offsets are those of the nearest release, which fit this core",
			    text);
}

/* Table first for a plain known release; DWARF where it is not, or where the table does not fit. */
static bool choose_layout(struct snapshot *s, struct error *err)
{
	layout_from_table(&s->release, s->image->arch, &s->layout);
	bool plain = s->release.plain && s->release.in_table;
	if (plain && layout_fits(s))
		return true;
	struct layout table = s->layout;
	open_dwarf(s);
	if (s->dwarf != NULL && layout_from_dwarf(s->dwarf, &s->layout, NULL) && layout_fits(s)) {
		note_release(s, true);
		if (plain)
			caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "layout",
				    "the known field offsets of %s do not fit this core; those of its "
				    "DWARF do",
				    s->release.text);
		return true;
	}
	s->layout = table;
	if (layout_fits(s)) {
		note_release(s, false);
		return true;
	}
	caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "layout",
		    "the runtime's records do not look as %s lays them out: the core is damaged or "
		    "the layout is unknown",
		    s->release.text ? s->release.text : "this release");
	(void)err;
	return true;
}

/* The first module's record was written over, or the pointer to its tables: the file has it as it
 * was. Caveats past the first TOLD are of the record that it stands for. */
static bool modules_by_file(struct snapshot *s, uint64_t first, size_t told)
{
	struct image file;
	struct modules modules;
	if (!image_of_file(s->image, s->arena, &file) ||
	    !modules_read(&file, &s->layout, s->release.minor, first, s->arena, &modules,
			  s->caveats, NULL))
		return false;
	s->modules = modules;
	s->caveats->count = told;
	note_module_by_file(s, first);
	return true;
}

/* Where a cut core lacks them, the executable's file still tells which function a pc is in. */
static bool find_modules(struct snapshot *s, uint64_t first, struct error *err)
{
	struct error why = ERROR_INIT;
	size_t told = s->caveats->count;
	if (modules_read(s->image, &s->layout, s->release.minor, first, s->arena, &s->modules,
			 s->caveats, &why)) {
		if (s->modules.items[0].pclntab.func_count == 0)
			modules_by_file(s, first, told);
		return true;
	}
	if (s->image->core->truncated &&
	    modules_of_file(s->image, s->release.minor, s->arena, &s->modules))
		return true;
	if (why.code == ERROR_FORMAT && modules_by_file(s, first, told))
		return true;
	if (err != NULL)
		*err = why;
	return false;
}

/* By symbols, which cost least; by DWARF; by code. */
static bool find_runtime(struct snapshot *s, struct error *err)
{
	uint64_t first;
	bool found = globals_find(s->image, NULL, &s->globals);
	bool released = release_find(s);
	if (!check_release(s, err))
		return false;
	if (!found) {
		open_dwarf(s);
		found = globals_find(s->image, s->dwarf, &s->globals);
	}
	if (!found)
		return runtime_locate(s, released, err) && check_release(s, err) &&
		       choose_layout(s, err);
	if (!choose_layout(s, err))
		return false;
	if (!globals_get(&s->globals, RT_FIRSTMODULEDATA, &first))
		return not_go(s, err);
	return find_modules(s, first, err);
}

static bool flag_set(const struct buildinfo *info, const char *key)
{
	const char *value = buildinfo_setting(info, key);
	return value != NULL && strcmp(value, "true") == 0;
}

static void read_build_flags(struct snapshot *s)
{
	uint64_t addr;
	uint8_t iscgo = 0;
	s->race = flag_set(&s->buildinfo, "-race");
	s->asan = flag_set(&s->buildinfo, "-asan");
	s->msan = flag_set(&s->buildinfo, "-msan");
	if (globals_get(&s->globals, RT_ISCGO, &addr) && image_u8(s->image, addr, &iscgo, NULL))
		s->iscgo = iscgo != 0;
	else
		s->iscgo = s->image->executable && s->image->executable->dynamic;
}

/* --- whose goroutine it is: traceback.go isSystemGoroutine -------------------------------------- */


static bool finalizer_running(const struct snapshot *s)
{
	enum { FING_RUNNING_FINALIZER = 2 }; /* mfinal.go, 1.21 on */
	uint64_t addr;
	uint32_t status = 0;
	uint8_t running = 0;
	if (globals_get(&s->globals, RT_FINGSTATUS, &addr) &&
	    image_u32(s->image, addr, &status, NULL))
		return (status & FING_RUNNING_FINALIZER) != 0;
	if (globals_get(&s->globals, RT_FINGRUNNING, &addr) &&
	    image_u8(s->image, addr, &running, NULL))
		return running != 0;
	return false;
}

static bool running_cleanups(const struct snapshot *s, const struct goroutine *g)
{
	struct view view;
	return view_read(&view, s->image, &s->layout, RT_G, g->addr, NULL) &&
	       view_get(&view, G_RUNNINGCLEANUPS) != 0;
}

static bool is_system(const struct snapshot *s, const struct goroutine *g, bool fing_running)
{
	const struct code *code = code_at(snapshot_code(s), g->startpc);
	if (!code->valid)
		return false;
	switch (code->func.id) {
	case FUNC_RUNTIME_MAIN:
	case FUNC_COROSTART:
	case FUNC_HANDLE_ASYNC_EVENT:
		return false;
	case FUNC_RUN_FINALIZERS:
		return !fing_running;
	case FUNC_RUN_CLEANUPS:
		return !running_cleanups(s, g);
	default:
		return strncmp(pclntab_name(&code->module->pclntab, &code->func), "runtime.", 8) == 0;
	}
}

static void mark_system(struct snapshot *s)
{
	bool fing_running = finalizer_running(s);
	for (size_t i = 0; i < s->goroutine_count; i++)
		if (!s->goroutines[i].unreadable)
			s->goroutines[i].system = is_system(s, &s->goroutines[i], fing_running);
}

/* --- "now" is stored nowhere: the latest moment that the runtime noted ------------------------- */

static void later(int64_t *now, uint64_t moment)
{
	if ((int64_t)moment > *now)
		*now = (int64_t)moment;
}

static void latest_of_ps(struct snapshot *s)
{
	uint64_t allp, base, count;
	if (!globals_get(&s->globals, RT_ALLP, &allp) || !image_u64(s->image, allp, &base, NULL) ||
	    !image_u64(s->image, allp + 8, &count, NULL) || count > 65536)
		return;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t p;
		struct view view;
		if (image_u64(s->image, base + i * 8, &p, NULL) && p != 0 &&
		    view_read(&view, s->image, &s->layout, RT_P, p, NULL))
			later(&s->now_lower_bound, view_get(&view, P_SYSMON_SCHEDWHEN));
	}
}

static void find_now(struct snapshot *s)
{
	struct view view;
	uint64_t addr;
	if (globals_get(&s->globals, RT_SCHED_, &addr) &&
	    view_read(&view, s->image, &s->layout, RT_SCHED, addr, NULL))
		later(&s->now_lower_bound, view_get(&view, SCHED_LASTPOLL));
	if (globals_get(&s->globals, RT_MEMSTATS, &addr) &&
	    view_read(&view, s->image, &s->layout, RT_MSTATS, addr, NULL))
		later(&s->now_lower_bound, view_get(&view, MSTATS_LAST_GC_NANOTIME));
	latest_of_ps(s);
}

/* A core that is cut before the runtime's variables, or whose list of goroutines is none, still has
 * its threads and their registers. */
static bool read_goroutines(struct snapshot *s, struct error *err)
{
	struct error why = ERROR_INIT;
	if (goroutines_read(s, &why))
		return true;
	if (!s->image->core->truncated && why.code != ERROR_FORMAT) {
		if (err != NULL)
			*err = why;
		return false;
	}
	caveats_add(s->caveats, CAVEAT_WEAKENS, why.addr, "goroutines",
		    "the goroutines cannot be listed, but for those that threads name: %s",
		    why.text);
	return goroutines_lost(s, err);
}

bool snapshot_complete(struct snapshot *s, struct error *err)
{
	s->private->traits = traits_of(s->release.minor);
	s->private->code = code_cache_create(&s->modules);
	read_build_flags(s);
	if (!read_goroutines(s, err))
		return false;
	if (!threads_read(s, err))
		return false;
	mark_system(s);
	find_now(s);
	death_read(s);
	checks_run(s);
	return true;
}

bool snapshot_take(const struct image *image, struct arena *arena, struct snapshot *s,
		   struct caveats *caveats, struct error *err)
{
	*s = (struct snapshot){
		.arena = arena,
		.caveats = caveats,
		.image = image,
		.damaged = image->core->damaged,
	};
	s->private = arena_alloc(arena, sizeof(*s->private));
	if (find_runtime(s, err) && snapshot_complete(s, err))
		return true;
	snapshot_release(s);
	return false;
}

void snapshot_release(struct snapshot *s)
{
	if (s == NULL || s->private == NULL)
		return;
	code_cache_destroy(s->private->code);
	stacks_destroy(s->private->stacks);
	waits_destroy(s->private->waits);
	closure_types_destroy(s->private->closure_types);
	dwarf_close(s->dwarf);
	dwarf_close(s->private->dwarf);
	for (struct object_dwarf *o = s->private->object_dwarfs; o != NULL; o = o->next)
		dwarf_close(o->dwarf);
	cfi_tables_close(s->private->cfi_tables);
	c_lines_close(s->private->c_lines);
	s->private = NULL;
	s->dwarf = NULL;
}
