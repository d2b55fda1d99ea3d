/* The C library's last words, of a death in C. */
#include <string.h>

#include "base/limits.h"
#include "formats/signals.h"
#include "goruntime/cxxexception.h"

enum { TEXT_MOST = 1024 };

/* The C library, or an executable that has it linked in. */
static bool has_c_library(const struct image *image, const struct image_object *object)
{
	const char *slash = strrchr(object->elf->path, '/');
	const char *name = slash ? slash + 1 : object->elf->path;
	return object->elf == image->executable || strncmp(name, "libc.so", 7) == 0 ||
	       strncmp(name, "libc-", 5) == 0;
}

/* glibc's __abort_msg: {uint32 size; char text[]} in memory of its own (assert/assert.c,
 * sysdeps/posix/libc_fatal.c). */
static const char *abort_text(const struct snapshot *s, const struct image_object *object)
{
	struct elf_symbol symbol = { .name = "__abort_msg" };
	uint64_t message;
	if (elffile_symbols(object->elf, &symbol, 1) == 0 ||
	    !image_u64(s->image, symbol.value + object->bias, &message, NULL) || message == 0)
		return NULL;
	struct bytes rest = image_rest(s->image, message + 4);
	size_t n = strnlen((const char *)rest.data, rest.size < TEXT_MOST ? rest.size : TEXT_MOST);
	while (n > 0 && rest.data[n - 1] == '\n')
		n--;
	return n > 0 ? arena_strndup(s->arena, (const char *)rest.data, n) : NULL;
}

static const char *find_abort_text(const struct snapshot *s)
{
	const struct image *image = s->image;
	const struct elffile *last = NULL;
	for (size_t i = 0; i < image->placed_count; i++) {
		const struct image_object *object = &image->placed[i];
		if (object->elf == last || !has_c_library(image, object))
			continue;
		last = object->elf;
		const char *text = abort_text(s, object);
		if (text != NULL)
			return text;
	}
	return NULL;
}

/* --- exceptions of C++ -------------------------------------------------------------------------- */

/* The index of the innermost frame that throws, among the C frames in front; COUNT: none does. */
static size_t find_throw(const struct trace *mixed)
{
	for (size_t i = 0; i < mixed->count && mixed->frames[i].call->is_c; i++)
		if (strcmp(mixed->frames[i].call->symbol, "__cxa_throw") == 0 ||
		    strcmp(mixed->frames[i].call->symbol, "__cxa_rethrow") == 0)
			return i;
	return mixed->count;
}

/* From the registers at the signal to those at TARGET, a frame of C that they lead to. */
static bool step_to(const struct snapshot *s, const struct trace_frame *target, struct c_frame *at)
{
	for (unsigned i = 0; i < LIMIT_C_FRAMES; i++) {
		struct c_frame caller;
		if (c_frame_pc(s, at) == target->pc && c_frame_sp(s, at) == target->sp)
			return true;
		if (c_frame_step(s, at, &caller) != CFI_CALLER)
			return false;
		*at = caller;
	}
	return false;
}

static const struct cxx_exception *find_exception(const struct snapshot *s)
{
	const struct death *d = &s->death;
	size_t i = find_throw(&d->mixed);
	struct contexts contexts;
	if (i == d->mixed.count)
		return NULL;
	thread_contexts(s, &s->threads[d->thread], &contexts);
	const struct context *c = contexts_fatal(&contexts);
	if (c == NULL)
		return NULL;
	struct c_frame at = { .regs = c->regs, .exact = c->trap }, caller;
	if (!step_to(s, &d->mixed.frames[i], &at))
		return NULL;
	bool ends = c_frame_step(s, &at, &caller) == CFI_CALLER;
	return cxx_exception_of(s, &at, ends ? c_frame_sp(s, &caller) : 0);
}

/* --- stacks that are used up ------------------------------------------------------------------- */

/* How far below a stack's memory an access is still one to the stack: the kernel keeps as much free
 * below the first thread's (mm/mmap.c stack_guard_gap), and a large array may begin further down.
 * How near to its end the stack pointer then is. */
enum { BELOW_MOST = 1 << 20, NEAR_MOST = 64 << 10 };

/* The last of the C frames in front: they are on one stack. */
static const struct trace_frame *first_of_c(const struct trace *mixed)
{
	size_t i = 0;
	while (i + 1 < mixed->count && mixed->frames[i + 1].call->is_c)
		i++;
	return &mixed->frames[i];
}

/* The kernel tells no address where the handler had no room on that stack either. */
static struct c_stack find_used_up(const struct snapshot *s)
{
	const struct death *d = &s->death;
	const struct death_signal *signal = d->fault.present ? &d->fault : &d->kernel;
	uint64_t sp = d->mixed.frames[0].sp, addr = signal->has_addr ? signal->addr : sp;
	const struct trace_frame *first = first_of_c(&d->mixed);
	const struct image_run *run = image_find(s->image, first->sp);
	bool faults = signal->present && !signal->sent &&
		      (signal->number == LINUX_SIGSEGV || signal->number == LINUX_SIGBUS);
	if (!faults || run == NULL || first->sp <= sp || addr >= run->lo ||
	    run->lo - addr > BELOW_MOST || sp > run->lo + NEAR_MOST || run->lo > sp + BELOW_MOST)
		return (struct c_stack){ 0 };
	return (struct c_stack){ .lo = run->lo, .used = first->sp - sp };
}

/* QEMU's name where the thread runs a program in that emulator: linux-user, cpu_loop.c. */
static const char *find_emulator(const struct trace *mixed)
{
	for (size_t i = 0; i < mixed->count && mixed->frames[i].call->is_c; i++) {
		const struct call *call = mixed->frames[i].call;
		if (call->object != NULL && strncmp(call->object, "qemu-", 5) == 0 &&
		    strcmp(call->symbol, "cpu_loop") == 0)
			return call->object;
	}
	return NULL;
}

/* It has written a core of the program, too (linux-user/elfload.c core_dump_filename). */
static void tell_emulator(struct snapshot *s)
{
	struct death *d = &s->death;
	d->emulator = find_emulator(&d->mixed);
	if (d->emulator != NULL)
		caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "program",
			    "this is a core of %s, an emulator: registers and the signal are its own; the "
			    "core that it wrote of the program (qemu_PROGRAM_TIME_PID.core) tells more",
			    d->emulator);
}

void death_c_read(struct snapshot *s)
{
	struct death *d = &s->death;
	if (d->mixed.count == 0 || !d->mixed.frames[0].call->is_c)
		return;
	d->abort_text = find_abort_text(s);
	d->exception = find_exception(s);
	d->c_stack = find_used_up(s);
	tell_emulator(s);
}
