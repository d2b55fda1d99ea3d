#pragma once
/* Bounds on what the input may ask for. Each is far above what a real program shows. */

#define LIMIT_ARRAY_BYTES (4ull << 30) /* one allocation whose size the input chose */
#define LIMIT_STREAM (16ull << 40)     /* bytes of a core that comes as a stream */
#define LIMIT_PHDRS (1u << 22)	       /* program headers of a core (PN_XNUM allows 2^32) */
#define LIMIT_NOTES (1u << 22)	       /* notes of a core */
#define LIMIT_THREADS (1u << 20)
#define LIMIT_MAPPED_FILES (1u << 20)  /* entries of NT_FILE */
#define LIMIT_GOROUTINES (1u << 26)    /* length of allgs */
#define LIMIT_MS (1u << 20)	       /* length of allm */
#define LIMIT_PS (1u << 16)	       /* length of allp */
#define LIMIT_MODULES 4096	       /* chain of moduledata */
#define LIMIT_FRAMES (1u << 26)	       /* frames of one stack: 1 GB of 16-byte frames */
#define LIMIT_C_FRAMES (1u << 16)     /* frames of C code of one stack */
#define LIMIT_INLINE_DEPTH 256	       /* inlined calls at one pc */
#define LIMIT_PANICS 10000	       /* links of one panic chain */
#define LIMIT_STRING (1u << 20)	       /* bytes of one Go string that is kept */
#define LIMIT_MESSAGE (1u << 16)       /* bytes of a verdict's message that are never cut */
#define LIMIT_NAME (1u << 16)	       /* bytes of a function, file or type name */
#define LIMIT_LABELS 1024	       /* pprof labels of one goroutine */
#define LIMIT_UNWRAP 64		       /* errors wrapped in each other */
#define LIMIT_SIGNAL_STACK (1u << 20)  /* bytes of a signal stack that are searched; Go's has 32 KB */
#define LIMIT_SIGNAL_FRAMES 16	       /* signal contexts on top of each other */
#define LIMIT_SELECT_CASES 65536	       /* cases of one select (runtime/select.go) */
