/* SPDX-License-Identifier: MIT */
/*
 * Which guild a channel is in, for clients that are bound to some: the gate's
 * cache is asked, then Discord, as the client that wants to know; see proxy_impl.h.
 */
#include "handler/rest/proxy/proxy_impl.h"

#include "shared/base/clock.h"
#include "shared/json/json.h"

#include <inttypes.h>
#include <string.h>

static struct proxy_channel *
place_of(struct proxy *p, uint64_t channel)
{
	return &p->channel[base_hash64(&channel, sizeof(channel))
	    % PROXY_CHANNELS];
}

uint64_t
proxy_channel_guild(void *arg, uint64_t channel)
{
	struct proxy_call *c = arg;
	struct proxy *p = c->conn->proxy;
	struct proxy_channel *k = place_of(p, channel);

	if (k->id == channel
	    && (k->guild != 0 || clock_boot_ms() < k->until_ms))
		return k->guild;
	c->unknown = channel;
	return 0;
}

/* 0: in none, or none that we may see. */
static uint64_t
guild_in(const struct rest_answer *a)
{
	struct json_object *o;
	const char *text;
	uint64_t guild = 0;

	if (a->outcome != REST_OK)
		return 0;
	o = json_parse_as(a->body, a->len, json_type_object);
	text = json_id(json_get(o, "guild_id"));
	if (text == NULL || !str_to_u64(text, &guild))
		guild = 0;
	json_object_put(o);
	return guild;
}

static void
on_looked(void *arg, const struct rest_answer *a)
{
	struct proxy_look *l = arg;
	struct proxy_call *c = l->call;

	if (l->proxy != NULL
	    && (a->outcome == REST_OK || a->outcome == REST_REFUSED))
		*place_of(l->proxy,
		    l->channel) = (struct proxy_channel) {.id = l->channel,
		    .guild = guild_in(a),
		    .until_ms = clock_boot_ms() + PROXY_CHANNEL_NONE_MS};
	list_remove(&l->link);
	free(l);
	if (c != NULL)
		proxy_call_looked(c, a);
}

static void
ask_discord(struct proxy_look *l)
{
	struct proxy_call *c = l->call;
	struct proxy *p = l->proxy;
	char path[64];
	const struct rest_ask ask = {.method = "GET",
	    .path = path,
	    .repeatable = true};
	const char *why;
	bool bad;

	str_format(path, sizeof(path), "/channels/%" PRIu64, l->channel);
	if (rest_call(p->set.rest, REST_CLIENT + c->slot, &ask, on_looked, l,
		&bad, &why)
	    == 0)
		return;
	c->look = NULL;
	list_remove(&l->link);
	free(l);
	proxy_reply_limited(c, 1000, why);
}

/* Who knows it without a call has answered. */
static void
on_told(void *arg, uint64_t guild)
{
	struct proxy_look *l = arg;
	char body[48];
	struct rest_answer a = {.outcome = REST_OK, .body = body};

	if (guild == 0 && l->call != NULL) {
		struct proxy_call *c = l->call;

		ask_discord(l);
		if (c->look == NULL)
			proxy_stream_wake(c);
		return;
	}
	str_format(body, sizeof(body), "{\"guild_id\":\"%" PRIu64 "\"}", guild);
	a.len = strlen(body);
	if (guild == 0)
		a.outcome = REST_STOPPED; /* nobody waits, nothing is known */
	on_looked(l, &a);
}

void
proxy_channel_look(struct proxy_call *c)
{
	struct proxy *p = c->conn->proxy;
	struct proxy_look *l = base_alloc(sizeof(*l));

	*l = (struct proxy_look) {.proxy = p, .call = c, .channel = c->unknown};
	list_append(&p->looks, &l->link);
	c->look = l;
	if (p->set.guild_of == NULL
	    || !p->set.guild_of(p->set.arg, l->channel, on_told, l))
		ask_discord(l);
}

void
proxy_channel_leave(struct proxy_look *l)
{
	l->call = NULL;
}

void
proxy_channel_leave_all(struct proxy *p)
{
	list_each_safe (&p->looks, l, next) {
		struct proxy_look *look = container_of(l, struct proxy_look,
		    link);

		look->proxy = NULL;
		list_remove(&look->link);
	}
}
