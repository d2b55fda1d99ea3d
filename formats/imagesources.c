#include "formats/imagesources.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "formats/filekind.h"
#include "formats/findexe.h"

enum { PAGE = 4096, OBJECTS_MAX = 4096 };

/* Shared objects that could not be used: how many, the first one, and why. */
struct refusals {
	unsigned count;
	const char *path, *reason;
};

struct maker {
	struct sources *sources;
	const struct corefile *core;
	const struct image_options *options;
	struct arena *arena;
	const char *executable; /* its path in NT_FILE */
	struct refusals unreadable, foreign;
};

static void refuse(struct refusals *refusals, const char *path, const char *reason)
{
	if (refusals->count++ > 0)
		return;
	refusals->path = path;
	refusals->reason = reason;
}

static bool names_shared_object(const char *path)
{
	const char *so = strstr(path, ".so");
	return so != NULL && (so[3] == '\0' || so[3] == '.' || so[3] == ' ');
}

/* The first page of the file, which the kernel dumps of every mapped ELF file. */
static struct bytes header_in_core(const struct maker *m, const struct core_mapping *mapping)
{
	if (mapping->offset != 0)
		return (struct bytes){ 0 };
	struct bytes bytes = corefile_at(m->core, mapping->lo);
	return filekind_is_elf64(bytes, ET_DYN) ? bytes : (struct bytes){ 0 };
}

/* A deleted file's place may be taken by another: its build id must be known and equal. */
static bool is_same(const struct maker *m, const struct core_mapping *mapping,
		    const struct elffile *elf, bool deleted)
{
	const char *build_id = NULL, *go_build_id = NULL;
	elf_header_ids(header_in_core(m, mapping), m->arena, &build_id, &go_build_id);
	if (build_id == NULL || elf->build_id == NULL)
		return !deleted;
	return strcmp(build_id, elf->build_id) == 0;
}

/* Opens the file of MAPPING, NULL if it cannot be used. */
static struct elffile *open_object(struct maker *m, const struct core_mapping *mapping)
{
	bool deleted;
	const char *path = exe_host_path(mapping->path, m->options->sysroot, m->arena, &deleted);
	struct elffile *elf = arena_alloc(m->arena, sizeof(*elf));
	struct error err = ERROR_INIT;
	if (!elffile_open(path, m->arena, elf, &err)) {
		refuse(&m->unreadable, mapping->path, arena_strdup(m->arena, err.text));
		return NULL;
	}
	if (elf->elf_machine != m->core->arch->elf_machine || !is_same(m, mapping, elf, deleted)) {
		refuse(&m->foreign, mapping->path, "another build id");
		elffile_close(elf);
		return NULL;
	}
	vec_push(&m->sources->objects, elf);
	return elf;
}

/* The ELF file behind the mappings [FIRST, FIRST + COUNT) of one path; NULL if it is not opened. */
static const struct elffile *find_elf(struct maker *m, const struct core_mapping *first)
{
	if (m->executable != NULL && strcmp(first->path, m->executable) == 0)
		return m->options->executable;
	if (m->options->no_objects || m->sources->objects.count >= OBJECTS_MAX)
		return NULL;
	if (header_in_core(m, first).size == 0 && !names_shared_object(first->path))
		return NULL;
	return open_object(m, first);
}

static uint64_t find_bias(const struct maker *m, const struct elffile *elf,
			  const struct core_mapping *first)
{
	uint64_t bias = 0, addr;
	if (elf == m->options->executable)
		exe_bias(m->core, elf, &bias);
	else if (elffile_address(elf, first->offset, &addr))
		bias = first->lo - addr;
	return bias;
}

/* The mappings of one path, in the order of address. */
static void add_group(struct maker *m, const struct core_mapping *const *group, size_t count)
{
	const struct elffile *elf = find_elf(m, group[0]);
	uint64_t bias = elf ? find_bias(m, elf, group[0]) : 0;
	for (size_t i = 0; i < count; i++)
		vec_push(&m->sources->items, (struct source){
						     .lo = group[i]->lo,
						     .hi = group[i]->hi,
						     .offset = group[i]->offset,
						     .bias = bias,
						     .path = group[i]->path,
						     .elf = elf,
					     });
}

static int by_path(const void *left, const void *right)
{
	const struct core_mapping *a = *(const struct core_mapping *const *)left;
	const struct core_mapping *b = *(const struct core_mapping *const *)right;
	int order = strcmp(a->path, b->path);
	return order ? order : (a->lo > b->lo) - (a->lo < b->lo);
}

static void from_mappings(struct maker *m)
{
	size_t count = m->core->mapping_count;
	const struct core_mapping **sorted = memory_grow(NULL, count * sizeof(*sorted));
	for (size_t i = 0; i < count; i++)
		sorted[i] = &m->core->mappings[i];
	qsort(sorted, count, sizeof(*sorted), by_path);
	for (size_t i = 0, n; i < count; i += n) {
		for (n = 1; i + n < count; n++)
			if (strcmp(sorted[i + n]->path, sorted[i]->path) != 0)
				break;
		add_group(m, sorted + i, n);
	}
	free(sorted);
}

/* Delve and QEMU write no NT_FILE. */
static void from_executable(struct maker *m)
{
	const struct elffile *elf = m->options->executable;
	uint64_t bias;
	if (!exe_bias(m->core, elf, &bias))
		return;
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *seg = &elf->segments[i];
		uint64_t before = seg->addr % PAGE;
		if (seg->file_size == 0 || before > seg->offset)
			continue;
		uint64_t end = seg->addr + seg->file_size + bias;
		vec_push(&m->sources->items, (struct source){
						     .lo = seg->addr - before + bias,
						     .hi = (end + PAGE - 1) & ~(uint64_t)(PAGE - 1),
						     .offset = seg->offset - before,
						     .bias = bias,
						     .path = elf->path,
						     .elf = elf,
					     });
	}
}

static int by_address(const void *left, const void *right)
{
	const struct source *a = left, *b = right;
	return (a->lo > b->lo) - (a->lo < b->lo);
}

/* Sorts, and takes from each what the one before it covers. */
static void make_disjoint(struct sources *sources)
{
	if (sources->items.count > 1)
		qsort(sources->items.items, sources->items.count, sizeof(struct source),
		      by_address);
	size_t kept = 0;
	uint64_t end = 0;
	for (size_t i = 0; i < sources->items.count; i++) {
		struct source s = sources->items.items[i];
		if (s.lo < end) {
			s.offset += end - s.lo;
			s.lo = end;
		}
		if (s.lo >= s.hi)
			continue;
		end = s.hi;
		sources->items.items[kept++] = s;
	}
	sources->items.count = kept;
}

static void tell(struct caveats *caveats, const struct refusals *refusals, const char *what)
{
	if (refusals->count > 0)
		caveats_add(caveats, CAVEAT_NOTE, 0, "shared objects",
			    "%u mapped shared object%s %s (the first: %s: %s)", refusals->count,
			    refusals->count == 1 ? "" : "s", what, refusals->path,
			    refusals->reason);
}

void sources_make(struct sources *sources, const struct corefile *core,
		  const struct image_options *options, struct arena *arena,
		  struct caveats *caveats)
{
	*sources = (struct sources){ 0 };
	struct maker m = {
		.sources = sources,
		.core = core,
		.options = options,
		.arena = arena,
		.executable = corefile_executable(core),
	};
	if (core->mapping_count > 0)
		from_mappings(&m);
	else if (options->executable != NULL)
		from_executable(&m);
	make_disjoint(sources);
	tell(caveats, &m.unreadable, "cannot be read");
	tell(caveats, &m.foreign, "is not the file that was mapped");
}

void sources_release(struct sources *sources)
{
	vec_release(&sources->items);
	vec_release(&sources->objects);
}
