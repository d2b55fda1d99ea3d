#include "goruntime/cxxexception.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "formats/demangle.h"

enum { TEXT_MOST = 1024, NAME_MOST = 512, FRAME_WORDS = 32 };

/* The unwinder's part of the record, struct _Unwind_Exception, begins with the class; where the
 * rest and the object lie from there. Both libraries have the type at the same place. */
enum { RECORD_BEFORE = 80, OBJECT_BEHIND = 32 };

/* exception_class: vendor and language, "GNUCC++" and "CLNGC++"; the last byte is 1 for one that
 * std::rethrow_exception throws, which has the object thrown first in the place of its type. */
enum { CLASS_DEPENDENT = 1 };
static const uint64_t classes[] = { 0x474e5543432b2b00, 0x434c4e47432b2b00 };

static bool word_at(const struct snapshot *s, uint64_t addr, uint64_t *word)
{
	return image_u64(s->image, addr, word, NULL);
}

static const char *text_at(const struct snapshot *s, uint64_t addr, size_t most)
{
	struct bytes rest = image_rest(s->image, addr);
	size_t size = rest.size < most ? rest.size : most;
	size_t n = strnlen((const char *)rest.data, size);
	return n < rest.size ? arena_strndup(s->arena, (const char *)rest.data, n) : NULL;
}

/* --- what was thrown --------------------------------------------------------------------------- */

static const char *signed_number(const struct snapshot *s, uint64_t object, unsigned size)
{
	uint64_t v;
	if (!word_at(s, object, &v))
		return NULL;
	unsigned unused = 64 - 8 * size;
	int64_t number = (int64_t)(v << unused) >> unused;
	return arena_printf(s->arena, "%" PRId64, number);
}

static const char *int_text(const struct snapshot *s, uint64_t object)
{
	return signed_number(s, object, 4);
}

static const char *long_text(const struct snapshot *s, uint64_t object)
{
	return signed_number(s, object, 8);
}

static const char *pointed_text(const struct snapshot *s, uint64_t object)
{
	uint64_t chars;
	return word_at(s, object, &chars) ? text_at(s, chars, TEXT_MOST) : NULL;
}

/* A std::string of libstdc++: address and length. */
static const char *string_text(const struct snapshot *s, uint64_t object)
{
	uint64_t chars, length;
	if (!word_at(s, object, &chars) || !word_at(s, object + 8, &length))
		return NULL;
	return text_at(s, chars, length < TEXT_MOST ? (size_t)length : TEXT_MOST);
}

static const struct {
	const char *type; /* mangled (ABI 5.1.5) */
	const char *(*text)(const struct snapshot *s, uint64_t object);
} values[] = {
	{ "i", int_text },
	{ "l", long_text },
	{ "x", long_text },
	{ "PKc", pointed_text },
	{ "Pc", pointed_text },
	{ "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE", string_text },
};

static const char *function_at(const struct snapshot *s, uint64_t pc)
{
	uint64_t bias = 0, offset = 0;
	const struct elffile *elf = image_object(s->image, pc, &bias);
	const char *name = NULL;
	if (elf != NULL)
		name = elffile_function_at(image_symbols_of(s->image, elf), pc - bias, &offset);
	return offset == 0 ? name : NULL;
}

/* What what() gives where it is that of a class which keeps a text: the third virtual function of
 * std::exception, behind its destructors; the text is the first member. */
static const char *what_text(const struct snapshot *s, uint64_t object)
{
	static const char *const keep[] = { "_ZNKSt13runtime_error4whatEv",
					    "_ZNKSt11logic_error4whatEv" };
	uint64_t table, what;
	if (!word_at(s, object, &table) || !word_at(s, table + 16, &what))
		return NULL;
	const char *name = function_at(s, what);
	for (size_t i = 0; name != NULL && i < sizeof(keep) / sizeof(keep[0]); i++)
		if (strcmp(name, keep[i]) == 0)
			return pointed_text(s, object + 8);
	return NULL;
}

static const char *value_text(const struct snapshot *s, const char *type, uint64_t object)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strcmp(type, values[i].type) == 0)
			return values[i].text(s, object);
	return what_text(s, object);
}

/* --- the record -------------------------------------------------------------------------------- */

/* The mangled name of the std::type_info at TYPE: its second word. A '*' before it says that the
 * address of the name is not to be compared. */
static const char *type_name(const struct snapshot *s, uint64_t type)
{
	uint64_t at;
	const char *name = word_at(s, type + 8, &at) ? text_at(s, at, NAME_MOST) : NULL;
	if (name != NULL && name[0] == '*')
		name++;
	if (name == NULL || name[0] == '\0')
		return NULL;
	for (const char *p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("_$.", *p) == NULL)
			return NULL;
	return name;
}

/* As it is written in the source. */
static const char *plain_type(const struct snapshot *s, const char *name)
{
	static const char before[] = "typeinfo name for ";
	const char *symbol = arena_printf(s->arena, "_ZTS%s", name);
	const char *plain = demangle(symbol, s->arena);
	return str_begins(plain, before) ? plain + strlen(before) : name;
}

/* Whether the unwinder's part of a record lies at PART; of a dependent one *PART gets the
 * first's. */
static bool is_record(const struct snapshot *s, uint64_t *part)
{
	uint64_t class, object;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (!word_at(s, *part, &class) ||
		    (class & ~(uint64_t)CLASS_DEPENDENT) != classes[i])
			continue;
		if ((class & CLASS_DEPENDENT) == 0)
			return true;
		if (!word_at(s, *part - RECORD_BEFORE, &object))
			return false;
		*part = object - OBJECT_BEHIND;
		return word_at(s, *part, &class) && class == classes[i];
	}
	return false;
}

static bool find_record(const struct snapshot *s, uint64_t value, uint64_t *part)
{
	const uint64_t parts[] = { value, value + RECORD_BEFORE, value - OBJECT_BEHIND };
	for (size_t i = 0; value % 8 == 0 && i < sizeof(parts) / sizeof(parts[0]); i++) {
		*part = parts[i];
		if (is_record(s, part))
			return true;
	}
	return false;
}

static const struct cxx_exception *read_record(const struct snapshot *s, uint64_t part)
{
	uint64_t type, object = part + OBJECT_BEHIND;
	const char *name = word_at(s, part - RECORD_BEFORE, &type) ? type_name(s, type) : NULL;
	if (name == NULL)
		return NULL;
	struct cxx_exception *exception = arena_alloc(s->arena, sizeof(*exception));
	*exception = (struct cxx_exception){
		.addr = object,
		.type = plain_type(s, name),
		.text = value_text(s, name, object),
	};
	return exception;
}

const struct cxx_exception *cxx_exception_at(const struct snapshot *s, uint64_t value)
{
	uint64_t part;
	return find_record(s, value, &part) ? read_record(s, part) : NULL;
}

/* Adds the record that VALUE leads to, if one; false where it is another than *PART. */
static bool agrees(const struct snapshot *s, uint64_t value, uint64_t *part)
{
	uint64_t found;
	if (!find_record(s, value, &found))
		return true;
	if (*part != 0 && *part != found)
		return false;
	*part = found;
	return true;
}

const struct cxx_exception *cxx_exception_of(const struct snapshot *s, const struct c_frame *frame,
					     uint64_t frame_end)
{
	const struct arch *arch = s->image->arch;
	uint64_t part = 0, sp = c_frame_sp(s, frame), word;
	for (unsigned i = 0; i < arch->register_count; i++)
		if (registers_has(&frame->regs, i) && !agrees(s, frame->regs.value[i], &part))
			return NULL;
	for (unsigned i = 0; part == 0 && i < FRAME_WORDS && sp + 8 * i < frame_end; i++)
		if (word_at(s, sp + 8 * i, &word) && !agrees(s, word, &part))
			return NULL;
	return part != 0 ? read_record(s, part) : NULL;
}
