#pragma once
/*
 * Everything that a writer may print of one analysis, and nothing else. Text from the target is as
 * it was found: writers make it safe (UTF-8, terminal escapes). Memory: the arena's.
 */
#include "analyzer/finding.h"
#include "analyzer/hang.h"
#include "goruntime/defers.h"
#include "goruntime/gcstate.h"
#include "goruntime/settings.h"
#include "analyzer/logmatch.h"

enum report_origin { ORIGIN_PANIC, ORIGIN_FATAL_ERROR, ORIGIN_SIGNAL, ORIGIN_SNAPSHOT };

struct report_options {
	struct detector_options *detect; /* NULL: defaults */
	const char **skip;		 /* words of --skip */
	size_t skip_count;
	bool brief;
	bool redact;
	const struct golog *log; /* of --log; NULL: none */
	const char *build_id; /* of the executable, for fingerprint_exact; NULL: not known */
	const char *path_map_from[16], *path_map_to[16]; /* --path-map */
	size_t path_map_count;
};

struct report_detector {
	const char *name;
	const char *reason; /* why it was skipped; NULL: it ran. A kind that --skip took out of a
			     * detector that ran has a row of its own, named class/kind. */
};

struct report_group { /* goroutines alike: same stack, status, wait, creator */
	uint64_t count;
	const uint64_t *ids;	       /* ascending */
	const char *status, *wait;     /* wait "" where it has no meaning */
	double longest_wait_seconds;   /* negative: not known */
	const struct call *created_by; /* NULL: none */
	bool system;
	struct trace trace; /* empty where `lazy`: ask report_group_trace() */
	bool lazy;	    /* one of so many stacks that they are not kept all at once */
	const struct goroutine *first; /* the member with the lowest id */
};

struct report_status_count {
	const char *name;
	uint64_t count;
};

struct report_core {
	const char *path, *writer;
	uint64_t size_bytes, dumped_bytes, missing_bytes;
	int32_t pid;
	const char *command, *arguments;
	size_t threads;
	bool truncated;
	const char *compression; /* "zstd"; NULL: none */
	uint64_t stream_bytes;	 /* of the file or pipe it was read from; 0: read in place */
	const char *goarch;
};

struct report_executable {
	const char *path; /* NULL: none */
	const char *debug_path; /* of the file with its symbols and DWARF; NULL: itself, or none */
	const char *build_id, *go_build_id;
	const char *matches; /* "yes", "no", "unknown" */
	bool stripped, dwarf, pie;
};

struct report {
	const struct snapshot *snapshot; /* for what is listed lazily: threads, panics; redacted as
					  * the report is */
	struct report_core core;
	struct report_executable executable;
	const struct buildinfo *buildinfo;
	bool cgo, race;
	enum report_origin origin;
	const struct finding *verdict;	     /* never NULL */
	const struct finding **alternatives; /* verdict-shaped, less likely */
	size_t alternative_count;
	const struct finding *findings; /* all, the verdict included */
	size_t finding_count;
	struct report_detector *detectors;
	size_t detector_count;
	const struct trace *culprit; /* stack of the verdict's goroutine or thread; NULL */
	size_t cause_frame;	     /* index in culprit->frames; (size_t)-1: none */

	uint64_t goroutines_total, goroutines_listed, goroutines_unreadable, goroutines_dead,
		goroutines_deadextra, goroutines_system;
	struct report_status_count *by_status;
	size_t by_status_count;
	struct report_status_count *by_wait;
	size_t by_wait_count;
	struct report_group *groups; /* largest first; none with --brief */
	size_t group_count;

	struct memory memory;
	struct scheduler scheduler;
	struct hang hang; /* of a process that was killed or dumped from outside; not with --brief */
	struct gc_state gc;
	struct settings settings;
	struct defers defers; /* of the culprit, that a fatal error or a signal left without a call */
	const struct check *checks;
	size_t check_count;
	const struct golog *log; /* that was held against the core; NULL: none */
	enum log_verdict log_verdict;
	const char *fingerprint_class, *fingerprint_crash, *fingerprint_exact; /* hex */
	const struct caveats *caveats;
	bool redacted;
	bool brief;
};

enum { FINGERPRINT_VERSION = 1 };

/* Runs the detectors and makes the report. Fills all of REPORT but `core` and `executable`, which
 * are the caller's and stay as they are. SNAPSHOT, OPTIONS and ARENA outlive REPORT. Fails with
 * ERROR_USAGE on a word of --skip that is no class or kind. */
bool report_make(const struct snapshot *snapshot, const struct report_options *options,
		 struct arena *arena, struct report *report, struct error *err) MUST_CHECK;

/* The frames of a group, kept or not. Memory of ARENA, which may be released after use. */
void report_group_trace(const struct report *report, const struct report_group *group,
			struct arena *arena, struct trace *trace);

/* Whether a class named by WORD ("class" or "class/kind") is the verdict, or a finding that is
 * certain or likely: what --fail-on asks. */
bool report_has(const struct report *report, enum verdict_class class, const char *kind);
