#include "formats/corenotes.h"

#include <elf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"

#define DELVE_HEADER 0x444c5645 /* Delve, pkg/elfwriter/delve_core_notes.go */
#define DELVE_THREAD 0x444c5654

struct note_kind {
	const char *owner;
	uint32_t type;
	void (*parse)(struct corenotes *notes, struct bytes desc);
};

static void damaged(struct corenotes *notes, const char *what)
{
	if (notes->cut) /* which has been told */
		return;
	caveats_add(notes->caveats, CAVEAT_WEAKENS, 0, "core", "the %s note is damaged", what);
}

static bool add_thread(struct corenotes *notes, const struct core_thread *thread)
{
	if (notes->threads.count >= LIMIT_THREADS) {
		caveats_add(notes->caveats, CAVEAT_WEAKENS, 0, "core",
			    "only the first %u threads were read", LIMIT_THREADS);
		return false;
	}
	vec_push(&notes->threads, *thread);
	return true;
}

static struct core_thread *last_thread(struct corenotes *notes)
{
	return notes->threads.count ? &notes->threads.items[notes->threads.count - 1] : NULL;
}

/* struct elf_prstatus (include/uapi/linux/elfcore.h): pr_cursig at 12, pr_pid at 32. */
static void parse_prstatus(struct corenotes *notes, struct bytes desc)
{
	const struct arch *arch = notes->core->arch;
	if (desc.size < arch->prstatus_size)
		damaged(notes, "NT_PRSTATUS");
	struct bytes regs = bytes_sub(desc, arch->prstatus_regs, arch->prstatus_count * 8ull);
	if (regs.data == NULL)
		return;
	struct core_thread thread = {
		.tid = (int32_t)bytes_u32(desc.data + 32),
		.signal = bytes_u16(desc.data + 12),
		.orig_rax = ~0ull,
	};
	arch_registers(arch, true, regs.data, regs.size, &thread.regs);
	if (arch->prstatus_syscall < arch->prstatus_count)
		thread.orig_rax = bytes_u64(regs.data + arch->prstatus_syscall * 8);
	add_thread(notes, &thread);
}

/* A string in a field of N bytes. Delve puts NUL between arguments where the kernel has spaces. */
static const char *field_text(struct corenotes *notes, const uint8_t *field, size_t n)
{
	while (n > 0 && (field[n - 1] == 0 || field[n - 1] == ' '))
		n--;
	char *text = arena_strndup(notes->arena, (const char *)field, n);
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	return text;
}

/* struct elf_prpsinfo of 64-bit kernels: pr_pid at 24, pr_fname at 40, pr_psargs at 56. */
static void parse_prpsinfo(struct corenotes *notes, struct bytes desc)
{
	struct corefile *core = notes->core;
	if (notes->threads.count == 0)
		notes->psinfo_first = true;
	struct bytes args = bytes_sub(desc, 56, 80);
	if (args.data == NULL) {
		damaged(notes, "NT_PRPSINFO");
		return;
	}
	core->has_psinfo = true;
	core->pid = (int32_t)bytes_u32(desc.data + 24);
	size_t fname = strnlen((const char *)desc.data + 40, 16);
	core->command = arena_strndup(notes->arena, (const char *)desc.data + 40, fname);
	core->arguments = field_text(notes, args.data, args.size);
}

static bool is_fault(int32_t signo)
{
	return signo == SIGSEGV || signo == SIGBUS || signo == SIGILL || signo == SIGFPE ||
	       signo == SIGTRAP;
}

/* siginfo_t (include/uapi/asm-generic/siginfo.h): signo, errno, code; the union at 16. */
static void parse_siginfo(struct corenotes *notes, struct bytes desc)
{
	struct core_thread *thread = last_thread(notes);
	if (thread == NULL || desc.size < 24) {
		damaged(notes, "NT_SIGINFO");
		return;
	}
	notes->siginfo = true;
	struct core_siginfo info = {
		.signo = (int32_t)bytes_u32(desc.data),
		.error = (int32_t)bytes_u32(desc.data + 4),
		.code = (int32_t)bytes_u32(desc.data + 8),
	};
	if (info.code <= 0) {
		info.sender_pid = (int32_t)bytes_u32(desc.data + 16);
		info.sender_uid = bytes_u32(desc.data + 20);
	} else if (is_fault(info.signo)) {
		info.addr = bytes_u64(desc.data + 16);
	} else if (info.signo == SIGSYS && desc.size >= 28) {
		info.refused = true;
		info.syscall = (int32_t)bytes_u32(desc.data + 24);
	}
	thread->has_siginfo = true;
	thread->siginfo = info;
}

static uint64_t *auxv_field(struct corefile *core, uint64_t type)
{
	switch (type) {
	case AT_ENTRY:
		return &core->entry;
	case AT_PHDR:
		return &core->phdr;
	case AT_BASE:
		return &core->base;
	case AT_EXECFN:
		return &core->execfn;
	case AT_SYSINFO_EHDR:
		return &core->vdso;
	case AT_PAGESZ:
		return &core->page_size;
	default:
		return NULL;
	}
}

static void parse_auxv(struct corenotes *notes, struct bytes desc)
{
	for (struct cursor c = cursor_of(desc); cursor_left(&c) >= 16;) {
		uint64_t type = cursor_u64(&c);
		uint64_t value = cursor_u64(&c);
		if (type == AT_NULL)
			return;
		uint64_t *field = auxv_field(notes->core, type);
		if (field != NULL)
			*field = value;
	}
}

static void add_mapping(struct corenotes *notes, struct cursor *entry, const char *path,
			uint64_t page_size)
{
	struct core_mapping mapping = {
		.lo = cursor_u64(entry),
		.hi = cursor_u64(entry),
		.path = path,
	};
	if (__builtin_mul_overflow(cursor_u64(entry), page_size, &mapping.offset) ||
	    mapping.lo >= mapping.hi) {
		damaged(notes, "NT_FILE");
		return;
	}
	vec_push(&notes->mappings, mapping);
}

/* fs/binfmt_elf.c fill_files_note: count, page size, {start, end, offset in pages} for each, then
 * the names. gdb writes a page size of 1 and offsets in bytes. */
static void parse_file(struct corenotes *notes, struct bytes desc)
{
	notes->files = true;
	struct cursor entry = cursor_of(desc);
	uint64_t count = cursor_u64(&entry);
	uint64_t page_size = cursor_u64(&entry);
	if (count > cursor_left(&entry) / 24 || count > LIMIT_MAPPED_FILES) {
		damaged(notes, "NT_FILE");
		return;
	}
	struct cursor names = cursor_at(desc, 16 + count * 24);
	for (uint64_t i = 0; i < count; i++) {
		const char *path = cursor_cstring(&names);
		if (path == NULL) {
			damaged(notes, "NT_FILE");
			return;
		}
		add_mapping(notes, &entry, path, page_size);
	}
}

static void parse_arm_tls(struct corenotes *notes, struct bytes desc)
{
	struct core_thread *thread = last_thread(notes);
	if (thread != NULL && desc.size >= 8)
		thread->regs.tls = bytes_u64(desc.data);
}

static void parse_floating_point(struct corenotes *notes, struct bytes desc)
{
	(void)desc;
	notes->floating_point = true;
}

/* The number behind LABEL in Delve's header text, 0 if there is none. */
static uint64_t number_after(const char *text, const char *label)
{
	const char *at = strstr(text, label);
	return at ? strtoull(at + strlen(label), NULL, 0) : 0;
}

/* Delve, pkg/proc/dump.go: "linux/amd64\nVersion: ...\nTarget Pid: 1\nEntry Point: 0x1000\n". */
static void parse_delve_header(struct corenotes *notes, struct bytes desc)
{
	notes->delve = true;
	size_t size = desc.size < 4096 ? desc.size : 4096;
	const char *text = arena_strndup(notes->arena, (const char *)desc.data, size);
	notes->core->pid = (int32_t)number_after(text, "Target Pid: ");
	notes->core->entry = number_after(text, "Entry Point: ");
}

static void put_named(const struct arch *arch, struct registers *regs, struct bytes name,
		      struct bytes value)
{
	if (name.data == NULL || value.data == NULL || value.size < 8)
		return;
	for (unsigned i = 0; i < arch->register_count; i++) {
		const char *known = arch->register_names[i];
		if (strlen(known) == name.size &&
		    strncasecmp(known, (const char *)name.data, name.size) == 0)
			registers_put(regs, i, bytes_u64(value.data));
	}
}

/* Delve, pkg/proc/dump.go dumpThreadNotes: tid, pc, sp, bp, tls, whether g is known (1 byte), g,
 * then a count (4 bytes) of {length (2), name, length (2), value}. */
static void parse_delve_thread(struct corenotes *notes, struct bytes desc)
{
	const struct arch *arch = notes->core->arch;
	struct core_thread thread = { .orig_rax = ~0ull };
	struct cursor c = cursor_of(desc);
	thread.tid = (int32_t)cursor_u64(&c);
	registers_put(&thread.regs, arch->pc, cursor_u64(&c));
	registers_put(&thread.regs, arch->sp, cursor_u64(&c));
	registers_put(&thread.regs, arch->fp, cursor_u64(&c));
	thread.regs.tls = cursor_u64(&c);
	cursor_skip(&c, 9);
	uint32_t count = cursor_u32(&c);
	if (c.failed) {
		damaged(notes, "Delve thread");
		return;
	}
	for (uint32_t i = 0; i < count && !c.failed; i++) {
		struct bytes name = { .size = cursor_u16(&c) };
		name.data = cursor_take(&c, name.size);
		struct bytes value = { .size = cursor_u16(&c) };
		value.data = cursor_take(&c, value.size);
		put_named(arch, &thread.regs, name, value);
	}
	add_thread(notes, &thread);
}

static const struct note_kind kinds[] = {
	{ "CORE", NT_PRSTATUS, parse_prstatus },
	{ "CORE", NT_PRPSINFO, parse_prpsinfo },
	{ "CORE", NT_SIGINFO, parse_siginfo },
	{ "CORE", NT_AUXV, parse_auxv },
	{ "CORE", NT_FILE, parse_file },
	{ "CORE", NT_FPREGSET, parse_floating_point },
	{ "LINUX", NT_X86_XSTATE, parse_floating_point },
	{ "LINUX", NT_ARM_TLS, parse_arm_tls },
	{ "Delve Header", DELVE_HEADER, parse_delve_header },
	{ "CORE", DELVE_THREAD, parse_delve_thread },
};

/* Delve names no owner in the notes it has in common with the kernel. The name may or may not
 * count its NUL. */
static bool owned_by(struct bytes owner, const char *name)
{
	size_t n = strnlen((const char *)owner.data, owner.size);
	return n == 0 || (n == strlen(name) && memcmp(owner.data, name, n) == 0);
}

static void parse_note(struct corenotes *notes, struct bytes owner, uint32_t type,
		       struct bytes desc)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].type != type || !owned_by(owner, kinds[i].owner))
			continue;
		kinds[i].parse(notes, desc);
		return;
	}
}

static void note_cut(struct corenotes *notes)
{
	notes->cut = true;
	caveats_add(notes->caveats, CAVEAT_WEAKENS, 0, "core",
		    "the notes are cut or damaged behind note %zu: threads and mapped files "
		    "may be missing",
		    notes->count);
}

/* The description of a note; what there is of one that is cut. */
static struct bytes take_desc(struct corenotes *notes, struct cursor *c, uint32_t size)
{
	if (c->failed || size > cursor_left(c)) {
		note_cut(notes);
		size = (uint32_t)cursor_left(c);
	}
	return (struct bytes){ cursor_take(c, size), size };
}

/* One note: sizes of owner and description, type, and both padded to 4 bytes. False at the end. */
static bool next_note(struct corenotes *notes, struct cursor *c)
{
	if (cursor_left(c) == 0)
		return false;
	uint32_t owner_size = cursor_u32(c);
	uint32_t desc_size = cursor_u32(c);
	uint32_t type = cursor_u32(c);
	struct bytes owner = { cursor_take(c, owner_size), owner_size };
	cursor_align(c, 4);
	struct bytes desc = take_desc(notes, c, desc_size);
	if (c->failed)
		return false;
	notes->count++;
	parse_note(notes, owner, type, desc);
	size_t padding = -c->pos & 3;
	cursor_skip(c, padding < cursor_left(c) ? padding : cursor_left(c));
	return true;
}

void corenotes_init(struct corenotes *notes, struct corefile *core, struct arena *arena,
		    struct caveats *caveats)
{
	*notes = (struct corenotes){ .core = core, .arena = arena, .caveats = caveats };
}

void corenotes_parse(struct corenotes *notes, struct bytes bytes)
{
	struct cursor c = cursor_of(bytes);
	while (next_note(notes, &c))
		if (notes->count >= LIMIT_NOTES)
			break;
}

static int by_address(const void *left, const void *right)
{
	const struct core_mapping *a = left, *b = right;
	return (a->lo > b->lo) - (a->lo < b->lo);
}

void corenotes_finish(struct corenotes *notes)
{
	struct corefile *core = notes->core;
	if (notes->mappings.count > 1)
		qsort(notes->mappings.items, notes->mappings.count, sizeof(struct core_mapping),
		      by_address);
	core->threads = vec_keep(&notes->threads, notes->arena);
	core->thread_count = notes->threads.count;
	core->mappings = vec_keep(&notes->mappings, notes->arena);
	core->mapping_count = notes->mappings.count;
	vec_release(&notes->threads);
	vec_release(&notes->mappings);
}
