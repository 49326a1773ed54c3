/* SPDX-License-Identifier: MIT */
/* Events to plugins; see subscriptions.h. */
#include "handler/intake/subscriptions.h"

#include "handler/intake/guild_id.h"

#include <string.h>

void
subscriptions_init(struct subscriptions *r)
{
	memset(r, 0, sizeof(*r));
}

static void
route_clear(struct subscriptions *r, unsigned i)
{
	free(r->events[i]);
	r->events[i] = NULL;
	config_ranges_free(&r->guilds[i]);
	config_ranges_free(&r->shards[i]);
}

void
subscriptions_free(struct subscriptions *r)
{
	for (unsigned i = 0; i < CONFIG_PLUGINS_MAX; i++)
		route_clear(r, i);
}

/* 1 in bit i when the plugin has such a list. */
static uint64_t
route_list(struct config_ranges *list, const char *text, unsigned i)
{
	/* The config's reader has checked it. */
	if (config_ranges_parse(list, text != NULL ? text : "") < 0)
		bug("a list of numbers that was not checked");
	return config_ranges_all(list) ? 0 : (uint64_t)1 << i;
}

void
subscriptions_set(struct subscriptions *r, unsigned i,
    const struct config_plugin *cfg)
{
	uint64_t bit = (uint64_t)1 << i;

	route_clear(r, i);
	r->events[i] = base_strdup(cfg->events);
	r->by_guild = (r->by_guild & ~bit)
	    | route_list(&r->guilds[i], cfg->guilds, i);
	r->by_shard = (r->by_shard & ~bit)
	    | route_list(&r->shards[i], cfg->shards, i);
	memset(r->slot, 0, sizeof(r->slot));
}

static uint64_t
route_ask(const struct subscriptions *r, const char *name, size_t len)
{
	uint64_t wanted = 0;

	for (unsigned i = 0; i < CONFIG_PLUGINS_MAX; i++)
		if (r->events[i] != NULL
		    && config_wants(r->events[i], name, len))
			wanted |= (uint64_t)1 << i;
	return wanted;
}

static uint64_t
route_name(struct subscriptions *r, const char *name, size_t len)
{
	struct subscriptions_slot *s;

	if (len == 0 || len > SUBSCRIPTIONS_NAME_MAX)
		return route_ask(r, name, len);
	s = &r->slot[base_hash64(name, len) % SUBSCRIPTIONS_SLOTS];
	if (s->len != len || memcmp(s->name, name, len) != 0) {
		s->wanted = route_ask(r, name, len);
		s->len = (uint8_t)len;
		memcpy(s->name, name, len);
	}
	return s->wanted;
}

/* Without those of `some` whose list does not have the number. */
static uint64_t
route_narrow(uint64_t wanted, uint64_t some, const struct config_ranges *list,
    uint64_t number)
{
	for (some &= wanted; some != 0; some &= some - 1) {
		unsigned i = (unsigned)__builtin_ctzll(some);

		if (!config_ranges_have(&list[i], number))
			wanted &= ~((uint64_t)1 << i);
	}
	return wanted;
}

static uint64_t
route_place(struct subscriptions *r, uint64_t wanted, uint32_t shard,
    const char *raw, size_t len, size_t t_off, size_t t_len)
{
	if ((wanted & r->by_shard) != 0)
		wanted = route_narrow(wanted, r->by_shard, r->shards, shard);
	if ((wanted & r->by_guild) != 0)
		wanted = route_narrow(wanted, r->by_guild, r->guilds,
		    guild_id_of(raw, len, raw + t_off, t_len));
	return wanted;
}

uint64_t
subscriptions_wanted(struct subscriptions *r, uint32_t shard, const char *raw,
    size_t len, size_t t_off, size_t t_len)
{
	return route_place(r, route_name(r, raw + t_off, t_len), shard, raw,
	    len, t_off, t_len);
}

bool
subscriptions_allows(struct subscriptions *r, unsigned i, uint32_t shard,
    const char *raw, size_t len, size_t t_off, size_t t_len)
{
	return route_place(r, (uint64_t)1 << i, shard, raw, len, t_off, t_len)
	    != 0;
}
