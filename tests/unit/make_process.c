#include "tests/unit/make_process.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "formats/pcln_internal.h"
#include "goruntime/gotype.h"
#include "tests/unit/testelf.h"

enum {
	TEXT_BYTES = 0x4000,
	TYPES_BYTES = 0x4000,
	DATA_BYTES = 0x10000,
	HEAP_BYTES = 0x200000,
	GS_MAX = 512,
	SIGNAL_STACK = 0x2000,
	SYSTEM_STACK = 0x2000,
};

static void *zeroed(size_t size)
{
	void *p = calloc(1, size);
	if (p == NULL)
		abort();
	return p;
}

static void set_global(struct process *p, enum rt_global global, uint64_t addr)
{
	globals_put(&p->snapshot.globals, global, addr, GLOBAL_BY_SYMBOLS);
}

void process_init(struct process *p, unsigned minor, const struct arch *arch)
{
	*p = (struct process){ .minor = minor, .arch = arch, .pid = 100 };
	arena_init(&p->arena);
	caveats_init(&p->caveats, &p->arena);
	p->text = zeroed(TEXT_BYTES);
	p->types = zeroed(TYPES_BYTES);
	p->data = zeroed(DATA_BYTES);
	p->heap = zeroed(HEAP_BYTES);
	p->gs = zeroed(GS_MAX * sizeof(*p->gs));
	p->types_used = 16; /* no descriptor or name lies at offset 0 */
	struct snapshot *s = &p->snapshot;
	*s = (struct snapshot){ .arena = &p->arena, .caveats = &p->caveats, .image = &p->image };
	s->private = &p->private;
	if (!release_parse(arena_printf(&p->arena, "go1.%u", minor), &s->release))
		abort();
	layout_from_table(&s->release, arch, &s->layout);
	process_global(p, RT_ALLGS, 24);
	process_global(p, RT_ALLM, 8);
	process_global(p, RT_ALLGLEN, 8);
	process_global(p, RT_ALLGPTR, 8);
	p->module = process_global(p, RT_FIRSTMODULEDATA, s->layout.struct_size[RT_MODULEDATA]);
	p->table.magic = minor < 20 ? MAGIC_1_18 : MAGIC_1_20;
	p->table.quantum = arch->min_instruction;
	p->table.text_start = PROCESS_TEXT;
	put_string(&p->table.filetab, "/src/main.go");
	put(&p->table.cutab, 0, 4);
}

void process_release(struct process *p)
{
	if (p->snapshot.private != NULL && p->snapshot.private->code != NULL)
		snapshot_release(&p->snapshot);
	image_close(&p->image);
	corefile_close(&p->core);
	free(p->text);
	free(p->types);
	free(p->data);
	free(p->heap);
	free(p->gs);
	arena_release(&p->arena);
	*p = (struct process){ 0 };
}

/* --- memory ------------------------------------------------------------------------------------ */

static uint8_t *memory_at(struct process *p, uint64_t addr, size_t size)
{
	const struct {
		uint64_t lo;
		size_t size;
		uint8_t *bytes;
	} areas[] = {
		{ PROCESS_TEXT, TEXT_BYTES, p->text },
		{ PROCESS_TYPES, TYPES_BYTES, p->types },
		{ PROCESS_DATA, DATA_BYTES, p->data },
		{ PROCESS_HEAP, HEAP_BYTES, p->heap },
	};
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
		if (addr >= areas[i].lo && addr - areas[i].lo + size <= areas[i].size)
			return areas[i].bytes + (addr - areas[i].lo);
	abort(); /* the test puts something where there is no memory */
}

void process_put_bytes(struct process *p, uint64_t addr, const void *bytes, size_t size)
{
	memcpy(memory_at(p, addr, size), bytes, size);
}

void process_put64(struct process *p, uint64_t addr, uint64_t value)
{
	process_put_bytes(p, addr, &value, sizeof(value));
}

void process_put32(struct process *p, uint64_t addr, uint32_t value)
{
	process_put_bytes(p, addr, &value, sizeof(value));
}

void process_put8(struct process *p, uint64_t addr, uint8_t value)
{
	process_put_bytes(p, addr, &value, sizeof(value));
}

uint64_t process_get64(struct process *p, uint64_t addr)
{
	return bytes_u64(memory_at(p, addr, 8));
}

uint64_t process_alloc(struct process *p, size_t size)
{
	uint64_t addr = PROCESS_HEAP + p->heap_used;
	p->heap_used += (size + 15) & ~(size_t)15;
	if (p->heap_used > HEAP_BYTES)
		abort();
	return addr;
}

void process_put_string(struct process *p, uint64_t addr, const char *text)
{
	uint64_t bytes = process_alloc(p, strlen(text) + 1);
	process_put_bytes(p, bytes, text, strlen(text));
	process_put64(p, addr, bytes);
	process_put64(p, addr + 8, strlen(text));
}

void process_put_word(struct process *p, uint64_t addr, enum rt_field field, unsigned word,
		      uint64_t value)
{
	const struct layout *layout = &p->snapshot.layout;
	if (!layout_has(layout, field))
		abort();
	process_put_bytes(p, addr + layout->field[field].offset + 8 * word, &value,
			  layout->field[field].bytes);
}

void process_put(struct process *p, uint64_t addr, enum rt_field field, uint64_t value)
{
	process_put_word(p, addr, field, 0, value);
}

uint64_t process_struct(struct process *p, enum rt_struct structure)
{
	return process_alloc(p, p->snapshot.layout.struct_size[structure]);
}

uint64_t process_global(struct process *p, enum rt_global global, size_t size)
{
	uint64_t addr = PROCESS_DATA + p->data_used;
	p->data_used += (size + 15) & ~(size_t)15;
	if (p->data_used > DATA_BYTES)
		abort();
	set_global(p, global, addr);
	return addr;
}

/* --- code and stacks ---------------------------------------------------------------------------- */

static uint8_t raw_id(unsigned minor, enum func_id id)
{
	struct pclntab tab = { .minor = minor };
	for (unsigned raw = 0; raw < 24; raw++)
		if (pcln_func_id(&tab, (uint8_t)raw) == id)
			return (uint8_t)raw;
	abort();
}

uint64_t process_func_as(struct process *p, const char *name, int32_t frame, enum func_id id,
			 uint8_t flags)
{
	struct make_pclntab *t = &p->table;
	uint32_t quanta = PROCESS_FUNC_SIZE / p->arch->min_instruction;
	if (t->count >= sizeof(t->funcs) / sizeof(t->funcs[0]))
		abort();
	struct make_func *f = &t->funcs[t->count];
	*f = (struct make_func){
		.entry = t->count * PROCESS_FUNC_SIZE,
		.name = put_string(&t->names, name),
		.pcsp = TABLE(&t->pctab, { frame, (int32_t)quanta }),
		.pcfile = TABLE(&t->pctab, { 0, (int32_t)quanta }),
		.pcln = TABLE(&t->pctab, { 10 + (int32_t)t->count, (int32_t)quanta }),
		.id = raw_id(p->minor, id),
		.flags = flags,
	};
	t->count++;
	t->end = t->count * PROCESS_FUNC_SIZE;
	return PROCESS_TEXT + f->entry;
}

uint64_t process_func(struct process *p, const char *name, int32_t frame)
{
	return process_func_as(p, name, frame, FUNC_NORMAL, 0);
}

static int32_t frame_of(struct process *p, uint64_t func)
{
	struct make_func *f = &p->table.funcs[(func - PROCESS_TEXT) / PROCESS_FUNC_SIZE];
	/* The only run of its table: a zigzag varint from -1 on. */
	uint32_t value = 0;
	for (unsigned i = 0, shift = 0;; i++, shift += 7) {
		uint8_t b = p->table.pctab.bytes[f->pcsp + i];
		value |= (uint32_t)(b & 0x7f) << shift;
		if (b < 0x80)
			break;
	}
	return (int32_t)(value >> 1 ^ (0 - (value & 1))) - 1;
}

struct make_stack process_stack(struct process *p, size_t size, uint64_t func)
{
	struct make_stack stack = { .p = p, .lo = process_alloc(p, size) };
	stack.hi = stack.lo + size;
	stack.pc = func + 1;
	stack.sp = stack.hi - 0x20 - (uint64_t)frame_of(p, func);
	return stack;
}

void stack_call(struct make_stack *stack, uint64_t func)
{
	struct process *p = stack->p;
	if (!p->arch->link_register) {
		stack->sp -= 8;
		process_put64(p, stack->sp, stack->pc);
	}
	stack->sp -= (uint64_t)frame_of(p, func);
	if (p->arch->link_register)
		process_put64(p, stack->sp, stack->pc);
	stack->pc = func + CALL_OFFSET;
}

/* --- records ------------------------------------------------------------------------------------ */

static void put_stack_bounds(struct process *p, uint64_t g, uint64_t lo, uint64_t hi)
{
	process_put(p, g, G_STACK_LO, lo);
	process_put(p, g, G_STACK_HI, hi);
}

uint64_t process_g(struct process *p, uint64_t id, enum g_status status,
		   const struct make_stack *stack)
{
	uint64_t g = process_struct(p, RT_G);
	if (p->g_count >= GS_MAX)
		abort();
	process_put(p, g, G_GOID, id);
	process_put(p, g, G_ATOMICSTATUS, status);
	if (stack != NULL) {
		put_stack_bounds(p, g, stack->lo, stack->hi);
		process_put(p, g, G_SCHED_PC, stack->pc);
		process_put(p, g, G_SCHED_SP, stack->sp);
	}
	p->gs[p->g_count++] = g;
	return g;
}

uint64_t process_m(struct process *p, uint64_t procid, uint64_t curg)
{
	uint64_t m = process_struct(p, RT_M), allm;
	uint64_t g0 = process_struct(p, RT_G), gsignal = process_struct(p, RT_G);
	uint64_t stack = process_alloc(p, SYSTEM_STACK), signals = process_alloc(p, SIGNAL_STACK);
	put_stack_bounds(p, g0, stack, stack + SYSTEM_STACK);
	put_stack_bounds(p, gsignal, signals, signals + SIGNAL_STACK);
	process_put(p, g0, G_M, m);
	process_put(p, gsignal, G_M, m);
	process_put(p, m, M_G0, g0);
	process_put(p, m, M_GSIGNAL, gsignal);
	process_put(p, m, M_PROCID, procid);
	process_put(p, m, M_ID, procid % 100);
	process_put(p, m, M_CURG, curg);
	if (curg != 0)
		process_put(p, curg, G_M, m);
	if (p->last_m == 0 && globals_get(&p->snapshot.globals, RT_ALLM, &allm))
		process_put64(p, allm, m);
	else
		process_put(p, p->last_m, M_ALLLINK, m);
	p->last_m = m;
	return m;
}

struct core_thread *process_thread(struct process *p, int32_t tid, uint64_t pc, uint64_t sp)
{
	struct core_thread *t = &p->threads[p->thread_count++];
	*t = (struct core_thread){ .tid = tid, .orig_rax = ~0ull };
	registers_put(&t->regs, p->arch->pc, pc);
	registers_put(&t->regs, p->arch->sp, sp);
	return t;
}

static uint64_t get_field(struct process *p, uint64_t addr, enum rt_field field)
{
	return process_get64(p, addr + p->snapshot.layout.field[field].offset);
}

static void put_context(struct process *p, uint64_t uc, unsigned reg, uint64_t value)
{
	const struct arch *arch = p->arch;
	for (unsigned i = 0; i < arch->ucontext_count; i++)
		if (arch->ucontext_map[i] == reg)
			process_put64(p, uc + arch->ucontext_regs + i * 8, value);
}

uint64_t process_signal(struct process *p, uint64_t m, uint64_t handler, int32_t signo,
			int32_t code, uint64_t addr, uint64_t pc, uint64_t sp)
{
	uint64_t gsignal = get_field(p, m, M_GSIGNAL);
	uint64_t lo = get_field(p, gsignal, G_STACK_LO), hi = get_field(p, gsignal, G_STACK_HI);
	uint64_t uc = hi - 0x800;
	uint64_t info = uc + (uint64_t)(int64_t)p->arch->ucontext_siginfo;
	process_put64(p, uc + p->arch->ucontext_stack, lo);
	process_put64(p, uc + p->arch->ucontext_stack + 16, hi - lo);
	put_context(p, uc, p->arch->pc, pc);
	put_context(p, uc, p->arch->sp, sp);
	put_context(p, uc, p->arch->g, get_field(p, m, M_CURG));
	process_put32(p, info, (uint32_t)signo);
	process_put32(p, info + 8, (uint32_t)code);
	process_put64(p, info + 16, addr);
	/* The handler's frame lies right below what the kernel pushed: its return address, on
	 * amd64. */
	uint64_t frame_end = info < uc ? info : uc;
	return frame_end - (uint64_t)frame_of(p, handler) - (p->arch->link_register ? 0 : 8);
}

uint64_t process_panic(struct process *p, uint64_t addr, uint64_t link, uint64_t type,
		       uint64_t data)
{
	if (addr == 0)
		addr = process_struct(p, RT_PANIC);
	process_put(p, addr, PANIC_LINK, link);
	process_put_word(p, addr, PANIC_ARG, 0, type);
	process_put_word(p, addr, PANIC_ARG, 1, data);
	return addr;
}

/* --- types -------------------------------------------------------------------------------------- */

static uint32_t put_name(struct process *p, const char *name)
{
	uint32_t offset = (uint32_t)p->types_used;
	size_t n = strlen(name);
	uint8_t *to = memory_at(p, PROCESS_TYPES + offset, n + 3);
	*to++ = 1; /* exported */
	if (n >= 0x80)
		*to++ = (uint8_t)(n | 0x80);
	*to++ = (uint8_t)(n >= 0x80 ? n >> 7 : n);
	memcpy(to, name, n);
	p->types_used += n + 3;
	return offset;
}

static uint64_t types_alloc(struct process *p, size_t size)
{
	p->types_used = (p->types_used + 15) & ~(size_t)15;
	uint64_t addr = PROCESS_TYPES + p->types_used;
	p->types_used += size;
	return addr;
}

static uint64_t descriptor(struct process *p, unsigned kind, const char *name, uint64_t size,
			   size_t room)
{
	uint32_t str = put_name(p, name);
	uint64_t type = types_alloc(p, room);
	process_put(p, type, TYPE_SIZE, size);
	process_put(p, type, TYPE_KIND, kind);
	process_put(p, type, TYPE_STR, str);
	return type;
}

uint64_t process_type(struct process *p, unsigned kind, const char *name, uint64_t size)
{
	return descriptor(p, kind, name, size, 128);
}

uint64_t process_type_with(struct process *p, unsigned kind, const char *name,
			   const char *const *methods)
{
	enum { TFLAG_UNCOMMON = 1, UNCOMMON_SIZE = 16 };
	uint32_t names[8], count = 0;
	for (; methods[count] != NULL; count++)
		names[count] = put_name(p, methods[count]);
	uint64_t type = descriptor(p, kind, name, 8, 512);
	uint64_t uncommon = type + (kind == KIND_STRUCT ? 80 : kind == KIND_POINTER ? 56 : 48);
	process_put(p, type, TYPE_TFLAG, TFLAG_UNCOMMON);
	process_put32(p, uncommon + 4, count | count << 16);
	process_put32(p, uncommon + 8, UNCOMMON_SIZE);
	for (uint32_t i = 0; i < count; i++)
		process_put32(p, uncommon + UNCOMMON_SIZE + i * 16, names[i]);
	return type;
}

/* --- the dump ----------------------------------------------------------------------------------- */

static void put_module(struct process *p, struct bytes table)
{
	const struct snapshot *s = &p->snapshot;
	uint64_t m = p->module;
	process_put(p, m, MODULE_PCHEADER, PROCESS_PCLNTAB);
	process_put(p, m, MODULE_TEXT, PROCESS_TEXT);
	process_put(p, m, MODULE_ETEXT, PROCESS_TEXT + p->table.end);
	process_put(p, m, MODULE_MINPC, PROCESS_TEXT);
	process_put(p, m, MODULE_MAXPC, PROCESS_TEXT + p->table.end);
	process_put(p, m, MODULE_TYPES, PROCESS_TYPES);
	process_put(p, m, MODULE_ETYPES, PROCESS_TYPES + TYPES_BYTES);
	process_put(p, m, MODULE_DATA, PROCESS_DATA);
	process_put(p, m, MODULE_EDATA, PROCESS_DATA + DATA_BYTES);
	process_put(p, m, MODULE_GOFUNC, PROCESS_PCLNTAB);
	if (layout_has(&s->layout, MODULE_EPCLNTAB))
		process_put(p, m, MODULE_EPCLNTAB, PROCESS_PCLNTAB + table.size);
}

static void put_allgs(struct process *p)
{
	uint64_t allgs, ptr, len;
	const struct globals *globals = &p->snapshot.globals;
	uint64_t array = process_alloc(p, (p->g_count + 1) * 8);
	for (size_t i = 0; i < p->g_count; i++)
		process_put64(p, array + i * 8, p->gs[i]);
	if (!globals_get(globals, RT_ALLGS, &allgs) || !globals_get(globals, RT_ALLGPTR, &ptr) ||
	    !globals_get(globals, RT_ALLGLEN, &len))
		abort();
	process_put64(p, allgs, array);
	process_put64(p, allgs + 8, p->g_count);
	process_put64(p, ptr, array);
	process_put64(p, len, p->g_count);
}

void process_image(struct process *p)
{
	struct error err = ERROR_INIT;
	struct bytes table = { 0 };
	image_close(&p->image);
	corefile_close(&p->core);
	if (p->table.count > 0)
		table = make_bytes(&p->table);
	if (process_get64(p, p->module + p->snapshot.layout.field[MODULE_TEXT].offset) == 0)
		put_module(p, table);
	if (p->g_count > 0 && !p->allgs_put)
		put_allgs(p);
	p->allgs_put = true;
	const struct test_segment segments[] = {
		{ .type = PT_LOAD, .flags = PF_R | PF_X, .addr = PROCESS_TEXT, .bytes = p->text,
		  .file_size = TEXT_BYTES },
		{ .type = PT_LOAD, .flags = PF_R, .addr = PROCESS_TYPES, .bytes = p->types,
		  .file_size = TYPES_BYTES },
		{ .type = PT_LOAD, .flags = PF_R, .addr = PROCESS_PCLNTAB, .bytes = table.data,
		  .file_size = table.size },
		{ .type = PT_LOAD, .flags = PF_R | PF_W, .addr = PROCESS_DATA, .bytes = p->data,
		  .file_size = DATA_BYTES },
		{ .type = PT_LOAD, .flags = PF_R | PF_W, .addr = PROCESS_HEAP, .bytes = p->heap,
		  .file_size = p->heap_cut ? p->heap_limit : p->heap_used,
		  .memory_size = HEAP_BYTES },
	};
	struct str file = test_elf_make(&(struct test_elf){
		.type = ET_CORE,
		.machine = p->arch->elf_machine,
		.segments = segments,
		.segment_count = sizeof(segments) / sizeof(segments[0]),
	});
	struct image_options options = { .no_objects = true };
	if (!corefile_parse(test_exact(test_bytes(&file)), "core", &p->arena, &p->core, &p->caveats,
			    &err) ||
	    !image_build(&p->core, &options, &p->arena, &p->image, &p->caveats, &err))
		abort();
	str_release(&file);
	caveats_init(&p->caveats, &p->arena); /* that there are no notes is no news */
	p->core.pid = p->pid;
	p->core.vdso = p->vdso;
	p->core.writer = p->writer;
	p->core.threads = p->threads;
	p->core.thread_count = p->thread_count;
}

void process_dump(struct process *p)
{
	struct error err = ERROR_INIT;
	struct snapshot *s = &p->snapshot;
	process_image(p);
	s->private->traits = traits_of(p->minor);
	if (p->table.count > 0 &&
	    !modules_read(&p->image, &s->layout, p->minor, p->module, &p->arena, &s->modules,
			  &p->caveats, &err))
		abort();
	code_cache_destroy(s->private->code);
	s->private->code = code_cache_create(&s->modules);
}

void process_read(struct process *p)
{
	struct error err = ERROR_INIT;
	process_dump(p);
	if (!goroutines_read(&p->snapshot, &err))
		abort();
	if (!threads_read(&p->snapshot, &err))
		abort();
}

void process_take(struct process *p)
{
	struct error err = ERROR_INIT;
	process_dump(p);
	code_cache_destroy(p->private.code);
	if (!snapshot_complete(&p->snapshot, &err))
		abort();
}
