/*
 * dump_layout STRUCTS EXECUTABLE: the rows of testdata/layouts for one Go executable, from its
 * DWARF. Prints, for each struct named in the file STRUCTS (one a line, # begins a comment) that
 * it has, `struct<TAB>size` and `struct.field<TAB>offset<TAB>size` (not for padding and fields
 * without size); then `wait-reason N<TAB>text`.
 * scripts/make-layouts runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/dwarf.h"

/* File bytes at ADDR of the executable as it would be loaded, empty if it has none there. */
static struct bytes bytes_at(const struct elffile *elf, uint64_t addr, uint64_t size)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *segment = &elf->segments[i];
		if (addr >= segment->addr && addr - segment->addr < segment->file_size)
			return bytes_sub(elf->file.bytes, segment->offset + (addr - segment->addr),
					 size);
	}
	return (struct bytes){ 0 };
}

static bool print_member(void *data, const char *path, uint64_t offset, uint64_t size)
{
	const char *name = data;
	const char *last = strrchr(path, '.');
	bool padding = strcmp(last != NULL ? last + 1 : path, "_") == 0 ||
		       strncmp(path, "_.", 2) == 0 || strstr(path, "._.") != NULL;
	if (!padding && size > 0)
		printf("%s.%s\t%llu\t%llu\n", name, path, (unsigned long long)offset,
		       (unsigned long long)size);
	return true;
}

static void print_struct(const struct dwarf *dwarf, char *name)
{
	uint64_t size;
	if (!dwarf_struct_size(dwarf, name, &size))
		return;
	printf("%s\t%llu\n", name, (unsigned long long)size);
	dwarf_members(dwarf, name, print_member, name);
}

static bool print_structs(const struct dwarf *dwarf, const char *path)
{
	FILE *list = fopen(path, "r");
	if (list == NULL)
		return false;
	char line[256];
	while (fgets(line, sizeof(line), list) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			print_struct(dwarf, line);
	}
	fclose(list);
	return true;
}

/* runtime.waitReasonStrings is an array of strings with initial values. */
static bool print_wait_reasons(const struct elffile *elf, const struct dwarf *dwarf)
{
	uint64_t addr, size;
	if (!dwarf_variable(dwarf, "runtime.waitReasonStrings", &addr, &size))
		return false;
	struct bytes array = bytes_at(elf, addr, size);
	for (uint64_t i = 0; i < array.size / 16; i++) {
		const uint8_t *string = array.data + i * 16;
		uint64_t length = bytes_u64(string + 8);
		struct bytes text = bytes_at(elf, bytes_u64(string), length);
		printf("wait-reason %llu\t%.*s\n", (unsigned long long)i, (int)text.size,
		       (const char *)text.data);
	}
	return array.size > 0;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: dump_layout STRUCTS EXECUTABLE\n");
		return 2;
	}
	struct arena arena;
	struct elffile elf;
	struct dwarf *dwarf;
	struct error err = ERROR_INIT;
	arena_init(&arena);
	if (!elffile_open(argv[2], &arena, &elf, &err) || !dwarf_open(&elf, &dwarf, &err)) {
		fprintf(stderr, "dump_layout: %s: %s\n", argv[2], err.text);
		return 1;
	}
	bool complete = print_structs(dwarf, argv[1]) && print_wait_reasons(&elf, dwarf);
	if (!complete)
		fprintf(stderr, "dump_layout: no list of structs, or no waitReasonStrings\n");
	dwarf_close(dwarf);
	elffile_close(&elf);
	arena_release(&arena);
	return complete ? 0 : 1;
}
