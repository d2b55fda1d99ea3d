/* Instructions, each from its bytes. */
#include <elf.h>

#include "formats/disasm.h"
#include "tests/unit/testrun.h"

enum { PC = 0x401000 };

static struct disasm *amd64, *arm64;
static struct instruction insn;

static void setup(void)
{
	amd64 = disasm_create(arch_find(EM_X86_64));
	arm64 = disasm_create(arch_find(EM_AARCH64));
	ck_assert_ptr_nonnull(amd64);
	ck_assert_ptr_nonnull(arm64);
}

static void teardown(void)
{
	disasm_destroy(amd64);
	disasm_destroy(arm64);
}

#define BYTES(...)                                                                                 \
	((struct bytes){ (const uint8_t[]){ __VA_ARGS__ },                                         \
			 sizeof((const uint8_t[]){ __VA_ARGS__ }) })

/* Decodes amd64 bytes into `insn`. */
#define AMD64(...) ck_assert(disasm_one(amd64, BYTES(__VA_ARGS__), PC, &insn))

/* The little-endian bytes of arm64 instructions. */
struct words {
	uint8_t bytes[64];
	size_t size;
};

static struct bytes words(struct words *w, const uint32_t *list, size_t count)
{
	for (size_t i = 0; i < 4 * count; i++)
		w->bytes[i] = (uint8_t)(list[i / 4] >> (8 * (i % 4)));
	return (struct bytes){ w->bytes, 4 * count };
}

static void one_arm64(uint32_t word)
{
	struct words w;
	ck_assert(disasm_one(arm64, words(&w, &word, 1), PC, &insn));
	ck_assert_uint_eq(insn.size, 4);
}

static void check_memory(unsigned n, uint8_t base, int64_t displacement, uint16_t bytes,
			 const char *access)
{
	ck_assert_uint_lt(n, insn.memory_count);
	const struct disasm_memory *m = &insn.memory[n];
	ck_assert_uint_eq(m->base, base);
	ck_assert_int_eq(m->displacement, displacement);
	ck_assert_uint_eq(m->bytes, bytes);
	ck_assert_str_eq(m->read ? m->write ? "rw" : "r" : m->write ? "w" : "", access);
}

START_TEST(there_is_no_decoder_for_another_cpu)
{
	struct arch arch = { .elf_machine = EM_RISCV };
	ck_assert_ptr_null(disasm_create(&arch));
	ck_assert_ptr_null(disasm_create(NULL));
	disasm_destroy(NULL);
}
END_TEST

START_TEST(amd64_load_has_text_and_operand)
{
	AMD64(0x48, 0x8b, 0x41, 0x18);
	ck_assert_str_eq(insn.text, "mov rax, qword ptr [rcx + 0x18]");
	ck_assert_uint_eq(insn.size, 4);
	ck_assert_uint_eq(insn.memory_count, 1);
	check_memory(0, AMD64_RCX, 0x18, 8, "r");
	ck_assert_uint_eq(insn.memory[0].index, DISASM_NO_REGISTER);
	ck_assert_uint_eq(insn.written, 1u << AMD64_RAX);
}
END_TEST

START_TEST(amd64_narrow_registers_count_as_the_whole)
{
	AMD64(0x8a, 0x25, 0, 0, 0, 0); /* mov ah, byte ptr [rip] */
	ck_assert_uint_eq(insn.written, 1u << AMD64_RAX);
	AMD64(0x45, 0x8b, 0x7c, 0xc8, 0xf8); /* mov r15d, dword ptr [r8 + rcx*8 - 8] */
	ck_assert_uint_eq(insn.written, 1u << AMD64_R15);
	check_memory(0, AMD64_R8, -8, 4, "r");
	ck_assert_uint_eq(insn.memory[0].index, AMD64_RCX);
	ck_assert_uint_eq(insn.memory[0].scale, 8);
}
END_TEST

START_TEST(amd64_stores_write)
{
	AMD64(0x48, 0x89, 0x58, 0x08); /* mov qword ptr [rax + 8], rbx */
	check_memory(0, AMD64_RAX, 8, 8, "w");
	AMD64(0xc6, 0x00, 0x01); /* mov byte ptr [rax], 1 */
	check_memory(0, AMD64_RAX, 0, 1, "w");
	ck_assert(insn.has_immediate && insn.immediate == 1);
	AMD64(0x0f, 0x92, 0x00); /* setb byte ptr [rax] */
	check_memory(0, AMD64_RAX, 0, 1, "w");
}
END_TEST

START_TEST(amd64_vector_stores_write)
{
	AMD64(0x44, 0x0f, 0x11, 0x38); /* movups xmmword ptr [rax], xmm15 */
	check_memory(0, AMD64_RAX, 0, 16, "w");
	ck_assert(insn.vector);
	AMD64(0xc5, 0xfe, 0x7f, 0x07); /* vmovdqu ymmword ptr [rdi], ymm0 */
	check_memory(0, AMD64_RDI, 0, 32, "w");
	AMD64(0x66, 0x0f, 0xd6, 0x00); /* movq qword ptr [rax], xmm0 */
	check_memory(0, AMD64_RAX, 0, 8, "w");
}
END_TEST

START_TEST(amd64_vector_loads_read)
{
	AMD64(0x0f, 0x10, 0x00); /* movups xmm0, xmmword ptr [rax] */
	check_memory(0, AMD64_RAX, 0, 16, "r");
	AMD64(0xf2, 0x0f, 0x10, 0x40, 0x08); /* movsd xmm0, qword ptr [rax + 8] */
	check_memory(0, AMD64_RAX, 8, 8, "r");
	ck_assert(insn.vector && !insn.string);
}
END_TEST

START_TEST(amd64_read_modify_write_does_both)
{
	AMD64(0x48, 0x01, 0x08); /* add qword ptr [rax], rcx */
	check_memory(0, AMD64_RAX, 0, 8, "rw");
	AMD64(0xf0, 0x48, 0x0f, 0xb1, 0x0a); /* lock cmpxchg qword ptr [rdx], rcx */
	check_memory(0, AMD64_RDX, 0, 8, "rw");
	ck_assert(insn.written >> AMD64_RAX & 1);
	AMD64(0x48, 0x87, 0x02); /* xchg qword ptr [rdx], rax */
	check_memory(0, AMD64_RDX, 0, 8, "rw");
	AMD64(0xd3, 0x00); /* rol dword ptr [rax], cl */
	check_memory(0, AMD64_RAX, 0, 4, "rw");
}
END_TEST

START_TEST(amd64_lea_and_nop_access_nothing)
{
	AMD64(0x48, 0x8d, 0x44, 0x24, 0x10); /* lea rax, [rsp + 0x10] */
	check_memory(0, AMD64_RSP, 0x10, 0, "");
	AMD64(0x0f, 0x1f, 0x40, 0x00); /* nop dword ptr [rax] */
	check_memory(0, AMD64_RAX, 0, 0, "");
	AMD64(0x0f, 0x18, 0x08); /* prefetcht0 byte ptr [rax] */
	check_memory(0, AMD64_RAX, 0, 0, "");
}
END_TEST

START_TEST(amd64_nil_check_is_test_with_al)
{
	AMD64(0x84, 0x00);
	ck_assert_str_eq(insn.text, "test byte ptr [rax], al");
	ck_assert(insn.nil_check);
	check_memory(0, AMD64_RAX, 0, 1, "r");
	ck_assert_uint_eq(insn.written, 0);
	AMD64(0x84, 0xc0); /* test al, al */
	ck_assert(!insn.nil_check);
}
END_TEST

START_TEST(amd64_string_move_has_two_operands)
{
	AMD64(0xf3, 0x48, 0xa5); /* rep movsq */
	ck_assert(insn.string && insn.repeated);
	ck_assert_uint_eq(insn.memory_count, 2);
	check_memory(0, AMD64_RDI, 0, 8, "w");
	check_memory(1, AMD64_RSI, 0, 8, "r");
	ck_assert(!insn.memory[0].tls);
	AMD64(0x48, 0xab); /* stosq */
	ck_assert(insn.string && !insn.repeated);
	check_memory(0, AMD64_RDI, 0, 8, "w");
}
END_TEST

START_TEST(amd64_double_shift_is_no_string_operation)
{
	AMD64(0x48, 0x0f, 0xa4, 0xd0, 0x03); /* shld rax, rdx, 3 */
	ck_assert(!insn.string);
}
END_TEST

START_TEST(amd64_fs_operand_is_thread_local)
{
	AMD64(0x64, 0x48, 0x8b, 0x0c, 0x25, 0xf8, 0xff, 0xff, 0xff);
	ck_assert_str_eq(insn.text, "mov rcx, qword ptr fs:[0xfffffffffffffff8]");
	ck_assert(insn.memory[0].tls);
	check_memory(0, DISASM_NO_REGISTER, -8, 8, "r");
}
END_TEST

START_TEST(amd64_calls_and_jumps_have_targets)
{
	AMD64(0xe8, 0x10, 0x00, 0x00, 0x00);
	ck_assert_int_eq(insn.flow, DISASM_CALL);
	ck_assert(!insn.indirect);
	ck_assert_uint_eq(insn.target, PC + 5 + 0x10);
	AMD64(0xeb, 0xfe);
	ck_assert_int_eq(insn.flow, DISASM_JUMP);
	ck_assert_uint_eq(insn.target, PC);
	AMD64(0x76, 0x02); /* jbe */
	ck_assert_int_eq(insn.flow, DISASM_BRANCH);
	ck_assert_uint_eq(insn.target, PC + 4);
	AMD64(0xc3);
	ck_assert_int_eq(insn.flow, DISASM_RETURN);
	AMD64(0x90);
	ck_assert_int_eq(insn.flow, DISASM_NEXT);
}
END_TEST

START_TEST(amd64_indirect_calls_name_register_or_memory)
{
	AMD64(0xff, 0xd1); /* call rcx */
	ck_assert_int_eq(insn.flow, DISASM_CALL);
	ck_assert(insn.indirect);
	ck_assert_uint_eq(insn.flow_register, AMD64_RCX);
	AMD64(0xff, 0x12); /* call qword ptr [rdx] */
	ck_assert(insn.indirect);
	ck_assert_uint_eq(insn.flow_register, DISASM_NO_REGISTER);
	check_memory(0, AMD64_RDX, 0, 8, "r");
}
END_TEST

START_TEST(amd64_rip_operand_is_a_reference)
{
	AMD64(0x48, 0x8b, 0x05, 0x00, 0x01, 0x00, 0x00); /* mov rax, qword ptr [rip + 0x100] */
	ck_assert_int_eq(insn.reference_kind, DISASM_ACCESS);
	ck_assert_uint_eq(insn.reference, PC + 7 + 0x100);
	AMD64(0x48, 0x8d, 0x05, 0xf9, 0xff, 0xff, 0xff); /* lea rax, [rip - 7] */
	ck_assert_int_eq(insn.reference_kind, DISASM_ADDRESS);
	ck_assert_uint_eq(insn.reference, PC);
	AMD64(0x83, 0x3d, 0x01, 0x00, 0x00, 0x00, 0x2a); /* cmp dword ptr [rip + 1], 0x2a */
	ck_assert_uint_eq(insn.reference, PC + 7 + 1);
}
END_TEST

static void check_effect(enum disasm_effect effect, uint8_t destination, uint8_t source)
{
	ck_assert_int_eq(insn.effect, effect);
	ck_assert_uint_eq(insn.destination, destination);
	ck_assert_uint_eq(insn.source, source);
}

START_TEST(amd64_simple_effects_on_a_register_are_told)
{
	AMD64(0x48, 0x89, 0xd8); /* mov rax, rbx */
	check_effect(DISASM_COPY, AMD64_RAX, AMD64_RBX);
	AMD64(0x89, 0xd8); /* mov eax, ebx: half of it */
	check_effect(DISASM_NO_EFFECT, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
	AMD64(0x31, 0xc9); /* xor ecx, ecx */
	check_effect(DISASM_CONSTANT, AMD64_RCX, AMD64_RCX);
	ck_assert_int_eq(insn.immediate, 0);
	AMD64(0xb9, 0x10, 0, 0, 0); /* mov ecx, 0x10 */
	check_effect(DISASM_CONSTANT, AMD64_RCX, DISASM_NO_REGISTER);
	ck_assert_int_eq(insn.immediate, 0x10);
	AMD64(0x48, 0x83, 0xc0, 0x18); /* add rax, 0x18 */
	check_effect(DISASM_ADD_CONSTANT, AMD64_RAX, DISASM_NO_REGISTER);
	AMD64(0x48, 0x01, 0xc8); /* add rax, rcx */
	check_effect(DISASM_ADD, AMD64_RAX, AMD64_RCX);
	AMD64(0x48, 0x8d, 0x48, 0x18); /* lea rcx, [rax+0x18] */
	check_effect(DISASM_FORM, AMD64_RCX, DISASM_NO_REGISTER);
	AMD64(0x48, 0x8b, 0x48, 0x18); /* mov rcx, [rax+0x18] */
	check_effect(DISASM_NO_EFFECT, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
}
END_TEST

static void check_moves(const uint8_t moved[2], uint8_t first, uint8_t second)
{
	ck_assert_uint_eq(moved[0], first);
	ck_assert_uint_eq(moved[1], second);
}

START_TEST(amd64_moves_to_and_from_memory_are_told)
{
	AMD64(0x48, 0x8b, 0x42, 0x08); /* mov rax, [rdx+8] */
	check_moves(insn.loaded, AMD64_RAX, DISASM_NO_REGISTER);
	check_moves(insn.stored, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
	AMD64(0x0f, 0xb6, 0x4a, 0x09); /* movzx ecx, byte ptr [rdx+9] */
	check_moves(insn.loaded, AMD64_RCX, DISASM_NO_REGISTER);
	AMD64(0x48, 0x89, 0x08); /* mov [rax], rcx */
	check_moves(insn.stored, AMD64_RCX, DISASM_NO_REGISTER);
	check_moves(insn.loaded, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
	AMD64(0x48, 0x03, 0x42, 0x10); /* add rax, [rdx+0x10] */
	check_moves(insn.loaded, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
	AMD64(0x48, 0xc7, 0x00, 1, 0, 0, 0); /* mov qword ptr [rax], 1 */
	check_moves(insn.stored, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
}
END_TEST

START_TEST(arm64_moves_to_and_from_memory_are_told)
{
	one_arm64(0xf9400741); /* ldr x1, [x26, #8] */
	check_moves(insn.loaded, 1, DISASM_NO_REGISTER);
	one_arm64(0xf9000001); /* str x1, [x0] */
	check_moves(insn.stored, 1, DISASM_NO_REGISTER);
	check_moves(insn.loaded, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
	one_arm64(0xa9000801); /* stp x1, x2, [x0] */
	check_moves(insn.stored, 1, 2);
	one_arm64(0xa940e742); /* ldp x2, x25, [x26, #8] */
	check_moves(insn.loaded, 2, 25);
	one_arm64(0xf900001f); /* str xzr, [x0] */
	check_moves(insn.stored, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
	one_arm64(0xf8210002); /* ldadd x1, x2, [x0] */
	check_moves(insn.loaded, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
	one_arm64(0x3d800000); /* str q0, [x0] */
	check_moves(insn.stored, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
}
END_TEST

START_TEST(bytes_that_do_not_decode_are_refused)
{
	ck_assert(!disasm_one(amd64, BYTES(0x06), PC, &insn));
	ck_assert(!disasm_one(amd64, BYTES(0x48, 0x8b), PC, &insn)); /* cut short */
	ck_assert(!disasm_one(amd64, (struct bytes){ 0 }, PC, &insn));
	ck_assert(!disasm_one(arm64, BYTES(0, 0, 0, 0), PC, &insn));
	ck_assert(!disasm_one(arm64, BYTES(0xc0, 0x03, 0x5f), PC, &insn));
}
END_TEST

START_TEST(a_walk_passes_over_what_does_not_decode)
{
	struct disasm_walk walk = disasm_walk_start(amd64, BYTES(0x90, 0x06, 0xc3), PC);
	ck_assert(disasm_walk_next(&walk, &insn) && insn.pc == PC);
	ck_assert(disasm_walk_next(&walk, &insn) && insn.pc == PC + 2);
	ck_assert(!disasm_walk_next(&walk, &insn));
}
END_TEST

START_TEST(arm64_load_has_text_and_operand)
{
	one_arm64(0xf9400c20);
	ck_assert_str_eq(insn.text, "ldr x0, [x1, #0x18]");
	check_memory(0, 1, 0x18, 8, "r");
	ck_assert_uint_eq(insn.written, 1);
}
END_TEST

START_TEST(arm64_pairs_access_both_words)
{
	one_arm64(0xa9410fe2); /* ldp x2, x3, [sp, #0x10] */
	check_memory(0, ARM64_SP, 0x10, 16, "r");
	ck_assert_uint_eq(insn.written, 3u << 2);
	one_arm64(0xac811404); /* stp q4, q5, [x0], #0x20 */
	check_memory(0, 0, 0, 32, "w");
	ck_assert(insn.vector);
	one_arm64(0x29010c22); /* stp w2, w3, [x1, #8] */
	check_memory(0, 1, 8, 8, "w");
}
END_TEST

START_TEST(arm64_pre_index_adds_and_post_index_does_not)
{
	one_arm64(0xf81f0ffe); /* str x30, [sp, #-0x10]! */
	check_memory(0, ARM64_SP, -16, 8, "w");
	one_arm64(0x38401401); /* ldrb w1, [x0], #1 */
	check_memory(0, 0, 0, 1, "r");
	ck_assert_uint_eq(insn.written, 3); /* x1 and the base */
}
END_TEST

START_TEST(arm64_register_offset_scales_and_extends)
{
	one_arm64(0xf8627820); /* ldr x0, [x1, x2, lsl #3] */
	check_memory(0, 1, 0, 8, "r");
	ck_assert_uint_eq(insn.memory[0].index, 2);
	ck_assert_uint_eq(insn.memory[0].scale, 8);
	ck_assert(!insn.memory[0].index_word);
	one_arm64(0xb862c820); /* ldr w0, [x1, w2, sxtw] */
	ck_assert_uint_eq(insn.memory[0].scale, 1);
	ck_assert(insn.memory[0].index_word && insn.memory[0].index_signed);
}
END_TEST

START_TEST(arm64_nil_check_loads_into_regtmp)
{
	one_arm64(0x3980001b);
	ck_assert_str_eq(insn.text, "ldrsb x27, [x0]");
	ck_assert(insn.nil_check);
	check_memory(0, 0, 0, 1, "r");
	one_arm64(0x39800001); /* ldrsb x1, [x0] */
	ck_assert(!insn.nil_check);
}
END_TEST

START_TEST(arm64_acquire_and_release_are_ordinary_accesses)
{
	one_arm64(0xc8dffc20); /* ldar x0, [x1] */
	check_memory(0, 1, 0, 8, "r");
	one_arm64(0x889ffc20); /* stlr w0, [x1] */
	check_memory(0, 1, 0, 4, "w");
	one_arm64(0x8802fc20); /* stlxr w2, w0, [x1] */
	check_memory(0, 1, 0, 4, "w");
	ck_assert_uint_eq(insn.written, 1u << 2);
}
END_TEST

START_TEST(arm64_atomics_of_8_1_are_decoded)
{
	one_arm64(0xf8e10002);
	ck_assert_str_eq(insn.text, "ldaddal x1, x2, [x0]");
	check_memory(0, 0, 0, 8, "rw");
	ck_assert_uint_eq(insn.written, 1u << 2);
	one_arm64(0x88e0fc41);
	ck_assert_str_eq(insn.text, "casal w0, w1, [x2]");
	check_memory(0, 2, 0, 4, "rw");
	ck_assert_uint_eq(insn.written, 1u << 0);
	one_arm64(0x38e08041);
	ck_assert_str_eq(insn.text, "swpalb w0, w1, [x2]");
	check_memory(0, 2, 0, 1, "rw");
}
END_TEST

START_TEST(arm64_prefetch_accesses_nothing)
{
	one_arm64(0xf9800020); /* prfm pldl1keep, [x1] */
	check_memory(0, 1, 0, 0, "");
}
END_TEST

START_TEST(arm64_vector_structures_have_their_size)
{
	one_arm64(0x4cdf2060); /* ld1 {v0.16b, v1.16b, v2.16b, v3.16b}, [x3], #0x40 */
	check_memory(0, 3, 0, 64, "r");
	one_arm64(0x0c007060); /* st1 {v0.8b}, [x3] */
	check_memory(0, 3, 0, 8, "w");
	one_arm64(0x0d408060); /* ld1 {v0.s}[0], [x3] */
	check_memory(0, 3, 0, 4, "r");
}
END_TEST

START_TEST(arm64_simple_effects_on_a_register_are_told)
{
	one_arm64(0xaa0103e0); /* mov x0, x1 */
	check_effect(DISASM_COPY, 0, 1);
	one_arm64(0x2a0103e0); /* mov w0, w1: half of it */
	check_effect(DISASM_NO_EFFECT, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
	one_arm64(0xaa1f03e2); /* mov x2, xzr */
	check_effect(DISASM_CONSTANT, 2, DISASM_NO_REGISTER);
	ck_assert_int_eq(insn.immediate, 0);
	one_arm64(0xd2800203); /* mov x3, #0x10 */
	check_effect(DISASM_CONSTANT, 3, DISASM_NO_REGISTER);
	ck_assert_int_eq(insn.immediate, 0x10);
	one_arm64(0xb27d07e2); /* orr x2, xzr, #0x18 */
	check_effect(DISASM_CONSTANT, 2, DISASM_NO_REGISTER);
	ck_assert_int_eq(insn.immediate, 0x18);
	one_arm64(0xb24003e2); /* orr x2, xzr, #1 */
	ck_assert_int_eq(insn.immediate, 1);
	one_arm64(0xb200f3e0); /* orr x0, xzr, #0x5555555555555555 */
	check_effect(DISASM_CONSTANT, 0, DISASM_NO_REGISTER);
	ck_assert_uint_eq((uint64_t)insn.immediate, 0x5555555555555555);
	one_arm64(0xb2400020); /* orr x0, x1, #1: of a register */
	check_effect(DISASM_NO_EFFECT, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
	one_arm64(0xf9400420); /* ldr x0, [x1, #8] */
	check_effect(DISASM_NO_EFFECT, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
}
END_TEST

START_TEST(arm64_sums_form_an_address)
{
	one_arm64(0x91008002); /* add x2, x0, #0x20 */
	check_effect(DISASM_FORM, 2, DISASM_NO_REGISTER);
	ck_assert_uint_eq(insn.memory[0].base, 0);
	ck_assert_int_eq(insn.memory[0].displacement, 0x20);
	ck_assert(!insn.memory[0].read && !insn.memory[0].write);
	one_arm64(0xd1002023); /* sub x3, x1, #8 */
	check_effect(DISASM_FORM, 3, DISASM_NO_REGISTER);
	ck_assert_int_eq(insn.memory[0].displacement, -8);
	one_arm64(0x8b010c02); /* add x2, x0, x1, lsl #3 */
	check_effect(DISASM_FORM, 2, DISASM_NO_REGISTER);
	ck_assert_uint_eq(insn.memory[0].index, 1);
	ck_assert_uint_eq(insn.memory[0].scale, 8);
	one_arm64(0x8b011802); /* add x2, x0, x1, lsl #6: no scale that an operand has */
	check_effect(DISASM_NO_EFFECT, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
	one_arm64(0xb1008002); /* adds x2, x0, #0x20 */
	check_effect(DISASM_NO_EFFECT, DISASM_NO_REGISTER, DISASM_NO_REGISTER);
}
END_TEST

START_TEST(arm64_compare_writes_no_register)
{
	one_arm64(0xeb10001f); /* cmp x0, x16 */
	ck_assert_uint_eq(insn.written, 0);
	one_arm64(0xf240003f); /* tst x1, #1 */
	ck_assert_uint_eq(insn.written, 0);
}
END_TEST

START_TEST(arm64_calls_and_jumps_have_targets)
{
	one_arm64(0x97ffffff); /* bl -4 */
	ck_assert_int_eq(insn.flow, DISASM_CALL);
	ck_assert_uint_eq(insn.target, PC - 4);
	one_arm64(0x14000002);
	ck_assert_int_eq(insn.flow, DISASM_JUMP);
	ck_assert_uint_eq(insn.target, PC + 8);
	one_arm64(0x54000049); /* b.ls */
	ck_assert_int_eq(insn.flow, DISASM_BRANCH);
	ck_assert_uint_eq(insn.target, PC + 8);
	one_arm64(0xb4000060); /* cbz x0 */
	ck_assert_uint_eq(insn.target, PC + 12);
	one_arm64(0x3607ffe0); /* tbz w0, #0, -4 */
	ck_assert_int_eq(insn.flow, DISASM_BRANCH);
	ck_assert_uint_eq(insn.target, PC - 4);
	one_arm64(0xd63f0020); /* blr x1 */
	ck_assert(insn.flow == DISASM_CALL && insn.indirect);
	ck_assert_uint_eq(insn.flow_register, 1);
	one_arm64(0xd65f03c0);
	ck_assert(insn.flow == DISASM_RETURN && !insn.indirect);
}
END_TEST

/* Walks COUNT instructions at PC and leaves the last one in `insn`. */
static void walk_arm64(const uint32_t *list, size_t count)
{
	struct words w;
	struct disasm_walk walk = disasm_walk_start(arm64, words(&w, list, count), PC);
	for (size_t i = 0; i < count; i++)
		ck_assert(disasm_walk_next(&walk, &insn));
}

#define WALK(...)                                                                                  \
	walk_arm64((const uint32_t[]){ __VA_ARGS__ },                                              \
		   sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

enum {
	ADRP_X1 = 0xb0000001,	    /* adrp x1, 0x402000 */
	ADD_X2_X1_18 = 0x91006022,  /* add x2, x1, #0x18 */
	LDR_X0_X1_8 = 0xf9400420,   /* ldr x0, [x1, #8] */
	LDR_X0_X2_8 = 0xf9400440,   /* ldr x0, [x2, #8] */
	MOV_X1_X3 = 0xaa0303e1,	    /* mov x1, x3 */
	BL = 0x94000001,
};

START_TEST(arm64_walk_joins_adrp_and_add)
{
	WALK(ADRP_X1, ADD_X2_X1_18);
	ck_assert_int_eq(insn.reference_kind, DISASM_ADDRESS);
	ck_assert_uint_eq(insn.reference, 0x402018);
}
END_TEST

START_TEST(arm64_walk_joins_adrp_and_load)
{
	WALK(ADRP_X1, LDR_X0_X1_8);
	ck_assert_int_eq(insn.reference_kind, DISASM_ACCESS);
	ck_assert_uint_eq(insn.reference, 0x402008);
}
END_TEST

START_TEST(arm64_walk_keeps_what_add_made)
{
	WALK(ADRP_X1, ADD_X2_X1_18, LDR_X0_X2_8);
	ck_assert_uint_eq(insn.reference, 0x402020);
}
END_TEST

START_TEST(arm64_walk_forgets_an_overwritten_register)
{
	WALK(ADRP_X1, MOV_X1_X3, LDR_X0_X1_8);
	ck_assert_int_eq(insn.reference_kind, DISASM_NO_REFERENCE);
}
END_TEST

START_TEST(arm64_walk_forgets_all_at_a_call)
{
	WALK(ADRP_X1, BL, LDR_X0_X1_8);
	ck_assert_int_eq(insn.reference_kind, DISASM_NO_REFERENCE);
}
END_TEST

START_TEST(arm64_adrp_alone_is_no_reference)
{
	WALK(ADRP_X1);
	ck_assert_int_eq(insn.reference_kind, DISASM_NO_REFERENCE);
}
END_TEST

START_TEST(arm64_adr_and_literal_refer_to_the_pc)
{
	one_arm64(0x10000041); /* adr x1, 8 */
	ck_assert_int_eq(insn.reference_kind, DISASM_ADDRESS);
	ck_assert_uint_eq(insn.reference, PC + 8);
	one_arm64(0x58000061); /* ldr x1, 12 */
	ck_assert_int_eq(insn.reference_kind, DISASM_ACCESS);
	ck_assert_uint_eq(insn.reference, PC + 12);
	check_memory(0, ARM64_PC, 12, 8, "r");
}
END_TEST

START_TEST(address_adds_base_index_and_displacement)
{
	const struct arch *arch = arch_find(EM_X86_64);
	struct registers regs = { 0 };
	uint64_t addr;
	AMD64(0x45, 0x8b, 0x7c, 0xc8, 0xf8); /* mov r15d, dword ptr [r8 + rcx*8 - 8] */
	registers_put(&regs, AMD64_R8, 0xc000010000);
	ck_assert(!disasm_address(&insn, 0, arch, &regs, &addr)); /* rcx is not known */
	registers_put(&regs, AMD64_RCX, 3);
	ck_assert(disasm_address(&insn, 0, arch, &regs, &addr));
	ck_assert_uint_eq(addr, 0xc000010010);
	ck_assert(!disasm_address(&insn, 1, arch, &regs, &addr)); /* no such operand */
}
END_TEST

START_TEST(address_of_a_rip_operand_counts_from_the_next_instruction)
{
	const struct arch *arch = arch_find(EM_X86_64);
	struct registers regs = { 0 };
	uint64_t addr;
	AMD64(0x48, 0x8b, 0x05, 0x00, 0x01, 0x00, 0x00);
	ck_assert(disasm_address(&insn, 0, arch, &regs, &addr));
	ck_assert_uint_eq(addr, PC + 7 + 0x100);
}
END_TEST

START_TEST(address_extends_a_word_index)
{
	const struct arch *arch = arch_find(EM_AARCH64);
	struct registers regs = { 0 };
	uint64_t addr;
	one_arm64(0xb862c820); /* ldr w0, [x1, w2, sxtw] */
	registers_put(&regs, 1, 0x1000);
	registers_put(&regs, 2, 0xfffffffc);
	ck_assert(disasm_address(&insn, 0, arch, &regs, &addr));
	ck_assert_uint_eq(addr, 0xffc);
}
END_TEST

static void assert_redacted(const char *text, const char *expected)
{
	_cleanup_str_ struct str out = { 0 };
	disasm_add_redacted(text, &out);
	ck_assert_str_eq(str_text(&out), expected);
}

START_TEST(constants_can_be_left_out)
{
	assert_redacted("mov eax, 0x2a", "mov eax, _");
	assert_redacted("mov r8d, -1", "mov r8d, _");
	assert_redacted("mov qword ptr [rax + rcx*8 + 0x18], 0x2a",
			"mov qword ptr [rax + rcx*8 + 0x18], _");
	assert_redacted("movz x1, #0x76ab, lsl #16", "movz x1, #_, lsl #_");
	assert_redacted("jne 0x401000", "jne 0x401000");
	assert_redacted("call 0x401000", "call 0x401000");
	assert_redacted("tbz w1, #3, 0x401000", "tbz w1, #3, 0x401000");
	assert_redacted("bic x1, x2, #5", "bic x1, x2, #_");
	assert_redacted("ret", "ret");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		constants_can_be_left_out,
		there_is_no_decoder_for_another_cpu,
		amd64_load_has_text_and_operand,
		amd64_narrow_registers_count_as_the_whole,
		amd64_stores_write,
		amd64_vector_stores_write,
		amd64_vector_loads_read,
		amd64_read_modify_write_does_both,
		amd64_lea_and_nop_access_nothing,
		amd64_nil_check_is_test_with_al,
		amd64_string_move_has_two_operands,
		amd64_double_shift_is_no_string_operation,
		amd64_fs_operand_is_thread_local,
		amd64_calls_and_jumps_have_targets,
		amd64_indirect_calls_name_register_or_memory,
		amd64_rip_operand_is_a_reference,
		amd64_simple_effects_on_a_register_are_told,
		amd64_moves_to_and_from_memory_are_told,
		arm64_moves_to_and_from_memory_are_told,
		bytes_that_do_not_decode_are_refused,
		a_walk_passes_over_what_does_not_decode,
		arm64_load_has_text_and_operand,
		arm64_pairs_access_both_words,
		arm64_pre_index_adds_and_post_index_does_not,
		arm64_register_offset_scales_and_extends,
		arm64_nil_check_loads_into_regtmp,
		arm64_acquire_and_release_are_ordinary_accesses,
		arm64_atomics_of_8_1_are_decoded,
		arm64_prefetch_accesses_nothing,
		arm64_vector_structures_have_their_size,
		arm64_simple_effects_on_a_register_are_told,
		arm64_sums_form_an_address,
		arm64_compare_writes_no_register,
		arm64_calls_and_jumps_have_targets,
		arm64_walk_joins_adrp_and_add,
		arm64_walk_joins_adrp_and_load,
		arm64_walk_keeps_what_add_made,
		arm64_walk_forgets_an_overwritten_register,
		arm64_walk_forgets_all_at_a_call,
		arm64_adrp_alone_is_no_reference,
		arm64_adr_and_literal_refer_to_the_pc,
		address_adds_base_index_and_displacement,
		address_of_a_rip_operand_counts_from_the_next_instruction,
		address_extends_a_word_index,
	};
	return test_run("disasm", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
