/*
 * The context whose Done() a goroutine receives from: a cancelCtx that its stack names and whose
 * channel it is (src/context/context.go; the layout is the same in all releases up to the error).
 */
#include <string.h>

#include "base/str.h"
#include "goruntime/gotype.h"
#include "goruntime/waits_internal.h"

/* cancelCtx {Context, mu, done atomic.Value, children, err, cause}; timerCtx has it first and then
 * its timer; valueCtx {Context, key, val}; withoutCancelCtx {c}. */
enum {
	PARENT = 0,
	DONE_TYPE = 24,
	DONE_CHANNEL = 32,
	ERR_TYPE = 48,
};
/* timerCtx: its *time.Timer behind the cancelCtx, which has a cause since 1.20. In a time.Timer the
 * runtime's timer follows the channel, since 1.23 one more word (runtime/time.go timeTimer). */
static const struct timer_place {
	unsigned since, in_context, in_timer;
} timer_places[] = { { 0, 64, 8 }, { 20, 80, 8 }, { 23, 80, 16 } };
enum { CHAIN_MAX = 64, STACK_WORDS = 1024, ITAB_TYPE = 8 };

static const struct {
	const char *type, *made_by;
} makers[] = {
	{ "*context.cancelCtx", "WithCancel" },
	{ "*context.timerCtx", "WithDeadline" },
	{ "*context.valueCtx", "WithValue" },
	{ "*context.afterFuncCtx", "AfterFunc" },
	{ "*context.stopCtx", "WithoutPropagation" },
	{ "context.withoutCancelCtx", "WithoutCancel" },
	{ "context.backgroundCtx", "Background" },
	{ "context.todoCtx", "TODO" },
	{ "*context.emptyCtx", "Background" },
};

static const char *made_by(const char *type)
{
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (strcmp(type, makers[i].type) == 0)
			return makers[i].made_by;
	return NULL;
}

struct search {
	const struct snapshot *snapshot;
	const struct goroutine *g;
	struct arena *arena;
	struct wait *wait;
	uint64_t last;	    /* the word before */
	uint64_t itab, found;
};

/* The type behind an interface's first word (runtime2.go itab: inter, type). */
static bool type_of_itab(const struct snapshot *s, uint64_t itab, struct arena *arena,
			 struct gotype *type)
{
	uint64_t addr;
	return itab != 0 && itab % 8 == 0 && image_u64(s->image, itab + ITAB_TYPE, &addr, NULL) &&
	       gotype_read(s, addr, arena, type);
}

static bool has_channel(const struct snapshot *s, uint64_t addr, uint64_t channel)
{
	uint64_t found, type;
	return addr >= 4096 && addr % 8 == 0 &&
	       image_u64(s->image, addr + DONE_CHANNEL, &found, NULL) && found == channel &&
	       image_u64(s->image, addr + DONE_TYPE, &type, NULL) &&
	       modules_types(&s->modules, type) != NULL;
}

/* From an interface value on the stack through contexts that pass their parent's Done() on. */
static bool follow(struct search *search, uint64_t itab, uint64_t data)
{
	const struct snapshot *s = search->snapshot;
	struct gotype type;
	for (unsigned i = 0; i < CHAIN_MAX; i++) {
		if (has_channel(s, data, search->wait->object)) {
			search->itab = itab;
			search->found = data;
			return true;
		}
		if (!type_of_itab(s, itab, search->arena, &type) ||
		    strcmp(type.name, "*context.valueCtx") != 0 ||
		    !image_u64(s->image, data + PARENT, &itab, NULL) ||
		    !image_u64(s->image, data + PARENT + 8, &data, NULL))
			return false;
	}
	return false;
}

static bool is_context(void *data, uint64_t at, uint64_t word)
{
	struct search *search = data;
	uint64_t before = search->last;
	(void)at;
	search->last = word;
	if (word < 4096 || word % 8 != 0 ||
	    (word >= search->g->stack_lo && word < search->g->stack_hi))
		return false;
	return follow(search, before, word);
}

/* When the timer of a timerCtx fires; 0: it has none any more, or that is not known. */
static int64_t deadline_of(const struct snapshot *s, uint64_t context)
{
	size_t i = sizeof(timer_places) / sizeof(timer_places[0]) - 1;
	struct view view;
	uint64_t timer;
	while (i > 0 && timer_places[i].since > s->release.minor)
		i--;
	if (s->release.minor == 0 || !layout_has(&s->layout, TIMER_WHEN) ||
	    !image_u64(s->image, context + timer_places[i].in_context, &timer, NULL) ||
	    timer == 0 ||
	    !view_read(&view, s->image, &s->layout, RT_TIMER, timer + timer_places[i].in_timer,
		       NULL))
		return 0;
	return view_signed(&view, TIMER_WHEN);
}

/* The chain as "Background.WithCancel.WithDeadline", outermost first; where a context is of another
 * package, its type. And the first deadline in it. */
static void read_chain(const struct search *search, struct wait_context *context)
{
	const struct snapshot *s = search->snapshot;
	const char *names[CHAIN_MAX];
	uint64_t itab = search->itab, data = search->found;
	struct gotype type;
	size_t n = 0;
	while (n < CHAIN_MAX && type_of_itab(s, itab, search->arena, &type)) {
		const char *maker = made_by(type.name);
		int64_t deadline = strcmp(type.name, "*context.timerCtx") == 0
					   ? deadline_of(s, data)
					   : 0;
		if (deadline > 0 && (context->deadline == 0 || deadline < context->deadline))
			context->deadline = deadline;
		names[n++] = maker ? maker : type.name;
		if (maker == NULL || strcmp(maker, "Background") == 0 ||
		    strcmp(maker, "TODO") == 0 ||
		    !image_u64(s->image, data + PARENT, &itab, NULL) ||
		    !image_u64(s->image, data + PARENT + 8, &data, NULL))
			break;
	}
	_cleanup_str_ struct str text = { 0 };
	if (n == 0)
		return;
	str_add(&text, "context");
	while (n > 0)
		str_printf(&text, ".%s", names[--n]);
	context->chain = str_keep(&text, search->arena);
}

/* Its error: an interface of type error, since 1.25 an atomic.Value, which names the type
 * itself. */
static void read_error(const struct search *search, struct wait_context *context)
{
	const struct snapshot *s = search->snapshot;
	uint64_t word = 0;
	struct gotype type;
	if (!image_u64(s->image, search->found + ERR_TYPE, &word, NULL) || word == 0)
		return;
	context->cancelled = true;
	bool known = s->private->traits.context_error_is_atomic
			     ? gotype_read(s, word, search->arena, &type)
			     : type_of_itab(s, word, search->arena, &type);
	if (known && strcmp(type.name, "context.deadlineExceededError") == 0)
		context->error = "deadline exceeded";
	else if (known && strcmp(type.name, "*errors.errorString") != 0)
		context->error = type.name;
}

void wait_read_context(const struct snapshot *s, const struct goroutine *g, struct arena *arena,
		       struct wait *wait)
{
	struct search search = { .snapshot = s, .g = g, .arena = arena, .wait = wait };
	struct wait_context *context = &wait->context;
	uint64_t first = wait->object;
	for (size_t i = 0; i < wait->case_count && search.found == 0; i++) {
		const struct channel *channel = &wait->cases[i].channel;
		if (channel->elem == NULL || strcmp(channel->elem, "struct {}") != 0 ||
		    channel->capacity != 0 || wait->cases[i].direction == DIRECTION_SEND)
			continue;
		wait->object = channel->addr;
		search.last = 0;
		stack_words(s, g, STACK_WORDS, is_context, &search);
	}
	wait->object = first;
	if (search.found == 0)
		return;
	context->addr = search.found;
	read_error(&search, context);
	read_chain(&search, context);
}

/* An interface value of a cancelCtx, timerCtx, or of values on top of one, whose error is set. */
static bool is_cancelled(void *data, uint64_t at, uint64_t word)
{
	struct search *search = data;
	const struct snapshot *s = search->snapshot;
	uint64_t itab = search->last, context = word, type_addr, error;
	struct gotype type;
	(void)at;
	search->last = word;
	for (unsigned i = 0; i < CHAIN_MAX; i++) {
		if (context < 4096 || context % 8 != 0 || itab < 4096 || itab % 8 != 0 ||
		    !image_u64(s->image, itab + ITAB_TYPE, &type_addr, NULL) ||
		    modules_types(&s->modules, type_addr) == NULL ||
		    !gotype_read(s, type_addr, search->arena, &type))
			return false;
		if (strcmp(type.name, "*context.valueCtx") != 0)
			break;
		if (!image_u64(s->image, context + PARENT, &itab, NULL) ||
		    !image_u64(s->image, context + PARENT + 8, &context, NULL))
			return false;
	}
	if ((strcmp(type.name, "*context.cancelCtx") != 0 &&
	     strcmp(type.name, "*context.timerCtx") != 0) ||
	    !image_u64(s->image, context + ERR_TYPE, &error, NULL) || error == 0)
		return false;
	search->itab = itab;
	search->found = context;
	return true;
}

bool goroutine_cancelled_context(const struct snapshot *s, const struct goroutine *g,
				 struct arena *arena, struct wait_context *context)
{
	struct search search = { .snapshot = s, .g = g, .arena = arena };
	*context = (struct wait_context){ 0 };
	if (!stack_words(s, g, STACK_WORDS, is_cancelled, &search))
		return false;
	context->addr = search.found;
	read_error(&search, context);
	read_chain(&search, context);
	return true;
}
