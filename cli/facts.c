#include "cli/facts.h"

static const char *const match_words[] = {
	[EXE_MATCH_UNKNOWN] = "unknown",
	[EXE_MATCH_YES] = "yes",
	[EXE_MATCH_NO] = "no",
};

void facts_core(const struct session *session, struct report_core *core)
{
	const struct corefile *file = &session->core;
	*core = (struct report_core){
		.path = session->options->core,
		.writer = core_writer_name(file->writer),
		.size_bytes = file->file_size,
		.dumped_bytes = file->dumped_bytes,
		.missing_bytes = file->missing_bytes,
		.pid = file->pid,
		.command = file->command ? file->command : "",
		.arguments = file->arguments ? file->arguments : "",
		.threads = file->thread_count,
		.truncated = file->truncated,
		.compression = file->compression,
		.stream_bytes = file->stream_bytes,
		.goarch = file->arch->goarch,
	};
}

void facts_executable(const struct session *session, struct report_executable *exe)
{
	*exe = (struct report_executable){
		.build_id = session->check.core_build_id,
		.go_build_id = session->check.core_go_build_id,
		.matches = match_words[session->check.match],
	};
	if (!session->has_exe)
		return;
	exe->path = session->exe.path;
	if (exe->build_id == NULL)
		exe->build_id = session->exe.build_id;
	if (exe->go_build_id == NULL)
		exe->go_build_id = session->exe.go_build_id;
	exe->stripped = !session->exe.has_symtab;
	exe->dwarf = session->exe.has_dwarf || (session->has_debug && session->debug.has_dwarf);
	exe->debug_path = session->has_debug ? session->debug.path : NULL;
	exe->pie = session->exe.pie;
}
