#pragma once
/*
 * What a person asks for in Go's words: variables of a frame and of packages, fields, elements, map
 * entries, what a pointer points to, and addresses with a type.
 *
 *	cfg.Servers[2].Name    *p    m["key"]    main.server    net/http.DefaultClient.Timeout
 *	len(s)    err.(*main.T).Code    (*main.T)(0xc000012000).Name    s[2:5]    handler.count
 *
 * Pointers are followed by a selector as in Go, and so are interfaces: what they hold is selected
 * from. An index of a map may be any key as values write it. A selector of a func value is a variable
 * that the closure has captured, which Go has no words for.
 */
#include "goruntime/frame_values.h"

struct expression_scope {
	const struct goroutine *g; /* NULL: no goroutine, only package variables and addresses */
	const struct trace *trace;
	size_t frame;
};

/* Whether TEXT begins with the name of a variable of the scope's frame. */
bool expression_is_local(struct values *values, const struct expression_scope *scope,
			 const char *text);

/* The value of TEXT, called so. Fails with ERROR_USAGE where TEXT cannot be read, ERROR_NOT_FOUND
 * where there is no such thing, ERROR_UNMAPPED or ERROR_NOT_DUMPED where the way to it is not
 * there; the error's text tells which part. A value that is itself optimized out or missing is none
 * of these: its state says so. */
bool expression_value(struct values *values, const struct expression_scope *scope,
		      const char *text, struct value *value, struct error *err) MUST_CHECK;
