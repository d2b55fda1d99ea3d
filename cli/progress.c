#include "cli/progress.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

enum { FIRST_MS = 1000, STEP_MS = 250 };

static struct timespec later(struct timespec from, unsigned ms)
{
	from.tv_sec += ms / 1000;
	from.tv_nsec += (long)(ms % 1000) * 1000000;
	if (from.tv_nsec >= 1000000000) {
		from.tv_nsec -= 1000000000;
		from.tv_sec++;
	}
	return from;
}

static void show(const struct progress *p, long seconds)
{
	_cleanup_str_ struct str line = { 0 };
	str_printf(&line, "\r\033[Kgocore: %s, ", p->stage);
	if (p->bytes > 0) {
		str_add_size(&line, p->bytes);
		str_add(&line, ", ");
	}
	str_printf(&line, "%ld s", seconds);
	fputs(str_text(&line), stderr);
}

static void *write_line(void *data)
{
	struct progress *p = data;
	struct timespec begin, next;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	next = later(begin, FIRST_MS);
	bool shown = false;
	pthread_mutex_lock(&p->lock);
	while (!p->stopped) {
		if (pthread_cond_timedwait(&p->stop, &p->lock, &next) != ETIMEDOUT || p->stopped)
			continue;
		show(p, (long)(next.tv_sec - begin.tv_sec));
		shown = true;
		next = later(next, STEP_MS);
	}
	pthread_mutex_unlock(&p->lock);
	if (shown)
		fputs("\r\033[K", stderr);
	return NULL;
}

void progress_start(struct progress *progress)
{
	*progress = (struct progress){ .stage = "starting" };
	if (!isatty(STDERR_FILENO))
		return;
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&progress->lock, NULL);
	pthread_cond_init(&progress->stop, &attributes);
	pthread_condattr_destroy(&attributes);
	progress->running = pthread_create(&progress->thread, NULL, write_line, progress) == 0;
}

void progress_stage(struct progress *progress, const char *stage)
{
	if (!progress->running)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->stage = stage;
	progress->bytes = 0;
	pthread_mutex_unlock(&progress->lock);
}

void progress_bytes(struct progress *progress, uint64_t bytes)
{
	if (!progress->running)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->bytes = bytes;
	pthread_mutex_unlock(&progress->lock);
}

void progress_stop(struct progress *progress)
{
	if (!progress->running)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->stopped = true;
	pthread_cond_signal(&progress->stop);
	pthread_mutex_unlock(&progress->lock);
	pthread_join(progress->thread, NULL);
	pthread_cond_destroy(&progress->stop);
	pthread_mutex_destroy(&progress->lock);
	progress->running = false;
}
