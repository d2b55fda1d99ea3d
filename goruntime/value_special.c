/* Types of the standard library that say more than their fields. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "goruntime/value_internal.h"

/* --- package time ------------------------------------------------------------------------------ */

/* DIGITS decimals of VALUE without trailing zeros. */
static void add_fraction(struct str *out, uint64_t value, unsigned digits)
{
	char text[24];
	size_t n = (size_t)snprintf(text, sizeof(text), "%0*" PRIu64, (int)digits, value);
	while (n > 0 && text[n - 1] == '0')
		n--;
	if (n > 0)
		str_printf(out, ".%.*s", (int)n, text);
}

void str_add_go_duration(struct str *out, int64_t nanoseconds)
{
	uint64_t ns = nanoseconds < 0 ? 0 - (uint64_t)nanoseconds : (uint64_t)nanoseconds;
	const uint64_t second = 1000000000;
	if (nanoseconds == 0) {
		str_add(out, "0s");
		return;
	}
	str_add(out, nanoseconds < 0 ? "-" : "");
	if (ns < 1000) {
		str_printf(out, "%" PRIu64 "ns", ns);
	} else if (ns < second) {
		bool micro = ns < 1000000;
		uint64_t unit = micro ? 1000 : 1000000;
		str_add_unsigned(out, ns / unit);
		add_fraction(out, ns % unit, micro ? 3 : 6);
		str_add(out, micro ? "\xc2\xb5s" : "ms");
	} else {
		uint64_t seconds = ns / second;
		if (seconds >= 3600)
			str_printf(out, "%" PRIu64 "h", seconds / 3600);
		if (seconds >= 60)
			str_printf(out, "%" PRIu64 "m", seconds / 60 % 60);
		str_add_unsigned(out, seconds % 60);
		add_fraction(out, ns % second, 9);
		str_add_char(out, 's');
	}
}

static bool duration_text(struct values *v, const struct operand *operand, struct str *out)
{
	uint64_t ns;
	if (v->limits.redact || !operand_number(v, operand, &ns))
		return false;
	str_add_go_duration(out, (int64_t)ns);
	return true;
}

/* What a time.Location says of SECOND (Unix): offset and name of the zone that it keeps for the
 * present (time/zoneinfo.go lookup). */
static bool cached_zone(struct values *v, const struct operand *location, int64_t second,
			int64_t *offset, const char **name)
{
	struct operand start, end, zone, field;
	uint64_t lo, hi, addr, number;
	struct value text;
	if (!operand_field(v, location, "cacheStart", &start) ||
	    !operand_field(v, location, "cacheEnd", &end) ||
	    !operand_field(v, location, "cacheZone", &zone) || !operand_number(v, &start, &lo) ||
	    !operand_number(v, &end, &hi) || operand_u64(v, &zone, 0, &addr) != VALUE_OK ||
	    addr == 0 || second < (int64_t)lo || second >= (int64_t)hi ||
	    !value_type_parts(v->types, zone.type) || zone.type->elem == NULL)
		return false;
	const struct operand target = operand_at(addr, zone.type->elem);
	if (!operand_field(v, &target, "offset", &field) || !operand_number(v, &field, &number) ||
	    !operand_field(v, &target, "name", &field))
		return false;
	value_make_at(v, "", &field, 0, &text);
	*offset = (int64_t)number;
	size_t n = strlen(text.text);
	*name = n >= 2 ? arena_strndup(v->arena, text.text + 1, n - 2) : "";
	return text.state == VALUE_OK;
}

/* The zone of a time; UTC where it is not told. */
static void find_zone(struct values *v, const struct operand *operand, int64_t second,
		      int64_t *offset, const char **name)
{
	struct operand loc;
	uint64_t addr;
	*offset = 0;
	*name = "UTC";
	if (!operand_field(v, operand, "loc", &loc) ||
	    operand_u64(v, &loc, 0, &addr) != VALUE_OK || addr == 0 ||
	    !value_type_parts(v->types, loc.type) || loc.type->elem == NULL)
		return;
	const struct operand location = operand_at(addr, loc.type->elem);
	if (cached_zone(v, &location, second, offset, name))
		return;
	*offset = 0;
	*name = "UTC";
}

/* time.Time.String() (time/time.go, format.go): wall and ext in two forms. */
static bool time_text(struct values *v, const struct operand *operand, struct str *out)
{
	enum { WALL_SHIFT = 30, HOUR = 3600 };
	const uint64_t has_monotonic = (uint64_t)1 << 63, second_ns = 1000000000;
	struct operand field;
	uint64_t wall, ext;
	if (v->limits.redact || !operand_field(v, operand, "wall", &field) ||
	    !operand_number(v, &field, &wall) || !operand_field(v, operand, "ext", &field) ||
	    !operand_number(v, &field, &ext))
		return false;
	int64_t second = wall & has_monotonic
				 ? (int64_t)(wall << 1 >> (WALL_SHIFT + 1)) - 2682288000
				 : (int64_t)(ext - 62135596800u);
	uint64_t ns = wall & (((uint64_t)1 << WALL_SHIFT) - 1);
	int64_t offset;
	const char *zone;
	find_zone(v, operand, second, &offset, &zone);
	time_t shown = second + offset;
	struct tm tm;
	char date[64];
	if (ns >= second_ns || offset < -24 * HOUR || offset > 24 * HOUR ||
	    gmtime_r(&shown, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		return false;
	long year = tm.tm_year + 1900L;
	const char *rest = strchr(date + 1, '-');
	str_printf(out, "%04ld%s", year, rest ? rest : "");
	add_fraction(out, ns, 9);
	int64_t minutes = (offset < 0 ? -offset : offset) / 60;
	str_printf(out, " %c%02d%02d %s", offset < 0 ? '-' : '+', (int)(minutes / 60),
		   (int)(minutes % 60), zone);
	if (wall & has_monotonic)
		str_printf(out, " m=%c%" PRIu64 ".%09" PRIu64, (int64_t)ext < 0 ? '-' : '+',
			   (uint64_t)llabs((int64_t)ext) / second_ns,
			   (uint64_t)llabs((int64_t)ext) % second_ns);
	return true;
}

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
	value_make_at(v, "", &field, 0, &value);
	str_printf(out, "%s{%s}", operand->type->name, value.text);
	return value.state == VALUE_OK;
}

static const struct {
	const char *package, *name;
	bool (*text)(struct values *v, const struct operand *operand, struct str *out);
} rows[] = {
	{ "time", "Duration", duration_text },
	{ "time", "Time", time_text },
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
