#pragma once
/* What the parts of snapshot_address() share. */
#include "goruntime/snapshot.h"

/* As snapshot_address(), without the hint. */
void address_locate(const struct snapshot *snapshot, uint64_t addr, struct arena *arena,
		    struct address *address);

/* What the number ADDR, of which ADDRESS says where it lies, may be besides; NULL: nothing. */
const char *address_hint(const struct snapshot *snapshot, uint64_t addr,
			 const struct address *address, struct arena *arena);

/* More of an address in anonymous memory that is not of the Go heap: a record of the runtime, a
 * block of C's allocator. */
void address_outside_heap(const struct snapshot *snapshot, uint64_t addr,
			  const struct image_run *run, struct arena *arena,
			  struct address *address);

/* How many bytes of the word are text, if it is text from its first byte in memory to its last or
 * to zeros; 0: it is none. */
size_t address_text_bytes(uint64_t value);
