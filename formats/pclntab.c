#include "formats/pclntab.h"

#include <string.h>

#include "base/limits.h"
#include "formats/pcln_internal.h"

/* runtime/symtab.go pcHeader. */
enum {
	MAGIC_1_18 = 0xfffffff0,
	MAGIC_1_20 = 0xfffffff1,
	HEADER_SIZE = 72,
	FUNCTAB_ENTRY = 8, /* entryoff, funcoff */
};

/* runtime/runtime2.go _func; runtime/symtab.go and symtabinl.go inlinedCall. */
static const struct pcln_layout layouts[] = {
	{
		.since = 18,
		.func_size = 40,
		.id = 36,
		.call_size = 20,
		.call_id = 2,
		.call_name = 12,
		.call_pc = 16,
	},
	{
		.since = 20,
		.func_size = 44,
		.start_line = 36,
		.id = 40,
		.call_size = 16,
		.call_id = 0,
		.call_name = 4,
		.call_pc = 8,
		.call_line = 12,
	},
};

/* runtime/symtab.go funcID (to 1.20), internal/abi/symtab.go FuncID: ids[number]. */
static const struct {
	unsigned since;
	uint8_t ids[24];
} func_ids[] = {
	{ 18,
	  { FUNC_NORMAL, FUNC_ABORT, FUNC_ASMCGOCALL, FUNC_ASYNC_PREEMPT, FUNC_CGOCALLBACK,
	    FUNC_DEBUG_CALL, FUNC_GC_BG_MARK_WORKER, FUNC_GOEXIT, FUNC_GOGO, FUNC_GOPANIC,
	    FUNC_HANDLE_ASYNC_EVENT, FUNC_MCALL, FUNC_MORESTACK, FUNC_MSTART, FUNC_PANICWRAP,
	    FUNC_RT0_GO, FUNC_RUN_FINALIZERS, FUNC_RUNTIME_MAIN, FUNC_SIGPANIC, FUNC_SYSTEMSTACK,
	    FUNC_SYSTEMSTACK_SWITCH, FUNC_WRAPPER } },
	{ 22,
	  { FUNC_NORMAL, FUNC_ABORT, FUNC_ASMCGOCALL, FUNC_ASYNC_PREEMPT, FUNC_CGOCALLBACK,
	    FUNC_COROSTART, FUNC_DEBUG_CALL, FUNC_GC_BG_MARK_WORKER, FUNC_GOEXIT, FUNC_GOGO,
	    FUNC_GOPANIC, FUNC_HANDLE_ASYNC_EVENT, FUNC_MCALL, FUNC_MORESTACK, FUNC_MSTART,
	    FUNC_PANICWRAP, FUNC_RT0_GO, FUNC_RUN_FINALIZERS, FUNC_RUNTIME_MAIN, FUNC_SIGPANIC,
	    FUNC_SYSTEMSTACK, FUNC_SYSTEMSTACK_SWITCH, FUNC_WRAPPER } },
	{ 25,
	  { FUNC_NORMAL, FUNC_ABORT, FUNC_ASMCGOCALL, FUNC_ASYNC_PREEMPT, FUNC_CGOCALLBACK,
	    FUNC_COROSTART, FUNC_DEBUG_CALL, FUNC_GC_BG_MARK_WORKER, FUNC_GOEXIT, FUNC_GOGO,
	    FUNC_GOPANIC, FUNC_HANDLE_ASYNC_EVENT, FUNC_MCALL, FUNC_MORESTACK, FUNC_MSTART,
	    FUNC_PANICWRAP, FUNC_RT0_GO, FUNC_RUNTIME_MAIN, FUNC_RUN_FINALIZERS,
	    FUNC_RUN_CLEANUPS, FUNC_SIGPANIC, FUNC_SYSTEMSTACK, FUNC_SYSTEMSTACK_SWITCH,
	    FUNC_WRAPPER } },
};

/* The row in force: the last of COUNT rows whose `since` is not after MINOR, else the first. */
#define ROW_OF(rows, minor)                                                                        \
	({                                                                                         \
		size_t row_ = sizeof(rows) / sizeof((rows)[0]) - 1;                                \
		while (row_ > 0 && (rows)[row_].since > (minor))                                   \
			row_--;                                                                    \
		&(rows)[row_];                                                                     \
	})

const struct pcln_layout *pcln_layout(const struct pclntab *tab)
{
	return ROW_OF(layouts, tab->minor);
}

enum func_id pcln_func_id(const struct pclntab *tab, uint8_t number)
{
	const uint8_t *ids = ROW_OF(func_ids, tab->minor)->ids;
	return number < sizeof(func_ids[0].ids) ? (enum func_id)ids[number] : FUNC_NORMAL;
}

const char *pcln_string(struct bytes strings, uint64_t offset)
{
	if (offset >= strings.size)
		return NULL;
	size_t left = strings.size - (size_t)offset;
	const uint8_t *s = strings.data + offset;
	return memchr(s, 0, left < LIMIT_NAME ? left : LIMIT_NAME) ? (const char *)s : NULL;
}

/* The release for layouts: MINOR unless it is 0 or the magic contradicts it. A header of 1.26 and
 * later has no text start (nor has that of an older PIE whose relocations were not applied). */
static unsigned choose_minor(uint32_t magic, unsigned minor, uint64_t text_start)
{
	if (magic == MAGIC_1_18)
		return minor == 18 || minor == 19 ? minor : 19;
	if (minor >= 20)
		return minor;
	return text_start == 0 ? 26 : 25;
}

static bool read_magic(struct cursor *c, uint64_t addr, struct pclntab *tab, uint32_t *magic,
		       struct error *err)
{
	*magic = cursor_u32(c);
	uint16_t pad = cursor_u16(c);
	tab->quantum = cursor_u8(c);
	tab->pointer_size = cursor_u8(c);
	if (c->failed)
		return error_set(err, ERROR_FORMAT, addr, "the Go symbol table is cut short");
	if ((*magic != MAGIC_1_18 && *magic != MAGIC_1_20) || pad != 0)
		return error_set(err, ERROR_FORMAT, addr,
				 "no Go symbol table of Go 1.18 or later: it starts with 0x%08x",
				 *magic);
	if ((tab->quantum != 1 && tab->quantum != 4) || tab->pointer_size != 8)
		return error_set(err, ERROR_UNSUPPORTED, addr,
				 "the Go symbol table is for another CPU: instructions of %u, "
				 "pointers of %u bytes",
				 tab->quantum, tab->pointer_size);
	return true;
}

/* The five parts follow each other; the last, functab, runs to the end of BYTES. */
static bool split_parts(struct cursor *c, struct bytes bytes, uint64_t addr, struct pclntab *tab,
			struct error *err)
{
	struct bytes *parts[] = { &tab->names, &tab->cutab, &tab->filetab, &tab->pctab,
				  &tab->functab };
	enum { COUNT = sizeof(parts) / sizeof(parts[0]) };
	uint64_t offset[COUNT + 1], least = HEADER_SIZE;
	for (size_t i = 0; i < COUNT; i++) {
		offset[i] = cursor_u64(c);
		if (c->failed || offset[i] < least || offset[i] > bytes.size)
			return error_set(err, ERROR_FORMAT, addr,
					 "the Go symbol table is damaged or cut short: part %zu is "
					 "at 0x%llx",
					 i, (unsigned long long)offset[i]);
		least = offset[i];
	}
	offset[COUNT] = bytes.size;
	for (size_t i = 0; i < COUNT; i++)
		*parts[i] = bytes_sub(bytes, offset[i], offset[i + 1] - offset[i]);
	return true;
}

bool pclntab_open(struct bytes bytes, uint64_t addr, unsigned minor, uint64_t text,
		  struct pclntab *tab, struct error *err)
{
	struct pclntab t = { .addr = addr };
	struct cursor c = cursor_of(bytes);
	uint32_t magic;
	if (!read_magic(&c, addr, &t, &magic, err))
		return false;
	uint64_t func_count = cursor_u64(&c);
	uint64_t file_count = cursor_u64(&c);
	t.text_start = cursor_u64(&c);
	if (!split_parts(&c, bytes, addr, &t, err))
		return false;
	/* One entry more than functions: the end of the last one. */
	if (func_count == 0 || func_count >= t.functab.size / FUNCTAB_ENTRY)
		return error_set(err, ERROR_FORMAT, addr,
				 "the Go symbol table is damaged or cut short: %llu functions",
				 (unsigned long long)func_count);
	t.func_count = (uint32_t)func_count;
	t.file_count = file_count > UINT32_MAX ? UINT32_MAX : (uint32_t)file_count;
	t.minor = choose_minor(magic, minor, t.text_start);
	t.text = text ? text : t.text_start;
	*tab = t;
	return true;
}

/* Word 0 (entryoff) or 1 (funcoff) of functab entry INDEX <= func_count. */
static uint32_t functab_word(const struct pclntab *tab, uint32_t index, unsigned word)
{
	return bytes_u32(tab->functab.data + (size_t)index * FUNCTAB_ENTRY + 4 * word);
}

static void read_func(const struct pclntab *tab, const uint8_t *p, struct func *func)
{
	const struct pcln_layout *layout = pcln_layout(tab);
	func->name_offset = bytes_u32(p + 4);
	func->args = bytes_u32(p + 8);
	func->deferreturn = bytes_u32(p + 12);
	func->pcsp = bytes_u32(p + 16);
	func->pcfile = bytes_u32(p + 20);
	func->pcln = bytes_u32(p + 24);
	func->pcdata_count = bytes_u32(p + 28);
	func->cu_offset = bytes_u32(p + 32);
	func->start_line = layout->start_line ? bytes_u32(p + layout->start_line) : 0;
	func->id = pcln_func_id(tab, p[layout->id]);
	func->flags = p[layout->id + 1];
	func->funcdata_count = p[layout->id + 3];
}

bool pclntab_func(const struct pclntab *tab, uint32_t index, struct func *func)
{
	if (index >= tab->func_count)
		return false;
	uint32_t entry = functab_word(tab, index, 0), end = functab_word(tab, index + 1, 0);
	uint32_t offset = functab_word(tab, index, 1);
	struct bytes record = bytes_sub(tab->functab, offset, pcln_layout(tab)->func_size);
	if (record.size == 0 || bytes_u32(record.data) != entry || end < entry)
		return false;
	/* Text of several sections (moduledata.textsectmap) would map the offset through that table
	 * here and in pclntab_find(), as runtime/symtab.go textAddr and textOff do. The linker
	 * makes it for other CPUs only (cmd/link/internal/ld/data.go splitTextSections). */
	*func = (struct func){
		.index = index,
		.entry = tab->text + entry,
		.end = tab->text + end,
		.offset = offset,
	};
	read_func(tab, record.data, func);
	return true;
}

/* The last entry at or before the offset, as runtime.findfunc has it: of several functions with
 * one entry (-race makes such) all but the last are empty. */
bool pclntab_find(const struct pclntab *tab, uint64_t pc, struct func *func)
{
	uint64_t offset = pc - tab->text;
	if (pc < tab->text || tab->func_count == 0 || offset < functab_word(tab, 0, 0) ||
	    offset >= functab_word(tab, tab->func_count, 0))
		return false;
	uint32_t lo = 0, hi = tab->func_count;
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (functab_word(tab, mid, 0) <= offset)
			lo = mid;
		else
			hi = mid;
	}
	struct func found;
	if (!pclntab_func(tab, lo, &found) || pc < found.entry || pc >= found.end)
		return false;
	*func = found;
	return true;
}

const char *pclntab_name(const struct pclntab *tab, const struct func *func)
{
	const char *name = pcln_string(tab->names, func->name_offset);
	return name ? name : "";
}

bool pclntab_find_name(const struct pclntab *tab, const char *name, struct func *func)
{
	struct func f;
	for (uint32_t i = 0; i < tab->func_count; i++) {
		if (!pclntab_func(tab, i, &f) || strcmp(pclntab_name(tab, &f), name) != 0)
			continue;
		*func = f;
		return true;
	}
	return false;
}
