/* SPDX-License-Identifier: MIT */
/*
 * plugin new: writes a plugin that works as it is, from the files the program
 * carries.  It makes one folder and never touches one that exists.
 */

#include "shared/json/json.h"
#include "tools/cli/plugin/plugin_files.h"
#include "tools/cli/plugin/verb.h"
#include "tools/cli/plugin_test/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "@NAME@"

struct file {
	const char *name, *text;
	mode_t mode;
};

static const struct lang {
	const char *name;
	bool built;	     /* make is to be run first */
	struct file file[5]; /* the first is the plugin, or its source;
				   up to one without a name */
} langs[] = {
    {"python", false,
	{{"plugin.py", plugin_files_python, 0755},
	    {"shardherd.py", plugin_files_python_helper, 0644}}},
    {"node", false,
	{{"plugin.js", plugin_files_node, 0755},
	    {"shardherd.js", plugin_files_node_helper, 0644},
	    {"shardherd.mjs", plugin_files_node_modules, 0644},
	    {"shardherd.d.ts", plugin_files_node_types, 0644},
	    {"shardherd.d.mts", plugin_files_node_module_types, 0644}}},
    {"c", true,
	{{"plugin.c", plugin_files_c, 0644},
	    {"Makefile", plugin_files_makefile, 0644}}},
};

/* ---- writing -------------------------------------------------------- */

/* The text with the plugin's name in it.  Owner frees. */
static char *
fill_in(const char *text, const char *name)
{
	size_t len = strlen(text), n = 0;
	char *out, *to;

	for (const char *p = text; (p = strstr(p, MARK)) != NULL; p++)
		n++;
	to = out = base_alloc(len + n * strlen(name) + 1);
	for (const char *p; (p = strstr(text, MARK)) != NULL;
	     text = p + strlen(MARK)) {
		memcpy(to, text, (size_t)(p - text));
		to = stpcpy(to + (p - text), name);
	}
	strcpy(to, text);
	return out;
}

static int
write_file(const char *path, const struct file *f, const char *name,
    struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, f->mode);
	char *text = fill_in(f->text, name);
	int rc = 0;

	if (fd == -1 || fd_write_all(fd, text, strlen(text)) == -1
	    || fchmod(fd, f->mode) == -1)
		rc = err_sys(e, EXIT_DEGRADED, "Cannot write %s", path);
	if (fd != -1 && close(fd) == -1 && rc == 0)
		rc = err_sys(e, EXIT_DEGRADED, "Cannot write %s", path);
	free(text);
	return rc;
}

static size_t
files(const struct lang *lang)
{
	size_t n = 0;

	while (n < nitems(lang->file) && lang->file[n].name != NULL)
		n++;
	return n;
}

/* All of it, or nothing. */
static int
write_all(const char *dir, const struct lang *lang, const char *name,
    struct err *e)
{
	char path[nitems(lang->file)][PATH_MAX];
	size_t n = 0;

	if (mkdir(dir, 0777) == -1)
		return errno == EEXIST ? err_set(e, EXIT_USAGE,
			   "%s exists already, and nothing was changed: take "
			   "another NAME or --dir.",
			   dir)
				       : err_sys(e, EXIT_DEGRADED,
					   "Cannot make the folder %s", dir);
	for (; n < files(lang); n++)
		if (!str_format(path[n], PATH_MAX, "%s/%s", dir,
			lang->file[n].name)
		    || write_file(path[n], &lang->file[n], name, e) == -1)
			break;
	if (n == files(lang))
		return 0;
	for (size_t i = 0; i <= n; i++)
		unlink(path[i]);
	rmdir(dir);
	return -1;
}

/* ---- what to do next ------------------------------------------------ */

static void
print_next(const char *dir, const struct lang *lang, const char *name,
    const char *exec)
{
	printf("%s is there, with %s and %s%s.  Next:\n\n    ", dir,
	    lang->file[0].name, lang->file[1].name,
	    files(lang) > 2 ? ", and what belongs to that" : "");
	if (lang->built)
		printf("make -C %s && ", dir);
	printf("shardherd plugin test %s\n\n"
	       "tries it in the simulator.  For a bot, put this at the end of "
	       "shardherd.conf:\n\n"
	       "    [plugin \"%s\"]\n    exec = %s\n"
	       "    events = INTERACTION_CREATE, MESSAGE_CREATE\n\n"
	       "and, while it runs:\n\n    shardherd plugin load %s\n",
	    dir, name, exec, name);
}

static void
print_json(const char *dir, const struct lang *lang, const char *name,
    const char *exec)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < files(lang); i++)
		json_object_array_add(list,
		    json_object_new_string(lang->file[i].name));
	json_put_text(o, "name", name);
	json_put_text(o, "lang", lang->name);
	json_put_text(o, "dir", dir);
	json_object_object_add(o, "files", list);
	json_put_text(o, "exec", exec);
	cli_print_json(o);
}

/* ---- the verb ------------------------------------------------------- */

static const struct lang *
find_lang(struct cli *c, const char *word)
{
	for (size_t i = 0; word != NULL && i < nitems(langs); i++)
		if (strcmp(word, langs[i].name) == 0)
			return &langs[i];
	err_set(&c->err, EXIT_USAGE, "--lang is python, node or c%s%s%s",
	    word != NULL ? ", not \"" : ".", word != NULL ? word : "",
	    word != NULL ? "\"." : "");
	return NULL;
}

int
verb_plugin_new(struct cli *c, const char *lang_name, const char *dir)
{
	const char *name = c->argv[1];
	char full[PATH_MAX], exec[PATH_MAX + 32];
	const struct lang *lang;

	if (!trial_name_ok(name))
		return cli_error(c, EXIT_USAGE,
		    "\"%s\" is no name for a plugin: it has 1 to %d small "
		    "letters, digits, '-' and '_', and begins with a letter or "
		    "digit, as its slash command is called the same.",
		    name, TRIAL_NAME_MAX);
	if ((lang = find_lang(c, lang_name)) == NULL)
		return cli_fail(c);
	if (dir == NULL)
		dir = name;
	if (write_all(dir, lang, name, &c->err) == -1)
		return cli_fail(c);
	if (realpath(dir, full) == NULL)
		str_copy(full, dir, sizeof(full));
	str_format(exec, sizeof(exec), "%s/%s", full,
	    lang->built ? "plugin" : lang->file[0].name);
	if (c->json)
		print_json(dir, lang, name, exec);
	else
		print_next(dir, lang, name, exec);
	return EXIT_FINE;
}
