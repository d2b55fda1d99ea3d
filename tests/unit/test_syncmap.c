/* The entries of a sync.Map in its two forms, and of what only looks like one. */
#include "goruntime/expression_internal.h"

#include <string.h>

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct value value;
static uint64_t int_type;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	process_func(&p, "main.main", 8);
	int_type = process_type(&p, KIND_INT, "int", 8);
}

static void teardown(void)
{
	process_release(&p);
}

/* --- types: what the program's descriptors tell of them --------------------------------------- */

static const struct value_type word_type = {
	.name = "unsafe.Pointer",
	.package = "",
	.kind = KIND_UNSAFE_POINTER,
	.size = 8,
};
static const struct value_type bool_type = {
	.name = "bool",
	.package = "",
	.kind = KIND_BOOL,
	.size = 1,
};

static const struct value_type *kept(const struct value_type *type)
{
	struct value_type *copy = arena_alloc(&p.arena, sizeof(*copy));
	*copy = *type;
	copy->parts_read = copy->parts_good = true;
	return copy;
}

static const struct value_type *structure(const char *package, const char *name, uint64_t size,
					  const struct value_field *fields, size_t count)
{
	struct value_field *copy = arena_alloc(&p.arena, count * sizeof(*copy));
	memcpy(copy, fields, count * sizeof(*copy));
	const struct value_type type = { .name = name,
					 .package = package,
					 .kind = KIND_STRUCT,
					 .size = size,
					 .fields = copy,
					 .field_count = count };
	return kept(&type);
}

static const struct value_type *made_of(enum go_kind kind, const struct value_type *elem)
{
	const struct value_type type = { .name = "*",
					 .package = "",
					 .kind = kind,
					 .elem = elem,
					 .size = kind == KIND_POINTER ? 8 : 0 };
	return kept(&type);
}

/* atomic.Pointer[ELEM] */
static const struct value_type *atomic_pointer(const struct value_type *elem)
{
	const struct value_field fields[] = {
		{ "_", made_of(KIND_ARRAY, made_of(KIND_POINTER, elem)), 0, false },
		{ "v", &word_type, 0, false },
	};
	return structure("sync/atomic", "atomic.Pointer[T]", 8, fields, 2);
}

enum { TRIE_ROOT = 16, NODE_BYTES = 152, NODE_PARENT = 16, NODE_CHILDREN = 24 };

static const struct value_type *trie_type(uint64_t children_at)
{
	const struct value_field node[] = {
		{ "parent", &word_type, NODE_PARENT, false },
		{ "children", &word_type, children_at, false },
	};
	const struct value_type *node_type =
		structure("internal/sync", "sync.indirect[K,V]", NODE_BYTES, node, 2);
	const struct value_field trie[] = { { "root", atomic_pointer(node_type), TRIE_ROOT,
					      false } };
	const struct value_field map[] = {
		{ "m", structure("internal/sync", "sync.HashTrieMap[K,V]", 48, trie, 1), 0, false },
	};
	return structure("sync", "sync.Map", 48, map, 1);
}

static void make(const struct value_type *type, uint64_t addr)
{
	const struct value_limits limits = {
		.depth = 3,
		.elements = 4,
		.text = 200,
		.string = 20,
		.values = 100,
	};
	process_read(&p);
	struct values *values = values_create(&p.snapshot, &p.arena, &limits);
	const struct operand operand = operand_at(addr, type);
	value_make(values, "m", &operand, &value);
}

static void put_any(uint64_t addr, uint64_t number)
{
	uint64_t cell = process_alloc(&p, 8);
	process_put64(&p, cell, number);
	process_put64(&p, addr, int_type);
	process_put64(&p, addr + 8, cell);
}

/* --- the trie --------------------------------------------------------------------------------- */

static uint64_t make_entry(uint64_t key, uint64_t elem)
{
	uint64_t entry = process_alloc(&p, 48);
	process_put8(&p, entry, 1);
	put_any(entry + 16, key);
	put_any(entry + 32, elem);
	return entry;
}

static uint64_t make_node(uint64_t parent)
{
	uint64_t node = process_alloc(&p, NODE_BYTES);
	process_put64(&p, node + NODE_PARENT, parent);
	return node;
}

static void put_child(uint64_t node, unsigned i, uint64_t child)
{
	process_put64(&p, node + NODE_CHILDREN + i * 8, child);
}

static uint64_t make_trie(uint64_t root)
{
	uint64_t map = process_alloc(&p, 48);
	process_put64(&p, map + TRIE_ROOT, root);
	return map;
}

START_TEST(a_trie_is_shown_as_a_map)
{
	uint64_t root = make_node(0), inner = make_node(root), chain = make_entry(3, 30);
	put_child(root, 1, make_entry(2, 20));
	put_child(root, 15, inner);
	put_child(inner, 0, chain);
	process_put64(&p, chain + 8, make_entry(1, 10)); /* a key with the same hash */
	make(trie_type(NODE_CHILDREN), make_trie(root));
	ck_assert_str_eq(value.text, "sync.Map{1: 10, 2: 20, 3: 30}");
	ck_assert_uint_eq(value.child_count, 3);
	ck_assert_str_eq(value.children[0].name, "[1]");
}
END_TEST

START_TEST(a_map_that_was_never_used_is_empty)
{
	make(trie_type(NODE_CHILDREN), make_trie(0));
	ck_assert_str_eq(value.text, "sync.Map{}");
}
END_TEST

START_TEST(entries_behind_the_limit_are_counted)
{
	uint64_t root = make_node(0);
	for (unsigned i = 0; i < 10; i++)
		put_child(root, i, make_entry(i, i));
	make(trie_type(NODE_CHILDREN), make_trie(root));
	ck_assert_str_eq(value.text, "sync.Map{0: 0, 1: 1, 2: 2, 3: 3, ... 6 more}");
	ck_assert_uint_eq(value.children_left_out, 6);
}
END_TEST

START_TEST(what_is_not_in_the_core_is_said)
{
	uint64_t root = make_node(0);
	put_child(root, 0, make_entry(1, 10));
	put_child(root, 1, 0x1000);
	make(trie_type(NODE_CHILDREN), make_trie(root));
	ck_assert_str_eq(value.text, "sync.Map{1: 10} (part of it is missing)");
	make(trie_type(NODE_CHILDREN), make_trie(0x1000));
	ck_assert_int_eq(value.state, VALUE_NOT_IN_CORE);
}
END_TEST

START_TEST(circles_of_nodes_and_entries_end)
{
	uint64_t root = make_node(0), a = make_entry(1, 1), b = make_entry(2, 2),
		 c = make_entry(3, 3);
	put_child(root, 0, root);
	put_child(root, 1, a);
	process_put64(&p, a + 8, b);
	process_put64(&p, b + 8, c);
	process_put64(&p, c + 8, b);
	make(trie_type(NODE_CHILDREN), make_trie(root));
	ck_assert_ptr_nonnull(strstr(value.text, "(part of it is missing)"));
	ck_assert_ptr_nonnull(strstr(value.text, "sync.Map{1: 1, 2: 2, "));
}
END_TEST

START_TEST(an_entry_is_reached_by_its_key)
{
	struct error err = ERROR_INIT;
	const struct value_limits limits = { .depth = 3, .elements = 4, .text = 99, .values = 99 };
	uint64_t root = make_node(0), entry = make_entry(2, 20);
	put_child(root, 1, entry);
	process_read(&p);
	struct evaluator e = { .v = values_create(&p.snapshot, &p.arena, &limits),
			       .text = "m",
			       .next = "m",
			       .err = &err };
	const struct evaluated map = { .operand = operand_at(make_trie(root),
							     trie_type(NODE_CHILDREN)) };
	process_read(&p);
	struct evaluated out = map;
	ck_assert(expression_index(&e, "2", &out));
	ck_assert_uint_eq(out.operand.addr, entry + 32);
	out = map;
	ck_assert(!expression_index(&e, "3", &out));
	ck_assert_str_eq(err.text, "'': a sync.Map has no key 3");
}
END_TEST

START_TEST(a_trie_of_another_shape_is_no_map)
{
	make(trie_type(NODE_CHILDREN + 8), make_trie(make_node(0)));
	ck_assert_str_eq(value.children[0].name, "m");
}
END_TEST

/* --- two maps --------------------------------------------------------------------------------- */

enum { READ = 0, DIRTY = 8, GROUP_BYTES = 8 + 8 * 16 + 8 * 8 };

/* map[any]*entry of go1.27 */
static const struct value_type *inner_map(void)
{
	const struct value_field fields[] = { { "p", &word_type, 0, false } };
	const struct value_type *entry = structure("sync", "sync.entry", 8, fields, 1);
	uint64_t type = process_type(&p, KIND_MAP, "map[interface {}]*sync.entry", 8);
	process_put(&p, type, MAPTYPE_GROUPSIZE, GROUP_BYTES);
	process_put(&p, type, MAPTYPE_KEYSOFF, 8);
	process_put(&p, type, MAPTYPE_KEYSTRIDE, 16);
	process_put(&p, type, MAPTYPE_ELEMSOFF, 8 + 8 * 16);
	process_put(&p, type, MAPTYPE_ELEMSTRIDE, 8);
	const struct value_type map = { .name = "map[interface {}]*sync.entry",
					.package = "",
					.kind = KIND_MAP,
					.size = 8,
					.descriptor = type,
					.key = &value_type_any,
					.elem = made_of(KIND_POINTER, entry) };
	return kept(&map);
}

static const struct value_type *two_maps_type(void)
{
	const struct value_type *inner = inner_map();
	const struct value_field only[] = {
		{ "m", inner, 0, false },
		{ "amended", &bool_type, 8, false },
	};
	const struct value_field fields[] = {
		{ "read", atomic_pointer(structure("sync", "sync.readOnly", 16, only, 2)), READ,
		  false },
		{ "dirty", inner, DIRTY, false },
	};
	return structure("sync", "sync.Map", 16, fields, 2);
}

/* A map whose keys are 0, 1, ..., with entries of which each leads to one of VALUES. */
static uint64_t make_inner(const uint64_t *values, size_t count)
{
	uint64_t map = process_struct(&p, RT_MAPS_MAP), group = process_alloc(&p, GROUP_BYTES);
	for (unsigned i = 0; i < 8; i++)
		process_put8(&p, group + i, i < count ? 0x11 : 0x80);
	for (size_t i = 0; i < count; i++) {
		uint64_t entry = process_alloc(&p, 8);
		process_put64(&p, entry, values[i]);
		put_any(group + 8 + i * 16, i);
		process_put64(&p, group + 8 + 8 * 16 + i * 8, entry);
	}
	process_put(&p, map, MAPS_MAP_USED, count);
	process_put(&p, map, MAPS_MAP_DIRPTR, group);
	return map;
}

static uint64_t make_value(uint64_t number)
{
	uint64_t addr = process_alloc(&p, 16);
	put_any(addr, number);
	return addr;
}

static void make_two(uint64_t read, bool amended, uint64_t dirty)
{
	uint64_t map = process_alloc(&p, 16), only = process_alloc(&p, 16);
	process_put64(&p, only, read);
	process_put8(&p, only + 8, amended);
	process_put64(&p, map + READ, read != 0 || amended ? only : 0);
	process_put64(&p, map + DIRTY, dirty);
	make(two_maps_type(), map);
}

START_TEST(a_deleted_entry_is_none)
{
	const uint64_t values[] = { make_value(7), 0, make_value(9) };
	make_two(make_inner(values, 3), false, 0);
	ck_assert_str_eq(value.text, "sync.Map{0: 7, 2: 9}");
}
END_TEST

START_TEST(the_dirty_map_has_all_if_the_other_is_amended)
{
	const uint64_t values[] = { make_value(7), make_value(8), make_value(9) };
	make_two(make_inner(values, 1), true, make_inner(values + 1, 2));
	ck_assert_str_eq(value.text, "sync.Map{0: 8, 1: 9}");
}
END_TEST

START_TEST(before_it_is_amended_what_is_nil_may_be_expunged)
{
	const uint64_t values[] = { make_value(7), process_alloc(&p, 16) };
	make_two(make_inner(values, 2), false, make_inner(values, 1));
	ck_assert_str_eq(value.text, "sync.Map{0: 7} (part of it is missing)");
	make_two(make_inner(values, 2), false, 0);
	ck_assert_str_eq(value.text, "sync.Map{0: 7, 1: nil}");
}
END_TEST

START_TEST(a_map_without_a_first_part_is_empty)
{
	make_two(0, false, 0);
	ck_assert_str_eq(value.text, "sync.Map{}");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_trie_is_shown_as_a_map,
		a_map_that_was_never_used_is_empty,
		entries_behind_the_limit_are_counted,
		what_is_not_in_the_core_is_said,
		circles_of_nodes_and_entries_end,
		an_entry_is_reached_by_its_key,
		a_trie_of_another_shape_is_no_map,
		a_deleted_entry_is_none,
		the_dirty_map_has_all_if_the_other_is_amended,
		before_it_is_amended_what_is_nil_may_be_expunged,
		a_map_without_a_first_part_is_empty,
	};
	return test_run("syncmap", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
