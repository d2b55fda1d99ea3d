#pragma once
/*
 * What `gocore goroutines` and `gocore stack` write, one goroutine or group at a time: each is
 * written and forgotten, so memory does not grow with the list.
 */
#include "cli/filter.h"
#include "cli/session.h"
#include "cli/text.h"

void goroutines_write_text(struct session *session, struct filter *filter, FILE *out);
void goroutines_write_json(struct session *session, struct filter *filter, FILE *out);
void goroutines_write_gotrace(struct session *session, struct filter *filter, FILE *out);
void goroutines_write_pprof(struct session *session, struct filter *filter, FILE *out);

/* One goroutine for a person: header, what it waits for, labels, whole stack, creator. */
void text_goroutine(struct text *text, const struct snapshot *snapshot, const struct goroutine *g);
