/* SPDX-License-Identifier: MIT */
/* Keys, and what a batch does with fragments. */
#include "shared/guilds/guild_cache_impl.h"

#include "shared/json/edit.h"
#include "shared/json/walk.h"

#include <string.h>

const struct guild_cache_list guild_cache_list[GUILD_CACHE_KINDS] = {
#define X(number, name_, list, id_) [number] = {.name = list, .id = id_},
    GUILD_CACHE_LISTS(X)
#undef X
};

/* ---- keys ----------------------------------------------------------- */

static void
put_be(unsigned char *p, uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8)
		p[i] = (unsigned char)v;
}

static uint64_t
get_be(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

void
guild_cache_key_make(struct guild_cache_key *k, uint64_t guild, unsigned kind,
    uint64_t id)
{
	put_be(k->bytes, guild);
	k->bytes[8] = (unsigned char)kind;
	put_be(k->bytes + 9, id);
	k->val = (MDB_val) {sizeof(k->bytes), k->bytes};
}

bool
guild_cache_key_read(const MDB_val *v, uint64_t *guild, unsigned *kind,
    uint64_t *id)
{
	const unsigned char *p = v->mv_data;

	if (v->mv_size != GUILD_CACHE_KEY)
		return false;
	*guild = get_be(p);
	*kind = p[8];
	*id = get_be(p + 9);
	return true;
}

/* ---- fragments ------------------------------------------------------ */

static bool
check(struct guild_cache_tx *t, int rc)
{
	if (rc != 0 && rc != MDB_NOTFOUND && t->rc == 0)
		t->rc = rc;
	return rc == 0;
}

bool
guild_cache_tx_get(struct guild_cache_tx *t, uint64_t guild, unsigned kind,
    uint64_t id, MDB_val *v)
{
	struct guild_cache_key k;

	guild_cache_key_make(&k, guild, kind, id);
	return t->rc == 0
	    && check(t, mdb_get(t->txn, t->cache->dbi, &k.val, v));
}

/* Are these found by their id alone? */
static bool
has_place(uint64_t guild, unsigned kind)
{
	return guild != 0
	    && (kind == GUILD_CACHE_CHANNEL || kind == GUILD_CACHE_THREAD);
}

static void
set_place(struct guild_cache_tx *t, uint64_t guild, uint64_t id)
{
	MDB_val v;

	if (guild_cache_tx_get(t, 0, GUILD_CACHE_OWN_PLACE, id, &v)
	    && v.mv_size == sizeof(guild)
	    && memcmp(v.mv_data, &guild, sizeof(guild)) == 0)
		return;
	guild_cache_tx_put(t, 0, GUILD_CACHE_OWN_PLACE, id, &guild,
	    sizeof(guild));
}

void
guild_cache_tx_put(struct guild_cache_tx *t, uint64_t guild, unsigned kind,
    uint64_t id, const void *data, size_t len)
{
	MDB_val v = {len, (void *)(uintptr_t)data};
	struct guild_cache_key k;

	guild_cache_key_make(&k, guild, kind, id);
	if (t->rc == 0
	    && check(t, mdb_put(t->txn, t->cache->dbi, &k.val, &v, 0))
	    && has_place(guild, kind))
		set_place(t, guild, id);
}

void
guild_cache_tx_drop(struct guild_cache_tx *t, uint64_t guild, unsigned kind,
    uint64_t id)
{
	struct guild_cache_key k;

	guild_cache_key_make(&k, guild, kind, id);
	if (t->rc == 0 && check(t, mdb_del(t->txn, t->cache->dbi, &k.val, NULL))
	    && has_place(guild, kind))
		guild_cache_tx_drop(t, 0, GUILD_CACHE_OWN_PLACE, id);
}

/* The fragments of a kind in a guild, kind 0: of all. */
struct range {
	MDB_cursor *cur;
	struct guild_cache_key key;
	uint64_t guild, id; /* id, is: of the one at hand */
	unsigned kind, is;
	MDB_val v;
	bool begun;
};

static bool
range_open(struct guild_cache_tx *t, struct range *r, uint64_t guild,
    unsigned kind)
{
	*r = (struct range) {.guild = guild, .kind = kind};
	guild_cache_key_make(&r->key, guild, kind, 0);
	return t->rc == 0
	    && check(t, mdb_cursor_open(t->txn, t->cache->dbi, &r->cur));
}

/* Behind a deletion the next is the one that moved up. */
static bool
range_next(struct guild_cache_tx *t, struct range *r)
{
	MDB_cursor_op op = r->begun ? MDB_NEXT : MDB_SET_RANGE;
	uint64_t guild;

	r->begun = true;
	return check(t, mdb_cursor_get(r->cur, &r->key.val, &r->v, op))
	    && guild_cache_key_read(&r->key.val, &guild, &r->is, &r->id)
	    && guild == r->guild && (r->kind == 0 || r->is == r->kind);
}

void
guild_cache_tx_drop_all(struct guild_cache_tx *t, uint64_t guild, unsigned kind,
    bool (*match)(const MDB_val *, void *), void *arg)
{
	struct buf places = {0}; /* dropped behind the cursor's back */
	struct range r;
	uint64_t id;

	if (!range_open(t, &r, guild, kind))
		return;
	while (range_next(t, &r)) {
		if (match != NULL && !match(&r.v, arg))
			continue;
		if (!check(t, mdb_cursor_del(r.cur, 0)))
			break;
		if (has_place(guild, r.is))
			buf_add(&places, &r.id, sizeof(r.id));
	}
	mdb_cursor_close(r.cur);
	for (; buf_len(&places) > 0; buf_eat(&places, sizeof(id))) {
		memcpy(&id, buf_data(&places), sizeof(id));
		guild_cache_tx_drop(t, 0, GUILD_CACHE_OWN_PLACE, id);
	}
	buf_free(&places);
}

void
guild_cache_tx_each(struct guild_cache_tx *t, uint64_t guild, unsigned kind,
    void (*fn)(uint64_t, const MDB_val *, void *), void *arg)
{
	struct range r;

	if (!range_open(t, &r, guild, kind))
		return;
	while (range_next(t, &r))
		fn(r.id, &r.v, arg);
	mdb_cursor_close(r.cur);
}

/* ---- objects -------------------------------------------------------- */

void
guild_cache_make(struct guild_cache_tx *t, struct edit *e)
{
	struct buf *b = &t->cache->made;

	buf_eat(b, buf_len(b));
	edit_begin(e, b);
}

void
guild_cache_made(struct guild_cache_tx *t, struct edit *e, unsigned kind,
    uint64_t id)
{
	struct buf *b = &t->cache->made;

	edit_end(e);
	guild_cache_tx_put(t, t->guild, kind, id, buf_data(b), buf_len(b));
}

uint64_t
guild_cache_element(unsigned kind, const char *value, size_t len)
{
	const char *key = guild_cache_list[kind].id;
	struct walk_item user;

	if (strcmp(key, "user") != 0)
		return walk_id(value, len, key);
	return walk_find(value, len, "user", &user)
	    ? walk_id(user.value, user.len, "id")
	    : 0;
}

void
guild_cache_put_bare(struct guild_cache_tx *t, unsigned kind, uint64_t id,
    const char *value, size_t len)
{
	static const char *const no_guild[] = {"guild_id"};
	struct edit e;

	guild_cache_make(t, &e);
	edit_members(&e, value, len, no_guild, nitems(no_guild));
	guild_cache_made(t, &e, kind, id);
}

bool
guild_cache_put(struct guild_cache_tx *t, unsigned kind, const char *value,
    size_t len)
{
	uint64_t id = guild_cache_element(kind, value, len);

	if (id != 0)
		guild_cache_tx_put(t, t->guild, kind, id, value, len);
	return id != 0;
}
