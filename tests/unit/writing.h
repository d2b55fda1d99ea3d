#pragma once
/* Tests of the writers: the report of a fake snapshot, and what a writer makes of it. The queries
 * that writers ask and detectors do not are answered here. */
#include "cli/output.h"
#include "goruntime/environment.h"
#include "tests/unit/detecting.h"

static struct options writer_options;

const struct label *goroutine_labels(const struct snapshot *snapshot, const struct goroutine *g,
				     struct arena *arena, size_t *count)
{
	(void)snapshot, (void)g, (void)arena;
	*count = 0;
	return NULL;
}

int64_t goroutine_locked_thread(const struct snapshot *snapshot, const struct goroutine *g)
{
	(void)snapshot, (void)g;
	return -1;
}

const char *environment_get(const struct snapshot *snapshot, const char *name, struct arena *arena)
{
	(void)snapshot, (void)arena;
	return strcmp(name, "GOTRACEBACK") == 0 ? "crash" : NULL;
}

void environment_read(const struct snapshot *snapshot, struct arena *arena,
		      struct environment *environment)
{
	(void)snapshot;
	(void)arena;
	*environment = (struct environment){ 0 };
}

const char *unwind_end_name(enum unwind_end end)
{
	(void)end;
	return "complete";
}

/* What WRITE makes of the report; memory of the fake's arena. */
static inline const char *written_by(void (*write)(const struct report *, const struct options *,
						   FILE *))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	report.core.path = "/tmp/core.1234";
	report.core.goarch = "amd64";
	report.core.command = report.core.arguments = "server";
	report.core.writer = "kernel";
	report.executable.matches = "yes";
	writer_options.core = "core.1234";
	write(&report, &writer_options, out);
	fclose(out);
	char *kept = arena_strdup(&fake.arena, text);
	free(text);
	return kept;
}

#define assert_has(text, part)                                                                     \
	ck_assert_msg(strstr(text, part) != NULL, "no '%s' in:\n%s", part, text)
#define assert_lacks(text, part)                                                                   \
	ck_assert_msg(strstr(text, part) == NULL, "'%s' in:\n%s", part, text)
