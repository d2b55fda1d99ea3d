/* The graph of waits: what is drawn, and what is left out. */
#include "analyzer/graph.h"

#include <stdio.h>

#include "tests/unit/fake_snapshot.h"
#include "tests/unit/testrun.h"

static struct fake fake;
static struct graph graph;

static void setup(void)
{
	fake_init(&fake);
}

static void teardown(void)
{
	fake_release(&fake);
}

static void make(void)
{
	struct groups groups;
	groups_make(&fake.snapshot, true, &fake.arena, &groups);
	graph_make(&fake.snapshot, &groups, &fake.arena, &graph);
}

static struct fake_goroutine *waits(enum wait_kind kind, const char *reason, const char *stack,
				    uint64_t object)
{
	static struct wait_case cases[256];
	struct fake_goroutine *facts =
		fake_facts(&fake, fake_add(&fake, G_WAITING, reason, stack));
	facts->waits_on = (struct wait){ .kind = kind, .object = object, .state_known = true,
					 .locked = true };
	if (kind != WAIT_RECEIVE)
		return facts;
	struct wait_case *c = &cases[fake.snapshot.goroutine_count % 256];
	*c = (struct wait_case){ { .addr = object }, DIRECTION_RECEIVE };
	facts->waits_on.cases = c;
	facts->waits_on.case_count = facts->waits_on.case_total = 1;
	return facts;
}

static const struct graph_edge *edge(enum graph_relation relation)
{
	for (size_t i = 0; i < graph.edge_count; i++)
		if (graph.edges[i].relation == relation)
			return &graph.edges[i];
	return NULL;
}

START_TEST(a_lock_leads_to_who_holds_it)
{
	waits(WAIT_MUTEX, "sync.Mutex.Lock", "runtime.gopark;main.waiter", 0x10);
	fake_facts(&fake, fake_add(&fake, G_WAITING, "sleep", "main.holder"))->holds = 0x10;
	make();
	ck_assert_uint_eq(graph.node_count, 3);
	const struct graph_edge *waiting = edge(GRAPH_WAITS_FOR), *held = edge(GRAPH_HELD_BY);
	ck_assert(waiting != NULL && waiting->certain);
	ck_assert(held != NULL && held->likely && !held->certain);
	ck_assert_uint_eq(held->from, waiting->to);
	ck_assert_str_eq(graph.nodes[held->to].call->function, "main.holder");
	ck_assert_str_eq(graph.nodes[waiting->to].text, "sync.Mutex 0x10");
}
END_TEST

START_TEST(a_channel_leads_to_whose_stack_refers_to_it)
{
	waits(WAIT_RECEIVE, "chan receive", "runtime.gopark;main.receiver", 0x20);
	waits(WAIT_RECEIVE, "chan receive", "runtime.gopark;main.sender", 0x30)->mentions = 0x20;
	make();
	const struct graph_edge *could = edge(GRAPH_COULD_RELEASE);
	ck_assert_ptr_nonnull(could);
	ck_assert(!could->certain && !could->likely);
	ck_assert_uint_eq(graph.nodes[could->from].addr, 0x20);
	ck_assert_str_eq(graph.nodes[could->to].call->function, "main.sender");
}
END_TEST

START_TEST(what_is_too_much_is_counted)
{
	static char stacks[GRAPH_GROUPS + 5][32];
	for (size_t i = 0; i < GRAPH_GROUPS + 5; i++) {
		snprintf(stacks[i], sizeof(stacks[i]), "main.f%zu", i);
		waits(WAIT_MUTEX, "sync.Mutex.Lock", stacks[i], 0x10);
	}
	make();
	ck_assert_uint_eq(graph.node_count, GRAPH_GROUPS + 1);
	ck_assert_uint_eq(graph.groups_left_out, 5);
	ck_assert_uint_eq(graph.goroutines_left_out, 5);
}
END_TEST

START_TEST(what_waits_for_nothing_known_is_not_drawn)
{
	fake_add(&fake, G_WAITING, "sleep", "main.f");
	waits(WAIT_MUTEX, "sync.Mutex.Lock", "main.g", 0);
	make();
	ck_assert_uint_eq(graph.node_count, 0);
	ck_assert_uint_eq(graph.edge_count, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_lock_leads_to_who_holds_it,
		a_channel_leads_to_whose_stack_refers_to_it,
		what_is_too_much_is_counted,
		what_waits_for_nothing_known_is_not_drawn,
	};
	return test_run("graph", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
