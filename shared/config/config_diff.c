/* SPDX-License-Identifier: MIT */
/* See config_diff.h.  Values are compared and copied as the file says them. */
#include "shared/config/config_diff.h"

#include "shared/config/config_plugin_keys.h"

#include <string.h>

#define WORDS_VALUE 160 /* of one value in a sentence */

static const struct config_plugin *
find_plugin(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->plugins; i++)
		if (strcmp(c->plugin[i].name, name) == 0)
			return &c->plugin[i];
	return NULL;
}

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
	struct config_diff_change change = {k, plugin, a, b, k->reload};

	if (strcmp(a, b) != 0)
		report(d, &change);
	free(a);
	free(b);
}

static void
diff_plugin(struct diff *d, const struct config_plugin *was,
    const struct config_plugin *now)
{
	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys[i].type == CONFIG_OWN)
			diff_own(d, &config_keys[i], now->name, was->own,
			    now->own);
		else if (config_keys_is_plugin(&config_keys[i]))
			diff_key(d, &config_keys[i], now->name, was, now);
}

/* A plugin that only one of them has: its exec stands for all of it. */
static void
diff_whole(struct diff *d, const struct config_plugin *p, bool added)
{
	struct config_diff_change change = {.plugin = p->name,
	    .was = added ? NULL : p->exec,
	    .now = added ? p->exec : NULL,
	    .reload = CONFIG_RELOAD_HANDLER};

	report(d, &change);
}

size_t
config_diff(const struct config *was, const struct config *now,
    config_diff_change_fn *fn, void *arg)
{
	struct diff d = {fn, arg, 0};
	const struct config_plugin *p;

	for (size_t i = 0; i < config_keys_n; i++)
		if (!config_keys_is_plugin(&config_keys[i]))
			diff_key(&d, &config_keys[i], NULL, was, now);
	for (size_t i = 0; i < was->plugins; i++) {
		p = find_plugin(now, was->plugin[i].name);
		if (p != NULL)
			diff_plugin(&d, &was->plugin[i], p);
		else
			diff_whole(&d, &was->plugin[i], false);
	}
	for (size_t i = 0; i < now->plugins; i++)
		if (find_plugin(was, now->plugin[i].name) == NULL)
			diff_whole(&d, &now->plugin[i], true);
	return d.n;
}

void
config_diff_change_words(const struct config_diff_change *c, char *out,
    size_t size)
{
	char head[160];

	if (c->key == NULL) {
		str_format(out, size, "[plugin \"%s\"]: %s (%.*s)", c->plugin,
		    c->was == NULL ? "new" : "taken out", WORDS_VALUE,
		    c->was == NULL ? c->now : c->was);
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
		str_format(head, sizeof(head), "[plugin \"%s\"] %s", c->plugin,
		    c->key->key);
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
	    || c->reload == CONFIG_RELOAD_HANDLER;
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

		if (config_keys_is_plugin(k))
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
write_plugin(FILE *f, const struct config_plugin *p)
{
	fprintf(f, "[plugin \"%s\"]\n", p->name);
	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys[i].type == CONFIG_OWN)
			config_plugin_keys_each(p->own, write_own, f);
		else if (config_keys_is_plugin(&config_keys[i]))
			write_key(f, &config_keys[i], p);
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
	    1u << CONFIG_RELOAD_LIVE | 1u << CONFIG_RELOAD_HANDLER);
	for (size_t i = 0; i < now->plugins; i++)
		write_plugin(m.f, &now->plugin[i]);
	return merge_end(&m, was->path, out, e);
}

int
config_diff_merge_shards(const struct config *was, const struct config *now,
    struct config *out, struct err *e)
{
	struct merge m;

	merge_begin(&m);
	write_sections(m.f, was, now, 1u << CONFIG_RELOAD_SHARDS);
	for (size_t i = 0; i < was->plugins; i++)
		write_plugin(m.f, &was->plugin[i]);
	return merge_end(&m, was->path, out, e);
}

int
config_diff_merge_plugin(const struct config *was, const struct config *now,
    const char *plugin, struct config *out, struct err *e)
{
	const struct config_plugin *fresh = find_plugin(now, plugin);
	struct merge m;

	merge_begin(&m);
	write_sections(m.f, was, was, 0);
	for (size_t i = 0; i < was->plugins; i++) {
		if (strcmp(was->plugin[i].name, plugin) != 0)
			write_plugin(m.f, &was->plugin[i]);
		else if (fresh != NULL)
			write_plugin(m.f, fresh);
	}
	if (fresh != NULL && find_plugin(was, plugin) == NULL)
		write_plugin(m.f, fresh);
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

uint64_t
config_diff_sum(const struct config *c, enum config_reload class)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];

		if (k->reload != class)
			continue;
		if (!config_keys_is_plugin(k)) {
			sum += key_sum(k, "", c);
			continue;
		}
		for (size_t j = 0; j < c->plugins; j++)
			sum += key_sum(k, c->plugin[j].name, &c->plugin[j]);
	}
	return sum;
}
