#include "goruntime/traceback_style.h"

#include <string.h>

#include "goruntime/snapshot.h"

/* since: first release 1.N in which the trait holds; until: first in which it no longer does. */
static const struct {
	size_t offset;
	unsigned since, until;
} rows[] = {
	{ offsetof(struct traceback_style, names_creator), 21, ~0u },
	{ offsetof(struct traceback_style, elides_middle), 21, ~0u },
	{ offsetof(struct traceback_style, gp_columns), 22, ~0u },
	{ offsetof(struct traceback_style, exported_methods), 23, ~0u },
	{ offsetof(struct traceback_style, synctest_group), 24, 25 },
	{ offsetof(struct traceback_style, shows_finalizers), 25, ~0u },
	{ offsetof(struct traceback_style, synctest_bubble), 25, ~0u },
	{ offsetof(struct traceback_style, durable_if_waiting), 26, ~0u },
	{ offsetof(struct traceback_style, leaked), 26, ~0u },
	{ offsetof(struct traceback_style, labels), 26, ~0u },
	{ offsetof(struct traceback_style, labels_default), 27, ~0u },
	{ offsetof(struct traceback_style, labels_behind), 27, ~0u },
	{ offsetof(struct traceback_style, quotes_bad_bytes), 27, ~0u },
};

struct traceback_style traceback_style_of(unsigned minor)
{
	struct traceback_style style = { 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		*(bool *)((char *)&style + rows[i].offset) = minor >= rows[i].since &&
							     minor < rows[i].until;
	return style;
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* NAME without "runtime.": Stack, (*Func).Entry (isExportedRuntime). */
static bool is_exported(const struct traceback_style *style, const char *name)
{
	if (!style->exported_methods)
		return is_upper(name[0]);
	const char *dot = strrchr(name, '.');
	if (dot == NULL)
		return is_upper(name[0]);
	const char *receiver = name;
	size_t size = (size_t)(dot - name);
	if (size >= 3 && receiver[0] == '(' && receiver[1] == '*' && receiver[size - 1] == ')') {
		receiver += 2;
		size -= 3;
	}
	return is_upper(dot[1]) && (size == 0 || is_upper(receiver[0]));
}

/* A wrapper that called a panic function instead of what it wraps is shown (elideWrapperCalling).
 */
static bool elides_wrapper_calling(enum func_id callee)
{
	return callee != FUNC_GOPANIC && callee != FUNC_SIGPANIC && callee != FUNC_PANICWRAP;
}

bool traceback_shows(const struct traceback_view *view, const struct call *call, bool first,
		     enum func_id callee)
{
	static const char runtime[] = "runtime.";
	const char *name = call->symbol;
	if (view->all_frames)
		return true;
	if (call->id == FUNC_WRAPPER && elides_wrapper_calling(callee))
		return false;
	if (view->style.shows_finalizers &&
	    (call->id == FUNC_RUN_FINALIZERS || call->id == FUNC_RUN_CLEANUPS))
		return true;
	if (call->id == FUNC_GOPANIC && !first)
		return true;
	if (strchr(name, '.') == NULL)
		return false;
	return strncmp(name, runtime, sizeof(runtime) - 1) != 0 ||
	       is_exported(&view->style, name + sizeof(runtime) - 1);
}

bool traceback_idle_in_synctest(const char *wait_reason)
{
	static const char *const idle[] = {
		"chan receive (nil chan)",
		"chan send (nil chan)",
		"select (no cases)",
		"sleep",
		"sync.Cond.Wait",
		"sync.WaitGroup.Wait (durable)",
		"coroutine",
		"synctest.Run",
		"synctest.Wait",
		"chan receive (durable)",
		"chan send (durable)",
		"select (durable)",
	};
	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		if (strcmp(wait_reason, idle[i]) == 0)
			return true;
	return false;
}

/* One character at P as runtime/print.go printquoted writes it; returns the bytes taken. */
static size_t add_quoted_character(const struct traceback_style *style, const uint8_t *p,
				   size_t left, struct str *out)
{
	size_t len = utf8_length(p, left);
	if (len == 0 && style->quotes_bad_bytes)
		str_printf(out, "\\x%02x", p[0]);
	else if (len == 0)
		str_add(out, "\\ufffd");
	else if (p[0] == '\n' || p[0] == '\r' || p[0] == '\t')
		str_printf(out, "\\%c", p[0] == '\n' ? 'n' : p[0] == '\r' ? 'r' : 't');
	else if (p[0] == '\\' || p[0] == '"')
		str_printf(out, "\\%c", p[0]);
	else if (p[0] >= ' ' && p[0] <= '~')
		str_add_char(out, (char)p[0]);
	else if (p[0] < 127)
		str_printf(out, "\\x%02x", p[0]);
	else if (len <= 1) /* DEL */
		str_printf(out, "\\u%04x", p[0]);
	else if (len == 2)
		str_printf(out, "\\u%04x", (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu));
	else if (len == 3)
		str_printf(out, "\\u%04x",
			   (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu));
	else
		str_printf(out, "\\U%08x",
			   (p[0] & 7u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 |
				   (p[3] & 0x3fu));
	return len ? len : 1;
}

static void add_quoted(const struct traceback_style *style, const char *text, struct str *out)
{
	size_t size = strlen(text);
	str_add_char(out, '"');
	for (size_t i = 0; i < size;)
		i += add_quoted_character(style, (const uint8_t *)text + i, size - i, out);
	str_add_char(out, '"');
}

/* tracebackStringNeedsQuoting */
static bool needs_quoting(const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_";
	return text[strspn(text, plain)] != '\0';
}

static void add_label_word(const struct traceback_style *style, const char *text, struct str *out)
{
	if (!style->labels_behind || needs_quoting(text))
		add_quoted(style, text, out);
	else
		str_add(out, text);
}

void traceback_add_labels(const struct traceback_style *style, const struct label *labels,
			  size_t count, struct str *out)
{
	str_add(out, style->labels_behind ? " {" : " labels:{");
	for (size_t i = 0; i < count; i++) {
		str_add(out, i > 0 ? ", " : "");
		add_label_word(style, labels[i].key, out);
		str_add(out, ": ");
		add_label_word(style, labels[i].value, out);
	}
	str_add_char(out, '}');
}
