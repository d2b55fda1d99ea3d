#include "formats/debuginfod.h"

#include <elfutils/debuginfod.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "formats/library.h"

enum { SILENCE_SECONDS = 5 };

#define FUNCTIONS(F)                                                                               \
	F(debuginfod_begin)                                                                        \
	F(debuginfod_end)                                                                          \
	F(debuginfod_find_executable)                                                              \
	F(debuginfod_find_debuginfo)                                                               \
	F(debuginfod_set_progressfn)                                                               \
	F(debuginfod_set_user_data)                                                                \
	F(debuginfod_get_user_data)

LIBRARY("libdebuginfod.so.1", FUNCTIONS)

bool debuginfod_is_set(void)
{
	const char *urls = getenv(DEBUGINFOD_URLS_ENV_VAR);
	return urls != NULL && urls[strspn(urls, " ")] != '\0';
}

/* When bytes came last. */
struct waiting {
	time_t since;
	long done;
	bool given_up;
};

static time_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* As long as the size is not known DONE may be a count of calls instead of bytes. */
static int on_progress(debuginfod_client *client, long done, long total)
{
	enum { CALLS = 64 };
	struct waiting *w = lib.debuginfod_get_user_data(client);
	if (done - w->done > (total > 0 ? 0 : CALLS))
		w->since = now();
	w->done = done;
	w->given_up = now() - w->since > SILENCE_SECONDS;
	return w->given_up;
}

static int ask(debuginfod_client *client, enum debuginfod_kind kind, const char *build_id,
	       char **path)
{
	const unsigned char *id = (const unsigned char *)build_id; /* length 0: it is hex */
	if (kind == DEBUGINFOD_EXECUTABLE)
		return lib.debuginfod_find_executable(client, id, 0, path);
	return lib.debuginfod_find_debuginfo(client, id, 0, path);
}

static bool failed(struct debuginfod *d, const struct waiting *w, int error, struct error *err)
{
	if (error == ENOENT && !w->given_up)
		return error_set(err, ERROR_NOT_FOUND, 0, "debuginfod has nothing of its build id");
	d->down = true;
	if (w->given_up)
		return error_set(err, ERROR_IO, 0, "debuginfod does not answer");
	return error_set(err, ERROR_IO, 0, "debuginfod: %s", strerror(error));
}

bool debuginfod_find(struct debuginfod *d, enum debuginfod_kind kind, const char *build_id,
		     struct arena *arena, const char **path, struct error *err)
{
	struct waiting waiting = { .since = now() };
	char *found = NULL;
	if (d->down)
		return error_set(err, ERROR_IO, 0, "debuginfod did not answer before");
	/* The resolver cannot be broken off: it must not try for minutes. */
	setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
	if (!load(err))
		return error_context(err, "debuginfod");
	debuginfod_client *client = lib.debuginfod_begin();
	if (client == NULL)
		return error_set(err, ERROR_IO, 0, "debuginfod: %s", strerror(errno));
	lib.debuginfod_set_user_data(client, &waiting);
	lib.debuginfod_set_progressfn(client, on_progress);
	int fd = ask(client, kind, build_id, &found);
	lib.debuginfod_end(client);
	if (fd < 0)
		return failed(d, &waiting, -fd, err);
	close(fd);
	*path = arena_strdup(arena, found);
	free(found);
	return true;
}
