/* SPDX-License-Identifier: MIT */
/*
 * What everybody may know of a fleet as JSON: how its shards are, and nothing
 * of the machine, its people, its plugins or what is wrong in words; see
 * web_impl.h.
 */
#include "tools/web/web_impl.h"

#include "shared/json/json.h"

static struct json_object *
seconds(int64_t ms)
{
	char text[32];

	str_format(text, sizeof(text), "%lld.%03lld", (long long)ms / 1000,
	    (long long)ms % 1000);
	return ms < 0 ? NULL
		      : json_object_new_double_s((double)ms / 1000, text);
}

static struct json_object *
shard(const struct view *v, const struct view_shard *s)
{
	struct json_object *o = json_object_new_object();

	json_put_int(o, "id", s->id);
	json_put_text(o, "state", s->state);
	json_object_object_add(o, "since_s",
	    s->alive ? seconds(view_age(v, s->s.state_since_ms)) : NULL);
	json_object_object_add(o, "latency_ms",
	    s->alive && s->s.rtt_ms != 0 && s->s.state == SHARD_READY
		    && !s->deaf
		? json_object_new_int64(s->s.rtt_ms)
		: NULL);
	return o;
}

struct json_object *
web_public_json(const struct web *w, const struct view *v)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_put_int(o, "schema", 1);
	json_put_text(o, "title",
	    w->config.web_title[0] != '\0' ? w->config.web_title
					   : v->cluster.name);
	json_put_text(o, "state", verdict_fleet_name[v->verdict.state]);
	json_put_bool(o, "watched", v->alive && !v->hung);
	json_put_int(o, "at_ms", v->wall_ms);
	json_put_int(o, "shard_count", v->cluster.shard_count);
	json_put_int(o, "shards_ready", v->ready);
	for (size_t i = 0; i < v->n; i++)
		json_object_array_add(list, shard(v, &v->shard[i]));
	json_object_object_add(o, "shards", list);
	return o;
}
