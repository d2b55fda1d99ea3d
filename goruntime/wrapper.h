#pragma once
/*
 * Wrappers: functions that the compiler makes around one call, so that it needs no arguments, or
 * has another receiver or ABI (cmd/compile/internal/walk/order.go wrapCall, reflectdata
 * methodWrapper): "main.f.deferwrap1", "main.T.M-fm".
 */
#include "goruntime/snapshot.h"

/* What the wrapper that PC lies in calls; NULL where it is no wrapper, or calls by a pointer, or
 * what it calls is not clear. A call that is inlined in the wrapper is at a line of its own. */
const struct call *wrapper_target(const struct snapshot *snapshot, uint64_t pc);
