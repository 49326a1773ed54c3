/* SPDX-License-Identifier: MIT */
/*
 * Where clients meet the fleet: the config and the store say who they are, the
 * page how upstream is, the lanes carry what they ask for; see gate_impl.h.
 */
#include "handler/gate/gate_impl.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/config/config_ranges.h"
#include "shared/net/tls.h"
#include "shared/store/client_token.h"

#include <string.h>

#define DESK_HOLD_S 30.0 /* an IDENTIFY waits for upstream */
#define DESK_CONNS_MAX 4096
#define DESK_CONNS_ADDRESS 1024 /* a bot dials all its shards at once */
#define DESK_FLOOD_MS                                                          \
	60000 /* guilds that have not come by then are in
				   an outage */
#define DESK_CONNS_CLIENT 2048
#define DESK_TOGETHER_MS 10000 /* shards of one client are told of together */
#define DESK_SENDS_PER_MINUTE 120 /* Discord's own */

_Static_assert(CLIENT_TOKEN_KEY == CONTRACT_NONCE_SIZE, "the nonce is the key");
_Static_assert(CONFIG_CLIENT_GUILDS_MAX <= CLIENT_SESSION_GUILDS_MAX
	&& PAGE_CLIENTS >= CONFIG_CLIENTS_MAX,
    "room for all of the config");

/* ---- what clients are and ask --------------------------------------- */

static void
put_guilds(struct gate_client *to, const char *text)
{
	struct config_ranges list;

	if (config_ranges_parse(&list, text) < 0)
		return;
	for (size_t i = 0; i < list.n; i++)
		for (uint64_t g = list.range[i].low; g <= list.range[i].high
		     && to->guilds < CLIENT_SESSION_GUILDS_MAX;
		     g++)
			to->guild[to->guilds++] = g;
	config_ranges_free(&list);
}

static bool
on_who(void *arg, const char *token, struct gate_client *out)
{
	struct gate *g = arg;
	struct client_token_who who;
	const struct config_client *c;
	struct err e;
	int rc = client_token_check(&g->store, g->nonce.bytes, token,
	    strlen(token), &who, &e);

	if (rc == -1)
		log_warn("whose token it is can't be told: %s", e.text);
	if (rc != 1 || (c = config_client(&g->config, who.client)) == NULL
	    || (who.run != 0
		&& page_run_ended(g->page.head, who.client, who.run)))
		return false;
	*out = (struct gate_client) {.run = who.run,
	    .intents = c->intents,
	    .may_presence = c->presence,
	    .may_voice = config_client_may(c, "voice"),
	    .may_members = config_client_may(c, "members"),
	    .catch_up = c->catch_up,
	    .real = c->compress == CONFIG_CLIENT_REAL,
	    .on_second = c->on_second == CONFIG_SECOND_SHARE
		? GATE_CLIENTS_SHARE
		: c->on_second == CONFIG_SECOND_REFUSE
		? GATE_CLIENTS_REFUSE
		: GATE_CLIENTS_TAKE_OVER};
	str_copy(out->name, c->name, sizeof(out->name));
	put_guilds(out, c->guilds);
	return true;
}

static void
on_upstream(void *arg, struct gate_clients_upstream *out)
{
	struct gate *g = arg;

	*out = (struct gate_clients_upstream) {
	    .shards = g->page.head->cluster.shard_count,
	    .intents = g->config.intents};
}

/* It has a session, be it between two connections; its guilds have come. */
static bool
on_ready(void *arg, uint32_t shard)
{
	struct gate *g = arg;
	struct page_shard s;

	return shard < g->page.head->slots
	    && page_read(&g->page.slot[shard].shard, &s, sizeof(s))
	    && s.session != 0
	    && (s.guilds_pending == 0
		|| (s.state == SHARD_READY
		    && clock_boot_ms() - s.state_since_ms >= DESK_FLOOD_MS));
}

static bool
on_send(void *arg, const struct gate_clients_send *s)
{
	struct gate *g = arg;

	return feed_send(&g->feed, s->shard, s->payload, s->len);
}

/* ---- what happened to them ------------------------------------------ */

static bool
is_wanted(const char *name, const void *arg)
{
	return config_client(arg, name) != NULL;
}

static struct gate_told *
told_of(struct gate *g, const char *client)
{
	struct gate_told *to = &g->told[0];

	for (size_t i = 0; i < nitems(g->told); i++) {
		if (strcmp(g->told[i].name, client) == 0)
			return &g->told[i];
		if (g->told[i].at_ms < to->at_ms)
			to = &g->told[i];
	}
	*to = (struct gate_told) {.at_ms = 0};
	str_copy(to->name, client, sizeof(to->name));
	return to;
}

/* All shards of a bot come and go together: that is one thing to tell. */
static void
on_past(void *arg, const char *client, const char *words, uint32_t shard,
    uint32_t shard_count)
{
	struct gate *g = arg;
	struct page_client_past *p;
	struct gate_told *last = told_of(g, client);
	uint64_t now = clock_boot_ms();
	bool again = strcmp(last->words, words) == 0
	    && now - last->at_ms < DESK_TOGETHER_MS;
	char text[176];

	if (!g->in_service
	    || (p = page_client_past_of(g->page.head->gate_past, PAGE_CLIENTS,
		    client, is_wanted, &g->config))
		== NULL)
		return;
	last->shards = again ? last->shards + 1 : 1;
	last->at_ms = now;
	str_copy(last->words, words, sizeof(last->words));
	if (again)
		str_format(text, sizeof(text),
		    "%s, %u times within seconds, at last shard %u of %u",
		    words, last->shards, shard, shard_count);
	else if (shard_count > 0)
		str_format(text, sizeof(text), "%s, shard %u of %u", words,
		    shard, shard_count);
	else
		str_copy(text, words, sizeof(text));
	if (again)
		page_client_past_again(p, text);
	else
		page_client_past_add(p, text);
}

/* ---- life ----------------------------------------------------------- */

int
gate_desk_open(struct gate *g, struct err *e)
{
	const struct config *c = &g->config;
	struct gate_clients_setup *s = &g->setup;

	if (c->gate_url[0] != '\0')
		str_copy(g->url, c->gate_url, sizeof(g->url));
	else
		str_format(g->url, sizeof(g->url), "%s://%s",
		    g->tls != NULL ? "wss" : "ws", c->gate_listen);
	*s = (struct gate_clients_setup) {.loop = g->loop,
	    .timers = g->timers,
	    .log = g->log,
	    .cache = g->cache,
	    .store = &g->store,
	    .tls = g->tls,
	    .url = g->url,
	    .heartbeat_s = c->gate_heartbeat_s,
	    .hold_s = DESK_HOLD_S,
	    .lean = c->gate_members != CONFIG_MEMBERS_ALL,
	    .session_life_s = c->gate_session_life_s,
	    .conns_max = DESK_CONNS_MAX,
	    .conns_per_address = DESK_CONNS_ADDRESS,
	    .conns_per_client = DESK_CONNS_CLIENT,
	    .sends_per_minute = DESK_SENDS_PER_MINUTE,
	    .who = on_who,
	    .upstream = on_upstream,
	    .ready = on_ready,
	    .send = on_send,
	    .past = on_past,
	    .arg = g};
	for (size_t i = 0; i < c->clients; i++)
		s->real |= c->client[i].compress == CONFIG_CLIENT_REAL;
	g->clients = gate_clients_new(s, e);
	if (g->clients == NULL)
		return -1;
	gate_clients_listen(g->clients, g->listen_fd);
	return 0;
}

int
gate_desk_tls(struct gate *g, struct err *e)
{
	const struct config *c = &g->config;

	if (c->gate_tls_cert[0] == '\0')
		return 0;
	g->tls = tls_server_new(c->gate_tls_cert, c->gate_tls_key, e);
	return g->tls != NULL ? 0 : -1;
}

void
gate_desk_close(struct gate *g)
{
	if (g->clients != NULL)
		gate_clients_free(g->clients);
	g->clients = NULL;
	SSL_CTX_free(g->tls);
	g->tls = NULL;
}

void
gate_desk_mend(struct gate *g)
{
	struct cache_writer_state s;

	if (g->writer == NULL || g->clients == NULL)
		return;
	cache_writer_look(g->writer, &s);
	if (s.damaged == g->mending)
		return;
	g->mending = s.damaged;
	gate_clients_cache(g->clients, s.damaged ? NULL : g->cache);
	if (s.damaged)
		cache_writer_mend(g->writer);
}
