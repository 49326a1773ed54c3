/* SPDX-License-Identifier: MIT */
/*
 * The config of a start.  A file with a fault is refused where somebody is
 * there to mend it; a fleet that was running must come back all the same, with
 * the config it ran by.
 */
#include "tools/cli/base/load.h"

#include "shared/page/page.h"
#include "shared/state/config_kept.h"
#include "tools/cli/base/cli.h"
#include "shared/view/view.h"

#include <stdlib.h>
#include <string.h>

/* Its processes wait to be taken over, and leave when nobody comes. */
static bool
lives_on(const struct config *c)
{
	struct view v;
	bool lives;

	if (view_read(&v, c, NULL) == -1)
		return false;
	lives = v.handler_alive;
	for (size_t i = 0; i < v.n; i++)
		lives |= v.shard[i].alive;
	view_free(&v);
	return lives;
}

/* It died, or the machine went down under it: nobody has stopped it. */
static bool
was_cut_off(const struct config *c)
{
	char boot[40];
	struct page p;
	bool cut;

	if (page_open(&p, c->state_dir, NULL) == -1)
		return false;
	page_boot_id(boot);
	cut = p.head->cluster.pid != 0
	    || strncmp(boot, p.head->boot_id, sizeof(boot)) != 0;
	page_close(&p);
	return cut;
}

static bool
may_go_on(const struct config *c, enum load_starter who)
{
	return who == LOAD_BY_CRON || lives_on(c)
	    || (who == LOAD_BY_KEEPER && was_cut_off(c));
}

/* systemd says where the state is, should the file not. */
static int
find_kept(struct config *c, const char *state_dir, const char *path)
{
	const char *env = getenv("STATE_DIRECTORY");
	struct err none;

	if (state_dir != NULL
	    && config_kept_load(c, state_dir, path, &none) == 0)
		return 0;
	return env != NULL && env[0] == '/'
	    ? config_kept_load(c, env, path, &none)
	    : -1;
}

int
load_to_start(struct cli *c, enum load_starter who)
{
	struct config kept;
	bool found;

	/* What can be read of the file leads to the state. */
	found = load_look_quietly(c) == 0;
	if ((!found || c->trouble[0] != '\0') && c->config.path[0] != '\0'
	    && find_kept(&kept, c->config.state_dir, c->config.path) == 0) {
		if (may_go_on(&kept, who)) {
			kept.kept_for = base_strdup(
			    found ? c->trouble : c->err.text);
			config_free(&c->config);
			c->config = kept;
			return 0;
		}
		config_free(&kept);
	}
	config_free(&c->config);
	return load_config(c);
}
