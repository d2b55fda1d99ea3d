#include "base/caveat.h"

#include <string.h>

void caveats_init(struct caveats *caveats, struct arena *arena)
{
	*caveats = (struct caveats){ .arena = arena };
}

static bool known(const struct caveats *caveats, const char *about, const char *text)
{
	for (size_t i = 0; i < caveats->count; i++)
		if (strcmp(caveats->items[i].about, about) == 0 &&
		    strcmp(caveats->items[i].text, text) == 0)
			return true;
	return false;
}

static void grow(struct caveats *caveats)
{
	if (caveats->count < caveats->room)
		return;
	size_t room = caveats->room ? caveats->room * 2 : 16;
	struct caveat *items = arena_alloc(caveats->arena, room * sizeof(*items));
	if (caveats->count > 0)
		memcpy(items, caveats->items, caveats->count * sizeof(*items));
	caveats->items = items;
	caveats->room = room;
}

void caveats_add(struct caveats *caveats, enum caveat_weight weight, uint64_t addr,
		 const char *about, const char *fmt, ...)
{
	caveats->weakened |= weight == CAVEAT_WEAKENS;
	if (caveats->count >= CAVEATS_MAX) {
		caveats->dropped++;
		return;
	}
	va_list args;
	va_start(args, fmt);
	const char *text = arena_vprintf(caveats->arena, fmt, args);
	va_end(args);
	if (known(caveats, about, text))
		return;
	grow(caveats);
	caveats->items[caveats->count++] = (struct caveat){
		.about = arena_strdup(caveats->arena, about),
		.text = text,
		.addr = addr,
		.weight = weight,
	};
}
