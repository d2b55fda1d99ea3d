/* The lock that a goroutine died on, and what its state says. */
#include "goruntime/lockuse.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t user, unlock, lock;
static struct lock_use use;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	user = process_func(&p, "main.work", 0x40);
	unlock = process_func(&p, "internal/sync.(*Mutex).unlockSlow", 0x20);
	lock = process_alloc(&p, 32);
}

static void teardown(void)
{
	process_release(&p);
}

/* main.work called FUNC with RECEIVER. */
static bool used(uint64_t func, uint64_t receiver)
{
	struct make_stack stack = process_stack(&p, 0x1000, user);
	struct trace trace;
	process_put64(&p, stack.sp, receiver);
	stack_call(&stack, func);
	process_g(&p, 1, G_RUNNABLE, &stack);
	process_read(&p);
	goroutine_trace(&p.snapshot, &p.snapshot.goroutines[0], false, &p.arena, &trace);
	return lock_use_of(&p.snapshot, &trace, &p.arena, &use);
}

START_TEST(receiver_is_the_lock)
{
	process_put(&p, lock, MUTEX_WORD, 0xffffffff);
	ck_assert(used(unlock, lock));
	ck_assert_uint_eq(use.addr, lock);
	ck_assert_str_eq(use.type, "sync.Mutex");
	ck_assert_str_eq(use.state, "it was not locked, 0 waited; its state is 0xffffffff now");
}
END_TEST

START_TEST(waiters_are_counted)
{
	process_put(&p, lock, MUTEX_WORD, (1 << 3) - 1);
	ck_assert(used(unlock, lock));
	ck_assert_ptr_nonnull(strstr(use.state, "1 waited"));
}
END_TEST

START_TEST(rwmutex_without_a_writer_is_told)
{
	uint64_t func = process_func(&p, "sync.(*RWMutex).Unlock", 0x20);
	process_put(&p, lock, RWMUTEX_READERCOUNT, (1 << 30) + 3);
	ck_assert(used(func, lock));
	ck_assert_str_eq(use.state, "no writer held it, 3 readers did");
}
END_TEST

START_TEST(rwmutex_without_a_reader_is_told)
{
	uint64_t func = process_func(&p, "sync.(*RWMutex).rUnlockSlow", 0x20);
	process_put(&p, lock, RWMUTEX_READERCOUNT, 0xffffffff);
	ck_assert(used(func, lock));
	ck_assert_str_eq(use.state, "no reader held it");
}
END_TEST

/* The word at the caller's sp is where Add would spill its receiver, and a word of the caller, too.
 */
START_TEST(negative_counter_is_told)
{
	uint64_t func = process_func(&p, "sync.(*WaitGroup).Add", 0x20);
	process_put(&p, lock, WAITGROUP_STATE, (uint64_t)0xfffffffe << 32 | 1);
	ck_assert(used(func, lock));
	ck_assert_uint_eq(use.addr, lock);
	ck_assert_str_eq(use.state, "its counter is -2, 1 wait");
	ck_assert_str_eq(use.by->symbol, "main.work");
}
END_TEST

/* --- near misses --- */

START_TEST(counter_that_no_program_reaches_is_other_memory)
{
	uint64_t func = process_func(&p, "sync.(*WaitGroup).Add", 0x20);
	process_put(&p, lock, WAITGROUP_STATE, 0xd71000004c930000);
	ck_assert(!used(func, lock));
}
END_TEST

START_TEST(more_waiters_than_goroutines_is_other_memory)
{
	uint64_t func = process_func(&p, "sync.(*WaitGroup).Add", 0x20);
	process_put(&p, lock, WAITGROUP_STATE, UINT64_MAX);
	ck_assert(!used(func, lock));
	process_put(&p, lock, MUTEX_WORD, 0x12345000);
	ck_assert(!used(unlock, lock));
}
END_TEST

START_TEST(one_of_two_is_not_chosen)
{
	uint64_t func = process_func(&p, "sync.(*WaitGroup).Add", 0x20);
	uint64_t other = process_alloc(&p, 32);
	struct make_stack stack = process_stack(&p, 0x1000, user);
	struct trace trace;
	process_put(&p, lock, WAITGROUP_STATE, (uint64_t)0xffffffff << 32);
	process_put(&p, other, WAITGROUP_STATE, (uint64_t)0xffffffff << 32);
	process_put64(&p, stack.sp, lock);
	process_put64(&p, stack.sp + 16, other);
	stack_call(&stack, func);
	process_g(&p, 1, G_RUNNABLE, &stack);
	process_read(&p);
	goroutine_trace(&p.snapshot, &p.snapshot.goroutines[0], false, &p.arena, &trace);
	ck_assert(!lock_use_of(&p.snapshot, &trace, &p.arena, &use));
}
END_TEST

START_TEST(state_that_the_method_would_take_is_another_lock)
{
	process_put(&p, lock, MUTEX_WORD, 0);
	ck_assert(!used(unlock, lock));
}
END_TEST

START_TEST(word_that_is_no_address_is_none)
{
	ck_assert(!used(unlock, 0));
	ck_assert(!used(unlock, 0x10));
}
END_TEST

START_TEST(method_below_the_programs_own_frames_is_not_it)
{
	process_put(&p, lock, MUTEX_WORD, 0xffffffff);
	ck_assert(!used(user, lock));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		receiver_is_the_lock,
		waiters_are_counted,
		rwmutex_without_a_writer_is_told,
		rwmutex_without_a_reader_is_told,
		negative_counter_is_told,
		counter_that_no_program_reaches_is_other_memory,
		more_waiters_than_goroutines_is_other_memory,
		one_of_two_is_not_chosen,
		state_that_the_method_would_take_is_another_lock,
		word_that_is_no_address_is_none,
		method_below_the_programs_own_frames_is_not_it,
	};
	return test_run("lockuse", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
