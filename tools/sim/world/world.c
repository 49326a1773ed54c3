/* SPDX-License-Identifier: MIT */
/*
 * Ids and the fixed part of the world.  An id is base + index * step in its
 * time bits (step is a prime above every shard count, so neighbours go to
 * different shards and all shards get the same number), and a hash of the seed
 * in its low bits, so an id is found again by division and a forged one isn't.
 */
#include "tools/sim/world/guild_impl.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/user_impl.h"

#include "shared/base/clock.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct {
	uint64_t base_ms, step;
} span[WORLD_KINDS] = {
    [WORLD_KIND_GUILD] = {31536000000, 100003},
    [WORLD_KIND_ROLE] = {145000000000, 3571},
    [WORLD_KIND_CHANNEL] = {165000000000, 3571},
    [WORLD_KIND_USER] = {190000000000, 7919},
    [WORLD_KIND_DM] = {200000000000, 7919},
    [WORLD_KIND_APP] = {210000000000, 7919},
    [WORLD_KIND_MORE] = {220000000000, 1},
};

static const struct {
	int type;
	const char *name;
} channel_kind[WORLD_CHANNELS] = {
    {4, "Text Channels"},
    {0, "general"},
    {0, "bots"},
    {5, "announcements"},
    {2, "Lounge"},
    {0, "workshop"},
};
static const unsigned talk[] = {1, 2, 5};

uint64_t
world_hash(const struct world *w, unsigned kind, uint64_t n)
{
	uint64_t x = w->seed ^ (n * 0x9e3779b97f4a7c15u)
	    ^ ((uint64_t)kind << 56);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint64_t
id_make(const struct world *w, enum world_kind kind, uint64_t n)
{
	uint64_t ms = span[kind].base_ms + n * span[kind].step;

	return ms << 22 | (world_hash(w, kind, n) & 0x3fffff);
}

/* The index an id of this kind has, or -1. */
static int64_t
id_find(const struct world *w, enum world_kind kind, uint64_t id, uint64_t n)
{
	uint64_t ms = id >> 22, at;

	if (ms < span[kind].base_ms)
		return -1;
	at = (ms - span[kind].base_ms) / span[kind].step;
	if (at >= n || id_make(w, kind, at) != id)
		return -1;
	return (int64_t)at;
}

/* The number that undoes a multiplication by 131; n is no multiple of it. */
static uint64_t
inverse(unsigned n)
{
	uint64_t x = 1;

	while (x * 131 % n != 1)
		x++;
	return x;
}

struct world *
world_new(const struct world_shape *shape)
{
	struct world *w;

	if (shape->guilds == 0 || shape->guilds > WORLD_GUILDS_MAX
	    || shape->members > WORLD_MEMBERS_MAX || shape->bots > SIM_BOTS_MAX)
		return NULL;
	w = base_alloc(sizeof(*w));
	w->seed = shape->seed;
	w->guilds = shape->guilds;
	w->members = shape->members;
	w->guild_bytes = shape->guild_bytes;
	w->people = WORLD_PEOPLE;
	w->inverse = inverse(WORLD_PEOPLE);
	w->app = w->bot = id_make(w, WORLD_KIND_APP, 0);
	w->bots = shape->bots > 0 ? shape->bots : 1;
	user_open(w);
	for (unsigned n = 0; n < w->bots; n++)
		w->bot_user[n] = n == 0
		    ? WORLD_BOT
		    : user_more_bot(w, id_make(w, WORLD_KIND_APP, n), n);
	w->slot = base_alloc(w->guilds * sizeof(struct guild *));
	list_init(&w->fresh);
	list_init(&w->changed);
	w->home = json_object_new_object();
	for (unsigned i = 0; i < WORLD_MARKS; i++)
		w->marks[i] = json_object_new_object();
	w->dm_open = base_alloc(
	    (size_t)w->bots * WORLD_DMS * sizeof(*w->dm_open));
	w->last_msg = base_alloc(w->guilds * sizeof(*w->last_msg));
	w->msgs = world_msg_stores();
	w->now_second = -1;
	world_render_open(w);
	return w;
}

void
world_members_set(struct world *w, unsigned members)
{
	must(members <= WORLD_MEMBERS_MAX);
	w->members = members;
	while (!list_empty(&w->fresh))
		guild_forget(container_of(w->fresh.next, struct guild, link));
	list_each (&w->changed, e)
		guild_member_count(container_of(e, struct guild, link));
}

void
world_free(struct world *w)
{
	if (w == NULL)
		return;
	world_render_close(w);
	world_msg_stores_free(w->msgs);
	while (!list_empty(&w->fresh))
		guild_free(container_of(w->fresh.next, struct guild, link));
	while (!list_empty(&w->changed))
		guild_free(container_of(w->changed.next, struct guild, link));
	for (size_t i = 0; i < WORLD_COMMAND_SCOPES_MAX; i++)
		json_object_put(w->commands[i].list);
	json_object_put(w->apps);
	world_interaction_close(w);
	user_close(w);
	json_object_put(w->home);
	for (unsigned i = 0; i < WORLD_MARKS; i++)
		json_object_put(w->marks[i]);
	free(w->slot);
	free(w->dm_open);
	free(w->last_msg);
	free(w);
}

unsigned
world_guilds(const struct world *w)
{
	return w->guilds;
}

uint64_t
world_guild_id(const struct world *w, unsigned guild)
{
	must(guild < w->guilds);
	return id_make(w, WORLD_KIND_GUILD, guild);
}

int64_t
world_guild_find(const struct world *w, uint64_t id)
{
	return id_find(w, WORLD_KIND_GUILD, id, w->guilds);
}

int64_t
world_guild_named(const struct world *w, uint64_t n)
{
	return n < w->guilds ? (int64_t)n : world_guild_find(w, n);
}

bool
world_has_bot(struct world *w, unsigned guild, unsigned bot)
{
	struct guild *g;

	if (!guild_is_changed(w, guild))
		return guild < w->guilds;
	g = guild_at(w, guild);
	return g != NULL && guild_member_is(g, bot);
}

void
world_channel_seed(const struct world *w, unsigned guild, unsigned number,
    struct world_channel *c)
{
	must(guild < w->guilds && number < WORLD_CHANNELS);
	*c = (struct world_channel) {.id = id_make(w, WORLD_KIND_CHANNEL,
					 (uint64_t)guild * WORLD_CHANNELS
					     + number),
	    .guild = guild,
	    .type = channel_kind[number].type,
	    .name = channel_kind[number].name};
}

/* n: bot * WORLD_DMS + user */
static void
dm_channel(const struct world *w, unsigned n, struct world_channel *c)
{
	*c = (struct world_channel) {.id = id_make(w, WORLD_KIND_DM, n),
	    .guild = WORLD_NOWHERE,
	    .number = n % WORLD_DMS,
	    .bot = n / WORLD_DMS,
	    .type = 1};
}

static bool
channel_from(struct guild *g, uint64_t id, struct world_channel *c)
{
	json_object *doc = guild_get(g, GUILD_CHANNELS, id);

	if (doc == NULL)
		doc = guild_get(g, GUILD_THREADS, id);
	if (doc == NULL)
		return false;
	*c = (struct world_channel) {.id = id,
	    .guild = guild_index(g),
	    .type = json_object_get_int(jso_get(doc, "type")),
	    .name = jso_get_text(doc, "name"),
	    .doc = doc};
	return true;
}

static bool
dm_find(const struct world *w, uint64_t id, struct world_channel *c)
{
	int64_t n = id_find(w, WORLD_KIND_DM, id,
	    (uint64_t)w->bots * WORLD_DMS);

	if (n < 0 || !w->dm_open[n])
		return false;
	dm_channel(w, (unsigned)n, c);
	return true;
}

bool
world_channel_find(struct world *w, uint64_t id, struct world_channel *c)
{
	int64_t n = world_home(w, id);
	struct guild *g;

	if (n < 0)
		return dm_find(w, id, c);
	g = guild_at(w, (unsigned)n);
	return g != NULL && channel_from(g, id, c);
}

bool
world_channel_is_text(const struct world_channel *c)
{
	return c->type != 4 && c->type != 14 && c->type != 15 && c->type != 16;
}

bool
world_channel_is_thread(const struct world_channel *c)
{
	return c->type >= 10 && c->type <= 12;
}

static void
add_to(json_object *o, const char *key, int by)
{
	jso_set_int(o, key, json_object_get_int64(jso_get(o, key)) + by);
}

/* A guild that is as the seed has it stays so: the bot's answers in half a
 * million guilds must not make them all be kept. */
bool
world_channel_said(struct world *w, const struct world_channel *c, uint64_t id)
{
	bool thread = world_channel_is_thread(c), opened;
	json_object *data;

	if (c->doc == NULL || (!thread && !guild_is_changed(w, c->guild)))
		return false;
	guild_change(guild_at(w, c->guild));
	jso_set_id(c->doc, "last_message_id", id);
	if (!thread)
		return false;
	add_to(c->doc, "message_count", 1);
	add_to(c->doc, "total_message_sent", 1);
	data = jso_get(c->doc, "thread_metadata");
	opened = json_object_get_boolean(jso_get(data, "archived"));
	if (opened) {
		jso_set_bool(data, "archived", false);
		jso_set_text(data, "archive_timestamp", world_render_now(w));
	}
	return opened;
}

void
world_channel_unsaid(struct world *w, const struct world_channel *c)
{
	if (c->doc == NULL || !world_channel_is_thread(c)
	    || json_object_get_int(jso_get(c->doc, "message_count")) == 0)
		return;
	guild_change(guild_at(w, c->guild));
	add_to(c->doc, "message_count", -1);
}

void
world_dm_open(struct world *w, unsigned bot, unsigned user,
    struct world_channel *c)
{
	unsigned n = bot * WORLD_DMS + user;

	must(bot < w->bots && user < WORLD_DMS);
	w->dm_open[n] = true;
	dm_channel(w, n, c);
}

unsigned
world_bots(const struct world *w)
{
	return w->bots;
}

/* The at-th channel people talk in, or how many there are of them. */
static uint64_t
talk_at(struct guild *g, uint64_t at, struct world_channel *c)
{
	uint64_t n = 0;

	json_object_object_foreach (guild_docs(g, GUILD_CHANNELS), id, doc) {
		int type = json_object_get_int(jso_get(doc, "type"));

		if (type != 0 && type != 5)
			continue;
		if (n++ == at)
			must(channel_from(g, strtoull(id, NULL, 10), c));
	}
	return n;
}

bool
world_talk_channel(struct world *w, unsigned guild, uint64_t n,
    struct world_channel *c)
{
	struct guild *g;
	uint64_t count;

	if (!guild_is_changed(w, guild)) {
		world_channel_seed(w, guild, talk[n % nitems(talk)], c);
		return true;
	}
	g = guild_at(w, guild);
	count = g ? talk_at(g, UINT64_MAX, c) : 0;
	if (count > 0)
		(void)talk_at(g, n % count, c);
	return count > 0;
}

uint64_t
world_more_id(const struct world *w, unsigned guild, unsigned n)
{
	must(n < WORLD_MORE_MAX);
	return id_make(w, WORLD_KIND_MORE,
	    (uint64_t)guild * WORLD_MORE_MAX + n);
}

/* The guild that has a thing of the seed, or -1. */
static int64_t
seed_home(const struct world *w, uint64_t id)
{
	int64_t n = id_find(w, WORLD_KIND_CHANNEL, id,
	    (uint64_t)w->guilds * WORLD_CHANNELS);

	if (n >= 0)
		return n / WORLD_CHANNELS;
	n = id_find(w, WORLD_KIND_MORE, id,
	    (uint64_t)w->guilds * WORLD_MORE_MAX);
	return n >= 0 ? n / WORLD_MORE_MAX : -1;
}

void
world_home_set(struct world *w, uint64_t id, unsigned guild)
{
	char key[24];

	if (seed_home(w, id) >= 0)
		return;
	must(str_format(key, sizeof(key), "%" PRIu64, id));
	jso_set(w->home, key, json_object_new_int64(guild));
}

void
world_home_drop(struct world *w, const char *key)
{
	json_object_object_del(w->home, key);
}

int64_t
world_home(const struct world *w, uint64_t id)
{
	int64_t n = seed_home(w, id);
	json_object *at;
	char key[24];

	if (n >= 0)
		return n;
	must(str_format(key, sizeof(key), "%" PRIu64, id));
	at = jso_get(w->home, key);
	return at != NULL ? json_object_get_int64(at) : -1;
}

uint64_t
world_role_id(const struct world *w, unsigned guild, unsigned n)
{
	must(n < WORLD_ROLES);
	if (n == 0)
		return world_guild_id(w, guild);
	return id_make(w, WORLD_KIND_ROLE, (uint64_t)guild * WORLD_ROLES + n);
}

uint64_t
world_seed_user(const struct world *w, unsigned user)
{
	return id_make(w, WORLD_KIND_USER, user);
}

int64_t
world_seed_find(const struct world *w, uint64_t id)
{
	return id_find(w, WORLD_KIND_USER, id, w->people);
}

unsigned
world_member(const struct world *w, unsigned guild, unsigned n)
{
	return guild_member_seed(w, guild,
	    w->bots + (w->members > 0 ? n % w->members : 0));
}

uint64_t
world_app_id(const struct world *w)
{
	return w->app;
}

uint64_t
world_snowflake(struct world *w)
{
	uint64_t ms = (uint64_t)(clock_wall_ms() - WORLD_EPOCH_MS);

	/* A clock set back must not make ids twice; nor a full millisecond. */
	if (ms <= w->snow_ms) {
		if (++w->snow_count > 0x3fffff) {
			w->snow_ms++;
			w->snow_count = 0;
		}
	} else {
		w->snow_ms = ms;
		w->snow_count = 0;
	}
	return w->snow_ms << 22 | w->snow_count;
}

/* Random enough for a desk, and the same for the same seed. */
void
world_token(struct world *w, char *out, size_t size)
{
	uint64_t n = w->tokens++ * 4;

	must(str_format(out, size,
	    "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
	    world_hash(w, WORLD_HASH_TOKEN, n),
	    world_hash(w, WORLD_HASH_TOKEN, n + 1),
	    world_hash(w, WORLD_HASH_TOKEN, n + 2),
	    world_hash(w, WORLD_HASH_TOKEN, n + 3)));
}
