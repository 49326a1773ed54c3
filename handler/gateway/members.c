/* SPDX-License-Identifier: MIT */
/* Requests for members; see members.h. */
#include "handler/gateway/members.h"

#include "handler/process/rpc_write.h"
#include "handler/process/rpc_call.h"
#include "handler/process/rpc_param.h"
#include "shared/discord/answer.h"
#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "shared/base/log.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* SENDING: the shard has it.  PAUSED: to be made again.  OVER: answered, but
 * the shard still has it. */
enum ask_state { ASK_SENDING, ASK_WAITING, ASK_PAUSED, ASK_OVER };

/* What a chunk brings, in the order of the answer. */
enum ask_part { PART_MEMBERS, PART_PRESENCES, PART_NOT_FOUND, PARTS };
static const char *const part_name[PARTS] = {"members", "presences",
    "not_found"};

struct ask {
	struct list link;
	struct members *of;
	struct rpc_call wait;
	struct timer timer;
	enum ask_state state;
	uint32_t shard;
	struct json_object *d;
	char nonce[40];
	bool stream, shaken; /* the connection has ended since */
	unsigned tries;
	uint32_t chunks, got; /* chunks 0: none came */
	uint8_t *seen;	      /* bit per chunk */
	uint64_t count;	      /* members */
	struct buf part[PARTS];
};

static void ask_send(struct ask *);

/* ---- the end of a request ------------------------------------------- */

static void
ask_clear(struct ask *a)
{
	for (unsigned i = 0; i < PARTS; i++) {
		a->of->held -= buf_len(&a->part[i]);
		buf_free(&a->part[i]);
		a->part[i] = (struct buf) {0};
	}
	free(a->seen);
	a->seen = NULL;
	a->chunks = a->got = 0;
	a->count = 0;
}

static void
ask_free(struct ask *a)
{
	json_object_put(a->d);
	free(a);
}

static void
ask_end(struct ask *a)
{
	bool out = a->state == ASK_SENDING;

	timer_stop(&a->timer);
	ask_clear(a);
	list_remove(&a->link);
	list_init(&a->link);
	a->state = ASK_OVER;
	if (!out)
		ask_free(a);
}

static void
ask_fail(struct ask *a, enum rpc_call_error code, const char *why,
    const char *data)
{
	rpc_call_error(&a->wait, code, why, data);
	ask_end(a);
}

static void
ask_done(struct ask *a)
{
	struct buf out = {0};

	buf_printf(&out,
	    "{\"guild_id\":\"%s\",\"chunks\":%" PRIu32 ",\"count\":%" PRIu64,
	    rpc_param_id(a->d, "guild_id"), a->chunks, a->count);
	for (unsigned i = 0; i < PARTS && !a->stream; i++) {
		buf_printf(&out, ",\"%s\":[", part_name[i]);
		buf_add(&out, buf_data(&a->part[i]), buf_len(&a->part[i]));
		buf_puts(&out, "]");
	}
	buf_puts(&out, "}");
	rpc_call_result(&a->wait, buf_data(&out), buf_len(&out));
	buf_free(&out);
	ask_end(a);
}

/* ---- making it, and making it again --------------------------------- */

static void
ask_sent(void *arg, uint32_t status)
{
	struct ask *a = arg;

	if (a->state == ASK_OVER) {
		ask_free(a);
		return;
	}
	a->state = ASK_WAITING;
	if (status == SEND_OK)
		timer_set(&a->timer, MEMBERS_CHUNK_S);
	else if (status == SEND_QUEUE_FULL)
		ask_fail(a, RPC_LIMITED, "too many sends wait at this shard",
		    NULL);
	else if (status == INTAKE_SEND_LATE)
		ask_fail(a, RPC_TIMEOUT, "the shard does not answer", NULL);
	else if (status == SEND_NOT_CONNECTED || status == INTAKE_SEND_LOST)
		/* Once the shard is ready again, see ask_session. */
		timer_set(&a->timer, MEMBERS_CHUNK_S);
	else
		ask_fail(a, RPC_REFUSED, "the shard refuses to send it", NULL);
}

static void
ask_send(struct ask *a)
{
	const char *why, *text;
	struct json_object *o = json_object_new_object();

	a->tries++;
	a->shaken = false;
	str_format(a->nonce, sizeof(a->nonce), "%s%" PRIx64, a->of->tag,
	    ++a->of->asked);
	json_object_object_add(a->d, "nonce", json_object_new_string(a->nonce));
	json_object_object_add(o, "op", json_object_new_int(8));
	json_object_object_add(o, "d", json_object_get(a->d));
	text = json_text(o);
	a->state = ASK_SENDING;
	if (intake_send(a->of->intake, a->shard, text, strlen(text), ask_sent,
		a, &why)
	    < 0) {
		a->state = ASK_WAITING;
		ask_fail(a, RPC_REFUSED, why, NULL);
	}
	json_object_put(o);
}

/* Its answer won't come (any more): once more, unless the plugin has a part. */
static void
ask_again(struct ask *a, double after_s)
{
	if (a->stream && a->got > 0) {
		ask_fail(a, RPC_REFUSED,
		    "the connection to Discord ended in the middle of the "
		    "list: ask again",
		    NULL);
	} else if (a->tries >= MEMBERS_TRIES) {
		ask_fail(a, RPC_TIMEOUT,
		    "Discord did not answer with the members, asked several "
		    "times",
		    NULL);
	} else {
		ask_clear(a);
		a->state = ASK_PAUSED;
		timer_set(&a->timer, after_s);
	}
}

static void
ask_timer(struct timer *t)
{
	struct ask *a = container_of(t, struct ask, timer);

	if (a->state == ASK_PAUSED)
		ask_send(a);
	else if (a->shaken)
		ask_again(a, 0);
	else
		ask_fail(a, RPC_TIMEOUT,
		    "Discord did not send (all) the members in time", NULL);
}

/* ---- what comes ----------------------------------------------------- */

static struct ask *
ask_find(struct members *m, const char *nonce)
{
	list_each (&m->asks, l) {
		struct ask *a = container_of(l, struct ask, link);

		if (a->state != ASK_PAUSED && strcmp(a->nonce, nonce) == 0)
			return a;
	}
	return NULL;
}

/* One chunk to the plugin; false: it does not read fast enough. */
static bool
ask_hand_over(struct ask *a, struct json_object *d, int64_t index)
{
	struct buf b = {0};

	if (plugin_unread(a->wait.plugin) > MEMBERS_UNREAD_MAX)
		return false;
	buf_printf(&b,
	    "{\"call\":%s,\"guild_id\":\"%s\",\"chunk_index\":%" PRId64
	    ",\"chunk_count\":%" PRIu32,
	    a->wait.id, rpc_param_id(a->d, "guild_id"), index, a->chunks);
	for (unsigned i = 0; i < PARTS; i++) {
		struct json_object *v = json_get_of(d, part_name[i],
		    json_type_array);

		buf_printf(&b, ",\"%s\":", part_name[i]);
		buf_puts(&b, v != NULL ? json_text(v) : "[]");
	}
	buf_puts(&b, "}");
	plugin_notify(a->wait.plugin, a->wait.life, "members.chunk",
	    buf_data(&b), buf_len(&b));
	buf_free(&b);
	return true;
}

static bool
ask_collect(struct ask *a, struct json_object *d)
{
	for (unsigned i = 0; i < PARTS; i++) {
		struct json_object *v = json_get_of(d, part_name[i],
		    json_type_array);
		size_t was = buf_len(&a->part[i]), n;
		const char *text;

		if (v == NULL || json_object_array_length(v) == 0)
			continue;
		text = json_text(v);
		n = strlen(text) - 2; /* without the brackets */
		if (a->of->held + n + 1 > MEMBERS_HELD_MAX)
			return false;
		if (was > 0)
			buf_puts(&a->part[i], ",");
		buf_add(&a->part[i], text + 1, n);
		a->of->held += buf_len(&a->part[i]) - was;
	}
	return true;
}

/* Is the chunk a new one of this answer? */
static bool
ask_place(struct ask *a, int64_t index, int64_t count)
{
	if (count < 1 || count > MEMBERS_COUNT_MAX || index < 0
	    || index >= count || (a->chunks != 0 && a->chunks != count))
		return false;
	if (a->chunks == 0) {
		a->chunks = (uint32_t)count;
		a->seen = base_alloc(a->chunks / 8 + 1);
	}
	if ((a->seen[index / 8] >> index % 8 & 1) != 0)
		return false;
	a->seen[index / 8] |= (uint8_t)(1u << index % 8);
	a->got++;
	return true;
}

static void
ask_chunk(struct ask *a, struct json_object *d)
{
	struct json_object *list = json_get_of(d, "members", json_type_array);
	int64_t index = -1, count = -1;
	bool fits;

	rpc_param_number(d, "chunk_index", 0, MEMBERS_COUNT_MAX, &index);
	rpc_param_number(d, "chunk_count", 0, MEMBERS_COUNT_MAX, &count);
	if (!ask_place(a, index, count))
		return;
	a->count += list != NULL ? json_object_array_length(list) : 0;
	if (!a->stream && a->chunks > MEMBERS_CHUNKS_MAX) {
		ask_fail(a, RPC_REFUSED,
		    "these are more members than fit into one answer: ask with "
		    "\"stream\":true",
		    NULL);
		return;
	}
	fits = a->stream ? ask_hand_over(a, d, index) : ask_collect(a, d);
	if (!fits)
		ask_fail(a, RPC_LIMITED,
		    a->stream
			? "the plugin does not read the members fast enough"
			: "too many members are being collected: ask with "
			  "\"stream\":true or later",
		    NULL);
	else if (a->got == a->chunks)
		ask_done(a);
	else if (a->state == ASK_WAITING)
		timer_set(&a->timer, MEMBERS_CHUNK_S);
}

static void
on_chunk(struct members *m, uint32_t shard, struct json_object *d)
{
	const char *nonce = rpc_param_text(d, "nonce",
	    sizeof(((struct ask *)0)->nonce));
	struct ask *a = nonce != NULL ? ask_find(m, nonce) : NULL;

	if (a != NULL)
		ask_chunk(a, d);
}

/* RATE_LIMITED (discord-protocol.md 3.2): of whom, when it says no nonce? */
static struct ask *
limited_whom(struct members *m, struct json_object *meta)
{
	const char *nonce = rpc_param_text(meta, "nonce", 64);
	const char *guild = rpc_param_id(meta, "guild_id");

	if (nonce != NULL)
		return ask_find(m, nonce);
	list_each (&m->asks, l) {
		struct ask *a = container_of(l, struct ask, link);

		if (guild != NULL && a->state == ASK_WAITING && a->got == 0
		    && strcmp(rpc_param_id(a->d, "guild_id"), guild) == 0)
			return a;
	}
	return NULL;
}

static void
ask_limited(struct ask *a, double after_s)
{
	char why[128], data[64];

	if (a->state != ASK_WAITING)
		return;
	if (after_s <= MEMBERS_LIMITED_MAX_S && a->tries < MEMBERS_TRIES) {
		/* No limit is over at once, whatever it says. */
		ask_again(a, answer_limited_s(after_s, a->tries));
		return;
	}
	after_s = after_s > 0 ? after_s : 0;
	str_format(why, sizeof(why),
	    "Discord gives no members of this guild for another %.1f s",
	    after_s);
	str_format(data, sizeof(data), "{\"retry_after\":%.3f}", after_s);
	ask_fail(a, RPC_LIMITED, why, data);
}

static void
on_limited(struct members *m, uint32_t shard, struct json_object *d)
{
	struct json_object *v = NULL;
	struct ask *a = limited_whom(m,
	    json_get_of(d, "meta", json_type_object));
	double after_s;

	json_object_object_get_ex(d, "retry_after", &v);
	after_s = json_object_get_double(v);
	if (a != NULL)
		ask_limited(a,
		    after_s >= 0 && isfinite(after_s) ? after_s : -1);
}

/* READY: nothing of the old session comes any more.  RESUMED: it may. */
static void
ask_session(struct members *m, uint32_t shard, bool fresh)
{
	list_each_safe (&m->asks, l, next) {
		struct ask *a = container_of(l, struct ask, link);

		if (a->shard != shard || a->state != ASK_WAITING)
			continue;
		a->shaken = true;
		timer_set(&a->timer, fresh ? 0 : MEMBERS_QUIET_S);
	}
}

static void
on_ready(struct members *m, uint32_t shard, struct json_object *d)
{
	ask_session(m, shard, true);
}

static void
on_resumed(struct members *m, uint32_t shard, struct json_object *d)
{
	ask_session(m, shard, false);
}

static const struct {
	const char *t;
	bool tagged; /* it holds our nonce, or is not ours */
	void (*fn)(struct members *, uint32_t shard, struct json_object *d);
} members_table[] = {
    {"GUILD_MEMBERS_CHUNK", true, on_chunk},
    {"RATE_LIMITED", false, on_limited},
    {"READY", false, on_ready},
    {"RESUMED", false, on_resumed},
};

void
members_event(struct members *m, uint32_t shard, const char *raw, size_t len,
    const char *t, size_t t_len)
{
	struct json_object *o;
	size_t i = 0;

	while (i < nitems(members_table)
	    && (strlen(members_table[i].t) != t_len
		|| memcmp(members_table[i].t, t, t_len) != 0))
		i++;
	if (i == nitems(members_table)
	    || (members_table[i].tagged
		&& memmem(raw, len, m->tag, strlen(m->tag)) == NULL))
		return;
	o = json_parse_as(raw, len, json_type_object);
	if (o != NULL)
		members_table[i].fn(m, shard,
		    json_get_of(o, "d", json_type_object));
	json_object_put(o);
}

/* ---- the public face ------------------------------------------------ */

bool
members_ask(struct members *m, const struct rpc_call *w, uint32_t shard,
    struct json_object *d, bool stream)
{
	unsigned n = 0;
	struct ask *a;

	list_each (&m->asks, l)
		n += container_of(l, struct ask, link)->wait.plugin
		    == w->plugin;
	if (n >= MEMBERS_ASKS_MAX)
		return false;
	a = base_alloc(sizeof(*a));
	*a = (struct ask) {.of = m,
	    .wait = *w,
	    .shard = shard,
	    .d = json_object_get(d),
	    .stream = stream};
	timer_init(m->timers, &a->timer, ask_timer);
	list_append(&m->asks, &a->link);
	ask_send(a);
	return true;
}

void
members_forget(struct members *m, const struct plugin *p, uint64_t life)
{
	list_each_safe (&m->asks, l, next) {
		struct ask *a = container_of(l, struct ask, link);

		if (a->wait.plugin == p && a->wait.life == life)
			ask_end(a);
	}
}

void
members_stop(struct members *m)
{
	while (!list_empty(&m->asks))
		ask_fail(container_of(m->asks.next, struct ask, link),
		    RPC_STOPPING, "the handler is stopping", NULL);
}

void
members_init(struct members *m, struct timers *timers, struct intake *intake)
{
	*m = (struct members) {.intake = intake, .timers = timers};
	list_init(&m->asks);
	/* Unlike those of handlers before us, whose chunks may still come. */
	str_format(m->tag, sizeof(m->tag), "s%x.%x.", (unsigned)getpid(),
	    (unsigned)(clock_wall_ms() & 0xffffffff));
}
