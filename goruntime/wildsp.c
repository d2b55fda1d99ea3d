/* A stack pointer that is none: what was interrupted stood on no stack at all. */
#include "goruntime/address.h"
#include "goruntime/brokenstack.h"
#include "goruntime/private.h"

/* What ran beyond the end of its stack is not lost: a frame of that size is the limit of a function
 * that does not look for room (cmd/link's nosplit check allows less than 1 KB). */
enum { BELOW_MOST = 1 << 20 };

static bool is_near(const struct snapshot *s, const struct thread *t, uint64_t g, uint64_t sp)
{
	uint64_t lo, hi;
	return g != 0 && snapshot_stack_bounds(s, t, g, &lo, &hi) && sp <= hi &&
	       (sp >= lo || lo - sp <= BELOW_MOST);
}

/* Nothing lies there, and nothing did: of a core that is cut that is not known. */
static bool is_nowhere(const struct snapshot *s, uint64_t sp)
{
	struct address address;
	struct arena scratch;
	arena_init(&scratch);
	address_locate(s, sp, &scratch, &address);
	arena_release(&scratch);
	return address.kind == ADDRESS_UNMAPPED || address.kind == ADDRESS_NON_CANONICAL ||
	       address.kind == ADDRESS_NIL_PAGE;
}

bool is_wild_sp(const struct snapshot *s, const struct thread *t, uint64_t pc, uint64_t sp)
{
	return code_at(snapshot_code(s), pc)->valid && !is_c_code(s, pc) && is_nowhere(s, sp) &&
	       !is_near(s, t, t->g0, sp) && !is_near(s, t, t->gsignal, sp) &&
	       !is_near(s, t, t->curg, sp);
}

bool death_wild_sp(const struct snapshot *s, uint64_t *sp)
{
	const struct death *d = &s->death;
	const struct death_signal *fault = &d->fault;
	unsigned number = s->image->arch->sp;
	if (!fault->present || fault->sent || !registers_has(&fault->regs, number) ||
	    !fault->has_regs || d->thread >= s->thread_count || s->image->core->truncated)
		return false;
	*sp = fault->regs.value[number];
	return is_wild_sp(s, &s->threads[d->thread], fault->pc, *sp);
}
