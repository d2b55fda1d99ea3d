/* Finding the executable and checking that it is the one. */
#include "formats/findexe.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/testelf.h"
#include "tests/unit/testrun.h"

static struct arena arena;
static struct caveats caveats;
static struct corefile core;
static struct elffile exe;
static struct exe_check check;
static struct error err;
static struct str notes, core_bytes;
static char dir[64];

static void setup(void)
{
	arena_init(&arena);
	caveats_init(&caveats, &arena);
	err = (struct error)ERROR_INIT;
	exe = (struct elffile){ 0 };
	snprintf(dir, sizeof(dir), "/tmp/test_findexe.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	elffile_close(&exe);
	str_release(&notes);
	str_release(&core_bytes);
	arena_release(&arena);
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* What makes one build differ from another. */
struct variant {
	const char *gnu, *go; /* ids, NULL: none */
	char code;	      /* what the code consists of */
	uint64_t entry;	      /* 0: 0x401000 */
	size_t code_size;     /* 0: 4096 */
};

/* Header page, one page of code, build info in writable data. */
static struct str make_exe(const struct variant *v)
{
	_cleanup_str_ struct str ids = { 0 };
	if (v->gnu != NULL)
		test_note(&ids, "GNU", NT_GNU_BUILD_ID, v->gnu, strlen(v->gnu));
	if (v->go != NULL) {
		str_add_bytes(&ids, "\4\0\0\0\4\0\0\0\4\0\0\0Go\0", 16);
		str_add_bytes(&ids, v->go, 4);
	}
	static char code[3 * 4096];
	memset(code, v->code, sizeof(code));
	static const char info[32] = "\xff Go buildinf:";
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .flags = PF_R, .addr = 0x400000, .file_size = 4096,
		  .head = true },
		{ .type = PT_NOTE, .bytes = ids.text, .file_size = ids.size },
		{ .type = PT_LOAD, .flags = PF_R | PF_X, .addr = 0x401000, .bytes = code,
		  .file_size = v->code_size ? v->code_size : 4096 },
		{ .type = PT_LOAD, .flags = PF_R | PF_W, .addr = 0x410000, .bytes = info,
		  .file_size = sizeof(info) },
	};
	struct test_section section = { .name = ".go.buildinfo", .type = SHT_PROGBITS,
					.addr = 0x410000, .bytes = info, .size = sizeof(info) };
	return test_elf_make(&(struct test_elf){ .type = ET_EXEC,
						 .entry = v->entry ? v->entry : 0x401000,
						 .segments = segments,
						 .segment_count = 4,
						 .sections = &section,
						 .section_count = 1 });
}

/* What the core holds of the executable. */
enum { HEADER = 1, CODE = 2, DATA = 4, AUXV = 8 };

static void make_core(const struct variant *v, unsigned what, const char *path)
{
	_cleanup_str_ struct str file = make_exe(v);
	if (what & AUXV) {
		const uint64_t pairs[][2] = { { AT_PHDR, 0x400040 },
					      { AT_ENTRY, v->entry ? v->entry : 0x401000 } };
		test_note_auxv(&notes, pairs, 2);
	}
	if (path != NULL) {
		const struct test_mapping mappings[] = { { 0x400000, 0x401000, 0, path },
							 { 0x410000, 0x411000, 2, path } };
		test_note_file(&notes, mappings, 2);
	}
	struct test_segment segments[4] = {
		{ .type = PT_NOTE, .bytes = notes.text, .file_size = notes.size },
	};
	size_t n = 1;
	if (what & HEADER)
		segments[n++] = (struct test_segment){ .type = PT_LOAD, .addr = 0x400000,
						       .bytes = file.text, .file_size = 4096 };
	if (what & CODE)
		segments[n++] = (struct test_segment){ .type = PT_LOAD, .addr = 0x401000,
						       .bytes = file.text + 4096,
						       .file_size = 4096 };
	if (what & DATA)
		segments[n++] = (struct test_segment){ .type = PT_LOAD, .addr = 0x410000,
						       .bytes = file.text + 8192, .file_size = 32 };
	core_bytes = test_elf_make(&(struct test_elf){ .type = ET_CORE, .segments = segments,
						       .segment_count = n });
	bool ok = corefile_parse(test_exact(test_bytes(&core_bytes)), "core", &arena, &core,
				 &caveats, &err);
	ck_assert_msg(ok, "%s", err.text);
}

static enum exe_match match(const struct variant *v)
{
	_cleanup_str_ struct str file = make_exe(v);
	ck_assert(elffile_parse(test_exact(test_bytes(&file)), "exe", &arena, &exe, &err));
	exe_check(&core, &exe, &arena, &check);
	ck_assert(check.match == EXE_MATCH_UNKNOWN || check.reason != NULL);
	return check.match;
}

static const struct variant one = { .gnu = "1111", .go = "go1", .code = 'A' };
static const struct variant plain = { .code = 'A' };

START_TEST(equal_gnu_id_is_a_match)
{
	make_core(&one, HEADER, "/bin/exe");
	ck_assert_int_eq(match(&one), EXE_MATCH_YES);
	ck_assert_str_eq(check.core_build_id, "31313131");
	ck_assert_str_eq(check.core_go_build_id, "go1");
}
END_TEST

START_TEST(other_gnu_id_is_none)
{
	make_core(&one, HEADER, "/bin/exe");
	ck_assert_int_eq(match(&(struct variant){ .gnu = "2222", .go = "go1", .code = 'A' }),
			 EXE_MATCH_NO);
	ck_assert_str_eq(check.reason, "its GNU build id 32323232 is not the core's 31313131");
}
END_TEST

START_TEST(go_id_decides_where_there_is_no_gnu_id)
{
	make_core(&(struct variant){ .go = "go1", .code = 'A' }, HEADER, "/bin/exe");
	ck_assert_int_eq(match(&(struct variant){ .go = "go1", .code = 'A' }), EXE_MATCH_YES);
	ck_assert_int_eq(match(&(struct variant){ .go = "go2", .code = 'A' }), EXE_MATCH_NO);
}
END_TEST

START_TEST(header_is_found_by_auxv_without_mappings)
{
	make_core(&one, HEADER | AUXV, NULL);
	ck_assert_int_eq(match(&one), EXE_MATCH_YES);
}
END_TEST

START_TEST(without_ids_headers_and_build_info_decide)
{
	make_core(&plain, HEADER | DATA, "/bin/exe");
	ck_assert_int_eq(match(&plain), EXE_MATCH_YES);
	ck_assert_int_eq(match(&(struct variant){ .code = 'A', .code_size = 4097 }), EXE_MATCH_NO);
	ck_assert_str_eq(check.reason, "its program headers are not those in the core");
}
END_TEST

START_TEST(without_ids_dumped_code_decides)
{
	make_core(&plain, HEADER | CODE, "/bin/exe");
	ck_assert_int_eq(match(&plain), EXE_MATCH_YES);
	ck_assert_int_eq(match(&(struct variant){ .code = 'B' }), EXE_MATCH_NO);
	ck_assert_str_eq(check.reason, "its code or constants are not the core's");
}
END_TEST

START_TEST(breakpoints_in_dumped_code_do_not_differ)
{
	make_core(&(struct variant){ .code = (char)0xcc }, HEADER | CODE, "/bin/exe");
	ck_assert_int_eq(match(&plain), EXE_MATCH_YES);
}
END_TEST

START_TEST(other_entry_point_is_no_match)
{
	make_core(&plain, AUXV, NULL);
	ck_assert_int_eq(match(&(struct variant){ .code = 'A', .entry = 0x401010 }), EXE_MATCH_NO);
	ck_assert_str_eq(check.reason, "its entry point is not the core's");
}
END_TEST

START_TEST(larger_file_than_was_mapped_is_no_match)
{
	make_core(&plain, 0, "/bin/exe");
	ck_assert_int_eq(match(&plain), EXE_MATCH_UNKNOWN);
	ck_assert_int_eq(core.mapping_count, 2);
	core.mappings[1].hi += 4096;
	ck_assert_int_eq(match(&plain), EXE_MATCH_NO);
}
END_TEST

START_TEST(nothing_to_compare_is_unknown)
{
	make_core(&one, 0, NULL);
	ck_assert_int_eq(match(&one), EXE_MATCH_UNKNOWN);
	ck_assert_str_eq(check.reason, "the core has too little of it to compare");
}
END_TEST

START_TEST(bias_comes_from_auxv_before_mappings)
{
	_cleanup_str_ struct str file = make_exe(&one);
	uint64_t bias;
	make_core(&one, AUXV, "/bin/exe");
	test_set16(&file, offsetof(Elf64_Ehdr, e_type), ET_DYN);
	ck_assert(elffile_parse(test_exact(test_bytes(&file)), "exe", &arena, &exe, &err));
	core.phdr += 0x7f0000000000;
	core.entry += 0x7f0000000000;
	ck_assert(exe_bias(&core, &exe, &bias));
	ck_assert_uint_eq(bias, 0x7f0000000000);
	core.phdr = core.entry = 0;
	core.mappings[0].lo = 0x410000;
	core.mappings[0].hi = 0x411000;
	ck_assert(exe_bias(&core, &exe, &bias));
	ck_assert_uint_eq(bias, 0x10000);
	core.mapping_count = 0;
	ck_assert(!exe_bias(&core, &exe, &bias));
	ck_assert_uint_eq(bias, 0);
}
END_TEST

START_TEST(host_path_has_the_sysroot_and_no_deleted)
{
	bool deleted;
	ck_assert_str_eq(exe_host_path("/a/b (deleted)", "/sysroot", &arena, &deleted), "/sysroot/a/b");
	ck_assert(deleted);
	ck_assert_str_eq(exe_host_path("/a/b", NULL, &arena, &deleted), "/a/b");
	ck_assert(!deleted);
}
END_TEST

static const char *in_dir(const char *name)
{
	return arena_printf(&arena, "%s/%s", dir, name);
}

static const char *write_exe(const char *name, const struct variant *v)
{
	const char *path = in_dir(name);
	_cleanup_str_ struct str bytes = make_exe(v);
	FILE *f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fwrite(bytes.text, 1, bytes.size, f);
	fclose(f);
	return path;
}

static bool find(const struct exe_search *search)
{
	return exe_find(&core, search, &arena, &exe, &check, &caveats, &err);
}

START_TEST(named_executable_is_taken_though_it_does_not_fit)
{
	make_core(&one, HEADER, "/bin/exe");
	const char *path = write_exe("x", &(struct variant){ .gnu = "2222", .code = 'A' });
	ck_assert(find(&(struct exe_search){ .exe = path }));
	ck_assert_int_eq(check.match, EXE_MATCH_NO);
}
END_TEST

START_TEST(named_executable_that_is_none_is_an_error)
{
	make_core(&one, HEADER, "/bin/exe");
	ck_assert(!find(&(struct exe_search){ .exe = dir }));
	ck_assert_int_eq(err.code, ERROR_IO);
	ck_assert(!find(&(struct exe_search){ .exe = in_dir("none") }));
	ck_assert_msg(strstr(err.text, "No such file") != NULL, "%s", err.text);
}
END_TEST

START_TEST(recorded_path_is_found_under_the_sysroot)
{
	make_core(&one, HEADER, "/exe");
	write_exe("exe", &one);
	ck_assert(find(&(struct exe_search){ .sysroot = dir }));
	ck_assert_str_eq(exe.path, in_dir("exe"));
	ck_assert_int_eq(check.match, EXE_MATCH_YES);
	ck_assert_uint_eq(caveats.count, 1); /* no thread */
}
END_TEST

START_TEST(other_file_at_the_recorded_path_is_passed_over)
{
	make_core(&one, HEADER, "/exe");
	write_exe("exe", &(struct variant){ .gnu = "2222", .code = 'A' });
	ck_assert(!find(&(struct exe_search){ .sysroot = dir }));
	ck_assert_int_eq(err.code, ERROR_NOT_FOUND);
	ck_assert_msg(strstr(err.text, "GNU build id 31313131") != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, in_dir("exe")) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, "is not the core's") != NULL, "%s", err.text);
}
END_TEST

START_TEST(deleted_executable_must_be_proven)
{
	make_core(&plain, 0, "/exe (deleted)");
	write_exe("exe", &plain);
	ck_assert(!find(&(struct exe_search){ .sysroot = dir }));
}
END_TEST

START_TEST(executable_that_cannot_be_checked_is_taken_with_a_caveat)
{
	make_core(&plain, 0, "/exe");
	write_exe("exe", &plain);
	ck_assert(find(&(struct exe_search){ .sysroot = dir }));
	ck_assert_int_eq(check.match, EXE_MATCH_UNKNOWN);
	const char *last = caveats.items[caveats.count - 1].text;
	ck_assert_msg(strstr(last, "could not be checked") != NULL, "%s", last);
}
END_TEST

START_TEST(build_id_leads_to_the_executable)
{
	make_core(&one, HEADER, "/nowhere/exe");
	ck_assert_int_eq(mkdir(in_dir(".build-id"), 0700), 0);
	ck_assert_int_eq(mkdir(in_dir(".build-id/31"), 0700), 0);
	const char *path = write_exe(".build-id/31/313131", &one);
	ck_assert(find(&(struct exe_search){ .debug_dir = dir }));
	ck_assert_str_eq(exe.path, path);
	const char *last = caveats.items[caveats.count - 1].text;
	ck_assert_msg(strstr(last, "/nowhere/exe") != NULL, "%s", last);
}
END_TEST

START_TEST(any_file_in_the_debug_directory_is_looked_at)
{
	make_core(&(struct variant){ .go = "go1", .code = 'A' }, HEADER, "/nowhere/exe");
	write_exe("a", &(struct variant){ .go = "go2", .code = 'A' });
	const char *path = write_exe("b", &(struct variant){ .go = "go1", .code = 'A' });
	ck_assert(find(&(struct exe_search){ .debug_dir = dir }));
	ck_assert_str_eq(exe.path, path);
}
END_TEST

START_TEST(core_that_names_nothing_says_so)
{
	make_core(&one, 0, NULL);
	ck_assert(!find(&(struct exe_search){ 0 }));
	ck_assert_str_eq(err.text, "the executable of this core is not found: the core does not "
				   "name it");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		equal_gnu_id_is_a_match,
		other_gnu_id_is_none,
		go_id_decides_where_there_is_no_gnu_id,
		header_is_found_by_auxv_without_mappings,
		without_ids_headers_and_build_info_decide,
		without_ids_dumped_code_decides,
		breakpoints_in_dumped_code_do_not_differ,
		other_entry_point_is_no_match,
		larger_file_than_was_mapped_is_no_match,
		nothing_to_compare_is_unknown,
		bias_comes_from_auxv_before_mappings,
		host_path_has_the_sysroot_and_no_deleted,
		named_executable_is_taken_though_it_does_not_fit,
		named_executable_that_is_none_is_an_error,
		recorded_path_is_found_under_the_sysroot,
		other_file_at_the_recorded_path_is_passed_over,
		deleted_executable_must_be_proven,
		executable_that_cannot_be_checked_is_taken_with_a_caveat,
		build_id_leads_to_the_executable,
		any_file_in_the_debug_directory_is_looked_at,
		core_that_names_nothing_says_so,
	};
	return test_run("findexe", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
