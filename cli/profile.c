#include "cli/profile.h"

#include <string.h>
#include <zlib.h>

#include "base/vec.h"
#include "cli/profile.pb-c.h"

struct table { /* open addressing: number + 1 */
	uint32_t *slots;
	size_t mask, count;
};

struct profile {
	struct arena *arena;
	VEC(char *) strings;
	struct table string_table;
	VEC(Pprof__Function *) functions;
	struct table function_table;
	VEC(Pprof__Location *) locations;
	struct table location_table;
	VEC(Pprof__Sample *) samples;
	Pprof__ValueType type;
	Pprof__Mapping mapping;
	VEC(int64_t) comments;
};

enum { TABLE_START = 256 };

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9fb21c651e98df25u;
	return hash ^ hash >> 32;
}

static uint64_t hash_text(const char *text)
{
	uint64_t hash = 1469598103934665603u;
	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * 1099511628211u;
	return hash;
}

static void table_init(struct table *table, size_t room)
{
	table->slots = memory_grow(NULL, room * sizeof(*table->slots));
	memset(table->slots, 0, room * sizeof(*table->slots));
	table->mask = room - 1;
}

typedef uint64_t hash_of(const struct profile *profile, uint32_t number);

static void table_put(struct table *table, uint64_t hash, uint32_t number)
{
	size_t i = hash & table->mask;
	while (table->slots[i] != 0)
		i = (i + 1) & table->mask;
	table->slots[i] = number + 1;
}

static void table_add(const struct profile *profile, struct table *table, hash_of *hash,
		      uint32_t number)
{
	if ((table->count + 1) * 2 > table->mask) {
		size_t room = (table->mask + 1) * 2;
		free(table->slots);
		table_init(table, room);
		for (uint32_t i = 0; i < table->count; i++)
			table_put(table, hash(profile, i), i);
	}
	table_put(table, hash(profile, number), number);
	table->count++;
}

/* --- strings --- */

static uint64_t string_hash(const struct profile *profile, uint32_t number)
{
	return hash_text(profile->strings.items[number]);
}

static int64_t string_of(struct profile *profile, const char *text)
{
	struct table *table = &profile->string_table;
	for (size_t i = hash_text(text) & table->mask; table->slots[i] != 0;
	     i = (i + 1) & table->mask)
		if (strcmp(profile->strings.items[table->slots[i] - 1], text) == 0)
			return table->slots[i] - 1;
	uint32_t number = (uint32_t)profile->strings.count;
	vec_push(&profile->strings, arena_strdup(profile->arena, text));
	table_add(profile, table, string_hash, number);
	return number;
}

/* --- functions --- */

static uint64_t function_key(int64_t name, int64_t file)
{
	return mix(mix(7, (uint64_t)name), (uint64_t)file);
}

static uint64_t function_hash(const struct profile *profile, uint32_t number)
{
	const Pprof__Function *f = profile->functions.items[number];
	return function_key(f->name, f->filename);
}

static uint64_t function_of(struct profile *profile, const struct call *call, const char *file)
{
	struct table *table = &profile->function_table;
	int64_t name = string_of(profile, call->symbol), path = string_of(profile, file);
	for (size_t i = function_key(name, path) & table->mask; table->slots[i] != 0;
	     i = (i + 1) & table->mask) {
		const Pprof__Function *f = profile->functions.items[table->slots[i] - 1];
		if (f->name == name && f->filename == path)
			return f->id;
	}
	uint32_t number = (uint32_t)profile->functions.count;
	Pprof__Function *f = arena_alloc(profile->arena, sizeof(*f));
	pprof__function__init(f);
	f->id = number + 1;
	f->name = f->system_name = name;
	f->filename = path;
	f->start_line = call->start_line > 0 ? call->start_line : 0;
	vec_push(&profile->functions, f);
	table_add(profile, table, function_hash, number);
	return f->id;
}

/* --- locations --- */

static uint64_t location_hash(const struct profile *profile, uint32_t number)
{
	return mix(3, profile->locations.items[number]->address);
}

uint64_t profile_find(const struct profile *profile, uint64_t pc)
{
	const struct table *table = &profile->location_table;
	for (size_t i = mix(3, pc) & table->mask; table->slots[i] != 0; i = (i + 1) & table->mask)
		if (profile->locations.items[table->slots[i] - 1]->address == pc)
			return table->slots[i];
	return 0;
}

uint64_t profile_location(struct profile *profile, uint64_t pc, struct calls calls,
			  const char *const *files)
{
	struct arena *arena = profile->arena;
	uint32_t number = (uint32_t)profile->locations.count;
	Pprof__Location *l = arena_alloc(arena, sizeof(*l));
	pprof__location__init(l);
	l->id = number + 1;
	l->mapping_id = profile->mapping.id;
	l->address = pc;
	l->n_line = calls.count;
	l->line = arena_alloc(arena, calls.count * sizeof(*l->line));
	for (size_t i = 0; i < calls.count; i++) {
		l->line[i] = arena_alloc(arena, sizeof(*l->line[i]));
		pprof__line__init(l->line[i]);
		l->line[i]->function_id = function_of(profile, &calls.items[i], files[i]);
		l->line[i]->line = calls.items[i].line > 0 ? calls.items[i].line : 0;
	}
	vec_push(&profile->locations, l);
	table_add(profile, &profile->location_table, location_hash, number);
	return l->id;
}

/* --- the whole --- */

struct profile *profile_create(struct arena *arena, const char *name)
{
	struct profile *profile = memory_grow(NULL, sizeof(*profile));
	*profile = (struct profile){ .arena = arena };
	table_init(&profile->string_table, TABLE_START);
	table_init(&profile->function_table, TABLE_START);
	table_init(&profile->location_table, TABLE_START);
	string_of(profile, "");
	pprof__value_type__init(&profile->type);
	profile->type.type = string_of(profile, name);
	profile->type.unit = string_of(profile, "count");
	pprof__mapping__init(&profile->mapping);
	return profile;
}

void profile_destroy(struct profile *profile)
{
	if (profile == NULL)
		return;
	free(profile->string_table.slots);
	free(profile->function_table.slots);
	free(profile->location_table.slots);
	vec_release(&profile->strings);
	vec_release(&profile->functions);
	vec_release(&profile->locations);
	vec_release(&profile->samples);
	vec_release(&profile->comments);
	free(profile);
}

void profile_mapping(struct profile *profile, uint64_t lo, uint64_t hi, const char *path,
		     const char *build_id)
{
	Pprof__Mapping *m = &profile->mapping;
	m->id = 1;
	m->memory_start = lo;
	m->memory_limit = hi;
	m->filename = string_of(profile, path);
	m->build_id = string_of(profile, build_id);
	m->has_functions = m->has_filenames = m->has_line_numbers = m->has_inline_frames = true;
}

void profile_comment(struct profile *profile, const char *text)
{
	vec_push(&profile->comments, string_of(profile, text));
}

void profile_sample(struct profile *profile, const uint64_t *locations, size_t location_count,
		    int64_t count, const struct profile_label *labels, size_t label_count)
{
	struct arena *arena = profile->arena;
	Pprof__Sample *s = arena_alloc(arena, sizeof(*s));
	pprof__sample__init(s);
	s->n_location_id = location_count;
	s->location_id = arena_alloc(arena, (location_count + 1) * sizeof(*s->location_id));
	if (location_count > 0)
		memcpy(s->location_id, locations, location_count * sizeof(*locations));
	s->n_value = 1;
	s->value = arena_alloc(arena, sizeof(*s->value));
	s->value[0] = count;
	s->n_label = label_count;
	s->label = arena_alloc(arena, (label_count + 1) * sizeof(*s->label));
	for (size_t i = 0; i < label_count; i++) {
		s->label[i] = arena_alloc(arena, sizeof(*s->label[i]));
		pprof__label__init(s->label[i]);
		s->label[i]->key = string_of(profile, labels[i].key);
		s->label[i]->str = string_of(profile, labels[i].value);
	}
	vec_push(&profile->samples, s);
}

static void write_compressed(const uint8_t *bytes, size_t size, FILE *out)
{
	enum { GZIP = 16 };
	const size_t piece = 1 << 30; /* zlib counts in 32 bits */
	z_stream z = { .next_in = (Bytef *)bytes };
	uint8_t buffer[1 << 14];
	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS | GZIP, 8, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		return; /* only where memory is refused: the stream is then empty, and no profile */
	for (int end = Z_OK; end == Z_OK;) {
		if (z.avail_in == 0) {
			z.avail_in = (uInt)(size < piece ? size : piece);
			size -= z.avail_in;
		}
		z.next_out = buffer;
		z.avail_out = sizeof(buffer);
		end = deflate(&z, size == 0 ? Z_FINISH : Z_NO_FLUSH);
		fwrite(buffer, 1, sizeof(buffer) - z.avail_out, out);
	}
	deflateEnd(&z);
}

void profile_write(struct profile *profile, FILE *out)
{
	Pprof__Profile all = PPROF__PROFILE__INIT;
	Pprof__ValueType *type = &profile->type;
	Pprof__Mapping *mapping = &profile->mapping;
	all.n_sample_type = 1;
	all.sample_type = &type;
	all.period_type = type;
	all.period = 1;
	all.n_mapping = mapping->id != 0;
	all.mapping = &mapping;
	all.n_sample = profile->samples.count;
	all.sample = profile->samples.items;
	all.n_location = profile->locations.count;
	all.location = profile->locations.items;
	all.n_function = profile->functions.count;
	all.function = profile->functions.items;
	all.n_string_table = profile->strings.count;
	all.string_table = profile->strings.items;
	all.n_comment = profile->comments.count;
	all.comment = profile->comments.items;
	size_t size = pprof__profile__get_packed_size(&all);
	uint8_t *bytes = memory_grow(NULL, size + 1);
	pprof__profile__pack(&all, bytes);
	write_compressed(bytes, size, out);
	free(bytes);
}
