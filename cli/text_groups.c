#include "cli/text_groups.h"

#include <inttypes.h>

#include "cli/place.h"
#include "cli/text_parts.h"
#include "goruntime/wrapper.h"

enum {
	GROUPS_SHOWN = 10, /* JSON and `gocore goroutines` have all */
	WAIT_COLUMN_MOST = 26,
};

/* Widths of the table of goroutines. */
struct columns {
	size_t count, wait, longest;
};

static const char *group_state(const struct report_group *group)
{
	return group->wait[0] ? group->wait : group->status;
}

/* The groups that are listed one by one: the largest of the user's. */
struct listed {
	const struct report_group *items[GROUPS_SHOWN + 1];
	size_t count;
	size_t other_groups;
	uint64_t others; /* goroutines in them */
};

static void choose_groups(const struct report *r, struct listed *listed)
{
	*listed = (struct listed){ 0 };
	for (size_t i = 0; i < r->group_count; i++) {
		const struct report_group *group = &r->groups[i];
		if (group->system)
			continue;
		if (listed->count <= GROUPS_SHOWN) {
			listed->items[listed->count++] = group;
			continue;
		}
		listed->other_groups++;
		listed->others += group->count;
	}
	if (listed->other_groups > 0) { /* the line that sums up takes the place of the last */
		listed->count--;
		listed->other_groups++;
		listed->others += listed->items[listed->count]->count;
	}
}

static struct columns measure(const struct listed *listed)
{
	struct columns columns = { .count = 6 };
	for (size_t i = 0; i < listed->count; i++) {
		_cleanup_str_ struct str longest = { 0 };
		size_t wait = text_columns(group_state(listed->items[i]));
		str_add_duration(&longest, listed->items[i]->longest_wait_seconds);
		wait = wait > WAIT_COLUMN_MOST ? WAIT_COLUMN_MOST : wait;
		columns.wait = wait > columns.wait ? wait : columns.wait;
		columns.longest = longest.size > columns.longest ? longest.size : columns.longest;
	}
	return columns;
}

static void write_count(struct text *t, uint64_t count, const struct columns *columns)
{
	_cleanup_str_ struct str number = { 0 };
	str_add_grouped(&number, count);
	text_printf(t, STYLE_PLAIN, "  %*s  ", (int)columns->count, str_text(&number));
}

/* Of a goroutine that is told of by the wrapper of its go statement, what that calls; but for a
 * library's function the wrapper, which is of the program, says more. */
static const struct call *behind_wrapper(const struct report *r, const struct trace *trace,
					 const struct call *call)
{
	for (size_t i = 0; call->id == FUNC_WRAPPER && i < trace->count; i++) {
		if (trace->frames[i].call != call)
			continue;
		const struct call *target = wrapper_target(r->snapshot, trace->frames[i].pc);
		return target != NULL && call_is_users(target, r->buildinfo) ? target : call;
	}
	return call;
}

static void write_group_place(struct text *t, const struct report *r,
			      const struct report_group *group, size_t column)
{
	struct arena scratch;
	struct trace trace;
	_cleanup_str_ struct str place = { 0 };
	arena_init(&scratch);
	report_group_trace(r, group, &scratch, &trace);
	const struct call *call = trace_telling(&trace, r->buildinfo);
	if (call != NULL) {
		call = behind_wrapper(r, &trace, call);
		place_add(call, t->options, &place);
		column += text_put_tail(t, STYLE_PLAIN, call->function, t->width - column);
	} else {
		text_put(t, STYLE_FAINT, "stack not readable");
	}
	if (place.size > 0 && column + 2 + place.size <= t->width) {
		text_put(t, STYLE_PLAIN, "  ");
		text_put(t, STYLE_FAINT, str_text(&place));
	}
	arena_release(&scratch);
}

static void write_group(struct text *t, const struct report *r, const struct report_group *group,
			const struct columns *columns)
{
	size_t used = 2 + columns->count + 2 + columns->wait + 2;
	write_count(t, group->count, columns);
	text_printf(t, STYLE_PLAIN, "%-*s  ", (int)columns->wait, group_state(group));
	if (columns->longest > 0) {
		_cleanup_str_ struct str longest = { 0 };
		str_add_duration(&longest, group->longest_wait_seconds);
		text_printf(t, STYLE_PLAIN, "%*s  ", (int)columns->longest, str_text(&longest));
		used += columns->longest + 2;
	}
	write_group_place(t, r, group, used);
	text_line(t);
}

static void write_other_groups(struct text *t, const struct listed *listed,
			       const struct columns *columns)
{
	const struct options *o = t->options;
	unsigned indent = (unsigned)columns->count + 4;
	_cleanup_str_ struct str line = { 0 };
	str_printf(&line, "in %zu other groups; all: gocore goroutines %s%s%s",
		   listed->other_groups, o->core, o->exe ? " " : "", o->exe ? o->exe : "");
	write_count(t, listed->others, columns);
	text_wrap(t, STYLE_PLAIN, indent, indent, str_text(&line));
}

void text_goroutines(struct text *t, const struct report *r)
{
	_cleanup_str_ struct str total = { 0 };
	struct listed listed;
	choose_groups(r, &listed);
	struct columns columns = measure(&listed);
	str_add_grouped(&total, r->goroutines_total);
	text_heading(t, "Goroutines");
	text_printf(t, STYLE_PLAIN, "  %s", str_text(&total));
	if (r->goroutines_unreadable > 0)
		text_printf(t, STYLE_WARN, ", %" PRIu64 " unreadable", r->goroutines_unreadable);
	text_line(t);
	for (size_t i = 0; i < listed.count; i++)
		write_group(t, r, listed.items[i], &columns);
	if (listed.other_groups > 0)
		write_other_groups(t, &listed, &columns);
	if (r->goroutines_system > 0) {
		write_count(t, r->goroutines_system, &columns);
		text_put(t, STYLE_FAINT, "the runtime's own");
		text_line(t);
	}
}
