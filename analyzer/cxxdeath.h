#pragma once
/* Deaths that the C++ library ends: by the functions of it on the stack, and the exception's
 * record. */
#include "analyzer/detector.h"

/* Whether nothing caught an exception. */
bool cxx_is_uncaught(const struct trace *stack);

/* The title of a C++ death at PLACE; false where it is none. */
bool cxx_set_title(struct findings *findings, struct finding *finding,
		   const struct snapshot *snapshot, const char *place);

/* The exception as evidence, where one is known of a c-abort. */
void cxx_add_exception(struct findings *findings, struct finding *finding,
		       const struct snapshot *snapshot);
