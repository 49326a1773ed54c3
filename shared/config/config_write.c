/* SPDX-License-Identifier: MIT */
/*
 * The config table written out: as the commented sample, as the mdoc list of
 * the man page, and as the values in force.  In both INI forms a line that is
 * commented out states the default, so either can be read back.
 */
#include "shared/config/config_plugin_keys.h"
#include "shared/config/config_keys.h"

#include <ctype.h>
#include <string.h>

#define COLUMNS 76

static const struct {
	const char *section, *doc;
} section_doc[] = {
    {"bot", "The bot account."},
    {"gateway", "The connection to Discord."},
    {"paths", "Directories. Relative paths count from this file's directory."},
    {"handler", "The process that runs the plugins."},
    {"rollout",
	"How shards are replaced, see rollout in shardherd(1). "
	"Options of the command come first."},
    {"limits",
	"Every queue, wait and retry has its bound here. Sizes are "
	"written 64M, durations 5s, 250ms, 10m or 1h."},
    {"budget", "The day's IDENTIFYs."},
    {"alerts",
	"Warnings that leave the machine. All of them are also in "
	"the log and in status."},
    {"probe", "A round trip through Discord: a reaction and its event."},
    {"log", "The log."},
    {"gate", "Where existing bots connect, see shardherd-gate(7)."},
    {"web", "Metrics, health and a status page by HTTP, see shardherd-web(7)."},
    {CONFIG_PLUGIN_SECTION, "One section for each program that gets events."},
    {CONFIG_CLIENT_SECTION,
	"One section for each bot or other program that connects to the gate; "
	"its token is made by \"shardherd client add NAME\"."},
};

static const char *
about(const char *section)
{
	for (size_t i = 0; i < nitems(section_doc); i++)
		if (strcmp(section_doc[i].section, section) == 0)
			return section_doc[i].doc;
	bug("a section without a description");
}

/* Comment lines of at most COLUMNS. */
static void
put_comment(FILE *f, const char *text)
{
	size_t column = 0, n;

	for (; *(text += strspn(text, " ")) != '\0'; text += n) {
		n = strcspn(text, " ");
		if (column == 0 || column + 1 + n > COLUMNS) {
			fputs(column == 0 ? "#" : "\n#", f);
			column = 1;
		}
		fprintf(f, " %.*s", (int)n, text);
		column += 1 + n;
	}
	putc('\n', f);
}

static bool
starts_section(size_t i)
{
	return i == 0
	    || strcmp(config_keys[i].section, config_keys[i - 1].section) != 0;
}

static void
sample_section(FILE *f, const struct config_key *k)
{
	const struct config_kind *kind = config_keys_kind(k);

	putc('\n', f);
	put_comment(f, about(k->section));
	if (kind != NULL)
		fprintf(f, "#[%s \"%s\"]\n", kind->section, kind->example);
	else
		fprintf(f, "[%s]\n", k->section);
}

void
config_write_sample(FILE *f)
{
	put_comment(f,
	    "shardherd.conf: see shardherd.conf(5). A line that is commented "
	    "out shows the default. Comments need a line of their own.");
	put_comment(f, "Check with: shardherd config check");
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];
		bool out = config_keys_kind(k) != NULL
		    || (k->flags & CONFIG_REQUIRED) == 0;

		if (starts_section(i))
			sample_section(f, k);
		putc('\n', f);
		put_comment(f, k->doc);
		fprintf(f, "%s%s =%s%s\n", out ? "#" : "", k->key,
		    k->text[0] != '\0' ? " " : "", k->text);
	}
}

/* Text of a macro line: quotes and backslashes are roff's. */
static void
put_roff(FILE *f, const char *text, bool argument)
{
	if (!argument && (*text == '.' || *text == '\''))
		fputs("\\&", f);
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			fputs("\\e", f);
		else if (*text == '"' && argument)
			fputs("\\(dq", f);
		else
			putc(*text, f);
	}
}

/* One sentence per line, as mdoc(7) asks. */
static void
put_sentences(FILE *f, const char *text)
{
	char line[512];

	while (*text != '\0') {
		const char *end = text;

		while (*end != '\0'
		    && !(*end == '.' && end[1] == ' '
			&& isupper((unsigned char)end[2])))
			end++;
		end += *end == '.';
		str_format(line, sizeof(line), "%.*s", (int)(end - text), text);
		put_roff(f, line, false);
		putc('\n', f);
		text = end + strspn(end, " ");
	}
}

static void
mdoc_key(FILE *f, const struct config_key *k)
{
	fprintf(f, ".It Ic %s\n", k->key);
	put_sentences(f, k->doc);
	if ((k->flags & CONFIG_REQUIRED) != 0)
		fputs("Required.\n", f);
	else if (k->text[0] == '\0')
		fputs("Default: empty.\n", f);
	else {
		fputs("Default:\n.Ql \"", f);
		put_roff(f, k->text, true);
		fputs("\" .\n", f);
	}
	fprintf(f, "A change restarts %s.\n",
	    config_keys_reload_name[k->reload]);
}

void
config_write_mdoc(FILE *f)
{
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];

		if (starts_section(i)) {
			fprintf(f, "%s.Ss [%s%s]\n", i > 0 ? ".El\n" : "",
			    k->section,
			    config_keys_kind(k) != NULL ? " \\(dqname\\(dq"
							: "");
			put_sentences(f, about(k->section));
			fputs(".Bl -tag -width Ds\n", f);
		}
		mdoc_key(f, k);
	}
	fputs(".El\n", f);
}

/* ---- values in force ------------------------------------------------ */

/* The default of k as format would write it, for this file's directory. */
static char *
default_text(const struct config *c, const struct config_key *k)
{
	const struct config_kind *kind = config_keys_kind(k);
	struct config *base = base_alloc(sizeof(*base));
	void *to = kind != NULL ? config_keys_at(kind, base, 0) : base;
	char dir[CONFIG_PATH_MAX], why[768], *text;

	str_copy(dir, c->path, sizeof(dir));
	*(strrchr(dir, '/') != NULL ? strrchr(dir, '/') : dir) = '\0';
	config_types_parse(k, k->text, dir[0] != '\0' ? dir : "/", false, to,
	    why, sizeof(why));
	text = config_types_text(k, to);
	config_types_free(k, to);
	free(base);
	return text;
}

struct each_own {
	const char *section, *plugin;
	config_each_fn *fn;
	void *arg;
};

static void
each_own(const char *key, const char *value, void *arg)
{
	const struct each_own *e = arg;
	char name[sizeof(CONFIG_PLUGIN_KEYS_PREFIX)
	    + CONFIG_PLUGIN_KEYS_KEY_MAX];

	str_format(name, sizeof(name), CONFIG_PLUGIN_KEYS_PREFIX "%s", key);
	e->fn(e->section, e->plugin, name, value, false, e->arg);
}

static void
each_value(const struct config *c, const struct config_key *k, const void *one,
    config_each_fn *fn, void *arg)
{
	const char *name = one != NULL ? config_keys_name(one) : NULL;
	struct each_own own = {k->section, name, fn, arg};
	const struct config_plugin *plugin = one;
	char *now, *usual;

	if (k->type == CONFIG_OWN) {
		config_plugin_keys_each(plugin->own, each_own, &own);
		return;
	}
	now = config_types_text(k, one != NULL ? one : (const void *)c);
	usual = (k->flags & CONFIG_REQUIRED) != 0 ? NULL : default_text(c, k);
	fn(k->section, name, k->key, now,
	    usual != NULL && strcmp(now, usual) == 0, arg);
	free(now);
	free(usual);
}

static void
each_one(const struct config *c, const struct config_kind *kind,
    const void *one, config_each_fn *fn, void *arg)
{
	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys_kind(&config_keys[i]) == kind)
			each_value(c, &config_keys[i], one, fn, arg);
}

void
config_each(const struct config *c, config_each_fn *fn, void *arg)
{
	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys_kind(&config_keys[i]) == NULL)
			each_value(c, &config_keys[i], NULL, fn, arg);
	for (size_t i = 0; i < config_kinds_n; i++)
		for (size_t j = 0; j < config_keys_count(&config_kinds[i], c);
		     j++)
			each_one(c, &config_kinds[i],
			    config_keys_at(&config_kinds[i], c, j), fn, arg);
}

struct writing {
	FILE *f;
	char section[128];
};

static void
write_value(const char *section, const char *plugin, const char *key,
    const char *value, bool usual, void *arg)
{
	struct writing *w = arg;
	char head[128];

	if (plugin != NULL)
		str_format(head, sizeof(head), "%s \"%s\"", section, plugin);
	else
		str_copy(head, section, sizeof(head));
	if (strcmp(head, w->section) != 0)
		fprintf(w->f, "\n[%s]\n", head);
	str_copy(w->section, head, sizeof(w->section));
	fprintf(w->f, "%s%s =%s%s\n", usual ? "#" : "", key,
	    value[0] != '\0' ? " " : "", value);
}

void
config_write(const struct config *c, FILE *f)
{
	struct writing w = {.f = f};

	fprintf(f, "# %s; a line that is commented out is a default\n",
	    c->path);
	config_each(c, write_value, &w);
}
