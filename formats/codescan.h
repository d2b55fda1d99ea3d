#pragma once
/* A quick look through code for the places that may form an address. */
#include "base/cursor.h"
#include "formats/arch.h"

/* Calls VISIT for each place of CODE, which lies at PC, whose bytes are those of an instruction
 * that forms an address in [LO, HI): lea of amd64, adr and adrp + add of arm64. On amd64 such bytes
 * may be part of other instructions: whoever needs to know decodes the function. Nothing of other
 * CPUs. Ends where VISIT returns false. */
void codescan_addresses(const struct arch *arch, struct bytes code, uint64_t pc, uint64_t lo,
			uint64_t hi, bool (*visit)(void *data, uint64_t pc, uint64_t address),
			void *data);
