/* time.Time and time.Duration as their String methods have them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "goruntime/value_internal.h"

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

bool value_duration_text(struct values *v, const struct operand *operand, struct str *out)
{
	uint64_t ns;
	if (v->limits.redact || !operand_number(v, operand, &ns))
		return false;
	str_add_go_duration(out, (int64_t)ns);
	return true;
}

/* --- zones (time/zoneinfo.go) ------------------------------------------------------------------ */

struct zone {
	int64_t offset; /* seconds east of UTC */
	const char *name;
	const char *location; /* of which the zone is not known: what it is called; else NULL */
};

/* A slice in a time.Location. */
struct zone_table {
	struct operand first;
	uint64_t count;
};

static bool number_in(struct values *v, const struct operand *operand, const char *path,
		      int64_t *number)
{
	struct operand field;
	uint64_t value;
	if (!operand_field(v, operand, path, &field) || !operand_number(v, &field, &value))
		return false;
	*number = (int64_t)value;
	return true;
}

/* The text of a string without its quotes. */
static const char *string_in(struct values *v, const struct operand *operand, const char *path)
{
	struct operand field;
	struct value text;
	if (!operand_field(v, operand, path, &field))
		return NULL;
	value_make_at(v, "", &field, 0, &text);
	size_t n = strlen(text.text);
	if (text.state != VALUE_OK || n < 2)
		return NULL;
	return arena_strndup(v->arena, text.text + 1, n - 2);
}

static bool table_in(struct values *v, const struct operand *location, const char *path,
		     struct zone_table *table)
{
	struct operand field;
	uint64_t addr;
	if (!operand_field(v, location, path, &field) ||
	    operand_u64(v, &field, 0, &addr) != VALUE_OK ||
	    operand_u64(v, &field, 8, &table->count) != VALUE_OK ||
	    !value_type_parts(v->types, field.type) || field.type->elem == NULL)
		return false;
	table->first = operand_at(addr, field.type->elem);
	return true;
}

static struct operand row_of(const struct zone_table *table, uint64_t i)
{
	return operand_at(table->first.addr + i * table->first.type->size, table->first.type);
}

static bool read_zone(struct values *v, const struct operand *at, struct zone *zone)
{
	const char *name = string_in(v, at, "name");
	int64_t offset;
	if (name == NULL || !number_in(v, at, "offset", &offset))
		return false;
	*zone = (struct zone){ .offset = offset, .name = name };
	return true;
}

/* The zone that a location keeps for the present. */
static bool cached_zone(struct values *v, const struct operand *location, int64_t second,
			struct zone *zone)
{
	struct operand pointer;
	int64_t lo, hi;
	uint64_t addr;
	if (!number_in(v, location, "cacheStart", &lo) || !number_in(v, location, "cacheEnd", &hi) ||
	    !operand_field(v, location, "cacheZone", &pointer) ||
	    operand_u64(v, &pointer, 0, &addr) != VALUE_OK || addr == 0 || second < lo ||
	    second >= hi || !value_type_parts(v->types, pointer.type) || pointer.type->elem == NULL)
		return false;
	const struct operand target = operand_at(addr, pointer.type->elem);
	return read_zone(v, &target, zone);
}

/* The zone between two transitions. What comes before the first and, by a rule, after the last is
 * left out. */
static bool zone_between(struct values *v, const struct operand *location, int64_t second,
			 struct zone *zone)
{
	struct zone_table zones, transitions;
	int64_t when, index;
	if (!table_in(v, location, "zone", &zones) || !table_in(v, location, "tx", &transitions))
		return false;
	uint64_t lo = 0, hi = transitions.count;
	while (lo < hi) { /* ends at the first that is later */
		uint64_t middle = lo + (hi - lo) / 2;
		const struct operand row = row_of(&transitions, middle);
		if (!number_in(v, &row, "when", &when))
			return false;
		if (second < when)
			hi = middle;
		else
			lo = middle + 1;
	}
	const char *rule = string_in(v, location, "extend");
	if (lo == 0 || (lo == transitions.count && (rule == NULL || rule[0] != '\0')))
		return false;
	const struct operand row = row_of(&transitions, lo - 1);
	if (!number_in(v, &row, "index", &index) || (uint64_t)index >= zones.count)
		return false;
	const struct operand at = row_of(&zones, (uint64_t)index);
	return read_zone(v, &at, zone);
}

/* The zone of a time; UTC where it is not told. */
static void find_zone(struct values *v, const struct operand *operand, int64_t second,
		      struct zone *zone)
{
	struct operand loc;
	uint64_t addr;
	*zone = (struct zone){ .name = "UTC" };
	if (!operand_field(v, operand, "loc", &loc) ||
	    operand_u64(v, &loc, 0, &addr) != VALUE_OK || addr == 0 ||
	    !value_type_parts(v->types, loc.type) || loc.type->elem == NULL)
		return;
	const struct operand location = operand_at(addr, loc.type->elem);
	if (cached_zone(v, &location, second, zone) || zone_between(v, &location, second, zone))
		return;
	const char *name = string_in(v, &location, "name");
	*zone = (struct zone){
		.name = "UTC",
		.location = name != NULL && name[0] != '\0' ? name : "Local",
	};
	if (strcmp(zone->location, "UTC") == 0)
		zone->location = NULL;
}

/* time.Time.String() (time/time.go, format.go): wall and ext in two forms. */
bool value_time_text(struct values *v, const struct operand *operand, struct str *out)
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
	struct zone zone;
	find_zone(v, operand, second, &zone);
	int64_t offset = zone.offset;
	time_t shown;
	struct tm tm;
	char date[64];
	if (ns >= second_ns || offset < -24 * HOUR || offset > 24 * HOUR ||
	    __builtin_add_overflow(second, offset, &shown) || gmtime_r(&shown, &tm) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		return false;
	long year = tm.tm_year + 1900L;
	const char *rest = strchr(date + 1, '-');
	str_printf(out, "%04ld%s", year, rest ? rest : "");
	add_fraction(out, ns, 9);
	int64_t minutes = (offset < 0 ? -offset : offset) / 60;
	str_printf(out, " %c%02d%02d %s", offset < 0 ? '-' : '+', (int)(minutes / 60),
		   (int)(minutes % 60), zone.name);
	if (wall & has_monotonic) {
		bool before = (int64_t)ext < 0;
		uint64_t elapsed = before ? 0 - ext : ext;
		str_printf(out, " m=%c%" PRIu64 ".%09" PRIu64, before ? '-' : '+',
			   elapsed / second_ns, elapsed % second_ns);
	}
	if (zone.location != NULL)
		str_printf(out, " (in %s)", zone.location);
	return true;
}
