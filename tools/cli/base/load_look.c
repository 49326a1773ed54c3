/* SPDX-License-Identifier: MIT */
/*
 * The config for verbs that look at a fleet or stop it.  They need four paths,
 * and no fault of the file may take those from a fleet that runs (I12): what
 * can be read is read, and where a fleet of this file runs, its own word, the
 * stats page, counts.  It is found by its processes, which hold that page open.
 */
#include "tools/cli/base/load.h"

#include "shared/base/text.h"
#include "shared/page/page.h"
#include "shared/view/lock.h"
#include "shared/view/proc_walk.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TITLE "shardherd: " /* of every process of a fleet */
#define STATS "/stats"

/* ---- the fleet that runs by a file ---------------------------------- */

struct search {
	const char *config_path; /* absolute */
	char state_dir[CONFIG_PATH_MAX];
	struct page_cluster cluster; /* of the page in it */
};

/* The page of this directory, if it is of a fleet of our file. */
static bool
page_of(struct search *s, const char *dir)
{
	struct page page;

	if (page_open(&page, dir, NULL) == -1)
		return false;
	page_read(&page.head->cluster, &s->cluster, sizeof(s->cluster));
	page_close(&page);
	text_clean_own(s->cluster.config_path, sizeof(s->cluster.config_path));
	text_clean_own(s->cluster.run_dir, sizeof(s->cluster.run_dir));
	text_clean_own(s->cluster.log_dir, sizeof(s->cluster.log_dir));
	if (strcmp(s->cluster.config_path, s->config_path) != 0)
		return false;
	str_copy(s->state_dir, dir, sizeof(s->state_dir));
	return true;
}

/* A page, and the file of that name here and now? */
static bool
look_fd(const char *link, char *target, void *arg)
{
	size_t n = strlen(target), tail = strlen(STATS);
	struct stat a, b;

	if (n <= tail || strcmp(target + n - tail, STATS) != 0)
		return false;
	/* Another root may have a file of this name. */
	if (stat(link, &a) == -1 || stat(target, &b) == -1
	    || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return false;
	target[n - tail] = '\0';
	return page_of(arg, target);
}

static bool
look_process(int32_t pid, void *arg)
{
	return proc_walk_fds(pid, look_fd, arg);
}

/* ---- the file ------------------------------------------------------- */

static void
put(char **to, const char *text)
{
	free(*to);
	*to = base_strdup(text);
}

static void
take_over(struct config *c, const struct search *s)
{
	put(&c->state_dir, s->state_dir);
	if (s->cluster.run_dir[0] != '\0')
		put(&c->run_dir, s->cluster.run_dir);
	if (s->cluster.log_dir[0] != '\0')
		put(&c->log_dir, s->cluster.log_dir);
	c->log_to = (int)s->cluster.log_to;
}

/* Where what runs by this file keeps its things, as it says itself. */
static bool
ask_fleet(struct cli *c)
{
	struct search *s = base_alloc(sizeof(*s));
	int32_t pid;
	bool found;

	s->config_path = c->config.path;
	found = (lock_held(c->config.state_dir, &pid)
		    && page_of(s, c->config.state_dir))
	    || proc_walk_titled(TITLE, look_process, s) != 0
	    || page_of(s, c->config.state_dir);
	if (found)
		take_over(&c->config, s);
	free(s);
	return found;
}

struct look {
	unsigned n;
	char first[sizeof(((struct err *)NULL)->text)];
};

static void
on_problem(const char *line, void *arg)
{
	struct look *l = arg;

	if (l->n++ == 0)
		str_copy(l->first, line, sizeof(l->first));
}

/* No file anywhere: a fleet may run by one that was there. */
static int
look_without(struct cli *c)
{
	char place[LOAD_PLACES][CONFIG_PATH_MAX];
	struct err why = c->err;
	size_t n = load_places(c, place);

	for (size_t i = 0; i < n; i++) {
		config_free(&c->config);
		(void)config_look(&c->config, place[i], NULL, NULL, &c->err);
		if (ask_fleet(c)) {
			str_format(c->trouble, sizeof(c->trouble),
			    "its config file %s is gone", c->config.path);
			return 0;
		}
	}
	c->err = why;
	return -1;
}

int
load_look_quietly(struct cli *c)
{
	struct look l = {0};
	char path[CONFIG_PATH_MAX];
	bool found;
	int rc;

	if (load_find(c, path, sizeof(path)) == -1)
		return look_without(c);
	rc = config_look(&c->config, path, on_problem, &l, &c->err);
	found = ask_fleet(c);
	if (rc == 0)
		return 0;
	/* Nothing was read and nothing is there: the paths are a guess. */
	if (rc == 1 && !found)
		return -1;
	str_format(c->trouble, sizeof(c->trouble), "%s%s",
	    rc == 1 ? c->err.text : l.first, l.n > 1 ? " (and more)" : "");
	return 0;
}

int
load_look(struct cli *c)
{
	if (load_look_quietly(c) == -1)
		return -1;
	if (c->trouble[0] != '\0')
		cli_say("The config file has a problem, which the next start, "
			"reload or rollout will not take: %s",
		    c->trouble);
	return 0;
}

int
load_for_fleet(struct cli *c)
{
	if (load_config(c) == -1)
		return -1;
	/* Where it asks to be found from its next start on does not count. */
	(void)ask_fleet(c);
	return 0;
}
