#include "cli/redact.h"

#include <ctype.h>
#include <string.h>

#include "cli/redact_stream.h"

const char *redact_words(const char *words, struct str *buf)
{
	if (words == NULL)
		return NULL;
	str_clear(buf);
	for (const char *p = words; *p != '\0';) {
		if (p[0] != '0' || p[1] != 'x') {
			str_add_char(buf, *p++);
			continue;
		}
		for (p += 2; isxdigit((unsigned char)*p);)
			p++;
		str_add_char(buf, '_');
	}
	return str_text(buf);
}

const char *redact_text(const char *text, struct str *buf)
{
	str_clear(buf);
	str_printf(buf, "<redacted, %zu bytes>", strlen(text));
	return str_text(buf);
}

const struct label *shown_labels(const struct snapshot *snapshot, const struct goroutine *g,
				 bool redact, struct arena *arena, size_t *count)
{
	_cleanup_str_ struct str buf = { 0 };
	const struct label *labels = goroutine_labels(snapshot, g, arena, count);
	if (!redact || *count == 0)
		return labels;
	struct label *hidden = arena_alloc(arena, *count * sizeof(*hidden));
	for (size_t i = 0; i < *count; i++)
		hidden[i] = (struct label){
			.key = arena_printf(arena, "#%zu", i),
			.value = arena_strdup(arena, redact_text(labels[i].value, &buf)),
		};
	return hidden;
}

static bool is_text(const void *what, uint64_t number)
{
	return snapshot_is_text(what, number);
}

FILE *redact_output(const struct snapshot *snapshot, const struct options *options, FILE *out)
{
	/* A profile is compressed, and has no addresses but those of code. */
	if (!options->redact || options->format == FORMAT_PPROF)
		return out;
	return redact_stream_open(out, is_text, snapshot);
}

void redact_output_end(FILE *stream, FILE *out)
{
	if (stream != out)
		fclose(stream);
}
