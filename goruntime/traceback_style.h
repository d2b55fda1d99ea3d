#pragma once
/*
 * How the traceback of the Go runtime looks in a release, and which frames it hides
 * (runtime/traceback.go of Go 1.19 and 1.21 to 1.27). traceback_style.c has one row for each
 * change; code asks for the trait by name and never for a release number.
 */
#include "base/str.h"
#include "goruntime/code.h"

struct traceback_style {
	bool gp_columns;	 /* header: gp=, m=, mp= where frames have fp=, sp=, pc= */
	bool names_creator;	 /* created by ... in goroutine N */
	bool elides_middle;	 /* first 50 and last 50 frames; else the first 100 physical ones */
	bool exported_methods;	 /* methods of runtime's exported types are shown as functions are */
	bool shows_finalizers;	 /* runFinalizers and runCleanups are shown always */
	bool synctest_group;	 /* header: synctest group GOID */
	bool synctest_bubble;	 /* header: synctest bubble ID, (durable) */
	bool durable_if_waiting; /* (durable) only in status waiting, not by a stale wait reason */
	bool leaked;		 /* header: (leaked); a leaked goroutine shows its wait reason */
	bool labels;		 /* header: pprof labels, if GODEBUG has tracebacklabels=1 ... */
	bool labels_default;	 /* ... which is the default */
	bool labels_behind;	 /* `[...] {k: v}:`, quoted where needed; else `[... labels:{"k": "v"}]:` */
	bool quotes_bad_bytes;	 /* bytes that are not UTF-8 are quoted as \x.., not as U+FFFD */
};

struct traceback_style traceback_style_of(unsigned minor);

/* What decides whether a frame is shown (showframe, showfuncinfo). */
struct traceback_view {
	struct traceback_style style;
	bool all_frames; /* GOTRACEBACK=system and above */
};

/* FIRST: nothing was shown before it. CALLEE: id of the logical frame that it called. */
bool traceback_shows(const struct traceback_view *view, const struct call *call, bool first,
		     enum func_id callee);

/* Whether a wait reason is one in which synctest counts a goroutine as idle (runtime2.go
 * isIdleInSynctest). */
bool traceback_idle_in_synctest(const char *wait_reason);

/* Appends what stands in the header for the labels, the space before it included. */
struct label;
void traceback_add_labels(const struct traceback_style *style, const struct label *labels,
			  size_t count, struct str *out);
