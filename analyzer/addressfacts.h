#pragma once
/* What is known of an address that should have been none, or not this one: evidence that the
 * detectors of bad addresses and of corrupted memory give in the same words. */
#include "analyzer/finding.h"

/* "0x...: in the Go heap: byte 8 of ..., free", and what else the number may be. */
void finding_add_address(struct findings *findings, struct finding *finding, const char *label,
			 uint64_t addr, const struct address *address);

/* Who holds a number in [LO, HI), which is a bad pointer: registers, frames, variables, objects;
 * where a write past the end of an object may have come from; a use of memory that was freed. Reads
 * the heap: not with --brief. */
void finding_add_holders(struct findings *findings, struct finding *finding,
			 const struct snapshot *snapshot, uint64_t lo, uint64_t hi);

/* The register that the faulting instruction took the address from, if its value is known. */
void finding_add_operand(struct findings *findings, struct finding *finding,
			 const struct snapshot *snapshot);

/* What the number is that was used as a pointer, where the kernel does not tell the address, and,
 * with SEARCH, where it is kept. A constant of the code is nowhere; numbers near nil are not looked
 * for. */
void finding_add_pointer(struct findings *findings, struct finding *finding,
			 const struct snapshot *snapshot, const struct death_signal *fault,
			 bool search);

/* All of the above, of a fault at an address that is not near nil; nothing for other signals. */
void finding_add_bad_address(struct findings *findings, struct finding *finding,
			     const struct snapshot *snapshot, const struct death_signal *fault,
			     bool search);
