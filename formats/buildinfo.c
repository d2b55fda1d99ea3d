#include "formats/buildinfo.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"

/* debug/buildinfo/buildinfo.go readRawBuildInfo; cmd/go/internal/modload/build.go infoStart. */
enum {
	ALIGN = 16,
	FLAGS_AT = 15,
	FLAG_INLINE = 2,
	HEADER_SIZE = 32,
	FRAME_SIZE = 16, /* of the random bytes before and behind the module text */
	LIST_MAX = LIMIT_STRING / 4,
};

static const char magic[] = "\xff Go buildinf:";
enum { MAGIC_SIZE = sizeof(magic) - 1 };

static bool is_header(struct bytes bytes, uint64_t offset)
{
	struct bytes h = bytes_sub(bytes, offset, HEADER_SIZE);
	return h.size != 0 && memcmp(h.data, magic, MAGIC_SIZE) == 0 &&
	       (h.data[FLAGS_AT] & FLAG_INLINE);
}

bool buildinfo_find(struct bytes bytes, uint64_t *offset)
{
	for (uint64_t at = 0; at < bytes.size;) {
		const uint8_t *hit = memmem(bytes.data + at, bytes.size - at, magic, MAGIC_SIZE);
		if (hit == NULL)
			return false;
		at = (uint64_t)(hit - bytes.data);
		if (at % ALIGN == 0 && is_header(bytes, at)) {
			*offset = at;
			return true;
		}
		at++;
	}
	return false;
}

/* A stretch of the text that is being cut up; borrowed. */
struct text {
	const char *s;
	size_t size;
};

static bool read_text(struct cursor *c, struct text *text)
{
	uint64_t size = cursor_uvarint(c);
	const uint8_t *s = size <= LIMIT_STRING ? cursor_take(c, size) : NULL;
	*text = (struct text){ .s = (const char *)s, .size = s ? (size_t)size : 0 };
	return s != NULL;
}

/* The text before the first SEPARATOR, which is passed over with it; all of it if there is none. */
static struct text cut(struct text *rest, char separator)
{
	const char *end = rest->size ? memchr(rest->s, separator, rest->size) : NULL;
	struct text head = { rest->s, end ? (size_t)(end - rest->s) : rest->size };
	size_t used = end ? head.size + 1 : head.size;
	rest->s += used;
	rest->size -= used;
	return head;
}

static const char *keep(struct text text, struct arena *arena)
{
	return arena_strndup(arena, text.s, text.size);
}

/* A list in the arena that grows by doubling. */
static void push(struct build_setting **items, size_t *count, struct build_setting item,
		 struct arena *arena)
{
	if ((*count & (*count - 1)) == 0) { /* full at 0, 1, 2, 4, 8, ... */
		size_t room = *count ? *count * 2 : 1;
		struct build_setting *grown = arena_alloc(arena, room * sizeof(*grown));
		if (*count != 0)
			memcpy(grown, *items, *count * sizeof(*grown));
		*items = grown;
	}
	(*items)[(*count)++] = item;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return -1;
}

/* COUNT digits in BASE off the front of *REST. */
static bool take_number(struct text *rest, size_t count, int base, uint32_t *value)
{
	if (rest->size < count)
		return false;
	*value = 0;
	for (size_t i = 0; i < count; i++) {
		int digit = hex_digit(rest->s[i]);
		if (digit < 0 || digit >= base)
			return false;
		*value = *value * (uint32_t)base + (uint32_t)digit;
	}
	rest->s += count;
	rest->size -= count;
	return true;
}

static void add_rune(struct str *out, uint32_t rune)
{
	if (rune < 0x80) {
		str_add_char(out, (char)rune);
		return;
	}
	if (rune >= 0x10000)
		str_add_char(out, (char)(0xf0 | rune >> 18));
	if (rune >= 0x800)
		str_add_char(out, (char)((rune >= 0x10000 ? 0x80 : 0xe0) | (rune >> 12 & 0x3f)));
	str_add_char(out, (char)((rune >= 0x800 ? 0x80 : 0xc0) | (rune >> 6 & 0x3f)));
	str_add_char(out, (char)(0x80 | (rune & 0x3f)));
}

/* What follows a backslash in a double-quoted string (strconv.UnquoteChar). */
static bool unquote_escape(struct text *rest, struct str *out)
{
	static const char letters[] = "abfnrtv\\\"", meant[] = "\a\b\f\n\r\t\v\\\"";
	uint32_t value;
	if (rest->size == 0)
		return false;
	char c = *rest->s;
	const char *letter = c ? strchr(letters, c) : NULL;
	if (c >= '0' && c <= '7') {
		if (!take_number(rest, 3, 8, &value) || value > 0xff)
			return false;
		str_add_char(out, (char)value);
		return true;
	}
	rest->s++;
	rest->size--;
	if (letter != NULL) {
		str_add_char(out, meant[letter - letters]);
		return true;
	}
	size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
	if (digits == 0 || !take_number(rest, digits, 16, &value))
		return false;
	if (c == 'x')
		str_add_char(out, (char)value);
	else if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return false;
	else
		add_rune(out, value);
	return true;
}

/* A quoted string off the front of *REST (strconv.QuotedPrefix and Unquote). */
static bool take_quoted(struct text *rest, struct arena *arena, const char **value)
{
	_cleanup_str_ struct str out = { 0 };
	char quote = *rest->s++;
	rest->size--;
	while (rest->size != 0) {
		char c = *rest->s++;
		rest->size--;
		if (c == quote) {
			*value = str_keep(&out, arena);
			return true;
		}
		if (c == '\\' && quote == '"') {
			if (!unquote_escape(rest, &out))
				return false;
		} else if (c != '\r' || quote != '`') { /* raw strings drop carriage returns */
			str_add_char(&out, c);
		}
	}
	return false;
}

static bool is_quoted(struct text text)
{
	return text.size != 0 && (*text.s == '"' || *text.s == '`');
}

/* build<TAB>key=value, either of them quoted where it needs to be. */
static bool parse_setting(struct text line, struct arena *arena, struct buildinfo *info)
{
	struct build_setting setting;
	if (is_quoted(line)) {
		if (!take_quoted(&line, arena, &setting.key) || line.size == 0 || *line.s != '=')
			return false;
		cut(&line, '=');
	} else {
		struct text key = cut(&line, '=');
		if (key.size == 0 || key.s[key.size] != '=')
			return false;
		setting.key = keep(key, arena);
	}
	if (!is_quoted(line))
		setting.value = keep(line, arena);
	else if (!take_quoted(&line, arena, &setting.value) || line.size != 0)
		return false;
	push(&info->settings, &info->setting_count, setting, arena);
	return true;
}

/* path<TAB>version[<TAB>sum] */
static bool parse_module(struct text line, struct arena *arena, struct build_setting *module)
{
	struct text path = cut(&line, '\t'), version = cut(&line, '\t'), sum = cut(&line, '\t');
	(void)sum;
	if (path.size == 0 || line.size != 0)
		return false;
	*module = (struct build_setting){ .key = keep(path, arena), .value = keep(version, arena) };
	return true;
}

/* One line (runtime/debug/mod.go ParseBuildInfo). Unknown kinds are passed over, and so is "=>":
 * a dependency stays what it was before it was replaced. */
static bool parse_line(struct text line, struct arena *arena, struct buildinfo *info)
{
	struct text kind = cut(&line, '\t');
	struct build_setting module;
#define KIND_IS(word) (kind.size == sizeof(word) - 1 && memcmp(kind.s, word, kind.size) == 0)
	if (KIND_IS("path")) {
		info->path = keep(line, arena);
	} else if (KIND_IS("mod")) {
		if (!parse_module(line, arena, &module))
			return false;
		info->module = module.key;
		info->module_version = module.value;
	} else if (KIND_IS("dep")) {
		if (!parse_module(line, arena, &module))
			return false;
		push(&info->dependencies, &info->dependency_count, module, arena);
	} else if (KIND_IS("build")) {
		return parse_setting(line, arena, info);
	}
#undef KIND_IS
	return true;
}

static bool parse_lines(struct text text, struct arena *arena, struct buildinfo *info)
{
	for (size_t lines = 0; text.size != 0; lines++)
		if (lines >= LIST_MAX || !parse_line(cut(&text, '\n'), arena, info))
			return false;
	return true;
}

bool buildinfo_parse(struct bytes bytes, struct arena *arena, struct buildinfo *info)
{
	struct text version, modules;
	*info = (struct buildinfo){ 0 };
	struct cursor c = cursor_at(bytes, HEADER_SIZE);
	if (!is_header(bytes, 0) || !read_text(&c, &version) || version.size == 0)
		return false;
	info->go_version = keep(version, arena);
	if (!read_text(&c, &modules))
		return false;
	/* Without its frame the text is none: a program built without modules. */
	if (modules.size <= 2 * FRAME_SIZE || modules.s[modules.size - FRAME_SIZE - 1] != '\n')
		return true;
	struct text lines = { modules.s + FRAME_SIZE, modules.size - 2 * FRAME_SIZE };
	return parse_lines(lines, arena, info);
}

const char *buildinfo_setting(const struct buildinfo *info, const char *key)
{
	for (size_t i = 0; i < info->setting_count; i++)
		if (strcmp(info->settings[i].key, key) == 0)
			return info->settings[i].value;
	return NULL;
}
