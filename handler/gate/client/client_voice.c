/* SPDX-License-Identifier: MIT */
/* Owners of voice connections; see client_voice.h. */
#include "handler/gate/client/client_voice.h"

#include "handler/gate/client/client_command.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/json/envelope.h"
#include "shared/json/json.h"
#include "shared/json/walk.h"

#include <inttypes.h>
#include <string.h>

#define BLOBS "gate-voice/"
#define OWNERS_MAX 65536

struct owner {
	uint64_t guild, number; /* of the session */
	char client[CLIENT_SESSION_NAME_MAX];
};

struct client_voice {
	struct owner *owner;
	size_t n, cap;
};

static struct owner *
owner_of(const struct client_voice *v, uint64_t guild)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->owner[i].guild == guild)
			return &v->owner[i];
	return NULL;
}

static bool
write_down(struct gate_clients *all, const struct owner *o, bool gone)
{
	char key[64];
	struct store_op op = {.kind = gone ? STORE_OP_DROP : STORE_OP_BLOB,
	    .key = key,
	    .data = o,
	    .len = sizeof(*o)};
	struct err err;

	must(str_format(key, sizeof(key), BLOBS "%" PRIu64, o->guild));
	if (store_write(all->setup.store, &op, 1, &err) == 0)
		return true;
	log_warn("gate: whose the voice connection of guild %" PRIu64
		 " is could not be written down: %s",
	    o->guild, err.text);
	return false;
}

static void
drop(struct gate_clients *all, struct owner *o)
{
	write_down(all, o, true);
	*o = all->voice->owner[--all->voice->n];
}

static void
add(struct client_voice *v, const struct owner *o)
{
	if (v->n == v->cap) {
		v->cap = v->cap != 0 ? 2 * v->cap : 16;
		v->owner = base_realloc(v->owner, v->cap * sizeof(*v->owner));
	}
	v->owner[v->n++] = *o;
}

/* ---- asking --------------------------------------------------------- */

static bool
is_null(const struct walk_item *v)
{
	return v->len == 4 && memcmp(v->value, "null", 4) == 0;
}

bool
client_voice_ask(struct gate_clients *all, const struct client_live *l,
    const char *d, size_t len)
{
	struct owner fresh = {.guild = walk_id(d, len, "guild_id"),
	    .number = l->rec.number};
	struct owner *o = owner_of(all->voice, fresh.guild);
	struct walk_item channel;
	bool leaves = !walk_find(d, len, "channel_id", &channel)
	    || is_null(&channel);

	if (!client_command_sees(&l->rec, fresh.guild)
	    || (o != NULL && o->number != fresh.number)
	    || (o == NULL && all->voice->n == OWNERS_MAX)
	    || !client_command_send(all, l->rec.client, 4, fresh.guild, d, len))
		return false;
	str_copy(fresh.client, l->rec.client, sizeof(fresh.client));
	if (leaves && o != NULL) {
		drop(all, o);
	} else if (!leaves && o == NULL) {
		add(all->voice, &fresh);
		write_down(all, &fresh, false);
	}
	return true;
}

static void
leave(struct gate_clients *all, struct owner *o)
{
	char d[128];

	must(str_format(d, sizeof(d),
	    "{\"guild_id\":\"%" PRIu64 "\",\"channel_id\":null,"
	    "\"self_mute\":false,\"self_deaf\":false}",
	    o->guild));
	client_command_send(all, o->client, 4, o->guild, d, strlen(d));
	drop(all, o);
}

void
client_voice_leave(struct gate_clients *all, uint64_t number)
{
	for (size_t i = all->voice->n; i-- > 0;)
		if (all->voice->owner[i].number == number)
			leave(all, &all->voice->owner[i]);
}

void
client_voice_expire(struct gate_clients *all)
{
	uint64_t now = clock_boot_ms();

	for (size_t i = all->voice->n; i-- > 0;) {
		struct owner *o = &all->voice->owner[i];
		const struct client_live *l = client_live_by_number(all,
		    o->number);

		if (l == NULL
		    || (l->conn == NULL
			&& now - l->away_ms > CLIENT_VOICE_AWAY_S * 1000))
			leave(all, o);
	}
}

/* ---- answers -------------------------------------------------------- */

/* Somebody else put the bot out of its channel. */
static bool
is_out(const struct gatelog_record *r, const char *raw)
{
	struct walk_item d, channel;

	return r->event == DISPATCH_VOICE_STATE_UPDATE
	    && (r->flags & GATELOG_SELF) != 0
	    && envelope_valid(raw, r->len, JSON_DEPTH_MAX)
	    && walk_find(raw, r->len, "d", &d)
	    && walk_find(d.value, d.len, "channel_id", &channel)
	    && is_null(&channel);
}

void
client_voice_answer(struct gate_clients *all, const struct gatelog_record *r,
    const char *raw)
{
	struct owner *o;

	if (r->event != DISPATCH_VOICE_SERVER_UPDATE
	    && r->event != DISPATCH_VOICE_STATE_UPDATE)
		return;
	o = owner_of(all->voice, r->guild);
	if (o == NULL)
		return;
	if (r->event == DISPATCH_VOICE_SERVER_UPDATE) {
		struct gatelog_record copy = *r;

		copy.to = o->number;
		copy.lane = 0;
		gatelog_append(all->setup.log, &copy, raw);
	} else if (is_out(r, raw)) {
		drop(all, o);
	}
}

/* ---- life ----------------------------------------------------------- */

static int
load_one(const char *key, const void *data, size_t len, void *arg)
{
	struct client_voice *v = arg;
	struct owner o;

	if (len != sizeof(o) || v->n == OWNERS_MAX)
		return 0;
	memcpy(&o, data, sizeof(o));
	if (memchr(o.client, '\0', sizeof(o.client)) != NULL)
		add(v, &o);
	return 0;
}

struct client_voice *
client_voice_new(struct gate_clients *all)
{
	struct client_voice *v = base_alloc(sizeof(*v));
	struct err err;

	if (store_blob_each(all->setup.store, BLOBS, load_one, v, &err) == -1)
		log_warn("gate: whose the voice connections are cannot be "
			 "read: %s",
		    err.text);
	return v;
}

void
client_voice_free(struct client_voice *v)
{
	free(v->owner);
	free(v);
}
