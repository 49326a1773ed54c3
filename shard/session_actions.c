/* SPDX-License-Identifier: MIT */
/*
 * Carries out what the session decides: dials, opens and closes connections,
 * writes its payloads.  None of the actions calls back into the session.
 */
#include "shard/session_actions.h"

#include "shard/ending.h"
#include "shard/session_record.h"
#include "shard/session/payload.h"
#include "shared/base/clock.h"

#include <string.h>

#define HTTP_BAD_REQUEST 400

#define BESIDE_MS 5000u /* what was lost within so long, was so together */

static enum config_compress
mode(const struct process *p)
{
	static const enum config_compress by_auto[] = {COMPRESS_ZSTD,
	    COMPRESS_ZLIB, COMPRESS_NONE};
	unsigned i = receive_without(&p->receive);

	if (p->args->config->compress != COMPRESS_AUTO)
		return p->args->config->compress;
	return by_auto[i < nitems(by_auto) ? i : nitems(by_auto) - 1];
}

static const char *
query(const struct process *p)
{
	static const char *const by_mode[] = {
	    [COMPRESS_NONE] = "v=10&encoding=json",
	    [COMPRESS_ZLIB] = "v=10&encoding=json&compress=zlib-stream",
	    [COMPRESS_ZSTD] = "v=10&encoding=json&compress=zstd-stream",
	};

	return by_mode[p->dial_mode];
}

/* ---- connection events ---------------------------------------------- */

static void
on_data(void *arg, const void *data, size_t len)
{
	receive_data(&((struct process *)arg)->receive, data, len);
}

static void
on_message(void *arg)
{
	receive_end(&((struct process *)arg)->receive);
}

static void
on_closed(void *arg, unsigned code, const char *why)
{
	struct process *p = arg;
	struct session_in in = {.code = code, .text = why};

	session_wire(&p->session, p->receive.generation, SESSION_EV_CLOSED,
	    &in);
}

static void
on_broken(void *arg, const char *why)
{
	struct process *p = arg;
	struct session_in in = {.text = why};

	session_wire(&p->session, p->receive.generation, SESSION_EV_BROKEN,
	    &in);
}

static void
on_read(void *arg, size_t n)
{
	receive_read(&((struct process *)arg)->receive, n);
}

static void
on_turn(void *arg)
{
	struct process *p = arg;

	if (session_sendable(&p->session))
		send_queue_open(p->sends);
}

static const struct websocket_events websocket_events = {
    .data = on_data,
    .message = on_message,
    .closed = on_closed,
    .broken = on_broken,
    .read = on_read,
    .turn = on_turn,
};

static void
on_dialed(void *arg, const struct dial_result *r)
{
	struct process *p = arg;
	const struct config *c = p->args->config;
	struct session_in in = {.code = r->status,
	    .flag = r->reached,
	    .value = r->retry_after_s,
	    .text = r->why};
	uint32_t generation = p->dial_generation;

	p->dial = NULL;
	/* One that does not know the word may refuse the whole request. */
	if (r->status == HTTP_BAD_REQUEST && p->dial_mode == COMPRESS_ZSTD)
		receive_note_refused(&p->receive, 1);
	if (r->wire == NULL) {
		session_wire(&p->session, generation, SESSION_EV_DIAL_FAILED,
		    &in);
		return;
	}
	if (receive_open(&p->receive, generation, p->dial_mode,
		(size_t)c->message_bytes, (size_t)c->window_bytes)
	    != 0) {
		tls_socket_free(r->wire);
		in.text = "no memory for the decoder";
		session_wire(&p->session, generation, SESSION_EV_DIAL_FAILED,
		    &in);
		return;
	}
	p->conn = websocket_open(p->loop, r->wire, &p->farewell,
	    (size_t)c->wire_message_bytes, &websocket_events, p);
	send_queue_restart(p->sends);
	session_wire(&p->session, generation, SESSION_EV_DIALED, &in);
}

/* ---- the session's actions ------------------------------------------ */

static void
do_dial(void *arg, const char *url, uint32_t generation)
{
	struct process *p = arg;
	struct store_gateway known;
	struct dial_args a = {.url = url,
	    .api = p->args->config->api,
	    .proxy = p->args->config->proxy,
	    .tls = p->args->tls};
	struct err err;

	must(p->dial == NULL && p->conn == NULL);
	p->dial_mode = mode(p);
	a.query = query(p);
	/* The supervisor may have learned the URL after we were forked. */
	if (url[0] == '\0'
	    && store_gateway_get(p->args->store, &known, &err) == 1)
		a.url = known.url;
	p->dial_generation = generation;
	p->dial = dial_start(p->loop, p->timers, &a, on_dialed, p);
}

static void
do_hangup(void *arg, unsigned code)
{
	struct process *p = arg;
	struct websocket *c = p->conn;

	dial_cancel(p->dial);
	p->dial = NULL;
	p->conn = NULL;
	websocket_close(c, code);
	receive_close(&p->receive);
	send_queue_close(p->sends);
}

static bool
send_text(struct process *p, const char *text, size_t len)
{
	return p->conn != NULL && websocket_send(p->conn, text, len) == 0;
}

/* Wipes text. */
static void
send_secret(struct process *p, char text[PAYLOAD_MAX + 1], size_t len)
{
	if (len > 0 && p->conn != NULL && send_queue_count_own(p->sends))
		(void)websocket_send_secret(p->conn, text, len);
	payload_wipe(text);
}

static void
do_heartbeat(void *arg, bool has_seq, uint64_t seq)
{
	struct process *p = arg;
	char text[64];
	size_t len = payload_heartbeat(text, has_seq, seq);

	/* At Discord's own limit one more would close the connection. */
	if (send_queue_count_own(p->sends))
		(void)send_text(p, text, len);
}

static void
do_identify(void *arg)
{
	struct process *p = arg;
	const struct config *c = p->args->config;
	struct payload_identify i = {.token = p->args->token,
	    .intents = c->intents,
	    .shard = p->args->id,
	    .shard_count = p->args->count,
	    .large_threshold = c->large_threshold,
	    .presence = c->presence ? c->presence : ""};
	char text[PAYLOAD_MAX + 1];
	size_t len = payload_identify(text, &i);

	p->presence = false;
	if (len == 0)
		ending_fatal(p, 0,
		    "IDENTIFY does not fit 4096 bytes or [bot] presence is not "
		    "a JSON object.");
	send_secret(p, text, len);
}

static void
do_resume(void *arg, const char *id, uint64_t seq)
{
	struct process *p = arg;
	char text[PAYLOAD_MAX + 1];
	size_t len = payload_resume(text, p->args->token, id, seq);

	send_secret(p, text, len);
}

/* A RESUMEd session shows what it showed before. */
static void
show_presence(struct process *p)
{
	char text[PAYLOAD_MAX + 1];
	size_t len = payload_presence(text, p->args->config->presence);

	p->presence = false;
	if (len > 0 && send_queue_count_own(p->sends))
		(void)send_text(p, text, len);
}

static void
do_tune(void *arg, uint64_t interval_ms)
{
	struct process *p = arg;

	if (p->conn != NULL)
		websocket_tune(p->conn, interval_ms);
}

static void
do_permit_ask(void *arg, uint32_t serial, enum identify_cause cause,
    unsigned close_code)
{
	struct process *p = arg;
	struct msg_permit_ask m = {.cause = cause, .close_code = close_code};

	if (orphan_is(&p->orphan)) {
		(void)str_copy(p->stats.note,
		    "needs an IDENTIFY, which only a supervisor can permit, "
		    "and there is none",
		    sizeof(p->stats.note));
		log_warn("%s (%s)", p->stats.note, contract_cause_name(cause));
		return;
	}
	(void)ipc_send(&p->ipc, MSG_PERMIT_ASK, (int32_t)p->args->id, serial,
	    &m, sizeof(m), -1);
}

static void
do_permit_done(void *arg, uint32_t serial, uint64_t ledger_id,
    enum identify_outcome outcome, unsigned close_code)
{
	struct process *p = arg;
	struct msg_permit_done m = {.ledger_id = ledger_id,
	    .outcome = outcome,
	    .close_code = close_code};

	p->settled = m;
	p->settled_ms = ledger_id != 0 ? clock_boot_ms() : 0;
	(void)ipc_send(&p->ipc, MSG_PERMIT_DONE, (int32_t)p->args->id, serial,
	    &m, sizeof(m), -1);
}

static void
do_save(void *arg, const struct store_session *rec)
{
	session_record_put(arg, rec);
}

static void
do_forget(void *arg)
{
	session_record_drop(arg);
}

static void
do_begun(void *arg, uint64_t hash, const char *id)
{
	struct process *p = arg;
	struct up_session us = {.session = hash};

	(void)str_copy(us.id, id, sizeof(us.id));
	outbox_session(&p->pending, &us);
}

static void
do_report(void *arg, enum shard_report report, unsigned code, const char *text)
{
	struct process *p = arg;
	struct msg_event m = {.report = report, .close_code = code};

	if (report == REPORT_READY && p->presence)
		show_presence(p);
	p->was_ready |= report == REPORT_READY;
	(void)str_copy(m.text, text, sizeof(m.text));
	(void)ipc_send(&p->ipc, MSG_EVENT, (int32_t)p->args->id, 0, &m,
	    sizeof(m), -1);
}

static bool
lost(uint32_t state)
{
	return state == SHARD_WAITING || state == SHARD_CONNECTING
	    || state == SHARD_HELLO || state == SHARD_RESUMING;
}

/*
 * Is it ours alone, or did a host of Discord's or our network take many?  Each
 * shard that lost its own says so on the page.  Read without the locks: a word
 * is whole, and the number need not be right.
 */
static unsigned
do_lost_beside(void *arg)
{
	const struct process *p = arg;
	const struct page *page = p->args->page;
	uint64_t now = clock_boot_ms();
	unsigned n = 0;

	for (uint32_t i = 0; i < page->head->slots; i++) {
		const struct page_shard *s = &page->slot[i].shard;

		if (i != p->args->slot && lost(s->state)
		    && s->state_since_ms + BESIDE_MS > now
		    && ++n >= BACKOFF_SPREAD_SHARDS)
			break;
	}
	return n;
}

static void
do_fatal(void *arg, unsigned code, const char *text)
{
	ending_fatal(arg, code, text);
}

static void
do_say(void *arg, enum log_level level, const char *text)
{
	static void (*const say[])(const char *, ...) = {
	    [LOG_L_DEBUG] = log_debug,
	    [LOG_L_INFO] = log_info,
	    [LOG_L_NOTICE] = log_notice,
	    [LOG_L_WARN] = log_warn,
	    [LOG_L_ERROR] = log_error,
	};

	say[level]("%s", text);
}

const struct session_ops session_actions_ops = {
    .dial = do_dial,
    .hangup = do_hangup,
    .heartbeat = do_heartbeat,
    .identify = do_identify,
    .resume = do_resume,
    .tune = do_tune,
    .permit_ask = do_permit_ask,
    .permit_done = do_permit_done,
    .save = do_save,
    .forget = do_forget,
    .begun = do_begun,
    .report = do_report,
    .lost_beside = do_lost_beside,
    .fatal = do_fatal,
    .say = do_say,
};

/* ---- applications' payloads ----------------------------------------- */

static bool
on_app_write(void *arg, const char *text, size_t len)
{
	struct process *p = arg;

	if (!send_text(p, text, len))
		return false;
	p->stats.sends++;
	return true;
}

static void
on_app_result(void *arg, uint64_t id, enum send_status status)
{
	struct process *p = arg;

	if (status != SEND_OK)
		p->stats.sends_refused++;
	uplink_result(p->uplink, id, status);
}

const struct send_queue_ops session_actions_sends_ops = {
    .write = on_app_write,
    .result = on_app_result,
};

void
session_actions_ask_again(struct process *p)
{
	const struct session *s = &p->session;

	if (session_state(s) == SHARD_PERMIT && s->permit == PERMIT_ASKED)
		do_permit_ask(p, s->serial, s->cause, s->cause_code);
}

void
session_actions_free(struct process *p)
{
	dial_cancel(p->dial);
	websocket_close(p->conn, 0);
	p->dial = NULL;
	p->conn = NULL;
	receive_close(&p->receive);
}
