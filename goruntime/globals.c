#include "goruntime/globals.h"

struct global_names {
	const char *symbol, *older;
};

static const struct global_names names[] = {
#define RT_GLOBAL(id, symbol, older) [id] = { symbol, older },
#include "goruntime/globals.def"
#undef RT_GLOBAL
};

static bool has_needed(const struct globals *globals)
{
	return globals_has(globals, RT_FIRSTMODULEDATA) && globals_has(globals, RT_ALLGS);
}

/* The present name of each global, and behind them the older ones, for one pass over the table. */
static void by_symbols(const struct elffile *elf, uint64_t bias, struct globals *globals)
{
	struct elf_symbol symbols[2 * RT_GLOBAL_COUNT] = { 0 };
	for (size_t i = 0; i < RT_GLOBAL_COUNT; i++) {
		symbols[i].name = names[i].symbol;
		symbols[RT_GLOBAL_COUNT + i].name = names[i].older ? names[i].older : "";
	}
	elffile_symbols(elf, symbols, 2 * RT_GLOBAL_COUNT);
	for (size_t i = 0; i < 2 * RT_GLOBAL_COUNT; i++) {
		enum rt_global global = i % RT_GLOBAL_COUNT;
		if (symbols[i].found && symbols[i].name[0] != '\0' && !globals_has(globals, global))
			globals_put(globals, global, symbols[i].value + bias, GLOBAL_BY_SYMBOLS);
	}
}

static void by_dwarf(const struct dwarf *dwarf, uint64_t bias, struct globals *globals)
{
	for (size_t i = 0; i < RT_GLOBAL_COUNT; i++) {
		uint64_t addr, size;
		if (dwarf_variable(dwarf, names[i].symbol, &addr, &size) ||
		    (names[i].older != NULL && dwarf_variable(dwarf, names[i].older, &addr, &size)))
			globals_put(globals, i, addr + bias, GLOBAL_BY_DWARF);
	}
}

bool globals_find_in(const struct elffile *elf, uint64_t bias, const struct dwarf *dwarf,
		     struct globals *globals)
{
	*globals = (struct globals){ 0 };
	by_symbols(elf, bias, globals);
	if (has_needed(globals))
		return true;
	*globals = (struct globals){ 0 };
	if (dwarf != NULL)
		by_dwarf(dwarf, bias, globals);
	if (has_needed(globals))
		return true;
	*globals = (struct globals){ 0 };
	return false;
}

bool globals_find(const struct image *image, const struct dwarf *dwarf, struct globals *globals)
{
	*globals = (struct globals){ 0 };
	return image->executable != NULL &&
	       globals_find_in(image_symbols(image), image->bias, dwarf, globals);
}

const char *rt_global_name(enum rt_global global)
{
	return names[global].symbol;
}

const char *global_origin_name(enum global_origin origin)
{
	static const char *const origins[] = {
		[GLOBAL_ABSENT] = "absent",
		[GLOBAL_BY_SYMBOLS] = "symbols",
		[GLOBAL_BY_DWARF] = "dwarf",
		[GLOBAL_BY_CODE] = "code",
		[GLOBAL_BY_SCAN] = "scan",
	};
	return origins[origin];
}
