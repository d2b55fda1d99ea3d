#pragma once
/*
 * The Go symbol table that every Go binary has, stripped or not (cmd/link/internal/ld/pcln.go,
 * runtime/symtab.go, runtime/symtabinl.go, internal/abi/symtab.go): functions, source lines, stack
 * deltas, inlining, argument shapes. Works on bytes alone and knows neither ELF nor the image.
 *
 * Handles the headers of Go 1.18-1.19 (0xfffffff0) and of Go 1.20 and later (0xfffffff1). What
 * varies by release beyond that (layout of _func and of the inline tree, numbers of funcID) is
 * chosen with the minor release.
 */
#include "base/arena.h"
#include "base/cursor.h"
#include "base/error.h"

/* internal/abi.FuncID, the same for all releases; the numbers in the binary vary. Up to Go 1.24
 * FUNC_RUN_FINALIZERS is runfinq. */
enum func_id {
	FUNC_NORMAL, FUNC_ABORT, FUNC_ASMCGOCALL, FUNC_ASYNC_PREEMPT, FUNC_CGOCALLBACK,
	FUNC_COROSTART, FUNC_DEBUG_CALL, FUNC_GC_BG_MARK_WORKER, FUNC_GOEXIT, FUNC_GOGO,
	FUNC_GOPANIC, FUNC_HANDLE_ASYNC_EVENT, FUNC_MCALL, FUNC_MORESTACK, FUNC_MSTART,
	FUNC_PANICWRAP, FUNC_RT0_GO, FUNC_RUN_FINALIZERS, FUNC_RUN_CLEANUPS, FUNC_RUNTIME_MAIN,
	FUNC_SIGPANIC, FUNC_SYSTEMSTACK, FUNC_SYSTEMSTACK_SWITCH, FUNC_WRAPPER,
};

/* internal/abi.FuncFlag */
enum { FUNC_FLAG_TOPFRAME = 1, FUNC_FLAG_SPWRITE = 2, FUNC_FLAG_ASM = 4 };

/* Indexes of PCDATA and FUNCDATA (internal/abi/funcdata or runtime/symtab.go). */
enum {
	PCDATA_UNSAFE_POINT, PCDATA_STACK_MAP, PCDATA_INLINE_TREE, PCDATA_ARG_LIVE,
	PCDATA_PANIC_BOUNDS,
};
enum {
	FUNCDATA_ARGS_MAPS, FUNCDATA_LOCALS_MAPS, FUNCDATA_STACK_OBJECTS, FUNCDATA_INLINE_TREE,
	FUNCDATA_OPEN_DEFERS, FUNCDATA_ARG_INFO, FUNCDATA_ARG_LIVE_INFO, FUNCDATA_WRAP_INFO,
};

struct pclntab {
	unsigned minor; /* Go release 1.minor that chooses the layouts below */
	uint64_t addr;	/* address of the header in the target, 0 if not known */
	uint64_t text;	/* start of text in the target: entry = text + offset */
	uint8_t quantum, pointer_size;
	uint32_t func_count, file_count;
	uint64_t text_start; /* as in the header: 0 from Go 1.26 on */
	struct bytes names, cutab, filetab, pctab;
	struct bytes functab; /* ftab and the _func records, to the end of the bytes given */
	/* go:func.*, from moduledata.gofunc on: FUNCDATA offsets count from its start. Not set by
	 * pclntab_open(): the caller puts it; without it there is no FUNCDATA, so no inlined calls
	 * and no argument words. */
	struct bytes gofunc;
};

/* A function of the table. Small, by value. */
struct func {
	uint32_t index;
	uint64_t entry, end; /* addresses [entry, end) */
	uint32_t offset;     /* of _func in functab */
	uint32_t name_offset, args, deferreturn, pcsp, pcfile, pcln, pcdata_count, cu_offset;
	uint32_t start_line; /* 0 before Go 1.21 */
	enum func_id id;
	uint8_t flags, funcdata_count;
};

/* One level of calls at a pc: the innermost first; the last one is the physical function. */
struct pcln_call {
	const char *name; /* as in the table: "main.(*T).f", type arguments as "[...]" */
	const char *file;
	int32_t line;	    /* 0 if not known */
	int32_t start_line; /* of the function (1.21+), 0 if not known */
	enum func_id id;
	bool inlined;
};

/* Reads the header at the start of BYTES (which may run past the table's end) for release 1.MINOR
 * (0: from the magic alone). TEXT is moduledata.text, or 0 to take the header's. */
bool pclntab_open(struct bytes bytes, uint64_t addr, unsigned minor, uint64_t text,
		  struct pclntab *tab, struct error *err) MUST_CHECK;

/* The function that holds PC; false if none does (outside of text, or a gap). */
bool pclntab_find(const struct pclntab *tab, uint64_t pc, struct func *func);
/* The function with INDEX in [0, func_count). False if its record is damaged. */
bool pclntab_func(const struct pclntab *tab, uint32_t index, struct func *func);
/* Its name; "" if damaged. Borrowed from the table. (The runtime itself shows the one function
 * whose name comes first in the table as "".) */
const char *pclntab_name(const struct pclntab *tab, const struct func *func);
/* The first function (by address) with that name. Linear: for several names walk the functions
 * once with pclntab_func(). */
bool pclntab_find_name(const struct pclntab *tab, const char *name, struct func *func);

/* funcspdelta: bytes of stack below the return address at PC. False if unknown there. */
bool pclntab_spdelta(const struct pclntab *tab, const struct func *func, uint64_t pc,
		     int32_t *delta);
/* Largest stack delta of the function: funcMaxSPDelta. */
int32_t pclntab_max_spdelta(const struct pclntab *tab, const struct func *func);
/* PCDATA value INDEX at PC; -1 if there is none. */
int32_t pclntab_pcdata(const struct pclntab *tab, const struct func *func, unsigned index,
		       uint64_t pc);
/* FUNCDATA INDEX as the bytes from there on to the end of gofunc; empty if there is none. */
struct bytes pclntab_funcdata(const struct pclntab *tab, const struct func *func, unsigned index);

/* File and line recorded for PC: where calls are inlined, those of the innermost; "?" and 0 where
 * not known. */
void pclntab_line(const struct pclntab *tab, const struct func *func, uint64_t pc,
		  const char **file, int32_t *line);

/* The calls at PC, inlined ones first, at most ROOM, at least 1; the return value is how many were
 * written. The last one is always the physical function; where ROOM is short, outer inlined ones
 * are left out. PC is the pc to look up (already one less for a return address). */
size_t pclntab_calls(const struct pclntab *tab, const struct func *func, uint64_t pc,
		     struct pcln_call *calls, size_t room);

/* The pc of the physical function's own line at PC: that of the outermost inlined call, or PC where
 * nothing is inlined. */
uint64_t pclntab_physical_pc(const struct pclntab *tab, const struct func *func, uint64_t pc);
