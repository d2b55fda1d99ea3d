#pragma once
/* Shared by the files that read the Go symbol table; nobody else includes it. */
#include "formats/pclntab.h"

/* What the magic and the release decide about records. */
struct pcln_layout {
	unsigned since;		      /* in force from go1.SINCE on */
	uint8_t func_size;	      /* bytes of _func before its pcdata offsets */
	uint8_t start_line;	      /* offset in _func; 0: it has none */
	uint8_t id;		      /* of funcID; flag follows at +1, nfuncdata at +3 */
	uint8_t call_size;	      /* of one entry of the inline tree */
	uint8_t call_id, call_name;   /* offsets in it */
	uint8_t call_pc, call_line;   /* parentPc, startLine (0: it has none) */
};

const struct pcln_layout *pcln_layout(const struct pclntab *tab);

/* The meaning of a funcID byte in the table's release; FUNC_NORMAL for a number that it lacks. */
enum func_id pcln_func_id(const struct pclntab *tab, uint8_t number);

/* The NUL-terminated string at OFFSET of STRINGS; NULL if it does not end within them. */
const char *pcln_string(struct bytes strings, uint64_t offset);

/* The value that the table at OFFSET of pctab has at PC; false if OFFSET is 0 (no table), if the
 * table does not reach PC, or if it is damaged. */
bool pcln_value(const struct pclntab *tab, const struct func *func, uint32_t offset, uint64_t pc,
		int32_t *value);
