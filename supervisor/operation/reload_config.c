/* SPDX-License-Identifier: MIT */
/* See reload_config.h. */
#include "supervisor/operation/reload_config.h"

#include "shared/config/config_diff.h"
#include "shared/state/keeper.h"
#include "supervisor/fleet.h"

struct reading {
	struct fleet *fleet;
	uint32_t ticket;	/* 0: the log hears it */
};

static void
on_problem(const char *line, void *arg)
{
	const struct reading *r = arg;

	if (r->ticket == 0)
		log_error("%s", line);
	control_say(&r->fleet->control, r->ticket, "problem", line);
}

static void
on_change(const struct config_diff_change *c, void *arg)
{
	const struct reading *r = arg;
	char words[600], line[1000], way[160] = "\"shardherd rollout\"";

	config_diff_change_words(c, words, sizeof(words));
	if (c->reload != CONFIG_RELOAD_SHARDS)
		keeper_restart(r->fleet->config->state_dir, way, sizeof(way));
	if (config_diff_change_live(c))
		str_copy(line, words, sizeof(line));
	else
		str_format(line, sizeof(line), "%s: left as it is, a change "
		    "of it restarts %s: %s takes it", words,
		    config_keys_reload_name[c->reload], way);
	if (r->ticket == 0)
		log_notice("Reload: %s", line);
	control_say(&r->fleet->control, r->ticket, "change", line);
}

/* Whether what it says can be carried out is another matter. */
static void
file_is_good(struct config *in_force)
{
	free(in_force->kept_for);
	in_force->kept_for = NULL;
}

struct config *
reload_config_read(struct fleet *f, uint32_t ticket, struct err *e)
{
	struct reading r = { f, ticket };
	struct config *file = base_alloc(sizeof(*file));
	struct config *out = base_alloc(sizeof(*out));
	int rc = config_load(file, f->config->path, on_problem, &r, e);

	if (rc == 0) {
		file_is_good(f->config);
		if (config_diff(f->config, file, on_change, &r) == 0)
			control_say(&f->control, ticket, "change",
			    "the config is the same as before");
		rc = config_diff_merge(f->config, file, out, e);
	}
	config_free(file);
	free(file);
	if (rc == 0)
		return out;
	free(out);
	return NULL;
}

struct config *
reload_config_same(struct fleet *f, uint32_t ticket, struct err *e)
{
	struct reading r = { f, ticket };
	struct config *out = base_alloc(sizeof(*out));

	if (config_recall(out, f->config->path, f->config->text, on_problem,
	    &r, e) == 0)
		return out;
	reload_config_drop(out);
	return NULL;
}

struct config *
reload_config_plugin(struct fleet *f, uint32_t ticket, const char *name,
    struct err *e)
{
	struct reading r = { f, ticket };
	struct config *file = base_alloc(sizeof(*file));
	struct config *out = base_alloc(sizeof(*out));
	int rc = config_look_plugin(file, f->config->path, name, on_problem,
	    &r, e);

	if (rc == 0)
		rc = config_diff_merge_plugin(f->config, file, name, out, e);
	reload_config_drop(file);
	if (rc == 0)
		return out;
	free(out);
	return NULL;
}

int
reload_config_differs(struct fleet *f, struct err *e)
{
	struct reading r = { f, 0 };
	struct config *file = base_alloc(sizeof(*file));
	int rc = config_load(file, f->config->path, on_problem, &r, e);

	if (rc == 0) {
		file_is_good(f->config);
		rc = config_diff(f->config, file, NULL, NULL) > 0;
	}
	reload_config_drop(file);
	return rc;
}

void
reload_config_drop(struct config *c)
{
	if (c == NULL)
		return;
	config_free(c);
	free(c);
}
