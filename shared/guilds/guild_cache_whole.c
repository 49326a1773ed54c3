/* SPDX-License-Identifier: MIT */
/* Whole guilds, READY, and the bot's own user. */
#include "shared/guilds/guild_cache_impl.h"

#include "shared/json/edit.h"
#include "shared/json/envelope.h"
#include "shared/json/walk.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* What is not in the core: the lists, and what is counted here. */
static const char *const not_core[] = {
#define X(number, name, list, id) list,
    GUILD_CACHE_LISTS(X)
#undef X
	"member_count",
    "guild_id"};

/* ---- the lists of a guild ------------------------------------------- */

static unsigned
kind_of(const struct walk_item *item)
{
	for (unsigned k = 0; k < GUILD_CACHE_KINDS; k++)
		if (guild_cache_list[k].name != NULL
		    && walk_is(item, guild_cache_list[k].name))
			return k;
	return 0;
}

static bool
put_element(struct guild_cache_tx *t, unsigned kind, const char *value,
    size_t len)
{
	switch (kind) {
	case GUILD_CACHE_THREAD:
		return guild_cache_put_thread(t, value, len);
	case GUILD_CACHE_MEMBER:
		return guild_cache_put_member(t, value, len, false);
	case GUILD_CACHE_PRESENCE:
		return guild_cache_put_presence(t, value, len);
	default:
		return guild_cache_put(t, kind, value, len);
	}
}

static bool
put_list(struct guild_cache_tx *t, unsigned kind, const struct walk_item *list)
{
	struct walk_item item;
	bool ok = true;
	struct walk w;

	if (!walk_into(&w, list->value, list->len) || w.close != ']')
		return true; /* null: none */
	while (t->rc == 0 && walk_next(&w, &item))
		ok &= put_element(t, kind, item.value, item.len);
	return ok;
}

/* Members last: which of them are kept the voice states say. */
static bool
put_lists(struct guild_cache_tx *t, const char *d, size_t len)
{
	struct walk_item item, members = {0};
	bool ok = true;
	struct walk w;

	if (!walk_into(&w, d, len))
		return false;
	while (walk_next(&w, &item)) {
		unsigned kind = kind_of(&item);

		if (kind == GUILD_CACHE_MEMBER)
			members = item;
		else if (kind != 0)
			ok &= put_list(t, kind, &item);
	}
	if (members.len != 0)
		ok &= put_list(t, GUILD_CACHE_MEMBER, &members);
	return ok;
}

/* ---- guilds --------------------------------------------------------- */

static void
set_state(struct guild_cache_tx *t, uint64_t guild, unsigned char state)
{
	guild_cache_tx_put(t, 0, GUILD_CACHE_OWN_LIST, guild, &state, 1);
}

static bool
is_unavailable(const char *d, size_t len)
{
	struct walk_item item;

	return walk_find(d, len, "unavailable", &item) && item.len == 4
	    && memcmp(item.value, "true", 4) == 0;
}

static void
make_unavailable(struct guild_cache_tx *t)
{
	guild_cache_tx_drop_all(t, t->guild, 0, NULL, NULL);
	set_state(t, t->guild, GUILD_CACHE_UNAVAILABLE);
}

/* Who joined before now is counted in member_count. */
static void
put_count(struct guild_cache_tx *t, const char *d, size_t len)
{
	struct guild_cache_count count = {.members = -1};
	time_t s = (time_t)(t->event->received_ms / 1000);
	struct walk_item item;
	struct tm tm;
	char text[24];

	if (walk_find(d, len, "member_count", &item)
	    && str_format(text, sizeof(text), "%.*s", (int)item.len, item.value)
	    && !str_to_i64(text, &count.members))
		count.members = -1;
	if (gmtime_r(&s, &tm) != NULL)
		strftime(count.joined, sizeof(count.joined),
		    "%Y-%m-%dT%H:%M:%S", &tm);
	guild_cache_tx_put(t, t->guild, GUILD_CACHE_COUNT, 0, &count,
	    sizeof(count));
}

bool
guild_cache_guild_create(struct guild_cache_tx *t, const char *d, size_t len)
{
	struct edit e;

	if (t->guild == 0)
		return false;
	if (is_unavailable(d, len)) {
		make_unavailable(t);
		return true;
	}
	guild_cache_tx_drop_all(t, t->guild, 0, NULL, NULL);
	set_state(t, t->guild, GUILD_CACHE_AVAILABLE);
	guild_cache_make(t, &e);
	edit_members(&e, d, len, not_core, nitems(not_core));
	guild_cache_made(t, &e, GUILD_CACHE_CORE, 0);
	put_count(t, d, len);
	return put_lists(t, d, len);
}

/* The lists that an update has in full replace ours. */
static bool
replace_lists(struct guild_cache_tx *t, const char *d, size_t len)
{
	static const unsigned kinds[] = {GUILD_CACHE_ROLE, GUILD_CACHE_EMOJI,
	    GUILD_CACHE_STICKER};
	struct walk_item item;
	bool ok = true;

	for (size_t i = 0; i < nitems(kinds); i++) {
		if (!walk_find(d, len, guild_cache_list[kinds[i]].name, &item)
		    || item.value[0] != '[')
			continue;
		guild_cache_tx_drop_all(t, t->guild, kinds[i], NULL, NULL);
		ok &= put_list(t, kinds[i], &item);
	}
	return ok;
}

bool
guild_cache_guild_update(struct guild_cache_tx *t, const char *d, size_t len)
{
	struct edit e;
	MDB_val old;

	if (!guild_cache_tx_get(t, t->guild, GUILD_CACHE_CORE, 0, &old))
		return false;
	guild_cache_make(t, &e);
	edit_merge(&e, old.mv_data, old.mv_size, d, len, not_core,
	    nitems(not_core));
	guild_cache_made(t, &e, GUILD_CACHE_CORE, 0);
	return replace_lists(t, d, len);
}

bool
guild_cache_guild_delete(struct guild_cache_tx *t, const char *d, size_t len)
{
	if (t->guild == 0)
		return false;
	if (is_unavailable(d, len)) {
		make_unavailable(t);
		return true;
	}
	guild_cache_tx_drop_all(t, t->guild, 0, NULL, NULL);
	guild_cache_tx_drop(t, 0, GUILD_CACHE_OWN_LIST, t->guild);
	return true;
}

/* ---- READY ---------------------------------------------------------- */

struct ids {
	uint64_t *id;
	size_t n;
};

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static struct ids
guilds_of(const char *list, size_t len)
{
	struct walk_item item;
	struct ids s = {0};
	size_t cap = 0;
	struct walk w;

	if (!walk_into(&w, list, len))
		return s;
	while (walk_next(&w, &item)) {
		uint64_t id = walk_id(item.value, item.len, "id");

		if (id == 0)
			continue;
		if (s.n == cap) {
			cap = cap == 0 ? 256 : 2 * cap;
			s.id = base_realloc(s.id, cap * sizeof(*s.id));
		}
		s.id[s.n++] = id;
	}
	if (s.n > 0)
		qsort(s.id, s.n, sizeof(*s.id), compare);
	return s;
}

/* Those of the shard that READY does not have: the bot left them meanwhile. */
static struct ids
vanished(struct guild_cache_tx *t, const struct ids *now)
{
	uint32_t shard = t->event->shard, count = t->event->shard_count;
	struct guild_cache_key k;
	uint64_t guild, id;
	struct ids s = {0};
	MDB_cursor *cur;
	unsigned kind;
	MDB_val v;
	int rc;

	if ((rc = mdb_cursor_open(t->txn, t->cache->dbi, &cur)) != 0) {
		t->rc = rc;
		return s;
	}
	guild_cache_key_make(&k, 0, GUILD_CACHE_OWN_LIST, 0);
	for (rc = mdb_cursor_get(cur, &k.val, &v, MDB_SET_RANGE); rc == 0;
	     rc = mdb_cursor_get(cur, &k.val, &v, MDB_NEXT)) {
		if (!guild_cache_key_read(&k.val, &guild, &kind, &id)
		    || guild != 0 || kind != GUILD_CACHE_OWN_LIST)
			break;
		if ((id >> 22) % count != shard
		    || (now->n > 0
			&& bsearch(&id, now->id, now->n, sizeof(id), compare)
			    != NULL))
			continue;
		s.id = base_realloc(s.id, (s.n + 1) * sizeof(*s.id));
		s.id[s.n++] = id;
	}
	mdb_cursor_close(cur);
	return s;
}

static void
ready_guilds(struct guild_cache_tx *t, const char *list, size_t len)
{
	struct ids now = guilds_of(list, len), gone = vanished(t, &now);
	MDB_val v;

	for (size_t i = 0; i < gone.n; i++) {
		guild_cache_tx_drop_all(t, gone.id[i], 0, NULL, NULL);
		guild_cache_tx_drop(t, 0, GUILD_CACHE_OWN_LIST, gone.id[i]);
	}
	/* Those that are known stay as they are until their GUILD_CREATE. */
	for (size_t i = 0; i < now.n; i++)
		if (!guild_cache_tx_get(t, 0, GUILD_CACHE_OWN_LIST, now.id[i],
			&v))
			set_state(t, now.id[i], GUILD_CACHE_UNAVAILABLE);
	free(now.id);
	free(gone.id);
}

bool
guild_cache_on_ready(struct guild_cache_tx *t, const char *d, size_t len)
{
	static const char *const ours[] = {"session_id", "resume_gateway_url",
	    "guilds", "shard"};
	struct walk_item user, guilds;
	struct edit e;
	uint64_t self;

	/* One without a list would be the end of all guilds. */
	if (t->event->shard_count == 0
	    || t->event->shard >= t->event->shard_count
	    || !walk_find(d, len, "user", &user)
	    || (self = walk_id(user.value, user.len, "id")) == 0
	    || !walk_find(d, len, "guilds", &guilds) || guilds.value[0] != '[')
		return false;
	t->cache->self = self;
	guild_cache_make(t, &e);
	edit_members(&e, d, len, ours, nitems(ours));
	guild_cache_made(t, &e, GUILD_CACHE_OWN_READY, t->event->shard);
	ready_guilds(t, guilds.value, guilds.len);
	return true;
}

/* ---- the bot's own user --------------------------------------------- */

/* READY of a shard with its user merged. */
static void
merge_user(struct guild_cache_tx *t, uint64_t shard, const MDB_val *ready,
    const char *d, size_t len)
{
	struct buf user = {0};
	struct walk_item old;
	struct edit e;

	if (!walk_find(ready->mv_data, ready->mv_size, "user", &old))
		return;
	edit_begin(&e, &user);
	edit_merge(&e, old.value, old.len, d, len, NULL, 0);
	edit_end(&e);
	guild_cache_make(t, &e);
	edit_set(&e, ready->mv_data, ready->mv_size, "user", buf_data(&user),
	    buf_len(&user));
	guild_cache_made(t, &e, GUILD_CACHE_OWN_READY, shard);
	buf_free(&user);
}

bool
guild_cache_user_update(struct guild_cache_tx *t, const char *d, size_t len)
{
	uint64_t self = walk_id(d, len, "id"), guild, id = 0;
	struct guild_cache_key k;
	MDB_cursor *cur;
	unsigned kind;
	MDB_val v;
	int rc;

	if (self == 0 || self != t->cache->self)
		return self != 0;
	t->guild = 0;
	/* A put moves what the cursor shows: it is opened again for each. */
	for (;; id++) {
		if ((rc = mdb_cursor_open(t->txn, t->cache->dbi, &cur)) != 0)
			break;
		guild_cache_key_make(&k, 0, GUILD_CACHE_OWN_READY, id);
		rc = mdb_cursor_get(cur, &k.val, &v, MDB_SET_RANGE);
		if (rc == 0
		    && (!guild_cache_key_read(&k.val, &guild, &kind, &id)
			|| guild != 0 || kind != GUILD_CACHE_OWN_READY))
			rc = MDB_NOTFOUND;
		mdb_cursor_close(cur);
		if (rc != 0)
			break;
		merge_user(t, id, &v, d, len);
	}
	if (rc != MDB_NOTFOUND && t->rc == 0)
		t->rc = rc;
	return true;
}
