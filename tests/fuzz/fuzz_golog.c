/* A log, as it is. */
#include "formats/golog.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t frames_of(const struct golog_stack *stack)
{
	size_t bytes = 0;
	for (size_t i = 0; i < stack->count; i++)
		bytes += strlen(stack->frames[i].function) + strlen(stack->frames[i].file);
	return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct golog log;
	size_t bytes = 0;
	arena_init(&arena);
	golog_parse((struct bytes){ data, size }, &arena, &log);
	for (size_t i = 0; i < log.race_count; i++) {
		for (size_t k = 0; k < log.races[i].access_count; k++)
			bytes += frames_of(&log.races[i].accesses[k].stack);
		for (size_t k = 0; k < log.races[i].creation_count; k++)
			bytes += frames_of(&log.races[i].creations[k].stack);
	}
	for (size_t i = 0; i < log.crash_count; i++)
		bytes += strlen(log.crashes[i].text);
	/* Nothing is kept that is not in the log. */
	if (bytes > size || log.lines > size)
		__builtin_trap();
	arena_release(&arena);
	return 0;
}
