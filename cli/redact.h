#pragma once
/* --redact: types and shapes stay, the program's own data goes. */
#include "base/str.h"

/* The argument words of a frame with each number as "_"; NULL for NULL. */
const char *redact_words(const char *words, struct str *buf);

/* "<redacted, 12 bytes>". */
const char *redact_text(const char *text, struct str *buf);
