#include "analyzer/graph.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/places.h"
#include "analyzer/waitgraph.h"
#include "analyzer/waittext.h"
#include "base/vec.h"

struct maker {
	const struct snapshot *snapshot;
	const struct groups *groups;
	struct arena *arena;
	struct graph *graph;
	VEC(struct graph_node) nodes;
	VEC(struct graph_edge) edges;
	size_t group_nodes, object_nodes;
};

const char *graph_relation_name(enum graph_relation relation)
{
	static const char *const names[] = {
		[GRAPH_WAITS_FOR] = "waits-for",
		[GRAPH_HELD_BY] = "held-by",
		[GRAPH_COULD_RELEASE] = "could-release",
	};
	return names[relation];
}

#define NO_NODE SIZE_MAX

static size_t find_group(const struct maker *m, const struct group *group)
{
	for (size_t i = 0; i < m->nodes.count; i++)
		if (m->nodes.items[i].group == group)
			return i;
	return NO_NODE;
}

static size_t find_object(const struct maker *m, uint64_t addr)
{
	for (size_t i = 0; i < m->nodes.count; i++)
		if (m->nodes.items[i].group == NULL && m->nodes.items[i].addr == addr)
			return i;
	return NO_NODE;
}

static size_t add_group(struct maker *m, const struct group *group)
{
	size_t found = find_group(m, group);
	if (found != NO_NODE || m->group_nodes == GRAPH_GROUPS)
		return found;
	struct trace trace;
	const struct goroutine *g = group->first;
	goroutine_trace(m->snapshot, g, false, m->arena, &trace);
	size_t own = trace_own_frame(&trace, 0);
	const char *wait = goroutine_wait(m->snapshot, g);
	vec_push(&m->nodes, (struct graph_node){
				    .kind = GRAPH_GOROUTINES,
				    .group = group,
				    .call = own < trace.count ? trace.frames[own].call : NULL,
				    .text = wait[0] ? wait : g_status_text(g->status),
			    });
	m->group_nodes++;
	return m->nodes.count - 1;
}

static size_t add_object(struct maker *m, enum graph_kind kind, uint64_t addr, const char *text)
{
	size_t found = find_object(m, addr);
	if (found != NO_NODE || m->object_nodes == GRAPH_OBJECTS)
		return found;
	vec_push(&m->nodes, (struct graph_node){ .kind = kind, .addr = addr, .text = text });
	m->object_nodes++;
	return m->nodes.count - 1;
}

static void add_edge(struct maker *m, struct graph_edge edge)
{
	if (edge.from != NO_NODE && edge.to != NO_NODE)
		vec_push(&m->edges, edge);
}

static void add_channels(struct maker *m, size_t from, const struct wait *wait)
{
	for (size_t i = 0; i < wait->case_count; i++) {
		const struct channel *channel = &wait->cases[i].channel;
		_cleanup_str_ struct str text = { 0 };
		if (channel->addr == 0)
			continue;
		wait_channel_text(m->snapshot, channel, &text);
		size_t to = add_object(m, GRAPH_CHANNEL, channel->addr, str_keep(&text, m->arena));
		add_edge(m, (struct graph_edge){ from, to, GRAPH_WAITS_FOR, .certain = true });
	}
}

static void add_waits(struct maker *m, const struct group *group)
{
	struct wait wait;
	const struct goroutine *g = group->first;
	if (g->system || g->status == G_SYSCALL)
		return;
	goroutine_wait_read(m->snapshot, g, m->arena, &wait);
	const char *lock = wait_lock_type(wait.kind);
	if (wait.object == 0 || (wait.case_count == 0 && lock == NULL))
		return;
	size_t from = add_group(m, group);
	if (from == NO_NODE) {
		m->graph->groups_left_out++;
		m->graph->goroutines_left_out += group->count;
		return;
	}
	if (lock == NULL) {
		add_channels(m, from, &wait);
		return;
	}
	size_t to = add_object(m, GRAPH_LOCK, wait.object,
			       arena_printf(m->arena, "%s 0x%" PRIx64, lock, wait.object));
	add_edge(m, (struct graph_edge){ from, to, GRAPH_WAITS_FOR, .certain = true });
}

static const struct group *group_of(const struct maker *m, uint32_t goroutine)
{
	for (size_t i = 0; i < m->groups->count; i++) {
		const struct group *group = &m->groups->items[i];
		const uint32_t *members = group_members(m->groups, group);
		for (uint64_t j = 0; j < group->count; j++)
			if (members[j] == goroutine)
				return group;
	}
	return NULL;
}

/* The one that holds it most probably; else some of those that may. */
static void add_holders(struct maker *m, const struct lock_node *lock)
{
	enum { SHOWN = 4 };
	size_t from = find_object(m, lock->addr), shown = 0;
	for (size_t i = 0; i < lock->holder_count && shown < SHOWN; i++) {
		const struct holder *h = &lock->holders[i];
		if (lock->best != NULL && h != lock->best)
			continue;
		const struct group *group = group_of(m, h->goroutine);
		shown++;
		if (group != NULL)
			add_edge(m, (struct graph_edge){ from, add_group(m, group), GRAPH_HELD_BY,
							 .likely = h == lock->best && h->strong });
	}
}

static bool has_edge(const struct maker *m, size_t from, size_t to)
{
	for (size_t i = 0; i < m->edges.count; i++)
		if (m->edges.items[i].from == from && m->edges.items[i].to == to)
			return true;
	return false;
}

/* Who has the channel on the stack and does not wait for it itself. */
static void add_releasers(struct maker *m)
{
	size_t nodes = m->nodes.count;
	for (size_t c = 0; c < nodes; c++)
		for (size_t g = 0; g < nodes && m->nodes.items[c].kind == GRAPH_CHANNEL; g++) {
			const struct graph_node *node = &m->nodes.items[g];
			if (node->kind == GRAPH_GOROUTINES && !has_edge(m, g, c) &&
			    stack_mentions(m->snapshot, node->group->first, m->nodes.items[c].addr))
				add_edge(m, (struct graph_edge){ c, g, GRAPH_COULD_RELEASE });
		}
}

void graph_make(const struct snapshot *snapshot, const struct groups *groups, struct arena *arena,
		struct graph *graph)
{
	struct maker m = { .snapshot = snapshot, .groups = groups, .arena = arena, .graph = graph };
	struct waitgraph locks;
	*graph = (struct graph){ 0 };
	waitgraph_make(snapshot, groups, arena, &locks);
	for (size_t i = 0; i < groups->count; i++)
		add_waits(&m, &groups->items[i]);
	for (size_t i = 0; i < locks.lock_count; i++)
		add_holders(&m, &locks.locks[i]);
	add_releasers(&m);
	graph->node_count = m.nodes.count;
	graph->nodes = vec_keep(&m.nodes, arena);
	graph->edge_count = m.edges.count;
	graph->edges = vec_keep(&m.edges, arena);
	vec_release(&m.nodes);
	vec_release(&m.edges);
}
