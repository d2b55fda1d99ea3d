#pragma once
/* What the records still tell of memory that was damaged: evidence of the detector of
 * corruption. */
#include "analyzer/finding.h"

/* Objects that are free and pointed to, the slot of a bad pointer on a stack, overwritten return
 * addresses (the finding is then about that stack), and what does not hold together in the heap's
 * records. Reads all spans, perhaps the heap and all stacks: not with --brief. */
void corruption_add_facts(struct findings *findings, struct finding *finding,
			  const struct snapshot *snapshot);

struct broken_stack;

/* What lies where the return address of BROKEN should be. */
void corruption_add_return(struct findings *findings, struct finding *finding,
			   const struct snapshot *snapshot, const struct broken_stack *broken);
