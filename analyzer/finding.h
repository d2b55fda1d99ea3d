#pragma once
/*
 * What a detector says. The words of classes and kinds are the contract of
 * docs/report.schema.json; docs/CLASSES.md tells what each means and what proves it.
 */
#include "base/arena.h"
#include "goruntime/snapshot.h"

enum confidence {
	POSSIBLE,
	LIKELY,
	CERTAIN, /* the runtime's own records say so */
};

enum verdict_class {
#define CLASS(id, word) id,
#include "analyzer/kinds.def"
	CLASS_COUNT,
};

struct evidence {
	const char *label; /* a word for a margin: "fault", "operand", "records", "sender"; or "" */
	const char *text;
	uint64_t goroutine; /* 0: none */
	uint64_t addr;	    /* 0: none */
};

struct text_list {
	const char **items;
	size_t count, room;
};

struct other_stack { /* of another goroutine that the finding is about */
	uint32_t goroutine; /* index in the snapshot */
	struct trace trace;
	size_t first; /* the frame to begin at */
};

enum { OTHER_STACKS_MAX = 2 };

struct finding {
	const char *detector;
	enum verdict_class class;
	const char *kind; /* a word of kinds.def; NULL for CLASS_UNKNOWN */
	enum confidence confidence;
	bool death;   /* it is what killed the process (else: also found) */
	bool matters; /* not a death, but big enough to be the verdict of a core taken from outside
		       */
	double share; /* of user goroutines concerned, for ranking; 0 */
	const char *title;   /* one line: "read of field Timeout of a nil *Config: s.cfg.Timeout" */
	const char *message; /* the runtime's own text; "" if there is none */
	uint32_t goroutine;  /* index in the snapshot, NO_INDEX */
	uint32_t thread;     /* index in the snapshot, NO_INDEX */
	const uint64_t *goroutines; /* ids of all concerned, ascending */
	size_t goroutine_count;
	struct evidence *evidence;
	size_t evidence_count, evidence_room;
	struct text_list explanation;	   /* what happened, in plain sentences */
	struct text_list advice;	   /* what to look at next: only what follows from facts */
	const struct death_signal *signal; /* that ended or hit it; NULL: none */
	const struct fault_insn *fault;	   /* the instruction at the fault; NULL: none */
	const char
		*function; /* where the fault hit, for C code, which has no Go frame; NULL: none */
	const struct trace *stack; /* the stack that it is about; NULL: none */
	size_t cause_frame;	   /* index in stack->frames; NO_FRAME: nobody is to blame */
	struct other_stack *others; /* the other side of a race */
	size_t other_count;
	const struct call *
		*identity; /* what makes two deaths the same where the stack does not: the
			    * cycle of a recursion, where a deadlock's goroutines wait */
	size_t identity_count;
};

#define NO_FRAME ((size_t)-1)

struct findings {
	struct arena *arena;
	struct finding *items;
	size_t count, room;
};

/* Adds a finding of DETECTOR; the caller fills in the rest. Valid until the next one is added. */
struct finding *findings_add(struct findings *findings, const char *detector,
			     enum verdict_class class, const char *kind,
			     enum confidence confidence);

void finding_title(struct findings *findings, struct finding *finding, const char *fmt, ...)
	FORMAT_PRINTF(3, 4);
void finding_evidence(struct findings *findings, struct finding *finding, uint64_t goroutine,
		      uint64_t addr, const char *fmt, ...) FORMAT_PRINTF(5, 6);
/* The same with a word for the margin; LABEL is a constant string. */
void finding_labelled(struct findings *findings, struct finding *finding, const char *label,
		      uint64_t goroutine, uint64_t addr, const char *fmt, ...) FORMAT_PRINTF(6, 7);
void finding_explain(struct findings *findings, struct finding *finding, const char *fmt, ...)
	FORMAT_PRINTF(3, 4);
void finding_advise(struct findings *findings, struct finding *finding, const char *fmt, ...)
	FORMAT_PRINTF(3, 4);

/* Takes over N ids of goroutines, the findings' memory, and puts them into order. */
void finding_set_goroutines(struct finding *finding, uint64_t *ids, size_t n);

const char *verdict_class_name(enum verdict_class class); /* "nil-dereference" */
const char *confidence_name(enum confidence confidence);  /* "certain" */

/* Whether WORD is "class" or "class/kind" of the contract; *CLASS and *KIND (NULL: all) get it. */
bool verdict_parse(const char *word, enum verdict_class *class, const char **kind);

/* Kind number I of CLASS, NULL past the last: for --help, the documentation, and its tests. */
const char *verdict_kind(enum verdict_class class, size_t i);
