#pragma once
/* Parts of the JSON that several commands write; docs/report.schema.json has their shapes. */
#include "cli/json.h"
#include "cli/options.h"
#include "cli/show_values.h"
#include "goruntime/snapshot.h"

/* schema_version and tool: how every document begins. */
void json_header(struct json *json);
void json_error(struct json *json, const char *about, const struct error *err);
void json_core(struct json *json, const struct report_core *core, const struct options *options);
void json_executable(struct json *json, const struct report_executable *exe,
		     const struct buildinfo *info, bool cgo, bool race);
void json_call(struct json *json, const char *key, const struct call *call,
	       const struct options *options);
/* The member `frames`, and `frames_elided` behind it. */
void json_frames(struct json *json, const struct trace *trace, const struct options *options);
/* The same with the variables of those frames that WANTED (NULL: all) has. */
void json_frames_values(struct json *json, const struct trace *trace, const bool *wanted,
			const struct value_source *source, const struct options *options);
void json_goroutine(struct json *json, const struct snapshot *snapshot, const struct goroutine *g,
		    const struct options *options);
/* Members of a thread's object: tid, m, p, goroutine; null where there is none. */
void json_thread_head(struct json *json, const struct snapshot *snapshot,
		      const struct thread *thread);
void json_caveats(struct json *json, const struct caveats *caveats);
/* Members that say what a text is about; 0: nothing of that kind. */
void json_subject(struct json *json, uint64_t goroutine, uint64_t addr);
