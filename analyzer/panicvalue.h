#pragma once
/* Who made the value of a panic: the runtime, or the program. */
#include "goruntime/snapshot.h"

/* Whether panic number I of the culprit's chain was raised by the runtime: by the type it was
 * panicked with (runtime/error.go, panic.go; internal/runtime/maps). Where that is lost and the
 * record holds only text, the first cause is told by the function that called panic. */
bool panic_is_runtimes(const struct snapshot *snapshot, size_t i);

/* What the methods of sync.WaitGroup panic with: plain strings (sync/waitgroup.go), told by the
 * frame that raised them. */
enum waitgroup_panic {
	WAITGROUP_NONE, /* it is none of these */
	WAITGROUP_NEGATIVE,
	WAITGROUP_MISUSED, /* Add from zero while there are waiters */
	WAITGROUP_REUSED,  /* a waiter was released and found it counting again */
};

enum waitgroup_panic panic_of_waitgroup(const struct snapshot *snapshot, size_t i);

/* Whether the first cause is the alarm of a test binary that has run into its time limit
 * (testing/testing.go startAlarm): the goroutine that panicked is the alarm's own. */
bool panic_is_test_alarm(const struct snapshot *snapshot);
