/* SPDX-License-Identifier: MIT */
/*
 * Which plugin a trial (trial.h) is of: a file or folder, a command line, or a
 * section of a shardherd.conf; and what its own section will say.
 */
#include "tools/cli/plugin_test/trial.h"

#include "shared/config/config_plugin_keys.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"

#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
trial_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= TRIAL_NAME_MAX
	    && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == n
	    && name[0] != '-' && name[0] != '_';
}

/* Called as its folder, when that is a name for a plugin. */
static void
name_after(struct trial *t, const char *path)
{
	char copy[PATH_MAX];

	if (realpath(path, copy) == NULL)
		str_copy(copy, path, sizeof(copy));
	str_copy(t->name, basename(dirname(copy)), sizeof(t->name));
	if (!trial_name_ok(t->name))
		str_copy(t->name, "plugin", sizeof(t->name));
}

/* ---- a file or a folder --------------------------------------------- */

static int
find_in(struct trial *t, const char *dir, struct err *e)
{
	static const char *const names[] = {"plugin", "plugin.py", "plugin.js",
	    "plugin.mjs"};
	char path[PATH_MAX];

	for (size_t i = 0; i < nitems(names); i++)
		if (str_format(path, sizeof(path), "%s/%s", dir, names[i])
		    && rig_is_program(path)
		    && realpath(path, t->program) != NULL)
			return 0;
	if (str_format(path, sizeof(path), "%s/plugin.c", dir)
	    && access(path, F_OK) == 0)
		return err_set(e, EXIT_USAGE,
		    "%s is not built: \"make -C %s\".", path, dir);
	return err_set(e, EXIT_USAGE,
	    "In %s there is no executable plugin, plugin.py or plugin.js: name "
	    "the plugin's file, or make it executable (chmod +x).",
	    dir);
}

static int
find_file(struct trial *t, const char *arg, struct err *e)
{
	struct stat st;

	if (stat(arg, &st) == -1)
		return err_sys(e, EXIT_USAGE, "Cannot find %s", arg);
	if (S_ISDIR(st.st_mode)) {
		if (find_in(t, arg, e) == -1)
			return -1;
	} else if (!rig_is_program(arg) || realpath(arg, t->program) == NULL) {
		return err_set(e, EXIT_USAGE,
		    "%s is not executable: chmod +x %s", arg, arg);
	}
	name_after(t, t->program);
	return 0;
}

/* ---- a command line ------------------------------------------------- */

/* As a shell finds it. */
static bool
find_command(const char *word, char *out)
{
	if (strchr(word, '/') != NULL || rig_is_program(word))
		return rig_is_program(word) && realpath(word, out) != NULL;
	/* As it is called: what it does may hang on that. */
	return rig_in_path(word, out);
}

static int
find_line(struct trial *t, char *const *word, int words, struct err *e)
{
	if (!find_command(word[0], t->program))
		return err_set(e, EXIT_USAGE,
		    "There is no program %s that can be run.", word[0]);
	str_copy(t->name, "plugin", sizeof(t->name));
	t->args = base_alloc((size_t)words * sizeof(*t->args));
	for (int i = 1; i < words; i++)
		t->args[t->n++] = base_strdup(word[i]);
	/* The interpreter's first file is the plugin. */
	for (int i = words - 1; i > 0; i--)
		if (access(word[i], F_OK) == 0)
			name_after(t, word[i]);
	return 0;
}

static int
find_words(struct trial *t, char *const *word, int words, struct err *e)
{
	char **split;
	int n, rc;

	if (getcwd(t->dir, sizeof(t->dir)) == NULL)
		return err_sys(e, EXIT_UNKNOWN, "Cannot tell the folder");
	if (words > 1)
		return find_line(t, word, words, e);
	if (strchr(word[0], ' ') == NULL || access(word[0], F_OK) == 0)
		return find_file(t, word[0], e);
	if ((split = config_split(word[0], &n, e)) == NULL)
		return -1;
	rc = n > 0 ? find_line(t, split, n, e)
		   : err_set(e, EXIT_USAGE, "The command line is empty.");
	free(split);
	return rc;
}

/* ---- a section of a configuration ----------------------------------- */

/* Of a section, what the test has no better idea of. */
static void
take_key(const char *section, const char *plugin, const char *key,
    const char *value, bool usual, void *arg)
{
	static const char *const taken[] = {"events", "window", "timeout",
	    "storage", "permissions"};
	struct trial *t = arg;
	bool own = strncmp(key, CONFIG_PLUGIN_KEYS_PREFIX,
		       strlen(CONFIG_PLUGIN_KEYS_PREFIX))
	    == 0,
	     take = own;

	if (plugin == NULL || strcmp(plugin, t->name) != 0)
		return;
	for (size_t i = 0; i < nitems(taken); i++)
		take |= strcmp(taken[i], key) == 0;
	if (own)
		config_plugin_keys_add(&t->own,
		    key + strlen(CONFIG_PLUGIN_KEYS_PREFIX), value);
	else if (take)
		fprintf(t->keys, "%s = %s\n", key, value);
}

static int
find_section(struct trial *t, struct cli *c, const char *file, const char *name)
{
	const struct config_plugin *p = NULL;
	char **word;
	int n, rc;

	c->config_path = file;
	if (load_config(c) == -1)
		return -1;
	for (size_t i = 0; i < c->config.plugins; i++)
		if (strcmp(c->config.plugin[i].name, name) == 0)
			p = &c->config.plugin[i];
	if (p == NULL)
		return err_set(&c->err, EXIT_USAGE,
		    "In %s there is no [plugin \"%s\"].", c->config.path, name);
	if ((word = config_split(p->exec, &n, &c->err)) == NULL)
		return -1;
	rc = find_line(t, word, n, &c->err);
	free(word);
	str_copy(t->name, name, sizeof(t->name));
	str_copy(t->dir, c->config.path, sizeof(t->dir));
	dirname(t->dir);
	if (c->config.prefix[0] != '\0')
		str_copy(t->prefix, c->config.prefix, sizeof(t->prefix));
	config_each(&c->config, take_key, t);
	config_free(&c->config);
	return rc;
}

/* ---- all of it ------------------------------------------------------ */

/* What was given by hand already counts. */
static void
add_rest(const char *key, const char *value, void *arg)
{
	config_plugin_keys_add(arg, key, value);
}

static int
take_own(struct trial *t, const struct option_list *given, struct err *e)
{
	char *all = NULL, key[CONFIG_PLUGIN_KEYS_KEY_MAX + 8];

	for (size_t i = 0; i < given->n; i++) {
		const char *text = given->text[i], *at = strchr(text, '=');
		const char *why = NULL;

		if (strncmp(text, CONFIG_PLUGIN_KEYS_PREFIX,
			strlen(CONFIG_PLUGIN_KEYS_PREFIX))
		    == 0)
			text += strlen(CONFIG_PLUGIN_KEYS_PREFIX);
		if (at == NULL || at < text || strchr(text, '\n') != NULL
		    || !str_format(key, sizeof(key), "%.*s", (int)(at - text),
			text)
		    || (why = config_plugin_keys_add(&all, key, at + 1))
			!= NULL) {
			free(all);
			return err_set(e, EXIT_USAGE,
			    "--config %s: expected %s", given->text[i],
			    why != NULL ? why : "KEY=VALUE");
		}
	}
	config_plugin_keys_each(t->own, add_rest, &all);
	free(t->own);
	t->own = all;
	return 0;
}

int
trial_find(struct trial *t, struct cli *c, const struct trial_what *what)
{
	int rc;

	if ((t->keys = open_memstream(&t->section, &t->section_len)) == NULL)
		bug("no memory for a section");
	str_copy(t->prefix, "!", sizeof(t->prefix));
	rc = what->conf != NULL
	    ? find_section(t, c, what->conf, what->word[0])
	    : find_words(t, what->word, what->words, &c->err);
	if (what->conf == NULL)
		fputs("events = *\ntimeout = 1m\n", t->keys);
	return rc == -1 ? -1 : take_own(t, what->config, &c->err);
}
