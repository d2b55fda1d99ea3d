#pragma once
/* An ELF file as libelf's own handle, for libdw. A part of formats. */
#include <libelf.h>

#include "formats/elffile.h"

struct elfhandle {
	Elf *elf; /* NULL: not opened, or unreadable */
	int fd;	  /* -1: none */
	char *copy; /* of the bytes, where there is no file */
};

/*
 * libelf writes to the section headers when it decompresses, so it cannot work on our read-only
 * mapping, and a writable one would count as memory in full. From a file descriptor it reads only
 * the sections that are asked for; a file that is no longer there is copied.
 */
void elfhandle_open(struct elfhandle *handle, const struct elffile *elf);
void elfhandle_close(struct elfhandle *handle);
