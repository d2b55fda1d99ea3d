#include "formats/elfhandle.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"

/* The file on disk, NULL if there is none, or it is no longer that one. */
static Elf *open_file(const struct elffile *elf, int *fd)
{
	struct stat st;
	*fd = elf->file.path != NULL ? open(elf->file.path, O_RDONLY | O_CLOEXEC) : -1;
	if (*fd >= 0 && fstat(*fd, &st) == 0 && (uint64_t)st.st_size == elf->file.bytes.size)
		return elf_begin(*fd, ELF_C_READ, NULL);
	return NULL;
}

void elfhandle_open(struct elfhandle *handle, const struct elffile *elf)
{
	*handle = (struct elfhandle){ .fd = -1 };
	elf_version(EV_CURRENT);
	handle->elf = open_file(elf, &handle->fd);
	if (handle->elf != NULL)
		return;
	struct bytes bytes = elf->file.bytes;
	handle->copy = memory_grow(NULL, bytes.size);
	memcpy(handle->copy, bytes.data, bytes.size);
	handle->elf = elf_memory(handle->copy, bytes.size);
}

void elfhandle_close(struct elfhandle *handle)
{
	if (handle->elf != NULL)
		elf_end(handle->elf);
	if (handle->fd >= 0)
		close(handle->fd);
	free(handle->copy);
	*handle = (struct elfhandle){ .fd = -1 };
}
