/* Lays the core's segments and the mapped files over each other. */
#include <elf.h>
#include <string.h>

#include "formats/findexe.h"
#include "formats/imagesources.h"

enum { PAGE = 4096 };

struct builder {
	const struct corefile *core;
	struct sources sources;
	VEC(struct image_run) runs;
	size_t next_source; /* those before end below the address that was reached */
	bool dumps_dirty;   /* the core holds memory that was written to */
	bool only_files;
};

static void builder_release(struct builder *b)
{
	vec_release(&b->runs);
	sources_release(&b->sources);
}

/* A run that goes on where the last one ends, in memory and in the core file, is joined to it. */
static bool join(struct builder *b, const struct image_run *run)
{
	if (b->runs.count == 0)
		return false;
	struct image_run *last = &b->runs.items[b->runs.count - 1];
	if (last->hi != run->lo || last->source != IMAGE_CORE || run->source != IMAGE_CORE ||
	    last->flags != run->flags || last->path != run->path ||
	    last->bytes + (last->hi - last->lo) != run->bytes)
		return false;
	last->hi = run->hi;
	return true;
}

/* Adds what of RUN lies behind the last one. */
static void add_run(struct builder *b, struct image_run run)
{
	uint64_t end = b->runs.count ? b->runs.items[b->runs.count - 1].hi : 0;
	if (run.lo < end) {
		uint64_t skip = end - run.lo;
		if (run.hi <= end)
			return;
		run.lo = end;
		run.offset += skip;
		if (run.bytes != NULL)
			run.bytes += skip;
	}
	if (run.lo < run.hi && !join(b, &run))
		vec_push(&b->runs, run);
}

/* A piece of memory of which the core has no bytes. */
struct hole {
	uint64_t lo, hi;
	uint32_t flags;
	bool truncated; /* the core had them, but the file is cut */
	bool segment;	/* in a segment of the core; else only the mapped file tells of it */
};

/* True if [LO, HI) is, or was before relocation, writable by the file's own segments. */
static bool is_writable(const struct source *s, uint64_t lo, uint64_t hi, uint32_t *flags)
{
	bool writable = false;
	for (size_t i = 0; i < s->elf->segment_count; i++) {
		const struct elf_segment *seg = &s->elf->segments[i];
		uint64_t start = (seg->addr & ~(uint64_t)(PAGE - 1)) + s->bias;
		if (hi <= start || lo >= seg->addr + s->bias + seg->memory_size)
			continue;
		writable |= (seg->flags & PF_W) != 0;
		*flags = *flags ? *flags : seg->flags;
	}
	return writable;
}

/* May the file stand in for the core? Memory that could have been written to (or relocated) is as
 * in the file only where the core would have held it otherwise: the kernel leaves out private pages
 * of a file that were never written. */
static bool may_fill(const struct builder *b, const struct source *s, struct hole *hole)
{
	if (s->elf == NULL || s->elf->debug_only)
		return false;
	bool writable = is_writable(s, hole->lo, hole->hi, &hole->flags);
	if (b->only_files)
		return true;
	if (!writable && !(hole->flags & PF_W))
		return true;
	return hole->segment && !hole->truncated && b->dumps_dirty;
}

static void add_missing(struct builder *b, const struct hole *hole, const char *path,
			uint64_t offset)
{
	add_run(b, (struct image_run){
			   .lo = hole->lo,
			   .hi = hole->hi,
			   .source = IMAGE_MISSING,
			   .flags = hole->flags,
			   .path = path,
			   .offset = offset,
			   .truncated = hole->truncated,
		   });
}

/* HOLE lies in S. */
static void fill_from(struct builder *b, const struct source *s, struct hole hole)
{
	uint64_t offset = s->offset + (hole.lo - s->lo);
	if (may_fill(b, s, &hole) && offset < s->elf->file.bytes.size) {
		uint64_t left = s->elf->file.bytes.size - offset;
		uint64_t n = hole.hi - hole.lo < left ? hole.hi - hole.lo : left;
		add_run(b, (struct image_run){
				   .lo = hole.lo,
				   .hi = hole.lo + n,
				   .bytes = s->elf->file.bytes.data + offset,
				   .source = IMAGE_FILE,
				   .flags = hole.flags,
				   .path = s->path,
				   .offset = offset,
			   });
		hole.lo += n;
		offset += n;
	}
	add_missing(b, &hole, s->path, offset);
}

/* Fills a hole from the sources in it. Holes come in the order of address. */
static void fill(struct builder *b, struct hole hole)
{
	while (hole.lo < hole.hi && b->next_source < b->sources.items.count) {
		const struct source *s = &b->sources.items.items[b->next_source];
		if (s->hi <= hole.lo) {
			b->next_source++;
			continue;
		}
		if (s->lo >= hole.hi)
			break;
		struct hole before = hole, inside = hole;
		before.hi = inside.lo = s->lo > hole.lo ? s->lo : hole.lo;
		inside.hi = s->hi < hole.hi ? s->hi : hole.hi;
		if (hole.segment)
			add_missing(b, &before, NULL, 0);
		fill_from(b, s, inside);
		hole.lo = inside.hi;
	}
	if (hole.segment)
		add_missing(b, &hole, NULL, 0);
}

/* The source that holds ADDR, which is not below the address that was reached. */
static const struct source *source_at(struct builder *b, uint64_t addr)
{
	while (b->next_source < b->sources.items.count &&
	       b->sources.items.items[b->next_source].hi <= addr)
		b->next_source++;
	if (b->next_source == b->sources.items.count ||
	    b->sources.items.items[b->next_source].lo > addr)
		return NULL;
	return &b->sources.items.items[b->next_source];
}

static void add_segment(struct builder *b, const struct core_segment *seg)
{
	const struct source *s = source_at(b, seg->lo);
	struct bytes bytes = bytes_sub(b->core->file.bytes, seg->offset, seg->present);
	add_run(b, (struct image_run){
			   .lo = seg->lo,
			   .hi = seg->lo + bytes.size,
			   .bytes = bytes.data,
			   .source = IMAGE_CORE,
			   .flags = seg->flags,
			   .path = s ? s->path : NULL,
			   .offset = s ? s->offset + (seg->lo - s->lo) : 0,
		   });
	struct hole cut = { .lo = seg->lo + bytes.size, .hi = seg->lo + seg->file_size,
			    .flags = seg->flags, .truncated = true, .segment = true };
	fill(b, cut);
	struct hole not_dumped = { .lo = seg->lo + seg->file_size, .hi = seg->hi,
				   .flags = seg->flags, .segment = true };
	fill(b, not_dumped);
}

static void add_segments(struct builder *b)
{
	uint64_t reached = 0;
	for (size_t i = 0; i < b->core->segment_count && !b->only_files; i++) {
		const struct core_segment *seg = &b->core->segments[i];
		if (seg->lo > reached)
			fill(b, (struct hole){ .lo = reached, .hi = seg->lo });
		add_segment(b, seg);
		reached = seg->hi > reached ? seg->hi : reached;
	}
	fill(b, (struct hole){ .lo = reached, .hi = ~0ull });
}

/* A core without any written memory is of no use, but has been seen with a strange filter. */
static bool dumps_dirty(const struct corefile *core)
{
	for (size_t i = 0; i < core->segment_count; i++)
		if ((core->segments[i].flags & PF_W) && core->segments[i].file_size > 0)
			return true;
	return false;
}

static void keep_runs(struct builder *b, struct image *image, struct arena *arena)
{
	image->runs = vec_keep(&b->runs, arena);
	image->run_count = b->runs.count;
	image->starts = arena_alloc(arena, (b->runs.count + 1) * sizeof(*image->starts));
	for (size_t i = 0; i < b->runs.count; i++)
		image->starts[i] = b->runs.items[i].lo;
	image->recent = arena_alloc(arena, IMAGE_RECENT_COUNT * sizeof(*image->recent));
}

static void keep_objects(struct builder *b, struct image *image, struct arena *arena)
{
	size_t count = b->sources.items.count;
	image->objects = vec_keep(&b->sources.objects, arena);
	image->object_count = b->sources.objects.count;
	image->placed = arena_alloc(arena, (count + 1) * sizeof(*image->placed));
	for (size_t i = 0; i < count; i++) {
		const struct source *s = &b->sources.items.items[i];
		if (s->elf == NULL)
			continue;
		image->placed[image->placed_count++] = (struct image_object){
			.lo = s->lo,
			.hi = s->hi,
			.bias = s->bias,
			.elf = s->elf,
		};
	}
}

bool image_build(const struct corefile *core, const struct image_options *options,
		 struct arena *arena, struct image *image, struct caveats *caveats,
		 struct error *err)
{
	(void)err;
	__attribute__((cleanup(builder_release))) struct builder b = {
		.core = core,
		.dumps_dirty = dumps_dirty(core),
		.only_files = options->only_files,
	};
	*image = (struct image){
		.core = core,
		.arch = core->arch,
		.name = core->file.path,
		.executable = options->executable,
		.debug = options->debug,
		.object_search = options->object_search,
		.object_debug = arena_alloc(arena, sizeof(struct image_debug *)),
		.arena = arena,
		.caveats = caveats,
		.no_lines = options->no_lines,
	};
	if (options->executable != NULL)
		exe_bias(core, options->executable, &image->bias);
	sources_make(&b.sources, core, options, arena, caveats);
	add_segments(&b);
	keep_runs(&b, image, arena);
	keep_objects(&b, image, arena);
	return true;
}
