#include "analyzer/detector.h"

const struct detector detectors[] = {
	{ "nil-dereference", NEED_DEATH, { { CLASS_NIL_DEREFERENCE }, { CLASS_COUNT } }, detect_nil },
	{ "invalid-address", NEED_DEATH, { { CLASS_INVALID_ADDRESS }, { CLASS_COUNT } },
	  detect_address },
	{ "panic", NEED_DEATH, { { CLASS_PANIC }, { CLASS_COUNT } }, detect_panic },
	{ "data-race", NEED_DEATH, { { CLASS_DATA_RACE }, { CLASS_COUNT } }, detect_race },
	{ "deadlock", NEED_DEATH,
	  { { CLASS_DEADLOCK, "all-asleep" }, { CLASS_DEADLOCK, "main-exited" }, { CLASS_COUNT } },
	  detect_deadlock },
	{ "stack-overflow", NEED_DEATH, { { CLASS_STACK_OVERFLOW }, { CLASS_COUNT } }, detect_stack },
	{ "out-of-memory", NEED_DEATH, { { CLASS_OUT_OF_MEMORY }, { CLASS_COUNT } }, detect_memory },
	{ "memory-corruption", NEED_DEATH, { { CLASS_MEMORY_CORRUPTION }, { CLASS_COUNT } },
	  detect_corruption },
	{ "cgo-crash", NEED_DEATH, { { CLASS_CGO_CRASH }, { CLASS_COUNT } }, detect_cgo },
	{ "fatal-error", NEED_DEATH, { { CLASS_FATAL_ERROR }, { CLASS_COUNT } }, detect_fatal },
	{ "external-signal", NEED_DEATH, { { CLASS_EXTERNAL_SIGNAL }, { CLASS_COUNT } },
	  detect_signal },
	{ "snapshot", 0, { { CLASS_SNAPSHOT }, { CLASS_COUNT } }, detect_snapshot },
	{ "goroutine-leak", NEED_GOROUTINES, { { CLASS_GOROUTINE_LEAK, "suspected" }, { CLASS_COUNT } },
	  detect_leak },
};

const size_t detector_count = sizeof(detectors) / sizeof(detectors[0]);
