/* What a goroutine's record means: wait reason, age, creator, labels, whose it is. */
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "goruntime/gotype.h"
#include "goruntime/private.h"
#include "goruntime/wrapper.h"

const char *goroutine_wait(const struct snapshot *s, const struct goroutine *g)
{
	if (g->status != G_WAITING && g->status != G_LEAKED)
		return "";
	const char *text = wait_reason_text(s->release.minor, g->wait_reason);
	return text ? text : "unknown wait reason";
}

double goroutine_wait_seconds(const struct snapshot *s, const struct goroutine *g)
{
	if ((g->status != G_WAITING && g->status != G_SYSCALL && g->status != G_LEAKED) ||
	    g->waitsince <= 0 || s->now_lower_bound < g->waitsince)
		return -1;
	return (double)(s->now_lower_bound - g->waitsince) / 1e9;
}

/* The physical function at a return address: what printcreatedby names (traceback.go). */
static const struct call *function_at(const struct snapshot *s, uint64_t pc)
{
	const struct code *code = code_at(snapshot_code(s), pc);
	if (pc == 0 || !code->valid)
		return NULL;
	uint64_t lookup = pc > code->func.entry ? pc - 1 : pc;
	struct calls calls = code_calls(snapshot_code(s), code, lookup);
	return &calls.items[calls.count - 1];
}

const struct call *goroutine_created_by(const struct snapshot *s, const struct goroutine *g)
{
	return g->id == 1 ? NULL : function_at(s, g->gopc);
}

const struct call *goroutine_start(const struct snapshot *s, const struct goroutine *g)
{
	return function_at(s, g->startpc);
}

const struct call *goroutine_started(const struct snapshot *s, const struct goroutine *g)
{
	const struct call *start = goroutine_start(s, g), *target = NULL;
	if (start != NULL && start->id == FUNC_WRAPPER)
		target = wrapper_target(s, g->startpc);
	return target != NULL ? target : start;
}

int64_t goroutine_locked_thread(const struct snapshot *s, const struct goroutine *g)
{
	for (size_t i = 0; g->locked_m != 0 && i < s->thread_count; i++)
		if (s->threads[i].m == g->locked_m)
			return s->threads[i].id;
	return -1;
}

/* A Go string in ARENA, NUL-terminated; NULL if it cannot be read. */
static const char *string_at(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	uint64_t ptr, len;
	struct bytes bytes;
	if (!image_u64(s->image, addr, &ptr, NULL) || !image_u64(s->image, addr + 8, &len, NULL) ||
	    len > LIMIT_STRING)
		return NULL;
	if (len == 0)
		return "";
	if (!image_bytes(s->image, ptr, len, arena, &bytes, NULL))
		return NULL;
	return arena_strndup(arena, (const char *)bytes.data, bytes.size);
}

/* runtime/pprof/label.go: from 1.24 a pointer to a slice of {key, value}. */
static const struct label *labels_list(const struct snapshot *s, uint64_t addr,
				       struct arena *arena, size_t *count)
{
	uint64_t base, n;
	if (!image_u64(s->image, addr, &base, NULL) ||
	    !image_u64(s->image, addr + 8, &n, NULL) || n > LIMIT_LABELS)
		return NULL;
	struct label *labels = arena_alloc(arena, (n + 1) * sizeof(*labels));
	for (uint64_t i = 0; i < n; i++) {
		const char *key = string_at(s, base + i * 32, arena);
		const char *value = string_at(s, base + i * 32 + 16, arena);
		if (key != NULL && value != NULL)
			labels[(*count)++] = (struct label){ key, value };
	}
	return labels;
}

/* Before, a *labelMap, which is a map[string]string: hmap count 0, B 9, buckets 16, oldbuckets 24;
 * a bucket is 8 tophash bytes, 8 keys, 8 values, overflow (runtime/map.go). Small maps of labels do
 * not grow while somebody holds them, so old buckets are not looked at. */
static const struct label *labels_map(const struct snapshot *s, uint64_t addr, struct arena *arena,
				      size_t *count)
{
	uint64_t map, buckets, used;
	uint8_t log2;
	enum { BUCKET = 8 + 8 * 16 + 8 * 16 + 8 };
	if (!image_u64(s->image, addr, &map, NULL) || !image_u64(s->image, map, &used, NULL) ||
	    !image_u8(s->image, map + 9, &log2, NULL) ||
	    !image_u64(s->image, map + 16, &buckets, NULL) || used > LIMIT_LABELS || log2 > 10)
		return NULL;
	struct label *labels = arena_alloc(arena, (used + 1) * sizeof(*labels));
	unsigned visited = 0;
	for (uint64_t b = 0; b < (uint64_t)1 << log2; b++) {
		uint64_t bucket = buckets + b * BUCKET;
		while (bucket != 0 && *count < used && visited++ < LIMIT_LABELS) {
			for (unsigned i = 0; i < 8 && *count < used; i++) {
				uint8_t top;
				if (!image_u8(s->image, bucket + i, &top, NULL) || top < 5)
					continue;
				const char *key = string_at(s, bucket + 8 + i * 16, arena);
				const char *value = string_at(s, bucket + 136 + i * 16, arena);
				if (key != NULL && value != NULL)
					labels[(*count)++] = (struct label){ key, value };
			}
			if (!image_u64(s->image, bucket + BUCKET - 8, &bucket, NULL))
				break;
		}
	}
	return labels;
}

const struct label *goroutine_labels(const struct snapshot *s, const struct goroutine *g,
				     struct arena *arena, size_t *count)
{
	*count = 0;
	if (g->labels == 0)
		return NULL;
	return s->private->traits.labels_are_list ? labels_list(s, g->labels, arena, count)
						  : labels_map(s, g->labels, arena, count);
}

/* A channel that a timer sends on: from 1.23 the channel names it (chan.go hchan.timer); before,
 * such a channel holds one time.Time (time/sleep.go NewTimer). */
static bool is_timer_channel(const struct snapshot *s, uint64_t channel)
{
	struct view view;
	struct gotype type;
	if (!view_read(&view, s->image, &s->layout, RT_HCHAN, channel, NULL))
		return false;
	if (layout_has(&s->layout, HCHAN_TIMER))
		return view_get(&view, HCHAN_TIMER) != 0;
	struct arena scratch;
	arena_init(&scratch);
	bool is = view_get(&view, HCHAN_DATAQSIZ) == 1 &&
		  gotype_read(s, view_get(&view, HCHAN_ELEMTYPE), &scratch, &type) &&
		  strcmp(type.name, "time.Time") == 0;
	arena_release(&scratch);
	return is;
}

size_t goroutine_wait_objects(const struct snapshot *s, const struct goroutine *g,
			      struct wait_object *objects, size_t room)
{
	struct view view, sudog;
	size_t count = 0;
	if ((g->status != G_WAITING && g->status != G_LEAKED) ||
	    !view_read(&view, s->image, &s->layout, RT_G, g->addr, NULL))
		return 0;
	uint64_t first = view_get(&view, G_SUDOG), next = first;
	while (next != 0 && count < LIMIT_SELECT_CASES &&
	       view_read(&sudog, s->image, &s->layout, RT_SUDOG, next, NULL)) {
		/* Each belongs to the goroutine that waits; a list that runs in a circle does not
		 * end. */
		if (view_get(&sudog, SUDOG_G) != g->addr || (next == first && count > 0))
			break;
		uint64_t channel = view_get(&sudog, SUDOG_C);
		if (count < room)
			objects[count] = (struct wait_object){
				.addr = channel ? channel : view_get(&sudog, SUDOG_ELEM),
				.timer = channel != 0 && is_timer_channel(s, channel),
			};
		count++;
		next = view_get(&sudog, SUDOG_WAITLINK);
	}
	return count;
}

uint64_t goroutine_wait_object(const struct snapshot *s, const struct goroutine *g)
{
	struct wait_object first;
	return goroutine_wait_objects(s, g, &first, 1) > 0 ? first.addr : 0;
}
