/* What closures are made of, by the code that makes them. */
#include "goruntime/closuretype.h"

#include "goruntime/closurecode.h"
#include "goruntime/gotype.h"
#include "goruntime/regtrack.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t maker, closure, other, newobject, barrier, type, type2;
static size_t size;

static uint64_t struct_of(const char *first, unsigned kind)
{
	uint64_t word = process_type(&p, kind, "uintptr", 8);
	uint64_t made = process_type(&p, KIND_STRUCT, "struct { F uintptr; X0 int }", 16);
	uint64_t list = process_alloc(&p, 2 * 24);
	process_put64(&p, made + 56, list);
	process_put64(&p, made + 64, 2);
	const char *names[] = { first, "X0" };
	for (size_t i = 0; i < 2; i++) {
		uint64_t text = process_alloc(&p, 8);
		process_put8(&p, text + 1, (uint8_t)strlen(names[i]));
		process_put_bytes(&p, text + 2, names[i], strlen(names[i]));
		process_put64(&p, list + i * 24, text);
		process_put64(&p, list + i * 24 + 8, word);
		process_put64(&p, list + i * 24 + 16, i * 8);
	}
	return made;
}

static void forget(void)
{
	if (p.snapshot.private == NULL)
		return;
	closure_types_destroy(p.snapshot.private->closure_types);
	p.snapshot.private->closure_types = NULL;
}

static void begin(const struct arch *arch)
{
	forget();
	process_release(&p);
	process_init(&p, 27, arch);
	maker = process_func(&p, "main.make", 8);
	closure = process_func(&p, "main.make.func1", 8);
	other = process_func(&p, "main.make.func2", 8);
	newobject = process_func(&p, "runtime.newobject", 8);
	barrier = process_func(&p, "runtime.gcWriteBarrier2", 8);
	type = struct_of("F", KIND_UINTPTR);
	type2 = struct_of("F", KIND_UINTPTR);
	size = 0;
}

static void setup(void)
{
	begin(&arch_amd64);
}

static void teardown(void)
{
	forget();
	process_release(&p);
}

static void code(const void *bytes, size_t count)
{
	process_put_bytes(&p, maker + size, bytes, count);
	size += count;
}

/* BYTES, then how far it is to TARGET from behind that. */
static void refer(const void *bytes, size_t count, uint64_t target)
{
	code(bytes, count);
	uint32_t to = (uint32_t)(target - (maker + size + 4));
	code(&to, sizeof(to));
}

static void lea_rax(uint64_t target) { refer("\x48\x8d\x05", 3, target); }
static void lea_rcx(uint64_t target) { refer("\x48\x8d\x0d", 3, target); }
static void call(uint64_t target) { refer("\xe8", 1, target); }
static void mov_at_rax_rcx(void) { code("\x48\x89\x08", 3); }

static const struct closure_made *made(uint64_t entry)
{
	forget();
	process_read(&p);
	return closure_made(&p.snapshot, entry);
}

START_TEST(a_new_object_that_gets_the_function_first_is_its_closure)
{
	lea_rax(type);
	call(newobject);
	lea_rcx(closure);
	uint64_t store = maker + size;
	mov_at_rax_rcx();
	ck_assert_uint_eq(made(closure)->type, type);
	ck_assert_uint_eq(made(closure)->maker, maker);
	ck_assert_uint_eq(made(closure)->store, store);
	ck_assert_uint_eq(made(other)->type, 0);
}
END_TEST

START_TEST(an_allocator_for_one_size_has_the_type_second)
{
	uint64_t sized = process_func(&p, "runtime.mallocgcSmallScanNoHeaderSC3", 8);
	code("\xb8\x10\x00\x00\x00", 5);	  /* mov eax, 0x10 */
	refer("\x48\x8d\x1d", 3, type);		  /* lea rbx, type */
	code("\xb9\x01\x00\x00\x00", 5);	  /* mov ecx, 1 */
	call(sized);
	lea_rcx(closure);
	mov_at_rax_rcx();
	ck_assert_uint_eq(made(closure)->type, type);
}
END_TEST

START_TEST(the_object_is_followed_through_the_stack_and_the_write_barrier)
{
	lea_rax(type);
	call(newobject);
	code("\x48\x89\x44\x24\x18", 5); /* mov [rsp+0x18], rax */
	call(other);
	code("\x48\x8b\x44\x24\x18", 5); /* mov rax, [rsp+0x18] */
	call(barrier);
	lea_rcx(closure);
	mov_at_rax_rcx();
	ck_assert_uint_eq(made(closure)->type, type);
}
END_TEST

START_TEST(what_only_looks_like_it_is_none)
{
	lea_rax(type);
	call(newobject);
	lea_rcx(closure);
	code("\x48\x89\x48\x08", 4); /* mov [rax+8], rcx: a word of another object */
	ck_assert_uint_eq(made(closure)->type, 0);
	begin(&arch_amd64);
	lea_rax(type);
	call(other); /* allocates nothing that is known */
	lea_rcx(closure);
	mov_at_rax_rcx();
	ck_assert_uint_eq(made(closure)->type, 0);
	begin(&arch_amd64);
	lea_rax(type);
	call(newobject);
	call(other); /* leaves another value in rax */
	lea_rcx(closure);
	mov_at_rax_rcx();
	ck_assert_uint_eq(made(closure)->type, 0);
	begin(&arch_amd64);
	lea_rax(type);
	call(newobject);
	lea_rcx(closure);
	code("\xeb\x00", 2); /* jmp: what follows is reached from elsewhere */
	mov_at_rax_rcx();
	ck_assert_uint_eq(made(closure)->type, 0);
	begin(&arch_amd64);
	lea_rax(struct_of("G", KIND_UINTPTR));
	call(newobject);
	lea_rcx(closure);
	mov_at_rax_rcx();
	ck_assert_uint_eq(made(closure)->type, 0);
	begin(&arch_amd64);
	lea_rax(struct_of("F", KIND_INT));
	call(newobject);
	lea_rcx(closure);
	mov_at_rax_rcx();
	ck_assert_uint_eq(made(closure)->type, 0);
}
END_TEST

START_TEST(makers_that_differ_prove_nothing)
{
	lea_rax(type);
	call(newobject);
	lea_rcx(closure);
	mov_at_rax_rcx();
	lea_rax(type2);
	call(newobject);
	lea_rcx(closure);
	mov_at_rax_rcx();
	ck_assert_uint_eq(made(closure)->type, 0);
}
END_TEST

static void add_offset(void *data, const struct regtrack *track, const struct instruction *insn,
		       uint64_t offset)
{
	(void)track;
	(void)insn;
	*(uint64_t *)data += offset;
}

START_TEST(the_stores_behind_are_visited_up_to_the_next_allocation)
{
	uint64_t sum = 0;
	lea_rax(type);
	call(newobject);
	code("\x48\x89\x58\x40", 4); /* mov [rax+0x40], rbx: before the function's */
	lea_rcx(closure);
	mov_at_rax_rcx();
	code("\x48\x89\x58\x08", 4); /* mov [rax+8], rbx */
	lea_rax(type);
	call(newobject);
	code("\x48\x89\x58\x20", 4); /* mov [rax+0x20], rbx: another object */
	closure_stores(&p.snapshot, made(closure), add_offset, &sum);
	ck_assert_uint_eq(sum, 8);
}
END_TEST

static void word(uint32_t w) { code(&w, sizeof(w)); }

/* adrp xREG, then add xREG, xREG, #low */
static void form(unsigned reg, uint64_t target)
{
	uint64_t pages = (target >> 12) - ((maker + size) >> 12);
	word(0x90000000 | (uint32_t)(pages & 3) << 29 | (uint32_t)(pages >> 2 & 0x7ffff) << 5 | reg);
	word(0x91000000 | (uint32_t)(target & 0xfff) << 10 | reg << 5 | reg);
}

static void bl(uint64_t target)
{
	word(0x94000000 | (uint32_t)((target - (maker + size)) >> 2 & 0x3ffffff));
}

START_TEST(arm64_stores_the_function_alone_or_in_a_pair)
{
	for (unsigned pair = 0; pair < 2; pair++) {
		begin(&arch_arm64);
		form(0, type);
		bl(newobject);
		form(1, closure);
		word(pair ? 0xa9000801 : 0xf9000001); /* stp x1, x2, [x0]; str x1, [x0] */
		ck_assert_uint_eq(made(closure)->type, type);
	}
	begin(&arch_arm64);
	form(0, type);
	bl(newobject);
	form(1, closure);
	word(0xa9000402); /* stp x2, x1, [x0]: it is the second word */
	ck_assert_uint_eq(made(closure)->type, 0);
}
END_TEST

START_TEST(code_tells_what_it_reads_of_its_closure)
{
	struct closure_code read;
	code("\x48\x8b\x42\x08", 4);	   /* mov rax, [rdx+8] */
	code("\x48\x89\x54\x24\x10", 5);   /* mov [rsp+0x10], rdx */
	call(other);
	code("\x48\x8b\x4c\x24\x10", 5);   /* mov rcx, [rsp+0x10] */
	code("\x48\x8d\x59\x18", 4);	   /* lea rbx, [rcx+0x18] */
	code("\x48\x8b\x42\x30", 4);	   /* mov rax, [rdx+0x30]: what the call has left in rdx */
	process_read(&p);
	closure_code_read(&p.snapshot, NULL, 0, code_at(snapshot_code(&p.snapshot), maker), &p.arena,
			  &read);
	ck_assert_uint_eq(read.count, 0);
	ck_assert_uint_eq(read.offset_count, 2);
	ck_assert_uint_eq(read.offsets[0], 8);
	ck_assert_uint_eq(read.offsets[1], 0x18);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_new_object_that_gets_the_function_first_is_its_closure,
		an_allocator_for_one_size_has_the_type_second,
		the_object_is_followed_through_the_stack_and_the_write_barrier,
		what_only_looks_like_it_is_none,
		makers_that_differ_prove_nothing,
		the_stores_behind_are_visited_up_to_the_next_allocation,
		arm64_stores_the_function_alone_or_in_a_pair,
		code_tells_what_it_reads_of_its_closure,
	};
	return test_run("closuretype", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
