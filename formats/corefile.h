#pragma once
/*
 * An ELF core file: facts as the kernel, gdb's gcore or Delve's dump wrote them (System V gABI
 * chapter 5; linux fs/binfmt_elf.c elf_core_dump; include/uapi/linux/elfcore.h). Knows nothing of
 * Go. Everything is borrowed from the mapping or taken from the arena.
 *
 * The file is untrusted and may end anywhere. Opening fails only when it is not a 64-bit
 * little-endian ELF core of a known CPU, or when its program headers cannot be read at all; all
 * else that is missing is a caveat.
 */
#include "base/arena.h"
#include "base/caveat.h"
#include "formats/arch.h"
#include "formats/mapfile.h"

struct core_segment { /* one PT_LOAD, in the order of address */
	uint64_t lo, hi;    /* memory [lo, hi) */
	uint64_t offset;    /* in the file */
	uint64_t file_size; /* bytes that the header says were dumped, <= hi - lo */
	uint64_t present;   /* of those, bytes that are really in the file */
	uint32_t flags;	    /* PF_R, PF_W, PF_X */
};

struct core_siginfo { /* NT_SIGINFO: siginfo_t as of sigaction(2) */
	int32_t signo, code, error;
	uint64_t addr;	      /* si_addr of a fault (code > 0) */
	int32_t sender_pid;   /* of a sent signal (code <= 0) */
	uint32_t sender_uid;
	bool refused;	 /* SIGSYS of seccomp: SYSCALL is the number that it refused */
	int32_t syscall;
};

struct core_thread { /* in the order of the notes: the kernel writes the dumping thread first */
	int32_t tid;
	int32_t signal; /* pr_cursig */
	struct registers regs;
	uint64_t orig_rax; /* number of the system call (amd64); ~0 if none */
	bool has_siginfo;
	struct core_siginfo siginfo;
};

struct core_mapping { /* NT_FILE, in the order of address */
	uint64_t lo, hi;
	uint64_t offset; /* in bytes */
	const char *path;
};

enum core_writer { CORE_BY_KERNEL, CORE_BY_GCORE, CORE_BY_DELVE, CORE_BY_QEMU, CORE_BY_UNKNOWN };

struct corefile {
	struct mapfile file; /* the core itself, decompressed */
	const struct arch *arch;
	enum core_writer writer;
	struct core_segment *segments;
	size_t segment_count;
	struct core_thread *threads;
	size_t thread_count;
	struct core_mapping *mappings;
	size_t mapping_count;
	bool notes_cut; /* threads and mappings may be missing */
	bool has_psinfo;
	int32_t pid;
	const char *command;   /* pr_fname, at most 15 bytes; "" if unknown */
	const char *arguments; /* pr_psargs, at most 79 bytes; "" if unknown */
	/* AT_ENTRY, AT_PHDR, AT_BASE, AT_EXECFN, AT_SYSINFO_EHDR, AT_PAGESZ; 0 if absent */
	uint64_t entry, phdr, base, execfn, vdso, page_size;
	uint64_t file_size;	/* as it is */
	uint64_t expected_size; /* as the headers say */
	uint64_t dumped_bytes;	/* bytes of memory in the file */
	uint64_t missing_bytes; /* bytes that the headers promise and the file lacks */
	bool truncated;
	bool damaged;		/* the stream it came in is known to be damaged (stream.h) */
	const char *compression; /* that the file was of: "zstd"; NULL: none */
	uint64_t stream_bytes;	 /* read from a stream, before decompression; 0: it was mapped */
};

/* Is told how many bytes of a core have come out of a stream. */
struct core_watch {
	void (*arrived)(void *data, uint64_t bytes);
	void *data;
};

/* Opens PATH; "-" is standard input. A file is mapped as it is. One that is compressed, or a pipe,
 * goes first into a file of its own under TMPDIR (spool.h), as far as it can be read and there is
 * space: a stream that ends too early, is damaged or finds no space left is a caveat as long as
 * what came before is a core. WATCH may be NULL. The caller closes it with corefile_close() after
 * all that borrows from it. */
bool corefile_open(const char *path, const struct core_watch *watch, struct arena *arena,
		   struct corefile *core, struct caveats *caveats, struct error *err) MUST_CHECK;

/* The same of bytes in memory, which outlive the core: for tests and fuzzers. */
bool corefile_parse(struct bytes bytes, const char *name, struct arena *arena,
		    struct corefile *core, struct caveats *caveats, struct error *err) MUST_CHECK;
void corefile_close(struct corefile *core);

/* The bytes of the core from ADDR to the end of what its segment has in the file; empty if ADDR is
 * not in the file. For what must be read before there is an image. */
struct bytes corefile_at(const struct corefile *core, uint64_t addr);

/* The mapping of a file that holds ADDR; NULL if none. */
const struct core_mapping *corefile_mapping(const struct corefile *core, uint64_t addr);

/* The path of the executable as the notes know it: the NT_FILE entry that holds AT_PHDR or
 * AT_ENTRY, else the first executable mapping at file offset 0; NULL if none. */
const char *corefile_executable(const struct corefile *core);

/* "kernel", "gcore", "delve", "qemu", "unknown". */
const char *core_writer_name(enum core_writer writer);
