#include "formats/codescan.h"

#include <elf.h>
#include <string.h>

struct scan {
	struct bytes code;
	uint64_t pc, lo, hi;
	bool (*visit)(void *data, uint64_t pc, uint64_t address);
	void *data;
};

static bool found(const struct scan *scan, size_t at, uint64_t address)
{
	if (address < scan->lo || address >= scan->hi)
		return true;
	return scan->visit(scan->data, scan->pc + at, address);
}

/* REX.W 8d /r with a 32-bit displacement from the next instruction (Intel SDM volume 2, LEA,
 * 2.2.1.6). */
static void scan_amd64(const struct scan *scan)
{
	enum { LEA = 0x8d, SIZE = 7, MODRM_RIP_MASK = 0xc7, MODRM_RIP = 0x05 };
	const uint8_t *data = scan->code.data;
	size_t size = scan->code.size, at = 1;
	while (at + SIZE - 1 <= size) {
		const uint8_t *p = memchr(data + at, LEA, size - at);
		if (p == NULL || (size_t)(data + size - p) < SIZE - 1)
			return;
		at = (size_t)(p - data);
		if ((p[-1] & 0xf8) == 0x48 && (p[1] & MODRM_RIP_MASK) == MODRM_RIP) {
			int32_t displacement = (int32_t)bytes_u32(p + 2);
			uint64_t next = scan->pc + at - 1 + SIZE;
			if (!found(scan, at - 1, next + (uint64_t)(int64_t)displacement))
				return;
		}
		at++;
	}
}

/* The 21-bit offset of adr and adrp (Arm ARM C6.2, ADR, ADRP). */
static uint64_t adr_offset(uint32_t w)
{
	uint64_t offset = (uint64_t)(w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3);
	return (offset ^ 0x100000) - 0x100000;
}

/* Go's assembler puts the add right behind its adrp (cmd/internal/obj/arm64 asm7.go, case 68). */
static void scan_arm64(const struct scan *scan)
{
	const uint8_t *data = scan->code.data;
	for (size_t at = 0; at + 8 <= scan->code.size; at += 4) {
		uint32_t w = bytes_u32(data + at), add = bytes_u32(data + at + 4);
		uint64_t pc = scan->pc + at, address = pc + adr_offset(w);
		bool adr = (w & 0x9f000000) == 0x10000000;
		if (!adr) {
			if ((w & 0x9f000000) != 0x90000000 || (add & 0xffc00000) != 0x91000000 ||
			    (add >> 5 & 31) != (w & 31))
				continue;
			address = (pc & ~(uint64_t)0xfff) + (adr_offset(w) << 12) +
				  (add >> 10 & 0xfff);
		}
		if (!found(scan, at, address))
			return;
	}
}

void codescan_addresses(const struct arch *arch, struct bytes code, uint64_t pc, uint64_t lo,
			uint64_t hi, bool (*visit)(void *data, uint64_t pc, uint64_t address),
			void *data)
{
	const struct scan scan = { code, pc, lo, hi, visit, data };
	if (arch->elf_machine == EM_X86_64)
		scan_amd64(&scan);
	else if (arch->elf_machine == EM_AARCH64)
		scan_arm64(&scan);
}
