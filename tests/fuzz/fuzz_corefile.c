/* A whole core: headers, notes, the image of its memory; no executable, no other files. */
#include "formats/findexe.h"
#include "formats/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads at both ends of a run, where arithmetic goes wrong. */
static bool read_edges(const struct image *image, const struct image_run *run, struct arena *arena)
{
	struct bytes bytes;
	uint64_t v = 0;
	uint8_t byte;
	return image_u64(image, run->lo, &v, NULL) &&
	       image_bytes(image, v, v & 0xffff, arena, &bytes, NULL) &&
	       image_u64(image, run->hi - 4, &v, NULL) && image_u8(image, run->hi, &byte, NULL) &&
	       image_object(image, run->lo, &v) != NULL;
}

static void use(const struct corefile *core, struct arena *arena, struct caveats *caveats)
{
	const char *build_id, *go_build_id;
	struct image image;
	struct image_options options = { .no_objects = true };
	corefile_executable(core);
	exe_core_ids(core, arena, &build_id, &go_build_id);
	if (!image_build(core, &options, arena, &image, caveats, NULL))
		return;
	size_t count = image.run_count < 1000 ? image.run_count : 1000, whole = 0;
	for (size_t i = 0; i < count; i++)
		whole += read_edges(&image, &image.runs[i], arena);
	(void)whole;
	image_close(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct caveats caveats;
	struct corefile core;
	struct error err = ERROR_INIT;
	arena_init(&arena);
	caveats_init(&caveats, &arena);
	if (corefile_parse((struct bytes){ data, size }, "core", &arena, &core, &caveats, &err))
		use(&core, &arena, &caveats);
	arena_release(&arena);
	return 0;
}
