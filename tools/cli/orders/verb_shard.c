/* SPDX-License-Identifier: MIT */
/* shard: one shard in full, by id or by the guild it serves, or an action. */
#include "shared/json/json.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "shared/view/status_json.h"
#include "tools/cli/orders/verb.h"
#include "tools/cli/why/verb.h"
#include "tools/cli/see/past.h"
#include "tools/cli/see/status.h"

#include <string.h>

/* discord-protocol.md section 4: shard_id = (guild_id >> 22) % count */
static int
pick(struct cli *c, const struct view *v, const char *guild, uint64_t *id)
{
	uint64_t g;

	if (guild == NULL) {
		if (c->argc == 0 || !str_to_u64(c->argv[0], id))
			return cli_usage_err(c);
		c->argc--;
		c->argv++;
	} else if (!str_to_u64(guild, &g) || v->cluster.shard_count == 0) {
		return err_set(&c->err, EXIT_USAGE, "\"%s\" is no guild id",
		    guild);
	} else {
		*id = (g >> 22) % v->cluster.shard_count;
	}
	return view_shard(v, *id, &c->err) == NULL ? -1 : 0;
}

static void
show_value(const char *key, struct json_object *val)
{
	if (val == NULL)
		printf("%-18s -\n", key);
	else
		cli_print("%-18s %s", key, json_object_get_string(val));
}

static int
show(struct cli *c, const struct view *v, const struct view_shard *s)
{
	struct json_object *o = status_json_shard(v, s);
	static struct past past;
	char line[PAST_LINE];

	past_of_shard(&past, c->config.state_dir, v, s->id);
	if (c->json) {
		json_object_object_add(o, "past", past_json(&past));
		cli_print_json(o);
	} else {
		json_object_object_foreach (o, key, val)
			show_value(key, val);
		json_object_put(o);
		for (size_t i = 0; i < past.n; i++) {
			past_line(&past.event[i], line, sizeof(line));
			cli_print("%-18s %s", i == 0 ? "past" : "", line);
		}
	}
	if (!s->alive)
		return EXIT_DOWN;
	return s->s.state == SHARD_READY && !s->deaf && s->silent == 0
	    ? EXIT_FINE
	    : EXIT_DEGRADED;
}

/* ---- another session ------------------------------------------------ */

struct order {
	const char *guild;
	bool yes, force, no_wait;
	double seconds;
};

static void
tell_cost(const struct view *v, const struct view_shard *s)
{
	const struct page_cluster *p = &v->cluster;

	printf("Shard %u gives its session up and IDENTIFYs anew: that costs "
	       "one IDENTIFY of the %lld that are left today (%u of them are "
	       "the reserve). What Discord would have sent until it is ready "
	       "is missed, and its guilds come again.\n",
	    s->id, (long long)p->remaining, p->reserve);
}

/* One without a session waits for its IDENTIFY already: it may be let go. */
static int
reidentify(struct cli *c, const struct view *v, const struct view_shard *s,
    const struct order *o)
{
	bool waits = s->alive && s->s.state == SHARD_PERMIT;

	if (waits && !o->force)
		return cli_error(c, EXIT_USAGE,
		    "A shard without a session queues for its IDENTIFY by "
		    "itself. With --force it passes the reserve, the brake and "
		    "its own spacing, at the cost of one IDENTIFY.");
	if (!waits && !o->yes) {
		if (!c->json)
			tell_cost(v, s);
		if (cli_confirm(c, "Give this session up now?") == -1)
			return cli_fail(c);
	}
	return verb_shard_order(c, s->id, waits ? "identify" : "renew",
	    o->force);
}

static int
do_shard(struct cli *c, const struct view *v, const struct order *o)
{
	const struct view_shard *s;
	uint64_t id;

	if (pick(c, v, o->guild, &id) == -1)
		return cli_fail(c);
	s = view_shard(v, id, NULL);
	if (form_is(c, "show"))
		return show(c, v, s);
	if (form_is(c, "reidentify"))
		return reidentify(c, v, s, o);
	if (form_is(c, "identify") && !o->force)
		return cli_error(c, EXIT_USAGE,
		    "A shard without a session queues for its IDENTIFY by "
		    "itself. \"identify --force\" lets it pass the reserve, "
		    "the brake and its own spacing, at the cost of one "
		    "IDENTIFY.");
	if (form_is(c, "restart"))
		return verb_shard_restart(c, id, o->no_wait, o->seconds);
	return form_is(c, "why")
	    ? verb_why_shard(c, id)
	    : verb_shard_order(c, id, c->argv[0], o->force);
}

int
verb_shard(struct cli *c)
{
	struct order o = {0};
	const struct option opts[] = {
	    {"--guild", &o.guild},
	    {"--yes", &o.yes},
	    {"--force", &o.force},
	    {"--no-wait", &o.no_wait},
	    {"--timeout", &o.seconds},
	};
	struct view v;
	int code;

	if (option_take(c, opts, nitems(opts)) == -1 || load_look(c) == -1
	    || view_read(&v, &c->config, &c->err) == -1)
		return cli_fail(c);
	code = do_shard(c, &v, &o);
	view_free(&v);
	return code;
}
