/* SPDX-License-Identifier: MIT */
/*
 * See config_perms.h.  Trusted are root, our own user, the one state_dir
 * belongs to and, for its own program, the user of a plugin; of groups, root's
 * and those that bear a trusted user's name and hold nobody else.
 */
#include "shared/config/config_perms.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRUSTED_MAX 4
#define SEEN_MAX 512 /* files told of or found good; beyond: again */

struct look {
	const struct config *config;
	config_problem_fn *fn;
	void *arg;
	uid_t trusted[TRUSTED_MAX];
	size_t n;
	const char *key; /* "[paths] state_dir", of what is looked at */
	struct {
		dev_t dev;
		ino_t ino;
	} seen[SEEN_MAX];
	size_t seen_n;
};

enum place { FILE_ITSELF, DIR_ITSELF, DIR_ABOVE };

/* ---- who ------------------------------------------------------------ */

static bool
is_trusted(const struct look *l, uid_t uid)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->trusted[i] == uid)
			return true;
	return false;
}

static bool
is_trusted_name(const struct look *l, const char *name)
{
	struct passwd *p = getpwnam(name);

	return p != NULL && is_trusted(l, p->pw_uid);
}

static bool
is_trusted_group(const struct look *l, const struct group *g)
{
	for (char **m = g->gr_mem; *m != NULL; m++)
		if (!is_trusted_name(l, *m))
			return false;
	return g->gr_gid == 0 || is_trusted_name(l, g->gr_name);
}

/* In out who, besides those who may, can write: false for nobody. */
static bool
strangers(const struct look *l, const struct stat *st, char *out, size_t size)
{
	struct passwd *p;
	struct group *g;

	if (st->st_mode & S_IWOTH) {
		str_format(out, size, "everybody");
		return true;
	}
	if (st->st_mode & S_IWGRP) {
		g = getgrgid(st->st_gid);
		if (g == NULL || !is_trusted_group(l, g)) {
			if (g != NULL)
				str_format(out, size, "group %s", g->gr_name);
			else
				str_format(out, size, "group %d",
				    (int)st->st_gid);
			return true;
		}
	}
	if (is_trusted(l, st->st_uid))
		return false;
	p = getpwuid(st->st_uid);
	if (p != NULL)
		str_format(out, size, "user %s", p->pw_name);
	else
		str_format(out, size, "user %d", (int)st->st_uid);
	return true;
}

/* ---- what ----------------------------------------------------------- */

static bool
seen_before(struct look *l, const struct stat *st)
{
	for (size_t i = 0; i < l->seen_n; i++)
		if (l->seen[i].dev == st->st_dev
		    && l->seen[i].ino == st->st_ino)
			return true;
	if (l->seen_n < SEEN_MAX) {
		l->seen[l->seen_n].dev = st->st_dev;
		l->seen[l->seen_n++].ino = st->st_ino;
	}
	return false;
}

static void
look_at(struct look *l, const char *path, enum place place)
{
	char who[80], line[2 * CONFIG_PATH_MAX + 400];
	struct stat st;

	if (stat(path, &st) == -1 || seen_before(l, &st))
		return;
	/* There only who owns a file takes it away. */
	if (place == DIR_ABOVE && (st.st_mode & S_ISVTX)
	    && is_trusted(l, st.st_uid))
		return;
	if (!strangers(l, &st, who, sizeof(who)))
		return;
	str_format(line, sizeof(line),
	    "%s: %s%s%s%s can be written by %s (mode %04o)%s", l->config->path,
	    l->key, *l->key ? ": " : "",
	    place == DIR_ABOVE ? "the directory " : "", path, who,
	    (unsigned)st.st_mode & 07777,
	    place == DIR_ABOVE
		? ", who can put something else in the place of what is in it"
		: place == DIR_ITSELF
		? ", who can change what the bot keeps there"
		: ", who decides what the bot does");
	l->fn(line, l->arg);
}

/* "/", "/a", "/a/b" of "/a/b/c". */
static void
look_above(struct look *l, const char *path)
{
	char dir[PATH_MAX];

	look_at(l, "/", DIR_ABOVE);
	for (const char *p = path + 1; (p = strchr(p, '/')) != NULL; p++)
		if (str_format(dir, sizeof(dir), "%.*s", (int)(p - path), path))
			look_at(l, dir, DIR_ABOVE);
}

/* As it is named, and where the links in it lead. */
static void
look_path(struct look *l, const char *key, const char *path, enum place place)
{
	char real[PATH_MAX];

	if (path[0] != '/')
		return;
	l->key = key;
	look_at(l, path, place);
	look_above(l, path);
	if (realpath(path, real) != NULL)
		look_above(l, real);
}

/* The program, and the scripts an interpreter is given. */
static void
look_command(struct look *l, const char *key, const char *command)
{
	int argc;
	char **argv = config_split(command, &argc, NULL);

	for (int i = 0; argv != NULL && i < argc; i++)
		look_path(l, key, argv[i], FILE_ITSELF);
	free(argv);
}

static void
look_plugin(struct look *l, const struct config_plugin *p)
{
	struct passwd *user = p->user[0] != '\0' ? getpwnam(p->user) : NULL;
	size_t n = l->n;
	char key[96];

	str_format(key, sizeof(key), "[plugin \"%s\"] exec", p->name);
	if (user != NULL)
		l->trusted[l->n++] = user->pw_uid;
	look_command(l, key, p->exec);
	l->n = n;
}

void
config_perms_warn(const struct config *c, config_problem_fn *fn, void *arg)
{
	struct look *l = base_alloc(sizeof(*l));
	struct stat st;

	l->config = c;
	l->fn = fn;
	l->arg = arg;
	l->trusted[l->n++] = 0;
	l->trusted[l->n++] = geteuid();
	if (stat(c->state_dir, &st) == 0)
		l->trusted[l->n++] = st.st_uid;
	look_path(l, "", c->path, FILE_ITSELF);
	look_path(l, "[bot] token_file", c->token_file, FILE_ITSELF);
	look_path(l, "[gateway] ca_file", c->ca_file, FILE_ITSELF);
	look_path(l, "[paths] state_dir", c->state_dir, DIR_ITSELF);
	look_path(l, "[paths] run_dir", c->run_dir, DIR_ITSELF);
	look_path(l, "[paths] log_dir", c->log_dir, DIR_ITSELF);
	look_path(l, "[alerts] webhook_file", c->alert_webhook, FILE_ITSELF);
	look_path(l, "[web] push_file", c->web_push_file, FILE_ITSELF);
	look_command(l, "[alerts] exec", c->alert_exec);
	for (size_t i = 0; i < c->plugins; i++)
		look_plugin(l, &c->plugin[i]);
	free(l);
}
