/* Core headers and notes. */
#include "formats/corefile.h"

#include <check.h>
#include <elf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/testelf.h"
#include "tests/unit/testrun.h"

static struct arena arena;
static struct caveats caveats;
static struct corefile core;
static struct error err;
static struct str notes, file;

static void setup(void)
{
	arena_init(&arena);
	caveats_init(&caveats, &arena);
	core = (struct corefile){ 0 };
	err = (struct error)ERROR_INIT;
}

static void teardown(void)
{
	str_release(&notes);
	str_release(&file);
	arena_release(&arena);
}

static bool parse(struct bytes bytes)
{
	return corefile_parse(test_exact(bytes), "core", &arena, &core, &caveats, &err);
}

/* A core with the notes made so far and one segment of 8 bytes at 0x10000. */
static void make_core(void)
{
	struct test_segment segments[] = {
		{ .type = PT_NOTE, .bytes = notes.text, .file_size = notes.size },
		{ .type = PT_LOAD, .flags = PF_R | PF_W, .addr = 0x10000, .memory_size = 4096,
		  .bytes = "ABCDEFGH", .file_size = 8 },
	};
	struct test_elf elf = { .type = ET_CORE, .segments = segments, .segment_count = 2 };
	file = test_elf_make(&elf);
}

static void parse_core(void)
{
	make_core();
	ck_assert_msg(parse(test_bytes(&file)), "%s", err.text);
}

static bool has_caveat(const char *part)
{
	for (size_t i = 0; i < caveats.count; i++)
		if (strstr(caveats.items[i].text, part) != NULL)
			return true;
	return false;
}

START_TEST(thread_has_its_registers)
{
	test_note_prstatus(&notes, 77, 0x401234, 0xc000010000);
	parse_core();
	ck_assert_uint_eq(core.thread_count, 1);
	const struct core_thread *thread = &core.threads[0];
	ck_assert_int_eq(thread->tid, 77);
	ck_assert_int_eq(thread->signal, SIGABRT);
	ck_assert_uint_eq(thread->regs.value[AMD64_RIP], 0x401234);
	ck_assert_uint_eq(thread->regs.value[AMD64_RSP], 0xc000010000);
	ck_assert(registers_has(&thread->regs, AMD64_R15));
	ck_assert_uint_eq(thread->orig_rax, ~0ull);
	ck_assert(!caveats.weakened);
}
END_TEST

START_TEST(siginfo_belongs_to_the_thread_before_it)
{
	uint8_t sent[128] = { SIGABRT, [8] = 0xfa, 0xff, 0xff, 0xff, [16] = 42, [20] = 7 };
	test_note_prstatus(&notes, 1, 0, 0);
	test_note_prstatus(&notes, 2, 0, 0);
	test_note(&notes, "CORE", NT_SIGINFO, sent, sizeof(sent));
	parse_core();
	ck_assert(!core.threads[0].has_siginfo);
	ck_assert(core.threads[1].has_siginfo);
	ck_assert_int_eq(core.threads[1].siginfo.signo, SIGABRT);
	ck_assert_int_eq(core.threads[1].siginfo.code, SI_TKILL);
	ck_assert_int_eq(core.threads[1].siginfo.sender_pid, 42);
	ck_assert_uint_eq(core.threads[1].siginfo.sender_uid, 7);
	ck_assert_uint_eq(core.threads[1].siginfo.addr, 0);
}
END_TEST

START_TEST(sigsys_of_seccomp_has_the_number_of_the_call)
{
	uint8_t refused[128] = { SIGSYS, [8] = 1, [16] = 0x76, [24] = 102 };
	test_note_prstatus(&notes, 1, 0, 0);
	test_note(&notes, "CORE", NT_SIGINFO, refused, sizeof(refused));
	parse_core();
	ck_assert(core.threads[0].siginfo.refused);
	ck_assert_int_eq(core.threads[0].siginfo.syscall, 102);
	ck_assert_uint_eq(core.threads[0].siginfo.addr, 0);
}
END_TEST

START_TEST(fault_has_an_address_and_no_sender)
{
	uint8_t fault[128] = { SIGSEGV, [8] = SEGV_MAPERR, [16] = 0x18 };
	test_note_prstatus(&notes, 1, 0, 0);
	test_note(&notes, "CORE", NT_SIGINFO, fault, sizeof(fault));
	parse_core();
	ck_assert_uint_eq(core.threads[0].siginfo.addr, 0x18);
	ck_assert_int_eq(core.threads[0].siginfo.sender_pid, 0);
}
END_TEST

START_TEST(siginfo_without_a_thread_is_a_caveat)
{
	uint8_t desc[128] = { SIGSEGV };
	test_note(&notes, "CORE", NT_SIGINFO, desc, sizeof(desc));
	parse_core();
	ck_assert(has_caveat("NT_SIGINFO note is damaged"));
}
END_TEST

START_TEST(psinfo_has_command_and_arguments)
{
	uint8_t desc[136] = { [24] = 99 };
	memcpy(desc + 40, "sixteen-letters!", 16); /* no NUL */
	memcpy(desc + 56, "prog\0-x\0y\0", 10); /* as Delve writes it */
	test_note(&notes, "CORE", NT_PRPSINFO, desc, sizeof(desc));
	parse_core();
	ck_assert(core.has_psinfo);
	ck_assert_int_eq(core.pid, 99);
	ck_assert_str_eq(core.command, "sixteen-letters!");
	ck_assert_str_eq(core.arguments, "prog -x y");
}
END_TEST

START_TEST(short_psinfo_is_a_caveat)
{
	test_note(&notes, "CORE", NT_PRPSINFO, "abcd", 4);
	parse_core();
	ck_assert(!core.has_psinfo);
	ck_assert_str_eq(core.command, "");
	ck_assert(has_caveat("NT_PRPSINFO"));
}
END_TEST

START_TEST(auxv_ends_at_null)
{
	const uint64_t pairs[][2] = { { AT_ENTRY, 0x1111 }, { AT_PHDR, 0x400040 },
				      { AT_NULL, 0 },	    { AT_ENTRY, 0x2222 } };
	test_note_auxv(&notes, pairs, 4);
	parse_core();
	ck_assert_uint_eq(core.entry, 0x1111);
	ck_assert_uint_eq(core.phdr, 0x400040);
}
END_TEST

START_TEST(mappings_are_sorted_and_in_bytes)
{
	const struct test_mapping mappings[] = { { 0x9000, 0xa000, 3, "/lib/b.so" },
						 { 0x1000, 0x2000, 0, "/bin/a" } };
	test_note_file(&notes, mappings, 2);
	parse_core();
	ck_assert_uint_eq(core.mapping_count, 2);
	ck_assert_str_eq(core.mappings[0].path, "/bin/a");
	ck_assert_str_eq(core.mappings[1].path, "/lib/b.so");
	ck_assert_uint_eq(core.mappings[1].offset, 3 * 4096);
	ck_assert_ptr_eq(corefile_mapping(&core, 0x9fff), &core.mappings[1]);
	ck_assert_ptr_null(corefile_mapping(&core, 0xa000));
}
END_TEST

START_TEST(absurd_count_of_mappings_is_a_caveat)
{
	uint64_t desc[5] = { 1ull << 60, 4096, 1, 2, 3 };
	test_note(&notes, "CORE", NT_FILE, desc, sizeof(desc));
	parse_core();
	ck_assert_uint_eq(core.mapping_count, 0);
	ck_assert(has_caveat("NT_FILE"));
}
END_TEST

START_TEST(mapping_without_a_name_is_dropped)
{
	uint64_t desc[8] = { 2, 4096, 0x1000, 0x2000, 0, 0x3000, 0x4000, 0 };
	uint8_t with_names[sizeof(desc) + 4];
	memcpy(with_names, desc, sizeof(desc));
	memcpy(with_names + sizeof(desc), "/a\0b", 4); /* the second has no NUL */
	test_note(&notes, "CORE", NT_FILE, with_names, sizeof(with_names));
	parse_core();
	ck_assert_uint_eq(core.mapping_count, 1);
	ck_assert_str_eq(core.mappings[0].path, "/a");
	ck_assert(has_caveat("NT_FILE"));
}
END_TEST

START_TEST(executable_is_the_mapping_that_holds_its_headers)
{
	const struct test_mapping mappings[] = { { 0x1000, 0x2000, 0, "/tmp/data" },
						 { 0x8000, 0x9000, 0, "/bin/a" } };
	const uint64_t pairs[][2] = { { AT_PHDR, 0x8040 } };
	test_note_file(&notes, mappings, 2);
	test_note_auxv(&notes, pairs, 1);
	parse_core();
	ck_assert_str_eq(corefile_executable(&core), "/bin/a");
}
END_TEST

START_TEST(executable_is_else_the_first_that_is_no_library)
{
	const struct test_mapping mappings[] = { { 0x1000, 0x2000, 0, "/lib/libc.so.6" },
						 { 0x8000, 0x9000, 0, "/bin/a" } };
	test_note_file(&notes, mappings, 2);
	parse_core();
	ck_assert_str_eq(corefile_executable(&core), "/bin/a");
}
END_TEST

START_TEST(note_cut_by_its_size_is_a_caveat)
{
	test_note_prstatus(&notes, 1, 0, 0);
	test_put32(&notes, 5);
	test_put32(&notes, 0xffffffff);
	test_put32(&notes, NT_PRSTATUS);
	str_add_bytes(&notes, "CORE\0\0\0", 8);
	parse_core();
	ck_assert_uint_eq(core.thread_count, 1);
	ck_assert(core.notes_cut);
	ck_assert(has_caveat("cut or damaged behind note 1"));
}
END_TEST

START_TEST(several_note_segments_are_read_in_order)
{
	_cleanup_str_ struct str second = { 0 };
	test_note_prstatus(&notes, 1, 0, 0);
	test_note_prstatus(&second, 2, 0, 0);
	struct test_segment segments[] = {
		{ .type = PT_NOTE, .bytes = notes.text, .file_size = notes.size },
		{ .type = PT_LOAD, .addr = 0x10000, .bytes = "ABCDEFGH", .file_size = 8 },
		{ .type = PT_NOTE, .bytes = second.text, .file_size = second.size },
	};
	struct test_elf elf = { .type = ET_CORE, .segments = segments, .segment_count = 3 };
	file = test_elf_make(&elf);
	ck_assert(parse(test_bytes(&file)));
	ck_assert_uint_eq(core.thread_count, 2);
	ck_assert_int_eq(core.threads[1].tid, 2);
}
END_TEST

START_TEST(segments_are_sorted)
{
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .addr = 0x20000, .bytes = "22222222", .file_size = 8 },
		{ .type = PT_LOAD, .addr = 0x10000, .bytes = "11111111", .file_size = 8 },
	};
	struct test_elf elf = { .type = ET_CORE, .segments = segments, .segment_count = 2 };
	file = test_elf_make(&elf);
	ck_assert(parse(test_bytes(&file)));
	ck_assert_uint_eq(core.segment_count, 2);
	ck_assert_uint_eq(core.segments[0].lo, 0x10000);
	ck_assert_mem_eq(corefile_at(&core, 0x10001).data, "1111111", 7);
	ck_assert_mem_eq(corefile_at(&core, 0x20004).data, "2222", 4);
	ck_assert_uint_eq(corefile_at(&core, 0x20004).size, 4);
	ck_assert_uint_eq(corefile_at(&core, 0x20008).size, 0);
	ck_assert_uint_eq(corefile_at(&core, 0).size, 0);
}
END_TEST

START_TEST(cut_file_tells_what_is_missing)
{
	test_note_prstatus(&notes, 1, 0, 0);
	make_core();
	ck_assert(parse((struct bytes){ (const uint8_t *)file.text, file.size - 3 }));
	ck_assert(core.truncated);
	ck_assert_uint_eq(core.missing_bytes, 3);
	ck_assert_uint_eq(core.segments[0].file_size, 8);
	ck_assert_uint_eq(core.segments[0].present, 5);
	ck_assert(has_caveat("the file is cut"));
	ck_assert(caveats.weakened);
}
END_TEST

START_TEST(every_cut_is_survived)
{
	test_note_prstatus(&notes, 1, 0, 0);
	make_core();
	for (size_t n = 0; n < file.size; n++) {
		bool ok = parse((struct bytes){ (const uint8_t *)file.text, n });
		ck_assert_int_eq(ok, n >= sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr));
		if (ok)
			ck_assert(core.truncated);
	}
}
END_TEST

START_TEST(segment_beyond_the_end_has_no_bytes)
{
	make_core();
	size_t phdr = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
	test_set64(&file, phdr + offsetof(Elf64_Phdr, p_offset), 1ull << 40);
	ck_assert(parse(test_bytes(&file)));
	ck_assert_uint_eq(core.segments[0].present, 0);
	ck_assert(core.truncated);
}
END_TEST

START_TEST(segment_with_a_wild_size_is_dropped)
{
	make_core();
	size_t phdr = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
	test_set64(&file, phdr + offsetof(Elf64_Phdr, p_memsz), ~0ull);
	ck_assert(parse(test_bytes(&file)));
	ck_assert_uint_eq(core.segment_count, 0);
	ck_assert(has_caveat("program header 1 is damaged"));
}
END_TEST

START_TEST(file_size_is_clipped_to_memory)
{
	make_core();
	size_t phdr = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
	test_set64(&file, phdr + offsetof(Elf64_Phdr, p_memsz), 4);
	ck_assert(parse(test_bytes(&file)));
	ck_assert_uint_eq(core.segments[0].file_size, 4);
	ck_assert(has_caveat("more bytes in the file than in memory"));
}
END_TEST

START_TEST(vsyscall_is_no_damage)
{
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .addr = 0xffffffffff600000, .memory_size = 4096, .bytes = "x",
		  .file_size = 1 },
	};
	struct test_elf elf = { .type = ET_CORE, .segments = segments, .segment_count = 1 };
	file = test_elf_make(&elf);
	ck_assert(parse(test_bytes(&file)));
	ck_assert_uint_eq(core.segment_count, 1);
	ck_assert_uint_eq(caveats.count, 1); /* no thread */
}
END_TEST

/* PN_XNUM: the count stands in section header 0, at the end of the file. */
static void make_extended(uint32_t count)
{
	make_core();
	test_set16(&file, offsetof(Elf64_Ehdr, e_phnum), PN_XNUM);
	test_set64(&file, offsetof(Elf64_Ehdr, e_shoff), file.size);
	for (size_t i = 0; i < sizeof(Elf64_Shdr); i++)
		str_add_char(&file, 0);
	test_set32(&file, file.size - sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_info), count);
}

START_TEST(extended_count_is_read)
{
	test_note_prstatus(&notes, 1, 0, 0);
	make_extended(2);
	ck_assert(parse(test_bytes(&file)));
	ck_assert_uint_eq(core.segment_count, 1);
	ck_assert_uint_eq(core.thread_count, 1);
	ck_assert_uint_eq(caveats.count, 0);
}
END_TEST

START_TEST(extended_count_that_was_cut_off_is_counted)
{
	test_note_prstatus(&notes, 1, 0, 0);
	make_extended(2);
	ck_assert(parse((struct bytes){ (const uint8_t *)file.text,
					file.size - sizeof(Elf64_Shdr) }));
	ck_assert_uint_eq(core.segment_count, 1);
	ck_assert_uint_eq(core.thread_count, 1);
	ck_assert(has_caveat("2 were counted"));
}
END_TEST

START_TEST(writer_is_the_kernel)
{
	uint8_t psinfo[136] = { 0 }, siginfo[128] = { 0 };
	test_note_prstatus(&notes, 1, 0, 0);
	test_note(&notes, "CORE", NT_PRPSINFO, psinfo, sizeof(psinfo));
	test_note(&notes, "CORE", NT_SIGINFO, siginfo, sizeof(siginfo));
	parse_core();
	ck_assert_str_eq(core_writer_name(core.writer), "kernel");
}
END_TEST

START_TEST(writer_is_gcore)
{
	uint8_t psinfo[136] = { 0 }, siginfo[128] = { 0 };
	test_note(&notes, "CORE", NT_PRPSINFO, psinfo, sizeof(psinfo));
	test_note_prstatus(&notes, 1, 0, 0);
	test_note(&notes, "CORE", NT_SIGINFO, siginfo, sizeof(siginfo));
	parse_core();
	ck_assert_str_eq(core_writer_name(core.writer), "gcore");
}
END_TEST

START_TEST(writer_is_qemu)
{
	const uint64_t pairs[][2] = { { AT_ENTRY, 1 } };
	uint8_t psinfo[136] = { 0 };
	test_note_prstatus(&notes, 1, 0, 0);
	test_note(&notes, "CORE", NT_PRPSINFO, psinfo, sizeof(psinfo));
	test_note_auxv(&notes, pairs, 1);
	parse_core();
	ck_assert_str_eq(core_writer_name(core.writer), "qemu");
}
END_TEST

static const char delve_header[] = "linux/amd64\nVersion: 1.20.2\nTarget Pid: 321\n"
				   "Entry Point: 0x46f520\n";

START_TEST(delve_names_no_owner)
{
	_cleanup_str_ struct str status = { 0 };
	test_note(&notes, "Delve Header", 0x444c5645, delve_header, sizeof(delve_header) - 1);
	test_note_prstatus(&status, 5, 0x1234, 0);
	test_note(&notes, "", NT_PRSTATUS, status.text + 20, 336);
	parse_core();
	ck_assert_str_eq(core_writer_name(core.writer), "delve");
	ck_assert_int_eq(core.pid, 321);
	ck_assert_uint_eq(core.entry, 0x46f520);
	ck_assert_uint_eq(core.thread_count, 1);
	ck_assert_int_eq(core.threads[0].tid, 5);
}
END_TEST

START_TEST(delve_thread_note_has_named_registers)
{
	_cleanup_str_ struct str desc = { 0 };
	test_put64(&desc, 7);
	test_put64(&desc, 0x1000);
	test_put64(&desc, 0x2000);
	test_put64(&desc, 0x3000);
	test_put64(&desc, 0x4000);
	str_add_bytes(&desc, "\1\0\0\0\0\0\0\0\0", 9);
	test_put32(&desc, 2);
	test_put16(&desc, 3);
	str_add(&desc, "Rax");
	test_put16(&desc, 8);
	test_put64(&desc, 0xabc);
	test_put16(&desc, 0xffff); /* beyond the end */
	test_note(&notes, "", 0x444c5654, desc.text, desc.size);
	parse_core();
	ck_assert_uint_eq(core.thread_count, 1);
	const struct registers *regs = &core.threads[0].regs;
	ck_assert_uint_eq(regs->value[AMD64_RIP], 0x1000);
	ck_assert_uint_eq(regs->value[AMD64_RSP], 0x2000);
	ck_assert_uint_eq(regs->value[AMD64_RAX], 0xabc);
	ck_assert_uint_eq(regs->tls, 0x4000);
	ck_assert(!registers_has(regs, AMD64_RBX));
}
END_TEST

START_TEST(arm64_thread_gets_its_tls_from_a_note)
{
	uint8_t status[392] = { [32] = 3 };
	uint64_t pc = 0x10000, tls = 0x7777;
	memcpy(status + 112 + 32 * 8, &pc, 8);
	test_note(&notes, "CORE", NT_PRSTATUS, status, sizeof(status));
	test_note(&notes, "LINUX", NT_ARM_TLS, &tls, sizeof(tls));
	struct test_segment segment = { .type = PT_NOTE, .bytes = notes.text,
					.file_size = notes.size };
	struct test_elf elf = { .type = ET_CORE, .machine = EM_AARCH64, .segments = &segment,
				.segment_count = 1 };
	file = test_elf_make(&elf);
	ck_assert(parse(test_bytes(&file)));
	ck_assert_str_eq(core.arch->goarch, "arm64");
	ck_assert_uint_eq(core.threads[0].regs.value[ARM64_PC], 0x10000);
	ck_assert_uint_eq(core.threads[0].regs.tls, 0x7777);
}
END_TEST

static void refused(struct bytes bytes, enum error_code code, const char *part)
{
	ck_assert(!parse(bytes));
	ck_assert_int_eq(err.code, code);
	ck_assert_msg(strstr(err.text, part) != NULL, "%s", err.text);
}

START_TEST(other_files_are_named)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *what;
	} files[] = {
		{ "#!/bin/sh\n", 10, "a script" },
		{ "\x1f\x8b\x08", 3, "gzip" },
		{ "\x28\xb5\x2f\xfd", 4, "zstd" },
		{ "panic: x\n", 9, "a text file" },
		{ "\x7f" "ELF", 4, "cut within its header" },
		{ "\0\0\0\0", 4, "zeros" },
		{ "\x01\x02\x03\x04", 4, "unknown kind" },
		{ "", 0, "empty" },
	};
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		refused((struct bytes){ (const uint8_t *)files[i].bytes, files[i].size },
			ERROR_FORMAT, files[i].what);
}
END_TEST

START_TEST(executable_in_place_of_the_core_is_named)
{
	make_core();
	test_set16(&file, offsetof(Elf64_Ehdr, e_type), ET_EXEC);
	refused(test_bytes(&file), ERROR_FORMAT, "an ELF executable: the core is given first");
}
END_TEST

START_TEST(foreign_cores_are_named)
{
	make_core();
	test_set16(&file, offsetof(Elf64_Ehdr, e_machine), EM_RISCV);
	refused(test_bytes(&file), ERROR_UNSUPPORTED, "RISC-V");
	test_set16(&file, offsetof(Elf64_Ehdr, e_machine), 0x9999);
	refused(test_bytes(&file), ERROR_UNSUPPORTED, "machine 39321");
	file.text[EI_CLASS] = ELFCLASS32;
	refused(test_bytes(&file), ERROR_FORMAT, "a 32-bit ELF core");
	file.text[EI_CLASS] = ELFCLASS64;
	file.text[EI_DATA] = ELFDATA2MSB;
	test_set16(&file, offsetof(Elf64_Ehdr, e_type), ET_CORE << 8);
	refused(test_bytes(&file), ERROR_FORMAT, "a big-endian ELF core");
}
END_TEST

START_TEST(core_without_program_headers_is_refused)
{
	make_core();
	test_set16(&file, offsetof(Elf64_Ehdr, e_phnum), 0);
	refused(test_bytes(&file), ERROR_FORMAT, "no program headers");
	test_set16(&file, offsetof(Elf64_Ehdr, e_phnum), 2);
	test_set16(&file, offsetof(Elf64_Ehdr, e_phentsize), 8);
	refused(test_bytes(&file), ERROR_FORMAT, "program headers of 8 bytes");
	test_set16(&file, offsetof(Elf64_Ehdr, e_phentsize), 56);
	test_set64(&file, offsetof(Elf64_Ehdr, e_phoff), 1ull << 40);
	refused(test_bytes(&file), ERROR_FORMAT, "the core is cut");
}
END_TEST

START_TEST(files_that_cannot_be_mapped_are_refused)
{
	ck_assert(!corefile_open("/nonexistent/core", NULL, &arena, &core, &caveats, &err));
	ck_assert_int_eq(err.code, ERROR_IO);
	ck_assert(!corefile_open("/", NULL, &arena, &core, &caveats, &err));
	ck_assert_msg(strstr(err.text, "a directory") != NULL, "%s", err.text);
	ck_assert(!corefile_open("/dev/null", NULL, &arena, &core, &caveats, &err));
	ck_assert_msg(strstr(err.text, "a device") != NULL, "%s", err.text);
	corefile_close(NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		thread_has_its_registers,
		siginfo_belongs_to_the_thread_before_it,
		sigsys_of_seccomp_has_the_number_of_the_call,
		fault_has_an_address_and_no_sender,
		siginfo_without_a_thread_is_a_caveat,
		psinfo_has_command_and_arguments,
		short_psinfo_is_a_caveat,
		auxv_ends_at_null,
		mappings_are_sorted_and_in_bytes,
		absurd_count_of_mappings_is_a_caveat,
		mapping_without_a_name_is_dropped,
		executable_is_the_mapping_that_holds_its_headers,
		executable_is_else_the_first_that_is_no_library,
		note_cut_by_its_size_is_a_caveat,
		several_note_segments_are_read_in_order,
		segments_are_sorted,
		cut_file_tells_what_is_missing,
		every_cut_is_survived,
		segment_beyond_the_end_has_no_bytes,
		segment_with_a_wild_size_is_dropped,
		file_size_is_clipped_to_memory,
		vsyscall_is_no_damage,
		extended_count_is_read,
		extended_count_that_was_cut_off_is_counted,
		writer_is_the_kernel,
		writer_is_gcore,
		writer_is_qemu,
		delve_names_no_owner,
		delve_thread_note_has_named_registers,
		arm64_thread_gets_its_tls_from_a_note,
		other_files_are_named,
		executable_in_place_of_the_core_is_named,
		foreign_cores_are_named,
		core_without_program_headers_is_refused,
		files_that_cannot_be_mapped_are_refused,
	};
	return test_run("corefile", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
