/* Tables of values by pc (runtime/symtab.go pcvalue, step, readvarint), and what hangs on them:
 * stack deltas, PCDATA, lines. */
#include "formats/pcln_internal.h"

#include <string.h>

enum {
	/* Changes of a value within one function. The largest functions of generated code come to
	 * some hundred thousand; a damaged table must not keep us longer than a blink. */
	STEPS_MAX = 1 << 20,
	VARINT_MAX = 5, /* bytes of a 32-bit number */
};

/* One table, from the function's entry on. */
struct walk {
	const uint8_t *next, *end;
	uint64_t offset, limit; /* of the pc from the function's entry; the function's size */
	int32_t value;		/* that holds before `offset` */
	unsigned quantum, steps;
};

static struct walk walk_start(const struct pclntab *tab, const struct func *func, uint32_t offset)
{
	struct walk w = { .value = -1, .quantum = tab->quantum, .limit = func->end - func->entry };
	if (offset != 0 && offset < tab->pctab.size) {
		w.next = tab->pctab.data + offset;
		w.end = tab->pctab.data + tab->pctab.size;
	}
	return w;
}

/* False past the end of the bytes. */
static inline bool read_varint(struct walk *w, uint32_t *value)
{
	uint32_t v = 0;
	for (unsigned i = 0; i < VARINT_MAX && w->next < w->end; i++) {
		uint8_t b = *w->next++;
		v |= (uint32_t)(b & 0x7f) << (7 * i);
		if (b < 0x80) {
			*value = v;
			return true;
		}
	}
	return false;
}

/* On to the next value; false at the end of the table, or where it is damaged: a step that does
 * not move, or one that starts beyond the function. */
static bool walk_step(struct walk *w)
{
	uint32_t value_delta, pc_delta;
	bool first = w->steps == 0;
	if (w->steps++ >= STEPS_MAX || w->offset > w->limit || !read_varint(w, &value_delta) ||
	    (value_delta == 0 && !first) || !read_varint(w, &pc_delta) || pc_delta == 0)
		return false;
	uint32_t delta = -(value_delta & 1) ^ (value_delta >> 1); /* zigzag */
	w->value = (int32_t)((uint32_t)w->value + delta);
	w->offset += (uint64_t)pc_delta * w->quantum;
	return true;
}

bool pcln_value(const struct pclntab *tab, const struct func *func, uint32_t offset, uint64_t pc,
		int32_t *value)
{
	if (pc < func->entry)
		return false;
	uint64_t target = pc - func->entry;
	struct walk w = walk_start(tab, func, offset);
	while (walk_step(&w)) {
		if (target >= w.offset)
			continue;
		*value = w.value;
		return true;
	}
	return false;
}

bool pclntab_spdelta(const struct pclntab *tab, const struct func *func, uint64_t pc,
		     int32_t *delta)
{
	return pcln_value(tab, func, func->pcsp, pc, delta);
}

int32_t pclntab_max_spdelta(const struct pclntab *tab, const struct func *func)
{
	int32_t most = 0;
	struct walk w = walk_start(tab, func, func->pcsp);
	while (walk_step(&w))
		if (w.value > most)
			most = w.value;
	return most;
}

/* Word INDEX of the two arrays behind _func: pcdata[npcdata], funcdata[nfuncdata]. */
static bool trailing_word(const struct pclntab *tab, const struct func *func, uint64_t index,
			  uint32_t *word)
{
	uint64_t arrays = func->offset + (uint64_t)pcln_layout(tab)->func_size;
	struct bytes b = bytes_sub(tab->functab, arrays + 4 * index, 4);
	if (b.size == 0)
		return false;
	*word = bytes_u32(b.data);
	return true;
}

int32_t pclntab_pcdata(const struct pclntab *tab, const struct func *func, unsigned index,
		       uint64_t pc)
{
	uint32_t offset;
	int32_t value;
	if (index >= func->pcdata_count || !trailing_word(tab, func, index, &offset) ||
	    !pcln_value(tab, func, offset, pc, &value))
		return -1;
	return value;
}

struct bytes pclntab_funcdata(const struct pclntab *tab, const struct func *func, unsigned index)
{
	uint32_t offset;
	if (index >= func->funcdata_count ||
	    !trailing_word(tab, func, (uint64_t)func->pcdata_count + index, &offset) ||
	    offset == UINT32_MAX || offset >= tab->gofunc.size)
		return (struct bytes){ 0 };
	return bytes_sub(tab->gofunc, offset, tab->gofunc.size - offset);
}

/* runtime/symtab.go funcfile: file number N of the function's compilation unit. */
static const char *file_name(const struct pclntab *tab, const struct func *func, int32_t n)
{
	uint64_t index = (uint64_t)func->cu_offset + (uint32_t)n;
	struct bytes b = bytes_sub(tab->cutab, index * 4, 4);
	if (b.size == 0 || bytes_u32(b.data) == UINT32_MAX)
		return NULL;
	return pcln_string(tab->filetab, bytes_u32(b.data));
}

void pclntab_line(const struct pclntab *tab, const struct func *func, uint64_t pc,
		  const char **file, int32_t *line)
{
	int32_t number, l;
	*file = "?";
	*line = 0;
	if (!pcln_value(tab, func, func->pcfile, pc, &number) || number < 0 ||
	    !pcln_value(tab, func, func->pcln, pc, &l) || l < 0)
		return;
	const char *name = file_name(tab, func, number);
	if (name != NULL)
		*file = name;
	*line = l;
}
