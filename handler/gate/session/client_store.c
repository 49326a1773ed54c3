/* SPDX-License-Identifier: MIT */
/*
 * Sessions and cursors of clients; see client_store.h.  Blobs of the store:
 *
 *	gate-session/ID			struct client_session
 *	gate-cursor/CLIENT/SHARD/COUNT	struct cursor
 */
#include "handler/gate/session/client_store.h"

#include <inttypes.h>
#include <string.h>

#define SESSIONS "gate-session/"
#define CURSORS "gate-cursor/"
#define KEY_MAX 160
#define FORGET_MAX 256 /* keys dropped in one transaction */

_Static_assert(sizeof(SESSIONS) + CLIENT_SESSION_ID_MAX < KEY_MAX
	&& sizeof(CURSORS) + CLIENT_SESSION_NAME_MAX + 24 < KEY_MAX,
    "a key has room");

struct cursor {
	uint64_t life, position;
	int64_t seen_ms;
};
_Static_assert(sizeof(struct cursor) == 24, "on disk");

/* Names come from the config and have no slash. */
static void
cursor_key(char *key, const char *client, uint32_t shard, uint32_t count)
{
	must(strchr(client, '/') == NULL);
	must(str_format(key, KEY_MAX, CURSORS "%s/%" PRIu32 "/%" PRIu32, client,
	    shard, count));
}

static struct cursor
cursor_of(const struct client_session *c)
{
	return (struct cursor) {c->life, c->acked, c->seen_ms};
}

int
client_store_save(const struct store *s, const struct client_session *const *c,
    size_t n, struct err *err)
{
	static char key[CLIENT_STORE_BATCH][2][KEY_MAX];
	struct store_op op[2 * CLIENT_STORE_BATCH];
	struct cursor cursor[CLIENT_STORE_BATCH];

	must(n <= CLIENT_STORE_BATCH);
	for (size_t i = 0; i < n; i++) {
		must(str_format(key[i][0], KEY_MAX, SESSIONS "%s", c[i]->id));
		cursor_key(key[i][1], c[i]->client, c[i]->shard,
		    c[i]->shard_count);
		cursor[i] = cursor_of(c[i]);
		op[2 * i] = (struct store_op) {.kind = STORE_OP_BLOB,
		    .key = key[i][0],
		    .data = c[i],
		    .len = sizeof(*c[i])};
		op[2 * i + 1] = (struct store_op) {.kind = STORE_OP_BLOB,
		    .key = key[i][1],
		    .data = &cursor[i],
		    .len = sizeof(cursor[i])};
	}
	return store_write(s, op, 2 * n, err);
}

int
client_store_end(const struct store *s, const struct client_session *c,
    bool moved, struct err *err)
{
	char session[KEY_MAX], mine[KEY_MAX];
	struct cursor cursor = cursor_of(c);
	struct store_op op[] = {{.kind = STORE_OP_DROP, .key = session},
	    {.kind = STORE_OP_BLOB,
		.key = mine,
		.data = &cursor,
		.len = sizeof(cursor)}};

	must(str_format(session, sizeof(session), SESSIONS "%s", c->id));
	cursor_key(mine, c->client, c->shard, c->shard_count);
	return store_write(s, op, moved ? 2 : 1, err);
}

/* ---- reading -------------------------------------------------------- */

struct reading {
	int (*fn)(const struct client_session *, void *);
	void *arg;
	unsigned *bad;
};

static int
read_session(const char *key, const void *data, size_t len, void *arg)
{
	struct reading *r = arg;
	struct client_session c;

	if (client_session_valid(data, len, &c)
	    && strcmp(key + strlen(SESSIONS), c.id) == 0)
		return r->fn(&c, r->arg);
	++*r->bad;
	return 0;
}

int
client_store_each(const struct store *s,
    int (*fn)(const struct client_session *, void *), void *arg, unsigned *bad,
    struct err *err)
{
	struct reading r = {fn, arg, bad};

	*bad = 0;
	return store_blob_each(s, SESSIONS, read_session, &r, err);
}

struct finding {
	uint64_t life, least;
	char key[KEY_MAX]; /* the one that is as asked for */
	bool any, exact;
};

static int
read_cursor(const char *key, const void *data, size_t len, void *arg)
{
	struct finding *f = arg;
	struct cursor c;

	if (len != sizeof(c))
		return 0;
	memcpy(&c, data, sizeof(c));
	if (c.life != f->life)
		return 0;
	f->exact = strcmp(key, f->key) == 0;
	if (f->exact || !f->any || c.position < f->least)
		f->least = c.position;
	f->any = true;
	return f->exact;
}

int
client_store_cursor(const struct store *s, const char *client, uint32_t shard,
    uint32_t count, uint64_t life, uint64_t *position, struct err *err)
{
	struct finding f = {.life = life};
	char prefix[KEY_MAX];

	cursor_key(f.key, client, shard, count);
	must(str_format(prefix, sizeof(prefix), CURSORS "%s/", client));
	if (store_blob_each(s, prefix, read_cursor, &f, err) == -1)
		return -1;
	*position = f.least;
	return f.any;
}

/* ---- forgetting ----------------------------------------------------- */

struct forgetting {
	const char *client;
	char key[FORGET_MAX][KEY_MAX];
	size_t n;
};

static int
note(struct forgetting *f, const char *key)
{
	if (f->n == FORGET_MAX)
		return 1;
	str_copy(f->key[f->n++], key, KEY_MAX);
	return 0;
}

static int
note_cursor(const char *key, const void *data, size_t len, void *arg)
{
	return note(arg, key);
}

static int
note_session(const char *key, const void *data, size_t len, void *arg)
{
	struct forgetting *f = arg;
	struct client_session c;

	return client_session_valid(data, len, &c)
		&& strcmp(c.client, f->client) == 0
	    ? note(f, key)
	    : 0;
}

/* Some of it; f->n: how much. */
static int
forget_some(const struct store *s, struct forgetting *f, struct err *err)
{
	struct store_op op[FORGET_MAX];
	char prefix[KEY_MAX];

	f->n = 0;
	must(str_format(prefix, sizeof(prefix), CURSORS "%s/", f->client));
	if (store_blob_each(s, prefix, note_cursor, f, err) == -1
	    || store_blob_each(s, SESSIONS, note_session, f, err) == -1)
		return -1;
	for (size_t i = 0; i < f->n; i++)
		op[i] = (struct store_op) {.kind = STORE_OP_DROP,
		    .key = f->key[i]};
	return store_write(s, op, f->n, err);
}

int
client_store_forget(const struct store *s, const char *client, struct err *err)
{
	struct forgetting *f = base_alloc(sizeof(*f));
	int r;

	f->client = client;
	do
		r = forget_some(s, f, err);
	while (r == 0 && f->n == FORGET_MAX);
	free(f);
	return r;
}
