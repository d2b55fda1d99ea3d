#include "formats/corefile.h"

#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "formats/corenotes.h"
#include "formats/filekind.h"

/* The fields of the ELF header that matter here. */
struct header {
	uint64_t phoff, shoff;
	uint32_t phentsize, phnum;
};

struct program_header {
	uint32_t type, flags;
	uint64_t offset, addr, file_size, memory_size;
};

struct parser {
	struct bytes bytes;
	const char *name;
	struct corefile *core;
	struct arena *arena;
	struct caveats *caveats;
	struct header header;
	VEC(struct core_segment) segments;
	VEC(struct bytes) notes; /* contents of the PT_NOTEs, as far as they are in the file */
};

static void parser_release(struct parser *p)
{
	vec_release(&p->segments);
	vec_release(&p->notes);
}

/* No process has addresses beyond (57 bits with 5-level page tables), no file such a size. */
#define SANE_ADDRESS ((uint64_t)1 << 57)

static bool not_a_core(const struct parser *p, struct error *err)
{
	char buf[FILEKIND_MAX];
	bool executable = filekind_is_elf64(p->bytes, ET_EXEC) ||
			  filekind_is_elf64(p->bytes, ET_DYN);
	return error_set(err, ERROR_FORMAT, 0, "%s: is %s%s%s", p->name,
			 filekind_is_foreign_core(p->bytes) ? "" : "not a core but ",
			 filekind_describe(p->bytes, buf),
			 executable ? ": the core is given first, then the executable" : "");
}

static bool read_header(struct parser *p, struct error *err)
{
	if (!filekind_is_elf64(p->bytes, ET_CORE))
		return not_a_core(p, err);
	struct cursor c = cursor_at(p->bytes, offsetof(Elf64_Ehdr, e_machine));
	uint16_t machine = cursor_u16(&c);
	p->core->arch = arch_find(machine);
	if (p->core->arch == NULL) {
		char buf[32];
		return error_set(err, ERROR_UNSUPPORTED, 0,
				 "%s: is a core of %s, which gocore does not support", p->name,
				 arch_machine_name(machine, buf));
	}
	c = cursor_at(p->bytes, offsetof(Elf64_Ehdr, e_phoff));
	p->header.phoff = cursor_u64(&c);
	p->header.shoff = cursor_u64(&c);
	cursor_skip(&c, offsetof(Elf64_Ehdr, e_phentsize) - offsetof(Elf64_Ehdr, e_flags));
	p->header.phentsize = cursor_u16(&c);
	p->header.phnum = cursor_u16(&c);
	return true;
}

static struct program_header program_header(const struct parser *p, uint64_t index, bool *ok)
{
	struct cursor c = cursor_at(p->bytes, p->header.phoff);
	cursor_skip(&c, index * p->header.phentsize);
	struct program_header ph = { .type = cursor_u32(&c), .flags = cursor_u32(&c) };
	ph.offset = cursor_u64(&c);
	ph.addr = cursor_u64(&c);
	cursor_skip(&c, 8); /* p_paddr */
	ph.file_size = cursor_u64(&c);
	ph.memory_size = cursor_u64(&c);
	cursor_skip(&c, 8); /* p_align */
	*ok = !c.failed;
	return ph;
}

/* The kernel puts section header 0, which holds a count of 65535 or more, at the very end: a cut
 * core lacks it. The headers end where the first contents begin. */
static uint32_t count_program_headers(const struct parser *p)
{
	uint64_t contents = p->bytes.size;
	uint32_t n = 0;
	for (; n < LIMIT_PHDRS; n++) {
		if (p->header.phoff + (n + 1ull) * p->header.phentsize > contents)
			break;
		bool ok;
		struct program_header ph = program_header(p, n, &ok);
		if (!ok || (ph.type != PT_NULL && ph.type != PT_LOAD && ph.type != PT_NOTE))
			break;
		if (ph.file_size > 0 && ph.offset > 0 && ph.offset < contents)
			contents = ph.offset;
	}
	return n;
}

/* PN_XNUM: the number of program headers is sh_info of section header 0. */
static void extended_count(struct parser *p)
{
	struct cursor c = cursor_at(p->bytes, p->header.shoff);
	cursor_skip(&c, offsetof(Elf64_Shdr, sh_info));
	uint32_t count = cursor_u32(&c);
	if (p->header.shoff != 0 && !c.failed && count > 0 && count <= LIMIT_PHDRS) {
		p->header.phnum = count;
		return;
	}
	p->header.phnum = count_program_headers(p);
	caveats_add(p->caveats, CAVEAT_NOTE, p->header.shoff, "core",
		    "the number of program headers is lost with the end of the file; "
		    "%u were counted", p->header.phnum);
}

static bool check_program_headers(struct parser *p, struct error *err)
{
	struct header *h = &p->header;
	if (h->phoff == 0 || h->phnum == 0)
		return error_set(err, ERROR_FORMAT, 0, "%s: the core has no program headers: its "
				 "writing was not finished", p->name);
	if (h->phentsize < sizeof(Elf64_Phdr))
		return error_set(err, ERROR_FORMAT, 0, "%s: the core is damaged: program headers "
				 "of %u bytes", p->name, h->phentsize);
	if (h->phoff >= p->bytes.size || p->bytes.size - h->phoff < sizeof(Elf64_Phdr))
		return error_set(err, ERROR_FORMAT, h->phoff, "%s: the core is cut: its program "
				 "headers would begin at byte %llu of the file, which has %zu",
				 p->name, (unsigned long long)h->phoff, p->bytes.size);
	if (h->phnum == PN_XNUM)
		extended_count(p);
	return true;
}

/* Of [OFFSET, OFFSET + SIZE) the bytes that are in the file. */
static uint64_t present(const struct parser *p, uint64_t offset, uint64_t size)
{
	if (offset >= p->bytes.size)
		return 0;
	uint64_t left = p->bytes.size - offset;
	return size < left ? size : left;
}

/* The headers say that the file goes up to here. */
static void promise(struct parser *p, uint64_t offset, uint64_t size)
{
	uint64_t end = offset + size;
	if (size > 0 && end > p->core->expected_size)
		p->core->expected_size = end;
}

static void add_segment(struct parser *p, struct program_header *ph)
{
	if (ph->memory_size == 0)
		return;
	if (ph->file_size > ph->memory_size) {
		caveats_add(p->caveats, CAVEAT_WEAKENS, ph->addr, "core",
			    "the segment at 0x%llx has more bytes in the file than in memory",
			    (unsigned long long)ph->addr);
		ph->file_size = ph->memory_size;
	}
	promise(p, ph->offset, ph->file_size);
	struct core_segment segment = {
		.lo = ph->addr,
		.hi = ph->addr + ph->memory_size,
		.offset = ph->offset,
		.file_size = ph->file_size,
		.present = present(p, ph->offset, ph->file_size),
		.flags = ph->flags,
	};
	p->core->dumped_bytes += segment.present;
	vec_push(&p->segments, segment);
}

static void add_notes(struct parser *p, const struct program_header *ph)
{
	promise(p, ph->offset, ph->file_size);
	uint64_t size = present(p, ph->offset, ph->file_size);
	vec_push(&p->notes, bytes_sub(p->bytes, size ? ph->offset : 0, size));
}

static bool is_sane(const struct program_header *ph)
{
	return ph->offset < SANE_ADDRESS && ph->file_size < SANE_ADDRESS &&
	       ph->memory_size < SANE_ADDRESS &&
	       /* [vsyscall] is the one mapping up there. */
	       (ph->addr < SANE_ADDRESS || ph->addr + ph->memory_size > ph->addr);
}

/* Those of the program headers that are in the file. */
static void clip_program_headers(struct parser *p)
{
	struct header *h = &p->header;
	promise(p, h->phoff, (uint64_t)h->phnum * h->phentsize);
	uint64_t room = (p->bytes.size - h->phoff) / h->phentsize;
	if (h->phnum <= room)
		return;
	caveats_add(p->caveats, CAVEAT_WEAKENS, h->phoff, "core",
		    "only %llu of %u program headers are in the file", (unsigned long long)room,
		    h->phnum);
	h->phnum = (uint32_t)room;
}

static void read_program_headers(struct parser *p)
{
	clip_program_headers(p);
	for (uint32_t i = 0; i < p->header.phnum; i++) {
		bool ok;
		struct program_header ph = program_header(p, i, &ok);
		if (!ok)
			return;
		if (ph.type != PT_LOAD && ph.type != PT_NOTE)
			continue;
		if (!is_sane(&ph))
			caveats_add(p->caveats, CAVEAT_WEAKENS, 0, "core",
				    "program header %u is damaged", i);
		else if (ph.type == PT_LOAD)
			add_segment(p, &ph);
		else
			add_notes(p, &ph);
	}
}

static int by_address(const void *left, const void *right)
{
	const struct core_segment *a = left, *b = right;
	return (a->lo > b->lo) - (a->lo < b->lo);
}

static bool is_sorted(const struct core_segment *segments, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (segments[i - 1].lo > segments[i].lo)
			return false;
	return true;
}

static void keep_segments(struct parser *p)
{
	if (!is_sorted(p->segments.items, p->segments.count))
		qsort(p->segments.items, p->segments.count, sizeof(struct core_segment),
		      by_address);
	p->core->segments = vec_keep(&p->segments, p->arena);
	p->core->segment_count = p->segments.count;
}

/* The kernel: PRSTATUS, PRPSINFO, SIGINFO, AUXV, FILE, FPREGSET (fs/binfmt_elf.c). gdb: PRPSINFO
 * first (gdb/linux-tdep.c linux_make_corefile_notes). QEMU: PRSTATUS, PRPSINFO, AUXV alone
 * (linux-user/elfload.c fill_note_info). */
static enum core_writer find_writer(const struct corenotes *notes)
{
	if (notes->delve)
		return CORE_BY_DELVE;
	if (notes->threads.count == 0 && !notes->siginfo)
		return CORE_BY_UNKNOWN;
	if (notes->psinfo_first)
		return CORE_BY_GCORE;
	if (notes->siginfo || notes->files || notes->cut)
		return CORE_BY_KERNEL;
	return notes->floating_point ? CORE_BY_UNKNOWN : CORE_BY_QEMU;
}

static void read_notes(struct parser *p)
{
	struct corenotes notes;
	corenotes_init(&notes, p->core, p->arena, p->caveats);
	for (size_t i = 0; i < p->notes.count; i++)
		corenotes_parse(&notes, p->notes.items[i]);
	p->core->writer = find_writer(&notes);
	p->core->notes_cut = notes.cut;
	corenotes_finish(&notes);
	if (p->core->thread_count == 0)
		caveats_add(p->caveats, CAVEAT_WEAKENS, 0, "core",
			    "no thread's registers are in the core");
}

static void tell_truncation(struct parser *p)
{
	struct corefile *core = p->core;
	core->truncated = core->expected_size > core->file_size;
	if (!core->truncated)
		return;
	core->missing_bytes = core->expected_size - core->file_size;
	_cleanup_str_ struct str s = { 0 };
	str_add_size(&s, core->missing_bytes);
	str_add(&s, " of ");
	str_add_size(&s, core->expected_size);
	caveats_add(p->caveats, CAVEAT_WEAKENS, 0, "core",
		    "the file is cut: %s (%.0f %%) are missing at its end", str_text(&s),
		    100.0 * (double)core->missing_bytes / (double)core->expected_size);
}

static bool parse(struct parser *p, struct error *err)
{
	if (!read_header(p, err) || !check_program_headers(p, err))
		return false;
	p->core->command = p->core->arguments = "";
	p->core->file_size = p->bytes.size;
	read_program_headers(p);
	keep_segments(p);
	read_notes(p);
	tell_truncation(p);
	return true;
}

bool corefile_parse(struct bytes bytes, const char *name, struct arena *arena,
		    struct corefile *core, struct caveats *caveats, struct error *err)
{
	struct corefile made = { .file = { .path = name, .bytes = bytes } };
	__attribute__((cleanup(parser_release))) struct parser p = {
		.bytes = bytes,
		.name = name,
		.core = &made,
		.arena = arena,
		.caveats = caveats,
	};
	if (!parse(&p, err))
		return false;
	*core = made;
	return true;
}

void corefile_close(struct corefile *core)
{
	if (core != NULL)
		mapfile_close(&core->file);
}

struct bytes corefile_at(const struct corefile *core, uint64_t addr)
{
	size_t lo = 0, hi = core->segment_count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (core->segments[mid].hi <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == core->segment_count)
		return (struct bytes){ 0 };
	const struct core_segment *s = &core->segments[lo];
	if (addr < s->lo || addr - s->lo >= s->present)
		return (struct bytes){ 0 };
	uint64_t skip = addr - s->lo;
	return bytes_sub(core->file.bytes, s->offset + skip, s->present - skip);
}

const struct core_mapping *corefile_mapping(const struct corefile *core, uint64_t addr)
{
	for (size_t i = 0; i < core->mapping_count; i++)
		if (addr >= core->mappings[i].lo && addr < core->mappings[i].hi)
			return &core->mappings[i];
	return NULL;
}

static bool is_shared_object(const char *path)
{
	const char *so = strstr(path, ".so");
	return so != NULL && (so[3] == '\0' || so[3] == '.');
}

const char *corefile_executable(const struct corefile *core)
{
	const struct core_mapping *mapping = corefile_mapping(core, core->phdr);
	if (mapping == NULL)
		mapping = corefile_mapping(core, core->entry);
	if (mapping != NULL)
		return mapping->path;
	for (size_t i = 0; i < core->mapping_count; i++)
		if (core->mappings[i].offset == 0 && !is_shared_object(core->mappings[i].path))
			return core->mappings[i].path;
	return NULL;
}

const char *core_writer_name(enum core_writer writer)
{
	static const char *const names[] = {
		[CORE_BY_KERNEL] = "kernel", [CORE_BY_GCORE] = "gcore", [CORE_BY_DELVE] = "delve",
		[CORE_BY_QEMU] = "qemu",     [CORE_BY_UNKNOWN] = "unknown",
	};
	return names[writer];
}
