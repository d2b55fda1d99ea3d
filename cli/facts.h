#pragma once
/* What the session knows of core and executable, as the report wants it. */
#include "cli/session.h"

void facts_core(const struct session *session, struct report_core *core);
void facts_executable(const struct session *session, struct report_executable *exe);
