/* SPDX-License-Identifier: MIT */
/* The bounded tables of interactions and webhooks, and their tokens. */
#include "tools/sim/rest/rest_hook.h"

#include "shared/base/clock.h"

#include <inttypes.h>
#include <string.h>

struct rest_hooks *
rest_hooks_new(void)
{
	return base_alloc(sizeof(struct rest_hooks));
}

void
rest_hooks_free(struct rest_hooks *hs)
{
	free(hs);
}

/* Random enough for a desk, and the same for the same seed. */
void
rest_hook_token(struct rest *r, char *out, size_t size)
{
	const struct world *w = r->sim->world;
	uint64_t n = r->hooks->tokens++ * 4;

	must(str_format(out, size,
	    "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
	    world_hash(w, WORLD_HASH_TOKEN, n),
	    world_hash(w, WORLD_HASH_TOKEN, n + 1),
	    world_hash(w, WORLD_HASH_TOKEN, n + 2),
	    world_hash(w, WORLD_HASH_TOKEN, n + 3)));
}

static bool
expired(const struct hook_interaction *i)
{
	return clock_boot_ms() - i->made_ms > HOOK_TOKEN_MS;
}

struct hook_interaction *
rest_hook_interaction_new(struct rest *r, uint64_t channel)
{
	struct hook_interaction *best = NULL;

	for (size_t k = 0; k < HOOK_INTERACTIONS_MAX; k++) {
		struct hook_interaction *i = &r->hooks->live[k];

		if (i->id == 0 || expired(i)) {
			best = i;
			break;
		}
		/* Never answered in time: dead too. */
		if (!i->answered &&
		    clock_boot_ms() - i->made_ms > HOOK_ANSWER_MS &&
		    (best == NULL || i->made_ms < best->made_ms))
			best = i;
	}
	if (best == NULL)
		return NULL;
	*best = (struct hook_interaction){.id = world_snowflake(r->sim->world),
	    .channel = channel,
	    .made_ms = clock_boot_ms()};
	rest_hook_token(r, best->token, sizeof(best->token));
	r->hooks->counts.made++;
	return best;
}

unsigned
rest_hook_waiting(const struct rest *r)
{
	uint64_t now = clock_boot_ms();
	unsigned n = 0;

	for (size_t k = 0; k < HOOK_INTERACTIONS_MAX; k++) {
		const struct hook_interaction *i = &r->hooks->live[k];

		n += i->id != 0 && !i->answered &&
		    now - i->made_ms <= HOOK_ANSWER_MS;
	}
	return n;
}

struct hook_interaction *
rest_hook_interaction(struct rest *r, uint64_t id)
{
	for (size_t k = 0; id != 0 && k < HOOK_INTERACTIONS_MAX; k++)
		if (r->hooks->live[k].id == id)
			return &r->hooks->live[k];
	return NULL;
}

json_object *
rest_hook_metadata(struct rest_call *c, const struct hook_interaction *i)
{
	json_object *o = json_object_new_object();
	json_object *owners = json_object_new_object();
	struct world_channel ch;

	must(world_channel_find(c->w, i->channel, &ch));
	if (ch.guild != WORLD_NOWHERE)
		json_object_object_add(owners, "0",
		    rest_json_id(world_guild_id(c->w, ch.guild)));
	json_object_object_add(o, "id", rest_json_id(i->id));
	json_object_object_add(o, "type", json_object_new_int((int)i->type));
	json_object_object_add(
	    o, "user", json_tokener_parse(world_user_json(c->w, i->user)));
	json_object_object_add(o, "authorizing_integration_owners", owners);
	return o;
}

struct hook_interaction *
rest_hook_by_token(struct rest *r, const char *token)
{
	for (size_t k = 0; k < HOOK_INTERACTIONS_MAX; k++) {
		struct hook_interaction *i = &r->hooks->live[k];

		if (i->id != 0 && strcmp(i->token, token) == 0)
			return i->answered && !expired(i) ? i : NULL;
	}
	return NULL;
}

struct hook *
rest_hook_new(struct rest *r, uint64_t channel, const char *name)
{
	for (size_t k = 0; k < HOOKS_MAX; k++) {
		struct hook *h = &r->hooks->hook[k];

		if (h->id != 0)
			continue;
		h->id = world_snowflake(r->sim->world);
		h->channel = channel;
		str_copy(h->name, name, sizeof(h->name));
		rest_hook_token(r, h->token, sizeof(h->token));
		return h;
	}
	return NULL;
}

struct hook *
rest_hook_find(struct rest *r, uint64_t id)
{
	for (size_t k = 0; id != 0 && k < HOOKS_MAX; k++)
		if (r->hooks->hook[k].id == id)
			return &r->hooks->hook[k];
	return NULL;
}

unsigned
rest_hook_count(const struct rest *r, uint64_t channel)
{
	unsigned n = 0;

	for (size_t k = 0; k < HOOKS_MAX; k++)
		n += r->hooks->hook[k].id != 0 &&
		     r->hooks->hook[k].channel == channel;
	return n;
}

json_object *
rest_hook_json(struct rest_call *c, const struct hook *h)
{
	json_object *o = json_object_new_object();
	struct world_channel ch;

	json_object_object_add(o, "id", rest_json_id(h->id));
	json_object_object_add(o, "type", json_object_new_int(1));
	json_object_object_add(o, "channel_id", rest_json_id(h->channel));
	if (world_channel_find(c->w, h->channel, &ch) &&
	    ch.guild != WORLD_NOWHERE)
		json_object_object_add(o, "guild_id",
		    rest_json_id(world_guild_id(c->w, ch.guild)));
	json_object_object_add(o, "name", json_object_new_string(h->name));
	json_object_object_add(o, "avatar", NULL);
	json_object_object_add(
	    o, "application_id", rest_json_id(world_app_id(c->w)));
	json_object_object_add(o, "token", json_object_new_string(h->token));
	return o;
}
