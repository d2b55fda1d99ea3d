/* Where code locks and unlocks, and on which lock. */
#include "formats/disasm.h"
#include "goruntime/lock_acts.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct disasm *disasm;
static struct lock_acts acts;
static uint64_t func, lock, unlock, other;
static size_t size;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	func = process_func(&p, "main.work", 8);
	lock = process_func(&p, "sync.(*Mutex).Lock", 8);
	unlock = process_func(&p, "sync.(*Mutex).Unlock", 8);
	other = process_func(&p, "main.(*Mutex).Lock", 8);
	disasm = disasm_create(&arch_amd64);
	size = 0;
}

static void teardown(void)
{
	disasm_destroy(disasm);
	process_release(&p);
}

static void code(const void *bytes, size_t count)
{
	process_put_bytes(&p, func + size, bytes, count);
	size += count;
}

static void call(uint64_t target)
{
	uint8_t insn[5] = { 0xe8 };
	uint32_t to = (uint32_t)(target - (func + size + sizeof(insn)));
	memcpy(insn + 1, &to, sizeof(to));
	code(insn, sizeof(insn));
}

/* What was done up to the last byte of the code so far. */
static void read_acts(void)
{
	process_read(&p);
	lock_acts_read(&p.snapshot, disasm, code_at(snapshot_code(&p.snapshot), func),
		       func + size - 1, &acts);
}

START_TEST(calls_are_counted_in_order_up_to_the_pc)
{
	call(lock);
	call(other);
	call(unlock);
	call(lock);
	read_acts();
	ck_assert_uint_eq(acts.count, 3);
	ck_assert(!acts.items[0].unlocks && acts.items[1].unlocks && !acts.items[2].unlocks);
	ck_assert_uint_eq(acts.items[1].pc, func + 10);
	lock_acts_read(&p.snapshot, disasm, code_at(snapshot_code(&p.snapshot), func), func + 4, &acts);
	ck_assert_uint_eq(acts.count, 1);
}
END_TEST

START_TEST(the_receiver_tells_the_offset)
{
	code("\x48\x8d\x41\x24", 4); /* lea rax, [rcx+0x24] */
	call(lock);
	code("\x48\x89\xc8", 3); /* mov rax, rcx */
	call(unlock);
	read_acts();
	ck_assert_int_eq(acts.items[0].place, LOCK_PLACE_OFFSET);
	ck_assert_int_eq(acts.items[0].offset, 0x24);
	ck_assert_int_eq(acts.items[1].place, LOCK_PLACE_OFFSET);
	ck_assert_int_eq(acts.items[1].offset, 0);
}
END_TEST

START_TEST(a_global_lock_is_named_by_its_address)
{
	code("\x48\x8d\x05\x10\x00\x00\x00", 7); /* lea rax, [rip+0x10] */
	call(lock);
	read_acts();
	ck_assert_int_eq(acts.items[0].place, LOCK_PLACE_GLOBAL);
	ck_assert_uint_eq(acts.items[0].addr, func + 7 + 0x10);
}
END_TEST

START_TEST(nothing_is_guessed_of_a_sum_or_a_lock_on_the_stack)
{
	code("\x48\x01\xc8", 3); /* add rax, rcx */
	call(lock);
	code("\x48\x8d\x44\x24\x18", 5); /* lea rax, [rsp+0x18] */
	call(lock);
	call(unlock); /* what rax is after a call */
	read_acts();
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(acts.items[i].place, LOCK_PLACE_UNKNOWN);
}
END_TEST


int main(void)
{
	const TTest *const tests[] = {
		calls_are_counted_in_order_up_to_the_pc,
		the_receiver_tells_the_offset,
		a_global_lock_is_named_by_its_address,
		nothing_is_guessed_of_a_sum_or_a_lock_on_the_stack,
	};
	return test_run("lock_acts", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
