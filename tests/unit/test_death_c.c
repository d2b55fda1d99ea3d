/* Deaths in C code: what called address 0, a stack that is used up, an emulator's own core. */
#include "goruntime/death.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

enum { SIGSEGV_ = 11, SEGV_MAPERR_ = 1, THROWING_RUNTIME = 2 };
enum { C_CODE = PROCESS_TEXT + 0x20 * PROCESS_FUNC_SIZE, C_CALLER = C_CODE + 0x20 };

static struct process p;

static void setup(void)
{
	process_init(&p, 19, &arch_amd64);
	p.vdso = C_CODE;
}

static void teardown(void)
{
	process_release(&p);
}

/* --- calls of address 0 -------------------------------------------------------------------------- */

/* What g0 recorded of the fault. */
struct nil_record {
	uint64_t pc, addr;
	int32_t code;
};

/* Go 1.19: sigpanic, on the system stack, seems to be called by the C code behind BEFORE. */
static const struct death *c_went_to(const struct nil_record *record, const char *before)
{
	uint64_t mstart = process_func_as(&p, "runtime.mstart", 0, FUNC_MSTART, FUNC_FLAG_TOPFRAME);
	uint64_t goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	uint64_t sigpanic = process_func_as(&p, "runtime.sigpanic", 0x30, FUNC_SIGPANIC, 0);
	uint64_t throw_ = process_func(&p, "runtime.throw", 0x20);
	uint64_t fatalthrow = process_func(&p, "runtime.fatalthrow", 0x40);
	uint64_t raise_ = process_func(&p, "runtime.raise", 8);
	struct make_stack stack = process_stack(&p, 0x1000, goexit_);
	struct make_stack system = process_stack(&p, 0x1000, mstart);
	stack_call(&stack, process_func(&p, "runtime.cgocall", 0x20));
	system.pc = C_CALLER;
	system.sp -= 0x40;
	stack_call(&system, sigpanic);
	stack_call(&system, throw_);
	stack_call(&system, fatalthrow);
	stack_call(&system, raise_);
	uint64_t g = process_g(&p, 1, G_SYSCALL, &stack), m = process_m(&p, 100, g);
	uint64_t g0 = process_get64(&p, m + p.snapshot.layout.field[M_G0].offset);
	process_put(&p, g, G_SYSCALLSP, stack.sp); /* where it left for C */
	process_put(&p, g, G_SYSCALLPC, stack.pc);
	process_put(&p, m, M_DYING, 1);
	process_put(&p, m, M_THROWING, THROWING_RUNTIME);
	process_put(&p, m, M_INCGO, 1);
	process_put(&p, g0, G_STACK_LO, system.lo);
	process_put(&p, g0, G_STACK_HI, system.hi);
	process_put(&p, g0, G_SIG, SIGSEGV_);
	process_put(&p, g0, G_SIGPC, record->pc);
	process_put(&p, g0, G_SIGCODE0, (uint64_t)record->code);
	process_put(&p, g0, G_SIGCODE1, record->addr);
	process_thread(&p, 100, system.pc, system.sp);
	memcpy(p.text + (C_CALLER - 2 - PROCESS_TEXT), before, 2);
	process_take(&p);
	return &p.snapshot.death;
}

static const char call_rax[] = "\xff\xd0", nops[] = "\x90\x90";

START_TEST(who_called_address_0_is_behind_its_call)
{
	struct nil_record record = { .code = SEGV_MAPERR_ };
	const struct death *d = c_went_to(&record, call_rax);
	ck_assert(d->fault.present);
	ck_assert_str_eq(d->fault.record, "g0.sig");
	ck_assert_uint_eq(d->mixed.frames[0].pc, 0);
	ck_assert(d->mixed.frames[0].call->is_c);
	ck_assert_uint_eq(d->mixed.frames[1].pc, C_CALLER);
	ck_assert(!d->mixed.frames[1].trap);
	ck_assert_uint_eq(d->mixed.frames[1].sp, d->mixed.frames[0].sp + 8);
}
END_TEST

static const struct {
	struct nil_record record;
	const char *before;
} others[] = {
	{ { .code = SEGV_MAPERR_ }, nops },			     /* behind no call */
	{ { .code = SEGV_MAPERR_, .addr = 0x18 }, call_rax },	     /* it accessed another address */
	{ { .code = SEGV_MAPERR_, .pc = C_CODE + 0x80 }, call_rax }, /* of a fault elsewhere */
	{ { .code = 0 }, call_rax },				     /* sent by someone */
};

START_TEST(what_has_not_called_address_0_is_not_told_of)
{
	const struct death *d = c_went_to(&others[_i].record, others[_i].before);
	ck_assert(!d->fault.present);
	ck_assert(d->mixed.count == 0 || d->mixed.frames[0].pc != 0);
}
END_TEST

START_TEST(fault_of_the_c_code_itself_is_no_call)
{
	struct nil_record record = { .code = SEGV_MAPERR_, .pc = C_CALLER };
	const struct death *d = c_went_to(&record, call_rax);
	ck_assert(d->fault.present);
	ck_assert_uint_eq(d->mixed.frames[0].pc, C_CALLER);
	ck_assert(d->mixed.frames[0].trap);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ who_called_address_0_is_behind_its_call, 0 },
		{ what_has_not_called_address_0_is_not_told_of, rows_of(others) },
		{ fault_of_the_c_code_itself_is_no_call, 0 },
	};
	return run_tests("death_c", tests);
}
