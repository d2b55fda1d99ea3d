/* Types of the standard library that hold a text or a number: said as such. */
#include <inttypes.h>
#include <string.h>

#include "goruntime/value_internal.h"

/* A slice in OPERAND. */
static bool slice_in(struct values *v, const struct operand *operand, const char *path,
		     uint64_t *addr, uint64_t *length)
{
	struct operand field;
	return operand_field(v, operand, path, &field) &&
	       operand_u64(v, &field, 0, addr) == VALUE_OK &&
	       operand_u64(v, &field, 8, length) == VALUE_OK;
}

/* "strings.Builder{"text"}", of which the first SKIPPED bytes are no part any more. */
static bool bytes_text(struct values *v, const struct operand *operand, uint64_t skipped,
		       struct str *out)
{
	uint64_t addr, length;
	struct bytes bytes = { 0 };
	if (v->limits.redact || !slice_in(v, operand, "buf", &addr, &length) || skipped > length ||
	    length > INT64_MAX)
		return false;
	length -= skipped;
	uint64_t kept = length < v->limits.string ? length : v->limits.string;
	if (kept > 0 && !image_bytes(v->snapshot->image, addr + skipped, kept, v->arena, &bytes, NULL))
		return false;
	str_printf(out, "%s{", operand->type->name);
	str_add_quoted(out, bytes.data, bytes.size, length);
	str_add_char(out, '}');
	return true;
}

/* strings/builder.go: `addr` is its own address, to find copies. */
bool value_builder_text(struct values *v, const struct operand *operand, struct str *out)
{
	return bytes_text(v, operand, 0, out);
}

/* bytes/buffer.go: what is before `off` was read. */
bool value_buffer_text(struct values *v, const struct operand *operand, struct str *out)
{
	struct operand field;
	uint64_t read;
	return operand_field(v, operand, "off", &field) && operand_number(v, &field, &read) &&
	       bytes_text(v, operand, read, out);
}

enum { BIG_WORDS = 64, BIG_HALVES = 2 * BIG_WORDS, BIG_PARTS = BIG_HALVES + BIG_HALVES / 8 };

/* Divides the number of COUNT halves, the lowest first, by 10^9; gives what is left. */
static uint32_t divide(uint32_t *halves, size_t count)
{
	const uint64_t billion = 1000000000;
	uint64_t rest = 0;
	for (size_t i = count; i-- > 0;) {
		uint64_t part = rest << 32 | halves[i];
		halves[i] = (uint32_t)(part / billion);
		rest = part % billion;
	}
	return (uint32_t)rest;
}

static void add_decimal(uint32_t *halves, size_t count, struct str *out)
{
	uint32_t parts[BIG_PARTS];
	size_t n = 0;
	do {
		parts[n++] = divide(halves, count);
		while (count > 0 && halves[count - 1] == 0)
			count--;
	} while (count > 0 && n < BIG_PARTS);
	str_printf(out, "%" PRIu32, parts[--n]);
	while (n > 0)
		str_printf(out, "%09" PRIu32, parts[--n]);
}

/* math/big/int.go: a sign, and words with the lowest first. */
static bool add_big(struct values *v, const struct operand *operand, struct str *out)
{
	uint32_t halves[BIG_HALVES];
	uint64_t addr, length, negative;
	struct operand field;
	if (v->limits.redact || !slice_in(v, operand, "abs", &addr, &length) || length > BIG_WORDS ||
	    !operand_field(v, operand, "neg", &field) || !operand_number(v, &field, &negative))
		return false;
	for (uint64_t i = 0; i < length; i++) {
		uint64_t word;
		if (!image_u64(v->snapshot->image, addr + i * 8, &word, NULL))
			return false;
		halves[2 * i] = (uint32_t)word;
		halves[2 * i + 1] = (uint32_t)(word >> 32);
	}
	str_add(out, negative ? "-" : "");
	add_decimal(halves, 2 * (size_t)length, out);
	return true;
}

bool value_big_text(struct values *v, const struct operand *operand, struct str *out)
{
	str_printf(out, "%s{", operand->type->name);
	bool good = add_big(v, operand, out);
	str_add_char(out, '}');
	return good;
}

/* math/big/rat.go: a / b, where no words in b stand for 1. */
bool value_rat_text(struct values *v, const struct operand *operand, struct str *out)
{
	struct operand a, b;
	uint64_t addr, length;
	str_printf(out, "%s{", operand->type->name);
	if (!operand_field(v, operand, "a", &a) || !operand_field(v, operand, "b", &b) ||
	    !slice_in(v, &b, "abs", &addr, &length) || !add_big(v, &a, out))
		return false;
	str_add_char(out, '/');
	if (length == 0)
		str_add_char(out, '1');
	else if (!add_big(v, &b, out))
		return false;
	str_add_char(out, '}');
	return true;
}

/* log/slog/value.go: what `num` is, `any` says by its type: a Kind for what fits into it, a
 * stringptr for a string whose length it is; anything else is the value. */
bool value_slog_text(struct values *v, const struct operand *operand, struct str *out)
{
	static const struct { /* slog.Kind: KindBool = 1, KindDuration, ... */
		const char *name;
		enum go_kind kind;
	} kinds[] = {
		[1] = { "bool", KIND_BOOL },	   [2] = { "time.Duration", KIND_INT64 },
		[3] = { "float64", KIND_FLOAT64 }, [4] = { "int64", KIND_INT64 },
		[7] = { "uint64", KIND_UINT64 },
	};
	struct operand num, any, dynamic;
	struct value value;
	uint64_t kind, bits, addr;
	if (v->limits.redact || !operand_field(v, operand, "num", &num) ||
	    !operand_field(v, operand, "any", &any) ||
	    operand_dynamic(v, &any, &dynamic) != VALUE_OK || dynamic.type == NULL ||
	    operand_u64(v, &num, 0, &bits) != VALUE_OK)
		return false;
	str_printf(out, "%s{", operand->type->name);
	if (value_type_is(dynamic.type, "log/slog", "stringptr")) {
		struct bytes bytes = { 0 };
		uint64_t kept = bits < v->limits.string ? bits : v->limits.string;
		if (operand_u64(v, &dynamic, 0, &addr) != VALUE_OK || bits > INT64_MAX ||
		    (kept > 0 && !image_bytes(v->snapshot->image, addr, kept, v->arena, &bytes, NULL)))
			return false;
		str_add_quoted(out, bytes.data, bytes.size, bits);
	} else if (value_type_is(dynamic.type, "log/slog", "Kind")) {
		if (!operand_number(v, &dynamic, &kind) || kind >= sizeof(kinds) / sizeof(kinds[0]) ||
		    kinds[kind].name == NULL)
			return false;
		const struct value_type type = {
			.name = kinds[kind].name, .package = kind == 2 ? "time" : "",
			.kind = kinds[kind].kind, .size = 8,
		};
		const struct operand typed = { .type = &type, .addr = num.addr, .bytes = num.bytes,
					       .states = num.states };
		value_make_at(v, "", &typed, 1, &value);
		str_add(out, value.text);
	} else {
		return false;
	}
	str_add_char(out, '}');
	return true;
}
