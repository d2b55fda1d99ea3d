#include "formats/elffile.h"

#include <elf.h>
#include <gelf.h>
#include <stddef.h>
#include <string.h>

#include "formats/elffile_private.h"
#include "formats/filekind.h"

enum { PROGRAM_HEADERS_MAX = 1024, PAGE = 4096 };

struct bytes elf_section_bytes(const struct elffile *elf, const struct elf_section *section)
{
	if (section->type == SHT_NOBITS)
		return (struct bytes){ 0 };
	return bytes_sub(elf->file.bytes, section->offset, section->size);
}

struct bytes elf_whole_strings(struct bytes strings)
{
	while (strings.size > 0 && strings.data[strings.size - 1] != 0)
		strings.size--;
	return strings;
}

const struct elf_section *elf_section_of_type(const struct elffile *elf, uint32_t type)
{
	for (size_t i = 0; i < elf->private->section_count; i++)
		if (elf->private->sections[i].type == type)
			return &elf->private->sections[i];
	return NULL;
}

static const struct elf_section *find_section(const struct elffile *elf, const char *name)
{
	for (size_t i = 0; i < elf->private->section_count; i++)
		if (strcmp(elf->private->sections[i].name, name) == 0)
			return &elf->private->sections[i];
	return NULL;
}

/* The bytes that hold the sections' names. */
static struct bytes section_names(const struct elffile *elf, Elf *handle)
{
	size_t index;
	if (elf_getshdrstrndx(handle, &index) < 0)
		return (struct bytes){ 0 };
	GElf_Shdr shdr;
	if (gelf_getshdr(elf_getscn(handle, index), &shdr) == NULL)
		return (struct bytes){ 0 };
	return elf_whole_strings(bytes_sub(elf->file.bytes, shdr.sh_offset, shdr.sh_size));
}

static struct elf_section make_section(const GElf_Shdr *shdr, struct bytes names)
{
	bool named = shdr->sh_name < names.size;
	return (struct elf_section){
		.name = named ? (const char *)names.data + shdr->sh_name : "",
		.type = shdr->sh_type,
		.link = shdr->sh_link,
		.flags = shdr->sh_flags,
		.addr = shdr->sh_addr,
		.offset = shdr->sh_offset,
		.size = shdr->sh_size,
	};
}

/* An executable without sections, or with damaged ones, is still of use. */
static bool read_sections(struct elffile *elf, Elf *handle, struct error *err)
{
	size_t count;
	if (elf_getshdrnum(handle, &count) < 0 || count == 0)
		return true;
	struct elf_section *sections =
		arena_array(elf->private->arena, count, sizeof(*sections), err);
	if (sections == NULL)
		return false;
	struct bytes names = section_names(elf, handle);
	size_t n = 0;
	for (; n < count; n++) {
		GElf_Shdr shdr;
		if (gelf_getshdr(elf_getscn(handle, n), &shdr) == NULL)
			break;
		sections[n] = make_section(&shdr, names);
	}
	elf->private->sections = sections;
	elf->private->section_count = n;
	return true;
}

/* True if the dynamic section needs a library; a static PIE has one that needs none. */
static bool needs_library(struct bytes dynamic)
{
	for (struct cursor c = cursor_of(dynamic); cursor_left(&c) >= sizeof(Elf64_Dyn);) {
		uint64_t tag = cursor_u64(&c);
		cursor_skip(&c, 8);
		if (tag == DT_NEEDED)
			return true;
		if (tag == DT_NULL)
			return false;
	}
	return false;
}

static void read_program_header(struct elffile *elf, const GElf_Phdr *ph)
{
	struct bytes contents = bytes_sub(elf->file.bytes, ph->p_offset, ph->p_filesz);
	switch (ph->p_type) {
	case PT_LOAD:
		elf->segments[elf->segment_count++] = (struct elf_segment){
			.addr = ph->p_vaddr,
			.offset = ph->p_offset,
			.file_size = ph->p_filesz,
			.memory_size = ph->p_memsz,
			.flags = ph->p_flags,
		};
		break;
	case PT_INTERP:
		elf->dynamic = true;
		break;
	case PT_DYNAMIC:
		elf->dynamic |= needs_library(contents);
		break;
	case PT_NOTE:
		elf_note_ids(contents, elf->private->arena, &elf->build_id, &elf->go_build_id);
		break;
	default:
		break;
	}
}

static bool read_program_headers(struct elffile *elf, Elf *handle, struct error *err)
{
	size_t count;
	if (elf_getphdrnum(handle, &count) < 0)
		return true; /* a debug file may have none */
	if (count > PROGRAM_HEADERS_MAX)
		return error_set(err, ERROR_LIMIT, 0, "%zu program headers", count);
	elf->segments = arena_alloc(elf->private->arena, (count + 1) * sizeof(*elf->segments));
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr ph;
		if (gelf_getphdr(handle, (int)i, &ph) != NULL)
			read_program_header(elf, &ph);
	}
	return true;
}

static bool has_contents(const struct elffile *elf, const char *name)
{
	const struct elf_section *section = find_section(elf, name);
	return section != NULL && section->type != SHT_NOBITS && section->size > 0;
}

uint64_t elffile_packed_dwarf(const struct elffile *elf)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < elf->private->section_count; i++) {
		const struct elf_section *section = &elf->private->sections[i];
		bool packed = (section->flags & SHF_COMPRESSED) &&
			      strncmp(section->name, ".debug_", 7) == 0;
		if (packed || strncmp(section->name, ".zdebug_", 8) == 0)
			bytes += section->size;
	}
	return bytes;
}

/* objcopy --only-keep-debug leaves the sections of code in place, but without contents. */
static bool is_debug_only(const struct elffile *elf)
{
	bool emptied = false;
	for (size_t i = 0; i < elf->private->section_count; i++) {
		const struct elf_section *section = &elf->private->sections[i];
		if (!(section->flags & SHF_EXECINSTR))
			continue;
		if (section->type != SHT_NOBITS)
			return false;
		emptied = true;
	}
	return emptied;
}

static void note_section_ids(struct elffile *elf, const char *name)
{
	struct bytes notes = elffile_section(elf, name, NULL);
	elf_note_ids(notes, elf->private->arena, &elf->build_id, &elf->go_build_id);
}

static void learn_from_sections(struct elffile *elf)
{
	elf->has_symtab = elf_section_of_type(elf, SHT_SYMTAB) != NULL;
	elf->has_dwarf = has_contents(elf, ".debug_info") || has_contents(elf, ".zdebug_info");
	elf->has_gopclntab = has_contents(elf, ".gopclntab") ||
			     has_contents(elf, ".data.rel.ro.gopclntab");
	elf->debug_only = is_debug_only(elf);
	if (elf->build_id == NULL)
		note_section_ids(elf, ".note.gnu.build-id");
	if (elf->go_build_id == NULL)
		note_section_ids(elf, ".note.go.buildid");
}

static bool read_all(struct elffile *elf, Elf *handle, struct error *err)
{
	GElf_Ehdr ehdr;
	if (gelf_getehdr(handle, &ehdr) == NULL)
		return error_set(err, ERROR_FORMAT, 0, "%s: is a damaged ELF file: %s", elf->path,
				 elf_errmsg(-1));
	elf->elf_machine = ehdr.e_machine;
	elf->elf_type = ehdr.e_type;
	elf->arch = arch_find(ehdr.e_machine);
	elf->pie = ehdr.e_type == ET_DYN;
	elf->entry = ehdr.e_entry;
	if (!read_program_headers(elf, handle, err) || !read_sections(elf, handle, err))
		return error_context(err, "%s", elf->path);
	learn_from_sections(elf);
	return true;
}

static bool check_kind(struct bytes bytes, const char *name, struct error *err)
{
	if (filekind_is_elf64(bytes, ET_EXEC) || filekind_is_elf64(bytes, ET_DYN))
		return true;
	char buf[FILEKIND_MAX];
	return error_set(err, ERROR_FORMAT, 0, "%s: is not an ELF executable but %s", name,
			 filekind_describe(bytes, buf));
}

bool elffile_parse(struct bytes bytes, const char *name, struct arena *arena, struct elffile *elf,
		   struct error *err)
{
	if (!check_kind(bytes, name, err))
		return false;
	struct elffile made = {
		.file = { .path = name, .bytes = bytes },
		.path = arena_strdup(arena, name),
		.private = arena_alloc(arena, sizeof(struct elffile_private)),
	};
	made.private->arena = arena;
	elf_version(EV_CURRENT);
	/* libelf takes a writable pointer, but only reads when it has not been told to write. */
	Elf *handle = elf_memory((char *)(uintptr_t)bytes.data, bytes.size);
	bool ok = read_all(&made, handle, err);
	elf_end(handle);
	if (ok)
		*elf = made;
	return ok;
}

bool elffile_open(const char *path, struct arena *arena, struct elffile *elf, struct error *err)
{
	struct mapfile file;
	if (!mapfile_open(path, &file, err))
		return false;
	if (!elffile_parse(file.bytes, path, arena, elf, err)) {
		mapfile_close(&file);
		return false;
	}
	elf->file = file;
	elf->file.path = elf->path;
	return true;
}

void elffile_close(struct elffile *elf)
{
	if (elf != NULL)
		mapfile_close(&elf->file);
}

struct bytes elffile_section(const struct elffile *elf, const char *name, uint64_t *addr)
{
	const struct elf_section *section = find_section(elf, name);
	if (section == NULL)
		return (struct bytes){ 0 };
	if (addr != NULL)
		*addr = section->addr;
	return elf_section_bytes(elf, section);
}

struct bytes elffile_at(const struct elffile *elf, uint64_t addr)
{
	if (elf->debug_only)
		return (struct bytes){ 0 };
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];
		if (addr < s->addr || addr - s->addr >= s->file_size)
			continue;
		struct bytes contents = bytes_sub(elf->file.bytes, s->offset, s->file_size);
		uint64_t skip = addr - s->addr;
		return bytes_sub(contents, skip, contents.size - skip);
	}
	return (struct bytes){ 0 };
}

bool elffile_address(const struct elffile *elf, uint64_t offset, uint64_t *addr)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];
		if (offset < s->offset || offset - s->offset >= s->file_size)
			continue;
		*addr = s->addr + (offset - s->offset);
		return true;
	}
	return false;
}

static const char *hex(struct bytes bytes, struct arena *arena)
{
	char *text = arena_alloc(arena, bytes.size * 2 + 1);
	for (size_t i = 0; i < bytes.size; i++) {
		text[i * 2] = "0123456789abcdef"[bytes.data[i] >> 4];
		text[i * 2 + 1] = "0123456789abcdef"[bytes.data[i] & 15];
	}
	return text;
}

/* Ids are short: 20 bytes for GNU's, 83 characters for Go's. */
enum { ID_MAX = 256 };

#define GO_BUILD_ID 4 /* cmd/internal/buildid/note.go elfGoBuildIDTag */

void elf_note_ids(struct bytes notes, struct arena *arena, const char **build_id,
		  const char **go_build_id)
{
	for (struct cursor c = cursor_of(notes); cursor_left(&c) >= 12;) {
		uint32_t owner_size = cursor_u32(&c);
		uint32_t desc_size = cursor_u32(&c);
		uint32_t type = cursor_u32(&c);
		const uint8_t *owner = cursor_take(&c, owner_size);
		cursor_align(&c, 4);
		struct bytes desc = { cursor_take(&c, desc_size), desc_size };
		if (c.failed)
			return;
		cursor_skip(&c, -c.pos & 3);
		if (owner_size != 4 || desc_size == 0 || desc_size > ID_MAX)
			continue;
		if (type == NT_GNU_BUILD_ID && memcmp(owner, "GNU", 4) == 0 && *build_id == NULL)
			*build_id = hex(desc, arena);
		if (type == GO_BUILD_ID && memcmp(owner, "Go\0", 4) == 0 && *go_build_id == NULL)
			*go_build_id = arena_strndup(arena, (const char *)desc.data,
						     strnlen((const char *)desc.data, desc_size));
	}
}

/* cmd/link puts the GNU build id into the first page, but into no PT_NOTE: look for the note's
 * head. */
static void find_gnu_id(struct bytes page, struct arena *arena, const char **build_id)
{
	static const uint8_t owner_and_type[] = { NT_GNU_BUILD_ID, 0, 0, 0, 'G', 'N', 'U', 0 };
	const char *go_build_id = "";
	for (size_t pos = sizeof(Elf64_Ehdr); pos + 16 < page.size && *build_id == NULL; pos += 4)
		if (memcmp(page.data + pos + 8, owner_and_type, sizeof(owner_and_type)) == 0)
			elf_note_ids(bytes_sub(page, pos, page.size - pos), arena, build_id,
				     &go_build_id);
}

void elf_header_ids(struct bytes elf, struct arena *arena, const char **build_id,
		    const char **go_build_id)
{
	struct cursor header = cursor_at(elf, offsetof(Elf64_Ehdr, e_phoff));
	struct cursor c = cursor_at(elf, cursor_u64(&header));
	header = cursor_at(elf, offsetof(Elf64_Ehdr, e_phnum));
	for (unsigned i = cursor_u16(&header); i > 0; i--) {
		const uint8_t *ph = cursor_take(&c, sizeof(Elf64_Phdr));
		if (ph == NULL)
			break;
		if (bytes_u32(ph) != PT_NOTE)
			continue;
		uint64_t offset = bytes_u64(ph + offsetof(Elf64_Phdr, p_offset));
		uint64_t size = bytes_u64(ph + offsetof(Elf64_Phdr, p_filesz));
		elf_note_ids(bytes_sub(elf, offset, size), arena, build_id, go_build_id);
	}
	if (*build_id == NULL)
		find_gnu_id(bytes_sub(elf, 0, elf.size < PAGE ? elf.size : PAGE), arena, build_id);
}
