#include "analyzer/finding.h"

#include <stdlib.h>
#include <string.h>

static const char *const class_words[] = {
#define CLASS(id, word) [id] = word,
#include "analyzer/kinds.def"
};

static const struct {
	enum verdict_class class;
	const char *word;
} kinds[] = {
#define KIND(id, word) { id, word },
#include "analyzer/kinds.def"
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

/* Room for one more of COUNT elements of SIZE bytes; the old place stays in the arena. */
static void *grow(struct arena *arena, void *old, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return old;
	*room = *room ? *room * 2 : 4;
	void *items = arena_alloc(arena, *room * size);
	if (count > 0)
		memcpy(items, old, count * size);
	return items;
}

static void list_add(struct arena *arena, struct text_list *list, const char *text)
{
	list->items = grow(arena, list->items, list->count, &list->room, sizeof(*list->items));
	list->items[list->count++] = text;
}

static void evidence_add(struct arena *arena, struct finding *finding, struct evidence evidence)
{
	finding->evidence = grow(arena, finding->evidence, finding->evidence_count,
				 &finding->evidence_room, sizeof(evidence));
	finding->evidence[finding->evidence_count++] = evidence;
}

struct finding *findings_add(struct findings *findings, const char *detector,
			     enum verdict_class class, const char *kind, enum confidence confidence)
{
	findings->items = grow(findings->arena, findings->items, findings->count, &findings->room,
			       sizeof(*findings->items));
	struct finding *finding = &findings->items[findings->count++];
	*finding = (struct finding){
		.detector = detector,
		.class = class,
		.kind = kind,
		.confidence = confidence,
		.title = "",
		.message = "",
		.goroutine = NO_INDEX,
		.thread = NO_INDEX,
		.cause_frame = NO_FRAME,
	};
	return finding;
}

void finding_title(struct findings *findings, struct finding *finding, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	finding->title = arena_vprintf(findings->arena, fmt, args);
	va_end(args);
}

void finding_evidence(struct findings *findings, struct finding *finding, uint64_t goroutine,
		      uint64_t addr, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	evidence_add(findings->arena, finding,
		     (struct evidence){
			     .label = "",
			     .text = arena_vprintf(findings->arena, fmt, args),
			     .goroutine = goroutine,
			     .addr = addr,
		     });
	va_end(args);
}

void finding_labelled(struct findings *findings, struct finding *finding, const char *label,
		      uint64_t goroutine, uint64_t addr, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	evidence_add(findings->arena, finding,
		     (struct evidence){
			     .label = label,
			     .text = arena_vprintf(findings->arena, fmt, args),
			     .goroutine = goroutine,
			     .addr = addr,
		     });
	va_end(args);
}

void finding_explain(struct findings *findings, struct finding *finding, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	list_add(findings->arena, &finding->explanation, arena_vprintf(findings->arena, fmt, args));
	va_end(args);
}

void finding_advise(struct findings *findings, struct finding *finding, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	list_add(findings->arena, &finding->advice, arena_vprintf(findings->arena, fmt, args));
	va_end(args);
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

void finding_set_goroutines(struct finding *finding, uint64_t *ids, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (ids[i] < ids[i - 1]) {
			qsort(ids, n, sizeof(*ids), ascending);
			break;
		}
	finding->goroutines = ids;
	finding->goroutine_count = n;
}

const char *verdict_class_name(enum verdict_class class)
{
	return (unsigned)class < CLASS_COUNT ? class_words[class] : "unknown";
}

const char *confidence_name(enum confidence confidence)
{
	static const char *const words[] = {
		[POSSIBLE] = "possible",
		[LIKELY] = "likely",
		[CERTAIN] = "certain",
	};
	return words[confidence];
}

const char *verdict_kind(enum verdict_class class, size_t i)
{
	for (size_t k = 0; k < KIND_COUNT; k++)
		if (kinds[k].class == class && i-- == 0)
			return kinds[k].word;
	return NULL;
}

static bool parse_class(const char *word, size_t n, enum verdict_class *class)
{
	for (unsigned c = 0; c < CLASS_COUNT; c++)
		if (strlen(class_words[c]) == n && memcmp(class_words[c], word, n) == 0) {
			*class = c;
			return true;
		}
	return false;
}

bool verdict_parse(const char *word, enum verdict_class *class, const char **kind)
{
	const char *slash = strchrnul(word, '/');
	if (!parse_class(word, (size_t)(slash - word), class))
		return false;
	*kind = NULL;
	if (*slash == '\0')
		return true;
	const char *known;
	for (size_t i = 0; (known = verdict_kind(*class, i)) != NULL; i++)
		if (strcmp(known, slash + 1) == 0)
			*kind = known;
	return *kind != NULL;
}
