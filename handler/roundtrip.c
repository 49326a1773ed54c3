/* SPDX-License-Identifier: MIT */
/* See roundtrip.h. */
#include "handler/roundtrip.h"

#include "handler/rest/endpoint.h"
#include "handler/intake/subscriptions.h"
#include "shared/base/clock.h"
#include "shared/json/envelope.h"
#include "shared/json/json.h"
#include "shared/base/log.h"
#include "shared/base/text.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>

#define EVENT_NAME "MESSAGE_REACTION_ADD"
#define EVENT_MAX 65536 /* ours is far shorter */
#define INTENT_GUILD (1u << 10)
#define INTENT_DM (1u << 13)
#define TEXT                                                                    \
	"`shardherd probe` reacts to this message to see that the bot's round " \
	"trip works. Please leave it here."

static const char *const step_name[ROUNDTRIP_STEP_COUNT] = {
#define X(n, s) [ROUNDTRIP_##n] = s,
    ROUNDTRIP_STEPS(X)
#undef X
};

/* A REST call outlives the probe it was made for. */
struct invocation {
	struct roundtrip *trip;
	uint32_t run;
};

static void step_ask(struct roundtrip *, enum roundtrip_step);

/* ---- the end -------------------------------------------------------- */

static void
end(struct roundtrip *t)
{
	timer_stop(&t->deadline);
	t->step = ROUNDTRIP_IDLE;
	t->run++;
	intake_untap(&t->tap);
	t->answer(t->arg, t->serial, &t->result);
}

static void fail(struct roundtrip *, int code, const char *, ...)
    printflike(3, 4);

static void
fail(struct roundtrip *t, int code, const char *fmt, ...)
{
	va_list ap;

	t->result.code = code;
	va_start(ap, fmt);
	text_vformat(t->result.text, sizeof(t->result.text), fmt, ap);
	va_end(ap);
	end(t);
}

static double
seconds(uint32_t ms)
{
	return ms / 1000.0;
}

static void
set_deadline(struct roundtrip *t)
{
	timer_set(&t->deadline, seconds(t->ask.deadline_ms));
}

/* ---- the reaction comes back ---------------------------------------- */

static const char *
text_of(struct json_object *o, const char *key)
{
	const char *s = json_object_get_string(json_get(o, key));

	return s != NULL ? s : "";
}

/* Without U+FE0F, which Discord adds or leaves out. */
static void
plain_emoji(char *out, size_t size, const char *s)
{
	size_t n = 0;

	while (*s != '\0' && n + 1 < size) {
		if (strncmp(s, "\xef\xb8\x8f", 3) == 0)
			s += 3;
		else
			out[n++] = *s++;
	}
	out[n] = '\0';
}

/* Do they name the same emoji?  d: the emoji object of an event. */
static bool
same_emoji(const char *emoji, struct json_object *d)
{
	const char *colon = strrchr(emoji, ':'), *id = text_of(d, "id");
	char a[128], b[128];

	if (id[0] != '\0')
		return colon != NULL && strcmp(colon + 1, id) == 0;
	plain_emoji(a, sizeof(a), emoji);
	plain_emoji(b, sizeof(b), text_of(d, "name"));
	return strcmp(a, b) == 0;
}

static bool
is_ours(const struct roundtrip *t, const char *payload, size_t len)
{
	struct json_object *m = json_parse_as(payload, len, json_type_object);
	struct json_object *d = json_get(m, "d");
	uint64_t message;
	bool ours = str_to_u64(text_of(d, "message_id"), &message)
	    && message == t->ask.message
	    && strcmp(text_of(d, "user_id"), t->me) == 0
	    && same_emoji(t->ask.emoji, json_get(d, "emoji"));

	json_object_put(m);
	return ours;
}

/* When both have come the way is known; the reaction goes again. */
static void
check_complete(struct roundtrip *t)
{
	struct msg_probe_answer *r = &t->result;

	if (!t->accepted || !t->seen || !t->done)
		return;
	if (r->rest_ms > r->total_ms)
		r->total_ms = r->rest_ms;
	if (r->total_ms > (int64_t)t->ask.slow_ms) {
		r->code = EXIT_DEGRADED;
		str_format(r->text, sizeof(r->text),
		    "The round trip took %.1f s, more than [probe] slow.",
		    seconds((uint32_t)r->total_ms));
	}
	step_ask(t, ROUNDTRIP_REMOVE);
}

/* So far from the start of the reaction. */
static int32_t
passed(const struct roundtrip *t)
{
	return (int32_t)(clock_boot_ms() - t->sent_ms);
}

/*
 * The shard's stamp is of the wall clock; when that was set since we began,
 * how long the shard took can't be told.
 */
static void
put_hops(struct roundtrip *t, uint64_t recv_ms)
{
	uint64_t now = clock_boot_ms();
	int64_t skew = clock_wall_ms() - (int64_t)now;
	int64_t at = (int64_t)recv_ms - skew;

	if (skew - t->skew_ms > ROUNDTRIP_STEP_MS
	    || t->skew_ms - skew > ROUNDTRIP_STEP_MS)
		return;
	/* The stamps are rounded differently. */
	if (at < (int64_t)t->sent_ms)
		at = (int64_t)t->sent_ms;
	if (at > (int64_t)now)
		at = (int64_t)now;
	t->result.gateway_ms = (int32_t)(at - (int64_t)t->sent_ms);
	t->result.handler_ms = (int32_t)((int64_t)now - at);
}

static void
finished(struct roundtrip *t)
{
	t->done = true;
	t->result.done_ms = (int32_t)(clock_boot_ms() - t->seen_ms);
	t->result.total_ms = passed(t);
	check_complete(t);
}

static void
on_event(struct intake_tap *tap, struct intake_event *e)
{
	struct roundtrip *t = container_of(tap, struct roundtrip, tap);
	const struct up_hdr *h = e->h;

	if (t->step != ROUNDTRIP_REACT || t->seen
	    || h->t_len != strlen(EVENT_NAME) || h->len > EVENT_MAX
	    || memcmp(e->raw + h->t_off, EVENT_NAME, h->t_len) != 0
	    || !is_ours(t, e->raw, h->len))
		return;
	t->seen = true;
	t->seen_ms = clock_boot_ms();
	t->session = h->session;
	t->seq = h->seq;
	t->result.shard = (int32_t)e->shard;
	t->result.total_ms = passed(t);
	put_hops(t, h->recv_ms);
	if (e->wanted == 0)
		finished(t);
}

void
roundtrip_finished(struct roundtrip *t, const struct event *e)
{
	if (t->step == ROUNDTRIP_REACT && t->seen && !t->done
	    && e->seq == t->seq && e->session == t->session && e->pending <= 1)
		finished(t);
}

/* ---- what Discord says ---------------------------------------------- */

/* The operator can put right what Discord refuses with 403 and 404. */
static void
refused(struct roundtrip *t, const struct rest_answer *a)
{
	uint64_t channel = t->ask.channel;

	if (a->status == 403)
		fail(t, EXIT_CONFIG,
		    "Discord does not let the bot do this in "
		    "channel %" PRIu64 " (403): give it View Channel, Read "
		    "Message History%s there.",
		    channel,
		    t->step == ROUNDTRIP_POST ? " and Send Messages"
					      : " and Add Reactions");
	else if (a->status == 401)
		fail(t, EXIT_CONFIG, "Discord refuses the bot's token (401).");
	else if (a->status == 404 && t->step == ROUNDTRIP_MESSAGE)
		fail(t, EXIT_CONFIG,
		    "[probe] message: channel %" PRIu64 " has "
		    "no message %" PRIu64 "; \"shardherd probe --setup %" PRIu64
		    "\" posts one.",
		    channel, t->ask.message, channel);
	else if (a->status == 404 && t->step != ROUNDTRIP_REACT)
		fail(t, EXIT_CONFIG,
		    "[probe] channel: the bot sees no channel "
		    "%" PRIu64 ".",
		    channel);
	else if (a->status == 404 || a->status == 400)
		fail(t, EXIT_CONFIG,
		    "[probe] emoji: Discord takes no reaction "
		    "\"%s\" on message %" PRIu64 ": a custom emoji is "
		    "name:id.",
		    t->ask.emoji, t->ask.message);
	else
		fail(t, EXIT_DOWN, "REST fails (%s): %s%s%.0d.",
		    step_name[t->step], a->why, a->status > 0 ? ", HTTP " : "",
		    a->status);
}

/* The channel's guild is known: which shard, and is its intent on? */
static void
check_intent(struct roundtrip *t)
{
	uint64_t need = t->guild != 0 ? INTENT_GUILD : INTENT_DM;

	if (t->intake->shard_count > 0)
		t->result.shard = (int32_t)((t->guild >> 22)
		    % t->intake->shard_count);
	if ((t->intents & need) == 0)
		fail(t, EXIT_CONFIG,
		    "[bot] intents lacks %s: without it Discord does not send "
		    "the reaction back. Adding it costs an IDENTIFY per shard, "
		    "at the next start.",
		    t->guild != 0 ? "GUILD_MESSAGE_REACTIONS"
				  : "DIRECT_MESSAGE_REACTIONS");
	else
		step_ask(t, ROUNDTRIP_MESSAGE);
}

static void
learn_channel(struct roundtrip *t, struct json_object *channel)
{
	t->guild = 0;
	str_to_u64(text_of(channel, "guild_id"), &t->guild);
	t->known = t->ask.channel;
	check_intent(t);
}

/* Did an earlier probe leave its reaction?  Discord would not send it again. */
static bool
has_reacted(const struct roundtrip *t, struct json_object *message)
{
	struct json_object *list = json_get(message, "reactions"), *r;
	size_t n = json_object_is_type(list, json_type_array)
	    ? json_object_array_length(list)
	    : 0;

	for (size_t i = 0; i < n; i++) {
		r = json_object_array_get_idx(list, i);
		if (json_object_get_boolean(json_get(r, "me"))
		    && same_emoji(t->ask.emoji, json_get(r, "emoji")))
			return true;
	}
	return false;
}

static void
accepted(struct roundtrip *t)
{
	t->accepted = true;
	t->result.rest_ms = passed(t);
	check_complete(t);
}

static void
proceed(struct roundtrip *t, struct json_object *body)
{
	switch (t->step) {
	case ROUNDTRIP_ME:
		str_copy(t->me, text_of(body, "id"), sizeof(t->me));
		step_ask(t, ROUNDTRIP_CHANNEL);
		break;
	case ROUNDTRIP_CHANNEL:
		learn_channel(t, body);
		break;
	case ROUNDTRIP_MESSAGE:
		step_ask(t,
		    has_reacted(t, body) ? ROUNDTRIP_CLEAN : ROUNDTRIP_REACT);
		break;
	case ROUNDTRIP_CLEAN:
		step_ask(t, ROUNDTRIP_REACT);
		break;
	case ROUNDTRIP_REACT:
		accepted(t);
		break;
	case ROUNDTRIP_POST:
		str_to_u64(text_of(body, "id"), &t->result.message);
		end(t);
		break;
	default:
		end(t);
		break;
	}
}

static void
on_answer(void *arg, const struct rest_answer *a)
{
	struct invocation *c = arg;
	struct roundtrip *t = c->trip;
	bool ours = c->run == t->run && t->step != ROUNDTRIP_IDLE;
	struct json_object *body = NULL;

	free(c);
	if (!ours)
		return;
	if (t->step == ROUNDTRIP_REMOVE) {
		/* It is known how it went; the next probe removes it. */
		if (a->outcome != REST_OK)
			log_warn("probe: its reaction could not be removed: "
				 "%s (HTTP %d)",
			    a->why, a->status);
		end(t);
		return;
	}
	if (a->outcome != REST_OK) {
		refused(t, a);
		return;
	}
	if (a->len > 0)
		(void)json_parse(&body, a->body, a->len);
	proceed(t, body);
	json_object_put(body);
}

/* ---- steps ---------------------------------------------------------- */

static void
call(struct roundtrip *t, const char *method, const char *path,
    const char *body)
{
	struct invocation *c = base_alloc(sizeof(*c));
	const char *why;
	bool bad;

	*c = (struct invocation) {.trip = t, .run = t->run};
	if (rest_call(t->rest, REST_OWN,
		&(struct rest_ask) {.method = method,
		    .path = path,
		    .body = body,
		    .repeatable = true},
		on_answer, c, &bad, &why)
	    == 0)
		return;
	free(c);
	fail(t, EXIT_TRY_LATER, "The handler makes no REST call now: %s.", why);
}

static void
react(struct roundtrip *t, const char *path)
{
	t->sent_ms = clock_boot_ms();
	t->skew_ms = clock_wall_ms() - (int64_t)t->sent_ms;
	intake_tap(t->intake, &t->tap);
	call(t, "PUT", path, NULL);
}

static void
post(struct roundtrip *t)
{
	char path[80], body[400];

	str_format(path, sizeof(path), "/channels/%" PRIu64 "/messages",
	    t->ask.channel);
	str_format(body, sizeof(body),
	    "{\"content\":\"" TEXT "\",\"nonce\":"
	    "\"probe%" PRIu64 "\",\"enforce_nonce\":true,\"flags\":4096,"
	    "\"allowed_mentions\":{\"parse\":[]}}",
	    clock_boot_ms());
	call(t, "POST", path, body);
}

static void
step_ask(struct roundtrip *t, enum roundtrip_step step)
{
	char channel[40], message[100], own[600];

	str_format(channel, sizeof(channel), "/channels/%" PRIu64,
	    t->ask.channel);
	str_format(message, sizeof(message), "%s/messages/%" PRIu64, channel,
	    t->ask.message);
	str_format(own, sizeof(own), "%s/reactions/%s/@me", message, t->emoji);
	if (step == ROUNDTRIP_ME && t->me[0] != '\0')
		step = ROUNDTRIP_CHANNEL;
	t->step = step;
	if (step == ROUNDTRIP_REACT || step == ROUNDTRIP_REMOVE)
		set_deadline(t);
	if (step == ROUNDTRIP_ME)
		call(t, "GET", "/users/@me", NULL);
	else if (step == ROUNDTRIP_CHANNEL && t->known == t->ask.channel)
		check_intent(t);
	else if (step == ROUNDTRIP_CHANNEL)
		call(t, "GET", channel, NULL);
	else if (step == ROUNDTRIP_MESSAGE)
		call(t, "GET", message, NULL);
	else if (step == ROUNDTRIP_REACT)
		react(t, own);
	else if (step == ROUNDTRIP_POST)
		post(t);
	else
		call(t, "DELETE", own, NULL);
}

/* ---- when nothing comes --------------------------------------------- */

static void
late_react(struct roundtrip *t)
{
	double s = seconds(t->ask.deadline_ms);

	t->result.code = EXIT_DOWN;
	if (t->seen && t->accepted) {
		t->result.code = EXIT_DEGRADED;
		str_format(t->result.text, sizeof(t->result.text),
		    "The reaction came back after %d ms, but plugins have not "
		    "answered its event within %g s: \"shardherd plugin "
		    "list\".",
		    t->result.total_ms, s);
	} else if (t->accepted) {
		str_format(t->result.text, sizeof(t->result.text),
		    "Discord took the reaction, but it has not come back over "
		    "shard %d within %g s: \"shardherd why %d\" tells what "
		    "that shard hears.",
		    t->result.shard, s, t->result.shard);
	} else {
		str_format(t->result.text, sizeof(t->result.text),
		    "Discord has not answered the reaction within %g s: REST "
		    "is down, or a rate limit holds it.",
		    s);
	}
	if (t->accepted)
		step_ask(t, ROUNDTRIP_REMOVE);
	else
		end(t);
}

static void
on_deadline(struct timer *timer)
{
	struct roundtrip *t = container_of(timer, struct roundtrip, deadline);

	if (t->step == ROUNDTRIP_REACT)
		late_react(t);
	else if (t->step == ROUNDTRIP_REMOVE)
		end(t);
	else
		fail(t, EXIT_DOWN, "REST has not answered within %g s (%s).",
		    seconds(t->ask.deadline_ms), step_name[t->step]);
}

/* ---- life ----------------------------------------------------------- */

void
roundtrip_init(struct roundtrip *t, struct timers *timers)
{
	memset(t, 0, sizeof(*t));
	timer_init(timers, &t->deadline, on_deadline);
	list_init(&t->tap.link);
	t->tap.fn = on_event;
}

void
roundtrip_begin(struct roundtrip *t, const struct msg_probe *ask,
    uint32_t serial)
{
	static const struct msg_probe_answer unknown = {.shard = -1,
	    .rest_ms = -1,
	    .gateway_ms = -1,
	    .handler_ms = -1,
	    .done_ms = -1,
	    .total_ms = -1};
	struct msg_probe_answer busy = unknown;

	if (t->step != ROUNDTRIP_IDLE) {
		busy.code = EXIT_TRY_LATER;
		str_copy(busy.text, "The handler is probing already.",
		    sizeof(busy.text));
		t->answer(t->arg, serial, &busy);
		return;
	}
	t->serial = serial;
	t->ask = *ask;
	t->ask.emoji[sizeof(t->ask.emoji) - 1] = '\0';
	t->result = unknown;
	t->accepted = t->seen = t->done = false;
	set_deadline(t);
	if (!endpoint_encode(t->emoji, sizeof(t->emoji), t->ask.emoji))
		fail(t, EXIT_CONFIG, "[probe] emoji: \"%s\" is no emoji.",
		    t->ask.emoji);
	else
		step_ask(t, ask->message == 0 ? ROUNDTRIP_POST : ROUNDTRIP_ME);
}

void
roundtrip_stop(struct roundtrip *t)
{
	timer_stop(&t->deadline);
	t->step = ROUNDTRIP_IDLE;
	t->run++;
	intake_untap(&t->tap);
}
