/* Waits for time, for file descriptors, for system calls, for the other side of a coroutine. */
#include <string.h>

#include "formats/syscalls.h"
#include "goruntime/argwords.h"
#include "goruntime/waits_internal.h"

enum { STACK_TOP_WORDS = 128 }; /* in which the runtime's own frames of a wait lie */

void wait_read_sleep(const struct snapshot *s, const struct goroutine *g, struct wait *wait)
{
	struct view view, timer;
	if (wait->bubble != 0 || !view_read(&view, s->image, &s->layout, RT_G, g->addr, NULL))
		return; /* the time of a bubble is not the process's */
	if (layout_has(&s->layout, G_SLEEPWHEN)) {
		wait->when = view_signed(&view, G_SLEEPWHEN);
		return;
	}
	uint64_t addr = view_get(&view, G_TIMER);
	if (addr != 0 && view_read(&timer, s->image, &s->layout, RT_TIMER, addr, NULL))
		wait->when = view_signed(&timer, TIMER_WHEN);
}

/* --- I/O ----------------------------------------------------------------------------------------- */

struct search {
	const struct snapshot *snapshot;
	const struct goroutine *g;
	struct wait *wait;
};

/* A pollDesc names itself (netpoll.go pollDesc.self), and the goroutine that waits for it. */
static bool is_polldesc(void *data, uint64_t at, uint64_t word)
{
	struct search *search = data;
	const struct snapshot *s = search->snapshot;
	struct wait *wait = search->wait;
	struct view view;
	uint64_t self, where = word + s->layout.field[POLLDESC_SELF].offset;
	(void)at;
	if (word < 4096 || word % 8 != 0 || !image_u64(s->image, where, &self, NULL) ||
	    self != word || !view_read(&view, s->image, &s->layout, RT_POLLDESC, word, NULL))
		return false;
	bool reads = view_get(&view, POLLDESC_RG) == search->g->addr;
	wait->writes = view_get(&view, POLLDESC_WG) == search->g->addr;
	if (!reads && !wait->writes)
		return false;
	wait->object = word;
	wait->fd = (int64_t)view_get(&view, POLLDESC_FD);
	int64_t deadline = view_signed(&view, wait->writes ? POLLDESC_WD : POLLDESC_RD);
	wait->when = deadline > 0 ? deadline : 0;
	return true;
}

void wait_read_io(const struct snapshot *s, const struct goroutine *g, struct wait *wait)
{
	struct search search = { s, g, wait };
	if (layout_has(&s->layout, POLLDESC_SELF))
		stack_words(s, g, STACK_TOP_WORDS, is_polldesc, &search);
}

/* --- coroutines ---------------------------------------------------------------------------------- */

/* A coro names the goroutine that is parked in it (coro.go). */
static bool is_coro(void *data, uint64_t at, uint64_t word)
{
	struct search *search = data;
	const struct snapshot *s = search->snapshot;
	uint64_t parked, field = s->layout.field[CORO_GP].offset;
	(void)at;
	if (word < 4096 || word % 8 != 0 ||
	    (word >= search->g->stack_lo && word < search->g->stack_hi) ||
	    !image_u64(s->image, word + field, &parked, NULL) || parked != search->g->addr)
		return false;
	search->wait->object = word;
	return true;
}

void wait_read_coroutine(const struct snapshot *s, const struct goroutine *g, struct wait *wait)
{
	struct search search = { s, g, wait };
	if (layout_has(&s->layout, CORO_GP))
		stack_words(s, g, STACK_TOP_WORDS, is_coro, &search);
}

/* --- system calls -------------------------------------------------------------------------------- */

static void name_syscall(const struct snapshot *s, uint64_t number, struct wait *wait)
{
	const struct syscall *known = syscall_find(s->image->arch, number);
	wait->syscall_known = true;
	wait->syscall_number = number;
	wait->syscall_name = known ? known->name : NULL;
	if (known != NULL && known->args < wait->syscall_arg_count)
		wait->syscall_arg_count = known->args;
}

/* The number and the arguments are those of the Go function, where the release spills them. */
static bool by_frame(const struct snapshot *s, const struct frame *frame, struct wait *wait)
{
	struct arg_slot slots[ARG_SLOTS_MAX];
	size_t count = 0;
	_cleanup_str_ struct str text = { 0 };
	const struct pclntab *tab = &frame->code->module->pclntab;
	uint64_t number;
	if (!argwords_describe(tab, &frame->code->func, frame->lookup_pc, &text, slots, &count) ||
	    count < 4 || count > 1 + SYSCALL_ARGS)
		return false;
	for (size_t i = 0; i < count; i++)
		if (slots[i].stale || slots[i].size != 8)
			return false;
	if (!frame_word(s, frame->argp, 0, &number))
		return false;
	for (unsigned i = 0; i + 1 < count; i++)
		if (!frame_word(s, frame->argp, i + 1, &wait->syscall_args[i]))
			return false;
	wait->syscall_arg_count = (unsigned)count - 1;
	name_syscall(s, number, wait);
	return true;
}

static bool is_syscall_function(const char *name)
{
	static const char *const names[] = {
		"syscall.Syscall", "syscall.Syscall6", "syscall.RawSyscall", "syscall.RawSyscall6",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool by_stack(const struct snapshot *s, const struct goroutine *g, struct wait *wait)
{
	enum { TOP = 4 };
	struct unwinder u;
	struct frame frame;
	goroutine_unwind(&u, s, g);
	for (unsigned i = 0; i < TOP && unwind_next(&u, &frame); i++)
		if (is_syscall_function(
			    pclntab_name(&frame.code->module->pclntab, &frame.code->func)))
			return by_frame(s, &frame, wait);
	return false;
}

static void take_registers(const struct snapshot *s, const struct registers *regs,
			   uint64_t number, struct wait *wait)
{
	const struct arch *arch = s->image->arch;
	for (unsigned i = 0; i < SYSCALL_ARGS && registers_has(regs, arch->syscall_args[i]); i++) {
		wait->syscall_args[i] = regs->value[arch->syscall_args[i]];
		wait->syscall_arg_count = i + 1;
	}
	name_syscall(s, number, wait);
}

/* A signal interrupted the system call and the kernel will begin it anew: pc is at its instruction,
 * the number back in its register (arch/x86/kernel/signal.c). */
static bool is_restarted(const struct snapshot *s, const struct context *c)
{
	const struct arch *arch = s->image->arch;
	const uint8_t *code = image_at(s->image, c->pc, arch->syscall_insn_size);
	return code != NULL && memcmp(code, arch->syscall_insn, arch->syscall_insn_size) == 0 &&
	       registers_has(&c->regs, arch->syscall_number);
}

static void by_thread(const struct snapshot *s, const struct thread *t, struct wait *wait)
{
	struct contexts contexts;
	thread_contexts(s, t, &contexts);
	if (contexts.count == 0)
		return;
	const struct context *c = &contexts.items[contexts.count - 1];
	if (c->ucontext != 0) {
		if (is_restarted(s, c))
			take_registers(s, &c->regs, c->regs.value[s->image->arch->syscall_number],
				       wait);
	} else if (s->image->arch->prstatus_syscall != 0xffff) {
		if (t->lwp->orig_rax < 4096)
			take_registers(s, &c->regs, t->lwp->orig_rax, wait);
	}
}

void wait_read_syscall(const struct snapshot *s, const struct goroutine *g, struct wait *wait)
{
	if (by_stack(s, g, wait))
		return;
	for (size_t i = 0; g->m != 0 && i < s->thread_count; i++)
		if (s->threads[i].m == g->m && s->threads[i].lwp != NULL) {
			by_thread(s, &s->threads[i], wait);
			return;
		}
}
