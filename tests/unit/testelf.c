#include "tests/unit/testelf.h"

#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void test_put16(struct str *s, uint16_t v)
{
	str_add_bytes(s, &v, sizeof(v));
}

void test_put32(struct str *s, uint32_t v)
{
	str_add_bytes(s, &v, sizeof(v));
}

void test_put64(struct str *s, uint64_t v)
{
	str_add_bytes(s, &v, sizeof(v));
}

void test_set16(struct str *s, size_t pos, uint16_t v)
{
	memcpy(s->text + pos, &v, sizeof(v));
}

void test_set32(struct str *s, size_t pos, uint32_t v)
{
	memcpy(s->text + pos, &v, sizeof(v));
}

void test_set64(struct str *s, size_t pos, uint64_t v)
{
	memcpy(s->text + pos, &v, sizeof(v));
}

static void put_zeros(struct str *s, size_t n)
{
	while (n-- > 0)
		str_add_char(s, 0);
}

static void pad(struct str *s, size_t align, uint64_t remainder)
{
	while (s->size % align != remainder)
		str_add_char(s, 0);
}

static void put_header(struct str *s, const struct test_elf *elf)
{
	str_add_bytes(s, ELFMAG, SELFMAG);
	str_add_char(s, ELFCLASS64);
	str_add_char(s, ELFDATA2LSB);
	str_add_char(s, EV_CURRENT);
	put_zeros(s, 9);
	test_put16(s, elf->type);
	test_put16(s, elf->machine ? elf->machine : EM_X86_64);
	test_put32(s, EV_CURRENT);
	test_put64(s, elf->entry);
	test_put64(s, sizeof(Elf64_Ehdr));
	test_put64(s, 0); /* e_shoff: set later */
	test_put32(s, 0);
	test_put16(s, sizeof(Elf64_Ehdr));
	test_put16(s, sizeof(Elf64_Phdr));
	test_put16(s, (uint16_t)elf->segment_count);
	test_put16(s, sizeof(Elf64_Shdr));
	test_put16(s, 0);
	test_put16(s, 0);
}

static void put_segment(struct str *s, size_t index, const struct test_segment *segment)
{
	if (!segment->head && segment->type == PT_LOAD)
		pad(s, 4096, segment->addr % 4096);
	else if (!segment->head)
		pad(s, 4, 0);
	size_t at = sizeof(Elf64_Ehdr) + index * sizeof(Elf64_Phdr);
	uint64_t memory = segment->memory_size ? segment->memory_size : segment->file_size;
	test_set32(s, at, segment->type);
	test_set32(s, at + offsetof(Elf64_Phdr, p_flags), segment->flags);
	test_set64(s, at + offsetof(Elf64_Phdr, p_offset), segment->head ? 0 : s->size);
	test_set64(s, at + offsetof(Elf64_Phdr, p_vaddr), segment->addr);
	test_set64(s, at + offsetof(Elf64_Phdr, p_filesz), segment->file_size);
	test_set64(s, at + offsetof(Elf64_Phdr, p_memsz), memory);
	if (segment->bytes != NULL)
		str_add_bytes(s, segment->bytes, segment->file_size);
}

static void put_section(struct str *s, const struct test_section *section, uint32_t name,
			uint64_t offset)
{
	test_put32(s, name);
	test_put32(s, section->type);
	test_put64(s, section->flags);
	test_put64(s, section->addr);
	test_put64(s, offset);
	test_put64(s, section->size);
	test_put32(s, section->link);
	test_put32(s, 0);
	test_put64(s, 1);
	test_put64(s, section->type == SHT_SYMTAB ? sizeof(Elf64_Sym) : 0);
}

static void put_sections(struct str *s, const struct test_elf *elf)
{
	_cleanup_str_ struct str names = { 0 }, headers = { 0 };
	str_add_char(&names, 0);
	put_section(&headers, &(struct test_section){ .type = SHT_NULL }, 0, 0);
	for (size_t i = 0; i < elf->section_count; i++) {
		const struct test_section *section = &elf->sections[i];
		pad(s, 8, 0);
		put_section(&headers, section, (uint32_t)names.size, s->size);
		if (section->bytes != NULL)
			str_add_bytes(s, section->bytes, section->size);
		str_add_bytes(&names, section->name, strlen(section->name) + 1);
	}
	uint32_t name = (uint32_t)names.size;
	str_add_bytes(&names, ".shstrtab", 10);
	put_section(&headers, &(struct test_section){ .type = SHT_STRTAB, .size = names.size },
		    name, s->size);
	str_add_bytes(s, names.text, names.size);
	pad(s, 8, 0);
	test_set64(s, offsetof(Elf64_Ehdr, e_shoff), s->size);
	test_set16(s, offsetof(Elf64_Ehdr, e_shnum), (uint16_t)(elf->section_count + 2));
	test_set16(s, offsetof(Elf64_Ehdr, e_shstrndx), (uint16_t)(elf->section_count + 1));
	str_add_bytes(s, headers.text, headers.size);
}

struct str test_elf_make(const struct test_elf *elf)
{
	struct str s = { 0 };
	put_header(&s, elf);
	put_zeros(&s, elf->segment_count * sizeof(Elf64_Phdr));
	for (size_t i = 0; i < elf->segment_count; i++)
		put_segment(&s, i, &elf->segments[i]);
	if (elf->section_count > 0)
		put_sections(&s, elf);
	return s;
}

void test_note(struct str *notes, const char *owner, uint32_t type, const void *desc, size_t size)
{
	size_t owner_size = owner[0] ? strlen(owner) + 1 : 0;
	test_put32(notes, (uint32_t)owner_size);
	test_put32(notes, (uint32_t)size);
	test_put32(notes, type);
	str_add_bytes(notes, owner, owner_size);
	pad(notes, 4, 0);
	str_add_bytes(notes, desc, size);
	pad(notes, 4, 0);
}

void test_note_prstatus(struct str *notes, int32_t tid, uint64_t pc, uint64_t sp)
{
	uint8_t desc[336] = { [12] = 6 };
	memcpy(desc + 32, &tid, 4);
	memset(desc + 112 + 15 * 8, 0xff, 8); /* orig_rax */
	memcpy(desc + 112 + 16 * 8, &pc, 8);
	memcpy(desc + 112 + 19 * 8, &sp, 8);
	test_note(notes, "CORE", NT_PRSTATUS, desc, sizeof(desc));
}

void test_note_auxv(struct str *notes, const uint64_t (*pairs)[2], size_t count)
{
	test_note(notes, "CORE", NT_AUXV, pairs, count * 16);
}

void test_note_file(struct str *notes, const struct test_mapping *mappings, size_t count)
{
	_cleanup_str_ struct str desc = { 0 };
	test_put64(&desc, count);
	test_put64(&desc, 4096);
	for (size_t i = 0; i < count; i++) {
		test_put64(&desc, mappings[i].lo);
		test_put64(&desc, mappings[i].hi);
		test_put64(&desc, mappings[i].page);
	}
	for (size_t i = 0; i < count; i++)
		str_add_bytes(&desc, mappings[i].path, strlen(mappings[i].path) + 1);
	test_note(notes, "CORE", NT_FILE, desc.text, desc.size);
}

static struct block {
	struct block *next;
	uint8_t bytes[];
} *blocks;

static void free_blocks(void)
{
	while (blocks != NULL) {
		struct block *next = blocks->next;
		free(blocks);
		blocks = next;
	}
}

struct bytes test_exact(struct bytes bytes)
{
	if (blocks == NULL)
		atexit(free_blocks);
	struct block *b = memory_grow(NULL, sizeof(*b) + bytes.size);
	b->next = blocks;
	blocks = b;
	if (bytes.size > 0)
		memcpy(b->bytes, bytes.data, bytes.size);
	return (struct bytes){ b->bytes, bytes.size };
}
