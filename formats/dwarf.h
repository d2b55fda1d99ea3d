#pragma once
/*
 * The DWARF of a Go executable (libdw), versions 4 and 5, sections compressed or not: layouts of
 * structs and addresses of global variables by name. Variables at a pc are in dwarf_vars.h.
 *
 * Opening costs nothing; the first question decompresses every debug section into memory. A name
 * is looked for in the unit of package runtime first and then in the others, which are indexed as
 * far as needed. Everything is untrusted: what is malformed is "not found".
 *
 * Addresses are the file's own; the caller adds the bias.
 */
#include "formats/elffile.h"

struct dwarf;

/* Fails with ERROR_NOT_FOUND when ELF has no DWARF. ELF outlives the result, which the caller gives
 * back with dwarf_close(). */
bool dwarf_open(const struct elffile *elf, struct dwarf **dwarf, struct error *err) MUST_CHECK;
void dwarf_close(struct dwarf *dwarf);

/* Whether the first question takes longer than who is in haste wants to wait. */
bool dwarf_takes_long(const struct elffile *elf);

/* Size of the struct NAME ("runtime.g", "internal/abi.Type"). */
bool dwarf_struct_size(const struct dwarf *dwarf, const char *name, uint64_t *size);

/* Offset and size of the member PATH of struct NAME. PATH may go through nested structs, with dots:
 * "sched.pc". */
bool dwarf_field(const struct dwarf *dwarf, const char *name, const char *path, uint64_t *offset,
		 uint64_t *size);

/* Address (DW_OP_addr) and size (0 if not known) of the package-level variable NAME
 * ("runtime.allgs"). */
bool dwarf_variable(const struct dwarf *dwarf, const char *name, uint64_t *addr, uint64_t *size);

/* Calls MEMBER for each member of struct NAME, in the order of declaration, those of nested structs
 * behind the one that holds them, as a dotted path; stops when it returns false. Atomic types
 * (internal/runtime/atomic, sync/atomic) count as scalars. False if there is no such struct. */
bool dwarf_members(const struct dwarf *dwarf, const char *name,
		   bool (*member)(void *data, const char *path, uint64_t offset, uint64_t size),
		   void *data);
