/* SPDX-License-Identifier: MIT */
/* See rollout_config.h. */
#include "supervisor/operation/rollout_config.h"

#include <string.h>

#include "shared/config/config_diff.h"
#include "shared/state/keeper.h"
#include "shared/base/secret.h"
#include "supervisor/fleet.h"

struct look {
	struct fleet *fleet;
	uint32_t ticket;
	bool back;		/* an undo: other classes are not its matter */
	unsigned refused;	/* changes that would end every session */
	unsigned taken;
};

static void
say(const struct look *l, const char *key, const char *text)
{
	control_say(&l->fleet->control, l->ticket, key, text);
}

static void
on_problem(const char *line, void *arg)
{
	say(arg, "problem", line);
}

/* One sentence: what it would cost, and which command does it. */
static void
refuse(struct look *l, const char *words, const char *command)
{
	struct fleet *f = l->fleet;
	char line[1200];
	int64_t left = permit_remaining(&f->permit);

	l->refused++;
	str_format(line, sizeof(line), "%s: not by a rollout, it would end "
	    "every session and cost %u IDENTIFYs", words, f->local);
	if (f->permit.known)
		str_format(line + strlen(line), sizeof(line) - strlen(line),
		    " of the %lld left today", (long long)left);
	str_format(line + strlen(line), sizeof(line) - strlen(line),
	    "; that is for %s", command);
	say(l, "problem", line);
}

static bool
ends_sessions(const struct config_diff_change *c)
{
	return c->reload == CONFIG_RELOAD_SESSIONS || (c->key != NULL
	    && c->plugin == NULL && strcmp(c->key->section, "gateway") == 0
	    && strcmp(c->key->key, "shards") == 0);
}

static void
on_change(const struct config_diff_change *c, void *arg)
{
	struct look *l = arg;
	char words[600], line[1000], way[160];

	config_diff_change_words(c, words, sizeof(words));
	keeper_restart(l->fleet->config->state_dir, way, sizeof(way));
	if (c->reload == CONFIG_RELOAD_SHARDS) {
		l->taken++;
		say(l, "change", words);
		return;
	}
	if (l->back)
		return;
	if (ends_sessions(c)) {
		refuse(l, words, way);
		return;
	}
	if (config_diff_change_live(c))
		str_format(line, sizeof(line), "%s: left as it is, "
		    "\"shardherd reload\" takes it", words);
	else
		str_format(line, sizeof(line), "%s: left as it is, it needs "
		    "%s, which keeps the sessions", words, way);
	say(l, "change", line);
}

/* Another token has no part in these sessions. */
static void
check_token(struct look *l, const struct config *file)
{
	char *token = config_read_token(file->token_file, NULL);

	if (token != NULL && strcmp(token, l->fleet->token) != 0)
		refuse(l, "the token file holds another token",
		    "\"shardherd token reload\"");
	secret_free(token);
}

static int
merge(struct look *l, const struct config *file, struct config *out,
    struct err *e)
{
	config_diff(l->fleet->config, file, on_change, l);
	if (!l->back)
		check_token(l, file);
	if (l->refused > 0)
		return err_set(e, EXIT_CONFIG, "the configuration asks for "
		    "what no rollout can do: nothing was changed");
	return config_diff_merge_shards(l->fleet->config, file, out, e);
}

struct config *
rollout_config_read(struct fleet *f, uint32_t ticket, struct err *e)
{
	struct look l = { .fleet = f, .ticket = ticket };
	struct config *file = base_alloc(sizeof(*file));
	struct config *out = base_alloc(sizeof(*out));
	int rc = config_load(file, f->config->path, on_problem, &l, e);

	if (rc == 0)
		rc = merge(&l, file, out, e);
	config_free(file);
	free(file);
	if (rc == 0)
		return out;
	free(out);
	return NULL;
}

struct config *
rollout_config_back(struct fleet *f, const struct config *before,
    uint32_t ticket, struct err *e)
{
	struct look l = { .fleet = f, .ticket = ticket, .back = true };
	struct config *out = base_alloc(sizeof(*out));

	if (merge(&l, before, out, e) == 0) {
		say(&l, "change", "the file keeps its values: mend it, or the "
		    "next start or rollout takes them again");
		return out;
	}
	free(out);
	return NULL;
}
