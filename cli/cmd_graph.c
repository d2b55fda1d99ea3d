/* The graph of waits, for Graphviz, for Mermaid, and as JSON. */
#include <inttypes.h>

#include "analyzer/graph.h"
#include "cli/answer.h"
#include "cli/json_parts.h"
#include "cli/place.h"

struct drawing { /* how a format writes labels */
	const char *line_break;
	void (*add_char)(char c, struct str *out);
};

static void dot_char(char c, struct str *out)
{
	if (c == '"' || c == '\\')
		str_add_char(out, '\\');
	str_add_char(out, c);
}

/* Mermaid has entities, and no escapes. */
static void mermaid_char(char c, struct str *out)
{
	static const struct {
		char c;
		const char *entity;
	} rows[] = { { '"', "#quot;" }, { '<', "#lt;" }, { '>', "#gt;" }, { '#', "#35;" },
		     { '`', "#96;" } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].c == c) {
			str_add(out, rows[i].entity);
			return;
		}
	str_add_char(out, c);
}

static const struct drawing dot = { "\\n", dot_char }, mermaid = { "<br>", mermaid_char };

static void add_text(const struct drawing *drawing, const char *text, struct str *out)
{
	_cleanup_str_ struct str safe = { 0 };
	str_add_escaped(&safe, text, strlen(text));
	for (const char *p = str_text(&safe); *p != '\0'; p++)
		drawing->add_char(*p, out);
}

static void add_goroutines(const struct drawing *drawing, const struct graph_node *node,
			   const struct options *options, struct str *out)
{
	_cleanup_str_ struct str place = { 0 };
	if (node->group->count == 1) {
		str_printf(out, "goroutine %" PRIu64, node->group->first_id);
	} else {
		str_add_grouped(out, node->group->count);
		str_printf(out, " goroutines (%" PRIu64 ", ...)", node->group->first_id);
	}
	str_add(out, drawing->line_break);
	add_text(drawing, node->text, out);
	if (node->call == NULL)
		return;
	str_add(out, drawing->line_break);
	add_text(drawing, node->call->function, out);
	place_add(node->call, options, &place);
	if (place.size == 0)
		return;
	str_add(out, drawing->line_break);
	add_text(drawing, str_text(&place), out);
}

static void add_label(const struct drawing *drawing, const struct graph_node *node,
		      const struct options *options, struct str *out)
{
	if (node->kind == GRAPH_GOROUTINES)
		add_goroutines(drawing, node, options, out);
	else
		add_text(drawing, node->text, out);
}

static const char *edge_words(const struct graph_edge *edge)
{
	switch (edge->relation) {
	case GRAPH_HELD_BY:
		return edge->likely ? "likely held by" : "possibly held by";
	case GRAPH_COULD_RELEASE:
		return "in reach of";
	case GRAPH_WAITS_FOR:
		break;
	}
	return "waits for";
}

static void add_left_out(const struct graph *graph, struct str *out)
{
	str_add_grouped(out, graph->goroutines_left_out);
	str_printf(out, " more goroutines in %zu groups", graph->groups_left_out);
}

static void write_dot(struct session *session, const void *what, FILE *out)
{
	const struct graph *graph = what;
	fputs("digraph waits {\n\trankdir=LR;\n\tnode [shape=box];\n", out);
	for (size_t i = 0; i < graph->node_count; i++) {
		_cleanup_str_ struct str label = { 0 };
		add_label(&dot, &graph->nodes[i], session->options, &label);
		fprintf(out, "\tn%zu [%slabel=\"%s\"];\n", i,
			graph->nodes[i].kind == GRAPH_GOROUTINES ? "" : "shape=ellipse, ",
			str_text(&label));
	}
	for (size_t i = 0; i < graph->edge_count; i++) {
		const struct graph_edge *edge = &graph->edges[i];
		fprintf(out, "\tn%zu -> n%zu [label=\"%s\"%s];\n", edge->from, edge->to,
			edge_words(edge), edge->certain || edge->likely ? "" : ", style=dashed");
	}
	if (graph->groups_left_out > 0) {
		_cleanup_str_ struct str label = { 0 };
		add_left_out(graph, &label);
		fprintf(out, "\tleft_out [shape=plaintext, label=\"%s\"];\n", str_text(&label));
	}
	fputs("}\n", out);
}

static void write_mermaid(struct session *session, const void *what, FILE *out)
{
	const struct graph *graph = what;
	fputs("flowchart LR\n", out);
	for (size_t i = 0; i < graph->node_count; i++) {
		_cleanup_str_ struct str label = { 0 };
		bool box = graph->nodes[i].kind == GRAPH_GOROUTINES;
		add_label(&mermaid, &graph->nodes[i], session->options, &label);
		fprintf(out, "\tn%zu%s\"%s\"%s\n", i, box ? "[" : "([", str_text(&label),
			box ? "]" : "])");
	}
	for (size_t i = 0; i < graph->edge_count; i++) {
		const struct graph_edge *edge = &graph->edges[i];
		fprintf(out, "\tn%zu %s|%s| n%zu\n", edge->from,
			edge->certain || edge->likely ? "-->" : "-.->", edge_words(edge), edge->to);
	}
	if (graph->groups_left_out > 0) {
		_cleanup_str_ struct str label = { 0 };
		add_left_out(graph, &label);
		fprintf(out, "\tleft_out[\"%s\"]\n", str_text(&label));
	}
}

static void json_node(struct json *json, const struct graph_node *node, size_t number,
		      const struct options *options)
{
	static const char *const kinds[] = {
		[GRAPH_GOROUTINES] = "goroutines",
		[GRAPH_CHANNEL] = "channel",
		[GRAPH_LOCK] = "lock",
	};
	json_object(json, NULL, JSON_INLINE);
	json_unsigned(json, "id", number);
	json_text(json, "kind", kinds[node->kind]);
	json_text(json, "text", node->text);
	if (node->kind == GRAPH_GOROUTINES) {
		json_unsigned(json, "count", node->group->count);
		json_unsigned(json, "goroutine", node->group->first_id);
		json_call(json, "place", node->call, options);
	} else {
		json_address(json, "address", node->addr);
	}
	json_object_end(json);
}

static void json_edge(struct json *json, const struct graph_edge *edge)
{
	json_object(json, NULL, JSON_INLINE);
	json_unsigned(json, "from", edge->from);
	json_unsigned(json, "to", edge->to);
	json_text(json, "relation", graph_relation_name(edge->relation));
	json_text(json, "confidence",
		  edge->certain ? "certain" : edge->likely ? "likely" : "possible");
	json_object_end(json);
}

static void write_json(struct session *session, const void *what, FILE *out)
{
	const struct graph *graph = what;
	struct json writer, *json = &writer;
	json_begin(json, out);
	json_object(json, NULL, JSON_LINES);
	json_header(json);
	json_array(json, "nodes", JSON_LINES);
	for (size_t i = 0; i < graph->node_count; i++)
		json_node(json, &graph->nodes[i], i, session->options);
	json_array_end(json);
	json_array(json, "edges", JSON_LINES);
	for (size_t i = 0; i < graph->edge_count; i++)
		json_edge(json, &graph->edges[i]);
	json_array_end(json);
	json_unsigned(json, "groups_left_out", graph->groups_left_out);
	json_unsigned(json, "goroutines_left_out", graph->goroutines_left_out);
	json_caveats(json, &session->caveats);
	json_object_end(json);
	json_end(json);
}

static bool draw(struct session *session, void *what, struct error *err)
{
	struct groups groups;
	(void)err;
	groups_make(&session->snapshot, true, &session->arena, &groups);
	graph_make(&session->snapshot, &groups, &session->arena, what);
	return true;
}

enum exit_code cmd_graph(const struct options *options, FILE *out)
{
	static const struct answer answer = {
		.find = draw,
		.write = {
			[FORMAT_JSON] = write_json,
			[FORMAT_DOT] = write_dot,
			[FORMAT_MERMAID] = write_mermaid,
		},
	};
	struct graph graph = { 0 };
	return answer_run(&answer, &graph, options, out);
}
