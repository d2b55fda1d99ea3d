/* Types of the standard library that say more than their fields. */
#include <inttypes.h>
#include <string.h>

#include "goruntime/value_internal.h"

/* --- package sync ------------------------------------------------------------------------------ */

/* The number in the first field of PATHS that there is. */
static bool number_of(struct values *v, const struct operand *operand, const char *const *paths,
		      uint64_t *number)
{
	struct operand field;
	for (; *paths != NULL; paths++)
		if (operand_field(v, operand, *paths, &field))
			return operand_number(v, &field, number);
	return false;
}

static const char *const mutex_state[] = { "mu.state", "state", NULL };

/* sync/mutex.go, internal/sync/mutex.go: bit 0 locked, 1 woken, 2 starving, waiters from bit 3. */
static bool mutex_text(struct values *v, const struct operand *operand, struct str *out)
{
	enum { LOCKED = 1, STARVING = 4, WAITER_SHIFT = 3 };
	uint64_t number;
	if (!number_of(v, operand, mutex_state, &number))
		return false;
	uint32_t state = (uint32_t)number;
	str_printf(out, "%s{%s", operand->type->name, state & LOCKED ? "locked" : "unlocked");
	if (state >> WAITER_SHIFT)
		str_printf(out, ", %u waiting", state >> WAITER_SHIFT);
	str_add(out, state & STARVING ? ", starving}" : "}");
	return true;
}

/* sync/rwmutex.go: readerCount is less by rwmutexMaxReaders while a writer is there. */
static bool rwmutex_text(struct values *v, const struct operand *operand, struct str *out)
{
	static const char *const reader_count[] = { "readerCount", NULL };
	static const char *const reader_wait[] = { "readerWait", NULL };
	enum { MAX_READERS = 1 << 30 };
	struct operand mutex;
	uint64_t count, departing, inner;
	if (!number_of(v, operand, reader_count, &count) ||
	    !number_of(v, operand, reader_wait, &departing) ||
	    !operand_field(v, operand, "w", &mutex) || !number_of(v, &mutex, mutex_state, &inner))
		return false;
	int64_t readers = (int64_t)count;
	bool writer = readers < 0;
	readers += writer ? MAX_READERS : 0;
	str_printf(out, "%s{", operand->type->name);
	if (writer && departing > 0)
		str_printf(out, "read-locked by %" PRIu64 ", a writer waiting", departing);
	else if (writer)
		str_add(out, "write-locked");
	else if (readers > 0)
		str_printf(out, "read-locked by %" PRId64, readers);
	else
		str_add(out, "unlocked");
	if (writer && readers > (int64_t)departing)
		str_printf(out, ", %" PRId64 " readers waiting", readers - (int64_t)departing);
	if ((uint32_t)inner >> 3)
		str_printf(out, ", %u more writers waiting", (uint32_t)inner >> 3);
	str_add_char(out, '}');
	return true;
}

/* sync/waitgroup.go: counter in the high half, waiters in the low one, whose top bit marks a
 * synctest bubble since 1.25. */
static bool waitgroup_text(struct values *v, const struct operand *operand, struct str *out)
{
	static const char *const paths[] = { "state", "state1", NULL };
	uint64_t state;
	if (!number_of(v, operand, paths, &state))
		return false;
	str_printf(out, "%s{counter %d", operand->type->name, (int32_t)(state >> 32));
	if (state & INT32_MAX)
		str_printf(out, ", %u waiting", (uint32_t)state & INT32_MAX);
	str_add_char(out, '}');
	return true;
}

static bool once_text(struct values *v, const struct operand *operand, struct str *out)
{
	static const char *const paths[] = { "done", NULL };
	uint64_t done;
	if (!number_of(v, operand, paths, &done))
		return false;
	str_printf(out, "%s{%s}", operand->type->name, done ? "done" : "not done");
	return true;
}

/* sync/cond.go: tickets given out and called (runtime/sema.go notifyList). */
static bool cond_text(struct values *v, const struct operand *operand, struct str *out)
{
	static const char *const given[] = { "notify.wait", NULL };
	static const char *const called[] = { "notify.notify", NULL };
	uint64_t wait, notify;
	if (!number_of(v, operand, given, &wait) || !number_of(v, operand, called, &notify))
		return false;
	str_printf(out, "%s{%u waiting}", operand->type->name, (uint32_t)wait - (uint32_t)notify);
	return true;
}

/* sync/atomic: the last field is the value. */
static bool atomic_text(struct values *v, const struct operand *operand, struct str *out)
{
	struct operand field;
	struct value value;
	if (!operand_field(v, operand, "v", &field))
		return false;
	if (strcmp(operand->type->name, "atomic.Bool") == 0) {
		uint64_t number;
		if (v->limits.redact || !operand_number(v, &field, &number))
			return false;
		str_printf(out, "atomic.Bool{%s}", number ? "true" : "false");
		return true;
	}
	value_make_at(v, "", &field, 1, &value);
	str_printf(out, "%s{%s}", operand->type->name, value.text);
	return value.state == VALUE_OK;
}

/* What a reflect.Type points to: a descriptor (reflect/type.go rtype), which says which type it
 * is. */
static bool descriptor_text(struct values *v, const struct operand *operand, struct str *out)
{
	const struct value_type *described =
		operand->bytes == NULL ? value_type_at(v->types, operand->addr) : NULL;
	if (described == NULL)
		return false;
	str_printf(out, "%s{%s}", operand->type->name, described->name);
	return true;
}

static const struct {
	const char *package, *name;
	bool (*text)(struct values *v, const struct operand *operand, struct str *out);
} rows[] = {
	{ "time", "Duration", value_duration_text },
	{ "time", "Time", value_time_text },
	{ "strings", "Builder", value_builder_text },
	{ "bytes", "Buffer", value_buffer_text },
	{ "math/big", "Int", value_big_text },
	{ "math/big", "Rat", value_rat_text },
	{ "net", "IP", value_ip_text },
	{ "net", "IPMask", value_hex_text },
	{ "net", "HardwareAddr", value_hex_text },
	{ "net/netip", "Addr", value_netip_text },
	{ "net/netip", "AddrPort", value_netip_pair_text },
	{ "net/netip", "Prefix", value_netip_pair_text },
	{ "syscall", "Errno", value_errno_text },
	{ "log/slog", "Value", value_slog_text },
	{ "reflect", "rtype", descriptor_text },
	{ "internal/abi", "Type", descriptor_text },
	{ "runtime", "_type", descriptor_text },
	{ "sync", "Mutex", mutex_text },
	{ "internal/sync", "Mutex", mutex_text },
	{ "sync", "RWMutex", rwmutex_text },
	{ "sync", "WaitGroup", waitgroup_text },
	{ "sync", "Once", once_text },
	{ "sync", "Cond", cond_text },
	{ "sync/atomic", "Bool", atomic_text },
	{ "sync/atomic", "Int32", atomic_text },
	{ "sync/atomic", "Int64", atomic_text },
	{ "sync/atomic", "Uint32", atomic_text },
	{ "sync/atomic", "Uint64", atomic_text },
	{ "sync/atomic", "Uintptr", atomic_text },
	{ "sync/atomic", "Value", atomic_text },
};

const char *value_special_text(struct values *v, const struct operand *operand)
{
	const struct value_type *type = operand->type;
	if (type->package[0] == '\0')
		return NULL;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_str_ struct str out = { 0 };
		if (!value_type_is(type, rows[i].package, rows[i].name))
			continue;
		return rows[i].text(v, operand, &out) ? str_keep(&out, v->arena) : NULL;
	}
	return NULL;
}
