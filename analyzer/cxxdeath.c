#include "analyzer/cxxdeath.h"

#include <string.h>

/* Ends that the C++ library makes of what its callers did: the last function of it that says
 * which. */
static const struct {
	const char *symbol, *title;
	bool throws;
} cxx_ends[] = {
	{ "__cxa_throw", "an exception that no C++ code caught, thrown", true },
	{ "__cxa_rethrow", "an exception that no C++ code caught, thrown again", true },
	{ "__cxa_pure_virtual", "C++ code called a pure virtual function", false },
	{ "__cxa_deleted_virtual", "C++ code called a deleted virtual function", false },
	{ "_ZSt9terminatev", "C++ code called std::terminate", false },
};

/* The row of a C++ death in cxx_ends; their count where it is none. */
static size_t cxx_end(const struct trace *stack)
{
	const size_t rows = sizeof(cxx_ends) / sizeof(cxx_ends[0]);
	for (size_t row = 0; row < rows; row++)
		for (size_t i = 0; stack != NULL && i < stack->count && stack->frames[i].call->is_c;
		     i++)
			if (strcmp(stack->frames[i].call->symbol, cxx_ends[row].symbol) == 0)
				return row;
	return rows;
}

bool cxx_is_uncaught(const struct trace *stack)
{
	size_t row = cxx_end(stack);
	return row < sizeof(cxx_ends) / sizeof(cxx_ends[0]) && cxx_ends[row].throws;
}

bool cxx_set_title(struct findings *findings, struct finding *finding,
			  const struct snapshot *snapshot, const char *place)
{
	const struct cxx_exception *exception = snapshot->death.exception;
	size_t row = cxx_end(finding->stack);
	if (row == sizeof(cxx_ends) / sizeof(cxx_ends[0]))
		return false;
	const char *title = cxx_ends[row].title;
	if (!cxx_ends[row].throws || exception == NULL)
		finding_title(findings, finding, "%s in %s", title, place);
	else if (exception->text == NULL || exception->text[0] == '\0')
		finding_title(findings, finding, "%s in %s: %s", title, place, exception->type);
	else
		finding_title(findings, finding, "%s in %s: %s: %.*s", title, place, exception->type,
			      (int)strcspn(exception->text, "\n"), exception->text);
	return true;
}

void cxx_add_exception(struct findings *findings, struct finding *finding,
			  const struct snapshot *snapshot)
{
	const struct cxx_exception *exception = snapshot->death.exception;
	if (exception == NULL || strcmp(finding->kind, "c-abort") != 0)
		return;
	finding_labelled(findings, finding, "exception", 0, exception->addr, "%s at 0x%llx%s%s",
			 exception->type, (unsigned long long)exception->addr,
			 exception->text ? ": " : "", exception->text ? exception->text : "");
}
