/* SPDX-License-Identifier: MIT */
#include "tools/cli/base/load.h"

#include <string.h>
#include <unistd.h>

static const char *
given(const struct cli *c)
{
	const char *env = getenv("SHARDHERD_CONF");

	return c->config_path != NULL	  ? c->config_path
	    : env != NULL && *env != '\0' ? env
					  : NULL;
}

/* In the order in which they are tried; user: "" without a home. */
static void
usual_places(const char *place[LOAD_PLACES], char user[CONFIG_PATH_MAX])
{
	const char *home = getenv("HOME");

	user[0] = '\0';
	if (home != NULL)
		str_format(user, CONFIG_PATH_MAX,
		    "%s/.config/shardherd/shardherd.conf", home);
	place[0] = "shardherd.conf";
	place[1] = user;
	place[2] = "/etc/shardherd/shardherd.conf";
}

size_t
load_places(struct cli *c, char out[LOAD_PLACES][CONFIG_PATH_MAX])
{
	char user[CONFIG_PATH_MAX], cwd[CONFIG_PATH_MAX];
	const char *place[LOAD_PLACES] = {given(c)};
	size_t n = 0;

	if (place[0] == NULL)
		usual_places(place, user);
	for (size_t i = 0; i < LOAD_PLACES; i++) {
		if (place[i] == NULL || place[i][0] == '\0')
			continue;
		if (place[i][0] == '/')
			str_copy(out[n++], place[i], CONFIG_PATH_MAX);
		else if (getcwd(cwd, sizeof(cwd)) != NULL
		    && str_format(out[n], CONFIG_PATH_MAX, "%s/%s", cwd,
			place[i]))
			n++;
	}
	return n;
}

int
load_find(struct cli *c, char *path, size_t size)
{
	const char *places[LOAD_PLACES];
	char user[CONFIG_PATH_MAX];

	if (given(c) != NULL) {
		str_copy(path, given(c), size);
		return 0;
	}
	usual_places(places, user);
	for (size_t i = 0; i < nitems(places); i++) {
		if (places[i][0] == '\0' || access(places[i], F_OK) == -1)
			continue;
		str_copy(path, places[i], size);
		return 0;
	}
	return err_set(&c->err, EXIT_CONFIG,
	    "There is no config file: not by -c FILE, $SHARDHERD_CONF, "
	    "./shardherd.conf, %s or %s. \"shardherd init DIR\" makes one.",
	    user[0] != '\0' ? user : "~/.config/shardherd/shardherd.conf",
	    places[2]);
}

/* One problem is the error itself; more are a list with a sum at its end. */
struct problems {
	unsigned n;
	char first[sizeof(((struct err *)NULL)->text)];
};

static void
on_problem(const char *line, void *arg)
{
	struct problems *p = arg;

	if (p->n++ == 0) {
		str_copy(p->first, line, sizeof(p->first));
		return;
	}
	if (p->n == 2)
		fprintf(stderr, "%s\n", p->first);
	fprintf(stderr, "%s\n", line);
}

int
load_config(struct cli *c)
{
	char path[CONFIG_PATH_MAX];
	struct problems p = {0};

	if (load_find(c, path, sizeof(path)) == -1)
		return -1;
	if (config_load(&c->config, path, on_problem, &p, &c->err) == 0)
		return 0;
	if (p.n == 1)
		str_copy(c->err.text, p.first, sizeof(c->err.text));
	return -1;
}
