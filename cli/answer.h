#pragma once
/* A command that takes a snapshot, finds something in it and writes that: what these have in
 * common. */
#include "cli/cli.h"
#include "cli/session.h"

struct answer {
	/* Finds what is asked for and puts it into WHAT; on failure session->about names what it is
	 * about. NULL: nothing is to be found. */
	bool (*find)(struct session *session, void *what, struct error *err);
	/* A writer for each format that the command's row in cli.c has. */
	void (*write[FORMAT_COUNT])(struct session *session, const void *what, FILE *out);
};

/* Runs one command; WHAT is its own, zeroed. */
enum exit_code answer_run(const struct answer *answer, void *what, const struct options *options,
			  FILE *out);
