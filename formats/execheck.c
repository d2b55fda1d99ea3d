/* Is this the executable that dumped the core? */
#include <elf.h>
#include <stddef.h>
#include <string.h>

#include "formats/filekind.h"
#include "formats/findexe.h"

enum { PAGE = 4096 };

static const struct core_mapping *first_mapping(const struct corefile *core, const char *path)
{
	for (size_t i = 0; path != NULL && i < core->mapping_count; i++)
		if (strcmp(core->mappings[i].path, path) == 0)
			return &core->mappings[i];
	return NULL;
}

static uint64_t header_u64(struct bytes elf, size_t field)
{
	struct cursor c = cursor_at(elf, field);
	return cursor_u64(&c);
}

static bool bias_by_phdr(const struct corefile *core, const struct elffile *elf, uint64_t *bias)
{
	uint64_t addr;
	uint64_t phoff = header_u64(elf->file.bytes, offsetof(Elf64_Ehdr, e_phoff));
	if (core->phdr == 0 || !elffile_address(elf, phoff, &addr))
		return false;
	*bias = core->phdr - addr;
	return *bias % PAGE == 0;
}

static bool bias_by_entry(const struct corefile *core, const struct elffile *elf, uint64_t *bias)
{
	if (core->entry == 0 || elf->entry == 0)
		return false;
	*bias = core->entry - elf->entry;
	return *bias % PAGE == 0;
}

static bool bias_by_mapping(const struct corefile *core, const struct elffile *elf, uint64_t *bias)
{
	const struct core_mapping *m = first_mapping(core, corefile_executable(core));
	uint64_t addr;
	if (m == NULL || !elffile_address(elf, m->offset, &addr))
		return false;
	*bias = m->lo - addr;
	return *bias % PAGE == 0;
}

bool exe_bias(const struct corefile *core, const struct elffile *elf, uint64_t *bias)
{
	uint64_t phdr, entry;
	*bias = 0;
	if (!elf->pie)
		return true;
	bool has_phdr = bias_by_phdr(core, elf, &phdr);
	bool has_entry = bias_by_entry(core, elf, &entry);
	if (has_phdr && has_entry && phdr == entry)
		*bias = phdr;
	else if (bias_by_mapping(core, elf, bias))
		return true;
	else if (has_phdr || has_entry)
		*bias = has_phdr ? phdr : entry;
	return has_phdr || has_entry;
}

static struct bytes elf_header_at(const struct corefile *core, uint64_t addr)
{
	struct bytes bytes = corefile_at(core, addr);
	if (filekind_is_elf64(bytes, ET_EXEC) || filekind_is_elf64(bytes, ET_DYN))
		return bytes;
	return (struct bytes){ 0 };
}

/* The first bytes of the executable as the core has them: the kernel dumps that one page of every
 * mapped ELF file. */
static struct bytes core_header(const struct corefile *core)
{
	const struct core_mapping *m = first_mapping(core, corefile_executable(core));
	struct bytes bytes = { 0 };
	if (m != NULL && m->offset == 0)
		bytes = elf_header_at(core, m->lo);
	if (bytes.size == 0 && core->phdr != 0)
		bytes = elf_header_at(core, core->phdr & ~(uint64_t)(PAGE - 1));
	return bytes;
}

static struct bytes program_headers(struct bytes elf)
{
	struct cursor c = cursor_at(elf, offsetof(Elf64_Ehdr, e_phnum));
	uint64_t size = cursor_u16(&c) * sizeof(Elf64_Phdr);
	return bytes_sub(elf, header_u64(elf, offsetof(Elf64_Ehdr, e_phoff)), size);
}

void exe_core_ids(const struct corefile *core, struct arena *arena, const char **build_id,
		  const char **go_build_id)
{
	*build_id = *go_build_id = NULL;
	elf_header_ids(core_header(core), arena, build_id, go_build_id);
}

/* What has been compared. A wrong file shows at once; that it is the right one takes points. */
struct comparison {
	const struct corefile *core;
	const struct elffile *elf;
	struct arena *arena;
	struct exe_check *check;
	unsigned points;
};

enum { POINTS_ENOUGH = 2 };

static void decide(struct comparison *c, enum exe_match match, const char *reason)
{
	c->check->match = match;
	c->check->reason = reason;
}

static bool decided(const struct comparison *c)
{
	return c->check->match != EXE_MATCH_UNKNOWN;
}

static void compare_cpu(struct comparison *c)
{
	char mine[32], cores[32];
	if (c->elf->elf_machine == c->core->arch->elf_machine)
		return;
	decide(c, EXE_MATCH_NO,
	       arena_printf(c->arena, "it is for %s, the core is of %s",
			    arch_machine_name(c->elf->elf_machine, mine),
			    arch_machine_name(c->core->arch->elf_machine, cores)));
}

static void compare_id(struct comparison *c, const char *kind, const char *mine, const char *cores)
{
	if (decided(c) || mine == NULL || cores == NULL)
		return;
	if (strcmp(mine, cores) == 0)
		decide(c, EXE_MATCH_YES, arena_printf(c->arena, "%s build id %s", kind, mine));
	else
		decide(c, EXE_MATCH_NO,
		       arena_printf(c->arena, "its %s build id %s is not the core's %s", kind, mine,
				    cores));
}

static void compare_program_headers(struct comparison *c)
{
	struct bytes mine = program_headers(c->elf->file.bytes);
	struct bytes cores = program_headers(core_header(c->core));
	if (mine.size == 0 || cores.size == 0)
		return;
	if (mine.size == cores.size && memcmp(mine.data, cores.data, mine.size) == 0)
		c->points++;
	else
		decide(c, EXE_MATCH_NO, "its program headers are not those in the core");
}

/* AT_ENTRY is that of ld.so where a program was started by naming ld.so, which then has no base. */
static void compare_entry(struct comparison *c)
{
	uint64_t by_phdr, by_entry;
	if (!bias_by_phdr(c->core, c->elf, &by_phdr) || c->core->entry == 0)
		return;
	by_entry = c->core->entry - c->elf->entry;
	if (by_phdr == by_entry && (c->elf->pie || by_entry == 0))
		c->points++;
	else if (c->core->base != 0 || !c->elf->dynamic)
		decide(c, EXE_MATCH_NO, "its entry point is not the core's");
}

static uint64_t page_size(const struct corefile *core)
{
	return core->page_size >= PAGE && core->page_size <= 1 << 20 ? core->page_size : PAGE;
}

/* Where the file's last byte that is mapped must lie, rounded up to a page. */
static uint64_t file_end(const struct comparison *c)
{
	uint64_t end = 0;
	for (size_t i = 0; i < c->elf->segment_count; i++) {
		const struct elf_segment *s = &c->elf->segments[i];
		if (s->file_size > 0 && s->addr + s->file_size > end)
			end = s->addr + s->file_size;
	}
	uint64_t mask = page_size(c->core) - 1;
	return ((end + mask) & ~mask) + c->check->bias;
}

/* NT_FILE tells up to where the executable was mapped: its size in pages, that is. */
static void compare_mappings(struct comparison *c)
{
	const char *path = corefile_executable(c->core);
	uint64_t end = 0;
	for (size_t i = 0; path != NULL && i < c->core->mapping_count; i++)
		if (strcmp(c->core->mappings[i].path, path) == 0)
			end = c->core->mappings[i].hi;
	if (end != 0 && !c->core->notes_cut && !c->elf->debug_only && end != file_end(c))
		decide(c, EXE_MATCH_NO, "it is larger or smaller than the file that was mapped");
}

/* The header of the build info and its strings: cmd/link puts them into a section of their own. */
static void compare_buildinfo(struct comparison *c)
{
	uint64_t addr = 0;
	struct bytes mine = elffile_section(c->elf, ".go.buildinfo", &addr);
	struct bytes cores = corefile_at(c->core, addr + c->check->bias);
	size_t n = mine.size < cores.size ? mine.size : cores.size;
	if (n < 32 || decided(c))
		return;
	if (memcmp(mine.data, cores.data, n) == 0)
		c->points++;
	else
		decide(c, EXE_MATCH_NO, "its build info is not the core's");
}

/* Bytes that differ, but for breakpoints that a debugger left in the dumped code. */
static bool differ(const uint8_t *mine, const uint8_t *cores, size_t n)
{
	if (memcmp(mine, cores, n) == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (mine[i] != cores[i] && cores[i] != 0xcc)
			return true;
	return false;
}

/* Pages of the executable that were looked for in the core, and that were there. */
struct budget {
	unsigned looked, compared;
};

enum { LOOK_MAX = 1 << 16, COMPARE_MAX = 256 };

/* Compares what the core has of one read-only segment, page by page. The ELF header is left out:
 * strip(1) changes it. */
static void compare_segment(struct comparison *c, const struct elf_segment *s,
			    struct budget *budget)
{
	uint64_t skip = s->offset == 0 ? sizeof(Elf64_Ehdr) : 0;
	while (skip < s->file_size && !decided(c)) {
		if (budget->looked++ == LOOK_MAX || budget->compared == COMPARE_MAX)
			return;
		struct bytes mine = elffile_at(c->elf, s->addr + skip);
		struct bytes cores = corefile_at(c->core, s->addr + c->check->bias + skip);
		if (mine.size == 0)
			return;
		size_t n = PAGE - (s->addr + skip) % PAGE;
		n = n < mine.size ? n : mine.size;
		skip += n;
		if (cores.size < n)
			continue;
		budget->compared++;
		if (differ(mine.data, cores.data, n))
			decide(c, EXE_MATCH_NO, "its code or constants are not the core's");
	}
}

static void compare_read_only(struct comparison *c)
{
	struct budget budget = { 0 };
	for (size_t i = 0; i < c->elf->segment_count && !decided(c); i++)
		if (!(c->elf->segments[i].flags & PF_W))
			compare_segment(c, &c->elf->segments[i], &budget);
	if (budget.compared > 1)
		c->points += 2;
}

static void compare_bytes(struct comparison *c)
{
	compare_program_headers(c);
	if (!decided(c))
		compare_entry(c);
	if (!decided(c))
		compare_mappings(c);
	compare_buildinfo(c);
	if (!c->elf->debug_only)
		compare_read_only(c);
	if (decided(c))
		return;
	if (c->points >= POINTS_ENOUGH)
		decide(c, EXE_MATCH_YES, "headers, build info or code are equal to the core's");
	else
		c->check->reason = "the core has too little of it to compare";
}

void exe_check(const struct corefile *core, const struct elffile *elf, struct arena *arena,
	       struct exe_check *check)
{
	*check = (struct exe_check){ .match = EXE_MATCH_UNKNOWN };
	exe_bias(core, elf, &check->bias);
	exe_core_ids(core, arena, &check->core_build_id, &check->core_go_build_id);
	struct comparison c = { .core = core, .elf = elf, .arena = arena, .check = check };
	compare_cpu(&c);
	compare_id(&c, "GNU", elf->build_id, check->core_build_id);
	compare_id(&c, "Go", elf->go_build_id, check->core_go_build_id);
	if (!decided(&c))
		compare_bytes(&c);
}
