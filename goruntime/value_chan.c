/* Channels: what is buffered, who waits (runtime/chan.go). */
#include <inttypes.h>

#include "goruntime/value_internal.h"

enum { WAITERS_MAX = 1 << 20, WAITERS_NAMED = 8, COUNT_MAX = 1 << 30 };

struct chan {
	uint64_t count, size, buffer, first;
	bool closed;
	uint64_t senders, receivers; /* the first sudog of each queue */
};

static bool chan_read(struct values *v, uint64_t addr, struct chan *chan, struct error *err)
{
	struct view view;
	const struct snapshot *s = v->snapshot;
	if (!view_read(&view, s->image, &s->layout, RT_HCHAN, addr, err))
		return false;
	*chan = (struct chan){
		.count = view_get(&view, HCHAN_QCOUNT),
		.size = view_get(&view, HCHAN_DATAQSIZ),
		.buffer = view_get(&view, HCHAN_BUF),
		.first = view_get(&view, HCHAN_RECVX),
		.closed = view_get(&view, HCHAN_CLOSED) != 0,
		.senders = view_get(&view, HCHAN_SENDQ_FIRST),
		.receivers = view_get(&view, HCHAN_RECVQ_FIRST),
	};
	return true;
}

/* " 2 senders wait: goroutines 5, 7" */
static void add_waiters(struct values *v, struct str *out, const char *who, uint64_t sudog)
{
	const struct snapshot *s = v->snapshot;
	_cleanup_str_ struct str ids = { 0 };
	uint64_t count = 0;
	struct view view;
	for (; sudog != 0 && count < WAITERS_MAX; count++) {
		if (!view_read(&view, s->image, &s->layout, RT_SUDOG, sudog, NULL))
			break;
		const struct goroutine *g = snapshot_g(s, view_get(&view, SUDOG_G));
		if (g != NULL && count < WAITERS_NAMED)
			str_printf(&ids, "%s%" PRIu64, ids.size > 0 ? ", " : "", g->id);
		else if (count == WAITERS_NAMED)
			str_add(&ids, ", ...");
		sudog = view_get(&view, SUDOG_NEXT);
	}
	if (count == 0)
		return;
	str_printf(out, ", %" PRIu64 " %s%s waiting", count, who, count == 1 ? "" : "s");
	if (ids.size > 0)
		str_printf(out, " (goroutine%s %s)", count == 1 ? "" : "s", str_text(&ids));
}

static void add_buffered(struct values *v, const struct value_type *elem, const struct chan *chan,
			 unsigned depth, struct value *value)
{
	value_vec children = { 0 };
	uint64_t i = 0;
	for (; i < chan->count; i++) {
		uint64_t at = (chan->first + i) % chan->size;
		const struct operand part = operand_at(chan->buffer + at * elem->size, elem);
		if (!value_add_child(v, &children, arena_printf(v->arena, "[%" PRIu64 "]", i),
				     &part, depth))
			break;
	}
	value->children_left_out = chan->count - i;
	value_set_children(v, &children, value);
}

static void add_contents(struct values *v, const struct value *value, struct str *out)
{
	size_t i = 0;
	str_add(out, ": ");
	for (; i < value->child_count && out->size < v->limits.text; i++)
		str_printf(out, "%s%s", i > 0 ? ", " : "", value->children[i].text);
	uint64_t left_out = value->children_left_out + value->child_count - i;
	if (left_out > 0) {
		str_add(out, i > 0 ? ", " : "");
		str_add_left_out(out, left_out);
	}
}

void value_make_chan(struct values *v, const struct operand *operand, unsigned depth,
		     struct value *value)
{
	uint64_t addr;
	struct chan chan;
	struct error err = ERROR_INIT;
	_cleanup_str_ struct str out = { 0 };
	const struct value_type *type = operand->type;
	enum value_state state = operand_u64(v, operand, 0, &addr);
	if (state != VALUE_OK) {
		value_fail(v, state, operand->bytes ? 0 : operand->addr, value);
		return;
	}
	if (addr == 0) {
		value->text = "nil";
		return;
	}
	str_printf(&out, "(%s)(0x%" PRIx64 ")", type->name, addr);
	if (!chan_read(v, addr, &chan, &err)) {
		value->state = err.code == ERROR_NOT_DUMPED ? VALUE_NOT_IN_CORE : VALUE_UNREADABLE;
	} else if (chan.count > chan.size || chan.size > COUNT_MAX) {
		value->state = VALUE_UNREADABLE;
	} else {
		str_printf(&out, " len %" PRIu64 ", cap %" PRIu64 "%s", chan.count, chan.size,
			   chan.closed ? ", closed" : "");
		add_waiters(v, &out, "sender", chan.senders);
		add_waiters(v, &out, "receiver", chan.receivers);
		if (depth > 0 && chan.count > 0 && value_type_parts(v->types, type) &&
		    type->elem != NULL) {
			add_buffered(v, type->elem, &chan, depth - 1, value);
			add_contents(v, value, &out);
		}
	}
	value->text = str_keep(&out, v->arena);
}
