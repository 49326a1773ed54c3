/* SPDX-License-Identifier: MIT */
/*
 * Ids and the fixed part of the world.  An id is base + index * step in its
 * time bits (step is a prime above every shard count, so neighbours go to
 * different shards and all shards get the same number), and a hash of the seed
 * in its low bits, so an id is found again by division and a forged one isn't.
 */
#include "tools/sim/world/world_impl.h"
#include "tools/sim/base/jso.h"

#include "shared/base/clock.h"

#include <inttypes.h>

static const struct {
	uint64_t base_ms, step;
} span[WORLD_KINDS] = {
    [WORLD_KIND_GUILD] = {31536000000, 100003},
    [WORLD_KIND_ROLE] = {145000000000, 3571},
    [WORLD_KIND_CHANNEL] = {165000000000, 3571},
    [WORLD_KIND_USER] = {190000000000, 7919},
    [WORLD_KIND_DM] = {200000000000, 7919},
    [WORLD_KIND_APP] = {210000000000, 7919},
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

static const char *const name_first[] = {"alder", "bramble", "cinder",
    "dovetail", "ember", "fennel", "gorse", "hazel", "indigo", "juniper",
    "kestrel", "larch", "marten", "nettle", "osprey", "plover"};
static const char *const name_last[] = {"fox", "brook", "stone", "feather",
    "lantern", "harbor", "mill", "thicket"};

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

static char *
user_text(const struct world *w, unsigned user)
{
	char text[512];
	uint64_t h = world_hash(w, WORLD_KIND_AVATAR, user);
	const char *first = name_first[user % nitems(name_first)];
	const char *last =
	    name_last[user / nitems(name_first) % nitems(name_last)];

	must(str_format(text, sizeof(text),
	    "{\"username\":\"%s_%s%u\","
	    "\"public_flags\":0,\"primary_guild\":null,\"id\":\"%" PRIu64 "\","
	    "\"global_name\":\"%c%s %c%s\",\"display_name_styles\":null,"
	    "\"discriminator\":\"0\",\"collectibles\":null,"
	    "\"avatar_decoration_data\":null,\"avatar\":\"%016" PRIx64
	    "%016" PRIx64 "\"}",
	    first, last, user, world_user_id(w, user), first[0] - 32, first + 1,
	    last[0] - 32, last + 1, h, ~h * 31));
	return base_strdup(text);
}

static char *
bot_text(const struct world *w)
{
	char text[512];

	must(str_format(text, sizeof(text),
	    "{\"username\":\"sim-bot\","
	    "\"public_flags\":0,\"primary_guild\":null,\"id\":\"%" PRIu64 "\","
	    "\"global_name\":null,\"display_name_styles\":null,"
	    "\"discriminator\":\"4821\",\"collectibles\":null,"
	    "\"avatar_decoration_data\":null,\"avatar\":null,\"bot\":true}",
	    w->bot));
	return base_strdup(text);
}

struct world *
world_new(uint64_t seed, unsigned guilds)
{
	struct world *w;

	if (guilds == 0 || guilds > WORLD_GUILDS_MAX)
		return NULL;
	w = base_alloc(sizeof(*w));
	w->seed = seed;
	w->guilds = guilds;
	w->app = w->bot = id_make(w, WORLD_KIND_APP, 0);
	for (unsigned u = 0; u < WORLD_USERS; u++)
		w->user_json[u] = user_text(w, u);
	w->bot_json = bot_text(w);
	w->overlay = json_object_new_object();
	w->last_msg = base_alloc(guilds * sizeof(*w->last_msg));
	w->msgs = world_msg_stores();
	w->now_second = -1;
	world_render_open(w);
	return w;
}

void
world_free(struct world *w)
{
	if (w == NULL)
		return;
	world_render_close(w);
	world_msg_stores_free(w->msgs);
	for (unsigned u = 0; u < WORLD_USERS; u++)
		free(w->user_json[u]);
	free(w->bot_json);
	json_object_put(w->overlay);
	for (size_t i = 0; i < WORLD_COMMAND_SCOPES_MAX; i++)
		json_object_put(w->commands[i].list);
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

void
world_channel(const struct world *w, unsigned guild, unsigned number,
    struct world_channel *c)
{
	must(guild < w->guilds && number < WORLD_CHANNELS);
	c->id = id_make(w, WORLD_KIND_CHANNEL,
	    (uint64_t)guild * WORLD_CHANNELS + number);
	c->guild = guild;
	c->number = number;
	c->type = channel_kind[number].type;
	c->name = channel_kind[number].name;
}

static void
dm_channel(const struct world *w, unsigned user, struct world_channel *c)
{
	c->id = id_make(w, WORLD_KIND_DM, user);
	c->guild = WORLD_NOWHERE;
	c->number = user;
	c->type = 1;
	c->name = NULL;
}

bool
world_channel_find(const struct world *w, uint64_t id, struct world_channel *c)
{
	int64_t n = id_find(w, WORLD_KIND_CHANNEL, id,
	    (uint64_t)w->guilds * WORLD_CHANNELS);

	if (n >= 0) {
		world_channel(w, (unsigned)(n / WORLD_CHANNELS),
		    (unsigned)(n % WORLD_CHANNELS), c);
		return true;
	}
	n = id_find(w, WORLD_KIND_DM, id, WORLD_USERS);
	if (n < 0 || !w->dm_open[n])
		return false;
	dm_channel(w, (unsigned)n, c);
	return true;
}

bool
world_channel_is_text(const struct world_channel *c)
{
	return c->type != 4;
}

void
world_dm_open(struct world *w, unsigned user, struct world_channel *c)
{
	must(user < WORLD_USERS);
	w->dm_open[user] = true;
	dm_channel(w, user, c);
}

void
world_talk_channel(const struct world *w, unsigned guild, uint64_t n,
    struct world_channel *c)
{
	world_channel(w, guild, talk[n % nitems(talk)], c);
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
world_user_id(const struct world *w, unsigned user)
{
	if (user == WORLD_BOT)
		return w->bot;
	return id_make(w, WORLD_KIND_USER, user);
}

int64_t
world_user_find(const struct world *w, uint64_t id)
{
	if (id == w->bot)
		return WORLD_BOT;
	return id_find(w, WORLD_KIND_USER, id, WORLD_USERS);
}

/* Eight different people: 131 * 7 < WORLD_USERS. */
unsigned
world_member(const struct world *w, unsigned guild, unsigned n)
{
	return (guild * 7 + n % WORLD_MEMBERS * 131) % WORLD_USERS;
}

const char *
world_user_json(const struct world *w, unsigned user)
{
	return user == WORLD_BOT ? w->bot_json : w->user_json[user];
}

uint64_t
world_bot_id(const struct world *w)
{
	return w->bot;
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

json_object *
world_overlay(const struct world *w, uint64_t id)
{
	char key[24];

	must(str_format(key, sizeof(key), "%" PRIu64, id));
	return json_object_object_get(w->overlay, key);
}

int
world_overlay_set(struct world *w, uint64_t id, const char *key,
    json_object *value)
{
	json_object *o = world_overlay(w, id);
	char name[24];

	if (o == NULL) {
		if (json_object_object_length(w->overlay)
		    >= WORLD_OVERLAYS_MAX) {
			json_object_put(value);
			return -1;
		}
		must(str_format(name, sizeof(name), "%" PRIu64, id));
		o = json_object_new_object();
		jso_set(w->overlay, name, o);
	}
	jso_set(o, key, value);
	return 0;
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
