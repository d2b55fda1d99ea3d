#include "analyzer/panicvalue.h"

#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/places.h"

/* As reflect writes them. Other packages named runtime exist; theirs are none of these. */
static bool is_runtimes_type(const char *type)
{
	static const char *const types[] = {
		"runtime.boundsError",	       "runtime.errorString",
		"runtime.plainError",	       "runtime.errorAddressString",
		"*runtime.TypeAssertionError", "*runtime.PanicNilError",
		"maps.unhashableTypeError",
	};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

bool panic_is_runtimes(const struct snapshot *snapshot, size_t i)
{
	const struct panic_record *p = &snapshot->death.panics.items[i];
	if (p->type == NULL)
		return false;
	if (is_runtimes_type(p->type))
		return true;
	if (i != snapshot->death.cause_panic || p->is_error || strcmp(p->type, "string") != 0)
		return false;
	const char *raiser = death_raiser(snapshot);
	return function_is_runtime(raiser) && strcmp(raiser, "panic") != 0;
}

enum waitgroup_panic panic_of_waitgroup(const struct snapshot *snapshot, size_t i)
{
	static const char *const texts[] = {
		[WAITGROUP_NEGATIVE] = "sync: negative WaitGroup counter",
		[WAITGROUP_MISUSED] = "sync: WaitGroup misuse: Add called concurrently with Wait",
		[WAITGROUP_REUSED] = "sync: WaitGroup is reused before previous Wait has returned",
	};
	const struct panic_record *p = &snapshot->death.panics.items[i];
	if (i != snapshot->death.cause_panic || p->text == NULL ||
	    !function_begins(death_raiser(snapshot), "sync.(*WaitGroup)."))
		return WAITGROUP_NONE;
	for (size_t k = WAITGROUP_NEGATIVE; k < sizeof(texts) / sizeof(texts[0]); k++)
		if (strcmp(p->text, texts[k]) == 0)
			return (enum waitgroup_panic)k;
	return WAITGROUP_NONE;
}

bool panic_is_test_alarm(const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	if (death->way != DEATH_PANIC || death->cause_panic >= death->panics.count)
		return false;
	const struct panic_record *p = &death->panics.items[death->cause_panic];
	/* Not by its text: with --redact there is none. */
	return p->type != NULL && strcmp(p->type, "string") == 0 &&
	       function_begins(death_raiser(snapshot), "testing.(*M).startAlarm");
}
