#include "goruntime/clines.h"

struct c_lines { /* of one mapped file */
	struct c_lines *next;
	const struct elffile *object;
	struct dwarf *dwarf; /* NULL: there is none */
};

/* The executable's DWARF is shared with those who ask for variables. */
static const struct dwarf *dwarf_of(const struct snapshot *s, const struct elffile *object)
{
	struct snapshot_private *p = s->private;
	struct c_lines *l = p->c_lines;
	if (object == s->image->executable)
		return snapshot_dwarf(s);
	while (l != NULL && l->object != object)
		l = l->next;
	if (l == NULL) {
		const struct elffile *file = image_dwarf_of(s->image, object);
		l = arena_alloc(s->arena, sizeof(*l));
		*l = (struct c_lines){ .next = p->c_lines, .object = object };
		if (file != NULL && !dwarf_open(file, &l->dwarf, NULL))
			l->dwarf = NULL;
		p->c_lines = l;
	}
	return l->dwarf;
}

bool c_lines_at(const struct snapshot *s, const struct elffile *object, uint64_t bias,
		uint64_t lookup_pc, struct arena *arena, struct dwarf_calls *calls)
{
	const struct dwarf *dwarf = s->image->no_lines ? NULL : dwarf_of(s, object);
	return dwarf != NULL && dwarf_calls_at(dwarf, lookup_pc - bias, arena, calls);
}

void c_lines_close(struct c_lines *lines)
{
	for (; lines != NULL; lines = lines->next)
		dwarf_close(lines->dwarf);
}
