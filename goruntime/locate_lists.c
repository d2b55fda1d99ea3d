/* The lists of goroutines, Ms and Ps, by what they hold. */
#include "goruntime/locate.h"

#include <string.h>

#include "base/limits.h"
#include "goruntime/goroutine.h"

enum { WORD = 8, SAMPLES = 256 /* records of a list that are looked at */ };

struct place {
	const struct image *image;
	const struct layout *layout;
};

static bool read_slice(const struct image *image, uint64_t addr, uint64_t *base, uint64_t *length)
{
	uint64_t room;
	return image_u64(image, addr, base, NULL) && *base != 0 && *base % WORD == 0 &&
	       image_u64(image, addr + WORD, length, NULL) && *length > 0 &&
	       image_u64(image, addr + 2 * WORD, &room, NULL) && *length <= room &&
	       room <= LIMIT_GOROUTINES;
}

/* The INDEX-th of the samples that are spread over LENGTH. */
static uint64_t sample(uint64_t length, uint64_t index)
{
	return length <= SAMPLES ? index : index * length / SAMPLES;
}

/* A g as it is in allgs: never idle (proc.go newproc1, oneNewExtraM); a dead one may have no stack,
 * and no id if it is so new that it never ran. */
static bool is_g(const struct place *p, uint64_t addr, uint64_t *id)
{
	struct view view;
	if (addr == 0 || addr % WORD != 0 ||
	    !view_read(&view, p->image, p->layout, RT_G, addr, NULL))
		return false;
	uint64_t status = view_get(&view, G_ATOMICSTATUS) & ~(uint64_t)G_SCAN;
	uint64_t lo = view_get(&view, G_STACK_LO), hi = view_get(&view, G_STACK_HI);
	bool dead = status == G_DEAD || status == G_DEADEXTRA;
	*id = view_get(&view, G_GOID);
	return status > G_IDLE && status <= G_DEADEXTRA && *id < (uint64_t)1 << 48 &&
	       (dead || *id != 0) && (lo < hi ? hi - lo <= (uint64_t)4 << 30 : dead && hi == 0);
}

static bool among(const uint64_t *ids, uint64_t count, uint64_t id)
{
	for (uint64_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* How many goroutines the slice at ADDR holds; 0 if other things. */
static uint64_t gs_at(const struct place *p, uint64_t addr)
{
	uint64_t base, length, ids[SAMPLES], named = 0;
	if (!read_slice(p->image, addr, &base, &length))
		return 0;
	for (uint64_t i = 0; i < SAMPLES && i < length; i++) {
		uint64_t g, id;
		if (!image_u64(p->image, base + sample(length, i) * WORD, &g, NULL) ||
		    !is_g(p, g, &id) || (id != 0 && among(ids, named, id)))
			return 0;
		if (id != 0)
			ids[named++] = id;
	}
	return named > 0 ? length : 0;
}

/* How many Ps, numbered from 0, the slice at ADDR holds; 0 if other things. */
static uint64_t ps_at(const struct place *p, uint64_t addr)
{
	uint64_t base, length;
	if (!read_slice(p->image, addr, &base, &length) || length > LIMIT_PS)
		return 0;
	for (uint64_t i = 0; i < length; i++) {
		uint64_t processor;
		struct view view;
		if (!image_u64(p->image, base + i * WORD, &processor, NULL) || processor == 0 ||
		    processor % WORD != 0 ||
		    !view_read(&view, p->image, p->layout, RT_P, processor, NULL) ||
		    view_get(&view, P_ID) != i)
			return 0;
	}
	return length;
}

/* The M at ADDR has a g0 that names it. */
static bool is_m(const struct place *p, uint64_t addr, uint64_t *next)
{
	struct view m, g0;
	if (addr == 0 || addr % WORD != 0 ||
	    !view_read(&m, p->image, p->layout, RT_M, addr, NULL))
		return false;
	uint64_t g = view_get(&m, M_G0);
	*next = view_get(&m, M_ALLLINK);
	return g != 0 && g % WORD == 0 && view_read(&g0, p->image, p->layout, RT_G, g, NULL) &&
	       view_get(&g0, G_M) == addr;
}

/* How many Ms are chained from the word at ADDR; 0 if it leads to something else. */
static uint64_t ms_at(const struct place *p, uint64_t addr)
{
	uint64_t m, count = 0;
	if (!image_u64(p->image, addr, &m, NULL))
		return 0;
	while (m != 0 && count < LIMIT_MS) {
		uint64_t next;
		if (!is_m(p, m, &next))
			return 0;
		count++;
		m = next;
	}
	return count;
}

static const struct list {
	enum rt_global global;
	/* How many records the list at ADDR has, 0 if it is none. */
	uint64_t (*count)(const struct place *place, uint64_t addr);
} lists[] = {
	{ RT_ALLGS, gs_at },
	{ RT_ALLM, ms_at },
	{ RT_ALLP, ps_at },
};

enum { LISTS = sizeof(lists) / sizeof(lists[0]) };

/* The longest list that was seen, and whether another one is as long. */
struct best {
	uint64_t addr, value, count;
	bool twice;
};

/* Words with one value are one list: more than one variable may name the newest M. */
static void weigh(struct best *best, uint64_t addr, uint64_t value, uint64_t count)
{
	if (count == 0 || count < best->count || (count == best->count && value == best->value))
		return;
	bool twice = count == best->count;
	*best = (struct best){ .addr = addr, .value = value, .count = count, .twice = twice };
}

static void scan(const struct place *p, uint64_t lo, uint64_t hi, const bool wanted[LISTS],
		 struct best best[LISTS])
{
	for (uint64_t addr = lo; addr + WORD <= hi; addr += WORD) {
		uint64_t value;
		if (!image_u64(p->image, addr, &value, NULL) || value == 0 || value % WORD != 0 ||
		    image_find(p->image, value) == NULL)
			continue;
		for (size_t i = 0; i < LISTS; i++)
			if (wanted[i])
				weigh(&best[i], addr, value, lists[i].count(p, addr));
	}
}

unsigned locate_lists(const struct image *image, const struct layout *layout,
		      const struct located_module *module, struct globals *globals)
{
	enum { DATA = 1, BSS = 2 }; /* the two ranges that have pointers */
	const struct place place = { image, layout };
	struct best best[LISTS] = { 0 };
	bool wanted[LISTS];
	unsigned missing = 0, put = 0;
	for (size_t i = 0; i < LISTS; i++) {
		uint64_t addr;
		wanted[i] = !globals_get(globals, lists[i].global, &addr) ||
			    lists[i].count(&place, addr) == 0;
		missing += wanted[i];
	}
	for (unsigned i = DATA; i <= BSS && missing > 0; i++)
		scan(&place, module->data[i][0], module->data[i][1], wanted, best);
	for (size_t i = 0; i < LISTS; i++) {
		if (best[i].count == 0 || best[i].twice)
			continue;
		globals_put(globals, lists[i].global, best[i].addr, GLOBAL_BY_SCAN);
		put++;
	}
	return put;
}
