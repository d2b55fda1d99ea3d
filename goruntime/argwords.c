#include "goruntime/argwords.h"

#include <string.h>

/* internal/abi/type.go TraceArgs* (1.19: constants in runtime/traceback.go printArgs). */
enum {
	OP_END = 0xff,
	OP_START_AGGREGATE = 0xfe,
	OP_END_AGGREGATE = 0xfd,
	OP_DOTDOTDOT = 0xfc,
	OP_TOO_LARGE = 0xfb,
	INFO_MAX = (5 * 3 + 2) * 10 + 1, /* bytes of FUNCDATA_ArgInfo */
};

static uint64_t same_pc(const struct pclntab *tab, const struct func *func, uint64_t pc)
{
	(void)tab;
	(void)func;
	return pc;
}

/* Where the runtime looks liveness up: up to Go 1.20 at the outermost inlined call of the frame, as
 * its line (runtime/traceback.go gentraceback, where tracepc has moved there; later symPC). */
static const struct {
	unsigned since;
	uint64_t (*pc)(const struct pclntab *, const struct func *, uint64_t pc);
} liveness_pcs[] = {
	{ 18, pclntab_physical_pc },
	{ 21, same_pc },
};

static uint64_t liveness_pc(const struct pclntab *tab, const struct func *func, uint64_t pc)
{
	size_t row = sizeof(liveness_pcs) / sizeof(liveness_pcs[0]) - 1;
	while (row > 0 && liveness_pcs[row].since > tab->minor)
		row--;
	return liveness_pcs[row].pc(tab, func, pc);
}

/* Which slots hold what was passed (cmd/compile/internal/liveness/arg.go). */
struct liveness {
	struct bytes info;    /* FUNCDATA_ArgLiveInfo: first offset, then bitmaps; empty: none */
	int32_t bitmap;	      /* offset of the bitmap in force; <= 0: all slots are live */
	uint8_t first_offset; /* slots before it are always live and not counted */
	uint8_t slot;	      /* number of the next counted slot */
};

static struct liveness liveness_at(const struct pclntab *tab, const struct func *func, uint64_t pc)
{
	struct bytes info = pclntab_funcdata(tab, func, FUNCDATA_ARG_LIVE_INFO);
	return (struct liveness){
		.info = info,
		.bitmap = pclntab_pcdata(tab, func, PCDATA_ARG_LIVE, liveness_pc(tab, func, pc)),
		.first_offset = info.size ? info.data[0] : 0xff,
	};
}

static bool is_live(const struct liveness *live, uint8_t offset)
{
	if (live->info.size == 0 || live->bitmap <= 0 || offset < live->first_offset)
		return true;
	size_t at = (size_t)live->bitmap + live->slot / 8;
	return at >= live->info.size || live->info.data[at] >> (live->slot % 8) & 1;
}

/* The low SIZE bytes; the runtime takes all eight where SIZE is not below eight. */
static bool read_word(const struct arg_memory *from, const struct arg_slot *slot, uint64_t *word)
{
	uint64_t addr = from->argp + slot->offset;
	const struct window *w = from->window;
	uint8_t bytes[8] = { 0 };
	size_t n = slot->size < 8 ? slot->size : 8;
	if (w != NULL && addr >= w->lo && addr < w->hi && w->hi - addr >= n)
		memcpy(bytes, w->bytes + (addr - w->lo), n);
	else if (!image_read(from->image, addr, bytes, n, NULL))
		return false;
	*word = bytes_u64(bytes);
	return true;
}

static void add_word(const struct arg_memory *from, const struct arg_slot *slot, struct str *out)
{
	uint64_t word;
	if (!read_word(from, slot, &word)) {
		str_add_char(out, '!');
		return;
	}
	if (from->redact)
		str_add_char(out, '_');
	else
		str_add_hex(out, word);
	if (slot->stale)
		str_add_char(out, '?');
}

void argwords_fill(const char *text, size_t size, const struct arg_slot *slots, size_t count,
		   const struct arg_memory *from, struct str *out)
{
	size_t done = 0;
	for (size_t i = 0; i < count; i++) {
		str_add_bytes(out, text + done, slots[i].at - done);
		done = slots[i].at;
		add_word(from, &slots[i], out);
	}
	str_add_bytes(out, text + done, size - done);
}

static struct arg_slot slot_at(uint8_t offset, uint8_t size, struct liveness *live, size_t at)
{
	struct arg_slot slot = { (uint32_t)at, offset, size, !is_live(live, offset) };
	if (offset >= live->first_offset)
		live->slot++;
	return slot;
}

bool argwords_describe(const struct pclntab *tab, const struct func *func, uint64_t lookup_pc,
		       struct str *text, struct arg_slot *slots, size_t *count)
{
	struct cursor c = cursor_of(pclntab_funcdata(tab, func, FUNCDATA_ARG_INFO));
	struct liveness live = liveness_at(tab, func, lookup_pc);
	bool start = true;
	*count = 0;
	if (c.size == 0)
		return false;
	while (c.pos < INFO_MAX) {
		uint8_t op = cursor_u8(&c);
		uint8_t size = op < OP_TOO_LARGE ? cursor_u8(&c) : 0;
		if (op == OP_END || c.failed)
			break;
		if (op != OP_END_AGGREGATE && !start)
			str_add(text, ", ");
		start = op == OP_START_AGGREGATE;
		if (op == OP_START_AGGREGATE)
			str_add(text, "{");
		else if (op == OP_END_AGGREGATE)
			str_add(text, "}");
		else if (op == OP_DOTDOTDOT)
			str_add(text, "...");
		else if (op == OP_TOO_LARGE)
			str_add(text, "_");
		else if (*count < ARG_SLOTS_MAX)
			slots[(*count)++] = slot_at(op, size, &live, text->size);
	}
	return true;
}

bool argwords(const struct pclntab *tab, const struct func *func, uint64_t lookup_pc, uint64_t argp,
	      const struct image *image, struct str *out)
{
	struct arg_slot slots[ARG_SLOTS_MAX];
	struct arg_memory from = { .image = image, .argp = argp };
	_cleanup_str_ struct str text = { 0 };
	size_t count;
	if (!argwords_describe(tab, func, lookup_pc, &text, slots, &count))
		return false;
	argwords_fill(str_text(&text), text.size, slots, count, &from, out);
	return true;
}
