/* Steps through this test's own frames, which the compiler has described. */
#include <string.h>
#include <ucontext.h>

#include "formats/cfi.h"
#include "tests/unit/testelf.h"
#include "tests/unit/testrun.h"

static struct arena arena;
static struct elffile elf;
static struct cfi *cfi;
static uint64_t bias;
static bool all_unreadable;

/* Memory of the process itself. */
static bool read_own(const void *data, uint64_t addr, uint64_t *word)
{
	(void)data;
	if (all_unreadable)
		return false;
	memcpy(word, (const void *)(uintptr_t)addr, sizeof(*word)); /* NOLINT */
	return true;
}

static const struct cfi_memory memory = { .read = read_own };

static void setup(void)
{
	struct elf_symbol symbol = { .name = "test_cfi_anchor" };
	extern const char test_cfi_anchor[];
	all_unreadable = false;
	arena_init(&arena);
	ck_assert(elffile_open("/proc/self/exe", &arena, &elf, NULL));
	ck_assert(cfi_open(&elf, CFI_EH_FRAME, &cfi, NULL));
	ck_assert_uint_eq(elffile_symbols(&elf, &symbol, 1), 1);
	bias = (uint64_t)(uintptr_t)test_cfi_anchor - symbol.value;
}

static void teardown(void)
{
	cfi_close(cfi);
	elffile_close(&elf);
	arena_release(&arena);
}

const char test_cfi_anchor[1] = "";

/* The registers of the function that calls this. */
#if defined(__x86_64__)
#define CAPTURE(to)                                                                         \
	do {                                                                                \
		ucontext_t context;                                                         \
		ck_assert_int_eq(getcontext(&context), 0);                                  \
		const greg_t *g = context.uc_mcontext.gregs;                                \
		registers_put(to, AMD64_RBX, (uint64_t)g[REG_RBX]);                         \
		registers_put(to, AMD64_RBP, (uint64_t)g[REG_RBP]);                         \
		registers_put(to, AMD64_R12, (uint64_t)g[REG_R12]);                         \
		registers_put(to, AMD64_R13, (uint64_t)g[REG_R13]);                         \
		registers_put(to, AMD64_R14, (uint64_t)g[REG_R14]);                         \
		registers_put(to, AMD64_R15, (uint64_t)g[REG_R15]);                         \
		registers_put(to, AMD64_RSP, (uint64_t)g[REG_RSP]);                         \
		registers_put(to, AMD64_RIP, (uint64_t)g[REG_RIP]);                         \
	} while (0)
#endif

struct steps {
	struct registers start;
	uint64_t pc[2]; /* return addresses: of the function that captured, and of its caller */
	enum cfi_result result[2];
	struct cfi_caller caller[2];
};

#ifdef CAPTURE
static enum cfi_result step_from(const struct registers *regs, struct cfi_caller *caller)
{
	struct cfi_place place = { .regs = regs, .pc = regs->value[AMD64_RIP] - 1, .bias = bias };
	return cfi_step(cfi, &place, &memory, caller);
}

static void __attribute__((noinline, noclone)) inner(struct steps *s)
{
	s->start = (struct registers){ 0 };
	CAPTURE(&s->start);
	registers_put(&s->start, AMD64_RAX, 1);
	s->pc[0] = (uint64_t)(uintptr_t)__builtin_return_address(0);
	s->result[0] = step_from(&s->start, &s->caller[0]);
	s->result[1] = step_from(&s->caller[0].regs, &s->caller[1]);
}

static size_t __attribute__((noinline, noclone)) outer(struct steps *s, size_t n)
{
	char *room = __builtin_alloca(n); /* a frame whose size only its frame pointer knows */
	memset(room, 1, n);
	inner(s);
	s->pc[1] = (uint64_t)(uintptr_t)__builtin_return_address(0);
	return (size_t)room[n - 1];
}

START_TEST(steps_lead_to_the_return_addresses)
{
	struct steps s;
	ck_assert_uint_eq(outer(&s, 100), 1);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(s.result[i], CFI_CALLER);
		ck_assert_uint_eq(s.caller[i].regs.value[AMD64_RIP], s.pc[i]);
		ck_assert(!s.caller[i].signal);
	}
	ck_assert_uint_gt(s.caller[0].regs.value[AMD64_RSP], s.start.value[AMD64_RSP]);
	ck_assert_uint_gt(s.caller[1].regs.value[AMD64_RSP],
			  s.caller[0].regs.value[AMD64_RSP] + 100);
}
END_TEST

START_TEST(registers_that_calls_do_not_preserve_are_unknown)
{
	struct steps s;
	outer(&s, 100);
	ck_assert_int_eq(s.result[0], CFI_CALLER);
	ck_assert(!registers_has(&s.caller[0].regs, AMD64_RAX));
	ck_assert(registers_has(&s.caller[0].regs, AMD64_RBX));
}
END_TEST

START_TEST(unknown_registers_are_not_taken_for_zero)
{
	struct steps s;
	outer(&s, 100);
	struct registers few = { 0 };
	registers_put(&few, AMD64_RIP, s.start.value[AMD64_RIP]);
	ck_assert_int_eq(step_from(&few, &s.caller[0]), CFI_NO_RULE);
}
END_TEST

START_TEST(unreadable_memory_is_told_apart)
{
	struct steps s;
	outer(&s, 100);
	all_unreadable = true;
	ck_assert_int_eq(step_from(&s.start, &s.caller[0]), CFI_UNREADABLE);
}
END_TEST
#endif

START_TEST(code_without_an_entry_has_no_rule)
{
	struct registers regs = { 0 };
	struct cfi_place place = { .regs = &regs, .pc = bias + 1, .bias = bias };
	struct cfi_caller caller;
	ck_assert_int_eq(cfi_step(cfi, &place, &memory, &caller), CFI_NO_RULE);
}
END_TEST

/* --- .debug_frame ------------------------------------------------------------------------------- */

enum { FIRST = 0x1000, SECOND = 0x2000 };

/* CFA = rsp+8, the return address below it; as gcc writes it without
 * -fasynchronous-unwind-tables. */
static void put_cie(struct str *s)
{
	static const uint8_t cie[] = {
		0x14, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* length, no FDE */
		1, 0, 1, 0x78, 16,		       /* version, "", factors 1 and -8, column 16 */
		0x0c, 7, 8, 0x90, 1,		       /* DW_CFA_def_cfa rsp 8, DW_CFA_offset rip 1 */
		0, 0, 0, 0, 0, 0,
	};
	str_add_bytes(s, cie, sizeof(cie));
}

/* Of the CIE at offset CIE: 0x100 bytes of code from PC on, whose CFA is rsp+OFFSET. */
static void put_fde(struct str *s, uint32_t cie, uint64_t pc, uint8_t offset)
{
	const uint8_t program[] = { 0x0e, offset, 0, 0 }; /* DW_CFA_def_cfa_offset */
	test_put32(s, 4 + 16 + sizeof(program));
	test_put32(s, cie);
	test_put64(s, pc);
	test_put64(s, 0x100);
	str_add_bytes(s, program, sizeof(program));
}

/* A word is its address times 256. */
static bool read_counted(const void *data, uint64_t addr, uint64_t *word)
{
	(void)data;
	*word = addr << 8;
	return true;
}

static enum cfi_result step_debug(struct str *frames, uint64_t pc, struct cfi_caller *caller)
{
	const struct test_section section = { .name = ".debug_frame",
					      .type = 1,
					      .bytes = frames->text,
					      .size = frames->size };
	struct str file = test_elf_make(&(struct test_elf){
		.type = 2, .sections = &section, .section_count = 1 });
	struct cfi_memory counted = { .read = read_counted };
	struct registers regs = { 0 };
	struct elffile debug;
	struct cfi *made;
	registers_put(&regs, AMD64_RSP, 0x100);
	registers_put(&regs, AMD64_RAX, 1);
	registers_put(&regs, AMD64_RBX, 2);
	ck_assert(elffile_parse(test_bytes(&file), "app", &arena, &debug, NULL));
	ck_assert(cfi_open(&debug, CFI_DEBUG_FRAME, &made, NULL));
	enum cfi_result result =
		cfi_step(made, &(struct cfi_place){ &regs, pc, 0 }, &counted, caller);
	cfi_close(made);
	elffile_close(&debug);
	str_release(&file);
	return result;
}

START_TEST(rbx_is_preserved_where_no_rule_says_otherwise)
{
	struct str frames = { 0 };
	struct cfi_caller caller;
	put_cie(&frames);
	put_fde(&frames, 0, FIRST, 16);
	ck_assert_int_eq(step_debug(&frames, FIRST + 1, &caller), CFI_CALLER);
	ck_assert(registers_has(&caller.regs, AMD64_RBX));
	ck_assert_uint_eq(caller.regs.value[AMD64_RBX], 2);
	ck_assert(!registers_has(&caller.regs, AMD64_RAX));
	str_release(&frames);
}
END_TEST

START_TEST(debug_frame_goes_on_behind_what_aligns_it)
{
	struct str frames = { 0 };
	struct cfi_caller caller;
	put_cie(&frames);
	put_fde(&frames, 0, FIRST, 16);
	test_put32(&frames, 0); /* between what was linked together */
	test_put32(&frames, 0);
	uint32_t cie = (uint32_t)frames.size;
	put_cie(&frames);
	put_fde(&frames, cie, SECOND, 32);
	ck_assert_int_eq(step_debug(&frames, FIRST + 8, &caller), CFI_CALLER);
	ck_assert_uint_eq(caller.regs.value[AMD64_RSP], 0x100 + 16);
	ck_assert_uint_eq(caller.regs.value[AMD64_RIP], (0x100 + 16 - 8) << 8);
	ck_assert_int_eq(step_debug(&frames, SECOND + 8, &caller), CFI_CALLER);
	ck_assert_uint_eq(caller.regs.value[AMD64_RSP], 0x100 + 32);
	ck_assert_int_eq(step_debug(&frames, SECOND + 0x100, &caller), CFI_NO_RULE);
	str_release(&frames);
}
END_TEST

START_TEST(debug_frame_that_is_cut_ends_there)
{
	struct str frames = { 0 };
	struct cfi_caller caller;
	put_cie(&frames);
	put_fde(&frames, 0, FIRST, 16);
	test_put32(&frames, 0);
	test_put32(&frames, 1000); /* beyond the end */
	test_put32(&frames, 0);
	ck_assert_int_eq(step_debug(&frames, FIRST + 8, &caller), CFI_CALLER);
	ck_assert_int_eq(step_debug(&frames, SECOND, &caller), CFI_NO_RULE);
	str_release(&frames);
}
END_TEST

START_TEST(a_file_without_tables_is_refused)
{
	struct elffile none = elf;
	struct cfi *made = NULL;
	struct error err = ERROR_INIT;
	uint8_t header[64];
	memcpy(header, elf.file.bytes.data, sizeof(header)); /* no program headers, no sections */
	memset(header + 32, 0, 16);
	memset(header + 54, 0, 10);
	none.file = (struct mapfile){ .bytes = { header, sizeof(header) } };
	ck_assert(!cfi_open(&none, CFI_EH_FRAME, &made, &err));
	ck_assert_int_eq(err.code, ERROR_NOT_FOUND);
	ck_assert(!cfi_open(&none, CFI_DEBUG_FRAME, &made, NULL));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
#ifdef CAPTURE
		steps_lead_to_the_return_addresses,
		registers_that_calls_do_not_preserve_are_unknown,
		unknown_registers_are_not_taken_for_zero,
		unreadable_memory_is_told_apart,
#endif
		rbx_is_preserved_where_no_rule_says_otherwise,
		debug_frame_goes_on_behind_what_aligns_it,
		debug_frame_that_is_cut_ends_there,
		code_without_an_entry_has_no_rule,
		a_file_without_tables_is_refused,
	};
	return test_run("cfi", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
