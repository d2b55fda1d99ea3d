#include "formats/dwarf_vars.h"

#include <dwarf.h>
#include <string.h>

#include "base/str.h"
#include "formats/dwarf_internal.h"

enum where { IN_REGISTER, IN_FRAME, IN_CLOSURE };

/* Where a variable is looked for. */
struct wanted {
	uint64_t pc;
	enum where where;
	unsigned number; /* of the register */
	int64_t offset;	 /* from the CFA, or in the closure */
};

/* The best variable so far. */
struct candidate {
	struct dwarf_word word;
	bool found, pointer;
	unsigned depth; /* of its scope */
	uint64_t line;
};

/* --- functions and scopes */

bool dwarf_is_variable(int tag)
{
	return tag == DW_TAG_variable || tag == DW_TAG_formal_parameter;
}

/* Whether the program has a variable of that name. Not so are results without a name, the
 * compiler's own (".autotmp_3"), and the parts that it cuts a variable into for its stack slots, in
 * a function those of inlined calls too ("data.ptr"; cmd/compile/internal/ssa/decompose.go). */
static bool is_named(const char *name)
{
	return name[0] != '\0' && name[0] != '~' && strchr(name, '.') == NULL &&
	       strcmp(name, "_") != 0;
}

static void add_scope(Dwarf_Die *scope, unsigned depth, struct dwarf_body *body)
{
	if (dwarf_tag(scope) == DW_TAG_inlined_subroutine && !body->has_call) {
		body->call = *scope;
		body->has_call = true;
	} else if (dwarf_tag(scope) == DW_TAG_lexical_block && body->count < DWARF_BLOCKS_MAX) {
		body->depths[body->count] = depth;
		body->blocks[body->count++] = *scope;
	}
}

void dwarf_body_at(Dwarf_Die *function, uint64_t pc, struct dwarf_body *body)
{
	body->blocks[0] = *function;
	body->depths[0] = 0;
	body->count = 1;
	body->has_call = false;
	for (size_t i = 0; i < body->count; i++) {
		Dwarf_Die child;
		if (dwarf_child(&body->blocks[i], &child) != 0)
			continue;
		do {
			int tag = dwarf_tag(&child);
			bool scope = tag == DW_TAG_lexical_block ||
				     tag == DW_TAG_inlined_subroutine;
			if (scope && dwarf_haspc(&child, pc) == 1)
				add_scope(&child, body->depths[i] + 1, body);
		} while (dwarf_siblingof(&child, &child) == 0);
	}
}

/* --- one variable */

static bool matches(const struct wanted *wanted, const struct dwarf_operation *operation,
		    uint64_t size, uint64_t *within)
{
	unsigned number;
	*within = 0;
	if (wanted->where == IN_REGISTER)
		return dwarf_register_of(operation, &number) && number == wanted->number;
	if (operation->atom != DW_OP_fbreg && operation->atom != DW_OP_call_frame_cfa)
		return false;
	*within = (uint64_t)wanted->offset - operation->number;
	return *within < size;
}

/* The offset within the variable of the part that is where it is wanted. A piece without an
 * operation is a part that is lost. */
static bool find_part(const struct wanted *wanted, const struct dwarf_location *location,
		      const uint64_t *starts, uint64_t size, uint64_t *offset)
{
	uint64_t within;
	size_t piece = 0;
	for (size_t i = 0; i < location->count; i++) {
		const struct dwarf_operation *operation = &location->operations[i];
		if (operation->atom == DW_OP_piece) {
			piece++;
			continue;
		}
		bool pieces = i + 1 < location->count;
		if (pieces && operation[1].atom != DW_OP_piece)
			return false;
		uint64_t part = pieces ? operation[1].number : size;
		if (matches(wanted, operation, part, &within)) {
			*offset = starts[piece] + within;
			return true;
		}
	}
	return false;
}

static bool is_address(const struct dwarf_word *word)
{
	switch (word->kind) {
	case DWARF_KIND_POINTER:
	case DWARF_KIND_UNSAFE_POINTER:
	case DWARF_KIND_MAP:
	case DWARF_KIND_CHAN:
	case DWARF_KIND_FUNC:
		return true;
	default:
		return word->part == DWARF_DATA || word->part == DWARF_DYNAMIC_TYPE ||
		       word->part == DWARF_DYNAMIC_VALUE;
	}
}

/* A captured variable states where in the closure it is (Go 1.23 and later). */
static bool find_captured(const struct wanted *wanted, Dwarf_Die *variable, uint64_t size,
			  uint64_t *offset)
{
	uint64_t start;
	if (!dwarf_number(variable, DW_AT_go_closure_offset, &start))
		return false;
	*offset = (uint64_t)wanted->offset - start;
	return *offset < size;
}

static bool find_offset(const struct wanted *wanted, Dwarf_Die *variable, Dwarf_Die *type,
			uint64_t size, uint64_t *offset)
{
	struct dwarf_location location;
	uint64_t starts[DWARF_OPERATIONS_MAX];
	if (wanted->where == IN_CLOSURE)
		return find_captured(wanted, variable, size, offset);
	return dwarf_location_at(variable, wanted->pc, &location) &&
	       dwarf_piece_offsets(variable, type, &location, starts) &&
	       find_part(wanted, &location, starts, size, offset);
}

/* The word at OFFSET of VARIABLE. */
static bool read_variable(Dwarf_Die *variable, Dwarf_Die *type, uint64_t offset,
			  struct arena *arena, struct dwarf_word *word)
{
	const char *name = dwarf_name_of(variable);
	if (name[0] == '&')
		return offset == 0 && dwarf_escaped_word(type, name + 1, arena, word);
	_cleanup_str_ struct str path = { 0 };
	str_add(&path, name);
	return dwarf_word_at(type, offset, &path, arena, word);
}

/* --- the best of all */

/* Inner scopes before outer ones, later declarations before earlier ones, but addresses first. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
	if (!b->found || a->pointer != b->pointer)
		return !b->found || a->pointer;
	return a->depth > b->depth || (a->depth == b->depth && a->line > b->line);
}

static void consider(const struct wanted *wanted, Dwarf_Die *variable, unsigned depth,
		     struct arena *arena, struct candidate *best)
{
	struct candidate found = { .found = true, .depth = depth };
	Dwarf_Die type;
	uint64_t size, offset = 0;
	if (!is_named(dwarf_name_of(variable)) ||
	    !dwarf_follow(variable, DW_AT_type, &type) || !dwarf_size_of(&type, &size) ||
	    !find_offset(wanted, variable, &type, size, &offset) ||
	    !read_variable(variable, &type, offset, arena, &found.word))
		return;
	found.pointer = is_address(&found.word);
	found.word.parameter = dwarf_tag(variable) == DW_TAG_formal_parameter;
	if (!dwarf_number(variable, DW_AT_decl_line, &found.line))
		found.line = 0;
	if (is_better(&found, best))
		*best = found;
}

/* DEPTH grows with each block, and with each call. */
static void search_block(const struct wanted *wanted, Dwarf_Die *block, unsigned depth,
			 struct arena *arena, struct candidate *best)
{
	Dwarf_Die child;
	if (dwarf_child(block, &child) != 0)
		return;
	do {
		if (dwarf_is_variable(dwarf_tag(&child)))
			consider(wanted, &child, depth, arena, best);
	} while (dwarf_siblingof(&child, &child) == 0);
}

static bool find_word(const struct dwarf *dwarf, const struct wanted *wanted, struct arena *arena,
		      struct dwarf_word *word)
{
	Dwarf_Die function;
	struct dwarf_body body;
	if (!dwarf_subprogram_at(dwarf, wanted->pc, &function))
		return false;
	struct candidate best = { 0 };
	unsigned depth = 0;
	for (unsigned level = 0; level < DWARF_LEVELS_MAX; level++) {
		dwarf_body_at(&function, wanted->pc, &body);
		for (size_t i = 0; i < body.count; i++)
			search_block(wanted, &body.blocks[i], depth + body.depths[i], arena, &best);
		if (!body.has_call)
			break;
		depth += DWARF_BLOCKS_MAX + 1;
		function = body.call;
	}
	if (best.found)
		*word = best.word;
	return best.found;
}

bool dwarf_word_in_register(const struct dwarf *dwarf, uint64_t pc, unsigned number,
			    struct arena *arena, struct dwarf_word *word)
{
	const struct wanted wanted = { .pc = pc, .where = IN_REGISTER, .number = number };
	return find_word(dwarf, &wanted, arena, word);
}

bool dwarf_word_in_frame(const struct dwarf *dwarf, uint64_t pc, int64_t offset,
			 struct arena *arena, struct dwarf_word *word)
{
	const struct wanted wanted = { .pc = pc, .where = IN_FRAME, .offset = offset };
	return find_word(dwarf, &wanted, arena, word);
}

bool dwarf_word_in_closure(const struct dwarf *dwarf, uint64_t pc, uint64_t offset,
			   struct arena *arena, struct dwarf_word *word)
{
	const struct wanted wanted = { .pc = pc, .where = IN_CLOSURE, .offset = (int64_t)offset };
	return find_word(dwarf, &wanted, arena, word);
}

bool dwarf_word_in_data(const struct dwarf *dwarf, uint64_t addr, struct arena *arena,
			struct dwarf_word *word)
{
	Dwarf_Die variable, type;
	uint64_t offset;
	return dwarf_variable_at(dwarf, addr, &variable, &offset) &&
	       dwarf_follow(&variable, DW_AT_type, &type) &&
	       read_variable(&variable, &type, offset, arena, word);
}
