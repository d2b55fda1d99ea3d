#include "analyzer/settingsadvice.h"

#include <string.h>

#include "analyzer/fataltexts.h"

/* runtime/extern.go. SET: the advice is for GODEBUG with KEY=VALUE; else for one without KEY. */
static const struct row {
	enum verdict_class class;
	const char *kind; /* NULL: all */
	const char *key, *value;
	bool set, cgo; /* CGO: only for programs with C code */
	const char *text;
} rows[] = {
	{ CLASS_MEMORY_CORRUPTION, NULL, "invalidptr=", "0", true, false,
	  "GODEBUG=invalidptr=0 was in force: the collector and the stack walker passed over bad "
	  "pointers that they would have reported earlier." },
	{ CLASS_INVALID_ADDRESS, NULL, "invalidptr=", "0", true, false,
	  "GODEBUG=invalidptr=0 was in force: the collector passed over bad pointers that it would "
	  "have reported." },
	{ CLASS_MEMORY_CORRUPTION, NULL, "cgocheck=", "0", true, true,
	  "GODEBUG=cgocheck=0 was in force: Go pointers that are handed to C against the rules were "
	  "not reported." },
	{ CLASS_CGO_CRASH, NULL, "cgocheck=", "0", true, true,
	  "GODEBUG=cgocheck=0 was in force: Go pointers that are handed to C against the rules were "
	  "not reported." },
	{ CLASS_MEMORY_CORRUPTION, "bad-pointer", "clobberfree=", NULL, false, false,
	  "GODEBUG=clobberfree=1 overwrites objects as they are freed: a use after free then shows "
	  "where it happens." },
};

static bool matches(const struct row *row, const struct finding *finding, bool cgo,
		    const struct settings *settings)
{
	const char *value = settings_godebug(settings, row->key);
	if (finding->class != row->class || (row->cgo && !cgo) ||
	    (row->kind != NULL &&
	     (finding->kind == NULL || strcmp(finding->kind, row->kind) != 0)))
		return false;
	if (!row->set)
		return value == NULL;
	size_t size = strlen(row->value);
	return value != NULL && strncmp(value, row->value, size) == 0 &&
	       (value[size] == ',' || value[size] == '\0');
}

void settings_advise(struct findings *findings, struct finding *finding,
		     const struct snapshot *snapshot, const struct settings *settings)
{
	if (!finding->death || death_is_checkptr(snapshot))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (matches(&rows[i], finding, snapshot->iscgo, settings))
			finding_advise(findings, finding, "%s", rows[i].text);
	if (settings->traceback_known && settings->traceback_level == 0 &&
	    !settings->traceback_crash)
		finding_advise(findings, finding,
			       "GOTRACEBACK=none was in force: the process printed no stacks; those "
			       "above are from the core.");
}
