/* What a goroutine's record means: wait reason, age, creator, labels, what it waits on. */
#include "goruntime/gotype.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t work, g;

static void begin(unsigned minor)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
	work = process_func(&p, "main.work", 8);
	g = process_g(&p, 7, G_WAITING, NULL);
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	process_release(&p);
}

static const struct goroutine *read_g(void)
{
	process_read(&p);
	return &p.snapshot.goroutines[0];
}

static const char *wait_of(unsigned minor, enum g_status status, unsigned reason)
{
	begin(minor);
	process_put(&p, g, G_ATOMICSTATUS, status);
	process_put(&p, g, G_WAITREASON, reason);
	const struct goroutine *read = read_g();
	p.snapshot.release.minor = minor;
	return goroutine_wait(&p.snapshot, read);
}

START_TEST(a_wait_reason_is_the_releases_own_text)
{
	/* The numbers moved in 1.21 and later. */
	ck_assert_str_eq(wait_of(19, G_WAITING, 14), wait_reason_text(19, 14));
	ck_assert_str_eq(wait_of(27, G_WAITING, 14), wait_reason_text(27, 14));
	ck_assert_str_eq(wait_of(27, G_WAITING, 255), "unknown wait reason");
}
END_TEST

START_TEST(a_wait_reason_has_no_meaning_while_it_does_not_wait)
{
	ck_assert_str_eq(wait_of(27, G_RUNNING, 14), "");
	ck_assert_str_eq(wait_of(27, G_RUNNABLE, 14), "");
	ck_assert_str_ne(wait_of(27, G_LEAKED, 14), "");
}
END_TEST

static double seconds(enum g_status status, int64_t since, int64_t now)
{
	begin(27);
	process_put(&p, g, G_ATOMICSTATUS, status);
	process_put(&p, g, G_WAITSINCE, (uint64_t)since);
	const struct goroutine *read = read_g();
	p.snapshot.now_lower_bound = now;
	return goroutine_wait_seconds(&p.snapshot, read);
}

START_TEST(its_age_counts_from_when_it_began_to_wait)
{
	ck_assert(seconds(G_WAITING, 1000000000, 91000000000) == 90);
	ck_assert(seconds(G_SYSCALL, 1000000000, 1000000000) == 0);
}
END_TEST

START_TEST(an_age_that_is_not_known_is_negative)
{
	ck_assert(seconds(G_WAITING, 0, 91000000000) < 0);
	ck_assert(seconds(G_RUNNING, 1000000000, 91000000000) < 0);
	ck_assert(seconds(G_WAITING, 92000000000, 91000000000) < 0);
	ck_assert(seconds(G_WAITING, -5, 91000000000) < 0);
}
END_TEST

START_TEST(creator_and_start_are_functions_with_a_place)
{
	process_put(&p, g, G_GOPC, work + 5);
	process_put(&p, g, G_STARTPC, work);
	const struct goroutine *read = read_g();
	ck_assert_str_eq(goroutine_created_by(&p.snapshot, read)->symbol, "main.work");
	ck_assert_str_eq(goroutine_start(&p.snapshot, read)->symbol, "main.work");
	ck_assert_int_eq(goroutine_start(&p.snapshot, read)->line, 10);
}
END_TEST

START_TEST(goroutine_1_has_no_creator)
{
	process_put(&p, g, G_GOID, 1);
	process_put(&p, g, G_GOPC, work + 5);
	ck_assert_ptr_null(goroutine_created_by(&p.snapshot, read_g()));
}
END_TEST

START_TEST(a_creator_in_no_function_is_not_known)
{
	process_put(&p, g, G_GOPC, 0xdead0000);
	const struct goroutine *read = read_g();
	ck_assert_ptr_null(goroutine_created_by(&p.snapshot, read));
	ck_assert_ptr_null(goroutine_start(&p.snapshot, read));
}
END_TEST

/* --- labels ------------------------------------------------------------------------------------- */

static const struct label *labels_of(size_t *count)
{
	return goroutine_labels(&p.snapshot, read_g(), &p.arena, count);
}

/* From 1.24 on: a slice of {key, value}. */
static uint64_t put_list(uint64_t pairs, uint64_t count)
{
	uint64_t labels = process_alloc(&p, 24);
	process_put64(&p, labels, pairs);
	process_put64(&p, labels + 8, count);
	process_put(&p, g, G_LABELS, labels);
	return labels;
}

START_TEST(labels_are_a_list_from_124_on)
{
	begin(24);
	uint64_t pairs = process_alloc(&p, 64);
	process_put_string(&p, pairs, "handler");
	process_put_string(&p, pairs + 16, "/checkout");
	process_put_string(&p, pairs + 32, "user");
	process_put_string(&p, pairs + 48, "");
	put_list(pairs, 2);
	size_t count;
	const struct label *labels = labels_of(&count);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(labels[0].key, "handler");
	ck_assert_str_eq(labels[0].value, "/checkout");
	ck_assert_str_eq(labels[1].value, "");
}
END_TEST

START_TEST(a_list_of_absurd_length_is_none)
{
	size_t count;
	put_list(process_alloc(&p, 64), (uint64_t)1 << 60);
	labels_of(&count);
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(labels_that_cannot_be_read_are_left_out)
{
	uint64_t pairs = process_alloc(&p, 64);
	process_put64(&p, pairs, 0xdead0000);
	process_put64(&p, pairs + 8, 4);
	process_put_string(&p, pairs + 32, "user");
	process_put_string(&p, pairs + 48, "kim");
	put_list(pairs, 2);
	size_t count;
	const struct label *labels = labels_of(&count);
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(labels[0].key, "user");
}
END_TEST

/* Before: a map[string]string, in buckets of eight. */
enum { BUCKET = 8 + 8 * 16 + 8 * 16 + 8 };

static uint64_t put_map(uint64_t used, uint8_t log2, uint64_t buckets)
{
	uint64_t labels = process_alloc(&p, 8), map = process_alloc(&p, 48);
	process_put64(&p, labels, map);
	process_put64(&p, map, used);
	process_put8(&p, map + 9, log2);
	process_put64(&p, map + 16, buckets);
	process_put(&p, g, G_LABELS, labels);
	return map;
}

static void put_entry(uint64_t bucket, unsigned i, const char *key, const char *value)
{
	process_put8(&p, bucket + i, 0x77);
	process_put_string(&p, bucket + 8 + i * 16, key);
	process_put_string(&p, bucket + 136 + i * 16, value);
}

START_TEST(labels_are_a_map_before)
{
	begin(23);
	uint64_t buckets = process_alloc(&p, 2 * BUCKET), overflow = process_alloc(&p, BUCKET);
	put_entry(buckets, 2, "a", "1");
	put_entry(buckets + BUCKET, 0, "b", "2");
	put_entry(overflow, 7, "c", "3");
	process_put64(&p, buckets + BUCKET - 8, overflow);
	put_map(3, 1, buckets);
	size_t count;
	const struct label *labels = labels_of(&count);
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(labels[0].key, "a");
	ck_assert_str_eq(labels[1].key, "c");
	ck_assert_str_eq(labels[1].value, "3");
	ck_assert_str_eq(labels[2].key, "b");
}
END_TEST

START_TEST(overflow_buckets_in_a_circle_end)
{
	begin(19);
	uint64_t bucket = process_alloc(&p, 2 * BUCKET);
	put_entry(bucket, 0, "a", "1");
	process_put64(&p, bucket + BUCKET - 8, bucket + BUCKET);
	process_put64(&p, bucket + 2 * BUCKET - 8, bucket + BUCKET);
	put_map(1000, 1, bucket);
	size_t count;
	labels_of(&count);
	ck_assert_uint_ge(count, 1);
	ck_assert_uint_le(count, 1000);
}
END_TEST

START_TEST(no_labels_are_none)
{
	size_t count = 3;
	ck_assert_ptr_null(labels_of(&count));
	ck_assert_uint_eq(count, 0);
}
END_TEST

/* --- what it waits on --------------------------------------------------------------------------- */

static uint64_t sudog(uint64_t channel, uint64_t elem, uint64_t next)
{
	uint64_t s = process_struct(&p, RT_SUDOG);
	process_put(&p, s, SUDOG_G, g);
	process_put(&p, s, SUDOG_C, channel);
	process_put(&p, s, SUDOG_ELEM, elem);
	process_put(&p, s, SUDOG_WAITLINK, next);
	return s;
}

START_TEST(a_select_waits_on_its_channels_in_order)
{
	uint64_t first = process_struct(&p, RT_HCHAN), second = process_struct(&p, RT_HCHAN);
	process_put(&p, g, G_SUDOG, sudog(first, 0, sudog(second, 0, 0)));
	struct wait_object objects[4];
	ck_assert_uint_eq(goroutine_wait_objects(&p.snapshot, read_g(), objects, 4), 2);
	ck_assert_uint_eq(objects[0].addr, first);
	ck_assert_uint_eq(objects[1].addr, second);
	ck_assert(!objects[0].timer);
	ck_assert_uint_eq(goroutine_wait_object(&p.snapshot, &p.snapshot.goroutines[0]), first);
}
END_TEST

START_TEST(a_semaphore_is_named_by_its_word)
{
	process_put(&p, g, G_SUDOG, sudog(0, 0xc000123450, 0));
	ck_assert_uint_eq(goroutine_wait_object(&p.snapshot, read_g()), 0xc000123450);
}
END_TEST

START_TEST(more_than_there_is_room_for_are_counted)
{
	process_put(&p, g, G_SUDOG, sudog(8, 0, sudog(16, 0, sudog(24, 0, 0))));
	struct wait_object one;
	ck_assert_uint_eq(goroutine_wait_objects(&p.snapshot, read_g(), &one, 1), 3);
	ck_assert_uint_eq(one.addr, 8);
}
END_TEST

START_TEST(a_list_in_a_circle_ends)
{
	uint64_t last = sudog(16, 0, 0), first = sudog(8, 0, last);
	process_put(&p, last, SUDOG_WAITLINK, first);
	process_put(&p, g, G_SUDOG, first);
	struct wait_object objects[4];
	ck_assert_uint_eq(goroutine_wait_objects(&p.snapshot, read_g(), objects, 4), 2);
}
END_TEST

START_TEST(a_record_of_another_goroutine_is_none_of_its)
{
	uint64_t stale = sudog(8, 0, 0);
	process_put(&p, stale, SUDOG_G, 0x1234);
	process_put(&p, g, G_SUDOG, stale);
	ck_assert_uint_eq(goroutine_wait_object(&p.snapshot, read_g()), 0);
}
END_TEST

START_TEST(who_runs_waits_on_nothing)
{
	process_put(&p, g, G_SUDOG, sudog(8, 0, 0));
	process_put(&p, g, G_ATOMICSTATUS, G_RUNNABLE);
	ck_assert_uint_eq(goroutine_wait_object(&p.snapshot, read_g()), 0);
}
END_TEST

START_TEST(from_123_on_a_timers_channel_names_it)
{
	uint64_t channel = process_struct(&p, RT_HCHAN);
	process_put(&p, channel, HCHAN_TIMER, 0xc000000100);
	process_put(&p, g, G_SUDOG, sudog(channel, 0, 0));
	struct wait_object object;
	goroutine_wait_objects(&p.snapshot, read_g(), &object, 1);
	ck_assert(object.timer);
}
END_TEST

START_TEST(before_it_is_one_that_holds_a_time)
{
	begin(21);
	uint64_t timer = process_struct(&p, RT_HCHAN), other = process_struct(&p, RT_HCHAN);
	process_put(&p, timer, HCHAN_DATAQSIZ, 1);
	process_put(&p, timer, HCHAN_ELEMTYPE, process_type(&p, KIND_STRUCT, "time.Time", 24));
	process_put(&p, other, HCHAN_DATAQSIZ, 1);
	process_put(&p, other, HCHAN_ELEMTYPE, process_type(&p, KIND_INT, "int", 8));
	process_put(&p, g, G_SUDOG, sudog(timer, 0, sudog(other, 0, 0)));
	struct wait_object objects[2];
	goroutine_wait_objects(&p.snapshot, read_g(), objects, 2);
	ck_assert(objects[0].timer);
	ck_assert(!objects[1].timer);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_wait_reason_is_the_releases_own_text,
		a_wait_reason_has_no_meaning_while_it_does_not_wait,
		its_age_counts_from_when_it_began_to_wait,
		an_age_that_is_not_known_is_negative,
		creator_and_start_are_functions_with_a_place,
		goroutine_1_has_no_creator,
		a_creator_in_no_function_is_not_known,
		labels_are_a_list_from_124_on,
		a_list_of_absurd_length_is_none,
		labels_that_cannot_be_read_are_left_out,
		labels_are_a_map_before,
		overflow_buckets_in_a_circle_end,
		no_labels_are_none,
		a_select_waits_on_its_channels_in_order,
		a_semaphore_is_named_by_its_word,
		more_than_there_is_room_for_are_counted,
		a_list_in_a_circle_ends,
		a_record_of_another_goroutine_is_none_of_its,
		who_runs_waits_on_nothing,
		from_123_on_a_timers_channel_names_it,
		before_it_is_one_that_holds_a_time,
	};
	return test_run("facts", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
