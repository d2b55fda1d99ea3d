/* The chain of panics and the text of each value, as the runtime prints it. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/vec.h"
#include "goruntime/floattext.h"
#include "goruntime/gotype.h"
#include "goruntime/private.h"

/* print.go printfloat up to 1.25: +d.dddddde+ddd, computed as the runtime does, in steps of ten. */
static void add_float_fixed(struct str *out, double v)
{
	enum { DIGITS = 7 };
	if (isnan(v) || isinf(v)) {
		str_add(out, isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf");
		return;
	}
	char sign = signbit(v) ? '-' : '+';
	int e = 0;
	v = fabs(v);
	if (v != 0) {
		for (; v >= 10; e++)
			v /= 10;
		for (; v < 1; e--)
			v *= 10;
		double half = 5;
		for (int i = 0; i < DIGITS; i++)
			half /= 10;
		v += half;
		if (v >= 10) {
			e++;
			v /= 10;
		}
	}
	str_add_char(out, sign);
	for (int i = 0; i < DIGITS; i++) {
		int digit = (int)v;
		str_add_char(out, (char)('0' + digit));
		if (i == 0)
			str_add_char(out, '.');
		v = (v - digit) * 10;
	}
	str_printf(out, "e%c%03d", e < 0 ? '-' : '+', abs(e));
}

static void add_float(const struct snapshot *s, struct str *out, double v, bool single)
{
	if (s->private->traits.floats_shortest)
		str_add_float(out, v, single);
	else
		add_float_fixed(out, v);
}

static void add_complex(const struct snapshot *s, struct str *out, const uint8_t *p, bool single)
{
	str_add_char(out, '(');
	add_float(s, out, float_at(p, single), single);
	size_t mark = out->size;
	add_float(s, out, float_at(p + (single ? 4 : 8), single), single);
	/* AppendComplex writes a sign before the imaginary part, AppendFloat none for positive. */
	if (out->text[mark] != '-' && out->text[mark] != '+') {
		char *rest = strdup(out->text + mark);
		out->size = mark;
		str_printf(out, "+%s", rest ? rest : "");
		free(rest);
	}
	str_add(out, "i)");
}

/* From 1.23 on every line after the first is indented by a tab (error.go printindented). */
static void add_string(const struct snapshot *s, struct str *out, const uint8_t *p, size_t n)
{
	bool indent = s->private->traits.panic_lines_indented;
	for (size_t i = 0; i < n; i++) {
		str_add_char(out, (char)p[i]);
		if (indent && p[i] == '\n')
			str_add_char(out, '\t');
	}
}

static bool add_go_string(const struct snapshot *s, struct str *out, uint64_t addr,
			  struct arena *arena)
{
	uint64_t ptr, len;
	struct bytes bytes = { 0 };
	if (!image_u64(s->image, addr, &ptr, NULL) || !image_u64(s->image, addr + 8, &len, NULL))
		return false;
	if (len > LIMIT_ARRAY_BYTES)
		return false;
	size_t keep = len > LIMIT_STRING ? LIMIT_STRING : len;
	if (keep > 0 && !image_bytes(s->image, ptr, keep, arena, &bytes, NULL))
		return false;
	add_string(s, out, bytes.data, bytes.size);
	if (keep < len)
		str_printf(out, "... (%" PRIu64 " more bytes)", len - keep);
	return true;
}

static bool add_scalar(const struct snapshot *s, struct str *out, enum go_kind kind,
		       const uint8_t *p)
{
	switch (kind) {
	case KIND_BOOL:
		str_add(out, p[0] ? "true" : "false");
		return true;
	case KIND_INT:
	case KIND_INT64:
		str_printf(out, "%" PRId64, (int64_t)bytes_u64(p));
		return true;
	case KIND_INT8:
		str_printf(out, "%d", (int8_t)p[0]);
		return true;
	case KIND_INT16:
		str_printf(out, "%d", (int16_t)bytes_u16(p));
		return true;
	case KIND_INT32:
		str_printf(out, "%d", (int32_t)bytes_u32(p));
		return true;
	case KIND_UINT:
	case KIND_UINT64:
	case KIND_UINTPTR:
		str_printf(out, "%" PRIu64, bytes_u64(p));
		return true;
	case KIND_UINT8:
		str_printf(out, "%u", p[0]);
		return true;
	case KIND_UINT16:
		str_printf(out, "%u", bytes_u16(p));
		return true;
	case KIND_UINT32:
		str_printf(out, "%u", bytes_u32(p));
		return true;
	case KIND_FLOAT32:
	case KIND_FLOAT64:
		add_float(s, out, float_at(p, kind == KIND_FLOAT32), kind == KIND_FLOAT32);
		return true;
	case KIND_COMPLEX64:
	case KIND_COMPLEX128:
		add_complex(s, out, p, kind == KIND_COMPLEX64);
		return true;
	default:
		return false;
	}
}

/* A basic type's own name: printed bare; a named type of basic kind is printed as Name(value). */
static bool predeclared(const struct gotype *type)
{
	return strchr(type->name, '.') == NULL;
}

static bool add_basic(const struct snapshot *s, struct str *out, const struct gotype *type,
		      uint64_t data, struct arena *arena)
{
	if (type->kind == KIND_STRING)
		return add_go_string(s, out, data, arena);
	uint8_t raw[16] = { 0 };
	if (type->size > sizeof(raw) || !image_read(s->image, data, raw, type->size, NULL))
		return false;
	return add_scalar(s, out, type->kind, raw);
}

static bool is_basic(enum go_kind kind)
{
	return (kind >= KIND_BOOL && kind <= KIND_COMPLEX128) || kind == KIND_STRING;
}

/* The value as printpanicval prints it; false where it cannot be read. */
static bool add_value(const struct snapshot *s, struct str *out, const struct gotype *type,
		      uint64_t data, struct arena *arena)
{
	if (!is_basic(type->kind)) {
		str_printf(out, "(%s) 0x%" PRIx64, type->name, data);
		return true;
	}
	if (predeclared(type))
		return add_basic(s, out, type, data, arena);
	bool quoted = type->kind == KIND_STRING;
	bool complex = type->kind == KIND_COMPLEX64 || type->kind == KIND_COMPLEX128;
	str_printf(out, "%s%s", type->name, complex ? "" : quoted ? "(\"" : "(");
	if (!add_basic(s, out, type, data, arena))
		return false;
	str_add(out, complex ? "" : quoted ? "\")" : ")");
	return true;
}

static const char *value_text(const struct snapshot *s, const struct gotype *type, uint64_t data,
			      struct panic_record *p)
{
	_cleanup_str_ struct str out = { 0 };
	if (!add_value(s, &out, type, data, s->arena)) {
		p->unreadable = true;
		return arena_printf(s->arena, "(%s) 0x%" PRIx64 " (not in the core)", type->name,
				    data);
	}
	/* Raw bytes may hold NULs, which a C string cannot: shown as U+2400. */
	_cleanup_str_ struct str safe = { 0 };
	for (size_t i = 0; i < out.size; i++) {
		if (out.text[i] == '\0')
			str_add(&safe, "\xe2\x90\x80");
		else
			str_add_char(&safe, out.text[i]);
	}
	return str_keep(&safe, s->arena);
}

static void panic_fill(const struct snapshot *s, const struct view *view, struct panic_record *p)
{
	*p = (struct panic_record){
		.addr = view->addr,
		.value_type = view_word(view, PANIC_ARG, 0),
		.value_data = view_word(view, PANIC_ARG, 1),
		.recovered = view_get(view, PANIC_RECOVERED) != 0,
		.aborted = view_get(view, PANIC_ABORTED) != 0,
		.repanicked = view_get(view, PANIC_REPANICKED) != 0,
		.goexit = view_get(view, PANIC_GOEXIT) != 0,
		.type = "nil",
		.record_type = "nil",
		.text = "nil",
	};
	struct gotype type;
	p->nil_by_setting = p->value_type == 0 && !p->goexit &&
			    s->private->traits.nil_panics_by_setting;
	if (p->value_type == 0)
		return;
	if (!gotype_read(s, p->value_type, s->arena, &type)) {
		p->type = p->record_type = "";
		p->text = "(unreadable value)";
		p->unreadable = true;
		return;
	}
	p->type = p->record_type = type.name;
	p->is_error = type.has_error_method;
	p->is_runtime_error = type.has_runtime_error_method;
	p->text = value_text(s, &type, p->value_data, p);
}

/* Marks as the runtime prints them (panic.go printpanics); the pair of a repanicked value prints
 * once: the newer entry has no line of its own. */
static const char *marks(const struct snapshot *s, const struct panic_record *p)
{
	if (p->repanicked && (p->recovered || !s->private->traits.repanicked_needs_recovered))
		return " [recovered, repanicked]";
	return p->recovered ? " [recovered]" : "";
}

static void print_lines(const struct snapshot *s, struct panic_record *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct panic_record *p = &items[i];
		const struct panic_record *older = i > 0 ? &items[i - 1] : NULL;
		if (p->goexit || (older != NULL && older->repanicked)) {
			p->printed = "";
			continue;
		}
		p->printed = arena_printf(s->arena, "%s%s",
					  p->text, marks(s, p));
	}
}

void panics_read(const struct snapshot *s, uint64_t newest, struct panics *panics)
{
	VEC(struct panic_record) chain = { 0 };
	*panics = (struct panics){ 0 };
	uint64_t addr = newest;
	while (addr != 0 && !panics->cut) {
		struct view view;
		struct panic_record p;
		struct error err = ERROR_INIT;
		if (chain.count >= LIMIT_PANICS ||
		    !view_read(&view, s->image, &s->layout, RT_PANIC, addr, &err)) {
			panics->cut = true;
			caveats_add(s->caveats, CAVEAT_WEAKENS, addr, "panics",
				    "older panics cannot be read: %s",
				    err.code ? err.text : "the chain does not end");
			break;
		}
		panic_fill(s, &view, &p);
		vec_push(&chain, p);
		uint64_t link = view_get(&view, PANIC_LINK);
		/* All records are on one stack, older ones higher up (panic.go gopanic). */
		if (link != 0 && link <= addr) {
			panics->cut = true;
			caveats_add(s->caveats, CAVEAT_WEAKENS, addr, "panics",
				    "the chain of panics runs in a circle");
		}
		addr = link;
	}
	struct panic_record *items = arena_alloc(s->arena, (chain.count + 1) * sizeof(*items));
	for (size_t i = 0; i < chain.count; i++)
		items[i] = chain.items[chain.count - 1 - i];
	print_lines(s, items, chain.count);
	panics->items = items;
	panics->count = chain.count;
	vec_release(&chain);
}

/* panic(nil) since 1.21: gopanic makes the value itself, and the argument's words stay nil
 * (panic.go gopanic). The record has the text of its Error. */
static bool is_panic_nil_error(const struct panic_record *p)
{
	static const char runtime_error[] = "runtime error: "; /* since 1.27 */
	const char *text = p->text;
	if (p->unreadable || text == NULL || strcmp(p->record_type, "string") != 0)
		return false;
	if (strncmp(text, runtime_error, sizeof(runtime_error) - 1) == 0)
		text += sizeof(runtime_error) - 1;
	return strncmp(text, "panic called with nil argument", 30) == 0;
}

/* The value as it was panicked with: gopanic's argument words, which preprintpanics leaves alone
 * (panic.go). For a runtime error the record holds only its string. */
void panic_original(const struct snapshot *s, uint64_t argp, struct panic_record *p)
{
	uint64_t type_addr;
	struct gotype type;
	if (!frame_word(s, argp, 0, &type_addr))
		return;
	if (type_addr == 0 && is_panic_nil_error(p)) {
		p->type = "*runtime.PanicNilError";
		p->is_error = p->is_runtime_error = true;
		return;
	}
	if (!gotype_read(s, type_addr, s->arena, &type))
		return;
	p->type = type.name;
	p->is_error = type.has_error_method;
	p->is_runtime_error = type.has_runtime_error_method;
	if (frame_word(s, argp, 1, &p->original_data))
		p->original_type = type_addr;
}
