#pragma once
/* Who made the value of a panic: the runtime, or the program. */
#include "goruntime/snapshot.h"

/* Whether panic number I of the culprit's chain was raised by the runtime: by the type it was
 * panicked with (runtime/error.go, panic.go; internal/runtime/maps). Where that is lost and the
 * record holds only text, the first cause is told by the function that called panic. */
bool panic_is_runtimes(const struct snapshot *snapshot, size_t i);

/* Whether it is what sync.(*WaitGroup).Add panics with when its counter falls below zero: a plain
 * string (sync/waitgroup.go), told by the frame that raised it. */
bool panic_is_negative_waitgroup(const struct snapshot *snapshot, size_t i);
