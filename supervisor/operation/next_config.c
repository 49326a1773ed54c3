/* SPDX-License-Identifier: MIT */
/* See next_config.h. */
#include "supervisor/operation/next_config.h"

#include <string.h>

#include "shared/base/log.h"
#include "shared/base/secret.h"
#include "shared/config/config_diff.h"
#include "shared/state/keeper.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/service.h"
#include "supervisor/identify/permit.h"
#include "supervisor/log/fleet_log.h"

struct reading {
	struct fleet *fleet;
	uint32_t ticket;    /* 0: the log hears it */
	const char *plugin; /* whose section is all that counts, or NULL */
	bool undo;	    /* other classes are not its matter */
	unsigned refused;   /* changes that would end every session */
};

typedef int merge_fn(struct reading *, const struct config *file,
    struct config *out, struct err *);

static void
say(const struct reading *r, const char *key, const char *text)
{
	control_say(&r->fleet->control, r->ticket, key, text);
}

static void
on_problem(const char *line, void *arg)
{
	const struct reading *r = arg;

	if (r->ticket == 0)
		log_error("%s", line);
	say(r, "problem", line);
}

static struct config *
from_file(struct reading *r, merge_fn *merge, struct err *e)
{
	const char *path = r->fleet->config->path;
	struct config *file = base_alloc(sizeof(*file));
	struct config *out = base_alloc(sizeof(*out));
	int rc = r->plugin != NULL
	    ? config_look_plugin(file, path, r->plugin, on_problem, r, e)
	    : config_load(file, path, on_problem, r, e);

	if (rc == 0)
		rc = merge(r, file, out, e);
	next_config_drop(file);
	if (rc == 0)
		return out;
	free(out);
	return NULL;
}

/* ---- for the handler ------------------------------------------------ */

static void
on_reload_change(const struct config_diff_change *c, void *arg)
{
	const struct reading *r = arg;
	char words[600], line[1000], way[160] = "\"shardherd rollout\"";

	config_diff_change_words(c, words, sizeof(words));
	if (c->reload != CONFIG_RELOAD_SHARDS)
		keeper_restart(r->fleet->config->state_dir, way, sizeof(way));
	if (config_diff_change_live(c))
		str_copy(line, words, sizeof(line));
	else
		str_format(line, sizeof(line),
		    "%s: left as it is, a change of it restarts %s: %s takes "
		    "it",
		    words, config_keys_reload_name[c->reload], way);
	if (r->ticket == 0)
		log_notice("Reload: %s", line);
	say(r, "change", line);
}

/* Whether what it says can be carried out is another matter. */
static void
file_is_good(struct config *in_force)
{
	free(in_force->kept_for);
	in_force->kept_for = NULL;
}

static int
merge_reload(struct reading *r, const struct config *file, struct config *out,
    struct err *e)
{
	struct config *in_force = r->fleet->config;

	file_is_good(in_force);
	if (config_diff(in_force, file, on_reload_change, r) == 0)
		say(r, "change", "the config is the same as before");
	return config_diff_merge(in_force, file, out, e);
}

struct config *
next_config_reload(struct fleet *f, uint32_t ticket, struct err *e)
{
	struct reading r = {.fleet = f, .ticket = ticket};

	return from_file(&r, merge_reload, e);
}

struct config *
next_config_same(struct fleet *f, uint32_t ticket, struct err *e)
{
	struct reading r = {.fleet = f, .ticket = ticket};
	struct config *out = base_alloc(sizeof(*out));

	if (config_recall(out, f->config->path, f->config->text, on_problem, &r,
		e)
	    == 0)
		return out;
	next_config_drop(out);
	return NULL;
}

static int
merge_plugin(struct reading *r, const struct config *file, struct config *out,
    struct err *e)
{
	return config_diff_merge_plugin(r->fleet->config, file, r->plugin, out,
	    e);
}

struct config *
next_config_plugin(struct fleet *f, uint32_t ticket, const char *name,
    struct err *e)
{
	struct reading r = {.fleet = f, .ticket = ticket, .plugin = name};

	return from_file(&r, merge_plugin, e);
}

int
next_config_differs(struct fleet *f, struct err *e)
{
	struct reading r = {.fleet = f};
	struct config *file = base_alloc(sizeof(*file));
	int rc = config_load(file, f->config->path, on_problem, &r, e);

	if (rc == 0) {
		file_is_good(f->config);
		rc = config_diff(f->config, file, NULL, NULL) > 0;
	}
	next_config_drop(file);
	return rc;
}

/* ---- for the shards ------------------------------------------------- */

/* One sentence: what it would cost, and which command does it. */
static void
refuse(struct reading *r, const char *words, const char *command)
{
	struct fleet *f = r->fleet;
	char line[1200];
	int64_t left = permit_remaining(f->permit);

	r->refused++;
	str_format(line, sizeof(line),
	    "%s: not by a rollout, it would end every session and cost %u "
	    "IDENTIFYs",
	    words, f->local);
	if (f->permit->known)
		str_format(line + strlen(line), sizeof(line) - strlen(line),
		    " of the %lld left today", (long long)left);
	str_format(line + strlen(line), sizeof(line) - strlen(line),
	    "; that is for %s", command);
	say(r, "problem", line);
}

static bool
ends_sessions(const struct config_diff_change *c)
{
	return c->reload == CONFIG_RELOAD_SESSIONS
	    || (c->key != NULL && c->plugin == NULL
		&& strcmp(c->key->section, "gateway") == 0
		&& strcmp(c->key->key, "shards") == 0);
}

static void
on_rollout_change(const struct config_diff_change *c, void *arg)
{
	struct reading *r = arg;
	char words[600], line[1000], way[160];

	config_diff_change_words(c, words, sizeof(words));
	keeper_restart(r->fleet->config->state_dir, way, sizeof(way));
	if (c->reload == CONFIG_RELOAD_SHARDS) {
		say(r, "change", words);
		return;
	}
	if (r->undo)
		return;
	if (ends_sessions(c)) {
		refuse(r, words, way);
		return;
	}
	if (config_diff_change_live(c))
		str_format(line, sizeof(line),
		    "%s: left as it is, \"shardherd reload\" takes it", words);
	else
		str_format(line, sizeof(line),
		    "%s: left as it is, it needs %s, which keeps the sessions",
		    words, way);
	say(r, "change", line);
}

/* Another token has no part in these sessions. */
static void
check_token(struct reading *r, const struct config *file)
{
	char *token = config_read_token(file->token_file, NULL);

	if (token != NULL && strcmp(token, r->fleet->token) != 0)
		refuse(r, "the token file holds another token",
		    "\"shardherd token reload\"");
	secret_free(token);
}

static int
merge_rollout(struct reading *r, const struct config *file, struct config *out,
    struct err *e)
{
	config_diff(r->fleet->config, file, on_rollout_change, r);
	if (!r->undo)
		check_token(r, file);
	if (r->refused > 0)
		return err_set(e, EXIT_CONFIG,
		    "the configuration asks for what no rollout can do: "
		    "nothing was changed");
	return config_diff_merge_shards(r->fleet->config, file, out, e);
}

struct config *
next_config_rollout(struct fleet *f, uint32_t ticket, struct err *e)
{
	struct reading r = {.fleet = f, .ticket = ticket};

	return from_file(&r, merge_rollout, e);
}

struct config *
next_config_undo(struct fleet *f, const struct config *before, uint32_t ticket,
    struct err *e)
{
	struct reading r = {.fleet = f, .ticket = ticket, .undo = true};
	struct config *out = base_alloc(sizeof(*out));

	if (merge_rollout(&r, before, out, e) == 0) {
		say(&r, "change",
		    "the file keeps its values: mend it, or the next start or "
		    "rollout takes them again");
		return out;
	}
	free(out);
	return NULL;
}

/* ---- in force ------------------------------------------------------- */

static void
limit_delay(struct member *c)
{
	restart_delay_limits(&c->delay, c->fleet->config->restart_min_s,
	    c->fleet->config->restart_max_s);
}

static void
apply_live(struct fleet *f)
{
	const struct config *c = f->config;

	fleet_log_configure(f->logs, c);
	for (uint32_t i = 0; i < f->local; i++)
		limit_delay(&f->shard[i]);
	for (size_t i = 0; i < FLEET_HANDLERS; i++)
		limit_delay(&f->handler_slot[i]);
	service_each(f, limit_delay);
	f->permit->reserve_wanted = c->reserve;
}

void
next_config_swap(struct fleet *f, struct config *c)
{
	struct config was = *f->config;

	*f->config = *c;
	*c = was;
	apply_live(f);
}

void
next_config_drop(struct config *c)
{
	if (c == NULL)
		return;
	config_free(c);
	free(c);
}
