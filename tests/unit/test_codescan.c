/* Places in code that may form an address. */
#include "formats/codescan.h"

#include "tests/unit/testrun.h"

enum { PC = 0x401000 };

static uint64_t pcs[8], addresses[8];
static size_t count, most;

static bool visit(void *data, uint64_t pc, uint64_t address)
{
	(void)data;
	pcs[count] = pc;
	addresses[count++] = address;
	return count < most;
}

static void scan(const struct arch *arch, const void *code, size_t size)
{
	count = 0;
	most = 8;
	codescan_addresses(arch, (struct bytes){ code, size }, PC, 0x400000, 0x500000, visit, NULL);
}

START_TEST(amd64_lea_of_all_registers_is_found)
{
	static const uint8_t code[] = {
		0x90,
		0x48, 0x8d, 0x05, 0x10, 0, 0, 0,	    /* lea rax, [rip+0x10] */
		0x4c, 0x8d, 0x3d, 0xf0, 0xff, 0xff, 0xff,   /* lea r15, [rip-0x10] */
		0x48, 0x8d, 0x0d, 0, 0, 0, 0x40,	    /* out of what is asked for */
		0x48, 0x8d, 0x44, 0x24, 0x18, 0, 0,	    /* lea rax, [rsp+0x18] */
		0x48, 0x8b, 0x05, 0x10, 0, 0, 0,	    /* mov rax, [rip+0x10] */
		0x48, 0x8d, 0x05, 0x10,			    /* cut short */
	};
	scan(&arch_amd64, code, sizeof(code));
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(pcs[0], PC + 1);
	ck_assert_uint_eq(addresses[0], PC + 8 + 0x10);
	ck_assert_uint_eq(pcs[1], PC + 8);
	ck_assert_uint_eq(addresses[1], PC + 15 - 0x10);
}
END_TEST

START_TEST(arm64_adr_and_adrp_with_its_add_are_found)
{
	static const uint32_t code[] = {
		0x10000041, /* adr x1, pc+8 */
		0xb0000002, /* adrp x2, page+0x1000 */
		0x91008042, /* add x2, x2, #0x20 */
		0xb0000002, /* adrp x2, page+0x1000 */
		0x91008063, /* add x3, x3, #0x20: another register */
		0xf0ffffe4, /* adrp x4, page-0x1000 */
		0x91000084, /* add x4, x4, #0 */
	};
	scan(&arch_arm64, code, sizeof(code));
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(addresses[0], PC + 8);
	ck_assert_uint_eq(addresses[1], PC + 0x1000 + 0x20);
	ck_assert_uint_eq(addresses[2], PC - 0x1000);
	ck_assert_uint_eq(pcs[2], PC + 20);
}
END_TEST

START_TEST(the_visitor_ends_it)
{
	static const uint32_t code[] = { 0x10000041, 0x10000041, 0x10000041 };
	count = 0;
	most = 2;
	codescan_addresses(&arch_arm64, (struct bytes){ (const uint8_t *)code, sizeof(code) }, PC,
			   0x400000, 0x500000, visit, NULL);
	ck_assert_uint_eq(count, 2);
	scan(&arch_amd64, NULL, 0);
	ck_assert_uint_eq(count, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		amd64_lea_of_all_registers_is_found,
		arm64_adr_and_adrp_with_its_add_are_found,
		the_visitor_ends_it,
	};
	return test_run("codescan", tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
