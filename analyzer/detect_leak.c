/*
 * goroutine-leak/suspected: a population of goroutines with the same stack at one wait, each on an
 * object of its own. Many on one shared channel are a pool of workers, many on one mutex a
 * contention, many in IO wait are connections, many in sleep have something to do: none of these
 * is a leak by number alone. Age only strengthens it; it is often unknown. Goroutines whose leak is
 * proven are not counted: that is said of them already.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/numbers.h"
#include "analyzer/places.h"
#include "base/vec.h"

static const char name[] = "goroutine-leak";

enum wait_class {
	WAIT_ENDS,     /* by itself, by the outside, or it belongs to the runtime */
	WAIT_OBJECT,   /* until somebody uses the same object */
	WAIT_HOPELESS, /* nothing can end it */
};

/* By the runtime's own words (runtime2.go waitReasonStrings); "(durable)" and "(synctest)" follow
 * in synctest bubbles. */
static enum wait_class classify_wait(const char *wait)
{
	static const struct {
		const char *begins;
		enum wait_class class;
	} rows[] = {
		{ "chan receive (nil chan)", WAIT_HOPELESS },
		{ "chan send (nil chan)", WAIT_HOPELESS },
		{ "select (no cases)", WAIT_HOPELESS },
		{ "chan receive", WAIT_OBJECT },
		{ "chan send", WAIT_OBJECT },
		{ "select", WAIT_OBJECT },
		{ "semacquire", WAIT_OBJECT },
		{ "sync.", WAIT_OBJECT },
		{ "coroutine", WAIT_OBJECT },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(wait, rows[i].begins, strlen(rows[i].begins)) == 0)
			return rows[i].class;
	return WAIT_ENDS;
}

struct population { /* groups with one stack at one wait, whoever created them */
	const struct leaks *leaks; /* members of the groups that it leaves out; NULL: none */
	const struct group *largest;
	uint64_t count, stack_bytes;
	double longest_wait;
	size_t first_group, group_count; /* in the sorted list of candidates */
};

typedef VEC(const struct group *) group_list;

static int by_stack_and_wait(const void *a, const void *b)
{
	const struct group *x = *(const struct group *const *)a,
			   *y = *(const struct group *const *)b;
	if (x->stack != NULL && y->stack != NULL && x->stack->id != y->stack->id)
		return x->stack->id < y->stack->id ? -1 : 1;
	if (x->stack == NULL && x->first->startpc != y->first->startpc)
		return x->first->startpc < y->first->startpc ? -1 : 1;
	return x->first->wait_reason - y->first->wait_reason;
}

static bool is_proven(const struct leaks *leaks, uint32_t goroutine)
{
	return leaks != NULL && leaks_has(leaks, goroutine);
}

/* Members of GROUP whose leak is not proven. */
static uint64_t count_left(const struct leaks *leaks, const struct groups *groups,
			   const struct group *group)
{
	const uint32_t *members = group_members(groups, group);
	uint64_t left = group->count;
	for (uint64_t m = 0; leaks != NULL && leaks->count > 0 && m < group->count; m++)
		left -= is_proven(leaks, members[m]);
	return left;
}

static bool is_candidate(const struct snapshot *snapshot, const struct group *group)
{
	const struct goroutine *g = group->first;
	if (g->system || g->unreadable || (g->status != G_WAITING && g->status != G_LEAKED))
		return false;
	return classify_wait(goroutine_wait(snapshot, g)) != WAIT_ENDS;
}

/* The population that begins at group FIRST of the sorted list. */
static struct population population_at(const group_list *list, const struct groups *all,
				       const struct leaks *leaks, size_t first)
{
	struct population p = { .leaks = leaks, .first_group = first, .longest_wait = -1 };
	const struct group *const *groups = list->items;
	for (size_t i = first; i < list->count; i++) {
		if (by_stack_and_wait(&groups[first], &groups[i]) != 0)
			break;
		if (p.largest == NULL || groups[i]->count > p.largest->count)
			p.largest = groups[i];
		if (groups[i]->longest_wait > p.longest_wait)
			p.longest_wait = groups[i]->longest_wait;
		p.count += count_left(leaks, all, groups[i]);
		p.stack_bytes += groups[i]->stack_bytes;
		p.group_count++;
	}
	return p;
}

struct use { /* one of the objects that a member of a population waits on */
	uint64_t object;
	uint64_t member;
};

typedef VEC(struct use) use_list;

static int by_object(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	return x->member < y->member ? -1 : x->member > y->member;
}

struct objects {	/* what the members of a population wait on */
	uint64_t known; /* members whose objects are known */
	uint64_t own;	/* of those, members that share no object with another */
	uint64_t timed; /* of those, members that a timer wakes */
};

enum { CASES_MAX = 16 }; /* of a select; one with more is looked at no further */

static void add_member(const struct snapshot *snapshot, const struct goroutine *g, uint64_t member,
		       use_list *uses, struct objects *objects)
{
	struct wait_object found[CASES_MAX];
	size_t n = goroutine_wait_objects(snapshot, g, found, CASES_MAX);
	bool timed = false;
	for (size_t i = 0; i < n && i < CASES_MAX; i++) {
		vec_push(uses, (struct use){ found[i].addr, member });
		timed |= found[i].timer;
	}
	objects->known += n > 0;
	objects->timed += timed;
}

/* Counts members that share no object: SHARES has a mark for each that does. */
static void count_own(use_list *uses, uint8_t *shares, struct objects *objects)
{
	if (uses->count > 0)
		qsort(uses->items, uses->count, sizeof(*uses->items), by_object);
	for (size_t i = 1; i < uses->count; i++) {
		const struct use *x = &uses->items[i - 1], *y = &uses->items[i];
		if (x->object == y->object && x->member != y->member)
			shares[x->member] = shares[y->member] = 1;
	}
	objects->own = objects->known;
	for (size_t i = 0; i < uses->count; i++) {
		uint8_t *share = &shares[uses->items[i].member];
		if (*share != 1)
			continue;
		objects->own--;
		*share = 2; /* counted */
	}
}

static struct objects look_at_objects(const struct snapshot *snapshot, const struct groups *groups,
				      const group_list *list, const struct population *p)
{
	struct objects objects = { 0 };
	use_list uses = { 0 };
	uint64_t member = 0;
	vec_reserve(&uses, p->count);
	for (size_t i = p->first_group; i < p->first_group + p->group_count; i++) {
		const uint32_t *members = group_members(groups, list->items[i]);
		for (uint64_t m = 0; m < list->items[i]->count; m++)
			if (!is_proven(p->leaks, members[m]))
				add_member(snapshot, &snapshot->goroutines[members[m]], member++,
					   &uses, &objects);
	}
	uint8_t *shares = memory_grow(NULL, member);
	memset(shares, 0, member);
	count_own(&uses, shares, &objects);
	free(shares);
	vec_release(&uses);
	return objects;
}

/* Nine in ten. */
static bool nearly_all(uint64_t part, uint64_t whole)
{
	return whole > 0 && (double)part >= 0.9 * (double)whole;
}

struct judgement {
	bool leak;
	enum confidence confidence;
	const char *object; /* "each on a channel of its own" */
};

static struct judgement judge(const struct snapshot *snapshot, const struct groups *groups,
			      const group_list *list, const struct population *p)
{
	const char *wait = goroutine_wait(snapshot, p->largest->first);
	if (classify_wait(wait) == WAIT_HOPELESS)
		return (struct judgement){ true, LIKELY, "which nothing ever ends" };
	bool chan = strncmp(wait, "chan", 4) == 0 || strncmp(wait, "select", 6) == 0;
	struct objects objects = look_at_objects(snapshot, groups, list, p);
	if (objects.known ==
	    0) /* up to 1.25 locks leave no trace in g; a cut core leaves none at all */
		return (struct judgement){ chan, POSSIBLE, "on objects that could not be read" };
	if (!nearly_all(objects.own, objects.known) || objects.timed * 10 > objects.known)
		return (struct judgement){ .leak = false };
	if (!nearly_all(objects.known, p->count))
		return (struct judgement){ true, POSSIBLE,
					   "on objects that could not all be read" };
	return (struct judgement){ true, LIKELY,
				   chan ? "each on a channel of its own"
					: "each on an object of its own" };
}

static void set_goroutines(const struct groups *groups, struct findings *findings,
			   struct finding *finding, const group_list *list,
			   const struct population *p)
{
	uint64_t *ids = arena_alloc(findings->arena, p->count * sizeof(*ids));
	size_t n = 0;
	for (size_t i = p->first_group; i < p->first_group + p->group_count; i++) {
		const uint32_t *members = group_members(groups, list->items[i]);
		for (uint64_t m = 0; m < list->items[i]->count; m++)
			if (!is_proven(p->leaks, members[m]))
				ids[n++] = list->items[i]->ids[m];
	}
	finding_set_goroutines(finding, ids, n);
}

/* The function in which they wait, or what started them where stacks are not there. */
static const char *function_of_population(const struct snapshot *snapshot,
					  const struct finding *finding, const struct population *p)
{
	if (finding->cause_frame != NO_FRAME)
		return finding->stack->frames[finding->cause_frame].call->function;
	const struct call *start = goroutine_started(snapshot, p->largest->first);
	return start ? start->function : "one place";
}

static void add_facts(const struct snapshot *snapshot, const struct groups *groups,
		      struct findings *findings, struct finding *finding,
		      const struct population *p)
{
	struct arena *arena = findings->arena;
	finding_labelled(findings, finding, "count", p->largest->first_id, 0,
			 "%s of %s user goroutines", grouped(arena, p->count),
			 grouped(arena, groups->user_count));
	if (finding->cause_frame != NO_FRAME)
		finding_labelled(
			findings, finding, "place", p->largest->first_id, 0, "%s",
			place_of(arena, finding->stack->frames[finding->cause_frame].call));
	finding_labelled(findings, finding, "stacks", 0, 0, "%s of memory",
			 sized(arena, p->stack_bytes));
	if (p->longest_wait >= 1)
		finding_labelled(findings, finding, "age", 0, 0, "the oldest for at least %s",
				 duration(arena, p->longest_wait));
	const struct call *created = goroutine_created_by(snapshot, p->largest->first);
	if (created == NULL)
		return;
	finding_labelled(findings, finding, "created", 0, 0, "by %s", place_of(arena, created));
	finding_advise(findings, finding, "See what should end the goroutines that %s starts.",
		       created->function);
}

static void describe(const struct snapshot *snapshot, const struct groups *groups,
		     struct findings *findings, struct finding *finding, const struct population *p,
		     const char *object)
{
	struct arena *arena = findings->arena;
	const char *wait = goroutine_wait(snapshot, p->largest->first);
	finding_title(findings, finding, "%s goroutines wait in %s (%s)", grouped(arena, p->count),
		      function_of_population(snapshot, finding, p), wait);
	finding_explain(
		findings, finding,
		"%s goroutines, %u %% of the program's, have the same stack and wait (%s), %s. "
		"Nothing in the core says that anybody will ever end these waits.",
		grouped(arena, p->count), (unsigned)(finding->share * 100), wait, object);
	add_facts(snapshot, groups, findings, finding, p);
}

static void add_leak(const struct snapshot *snapshot, const struct groups *groups,
		     struct findings *findings, const group_list *list, const struct population *p)
{
	struct judgement judgement = judge(snapshot, groups, list, p);
	if (!judgement.leak)
		return;
	struct finding *finding = findings_add(findings, name, CLASS_GOROUTINE_LEAK, "suspected",
					       judgement.confidence);
	finding->share = (double)p->count / (double)groups->user_count;
	finding->matters = judgement.confidence >= LIKELY;
	set_goroutines(groups, findings, finding, list, p);
	if (p->largest->stack != NULL)
		finding_set_stack(findings, finding, snapshot, p->largest->first);
	describe(snapshot, groups, findings, finding, p, judgement.object);
}

static bool is_large(const struct population *p, const struct groups *groups,
		     const struct detector_options *options)
{
	uint64_t count = options->leak_count ? options->leak_count : LEAK_COUNT_DEFAULT;
	double share = options->leak_share > 0 ? options->leak_share : LEAK_SHARE_DEFAULT;
	return p->count >= count && (double)p->count >= share * (double)groups->user_count;
}

DETECTOR(leak)
{
	const struct groups *groups = options->groups;
	group_list list = { 0 };
	for (size_t i = 0; groups != NULL && i < groups->count; i++)
		if (is_candidate(snapshot, &groups->items[i]) &&
		    count_left(options->leaks, groups, &groups->items[i]) > 0)
			vec_push(&list, &groups->items[i]);
	if (list.count > 0)
		qsort(list.items, list.count, sizeof(*list.items), by_stack_and_wait);
	for (size_t i = 0; i < list.count;) {
		struct population p = population_at(&list, groups, options->leaks, i);
		if (is_large(&p, groups, options))
			add_leak(snapshot, groups, findings, &list, &p);
		i += p.group_count;
	}
	vec_release(&list);
}
