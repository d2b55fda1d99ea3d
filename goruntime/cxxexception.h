#pragma once
/*
 * C++ exceptions as the C++ library keeps them (Itanium C++ ABI, Exception Handling 2.2; GCC's
 * libsupc++/unwind-cxx.h, LLVM's libcxxabi/src/cxa_exception.h). A part of goruntime.
 */
#include "goruntime/cframe.h"

/* The exception that the function at FRAME, of the C++ library, was throwing: by a register or word
 * of its frame (which ends at FRAME_END, 0: not known) that leads to an exception's record. NULL
 * where none does, or several do. Memory of the snapshot. */
const struct cxx_exception *cxx_exception_of(const struct snapshot *snapshot,
					     const struct c_frame *frame, uint64_t frame_end);

/* The same of the record that VALUE is an address of: of the unwinder's part, of the whole or of
 * the object thrown. */
const struct cxx_exception *cxx_exception_at(const struct snapshot *snapshot, uint64_t value);
