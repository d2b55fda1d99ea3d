/* Deferred calls that have not run. */
#include "goruntime/defers.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct make_stack stack;
static struct defers defers;
static uint64_t outer, inner, leaf, one, two;

static void begin(unsigned minor)
{
	process_init(&p, minor, &arch_amd64);
	outer = process_func(&p, "main.outer", 0x40);
	inner = process_func(&p, "main.inner", 0x40);
	leaf = process_func(&p, "main.leaf", 0x10);
	one = process_func(&p, "main.one", 8);
	two = process_func(&p, "main.two", 8);
	stack = process_stack(&p, 0x400, outer);
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	process_release(&p);
}

static uint64_t func_value(uint64_t entry)
{
	uint64_t value = process_alloc(&p, 8);
	process_put64(&p, value, entry);
	return value;
}

static uint64_t record(uint64_t sp, uint64_t fn, uint64_t link)
{
	uint64_t d = process_struct(&p, RT_DEFER);
	process_put(&p, d, DEFER_SP, sp);
	process_put(&p, d, DEFER_FN, fn);
	process_put(&p, d, DEFER_LINK, link);
	return d;
}

static void run(uint64_t list)
{
	process_put(&p, process_g(&p, 7, G_WAITING, &stack), G_DEFER, list);
	process_read(&p);
	goroutine_defers(&p.snapshot, &p.snapshot.goroutines[0], &defers);
}

START_TEST(the_list_is_joined_to_frames)
{
	uint64_t outer_sp = stack.sp;
	stack_call(&stack, inner);
	uint64_t first = record(outer_sp, func_value(one), 0);
	uint64_t second = record(stack.sp, func_value(two), first);
	stack_call(&stack, leaf);
	run(second);
	ck_assert_uint_eq(defers.total, 2);
	ck_assert_str_eq(defers.items[0].call->function, "main.two");
	ck_assert_str_eq(defers.items[0].by->function, "main.inner");
	ck_assert_str_eq(defers.items[1].call->function, "main.one");
	ck_assert_str_eq(defers.items[1].by->function, "main.outer");
}
END_TEST

START_TEST(a_list_in_a_circle_ends)
{
	uint64_t d = record(stack.sp, func_value(one), 0), e = record(stack.sp, func_value(two), d);
	process_put(&p, d, DEFER_LINK, e);
	run(d);
	ck_assert(defers.cut);
	ck_assert_uint_eq(defers.count, DEFERS_KEPT);
}
END_TEST

START_TEST(a_value_that_is_no_function_is_not_named)
{
	run(record(stack.sp, 0x123456000, 0));
	ck_assert_uint_eq(defers.total, 1);
	ck_assert_ptr_null(defers.items[0].call);
}
END_TEST

/* A record that stands for the list that HEAD begins. */
static uint64_t ranged_record(uint64_t sp, uint64_t head, uint64_t link)
{
	uint64_t d = record(sp, 0, link), cell = process_alloc(&p, 8);
	process_put64(&p, cell, head);
	process_put(&p, d, DEFER_RANGEFUNC, 1);
	process_put(&p, d, DEFER_HEAD, cell);
	return d;
}

START_TEST(what_a_range_over_a_function_has_deferred_is_in_its_place)
{
	uint64_t sp = stack.sp;
	stack_call(&stack, leaf);
	uint64_t last = record(sp, func_value(leaf), 0);
	uint64_t body = record(0, func_value(two), record(0, func_value(one), 0));
	run(ranged_record(sp, body, last));
	ck_assert_uint_eq(defers.total, 3);
	ck_assert_str_eq(defers.items[0].call->function, "main.two");
	ck_assert_str_eq(defers.items[0].by->function, "main.outer");
	ck_assert_str_eq(defers.items[1].call->function, "main.one");
	ck_assert_str_eq(defers.items[2].call->function, "main.leaf");
}
END_TEST

START_TEST(a_list_that_the_runtime_has_taken_is_none)
{
	run(ranged_record(stack.sp, 1, record(stack.sp, func_value(one), 0)));
	ck_assert_uint_eq(defers.total, 1);
	ck_assert(!defers.cut);
}
END_TEST

START_TEST(a_ranged_list_in_a_circle_ends)
{
	uint64_t d = record(0, func_value(one), 0);
	process_put(&p, d, DEFER_LINK, d);
	run(ranged_record(stack.sp, d, 0));
	ck_assert(defers.cut);
}
END_TEST

/* Code of a function at AT: calls of each of TARGETS. */
static void put_calls(uint64_t at, const uint64_t *targets, size_t count)
{
	uint8_t *code = p.text + (at - PROCESS_TEXT);
	for (size_t i = 0; i < count; i++, code += 5) {
		uint32_t distance = htole32((uint32_t)(targets[i] - (at + i * 5 + 5)));
		code[0] = 0xe8;
		memcpy(code + 1, &distance, sizeof(distance));
	}
	code[0] = 0xc3;
}

START_TEST(a_wrapper_is_named_by_what_it_calls)
{
	uint64_t grow = process_func(&p, "runtime.morestack_noctxt", 0);
	uint64_t wrapper = process_func_as(&p, "main.outer.deferwrap1", 8, FUNC_WRAPPER, 0);
	const uint64_t targets[] = { two, grow };
	put_calls(wrapper, targets, 2);
	run(record(stack.sp, func_value(wrapper), 0));
	ck_assert_str_eq(defers.items[0].call->function, "main.outer.deferwrap1");
	ck_assert_str_eq(defers.items[0].target->function, "main.two");
}
END_TEST

/* Of a goroutine whose go statement calls a function with arguments. */
START_TEST(the_start_of_a_goroutine_is_what_its_wrapper_calls)
{
	uint64_t wrapper = process_func_as(&p, "main.outer.gowrap1", 8, FUNC_WRAPPER, 0);
	put_calls(wrapper, &two, 1);
	process_read(&p);
	struct goroutine g = { .startpc = wrapper };
	ck_assert_str_eq(goroutine_start(&p.snapshot, &g)->function, "main.outer.gowrap1");
	ck_assert_str_eq(goroutine_started(&p.snapshot, &g)->function, "main.two");
	g.startpc = one;
	ck_assert_str_eq(goroutine_started(&p.snapshot, &g)->function, "main.one");
	g.startpc = 0;
	ck_assert_ptr_null(goroutine_started(&p.snapshot, &g));
}
END_TEST

START_TEST(of_several_calls_a_wrapper_makes_none_is_named)
{
	uint64_t wrapper = process_func_as(&p, "main.outer.deferwrap1", 8, FUNC_WRAPPER, 0);
	const uint64_t targets[] = { two, one };
	put_calls(wrapper, targets, 2);
	run(record(stack.sp, func_value(wrapper), 0));
	ck_assert_ptr_null(defers.items[0].target);
}
END_TEST

START_TEST(a_function_of_the_program_is_no_wrapper)
{
	put_calls(one, &two, 1);
	run(record(stack.sp, func_value(one), 0));
	ck_assert_ptr_null(defers.items[0].target);
}
END_TEST

/* FUNCDATA of main.inner. */
static void put_open(const uint8_t *bytes, size_t size)
{
	struct make_func *f = &p.table.funcs[1];
	uint64_t gofunc = process_alloc(&p, 64);
	process_put_bytes(&p, gofunc, bytes, size);
	f->funcdata_count = FUNCDATA_OPEN_DEFERS + 1;
	for (unsigned i = 0; i < FUNCDATA_OPEN_DEFERS; i++)
		f->funcdata[i] = UINT32_MAX;
	f->funcdata[FUNCDATA_OPEN_DEFERS] = 0;
	process_image(&p); /* makes the record of the module, once */
	p.allgs_put = false;
	process_put(&p, p.module, MODULE_GOFUNC, gofunc);
}

/* The end of the locals of main.inner: below the return address and the saved frame pointer. */
static uint64_t locals_end(void)
{
	return stack.sp + 0x40 - 8;
}

START_TEST(bits_in_the_frame_say_what_is_left)
{
	static const uint8_t data[] = { 1, 32 }; /* bits 1 below, slots from 32 below on */
	stack_call(&stack, inner);
	put_open(data, sizeof(data));
	uint64_t end = locals_end();
	process_put8(&p, end - 1, 0x05);
	process_put64(&p, end - 32, func_value(one));
	process_put64(&p, end - 24, func_value(leaf)); /* bit 1 is not set */
	process_put64(&p, end - 16, func_value(two));
	stack_call(&stack, leaf);
	run(0);
	ck_assert_uint_eq(defers.total, 2);
	ck_assert_str_eq(defers.items[0].call->function, "main.two");
	ck_assert_str_eq(defers.items[1].call->function, "main.one");
	ck_assert_str_eq(defers.items[1].by->function, "main.inner");
}
END_TEST

START_TEST(bits_outside_the_frame_are_not_believed)
{
	static const uint8_t data[] = { 0x80, 0x08, 32 };
	stack_call(&stack, inner);
	put_open(data, sizeof(data));
	stack_call(&stack, leaf);
	run(0);
	ck_assert_uint_eq(defers.total, 0);
}
END_TEST

/* To 1.21 each slot has an offset of its own, the last first. */
START_TEST(older_releases_have_an_offset_for_each)
{
	static const uint8_t data[] = { 1, 2, 16, 24 };
	process_release(&p);
	begin(19);
	stack_call(&stack, inner);
	put_open(data, sizeof(data));
	uint64_t end = locals_end();
	process_put8(&p, end - 1, 0x03);
	process_put64(&p, end - 16, func_value(two)); /* number 1 */
	process_put64(&p, end - 24, func_value(one));
	stack_call(&stack, leaf);
	run(0);
	ck_assert_uint_eq(defers.total, 2);
	ck_assert_str_eq(defers.items[0].call->function, "main.two");
	ck_assert_str_eq(defers.items[1].call->function, "main.one");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_a_range_over_a_function_has_deferred_is_in_its_place,
		a_list_that_the_runtime_has_taken_is_none,
		a_ranged_list_in_a_circle_ends,
		a_wrapper_is_named_by_what_it_calls,
		the_start_of_a_goroutine_is_what_its_wrapper_calls,
		of_several_calls_a_wrapper_makes_none_is_named,
		a_function_of_the_program_is_no_wrapper,
		the_list_is_joined_to_frames,
		a_list_in_a_circle_ends,
		a_value_that_is_no_function_is_not_named,
		bits_in_the_frame_say_what_is_left,
		bits_outside_the_frame_are_not_believed,
		older_releases_have_an_offset_for_each,
	};
	return test_run("defers", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
