#pragma once
/*
 * What a file is that is not what was asked for, so that the refusal can say so: "a gzip-compressed
 * file: decompress it first". Looks at the first bytes only.
 */
#include "base/cursor.h"

enum { FILEKIND_MAX = 160 };

/* What follows "is not a core but": a constant string or written to BUF. Never NULL. */
const char *filekind_describe(struct bytes bytes, char buf[FILEKIND_MAX]);

/* True if BYTES begin as a 64-bit little-endian ELF file of type ELF_TYPE does (ET_CORE, ...). */
bool filekind_is_elf64(struct bytes bytes, uint16_t elf_type);

/* True if BYTES begin as an ELF core that is big-endian or of 32 bits. */
bool filekind_is_foreign_core(struct bytes bytes);
