#pragma once
/*
 * Who waits for what, and who could end it, as a drawing: nodes are groups of goroutines that are
 * alike, and the channels and locks that they wait for. Small enough to read, however many
 * goroutines there are: what is left out is counted.
 */
#include "analyzer/groups.h"

enum { GRAPH_GROUPS = 40, GRAPH_OBJECTS = 80 };

enum graph_kind { GRAPH_GOROUTINES, GRAPH_CHANNEL, GRAPH_LOCK };

struct graph_node {
	enum graph_kind kind;
	const struct group *group; /* GRAPH_GOROUTINES */
	const struct call *call;   /* where it waits; NULL: not known */
	uint64_t addr;		   /* the object's */
	const char *text;	   /* "chan int 0xc000012345 (unbuffered)"; of goroutines the wait reason */
};

enum graph_relation {
	GRAPH_WAITS_FOR,     /* goroutines -> object: the runtime's record */
	GRAPH_HELD_BY,	     /* lock -> goroutines: by their stacks */
	GRAPH_COULD_RELEASE, /* channel -> goroutines whose stack refers to it */
};

struct graph_edge {
	size_t from, to; /* nodes */
	enum graph_relation relation;
	bool certain, likely; /* neither: possible */
};

struct graph {
	struct graph_node *nodes;
	size_t node_count;
	struct graph_edge *edges;
	size_t edge_count;
	size_t groups_left_out;
	uint64_t goroutines_left_out; /* of those that wait for channels and locks */
};

/* Memory of ARENA. */
void graph_make(const struct snapshot *snapshot, const struct groups *groups, struct arena *arena,
		struct graph *graph);

const char *graph_relation_name(enum graph_relation relation); /* "waits-for", "held-by", ... */
