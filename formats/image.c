/* Questions to the image; imagebuild.c makes it. */
#include "formats/image.h"

#include <string.h>

void image_close(struct image *image)
{
	if (image == NULL)
		return;
	image_debug_close(image);
	for (size_t i = 0; i < image->object_count; i++)
		elffile_close(image->objects[i]);
	image->object_count = 0;
}

const struct elffile *image_symbols(const struct image *image)
{
	const struct elffile *exe = image->executable;
	return exe != NULL && !exe->has_symtab && image->debug != NULL ? image->debug : exe;
}

const struct elffile *image_dwarf(const struct image *image)
{
	const struct elffile *exe = image->executable;
	return exe != NULL && !exe->has_dwarf && image->debug != NULL ? image->debug : exe;
}

/* The index of the last run that begins at or below ADDR, 0 if there is none. */
static size_t search(const struct image *image, uint64_t addr)
{
	const uint64_t *base = image->starts;
	for (size_t n = image->run_count; n > 1;) {
		size_t half = n / 2;
		base = base[half] <= addr ? base + half : base; /* a conditional move */
		n -= half;
	}
	return (size_t)(base - image->starts);
}

static bool holds(const struct image_run *run, uint64_t addr)
{
	return addr >= run->lo && addr < run->hi;
}

const struct image_run *image_find(const struct image *image, uint64_t addr)
{
	if (image->run_count == 0)
		return NULL;
	uint32_t *recent = &image->recent[(addr >> IMAGE_RECENT_SHIFT) % IMAGE_RECENT_COUNT];
	const struct image_run *run = &image->runs[__atomic_load_n(recent, __ATOMIC_RELAXED)];
	if (holds(run, addr))
		return run;
	size_t index = search(image, addr);
	run = &image->runs[index];
	if (!holds(run, addr))
		return NULL;
	__atomic_store_n(recent, (uint32_t)index, __ATOMIC_RELAXED);
	return run;
}

struct bytes image_rest(const struct image *image, uint64_t addr)
{
	const struct image_run *run = image_find(image, addr);
	if (run == NULL || run->bytes == NULL)
		return (struct bytes){ 0 };
	return (struct bytes){ run->bytes + (addr - run->lo), (size_t)(run->hi - addr) };
}

const uint8_t *image_at(const struct image *image, uint64_t addr, size_t size)
{
	struct bytes rest = image_rest(image, addr);
	return size <= rest.size ? rest.data : NULL;
}

static bool unreadable(const struct image *image, uint64_t addr, struct error *err)
{
	const struct image_run *run = image_find(image, addr);
	unsigned long long at = addr;
	if (run == NULL)
		return error_set(err, ERROR_UNMAPPED, addr, "0x%llx was not mapped", at);
	if (run->truncated)
		return error_set(err, ERROR_NOT_DUMPED, addr,
				 "0x%llx lies in the part that the core file lacks", at);
	if (run->path != NULL)
		return error_set(err, ERROR_NOT_DUMPED, addr,
				 "0x%llx (mapped from %s) is not in the core", at, run->path);
	return error_set(err, ERROR_NOT_DUMPED, addr, "0x%llx is not in the core", at);
}

/* Copies a range that has no hole. */
static void copy(const struct image *image, uint64_t addr, uint8_t *to, size_t size)
{
	while (size > 0) {
		struct bytes rest = image_rest(image, addr);
		size_t n = rest.size < size ? rest.size : size;
		memcpy(to, rest.data, n);
		addr += n;
		to += n;
		size -= n;
	}
}

/* The first address of [ADDR, ADDR + SIZE) that cannot be read; false if all can. */
static bool first_hole(const struct image *image, uint64_t addr, uint64_t size, uint64_t *hole)
{
	for (uint64_t done = 0; done < size;) {
		struct bytes rest = image_rest(image, addr + done);
		if (rest.size == 0) {
			*hole = addr + done;
			return true;
		}
		done += rest.size;
	}
	return false;
}

bool image_read(const struct image *image, uint64_t addr, void *to, size_t size, struct error *err)
{
	const uint8_t *p = image_at(image, addr, size);
	if (p != NULL) {
		memcpy(to, p, size);
		return true;
	}
	uint64_t hole;
	if (first_hole(image, addr, size, &hole))
		return unreadable(image, hole, err);
	copy(image, addr, to, size);
	return true;
}

bool image_read_once(const struct image *image, uint64_t addr, void *to, size_t size)
{
	const struct image_run *run = image_find(image, addr);
	if (run == NULL || run->source != IMAGE_CORE || size > run->hi - addr)
		return false;
	const struct mapfile *file = &image->core->file;
	uint64_t offset = (uint64_t)(run->bytes - file->bytes.data) + (addr - run->lo);
	return mapfile_read(file, offset, to, size);
}

bool image_u8(const struct image *image, uint64_t addr, uint8_t *v, struct error *err)
{
	return image_read(image, addr, v, sizeof(*v), err);
}

bool image_u32(const struct image *image, uint64_t addr, uint32_t *v, struct error *err)
{
	uint8_t bytes[4];
	if (!image_read(image, addr, bytes, sizeof(bytes), err))
		return false;
	*v = bytes_u32(bytes);
	return true;
}

bool image_u64(const struct image *image, uint64_t addr, uint64_t *v, struct error *err)
{
	const uint8_t *p = image_at(image, addr, sizeof(*v));
	if (p != NULL) {
		*v = bytes_u64(p);
		return true;
	}
	uint8_t bytes[8];
	if (!image_read(image, addr, bytes, sizeof(bytes), err))
		return false;
	*v = bytes_u64(bytes);
	return true;
}

bool image_bytes(const struct image *image, uint64_t addr, uint64_t size, struct arena *arena,
		 struct bytes *bytes, struct error *err)
{
	struct bytes rest = image_rest(image, addr);
	if (size <= rest.size) {
		*bytes = (struct bytes){ rest.data, (size_t)size };
		return true;
	}
	uint64_t hole;
	if (first_hole(image, addr, size, &hole))
		return unreadable(image, hole, err);
	uint8_t *to = arena_array(arena, size, 1, err);
	if (to == NULL)
		return false;
	copy(image, addr, to, (size_t)size);
	*bytes = (struct bytes){ to, (size_t)size };
	return true;
}

const struct elffile *image_object(const struct image *image, uint64_t addr, uint64_t *bias)
{
	size_t lo = 0, hi = image->placed_count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (image->placed[mid].hi <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == image->placed_count || addr < image->placed[lo].lo)
		return NULL;
	if (bias != NULL)
		*bias = image->placed[lo].bias;
	return image->placed[lo].elf;
}
