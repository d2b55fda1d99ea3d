/* The runtime without symbols: its module by shape, its variables by code, its lists by content. */
#include "goruntime/locate.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct located_module module;
static struct globals globals;
static struct locate_votes votes;

static void begin(unsigned minor, const struct arch *arch)
{
	process_release(&p);
	process_init(&p, minor, arch);
	module = (struct located_module){ 0 };
	globals = (struct globals){ 0 };
	votes = (struct locate_votes){ 0 };
}

static void setup(void)
{
	begin(27, &arch_amd64);
}

static void teardown(void)
{
	process_release(&p);
}

/* --- the module's record ------------------------------------------------------------------------ */

enum { WORD = 8, CUTAB = 4, FTAB = 16, TABLES = 6 };

/* The slices of a moduledata, as cmd/link writes them: each table behind the one before it. */
static void put_tables(uint64_t record, uint64_t header)
{
	for (unsigned i = 0; i < TABLES; i++) {
		uint64_t slice = record + (1 + 3 * i) * WORD;
		uint64_t table = header + 0x100 + (i < TABLES - 1 ? i : TABLES - 2) * 0x10;
		process_put64(&p, slice, table);
		process_put64(&p, slice + WORD, 0x10);
		process_put64(&p, slice + 2 * WORD, 0x10);
	}
}

static void put_module_record(void)
{
	process_image(&p);
	put_tables(p.module, PROCESS_PCLNTAB);
}

/* Another module's record in the data, not in the chain. */
static uint64_t put_second_record(void)
{
	uint64_t record = process_global(&p, RT_LASTMODULEDATAP, 0x400);
	for (unsigned i = 0; i < 32; i++)
		process_put64(&p, record + i * WORD, process_get64(&p, p.module + i * WORD));
	return record;
}

static bool find_module(void)
{
	process_image(&p);
	return locate_module(&p.image, &module);
}

START_TEST(a_module_is_known_by_its_tables)
{
	process_func(&p, "main.main", 0);
	put_module_record();
	ck_assert(find_module());
	ck_assert_uint_eq(module.addr, p.module);
	ck_assert_uint_eq(module.pclntab, PROCESS_PCLNTAB);
	ck_assert_uint_eq(module.data[1][0], PROCESS_DATA);
	ck_assert_uint_eq(module.runtimes, 1);
}
END_TEST

START_TEST(a_module_is_known_where_its_pclntab_was_not_dumped)
{
	put_module_record();
	put_tables(p.module, 0x12345000);
	process_put(&p, p.module, MODULE_PCHEADER, 0x12345000);
	process_put(&p, p.module, MODULE_ETEXT, PROCESS_TEXT + 0x100);
	process_put(&p, p.module, MODULE_MAXPC, PROCESS_TEXT + 0x100);
	ck_assert(find_module());
	ck_assert_uint_eq(module.pclntab, 0x12345000);
}
END_TEST

START_TEST(length_and_capacity_of_a_table_are_equal)
{
	process_func(&p, "main.main", 0);
	put_module_record();
	process_put64(&p, p.module + (CUTAB + 2) * WORD, 0x11);
	ck_assert(!find_module());
}
END_TEST

START_TEST(a_table_lies_behind_the_one_before)
{
	process_func(&p, "main.main", 0);
	put_module_record();
	process_put64(&p, p.module + CUTAB * WORD, PROCESS_PCLNTAB + 0x90);
	ck_assert(!find_module());
}
END_TEST

START_TEST(what_is_no_pclntab_makes_no_module)
{
	process_func(&p, "main.main", 0);
	p.table.magic = 0x12345678;
	put_module_record();
	ck_assert(!find_module());
}
END_TEST

START_TEST(a_module_of_the_chain_is_not_the_first)
{
	process_func(&p, "main.main", 0);
	put_module_record();
	uint64_t first = put_second_record();
	process_put(&p, first, MODULE_NEXT, p.module);
	ck_assert(find_module());
	ck_assert_uint_eq(module.addr, first);
	ck_assert_uint_eq(module.runtimes, 1);
}
END_TEST

START_TEST(modules_that_no_other_names_are_runtimes_of_their_own)
{
	process_func(&p, "main.main", 0);
	put_module_record();
	put_second_record();
	ck_assert(find_module());
	ck_assert_uint_eq(module.addr, p.module);
	ck_assert_uint_eq(module.runtimes, 2);
}
END_TEST

START_TEST(the_release_is_a_string_of_the_data)
{
	process_func(&p, "main.main", 0);
	put_module_record();
	process_put_string(&p, process_global(&p, RT_MODINFO, 16), "go1.x");
	process_put_string(&p, process_global(&p, RT_BUILDVERSION, 16), "go1.27.3 X:rangefunc");
	ck_assert(find_module());
	ck_assert_str_eq(locate_version(&p.image, &module, &p.arena), "go1.27.3 X:rangefunc");
}
END_TEST

START_TEST(no_release_where_no_string_reads_as_one)
{
	process_func(&p, "main.main", 0);
	put_module_record();
	process_put_string(&p, process_global(&p, RT_MODINFO, 16), "go1.");
	ck_assert(find_module());
	ck_assert_ptr_null(locate_version(&p.image, &module, &p.arena));
}
END_TEST

/* --- variables by code -------------------------------------------------------------------------- */

/* lea rax, [rip + to]; mov rax, [rip + to] */
static uint64_t put_refer(uint64_t pc, uint8_t opcode, uint64_t to)
{
	uint8_t code[7] = { 0x48, opcode, 0x05 };
	uint32_t offset = (uint32_t)(to - pc - sizeof(code));
	memcpy(code + 3, &offset, sizeof(offset));
	process_put_bytes(&p, pc, code, sizeof(code));
	return pc + sizeof(code);
}

enum { LEA = 0x8d, MOV = 0x8b, NOP = 0x90 };

/* A function that refers to those addresses with OPCODE. */
static uint64_t referring(const char *name, uint8_t opcode, size_t count, const uint64_t *to)
{
	uint64_t pc = process_func(&p, name, 0);
	uint64_t end = pc + PROCESS_FUNC_SIZE;
	for (size_t i = 0; i < count; i++)
		pc = put_refer(pc, opcode, to[i]);
	uint64_t after = pc;
	while (pc < end)
		process_put8(&p, pc++, NOP);
	return after;
}

#define REFERRING(name, opcode, ...)                                                               \
	referring(name, opcode, sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t),       \
		  (const uint64_t[]){ __VA_ARGS__ })

static void elect(void)
{
	process_dump(&p);
	locate_globals(&p.image, &p.snapshot.layout, p.minor, &p.snapshot.modules.items[0],
		       &globals, &votes);
}

static uint64_t found(enum rt_global global)
{
	uint64_t addr = 0;
	return globals_get(&globals, global, &addr) ? addr : 0;
}

#define AT(n) (PROCESS_DATA + 0x1000 + (n) * 16)

START_TEST(the_nth_distinct_reference_is_the_variable)
{
	REFERRING("runtime.forEachG", MOV, AT(1), AT(1), AT(2), AT(3));
	elect();
	ck_assert_uint_eq(found(RT_ALLGLOCK), AT(1));
	ck_assert_uint_eq(found(RT_ALLGS), AT(2));
	ck_assert_int_eq(globals.item[RT_ALLGS].origin, GLOBAL_BY_CODE);
	ck_assert_uint_eq(votes.found, 2);
	ck_assert_uint_eq(votes.functions, 1);
}
END_TEST

START_TEST(references_outside_of_the_data_do_not_count)
{
	REFERRING("runtime.forEachG", MOV, PROCESS_TYPES, AT(1), PROCESS_TEXT, AT(2));
	elect();
	ck_assert_uint_eq(found(RT_ALLGS), AT(2));
}
END_TEST

START_TEST(a_row_may_count_from_the_end)
{
	REFERRING("runtime.allgadd", MOV, AT(1), AT(2), AT(3), AT(4));
	elect();
	ck_assert_uint_eq(found(RT_ALLGLEN), AT(4));
	ck_assert_uint_eq(found(RT_ALLGPTR), AT(3));
}
END_TEST

START_TEST(a_row_may_count_formed_addresses_only)
{
	uint64_t pc = REFERRING("runtime.gopanic", MOV, AT(1), AT(2));
	pc = put_refer(pc, LEA, AT(3));
	put_refer(pc, MOV, AT(4));
	elect();
	ck_assert_uint_eq(found(RT_RUNNINGPANICDEFERS), AT(3));
}
END_TEST

START_TEST(a_row_may_be_about_a_field)
{
	uint32_t sweepgen = p.snapshot.layout.field[MHEAP_SWEEPGEN].offset;
	process_global(&p, RT_MHEAP_, 0);
	REFERRING("runtime.(*mcache).prepareForSweep", MOV, PROCESS_DATA + 0xf000);
	elect();
	ck_assert_uint_eq(found(RT_MHEAP_), PROCESS_DATA + 0xf000 - sweepgen);
}
END_TEST

START_TEST(the_majority_wins)
{
	REFERRING("runtime.mstart1", MOV, AT(1));
	REFERRING("runtime.mexit", MOV, AT(2));
	REFERRING("runtime.rt0_go", MOV, AT(9), AT(1));
	elect();
	ck_assert_uint_eq(found(RT_M0), AT(1));
	ck_assert_uint_eq(votes.divided, 1);
	ck_assert_uint_eq(votes.refused, 0);
}
END_TEST

START_TEST(a_tie_is_refused)
{
	REFERRING("runtime.mstart1", MOV, AT(1));
	REFERRING("runtime.mexit", MOV, AT(2));
	elect();
	ck_assert(!globals_has(&globals, RT_M0));
	ck_assert_uint_eq(votes.refused, 1);
}
END_TEST

START_TEST(rows_of_builds_without_inlining_hold_there_only)
{
	REFERRING("runtime.semrelease1", LEA, AT(1), AT(2));
	elect();
	ck_assert_uint_eq(found(RT_SEMTABLE), AT(2));
	setup();
	REFERRING("runtime.semrelease1", LEA, AT(1), AT(2));
	process_func(&p, "runtime.add", 0);
	elect();
	ck_assert_uint_eq(found(RT_SEMTABLE), AT(1));
}
END_TEST

START_TEST(of_functions_with_one_name_the_first_counts)
{
	REFERRING("runtime.forEachG", MOV, AT(1), AT(2));
	REFERRING("runtime.forEachG", MOV, AT(3), AT(4));
	elect();
	ck_assert_uint_eq(found(RT_ALLGS), AT(2));
}
END_TEST

START_TEST(rows_hold_for_their_releases_only)
{
	begin(19, &arch_amd64);
	REFERRING("runtime.lockextra", MOV, AT(1));
	elect();
	ck_assert(!globals_has(&globals, RT_EXTRAM));
}
END_TEST

START_TEST(what_is_known_already_stays)
{
	globals_put(&globals, RT_ALLGS, 0x1234, GLOBAL_BY_SYMBOLS);
	REFERRING("runtime.forEachG", MOV, AT(1), AT(2));
	elect();
	ck_assert_uint_eq(found(RT_ALLGS), 0x1234);
}
END_TEST

/* adrp x0, page; ldr x1, [x0, #offset] */
static void put_page_load(uint64_t pc, uint64_t to)
{
	uint64_t pages = (to >> 12) - (pc >> 12);
	process_put32(&p, pc, 0x90000000u | (uint32_t)(pages & 3) << 29 |
				      (uint32_t)(pages >> 2 & 0x7ffff) << 5);
	process_put32(&p, pc + 4, 0xf9400001u | (uint32_t)((to & 0xfff) / 8) << 10);
}

START_TEST(arm64_makes_addresses_of_two_instructions)
{
	begin(27, &arch_arm64);
	uint64_t pc = process_func(&p, "runtime.forEachG", 0);
	put_page_load(pc, AT(1));
	put_page_load(pc + 8, AT(2));
	elect();
	ck_assert_uint_eq(found(RT_ALLGLOCK), AT(1));
	ck_assert_uint_eq(found(RT_ALLGS), AT(2));
}
END_TEST

/* --- lists by what they hold -------------------------------------------------------------------- */

static uint64_t allgs_of(struct process *process)
{
	uint64_t addr = 0;
	ck_assert(globals_get(&process->snapshot.globals, RT_ALLGS, &addr));
	return addr;
}

/* Three goroutines and two Ms, as the runtime lists them. */
static void put_lists(void)
{
	struct make_stack stack = { .p = &p, .lo = process_alloc(&p, 0x1000) };
	stack.hi = stack.lo + 0x1000;
	for (uint64_t id = 1; id <= 3; id++)
		process_g(&p, id, G_WAITING, &stack);
	process_m(&p, 100, 0);
	process_m(&p, 101, 0);
	process_put64(&p, allgs_of(&p) + 2 * WORD, 4);
	process_image(&p);
}

static unsigned scan(void)
{
	process_image(&p);
	module.data[1][0] = PROCESS_DATA;
	module.data[1][1] = PROCESS_DATA + 0x2000;
	return locate_lists(&p.image, &p.snapshot.layout, &module, &globals);
}

START_TEST(lists_are_known_by_their_records)
{
	uint64_t allm;
	put_lists();
	ck_assert(globals_get(&p.snapshot.globals, RT_ALLM, &allm));
	ck_assert_uint_eq(scan(), 2);
	ck_assert_uint_eq(found(RT_ALLGS), allgs_of(&p));
	ck_assert_uint_eq(found(RT_ALLM), allm);
	ck_assert_int_eq(globals.item[RT_ALLGS].origin, GLOBAL_BY_SCAN);
	ck_assert(!globals_has(&globals, RT_ALLP));
}
END_TEST

START_TEST(ps_are_numbered_from_zero)
{
	uint64_t slice = process_global(&p, RT_ALLP, 24), array = process_alloc(&p, 16);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t processor = process_struct(&p, RT_P);
		process_put(&p, processor, P_ID, i);
		process_put64(&p, array + i * WORD, processor);
	}
	process_put64(&p, slice, array);
	process_put64(&p, slice + WORD, 2);
	process_put64(&p, slice + 2 * WORD, 2);
	ck_assert_uint_eq(scan(), 1);
	ck_assert_uint_eq(found(RT_ALLP), slice);
}
END_TEST

START_TEST(of_two_lists_of_one_length_none_is_taken)
{
	put_lists();
	uint64_t other = process_global(&p, RT_ENVS, 24), array = process_alloc(&p, 24);
	for (size_t i = 0; i < p.g_count; i++)
		process_put64(&p, array + i * WORD, p.gs[i]);
	process_put64(&p, other, array);
	process_put64(&p, other + WORD, p.g_count);
	process_put64(&p, other + 2 * WORD, p.g_count);
	scan();
	ck_assert(!globals_has(&globals, RT_ALLGS));
}
END_TEST

START_TEST(a_variable_that_holds_other_things_is_replaced)
{
	put_lists();
	globals_put(&globals, RT_ALLGS, PROCESS_DATA + 0x3000, GLOBAL_BY_CODE);
	scan();
	ck_assert_uint_eq(found(RT_ALLGS), allgs_of(&p));
}
END_TEST

START_TEST(a_variable_stays_where_there_is_no_better_one)
{
	globals_put(&globals, RT_ALLGS, PROCESS_DATA + 0x3000, GLOBAL_BY_CODE);
	ck_assert_uint_eq(scan(), 0);
	ck_assert_uint_eq(found(RT_ALLGS), PROCESS_DATA + 0x3000);
}
END_TEST

/* --- all of it ---------------------------------------------------------------------------------- */

static bool has_caveat(const char *part)
{
	for (size_t i = 0; i < p.caveats.count; i++)
		if (strstr(p.caveats.items[i].text, part) != NULL)
			return true;
	return false;
}

static bool take(struct snapshot *snapshot)
{
	struct error err = ERROR_INIT;
	process_image(&p);
	return snapshot_take(&p.image, &p.arena, snapshot, &p.caveats, &err);
}

START_TEST(a_stripped_program_gives_its_goroutines)
{
	struct snapshot snapshot;
	process_func(&p, "main.main", 0);
	put_lists();
	put_module_record();
	process_put_string(&p, process_global(&p, RT_BUILDVERSION, 16), "go1.27.3");
	ck_assert(take(&snapshot));
	ck_assert_uint_eq(snapshot.release.minor, 27);
	ck_assert_uint_eq(snapshot.goroutine_count, 3);
	ck_assert(!has_caveat("does not say"));
	snapshot_release(&snapshot);
}
END_TEST

START_TEST(a_release_that_is_not_named_is_guessed_and_told)
{
	struct snapshot snapshot;
	p.table.text_start = 0; /* as from 1.26 on */
	process_func(&p, "main.main", 0);
	put_lists();
	put_module_record();
	ck_assert(take(&snapshot));
	ck_assert(has_caveat("does not say which Go release"));
	ck_assert(p.caveats.weakened);
	ck_assert_uint_eq(snapshot.goroutine_count, 3);
	snapshot_release(&snapshot);
}
END_TEST

START_TEST(goroutines_are_listed_without_the_symbol_table)
{
	struct snapshot snapshot;
	process_func(&p, "main.main", 0);
	put_lists();
	put_module_record();
	put_tables(p.module, 0x12345000);
	process_put(&p, p.module, MODULE_PCHEADER, 0x12345000);
	process_put_string(&p, process_global(&p, RT_BUILDVERSION, 16), "go1.27.3");
	ck_assert(take(&snapshot));
	ck_assert_uint_eq(snapshot.goroutine_count, 3);
	ck_assert_uint_eq(snapshot.modules.count, 1);
	ck_assert(has_caveat("were found by what they hold"));
	snapshot_release(&snapshot);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_module_is_known_by_its_tables,
		a_module_is_known_where_its_pclntab_was_not_dumped,
		length_and_capacity_of_a_table_are_equal,
		a_table_lies_behind_the_one_before,
		what_is_no_pclntab_makes_no_module,
		a_module_of_the_chain_is_not_the_first,
		modules_that_no_other_names_are_runtimes_of_their_own,
		the_release_is_a_string_of_the_data,
		no_release_where_no_string_reads_as_one,
		the_nth_distinct_reference_is_the_variable,
		references_outside_of_the_data_do_not_count,
		a_row_may_count_from_the_end,
		a_row_may_count_formed_addresses_only,
		a_row_may_be_about_a_field,
		the_majority_wins,
		a_tie_is_refused,
		rows_of_builds_without_inlining_hold_there_only,
		of_functions_with_one_name_the_first_counts,
		rows_hold_for_their_releases_only,
		what_is_known_already_stays,
		arm64_makes_addresses_of_two_instructions,
		lists_are_known_by_their_records,
		ps_are_numbered_from_zero,
		of_two_lists_of_one_length_none_is_taken,
		a_variable_that_holds_other_things_is_replaced,
		a_variable_stays_where_there_is_no_better_one,
		a_stripped_program_gives_its_goroutines,
		a_release_that_is_not_named_is_guessed_and_told,
		goroutines_are_listed_without_the_symbol_table,
	};
	return test_run("locate", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
