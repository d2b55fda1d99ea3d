#pragma once
/*
 * What is known of a program counter, computed once per pc and kept: the function, its stack
 * delta, and the calls (inlined ones too) with names and lines. Millions of frames share few pcs.
 */
#include "goruntime/module.h"

/* What unwinding needs of one pc. */
struct code {
	uint64_t pc;
	const struct module *module;
	struct func func;
	int32_t spdelta; /* runtime.funcspdelta at pc */
	bool valid;	 /* a Go function holds pc */
	bool has_spdelta;
};

/* One logical frame at a pc, innermost first; the last is the physical function. */
struct call {
	const char *symbol;   /* name in the table: "main.Map[...]" (release dependent) */
	const char *function; /* as Go's traceback prints it: "panic" for runtime.gopanic, type
			       * arguments as [...] */
	const char *file;
	int32_t line;
	int32_t start_line;
	enum func_id id;
	bool inlined;
	bool is_c;	    /* no Go function: without id; file NULL and line 0 where not known */
	const char *object; /* of C: the file that the code is from, without directory; NULL: none */
};

struct calls {
	const struct call *items;
	size_t count;
};

struct code_cache;

struct code_cache *code_cache_create(const struct modules *modules);
void code_cache_destroy(struct code_cache *cache);

/* Never NULL; ->valid says whether PC lies in a Go function. Valid until the cache is destroyed. */
const struct code *code_at(struct code_cache *cache, uint64_t pc);

/* The calls at LOOKUP_PC, which lies in CODE's function: the pc itself where it is exact, else one
 * less than a return address. At least one. */
struct calls code_calls(struct code_cache *cache, const struct code *code, uint64_t lookup_pc);
