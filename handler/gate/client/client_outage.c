/* SPDX-License-Identifier: MIT */
/* A new session of upstream; see client_outage.h. */
#include "handler/gate/client/client_outage.h"

#include "shared/base/log.h"
#include "shared/json/envelope.h"
#include "shared/json/json.h"
#include "shared/json/walk.h"

#include <inttypes.h>
#include <string.h>

struct outage {
	struct gate_clients *all;
	const struct gatelog_record *ready;
	uint64_t *listed; /* by READY, ascending */
	size_t n;
};

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
read_listed(struct outage *o, const char *list, size_t len)
{
	struct walk_item guild;
	size_t cap = 0;
	struct walk w;

	if (!walk_into(&w, list, len))
		return;
	while (walk_next(&w, &guild)) {
		if (o->n == cap) {
			cap = cap != 0 ? 2 * cap : 256;
			o->listed = base_realloc(o->listed,
			    cap * sizeof(*o->listed));
		}
		o->listed[o->n++] = walk_id(guild.value, guild.len, "id");
	}
	if (o->n > 0)
		qsort(o->listed, o->n, sizeof(*o->listed), compare);
}

static bool
say_gone(uint64_t guild, bool available, void *arg)
{
	struct outage *o = arg;
	bool stays = o->n > 0
	    && bsearch(&guild, o->listed, o->n, sizeof(guild), compare) != NULL;
	struct gatelog_record r = {.shard = o->ready->shard,
	    .shard_count = o->ready->shard_count,
	    .session = o->ready->session,
	    .received_ms = o->ready->received_ms};
	char raw[160];

	if (stays && !available)
		return true; /* that was said */
	must(str_format(raw, sizeof(raw),
	    "{\"t\":\"GUILD_DELETE\",\"s\":0,\"op\":0,\"d\":{\"id\":\"%" PRIu64
	    "\"%s}}",
	    guild, stays ? ",\"unavailable\":true" : ""));
	must(gatelog_describe(&r, raw, strlen(raw), 0));
	must(gatelog_append(o->all->setup.log, &r, raw));
	return true;
}

void
client_outage_ready(struct gate_clients *all, const struct gatelog_record *r,
    const char *raw)
{
	struct outage o = {.all = all, .ready = r};
	struct guild_cache_view *v;
	struct walk_item d, guilds;
	struct err err;

	if (all->setup.cache == NULL || r->shard_count == 0
	    || !envelope_valid(raw, r->len, JSON_DEPTH_MAX)
	    || !walk_find(raw, r->len, "d", &d)
	    || !walk_find(d.value, d.len, "guilds", &guilds)
	    || guilds.value[0] != '[')
		return;
	v = guild_cache_view(all->setup.cache, &err);
	if (v != NULL)
		read_listed(&o, guilds.value, guilds.len);
	if (v == NULL
	    || guild_cache_each(v, r->shard, r->shard_count, say_gone, &o, &err)
		== -1)
		log_warn("gate: shard %u has a new session, and which guilds "
			 "clients have of it cannot be read: to them its "
			 "guilds may seem new: %s",
		    r->shard, err.text);
	if (v != NULL)
		guild_cache_view_end(v);
	free(o.listed);
}
