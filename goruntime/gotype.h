#pragma once
/* The program's own type descriptors (internal/abi/type.go, runtime/type.go): in every binary. */
#include "goruntime/snapshot.h"

/* abi.Kind */
enum go_kind {
	KIND_INVALID, KIND_BOOL, KIND_INT, KIND_INT8, KIND_INT16, KIND_INT32, KIND_INT64, KIND_UINT,
	KIND_UINT8, KIND_UINT16, KIND_UINT32, KIND_UINT64, KIND_UINTPTR, KIND_FLOAT32,
	KIND_FLOAT64, KIND_COMPLEX64, KIND_COMPLEX128, KIND_ARRAY, KIND_CHAN, KIND_FUNC,
	KIND_INTERFACE, KIND_MAP, KIND_POINTER, KIND_SLICE, KIND_STRING, KIND_STRUCT,
	KIND_UNSAFE_POINTER,
};

struct gotype {
	uint64_t addr;
	uint64_t size;
	enum go_kind kind;
	bool direct;	  /* an interface holds the value itself in its data word */
	const char *name; /* as reflect's Type.String(): "*main.Config", "[]string" */
	bool has_error_method;	       /* Error() string in its method table */
	bool has_runtime_error_method; /* RuntimeError() too: it is a runtime.Error */
};

/* Reads the descriptor at ADDR, which must lie in a module's types. False if it does not. Name in
 * ARENA. */
bool gotype_read(const struct snapshot *snapshot, uint64_t addr, struct arena *arena,
		 struct gotype *type);
