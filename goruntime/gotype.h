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
	bool has_unwrap_method;	       /* Unwrap, be it of one error or of several */
	const char *package;	       /* path of the package of a named type: "net/http"; else "" */
};

/* Reads the descriptor at ADDR, which must lie in a module's types. False if it does not. Name in
 * ARENA. */
bool gotype_read(const struct snapshot *snapshot, uint64_t addr, struct arena *arena,
		 struct gotype *type);

struct gotype_field {
	const char *name;
	uint64_t type; /* address of its descriptor */
	uint64_t offset;
	bool embedded;
};

/* What a type is made of. Addresses of descriptors; 0 where the kind has none. */
struct gotype_parts {
	uint64_t elem; /* of an array, channel, pointer, slice or map */
	uint64_t key;  /* of a map */
	uint64_t length; /* of an array */
	struct gotype_field *fields;
	size_t field_count;
};

/* False where the descriptor is not all there. Memory of ARENA. */
bool gotype_parts(const struct snapshot *snapshot, const struct gotype *type, struct arena *arena,
		  struct gotype_parts *parts);

/* The type of an interface value: WORD is its first word, EMPTY whether it has no methods (then
 * that word is the type, else an itab). 0 for a nil interface; false where the itab is not
 * there. */
bool gotype_of_interface(const struct snapshot *snapshot, uint64_t word, bool empty,
			 uint64_t *type);

/* Whether the interface type TYPE has no methods. */
bool gotype_is_empty_interface(const struct snapshot *snapshot, const struct gotype *type);
