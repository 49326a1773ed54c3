/* SPDX-License-Identifier: MIT */
/* What a plugin says and is told; see plugin.h. */
#include "handler/process/plugin_impl.h"

#include "shared/guest/stderr_words.h"
#include "handler/process/rpc_write.h"
#include "handler/process/rpc_read.h"
#include "shared/json/json.h"
#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/text.h"
#include "shared/base/version.h"

#include <string.h>

void
plugin_dirty(struct plugin *p)
{
	if (list_empty(&p->dirty))
		list_append(&p->host->dirty, &p->dirty);
}

/* ---- what it says --------------------------------------------------- */

#define PLUGIN_UNREADABLE (-32602) /* JSON-RPC: invalid parameters */

/* At most one line a second: a plugin may misbehave at any rate. */
static void
plugin_grumble(struct plugin *p, const char *what, uint64_t id,
    const char *text)
{
	uint64_t now = clock_boot_ms();

	p->grumbles++;
	if (now - p->grumble_ms < PLUGIN_GRUMBLE_MS || !plugin_may_log(p))
		return;
	log_warn("plugin %s %s %llu%s%s (%llu such messages)", p->cfg->name,
	    what, (unsigned long long)id, text[0] ? ": " : "", text,
	    (unsigned long long)p->grumbles);
	p->grumble_ms = now;
	p->grumbles = 0;
}

/* Whether it succeeds is told once, when that changes. */
static void
plugin_judge(struct plugin *p, const char *error)
{
	char words[256];

	if (!health_answer(&p->health, error))
		return;
	health_words(&p->health, words, sizeof(words));
	if (health_fails(&p->health))
		log_error("plugin %s fails: %s", p->cfg->name, words);
	else
		log_notice("plugin %s succeeds again: %s", p->cfg->name, words);
}

static void
plugin_worked(struct plugin *p, const struct delivery *d)
{
	p->answered++;
	p->worked_ms += clock_boot_ms() - d->sent_ms;
}

static void
plugin_answered(struct plugin *p, const struct rpc_read *t)
{
	struct delivery *d = window_answer(&p->window, t->number);

	if (d == NULL) {
		plugin_grumble(p, "answers a request it does not have: id",
		    t->number, "");
		return;
	}
	if (t->kind == RPC_READ_REFUSAL)
		plugin_grumble(p, "answers with an error to event", t->number,
		    t->why);
	plugin_judge(p, t->kind == RPC_READ_REFUSAL ? t->why : NULL);
	plugin_worked(p, d);
	plugin_dirty(p);
	p->host->finished(p->host, p, d);
}

static void
plugin_answered_ask(struct plugin *p, const struct rpc_read *t)
{
	const char *refusal = t->kind == RPC_READ_REFUSAL ? t->why : NULL;

	plugin_judge(p, refusal);
	p->host->answered(p->host, p, t->number, refusal);
}

static void
plugin_done(struct plugin *p, uint64_t upto)
{
	struct delivery *d;

	p->in_order = true;
	plugin_dirty(p);
	while ((d = window_upto(&p->window, upto)) != NULL) {
		plugin_judge(p, NULL);
		plugin_worked(p, d);
		p->host->finished(p->host, p, d);
	}
}

void
plugin_event_name(const struct event *e, char *out, size_t size)
{
	const char *name = e->t_len ? e->raw + e->t_off : "unnamed event";
	size_t len = e->t_len ? e->t_len : strlen(name);

	str_format(out, size, "%s (shard %u, seq %llu)",
	    TEXT_OF_N(name, len, 64), e->shard_id, (unsigned long long)e->seq);
}

/* It broke a rule; why is a sentence's end. */
static void
broke_rule(struct plugin *p, const char *why)
{
	str_copy(p->failure, why, sizeof(p->failure));
	plugin_event(p, ON_FAULT);
}

/* A plugin that says nothing about it speaks version 1. */
static bool
plugin_api_fits(const struct rpc_read *t, char *why, size_t size)
{
	struct json_object *api;

	if (!json_object_is_type(t->result, json_type_object)
	    || !json_object_object_get_ex(t->result, "api", &api)
	    || (json_object_is_type(api, json_type_int)
		&& json_object_get_int64(api) == RPC_WRITE_API))
		return true;
	str_format(why, size,
	    "speaks version %s of the plugin protocol, "
	    "this handler (shardherd " SHARDHERD_VERSION
	    ") version " RPC_WRITE_API_TEXT,
	    TEXT_OF(json_object_to_json_string(api), 32));
	return false;
}

static void
plugin_initialised(struct plugin *p, const struct rpc_read *t)
{
	char why[256];

	if (t->kind == RPC_READ_RESULT) {
		if (!plugin_api_fits(t, why, sizeof(why))) {
			broke_rule(p, why);
			return;
		}
		if (p->host->initialised != NULL)
			p->host->initialised(p->host, p, t->result);
		plugin_event(p, ON_STARTED);
		return;
	}
	str_format(why, sizeof(why), "refused to start: %s", t->why);
	broke_rule(p, why);
}

static void
plugin_hear(struct plugin *p, const struct rpc_read *t)
{
	char why[256];

	switch (t->kind) {
	case RPC_READ_EMPTY:
		break;
	case RPC_READ_BAD:
		str_format(why, sizeof(why), "broke the protocol: %s", t->why);
		broke_rule(p, why);
		break;
	case RPC_READ_DONE:
		plugin_done(p, t->number);
		break;
	case RPC_READ_REQUEST:
		p->host->request(p->host, p, t->id, t->method, t->params);
		break;
	case RPC_READ_RESULT:
	case RPC_READ_REFUSAL:
		if (p->state == PLUGIN_STARTING && t->number == 0)
			plugin_initialised(p, t);
		else if (t->number >= PLUGIN_ASK_FIRST)
			plugin_answered_ask(p, t);
		else
			plugin_answered(p, t);
		break;
	}
}

static bool
plugin_line(struct pipes *pipes, char *text, size_t len)
{
	struct plugin *p = container_of(pipes, struct plugin, pipes);
	struct rpc_read t;
	bool nul = false;

	rpc_read_parse(&t, text, len);
	if (t.kind == RPC_READ_BAD && rpc_read_mask_nul(text, len)) {
		rpc_read_free(&t);
		rpc_read_parse(&t, text, len);
		nul = true;
	}
	if (nul && t.kind == RPC_READ_REQUEST)
		plugin_error(p, p->life, t.id, PLUGIN_UNREADABLE,
		    "a key in it holds NUL", NULL);
	else
		plugin_hear(p, &t);
	rpc_read_free(&t);
	return pipes->out >= 0;
}

/* ---- what is logged of it ------------------------------------------- */

bool
plugin_may_log(struct plugin *p)
{
	plugin_log_cut(p, false);
	return log_ration_take(&p->ration, clock_boot_ms());
}

void
plugin_log_cut(struct plugin *p, bool end)
{
	uint64_t now = clock_boot_ms();
	uint64_t cut = log_ration_cut(&p->ration, now, end);

	if (cut > 0)
		log_warn("plugin %s: %llu lines of its standard error and its "
			 "log calls were left out",
		    p->cfg->name, (unsigned long long)cut);
	if (p->grumbles == 0
	    || (!end && now - p->grumble_ms < PLUGIN_GRUMBLE_MS))
		return;
	log_warn("plugin %s: %llu more such answers of it", p->cfg->name,
	    (unsigned long long)p->grumbles);
	p->grumble_ms = now;
	p->grumbles = 0;
}

void
plugin_tick(struct plugin *p)
{
	if (p->cfg != NULL)
		plugin_log_cut(p, false);
}

/* ---- its pipes ------------------------------------------------------ */

static void
plugin_heard_words(struct pipes *pipes, const char *text)
{
	struct plugin *p = container_of(pipes, struct plugin, pipes);

	stderr_words(p->words, sizeof(p->words), text);
	if (plugin_may_log(p))
		log_info("plugin %s: %s", p->cfg->name, text);
}

/*
 * What it is can be told from its beginning, as a rule: a call is refused, an
 * answer taken for one, and neither the plugin nor its events pay for it.  If
 * not, the plugin is ended; which event made it say that, nobody knows.
 */
static bool
plugin_too_long(struct pipes *pipes, const char *head, size_t len)
{
	struct plugin *p = container_of(pipes, struct plugin, pipes);
	struct rpc_read t;

	rpc_read_head(&t, head, len);
	if (t.kind == RPC_READ_BAD) {
		p->nobodys = true;
		broke_rule(p, "wrote a line of more than 16 MiB");
		return false;
	}
	if (plugin_may_log(p))
		log_warn("plugin %s: a line of more than 16 MiB is not read: "
			 "%s%s",
		    p->cfg->name,
		    t.kind == RPC_READ_REQUEST ? "a call of " : "an answer",
		    t.kind == RPC_READ_REQUEST ? t.why : "");
	if (t.kind == RPC_READ_REQUEST)
		plugin_error(p, p->life, t.id, PLUGIN_UNREADABLE,
		    "the line is longer than 16 MiB", NULL);
	else
		plugin_hear(p, &t);
	return pipes->out >= 0;
}

static void
plugin_pipe_closed(struct pipes *pipes, const char *why)
{
	struct plugin *p = container_of(pipes, struct plugin, pipes);

	if (p->reaping || p->state == PLUGIN_ENDING)
		return; /* of course; and why it ends is known already */
	str_copy(p->failure, why, sizeof(p->failure));
	plugin_event(p, ON_CLOSED);
}

static void
plugin_room(struct pipes *pipes)
{
	plugin_dirty(container_of(pipes, struct plugin, pipes));
}

const struct pipes_calls plugin_pipes = {
    .line = plugin_line,
    .too_long = plugin_too_long,
    .words = plugin_heard_words,
    .closed = plugin_pipe_closed,
    .room = plugin_room,
};

/* ---- what it is told ------------------------------------------------ */

double
plugin_due(struct plugin *p, uint64_t now)
{
	const struct delivery *d = window_oldest(&p->window);
	uint64_t limit = (uint64_t)(p->cfg->timeout_s * 1000), since = now;

	if (d == NULL && p->pipes.stuck_ms == 0)
		return -1;
	if (d != NULL)
		since = d->sent_ms;
	if (p->pipes.stuck_ms != 0 && p->pipes.stuck_ms < since)
		since = p->pipes.stuck_ms;
	if (now >= since + limit)
		return 0;
	return (double)(since + limit - now) / 1000;
}

void
plugin_watch(struct plugin *p)
{
	double due;

	if (timer_pending(&p->timer))
		return;
	due = plugin_due(p, clock_boot_ms());
	if (due >= 0)
		timer_set(&p->timer, due);
}

/* Told once for each, whatever the number of plugins that get it. */
static void
plugin_unreadable(struct plugin *p, const struct event *e)
{
	struct plugin_host *host = p->host;
	uint64_t now = clock_boot_ms();
	char name[128];

	host->unreadable++;
	if (host->unreadable_ms != 0
	    && now - host->unreadable_ms < PLUGIN_GRUMBLE_MS)
		return;
	host->unreadable_ms = now;
	plugin_event_name(e, name, sizeof(name));
	log_warn("%s is not JSON that can be read: plugins get its bytes as "
		 "base64, and a command in it is not found (%llu such events)",
	    name, (unsigned long long)host->unreadable);
}

/* The event's line; or it may not have it, and is done with it. */
static void
plugin_hand_out(struct plugin *p, struct delivery *d)
{
	bool seen = d->event->checked;
	struct json_object *o = NULL;
	const char *command = NULL;

	if (p->host->command != NULL
	    && !p->host->command(p->host, p, d->event, &o)) {
		window_answer(&p->window, d->id);
		p->host->finished(p->host, p, d);
		return;
	}
	if (o != NULL)
		command = json_text(o);
	rpc_write_event(&p->pipes.send, d, command);
	if (!seen && !d->event->valid)
		plugin_unreadable(p, d->event);
	json_object_put(o);
}

static void
plugin_pump(struct plugin *p)
{
	struct buf *send = &p->pipes.send;
	struct delivery *d;
	uint64_t now = clock_boot_ms();
	bool bulk;

	if (p->pipes.in < 0)
		return;
	bulk = p->state == PLUGIN_UP && !p->retired
	    && p->host->fill(p->host, p);
	while (p->state == PLUGIN_UP && !p->retired
	    && buf_len(send) < PIPES_OUT_LOW
	    && (d = window_next(&p->window, bulk)) != NULL) {
		d->out_pos = p->pipes.written + buf_len(send);
		d->sent_ms = now;
		plugin_hand_out(p, d);
	}
	pipes_flush(&p->pipes);
	if (p->state == PLUGIN_UP)
		plugin_watch(p);
}

void
plugin_pump_all(struct plugin_host *h)
{
	while (!list_empty(&h->dirty)) {
		struct plugin *p = container_of(h->dirty.next, struct plugin,
		    dirty);

		list_remove(&p->dirty);
		plugin_pump(p);
	}
}

void
plugin_kick(struct plugin *p)
{
	if (p->state == PLUGIN_UP)
		plugin_dirty(p);
}

void
plugin_result(struct plugin *p, uint64_t life, const char *id,
    const char *result, size_t len)
{
	if (life != p->life || p->pipes.in < 0 || id[0] == '\0')
		return;
	rpc_write_result(&p->pipes.send, id, result, len);
	plugin_dirty(p);
}

void
plugin_error(struct plugin *p, uint64_t life, const char *id, int code,
    const char *message, const char *data)
{
	if (life != p->life || p->pipes.in < 0 || id[0] == '\0')
		return;
	rpc_write_error(&p->pipes.send, id, code, message, data);
	plugin_dirty(p);
}

uint64_t
plugin_ask(struct plugin *p, const char *method, const char *params, size_t len)
{
	uint64_t id = PLUGIN_ASK_FIRST + p->host->asks;

	if (p->state != PLUGIN_UP || p->retired || p->pipes.in < 0)
		return 0;
	p->host->asks++;
	rpc_write_request(&p->pipes.send, id, method, params, len);
	plugin_dirty(p);
	return id;
}

void
plugin_notify(struct plugin *p, uint64_t life, const char *method,
    const char *params, size_t len)
{
	if (life != p->life || p->pipes.in < 0)
		return;
	rpc_write_notify(&p->pipes.send, method, params, len);
	plugin_dirty(p);
}

size_t
plugin_unread(const struct plugin *p)
{
	return buf_len(&p->pipes.send);
}
