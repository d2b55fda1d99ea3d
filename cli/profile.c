#include "cli/profile.h"

#include <string.h>
#include <zlib.h>

#include "base/table.h"
#include "base/vec.h"
#include "cli/profile.pb-c.h"

struct string { /* one of the profile's strings, and its number */
	const char *text;
	int64_t number;
};

struct profile {
	struct arena *arena;
	VEC(char *) strings;
	struct table string_table; /* struct string by its text */
	VEC(Pprof__Function *) functions;
	struct table function_table; /* by name and file */
	VEC(Pprof__Location *) locations;
	struct table location_table; /* by address */
	VEC(Pprof__Sample *) samples;
	Pprof__ValueType type;
	Pprof__Mapping mapping;
	VEC(int64_t) comments;
};

/* --- strings --- */

static uint64_t hash_text(const char *text)
{
	uint64_t hash = 1469598103934665603u; /* FNV-1a */
	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * 1099511628211u;
	return hash;
}

static int64_t string_of(struct profile *profile, const char *text)
{
	uint64_t hash = hash_text(text);
	struct string *s;
	size_t probe = 0;
	while ((s = table_next(&profile->string_table, hash, &probe)) != NULL)
		if (strcmp(s->text, text) == 0)
			return s->number;
	char *kept = arena_strdup(profile->arena, text);
	s = arena_alloc(profile->arena, sizeof(*s));
	*s = (struct string){ kept, (int64_t)profile->strings.count };
	vec_push(&profile->strings, kept);
	table_add(&profile->string_table, hash, s);
	return s->number;
}

/* --- functions --- */

static uint64_t function_of(struct profile *profile, const struct call *call, const char *file)
{
	int64_t name = string_of(profile, call->symbol), path = string_of(profile, file);
	uint64_t hash = table_hash_add(table_hash((uint64_t)name), (uint64_t)path);
	Pprof__Function *f;
	size_t probe = 0;
	while ((f = table_next(&profile->function_table, hash, &probe)) != NULL)
		if (f->name == name && f->filename == path)
			return f->id;
	f = arena_alloc(profile->arena, sizeof(*f));
	pprof__function__init(f);
	f->id = profile->functions.count + 1;
	f->name = f->system_name = name;
	f->filename = path;
	f->start_line = call->start_line > 0 ? call->start_line : 0;
	vec_push(&profile->functions, f);
	table_add(&profile->function_table, hash, f);
	return f->id;
}

/* --- locations --- */

uint64_t profile_find(const struct profile *profile, uint64_t pc)
{
	const Pprof__Location *l = table_find(&profile->location_table, table_hash(pc));
	return l != NULL ? l->id : 0;
}

uint64_t profile_location(struct profile *profile, uint64_t pc, struct calls calls,
			  const char *const *files)
{
	struct arena *arena = profile->arena;
	Pprof__Location *l = arena_alloc(arena, sizeof(*l));
	pprof__location__init(l);
	l->id = profile->locations.count + 1;
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
	table_add(&profile->location_table, table_hash(pc), l);
	return l->id;
}

/* --- the whole --- */

struct profile *profile_create(struct arena *arena, const char *name)
{
	struct profile *profile = memory_grow(NULL, sizeof(*profile));
	*profile = (struct profile){ .arena = arena };
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
	table_release(&profile->string_table);
	table_release(&profile->function_table);
	table_release(&profile->location_table);
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
