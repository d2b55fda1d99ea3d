#include "cli/json_waits.h"

#include "analyzer/waittext.h"

static void json_left(struct json *json, const struct snapshot *snapshot, int64_t when)
{
	double left = wait_seconds_left(snapshot, when);
	if (left >= 0)
		json_seconds(json, "seconds_left", left);
}

static void json_case(struct json *json, const struct snapshot *snapshot, const struct wait_case *c)
{
	static const char *const words[] = {
		[DIRECTION_UNKNOWN] = NULL,
		[DIRECTION_RECEIVE] = "receive",
		[DIRECTION_SEND] = "send",
	};
	const struct channel *channel = &c->channel;
	json_object(json, NULL, JSON_INLINE);
	json_text(json, "direction", words[c->direction]);
	if (channel->addr != 0)
		json_address(json, "address", channel->addr);
	else
		json_null(json, "address");
	if (channel->elem != NULL)
		json_text(json, "element", channel->elem);
	if (channel->known) {
		json_unsigned(json, "length", channel->length);
		json_unsigned(json, "capacity", channel->capacity);
		json_bool(json, "closed", channel->closed);
		json_bool(json, "timer", channel->timer);
	}
	if (channel->timer)
		json_left(json, snapshot, channel->when);
	json_object_end(json);
}

static void json_cases(struct json *json, const struct snapshot *snapshot, const struct wait *wait)
{
	if (wait->case_count == 0)
		return;
	json_array(json, "cases", JSON_INLINE);
	for (size_t i = 0; i < wait->case_count; i++)
		json_case(json, snapshot, &wait->cases[i]);
	json_array_end(json);
	if (wait->case_total > wait->case_count)
		json_unsigned(json, "cases_elided", wait->case_total - wait->case_count);
}

static void json_context(struct json *json, const struct snapshot *snapshot,
			 const struct wait_context *context)
{
	if (context->addr == 0)
		return;
	json_object(json, "context", JSON_INLINE);
	json_address(json, "address", context->addr);
	json_text(json, "chain", context->chain);
	json_bool(json, "cancelled", context->cancelled);
	if (context->error != NULL)
		json_text(json, "error", context->error);
	if (!context->cancelled && context->deadline > 0)
		json_left(json, snapshot, context->deadline);
	json_object_end(json);
}

static void json_lock(struct json *json, const struct wait *wait)
{
	if (!wait->state_known)
		return;
	if (wait->kind == WAIT_WAITGROUP)
		json_signed(json, "counter", wait->counter);
	else if (wait->kind != WAIT_COND)
		json_bool(json, "locked", wait->locked);
	if (wait->kind == WAIT_RWMUTEX_READ || wait->kind == WAIT_RWMUTEX_WRITE)
		json_signed(json, "readers", wait->readers);
	json_signed(json, "waiters", wait->waiters);
}

static void json_syscall(struct json *json, const struct wait *wait)
{
	if (!wait->syscall_known)
		return;
	json_object(json, "syscall", JSON_INLINE);
	json_unsigned(json, "number", wait->syscall_number);
	json_text(json, "name", wait->syscall_name);
	json_array(json, "args", JSON_INLINE);
	for (unsigned i = 0; i < wait->syscall_arg_count; i++)
		json_address(json, NULL, wait->syscall_args[i]);
	json_array_end(json);
	json_object_end(json);
}

static void json_io(struct json *json, const struct wait *wait)
{
	if (wait->kind != WAIT_IO || wait->fd < 0)
		return;
	json_signed(json, "fd", wait->fd);
	json_text(json, "mode", wait->writes ? "write" : "read");
}

void json_waiting_on(struct json *json, const struct snapshot *snapshot, const struct goroutine *g)
{
	struct arena scratch;
	struct wait wait;
	arena_init(&scratch);
	goroutine_wait_read(snapshot, g, &scratch, &wait);
	const char *text = wait_text(snapshot, &wait, &scratch);
	if (text != NULL) {
		json_object(json, "waiting_on", JSON_INLINE);
		json_text(json, "kind", wait_kind_name(wait.kind));
		if (wait.object != 0)
			json_address(json, "address", wait.object);
		json_text(json, "text", text);
		json_cases(json, snapshot, &wait);
		json_context(json, snapshot, &wait.context);
		json_lock(json, &wait);
		json_io(json, &wait);
		json_syscall(json, &wait);
		if (wait.kind == WAIT_SLEEP || wait.kind == WAIT_IO)
			json_left(json, snapshot, wait.when);
		if (wait.bubble != 0)
			json_unsigned(json, "bubble", wait.bubble);
		json_object_end(json);
	}
	arena_release(&scratch);
}
