/* What goroutines wait on, by records made by hand. */
#include "goruntime/waits.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t park, user;
static struct wait wait;

static void begin(unsigned minor)
{
	process_init(&p, minor, &arch_amd64);
	park = process_func(&p, "runtime.gopark", 0x20);
	user = process_func(&p, "main.work", 0x80);
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	process_release(&p);
}

static uint8_t reason(const char *text)
{
	for (unsigned i = 0; i < 64; i++) {
		const char *found = wait_reason_text(p.minor, i);
		if (found != NULL && strcmp(found, text) == 0)
			return (uint8_t)i;
	}
	ck_abort_msg("no such wait reason");
	return 0;
}

static struct make_stack stack;

/* A goroutine that is parked below main.work, in FUNCS called from there. */
static uint64_t waiting(const char *text, uint64_t func)
{
	stack = process_stack(&p, 0x1000, user);
	if (func != 0)
		stack_call(&stack, func);
	stack_call(&stack, park);
	uint64_t g = process_g(&p, p.g_count + 1, G_WAITING, &stack);
	process_put(&p, g, G_WAITREASON, reason(text));
	return g;
}

static void read_first(void)
{
	process_read(&p);
	goroutine_wait_read(&p.snapshot, &p.snapshot.goroutines[0], &p.arena, &wait);
}

static uint64_t channel(uint64_t capacity, uint64_t length)
{
	uint64_t c = process_struct(&p, RT_HCHAN);
	process_put(&p, c, HCHAN_DATAQSIZ, capacity);
	process_put(&p, c, HCHAN_QCOUNT, length);
	process_put(&p, c, HCHAN_ELEMTYPE, process_type(&p, 2, "int", 8));
	return c;
}

static uint64_t sudog(uint64_t g, enum rt_field field, uint64_t object, uint64_t link)
{
	uint64_t s = process_struct(&p, RT_SUDOG);
	process_put(&p, s, SUDOG_G, g);
	process_put(&p, s, field, object);
	process_put(&p, s, SUDOG_WAITLINK, link);
	return s;
}

START_TEST(a_receive_names_its_channel)
{
	uint64_t g = waiting("chan receive", 0), c = channel(4, 3);
	process_put(&p, g, G_SUDOG, sudog(g, SUDOG_C, c, 0));
	read_first();
	ck_assert_int_eq(wait.kind, WAIT_RECEIVE);
	ck_assert_uint_eq(wait.object, c);
	ck_assert_uint_eq(wait.case_count, 1);
	ck_assert_str_eq(wait.cases[0].channel.elem, "int");
	ck_assert_uint_eq(wait.cases[0].channel.capacity, 4);
	ck_assert_uint_eq(wait.cases[0].channel.length, 3);
	ck_assert(!wait.cases[0].channel.closed);
}
END_TEST

START_TEST(a_sudog_of_another_goroutine_is_not_believed)
{
	uint64_t g = waiting("chan send", 0);
	process_put(&p, g, G_SUDOG, sudog(g + 8, SUDOG_C, channel(0, 0), 0));
	read_first();
	ck_assert_int_eq(wait.kind, WAIT_SEND);
	ck_assert_uint_eq(wait.object, 0);
	ck_assert_uint_eq(wait.case_count, 0);
}
END_TEST

START_TEST(a_channel_that_is_not_there_is_not_known)
{
	uint64_t g = waiting("chan receive", 0);
	process_put(&p, g, G_SUDOG, sudog(g, SUDOG_C, 0xdead0000, 0));
	read_first();
	ck_assert_uint_eq(wait.object, 0xdead0000);
	ck_assert(!wait.cases[0].channel.known);
}
END_TEST

/* selectgo's arguments: its array of cases, and how many of them send. */
static uint64_t selecting(uint64_t *g, const uint64_t *channels, size_t count, uint64_t sends)
{
	uint64_t selectgo = process_func(&p, "runtime.selectgo", 0x40);
	*g = waiting("select", selectgo);
	uint64_t array = stack.hi - 0x60;
	for (size_t i = 0; i < count; i++)
		process_put64(&p, array + i * 16, channels[i]);
	uint64_t frame = stack.sp + 0x20 + 8 + 0x40 + 8; /* above gopark's frame and selectgo's */
	process_put64(&p, frame, array);
	process_put64(&p, frame + 24, sends);
	return frame;
}

START_TEST(a_select_has_its_cases_in_the_order_of_the_source)
{
	uint64_t g, a = channel(0, 0), b = channel(1, 1);
	const uint64_t cases[] = { b, 0, a }; /* a send, and from the end two receives */
	selecting(&g, cases, 3, 1);
	process_put(&p, g, G_SUDOG, sudog(g, SUDOG_C, a, sudog(g, SUDOG_C, b, 0)));
	read_first();
	ck_assert_uint_eq(wait.case_count, 3);
	ck_assert_uint_eq(wait.cases[0].channel.addr, b);
	ck_assert_int_eq(wait.cases[0].direction, DIRECTION_SEND);
	ck_assert_uint_eq(wait.cases[1].channel.addr, a);
	ck_assert_int_eq(wait.cases[1].direction, DIRECTION_RECEIVE);
	ck_assert_uint_eq(wait.cases[2].channel.addr, 0);
}
END_TEST

START_TEST(an_array_that_does_not_fit_the_sudogs_is_not_believed)
{
	uint64_t g, a = channel(0, 0), b = channel(1, 1);
	const uint64_t cases[] = { a, 0x1234 };
	selecting(&g, cases, 2, 1);
	uint64_t second = sudog(g, SUDOG_C, b, 0);
	process_put(&p, b, HCHAN_RECVQ_FIRST, second);
	process_put(&p, g, G_SUDOG, sudog(g, SUDOG_C, a, second));
	read_first();
	ck_assert_uint_eq(wait.case_count, 2);
	ck_assert_int_eq(wait.cases[0].direction, DIRECTION_UNKNOWN);
	ck_assert_int_eq(wait.cases[1].direction, DIRECTION_RECEIVE);
}
END_TEST

static uint64_t semaphores(void)
{
	return process_global(&p, RT_SEMTABLE, (size_t)251 * 64);
}

START_TEST(a_mutex_is_found_by_the_table_of_semaphores)
{
	teardown();
	begin(24);
	uint64_t g = waiting("sync.Mutex.Lock",
			     process_func(&p, "internal/sync.(*Mutex).lockSlow", 0x40));
	uint64_t mutex = process_alloc(&p, 8), table = semaphores();
	process_put64(&p, mutex, 1 | 1 << 3);
	process_put64(&p, table + 5 * 64 + 8, sudog(g, SUDOG_ELEM, mutex + 4, 0));
	read_first();
	ck_assert_int_eq(wait.kind, WAIT_MUTEX);
	ck_assert_uint_eq(wait.object, mutex);
	ck_assert(wait.state_known && wait.locked);
	ck_assert_int_eq(wait.waiters, 1);
}
END_TEST

START_TEST(a_semacquire_is_what_its_function_waits_for)
{
	teardown();
	begin(19);
	uint64_t g = waiting("semacquire", process_func(&p, "sync.(*WaitGroup).Wait", 0x40));
	uint64_t group = process_alloc(&p, 16), table = semaphores();
	process_put64(&p, group, (uint64_t)3 << 32 | 1);
	process_put64(&p, table + 8, sudog(g, SUDOG_ELEM, group + 8, 0));
	read_first();
	ck_assert_int_eq(wait.kind, WAIT_WAITGROUP);
	ck_assert_uint_eq(wait.object, group);
	ck_assert_int_eq(wait.counter, 3);
}
END_TEST

START_TEST(a_lock_that_nobody_names_has_no_address)
{
	waiting("sync.Mutex.Lock", 0);
	read_first();
	ck_assert_int_eq(wait.kind, WAIT_MUTEX);
	ck_assert_uint_eq(wait.object, 0);
	ck_assert(!wait.state_known);
}
END_TEST

START_TEST(readers_that_hold_are_told_from_those_in_line)
{
	uint64_t g = waiting("sync.RWMutex.Lock", process_func(&p, "sync.(*RWMutex).Lock", 0x40));
	uint64_t lock = process_alloc(&p, 24);
	process_put64(&p, lock + 16, (uint32_t)(3 - (1 << 30)) | (uint64_t)2 << 32);
	process_put(&p, g, G_SUDOG, sudog(g, SUDOG_ELEM, lock + 8, 0));
	read_first();
	ck_assert_int_eq(wait.kind, WAIT_RWMUTEX_WRITE);
	ck_assert_uint_eq(wait.object, lock);
	ck_assert_int_eq(wait.readers, 2);
	ck_assert_int_eq(wait.waiters, 1);
	ck_assert(wait.locked);
}
END_TEST

START_TEST(a_polldesc_is_believed_where_it_names_itself_and_the_goroutine)
{
	uint64_t g = waiting("IO wait", 0), other = process_struct(&p, RT_POLLDESC);
	uint64_t pd = process_struct(&p, RT_POLLDESC);
	process_put(&p, other, POLLDESC_SELF, other);
	process_put(&p, pd, POLLDESC_SELF, pd);
	process_put(&p, pd, POLLDESC_WG, g);
	process_put(&p, pd, POLLDESC_FD, 17);
	process_put(&p, pd, POLLDESC_WD, 5000);
	process_put64(&p, stack.hi - 0x40, other);
	process_put64(&p, stack.hi - 0x38, pd);
	read_first();
	ck_assert_int_eq(wait.kind, WAIT_IO);
	ck_assert_uint_eq(wait.object, pd);
	ck_assert_int_eq(wait.fd, 17);
	ck_assert(wait.writes);
	ck_assert_int_eq(wait.when, 5000);
}
END_TEST

START_TEST(a_sleep_ends_when_it_says)
{
	uint64_t g = waiting("sleep", 0);
	process_put(&p, g, G_SLEEPWHEN, 123456789);
	read_first();
	ck_assert_int_eq(wait.kind, WAIT_SLEEP);
	ck_assert_int_eq(wait.when, 123456789);
}
END_TEST

START_TEST(what_does_not_wait_waits_for_nothing)
{
	uint64_t g = waiting("sleep", 0);
	process_put(&p, g, G_ATOMICSTATUS, G_RUNNABLE);
	read_first();
	ck_assert_int_eq(wait.kind, WAIT_NONE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_receive_names_its_channel,
		a_sudog_of_another_goroutine_is_not_believed,
		a_channel_that_is_not_there_is_not_known,
		a_select_has_its_cases_in_the_order_of_the_source,
		an_array_that_does_not_fit_the_sudogs_is_not_believed,
		a_mutex_is_found_by_the_table_of_semaphores,
		a_semacquire_is_what_its_function_waits_for,
		a_lock_that_nobody_names_has_no_address,
		readers_that_hold_are_told_from_those_in_line,
		a_polldesc_is_believed_where_it_names_itself_and_the_goroutine,
		a_sleep_ends_when_it_says,
		what_does_not_wait_waits_for_nothing,
	};
	return test_run("waits", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
