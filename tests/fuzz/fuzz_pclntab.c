/* The Go symbol table: byte 0 is the release, bytes 1 and 2 say where go:func.* begins, the table
 * follows. */
#include "formats/pclntab.h"

enum { PREFIX = 3, FUNCS_MAX = 32, PCS_MAX = 8, CALLS_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_at(const struct pclntab *tab, const struct func *func, uint64_t pc)
{
	struct pcln_call calls[CALLS_MAX];
	struct func found;
	int32_t delta;
	(void)pclntab_find(tab, pc, &found);
	(void)pclntab_spdelta(tab, func, pc, &delta);
	for (unsigned i = PCDATA_UNSAFE_POINT; i <= PCDATA_PANIC_BOUNDS; i++)
		(void)pclntab_pcdata(tab, func, i, pc);
	size_t count = pclntab_calls(tab, func, pc, calls, CALLS_MAX);
	if (count == 0 || count > CALLS_MAX || calls[count - 1].inlined)
		__builtin_trap();
}

static void ask(const struct pclntab *tab, const struct func *func)
{
	(void)pclntab_name(tab, func);
	(void)pclntab_max_spdelta(tab, func);
	for (unsigned i = FUNCDATA_ARGS_MAPS; i <= FUNCDATA_WRAP_INFO; i++)
		(void)pclntab_funcdata(tab, func, i);
	uint64_t step = (func->end - func->entry) / PCS_MAX + 1;
	for (unsigned i = 0; i < PCS_MAX; i++)
		ask_at(tab, func, func->entry + i * step);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pclntab tab;
	struct func func;
	if (size < PREFIX)
		return 0;
	struct bytes bytes = { data + PREFIX, size - PREFIX };
	if (!pclntab_open(bytes, 0, data[0], 0x1000, &tab, NULL))
		return 0;
	uint16_t at = bytes_u16(data + 1);
	tab.gofunc = bytes_sub(bytes, at, at <= bytes.size ? bytes.size - at : 0);
	for (uint32_t i = 0; i < tab.func_count && i < FUNCS_MAX; i++)
		if (pclntab_func(&tab, i, &func))
			ask(&tab, &func);
	(void)pclntab_find_name(&tab, "main.main", &func);
	return 0;
}
