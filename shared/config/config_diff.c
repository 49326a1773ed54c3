/* SPDX-License-Identifier: MIT */
/* See config_diff.h.  Values are compared and copied as the file says them. */
#include "shared/config/config_diff.h"

#include "shared/config/config_plugin_keys.h"

#include <string.h>

#define WORDS_VALUE 160 /* of one value in a sentence */

/* ---- differences ---------------------------------------------------- */

struct diff {
	config_diff_change_fn *fn;
	void *arg;
	size_t n;
};

static void
report(struct diff *d, const struct config_diff_change *change)
{
	d->n++;
	if (d->fn != NULL)
		d->fn(change, d->arg);
}

struct diff_own {
	struct diff *d;
	struct config_diff_change change;
	const char *other; /* the keys of the other config */
	bool added;	   /* only those that are not there */
};

static void
diff_one_own(const char *key, const char *value, void *arg)
{
	struct diff_own *o = arg;
	char *other = config_plugin_keys_get(o->other, key);

	o->change.own = key;
	o->change.was = o->added ? NULL : value;
	o->change.now = o->added ? value : other;
	if (o->added ? other == NULL
		     : other == NULL || strcmp(other, value) != 0)
		report(o->d, &o->change);
	free(other);
}

static void
diff_own(struct diff *d, const struct config_key *k, const char *plugin,
    const char *was, const char *now)
{
	struct diff_own o = {.d = d,
	    .other = now,
	    .change = {.key = k, .plugin = plugin, .reload = k->reload}};

	config_plugin_keys_each(was, diff_one_own, &o);
	o.other = was;
	o.added = true;
	config_plugin_keys_each(now, diff_one_own, &o);
}

static void
diff_key(struct diff *d, const struct config_key *k, const char *plugin,
    const void *was, const void *now)
{
	char *a = config_types_text(k, was), *b = config_types_text(k, now);
	struct config_diff_change change = {k, plugin, a, b, k->reload, NULL,
	    k->section};

	if (strcmp(a, b) != 0)
		report(d, &change);
	free(a);
	free(b);
}

static void
diff_one(struct diff *d, const struct config_kind *kind, const void *was,
    const void *now)
{
	const struct config_plugin *a = was, *b = now;

	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys_kind(&config_keys[i]) != kind)
			continue;
		else if (config_keys[i].type == CONFIG_OWN)
			diff_own(d, &config_keys[i], b->name, a->own, b->own);
		else
			diff_key(d, &config_keys[i], config_keys_name(now), was,
			    now);
}

/* One that only one of them has: its exec stands for all of it. */
static void
diff_whole(struct diff *d, const struct config_kind *kind, const void *one,
    bool added)
{
	struct config_diff_change change = {.plugin = config_keys_name(one),
	    .section = kind->section,
	    .reload = kind->reload};
	char *exec = NULL;

	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys_kind(&config_keys[i]) == kind
		    && strcmp(config_keys[i].key, kind->exec) == 0)
			exec = config_types_text(&config_keys[i], one);
	must(exec != NULL);
	*(added ? &change.now : &change.was) = exec;
	report(d, &change);
	free(exec);
}

static void
diff_kind(struct diff *d, const struct config_kind *kind,
    const struct config *was, const struct config *now)
{
	for (size_t i = 0; i < config_keys_count(kind, was); i++) {
		const void *a = config_keys_at(kind, was, i);
		const void *b = config_keys_find(kind, now,
		    config_keys_name(a));

		if (b != NULL)
			diff_one(d, kind, a, b);
		else
			diff_whole(d, kind, a, false);
	}
	for (size_t i = 0; i < config_keys_count(kind, now); i++) {
		const void *b = config_keys_at(kind, now, i);

		if (config_keys_find(kind, was, config_keys_name(b)) == NULL)
			diff_whole(d, kind, b, true);
	}
}

size_t
config_diff(const struct config *was, const struct config *now,
    config_diff_change_fn *fn, void *arg)
{
	struct diff d = {fn, arg, 0};

	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys_kind(&config_keys[i]) == NULL)
			diff_key(&d, &config_keys[i], NULL, was, now);
	for (size_t i = 0; i < config_kinds_n; i++)
		diff_kind(&d, &config_kinds[i], was, now);
	return d.n;
}

void
config_diff_change_words(const struct config_diff_change *c, char *out,
    size_t size)
{
	char head[160];

	if (c->key == NULL) {
		const char *exec = c->was == NULL ? c->now : c->was;

		str_format(out, size, "[%s \"%s\"]: %s%s%.*s%s", c->section,
		    c->plugin, c->was == NULL ? "new" : "taken out",
		    exec[0] != '\0' ? " (" : "", WORDS_VALUE, exec,
		    exec[0] != '\0' ? ")" : "");
		return;
	}
	if (c->own != NULL) {
		str_format(out, size,
		    "[plugin \"%s\"] " CONFIG_PLUGIN_KEYS_PREFIX "%s: %s",
		    c->plugin, c->own,
		    c->was == NULL	 ? "new"
			: c->now == NULL ? "taken out"
					 : "another value");
		return;
	}
	if (c->plugin != NULL)
		str_format(head, sizeof(head), "[%s \"%s\"] %s",
		    c->key->section, c->plugin, c->key->key);
	else
		str_format(head, sizeof(head), "[%s] %s", c->key->section,
		    c->key->key);
	/* A proxy may come with a password. */
	if (c->key->type == CONFIG_PROXY) {
		str_format(out, size, "%s: another one", head);
		return;
	}
	str_format(out, size, "%s: \"%.*s\" -> \"%.*s\"", head, WORDS_VALUE,
	    c->was, WORDS_VALUE, c->now);
}

bool
config_diff_change_live(const struct config_diff_change *c)
{
	return c->reload == CONFIG_RELOAD_LIVE
	    || c->reload == CONFIG_RELOAD_HANDLER
	    || c->reload == CONFIG_RELOAD_GATE
	    || c->reload == CONFIG_RELOAD_CLIENT
	    || c->reload == CONFIG_RELOAD_WEB;
}

/* ---- putting two together ------------------------------------------- */

/* An empty value is a default wherever the table allows one. */
static void
write_key(FILE *f, const struct config_key *k, const void *base)
{
	char *text = config_types_text(k, base);

	if (text[0] != '\0' || k->text[0] != '\0')
		fprintf(f, "%s = %s\n", k->key, text);
	free(text);
}

/* Values of these classes, bits of enum config_reload, are those of now. */
static void
write_sections(FILE *f, const struct config *was, const struct config *now,
    unsigned classes)
{
	const char *section = "";

	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];
		bool take = (classes & 1u << k->reload) != 0;

		if (config_keys_kind(k) != NULL)
			continue;
		if (strcmp(k->section, section) != 0)
			fprintf(f, "[%s]\n", k->section);
		section = k->section;
		write_key(f, k, take ? now : was);
	}
}

static void
write_own(const char *key, const char *value, void *arg)
{
	fprintf(arg, CONFIG_PLUGIN_KEYS_PREFIX "%s = %s\n", key, value);
}

static void
write_one(FILE *f, const struct config_kind *kind, const void *one)
{
	const struct config_plugin *p = one;

	fprintf(f, "[%s \"%s\"]\n", kind->section, config_keys_name(one));
	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys_kind(&config_keys[i]) != kind)
			continue;
		else if (config_keys[i].type == CONFIG_OWN)
			config_plugin_keys_each(p->own, write_own, f);
		else
			write_key(f, &config_keys[i], one);
}

static void
write_kinds(FILE *f, const struct config *c)
{
	for (size_t i = 0; i < config_kinds_n; i++)
		for (size_t j = 0; j < config_keys_count(&config_kinds[i], c);
		     j++)
			write_one(f, &config_kinds[i],
			    config_keys_at(&config_kinds[i], c, j));
}

struct merge {
	char *text;
	size_t size;
	FILE *f;
};

static void
merge_begin(struct merge *m)
{
	m->f = open_memstream(&m->text, &m->size);
	if (m->f == NULL)
		bug("no memory for a config");
}

static void
first_problem(const char *line, void *arg)
{
	char *first = arg;

	if (first[0] == '\0')
		str_copy(first, line, sizeof(((struct err *)NULL)->text));
}

static int
merge_end(struct merge *m, const char *path, struct config *out, struct err *e)
{
	char problem[sizeof(e->text)] = "";
	int rc;

	fclose(m->f);
	rc = config_recall(out, path, m->text, first_problem, problem, e);
	free(m->text);
	if (rc == -1 && problem[0] != '\0')
		err_set(e, EXIT_CONFIG,
		    "what is taken over does not fit to what is left: %.800s",
		    problem);
	return rc;
}

int
config_diff_merge(const struct config *was, const struct config *now,
    struct config *out, struct err *e)
{
	struct merge m;

	merge_begin(&m);
	write_sections(m.f, was, now,
	    1u << CONFIG_RELOAD_LIVE | 1u << CONFIG_RELOAD_HANDLER
		| 1u << CONFIG_RELOAD_GATE | 1u << CONFIG_RELOAD_CLIENT
		| 1u << CONFIG_RELOAD_WEB);
	write_kinds(m.f, now);
	return merge_end(&m, was->path, out, e);
}

int
config_diff_merge_shards(const struct config *was, const struct config *now,
    struct config *out, struct err *e)
{
	struct merge m;

	merge_begin(&m);
	write_sections(m.f, was, now, 1u << CONFIG_RELOAD_SHARDS);
	write_kinds(m.f, was);
	return merge_end(&m, was->path, out, e);
}

int
config_diff_merge_plugin(const struct config *was, const struct config *now,
    const char *plugin, struct config *out, struct err *e)
{
	const struct config_kind *kind = &config_kinds[0], *of;
	const void *fresh = config_keys_find(kind, now, plugin);
	struct merge m;

	must(strcmp(kind->section, CONFIG_PLUGIN_SECTION) == 0);
	merge_begin(&m);
	write_sections(m.f, was, was, 0);
	for (of = kind; of < config_kinds + config_kinds_n; of++)
		for (size_t i = 0; i < config_keys_count(of, was); i++) {
			const void *one = config_keys_at(of, was, i);

			if (of != kind
			    || strcmp(config_keys_name(one), plugin) != 0)
				write_one(m.f, of, one);
			else if (fresh != NULL)
				write_one(m.f, of, fresh);
		}
	if (fresh != NULL && config_keys_find(kind, was, plugin) == NULL)
		write_one(m.f, kind, fresh);
	return merge_end(&m, was->path, out, e);
}

/* ---- one number for many values ------------------------------------- */

/* A key at its default counts nothing, so that new keys change no sum. */
static uint64_t
key_sum(const struct config_key *k, const char *plugin, const void *base)
{
	char *text = config_types_text(k, base), line[1024];
	uint64_t sum = 0;
	int n;

	if (strcmp(text, k->text) != 0) {
		n = snprintf(line, sizeof(line), "%s/%s/%s=%llx", plugin,
		    k->section, k->key,
		    (unsigned long long)base_hash64(text, strlen(text)));
		sum = base_hash64(line, (size_t)n);
	}
	free(text);
	return sum;
}

/* That a section is there counts where all its keys may be at their defaults;
 * a plugin's exec may not. */
static uint64_t
names_sum(const struct config *c, enum config_reload class)
{
	uint64_t sum = 0;

	for (size_t i = 1; i < config_kinds_n; i++)
		for (size_t j = 0; config_kinds[i].reload == class
		     && j < config_keys_count(&config_kinds[i], c);
		     j++) {
			const char *name = config_keys_name(
			    config_keys_at(&config_kinds[i], c, j));

			sum += base_hash64(name, strlen(name));
		}
	return sum;
}

uint64_t
config_diff_client_sum(const struct config_client *one)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys[i].reload == CONFIG_RELOAD_CLIENT)
			sum += key_sum(&config_keys[i], one->name, one);
	return sum;
}

uint64_t
config_diff_sum(const struct config *c, enum config_reload class)
{
	const struct config_kind *kind;
	uint64_t sum = names_sum(c, class);

	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];

		if (k->reload != class)
			continue;
		kind = config_keys_kind(k);
		if (kind == NULL) {
			sum += key_sum(k, "", c);
			continue;
		}
		for (size_t j = 0; j < config_keys_count(kind, c); j++) {
			const void *one = config_keys_at(kind, c, j);

			sum += key_sum(k, config_keys_name(one), one);
		}
	}
	return sum;
}
