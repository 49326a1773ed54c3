/* SPDX-License-Identifier: MIT */
/*
 * Records of the store as another version, a bad disk or a stranger left them:
 * whatever is read of them is whole or refused with a sentence.  The input:
 * which key, two bytes of length, the value, again and again; most values get a
 * head that fits, so that what is behind it is believed.
 * Covers: shared/store/store.c shared/store/store_env.c
 * shared/store/store_copy.c shared/store/deadletter.c
 * shared/store/client_token.c
 */
#include "tests/fuzz/kit.h"

#include "shared/store/client_token.h"
#include "shared/store/deadletter.h"
#include "shared/store/store_copy.h"
#include "shared/store/store_env.h"

#include <string.h>
#include <sys/stat.h>

#define ends(a) (memchr((a), '\0', sizeof(a)) != NULL)
#define ITEMS 24
#define KEYS 24

static struct store store;
static char keys[KEYS][64];
static size_t key_len[KEYS];
static size_t nkeys;

static int
learn(const struct store_item *it, void *arg)
{
	if (nkeys == KEYS || it->key_len >= sizeof(keys[0])
	    || memcmp(it->key, STORE_KEY_SCHEMA, strlen(STORE_KEY_SCHEMA)) == 0)
		return 0;
	memcpy(keys[nkeys], it->key, it->key_len);
	key_len[nkeys++] = it->key_len;
	return 0;
}

/* One of each, by those who write them: their keys. */
static void
begin(void)
{
	struct store_session s = {.shard = 3, .shard_count = 4, .id = "abc"};
	struct store_identify i[2] = {{.asked_ms = 1}, {.asked_ms = 2}};
	struct store_gateway g = {.url = "wss://x", .shards = 1};
	struct store_op ops[2] = {{.kind = STORE_OP_GATEWAY, .data = &g},
	    {.kind = STORE_OP_BLOB, .key = "fuzz", .data = "1", .len = 1}};
	struct deadletter d = {.raw_len = 5, .plugin = "a"};
	char token[CLIENT_TOKEN_MAX];
	uint64_t n;
	struct err e;

	must(store_init(&store, kit_dir(), &e) == 0);
	must(store_session_put(&store, &s, &e) == 0);
	must(store_identify_add(&store, i, 2, &e) == 0);
	ops[0].len = sizeof(g);
	must(store_write(&store, ops, 2, &e) == 0);
	for (int k = 0; k < 2; k++)
		must(deadletter_add(&store, &d, "event", &n, &e) == 0);
	must(client_token_make("bot", 99, token, &e) == 0);
	must(client_token_keep(&store, "bot", token, &e) == 0);
	must(store_each(&store, learn, NULL, &e) == 0);
	must(nkeys >= 6);
}

/* ---- reading -------------------------------------------------------- */

static int
see_identify(const struct store_identify *i, void *arg)
{
	return 0;
}

static int
see_letter(const struct deadletter *d, const char *raw, void *arg)
{
	volatile uint8_t sum = 0;

	must(ends(d->plugin) && ends(d->event) && ends(d->session_id)
	    && ends(d->why) && ends(d->words));
	must((uint64_t)d->t_off + d->t_len <= d->raw_len);
	for (uint64_t i = 0; i < d->raw_kept; i++)
		sum = (uint8_t)(sum ^ (uint8_t)raw[i]);
	return 0;
}

static int
see_item(const struct store_item *it, void *arg)
{
	struct store_session s;
	struct store_identify i;

	must(store_copy_kind(it) <= STORE_COPY_BLOB);
	must(store_copy_check(it) <= STORE_COPY_NEWER);
	if (store_copy_session(it, &s))
		must(ends(s.id) && ends(s.url));
	(void)store_copy_identify(it, &i);
	return 0;
}

static void
read_all(void)
{
	struct client_token_who who;
	struct store_session s;
	struct store_gateway g;
	struct deadletter d;
	struct err e = {0};
	char *raw = NULL, blob[64];
	size_t len;
	uint64_t bot;

	for (uint32_t shard = 0; shard < 5; shard++) {
		int rc = store_session_get(&store, shard, &s, &e);

		if (rc == 1)
			must(ends(s.id) && ends(s.url));
		must(rc != -1 || e.text[0] != '\0');
	}
	if (store_gateway_get(&store, &g, &e) == 1)
		must(ends(g.url));
	(void)store_identify_each(&store, 0, see_identify, NULL, &e);
	(void)store_blob_get(&store, "fuzz", blob, sizeof(blob), &len, &e);
	(void)deadletter_each(&store, see_letter, NULL, &e);
	for (uint64_t id = 0; id < 4; id++)
		if (deadletter_get(&store, id, &d, &raw, &e) == 1) {
			(void)see_letter(&d, raw, NULL);
			free(raw);
		}
	(void)client_token_bot(&store, &bot, &e);
	(void)client_token_has(&store, "bot", &e);
	(void)client_token_check(&store, NULL, "OTk.Ym90.abcdef", 15, &who, &e);
	(void)store_each(&store, see_item, NULL, &e);
}

static void
write_some(void)
{
	struct store_cursor c = {3, 77, 9};
	struct store_identify i = {.asked_ms = 3};
	struct deadletter d = {.raw_len = 1, .plugin = "b"};
	uint64_t n;
	struct err e;

	(void)store_cursors_put(&store, &c, 1, &e);
	(void)store_identify_add(&store, &i, 1, &e);
	(void)deadletter_add(&store, &d, "x", &n, &e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_item items[ITEMS];
	uint8_t *value[ITEMS];
	struct kit k = {data, size};
	struct err e = {0};
	size_t n = 0;

	if (nkeys == 0)
		begin();
	for (; n < ITEMS && k.left > 2; n++) {
		unsigned which = kit_byte(&k);
		size_t len = kit_number(&k, 2) % 8192, room;
		const uint8_t *p = kit_take(&k, &len);
		struct store_head h = {.version = STORE_RECORD_VERSION};

		room = which & 64 ? len : len + sizeof(h);
		h.size = (uint32_t)len;
		value[n] = base_alloc(room + 1);
		if (room > len)
			memcpy(value[n], &h, sizeof(h));
		memcpy(value[n] + room - len, p, len);
		items[n] = (struct store_item) {keys[which % nkeys],
		    key_len[which % nkeys], value[n], room};
	}
	if (store_copy_put(&store, items, n, &e) == 0) {
		read_all();
		write_some();
		read_all();
	}
	while (n > 0)
		free(value[--n]);
	return 0;
}
