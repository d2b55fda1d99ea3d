/* The files that have the symbols and the DWARF of those that were mapped. */
#include "formats/debugfile.h"
#include "formats/image.h"

struct image_debug {
	struct image_debug *next;
	const struct elffile *object;
	struct elffile debug;
	bool found;
};

/* The debug file of a shared object, looked for once; NULL if there is none. */
static const struct elffile *debug_of(const struct image *image, const struct elffile *object)
{
	struct image_debug *d = *image->object_debug;
	if (object->has_dwarf || image->object_search == NULL)
		return NULL;
	while (d != NULL && d->object != object)
		d = d->next;
	if (d == NULL) {
		d = arena_alloc(image->arena, sizeof(*d));
		*d = (struct image_debug){ .next = *image->object_debug, .object = object };
		d->found = debugfile_find(object, image->object_search, image->arena, &d->debug,
					  image->caveats);
		*image->object_debug = d;
	}
	return d->found ? &d->debug : NULL;
}

const struct elffile *image_symbols_of(const struct image *image, const struct elffile *object)
{
	if (object == image->executable)
		return image_symbols(image);
	const struct elffile *debug = object->has_symtab ? NULL : debug_of(image, object);
	return debug != NULL && debug->has_symtab ? debug : object;
}

const struct elffile *image_dwarf_of(const struct image *image, const struct elffile *object)
{
	const struct elffile *file =
		object == image->executable ? image_dwarf(image) : debug_of(image, object);
	file = file != NULL ? file : object;
	return file->has_dwarf ? file : NULL;
}

void image_debug_close(struct image *image)
{
	struct image_debug *d = image->object_debug != NULL ? *image->object_debug : NULL;
	for (; d != NULL; d = d->next)
		if (d->found)
			elffile_close(&d->debug);
	image->object_debug = NULL;
}
