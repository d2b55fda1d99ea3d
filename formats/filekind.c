#include "formats/filekind.h"

#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "formats/arch.h"

struct magic {
	const char *bytes;
	uint16_t offset, size;
	const char *what;
};

static const struct magic magics[] = {
	{ "#!", 0, 2, "a script" },
	{ "\x1f\x8b", 0, 2, "a gzip-compressed file: decompress it first" },
	{ "\x28\xb5\x2f\xfd", 0, 4, "a zstd-compressed file: decompress it first" },
	{ "\x04\x22\x4d\x18", 0, 4, "an lz4-compressed file: decompress it first" },
	{ "\xfd" "7zXZ", 0, 5, "an xz-compressed file: decompress it first" },
	{ "BZh", 0, 3, "a bzip2-compressed file: decompress it first" },
	{ "PK\x03\x04", 0, 4, "a zip archive" },
	{ "ustar", 257, 5, "a tar archive: unpack it first" },
	{ "!<arch>\n", 0, 8, "an ar archive" },
	{ "MDMP", 0, 4, "a minidump" },
	{ "KDUMP   ", 0, 8, "a kdump of the kernel" },
	{ "ProblemType:", 0, 12, "an apport crash report: unpack it with apport-unpack" },
	{ "MZ", 0, 2, "a Windows executable" },
	{ "\xcf\xfa\xed\xfe", 0, 4, "a Mach-O file" },
	{ "goroutine ", 0, 10, "the text of a Go traceback" },
	{ "SIGQUIT: quit", 0, 13, "the text of a Go traceback" },
};

static const char *by_magic(struct bytes bytes)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		struct bytes at = bytes_sub(bytes, magics[i].offset, magics[i].size);
		if (at.data != NULL && memcmp(at.data, magics[i].bytes, at.size) == 0)
			return magics[i].what;
	}
	return NULL;
}

static const char *elf_type_name(uint16_t type)
{
	switch (type) {
	case ET_REL:
		return "an ELF object file";
	case ET_EXEC:
		return "an ELF executable";
	case ET_DYN:
		return "an ELF executable or shared object";
	case ET_CORE:
		return "an ELF core";
	default:
		return "an ELF file of unknown type";
	}
}

/* A field of the ELF header that files of either class and byte order have at the same place. */
static uint16_t header_field(struct bytes bytes, size_t offset)
{
	const uint8_t *p = bytes.data + offset;
	return bytes.data[EI_DATA] == ELFDATA2MSB ? (uint16_t)(p[0] << 8 | p[1]) : bytes_u16(p);
}

static bool is_elf(struct bytes bytes)
{
	return bytes.size >= sizeof(Elf64_Ehdr) && memcmp(bytes.data, ELFMAG, SELFMAG) == 0;
}

static bool is_core(struct bytes bytes)
{
	return header_field(bytes, offsetof(Elf64_Ehdr, e_type)) == ET_CORE;
}

bool filekind_is_foreign_core(struct bytes bytes)
{
	return is_elf(bytes) && is_core(bytes) &&
	       (bytes.data[EI_DATA] == ELFDATA2MSB || bytes.data[EI_CLASS] == ELFCLASS32);
}

static const char *describe_elf(struct bytes bytes, char *buf)
{
	char name[32];
	if (bytes.size < sizeof(Elf64_Ehdr))
		return "an ELF file that is cut within its header";
	uint16_t machine = header_field(bytes, offsetof(Elf64_Ehdr, e_machine));
	const char *cpu = arch_machine_name(machine, name);
	bool big_endian = bytes.data[EI_DATA] == ELFDATA2MSB;
	if (big_endian || bytes.data[EI_CLASS] == ELFCLASS32) {
		snprintf(buf, FILEKIND_MAX, "a %s ELF %s of %s, which gocore does not support",
			 big_endian ? "big-endian" : "32-bit", is_core(bytes) ? "core" : "file", cpu);
		return buf;
	}
	if (bytes.data[EI_CLASS] != ELFCLASS64 || bytes.data[EI_DATA] != ELFDATA2LSB)
		return "an ELF file with a damaged header";
	const char *type = elf_type_name(header_field(bytes, offsetof(Elf64_Ehdr, e_type)));
	if (arch_find(machine) != NULL)
		return type;
	snprintf(buf, FILEKIND_MAX, "%s for %s, a CPU that is not supported", type, cpu);
	return buf;
}

static bool is_text(struct bytes bytes)
{
	size_t n = bytes.size < 512 ? bytes.size : 512;
	for (size_t i = 0; i < n; i++)
		if (bytes.data[i] < 0x20 && (bytes.data[i] < '\t' || bytes.data[i] > '\r'))
			return false;
	return true;
}

static bool is_zero(struct bytes bytes)
{
	size_t n = bytes.size < 4096 ? bytes.size : 4096;
	for (size_t i = 0; i < n; i++)
		if (bytes.data[i] != 0)
			return false;
	return true;
}

const char *filekind_describe(struct bytes bytes, char buf[FILEKIND_MAX])
{
	if (bytes.size == 0)
		return "empty";
	struct bytes magic = bytes_sub(bytes, 0, SELFMAG);
	if (magic.data != NULL && memcmp(magic.data, ELFMAG, SELFMAG) == 0)
		return describe_elf(bytes, buf);
	const char *what = by_magic(bytes);
	if (what != NULL)
		return what;
	if (is_zero(bytes))
		return "a file that begins with zeros";
	return is_text(bytes) ? "a text file" : "data of an unknown kind";
}

bool filekind_is_elf64(struct bytes bytes, uint16_t elf_type)
{
	if (bytes.size < sizeof(Elf64_Ehdr) || memcmp(bytes.data, ELFMAG, SELFMAG) != 0)
		return false;
	return bytes.data[EI_CLASS] == ELFCLASS64 && bytes.data[EI_DATA] == ELFDATA2LSB &&
	       bytes_u16(bytes.data + offsetof(Elf64_Ehdr, e_type)) == elf_type;
}
