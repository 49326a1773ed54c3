/* SPDX-License-Identifier: MIT */
/* See probe.h. */
#include "supervisor/operation/probe.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "shared/base/clock.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/operation/operation.h"

static void on_deadline(struct timer *);

static const struct msg_probe_answer nothing = {.shard = -1,
    .rest_ms = -1,
    .gateway_ms = -1,
    .handler_ms = -1,
    .done_ms = -1,
    .total_ms = -1};

void
probe_init(struct probe *p, struct fleet *f)
{
	memset(p, 0, sizeof(*p));
	p->fleet = f;
	p->report.control = &f->control;
	timer_init(f->timers, &p->deadline, on_deadline);
}

void
probe_stop(struct probe *p)
{
	timer_stop(&p->deadline);
	p->asked = NULL;
}

/* ---- the result ----------------------------------------------------- */

static void
put_id(struct json_object *o, const char *key, int64_t id)
{
	char text[24];

	str_format(text, sizeof(text), "%" PRId64, id);
	json_object_object_add(o, key,
	    id == 0 ? NULL : json_object_new_string(text));
}

static void
put_ms(struct json_object *o, const char *key, int32_t ms)
{
	json_object_object_add(o, key, ms < 0 ? NULL : json_object_new_int(ms));
}

/* A line {"result": "..."}: the CLI's --json, nearly. */
static void
say_result(struct probe *p, const struct msg_probe_answer *m)
{
	const struct config *c = p->fleet->config;
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "code", json_object_new_int(m->code));
	json_object_object_add(o, "text",
	    m->text[0] == '\0' ? NULL : json_object_new_string(m->text));
	put_id(o, "channel",
	    p->setup != 0 ? (int64_t)p->setup : c->probe_channel);
	put_id(o, "message",
	    p->setup != 0 ? (int64_t)m->message : c->probe_message);
	put_ms(o, "shard", m->shard);
	put_ms(o, "rest_ms", m->rest_ms);
	put_ms(o, "gateway_ms", m->gateway_ms);
	put_ms(o, "handler_ms", m->handler_ms);
	put_ms(o, "done_ms", m->done_ms);
	put_ms(o, "total_ms", m->total_ms);
	control_say(&p->fleet->control, p->report.ticket, "result",
	    json_object_to_json_string_ext(o,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static void
keep(struct probe *p, const struct msg_probe_answer *m)
{
	struct page_probe *l = &p->last;

	l->at_wall_ms = clock_wall_ms();
	l->code = m->code;
	l->shard = m->shard;
	l->rest_ms = m->rest_ms;
	l->gateway_ms = m->gateway_ms;
	l->handler_ms = m->handler_ms;
	l->done_ms = m->done_ms;
	l->total_ms = m->total_ms;
	l->runs++;
	l->failures += m->code != EXIT_FINE;
	str_copy(l->text, m->text, sizeof(l->text));
	if (m->code != EXIT_FINE)
		log_warn("Probe: %s", m->text);
	else
		log_info("Probe: the round trip took %d ms (REST %d ms, shard "
			 "%d after %d ms).",
		    m->total_ms, m->rest_ms, m->shard, m->gateway_ms);
}

/* Not the round trip's fault: a scheduled one is tried again soon. */
static void
put_off(struct probe *p, const char *why)
{
	struct msg_probe_answer m = nothing;

	p->next_ms = clock_boot_ms() + PROBE_RETRY_MS;
	if (p->retries++ < PROBE_RETRIES) {
		log_debug("The scheduled probe waits: %s", why);
		return;
	}
	p->retries = 0;
	m.code = EXIT_DOWN;
	str_format(m.text, sizeof(m.text),
	    "No round trip could be made for a minute: %s", why);
	keep(p, &m);
}

static void
finish(struct probe *p, const struct msg_probe_answer *m)
{
	struct fleet *f = p->fleet;
	struct err e;

	timer_stop(&p->deadline);
	p->asked = NULL;
	if (m->code == EXIT_TRY_LATER && p->report.ticket == 0) {
		put_off(p, m->text);
	} else if (m->code != EXIT_TRY_LATER && p->setup == 0) {
		p->retries = 0;
		keep(p, m);
	}
	f->notes.due = true; /* before the answer: who has it looks there */
	if (p->report.ticket != 0) {
		say_result(p, m);
		err_set(&e, m->code, "%s", m->text);
		report_end(&p->report, f->handler->generation,
		    m->code == EXIT_FINE ? NULL : &e);
	}
	p->setup = 0;
}

static void
finish_with(struct probe *p, int code, const char *text)
{
	struct msg_probe_answer m = nothing;

	m.code = code;
	str_copy(m.text, text, sizeof(m.text));
	finish(p, &m);
}

static void
on_deadline(struct timer *t)
{
	finish_with(container_of(t, struct probe, deadline), EXIT_DOWN,
	    "The handler has not answered: it hangs, or is of an older "
	    "version.");
}

void
probe_answered(struct probe *p, struct member *c, uint32_t serial,
    const struct msg_probe_answer *answer)
{
	struct msg_probe_answer m = *answer;

	if (c != p->asked || serial != p->serial)
		return; /* its deadline is over: nobody waits */
	m.text[sizeof(m.text) - 1] = '\0';
	/* The event may have gone to the handler that took over. */
	if (m.code != EXIT_FINE && c != p->fleet->handler)
		finish_with(p, EXIT_TRY_LATER,
		    "the handler was replaced meanwhile");
	else
		finish(p, &m);
}

void
probe_handler_gone(struct probe *p, struct member *c)
{
	if (c == p->asked)
		finish_with(p, EXIT_TRY_LATER,
		    "the handler ended before it answered");
}

void
probe_give_up(struct probe *p, const char *why)
{
	if (probe_busy(p))
		finish_with(p, EXIT_TRY_LATER, why);
}

/* ---- asking --------------------------------------------------------- */

static int
may_ask(struct probe *p, uint64_t setup, struct err *e)
{
	struct fleet *f = p->fleet;
	const struct config *c = f->config;

	if (setup == 0 && (c->probe_channel == 0 || c->probe_message == 0))
		return err_set(e, EXIT_CONFIG,
		    "[probe] channel and message are not set: \"shardherd "
		    "probe --setup CHANNEL\" posts a message and prints them.");
	if (operation_may(f, OPERATION_PROBE, e) == -1)
		return -1;
	if (f->local == 0 || f->handler->state != MEMBER_UP
	    || f->handler->ready_ms == 0)
		return err_set(e, EXIT_DOWN, "the handler is not ready (%s)",
		    member_state_name[f->handler->state]);
	return 0;
}

int
probe_ask(struct probe *p, uint32_t ticket, uint64_t setup, struct err *e)
{
	struct fleet *f = p->fleet;
	const struct config *c = f->config;
	struct msg_probe m = {.channel = setup != 0
		? setup
		: (uint64_t)c->probe_channel,
	    .message = setup != 0 ? 0 : (uint64_t)c->probe_message};

	if (may_ask(p, setup, e) == -1)
		return -1;
	m.deadline_ms = (uint32_t)(c->probe_deadline_s * 1000);
	m.slow_ms = (uint32_t)(c->probe_slow_s * 1000);
	str_copy(m.emoji, c->probe_emoji, sizeof(m.emoji));
	if (ipc_send(&f->handler->ipc, MSG_PROBE, -1, ++p->serial, &m,
		sizeof(m), -1)
	    == -1)
		return err_set(e, EXIT_TRY_LATER,
		    "the handler takes no commands now");
	p->asked = f->handler;
	p->report.ticket = ticket;
	p->setup = setup;
	timer_set(&p->deadline,
	    PROBE_PARTS * c->probe_deadline_s + PROBE_SLACK_S);
	return 0;
}

/* ---- the schedule --------------------------------------------------- */

void
probe_tick(struct probe *p)
{
	const struct config *c = p->fleet->config;
	uint64_t now = clock_boot_ms();
	struct err e;

	p->last.scheduled = c->probe_interval_s > 0;
	if (p->interval_s != c->probe_interval_s) {
		p->interval_s = c->probe_interval_s;
		p->next_ms = now + (uint64_t)(p->interval_s * 1000);
		p->retries = 0;
	}
	if (p->interval_s <= 0 || now < p->next_ms || p->asked != NULL
	    || p->fleet->stopping)
		return;
	p->next_ms = now + (uint64_t)(p->interval_s * 1000);
	if (probe_ask(p, 0, 0, &e) == 0)
		return;
	if (e.code == EXIT_CONFIG)
		finish_with(p, e.code, e.text);
	else
		put_off(p, e.text);
}

const char *
probe_alarm(const struct probe *p)
{
	if (p->fleet->config->probe_interval_s <= 0
	    || p->last.code == EXIT_FINE)
		return "";
	return p->last.text;
}

bool
probe_pending(const struct probe *p)
{
	return p->fleet->config->probe_interval_s > 0
	    && p->last.at_wall_ms == 0;
}
