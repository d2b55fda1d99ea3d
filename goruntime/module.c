#include "goruntime/module.h"

#include <string.h>

#include "base/limits.h"
#include "base/vec.h"

/* pclntab runs from its header to the end of the image's run, at most; tables inside are bounded by
 * that. In a PIE or a damaged core the bytes may come from several runs: then they are copied. */
static bool pclntab_bytes(const struct image *image, uint64_t addr, uint64_t end,
			  struct arena *arena, struct bytes *bytes, struct error *err)
{
	struct bytes rest = image_rest(image, addr);
	if (end <= addr || rest.size >= end - addr) {
		*bytes = rest;
		return rest.size > 0 ||
		       error_set(err, ERROR_NOT_DUMPED, addr, "pclntab at 0x%llx is not readable",
				 (unsigned long long)addr);
	}
	return image_bytes(image, addr, end - addr, arena, bytes, err);
}

static bool sane(const struct module *m)
{
	return m->text < m->etext && m->types <= m->etypes;
}

static bool module_read(const struct image *image, const struct layout *layout, unsigned minor,
			uint64_t addr, struct arena *arena, struct module *m, uint64_t *next,
			struct error *err)
{
	struct view view;
	if (!view_read(&view, image, layout, RT_MODULEDATA, addr, err))
		return false;
	*next = view_get(&view, MODULE_NEXT);
	*m = (struct module){
		.addr = addr,
		.text = view_get(&view, MODULE_TEXT),
		.etext = view_get(&view, MODULE_ETEXT),
		.noptrdata = view_get(&view, MODULE_NOPTRDATA),
		.enoptrdata = view_get(&view, MODULE_ENOPTRDATA),
		.data = view_get(&view, MODULE_DATA),
		.edata = view_get(&view, MODULE_EDATA),
		.bss = view_get(&view, MODULE_BSS),
		.ebss = view_get(&view, MODULE_EBSS),
		.noptrbss = view_get(&view, MODULE_NOPTRBSS),
		.enoptrbss = view_get(&view, MODULE_ENOPTRBSS),
		.types = view_get(&view, MODULE_TYPES),
		.etypes = view_get(&view, MODULE_ETYPES),
		.rodata = view_get(&view, MODULE_RODATA),
		.gofunc = view_get(&view, MODULE_GOFUNC),
	};
	if (!sane(m))
		return error_set(err, ERROR_FORMAT, addr, "moduledata at 0x%llx makes no sense",
				 (unsigned long long)addr);
	uint64_t header = view_get(&view, MODULE_PCHEADER);
	uint64_t end = view_get(&view, MODULE_EPCLNTAB);
	uint64_t ftab = view_get(&view, MODULE_FTAB);
	uint64_t ftab_count = view_word(&view, MODULE_FTAB, 1);
	if (end == 0 && ftab > header && ftab_count < LIMIT_ARRAY_BYTES / 8)
		end = ftab + ftab_count * 8;
	/* The functions' records lie behind the index, up to the end of pclntable. */
	uint64_t table_end =
		view_get(&view, MODULE_PCLNTABLE) + view_word(&view, MODULE_PCLNTABLE, 1);
	if (table_end > end && table_end - header < LIMIT_ARRAY_BYTES)
		end = table_end;
	struct bytes bytes;
	if (!pclntab_bytes(image, header, end, arena, &bytes, err) ||
	    !pclntab_open(bytes, header, minor, m->text, &m->pclntab, err)) {
		m->pclntab = (struct pclntab){ .minor = minor, .addr = header, .text = m->text };
		return false;
	}
	m->pclntab.gofunc = image_rest(image, m->gofunc);
	return true;
}

/* The module's bounds are known, but not its symbol table: that is in a file that is not at
 * hand. */
static bool lacks_only_table(const struct module *m, const struct error *why)
{
	return m->pclntab.addr != 0 && m->pclntab.func_count == 0 &&
	       (why->code == ERROR_NOT_DUMPED || why->code == ERROR_UNMAPPED);
}

static bool seen(const struct module *items, size_t count, uint64_t addr)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].addr == addr)
			return true;
	return false;
}

bool modules_read(const struct image *image, const struct layout *layout, unsigned minor,
		  uint64_t first, struct arena *arena, struct modules *modules,
		  struct caveats *caveats, struct error *err)
{
	VEC(struct module) found = { 0 };
	struct error why = ERROR_INIT;
	uint64_t addr = first;
	for (unsigned i = 0; addr != 0 && i < LIMIT_MODULES; i++) {
		struct module m = { 0 };
		uint64_t next = 0;
		if (seen(found.items, found.count, addr)) {
			caveats_add(caveats, CAVEAT_WEAKENS, addr, "modules",
				    "the chain of modules runs in a circle");
			break;
		}
		bool whole = module_read(image, layout, minor, addr, arena, &m, &next, &why);
		bool bare = !whole && lacks_only_table(&m, &why);
		if (!whole)
			caveats_add(caveats, CAVEAT_WEAKENS, addr, "modules", "%s: %s",
				    bare ? "functions and lines are not known, since the Go symbol "
					   "table is neither in the core nor in a file at hand"
					 : "a module's data cannot be used",
				    why.text);
		if (whole || bare)
			vec_push(&found, m);
		addr = next;
	}
	modules->items = vec_keep(&found, arena);
	modules->count = found.count;
	vec_release(&found);
	if (modules->count > 0)
		return true;
	if (why.code == ERROR_NONE)
		return error_set(err, ERROR_NOT_GO, 0, "no module data");
	if (err != NULL)
		*err = why;
	return error_context(err, "reading runtime.firstmoduledata");
}

bool image_of_file(const struct image *image, struct arena *arena, struct image *file)
{
	const struct image_options options = {
		.executable = image->executable,
		.no_objects = true,
		.only_files = true,
	};
	return image->executable != NULL && !image->executable->pie &&
	       image_build(image->core, &options, arena, file, image->caveats, NULL);
}

static struct bytes pclntab_section(const struct elffile *exe, uint64_t *addr)
{
	struct bytes bytes = elffile_section(exe, ".gopclntab", addr);
	return bytes.size > 0 ? bytes : elffile_section(exe, ".data.rel.ro.gopclntab", addr);
}

bool modules_of_file(const struct image *image, unsigned minor, struct arena *arena,
		     struct modules *modules)
{
	enum { TEXT, ETEXT, GOFUNC, OLDER_GOFUNC, COUNT };
	struct elf_symbol symbols[COUNT] = { { .name = "runtime.text" },
					     { .name = "runtime.etext" },
					     { .name = "go:func.*" },
					     { .name = "go.func.*" } };
	const struct elffile *exe = image->executable;
	uint64_t addr = 0;
	if (exe == NULL)
		return false;
	struct bytes bytes = pclntab_section(exe, &addr);
	elffile_symbols(image_symbols(image), symbols, COUNT);
	struct module m = { .text = symbols[TEXT].value + image->bias,
			    .etext = symbols[ETEXT].value + image->bias };
	if (!symbols[TEXT].found || !symbols[ETEXT].found || m.text >= m.etext ||
	    !pclntab_open(bytes, addr + image->bias, minor, m.text, &m.pclntab, NULL))
		return false;
	const struct elf_symbol *gofunc = &symbols[symbols[GOFUNC].found ? GOFUNC : OLDER_GOFUNC];
	if (gofunc->found) {
		m.gofunc = gofunc->value + image->bias;
		m.pclntab.gofunc = elffile_at(exe, gofunc->value);
	}
	modules->items = arena_alloc(arena, sizeof(m));
	modules->items[0] = m;
	modules->count = 1;
	return true;
}

const struct module *modules_text(const struct modules *modules, uint64_t pc)
{
	for (size_t i = 0; i < modules->count; i++)
		if (pc >= modules->items[i].text && pc < modules->items[i].etext)
			return &modules->items[i];
	return NULL;
}

const struct module *modules_types(const struct modules *modules, uint64_t addr)
{
	for (size_t i = 0; i < modules->count; i++)
		if (addr >= modules->items[i].types && addr < modules->items[i].etypes)
			return &modules->items[i];
	return NULL;
}
