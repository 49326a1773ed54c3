/* SPDX-License-Identifier: MIT */
/* Composing what clients get, by concatenation. */
#include "shared/guilds/guild_cache_impl.h"

#include "shared/json/edit.h"

#include <inttypes.h>
#include <string.h>

/* Fragments from guild, kind and id on, as far as there are. */
struct run {
	MDB_cursor *cur;
	uint64_t guild, id;
	unsigned kind;
	MDB_val value;
	int rc;
};

static void
run_take(struct run *r, struct guild_cache_key *k, MDB_cursor_op op)
{
	r->rc = mdb_cursor_get(r->cur, &k->val, &r->value, op);
	if (r->rc == 0
	    && !guild_cache_key_read(&k->val, &r->guild, &r->kind, &r->id))
		r->rc = MDB_CORRUPTED;
}

static void
run_begin(struct run *r, const struct guild_cache_view *v, uint64_t guild,
    unsigned kind)
{
	struct guild_cache_key k;

	*r = (struct run) {0};
	guild_cache_key_make(&k, guild, kind, 0);
	r->rc = mdb_cursor_open(v->txn, v->cache->dbi, &r->cur);
	if (r->rc == 0)
		run_take(r, &k, MDB_SET_RANGE);
}

static void
run_next(struct run *r)
{
	struct guild_cache_key k;

	run_take(r, &k, MDB_NEXT);
}

/* 0, or -1 with err. */
static int
run_end(struct run *r, const struct guild_cache_view *v, struct err *err)
{
	if (r->cur != NULL)
		mdb_cursor_close(r->cur);
	return r->rc == 0 || r->rc == MDB_NOTFOUND
	    ? 0
	    : guild_cache_fail(v->cache, r->rc, "read", err);
}

int
guild_cache_each(const struct guild_cache_view *v, uint32_t shard,
    uint32_t count, bool (*fn)(uint64_t, bool, void *), void *arg,
    struct err *err)
{
	struct run r;

	for (run_begin(&r, v, 0, GUILD_CACHE_OWN_LIST);
	     r.rc == 0 && r.guild == 0 && r.kind == GUILD_CACHE_OWN_LIST;
	     run_next(&r)) {
		if ((r.id >> 22) % count != shard || r.value.mv_size != 1)
			continue;
		if (!fn(r.id,
			*(const unsigned char *)r.value.mv_data
			    == GUILD_CACHE_AVAILABLE,
			arg))
			break;
	}
	return run_end(&r, v, err);
}

int
guild_cache_get(const struct guild_cache_view *v, uint64_t guild,
    enum guild_cache_kind kind, uint64_t id, const char **value, size_t *len,
    struct err *err)
{
	struct guild_cache_key k;
	MDB_val val;
	int rc;

	guild_cache_key_make(&k, guild, kind, id);
	rc = mdb_get(v->txn, v->cache->dbi, &k.val, &val);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return guild_cache_fail(v->cache, rc, "read", err);
	*value = val.mv_data;
	*len = val.mv_size;
	return 1;
}

/* ---- a guild -------------------------------------------------------- */

static void
add_count(struct edit *e, const MDB_val *v)
{
	struct guild_cache_count count;
	char text[24];

	if (v->mv_size != sizeof(count))
		return;
	memcpy(&count, v->mv_data, sizeof(count));
	if (count.members < 0)
		return;
	str_format(text, sizeof(text), "%" PRId64, count.members);
	edit_add(e, "member_count", text, strlen(text));
}

/* The list of this kind, which may be empty. */
static void
add_list(struct edit *e, struct run *r, uint64_t guild, unsigned kind)
{
	bool first = true;

	edit_add(e, guild_cache_list[kind].name, "[", 1);
	for (; r->rc == 0 && r->guild == guild && r->kind == kind;
	     run_next(r)) {
		if (!first)
			buf_add(e->out, ",", 1);
		buf_add(e->out, r->value.mv_data, r->value.mv_size);
		first = false;
	}
	buf_add(e->out, "]", 1);
}

int
guild_cache_guild(const struct guild_cache_view *v, uint64_t guild,
    struct buf *out, struct err *err)
{
	size_t was = buf_len(out);
	struct edit e;
	struct run r;

	run_begin(&r, v, guild, GUILD_CACHE_CORE);
	if (guild == 0 || r.rc != 0 || r.guild != guild
	    || r.kind != GUILD_CACHE_CORE)
		return run_end(&r, v, err);
	if (r.value.mv_size < 2)
		r.rc = MDB_CORRUPTED;
	if (r.rc != 0)
		return run_end(&r, v, err);
	edit_begin(&e, out);
	/* As it is, without its braces. */
	buf_add(out, (const char *)r.value.mv_data + 1, r.value.mv_size - 2);
	e.any = r.value.mv_size > 2;
	run_next(&r);
	if (r.rc == 0 && r.guild == guild && r.kind == GUILD_CACHE_COUNT) {
		add_count(&e, &r.value);
		run_next(&r);
	}
	for (unsigned k = 0; k < GUILD_CACHE_KINDS; k++)
		if (guild_cache_list[k].name != NULL)
			add_list(&e, &r, guild, k);
	edit_end(&e);
	if (run_end(&r, v, err) == 0)
		return 1;
	out->end = out->start + was;
	return -1;
}

int
guild_cache_part(const struct guild_cache_view *v, uint64_t guild,
    enum guild_cache_kind kind, struct buf *out, struct err *err)
{
	size_t was = buf_len(out);
	const char *value;
	struct run r;
	size_t len;
	int got = guild_cache_get(v, guild, GUILD_CACHE_CORE, 0, &value, &len,
	    err);

	if (guild == 0 || got != 1)
		return guild == 0 ? 0 : got;
	if (kind == GUILD_CACHE_CORE) {
		buf_add(out, value, len);
		return 1;
	}
	buf_add(out, "[", 1);
	for (run_begin(&r, v, guild, kind);
	     r.rc == 0 && r.guild == guild && r.kind == kind; run_next(&r)) {
		if (out->p[out->end - 1] != '[')
			buf_add(out, ",", 1);
		buf_add(out, r.value.mv_data, r.value.mv_size);
	}
	buf_add(out, "]", 1);
	if (run_end(&r, v, err) == 0)
		return 1;
	out->end = out->start + was;
	return -1;
}

/* ---- the whole ------------------------------------------------------ */

int
guild_cache_place(const struct guild_cache_view *v, uint64_t channel,
    uint64_t *guild, struct err *err)
{
	const char *value = NULL;
	size_t len = 0;
	int got = guild_cache_get(v, 0,
	    (enum guild_cache_kind)GUILD_CACHE_OWN_PLACE, channel, &value, &len,
	    err);

	if (got != 1)
		return got;
	if (len != sizeof(*guild))
		return guild_cache_fail(v->cache, MDB_CORRUPTED, "read", err);
	memcpy(guild, value, sizeof(*guild));
	return 1;
}

bool
guild_cache_cold(const struct guild_cache_view *v)
{
	struct err err;
	struct run r;
	bool cold;

	run_begin(&r, v, 0, GUILD_CACHE_OWN_READY);
	cold = r.rc != 0 || r.guild != 0 || r.kind != GUILD_CACHE_OWN_READY;
	run_end(&r, v, &err);
	return cold;
}

const char *
guild_cache_kind_name(unsigned kind)
{
	if (kind == GUILD_CACHE_CORE || kind == GUILD_CACHE_COUNT)
		return kind == GUILD_CACHE_CORE ? "core" : "member_count";
	return kind < GUILD_CACHE_KINDS ? guild_cache_list[kind].name : NULL;
}

static void
tally_own(struct guild_cache_tally *t, const struct run *r)
{
	t->readies += r->kind == GUILD_CACHE_OWN_READY;
	if (r->kind != GUILD_CACHE_OWN_LIST)
		return;
	t->guilds++;
	t->available += r->value.mv_size == 1
	    && *(const unsigned char *)r->value.mv_data
		== GUILD_CACHE_AVAILABLE;
}

int
guild_cache_tally(const struct guild_cache_view *v, struct guild_cache_tally *t,
    struct err *err)
{
	struct run r;

	memset(t, 0, sizeof(*t));
	for (run_begin(&r, v, 0, 0); r.rc == 0; run_next(&r)) {
		if (r.guild == 0) {
			tally_own(t, &r);
		} else if (r.kind < GUILD_CACHE_KINDS) {
			t->n[r.kind]++;
			t->bytes[r.kind] += r.value.mv_size;
		}
	}
	return run_end(&r, v, err);
}

/* ---- READY ---------------------------------------------------------- */

static void
add_text(struct edit *e, const char *key, const char *text)
{
	struct buf b = {0};

	buf_add(&b, "\"", 1);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_add(&b, "\\", 1);
		if ((unsigned char)*text >= ' ')
			buf_add(&b, text, 1);
	}
	buf_add(&b, "\"", 1);
	edit_add(e, key, buf_data(&b), buf_len(&b));
	buf_free(&b);
}

struct listing {
	const struct guild_cache_ready *ready;
	struct buf *out;
	bool any;
};

static bool
add_guild(uint64_t guild, bool available, void *arg)
{
	struct listing *l = arg;

	if (l->ready->shows != NULL && !l->ready->shows(guild, l->ready->arg))
		return true;
	buf_printf(l->out, "%s{\"id\":\"%" PRIu64 "\",\"unavailable\":true}",
	    l->any ? "," : "", guild);
	l->any = true;
	return true;
}

int
guild_cache_has_ready(const struct guild_cache_view *v, uint32_t shard,
    struct err *err)
{
	const char *value;
	size_t len;

	return guild_cache_get(v, 0,
	    (enum guild_cache_kind)GUILD_CACHE_OWN_READY, shard, &value, &len,
	    err);
}

int
guild_cache_ready(const struct guild_cache_view *v,
    const struct guild_cache_ready *ready, struct buf *out, struct err *err)
{
	struct listing l = {.ready = ready, .out = out};
	size_t was = buf_len(out);
	char shard[32];
	struct edit e;
	struct run r;

	run_begin(&r, v, 0, GUILD_CACHE_OWN_READY);
	if (r.rc != 0 || r.guild != 0 || r.kind != GUILD_CACHE_OWN_READY)
		return run_end(&r, v, err);
	edit_begin(&e, out);
	edit_members(&e, r.value.mv_data, r.value.mv_size, NULL, 0);
	if (run_end(&r, v, err) == -1)
		goto err1;
	add_text(&e, "session_id", ready->session_id);
	add_text(&e, "resume_gateway_url", ready->resume_url);
	str_format(shard, sizeof(shard), "[%" PRIu32 ",%" PRIu32 "]",
	    ready->shard, ready->shard_count);
	edit_add(&e, "shard", shard, strlen(shard));
	edit_add(&e, "guilds", "[", 1);
	if (guild_cache_each(v, ready->shard, ready->shard_count, add_guild, &l,
		err)
	    == -1)
		goto err1;
	buf_add(out, "]", 1);
	edit_end(&e);
	return 1;
err1:
	out->end = out->start + was;
	return -1;
}
