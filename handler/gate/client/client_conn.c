/* SPDX-License-Identifier: MIT */
/* A connection of a client; see client_conn.h. */
#include "handler/gate/client/client_conn.h"

#include "handler/gate/client/client_command.h"
#include "handler/gate/client/client_enter.h"
#include "handler/gate/client/client_flow.h"
#include "handler/gate/client/client_listen.h"
#include "handler/gate/client/client_out.h"
#include "handler/gate/client/client_snapshot.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"

#include <string.h>

#define FRAME_MAX (64u << 10) /* of a client; 4096 is the rule */
#define WINDOW_MS 60000
#define EXCUSE_S 0.5 /* we had not read what is there */

const char *const client_conn_state_name[CLIENT_CONN_STATE_N] = {
#define X(n) [CLIENT_CONN_##n] = #n,
    CLIENT_CONN_STATES(X)
#undef X
};

/* ---- the end -------------------------------------------------------- */

static void
count_end(struct client_conn *c, enum gate_clients_end why)
{
	struct gate_clients_tally *t;
	char words[96];

	if (c->state >= CLIENT_CONN_CLOSING)
		return;
	str_format(words, sizeof(words), "connection ended: %s",
	    page_gate_end[why].words);
	gate_clients_past(c, words);
	c->all->count.end[why]++;
	if (page_gate_end[why].refused && c->who.name[0] != '\0') {
		t = gate_clients_tally(c->all, c->who.name);
		t->refused++;
		t->refused_ms = clock_boot_ms();
		t->refused_end = why;
		str_copy(t->refused_why, c->reason, sizeof(t->refused_why));
	}
	log_debug("gate: connection of %s ends in %s: %s",
	    c->who.name[0] != '\0' ? c->who.name : "nobody known",
	    client_conn_state_name[c->state], page_gate_end[why].words);
}

void
client_conn_part(struct client_conn *c)
{
	struct client_live *l = c->session;

	client_snapshot_free(c);
	c->ack = false;
	if (l == NULL)
		return;
	c->session = NULL;
	client_live_away(l);
	if (!l->whole)
		client_live_end(c->all, l);
}

void
client_conn_become(struct client_conn *c, enum client_conn_state state)
{
	c->state = state;
}

static void
leave(struct client_conn *c, enum gate_clients_end why,
    enum client_conn_state state)
{
	count_end(c, why);
	client_conn_part(c);
	timer_stop(&c->silent);
	timer_stop(&c->deadline);
	list_remove(&c->busy);
	client_conn_become(c, state);
}

void
client_conn_drop(struct client_conn *c, enum gate_clients_end why)
{
	if (c->state == CLIENT_CONN_DEAD)
		return;
	leave(c, why, CLIENT_CONN_DEAD);
	wire_end(&c->wire, true);
	list_remove(&c->link);
	list_append(&c->all->dead, &c->link);
}

static void
linger(struct client_conn *c, enum gate_clients_end why)
{
	leave(c, why, CLIENT_CONN_CLOSING);
	timer_set(&c->deadline, GATE_CLIENTS_CLOSE_S);
}

void
client_conn_close(struct client_conn *c, enum gate_clients_end why,
    unsigned code, const char *reason)
{
	if (c->state >= CLIENT_CONN_CLOSING)
		return;
	if (c->ws.ws == NULL) {
		client_conn_drop(c, why);
		return;
	}
	ws_server_close(&c->ws, code, reason);
	if (reason != c->reason)
		str_copy(c->reason, reason, sizeof(c->reason));
	linger(c, why);
}

void
client_conn_kick(struct client_conn *c, enum gate_clients_end why,
    unsigned code, const char *reason, bool op7)
{
	must(!machine_inside(&c->machine));
	if (op7 && c->ws.ws != NULL && c->state < CLIENT_CONN_CLOSING)
		client_out_op(c, 7, "null");
	c->ending = why;
	c->code = code;
	str_copy(c->reason, reason, sizeof(c->reason));
	client_conn_event(c, CLIENT_CONN_EV_WRONG);
}

void
client_conn_free(struct client_conn *c)
{
	must(c->state == CLIENT_CONN_DEAD);
	list_remove(&c->link);
	c->all->count.conns--;
	ws_server_free(&c->ws);
	compress_free(c->compress);
	buf_free(&c->head);
	free(c->presence);
	free(c);
}

/* ---- handlers of the table ------------------------------------------ */

static void
on_wrong(struct client_conn *c)
{
	client_conn_close(c, c->ending, c->code, c->reason);
}

static void
on_no_upgrade(struct client_conn *c)
{
	client_conn_drop(c, GATE_CLIENTS_END_NO_UPGRADE);
}

static void
on_drop(struct client_conn *c)
{
	client_conn_drop(c, c->ending);
}

static void
on_broke(struct client_conn *c)
{
	client_conn_drop(c, GATE_CLIENTS_END_BROKE);
}

/* 1000 and 1001: it does not come back; anything else: it may. */
static void
on_closes(struct client_conn *c)
{
	bool ends = c->code == 1000 || c->code == 1001;
	uint64_t number = c->session != NULL ? c->session->rec.number : 0;
	struct client_live *l;

	linger(c, ends ? GATE_CLIENTS_END_ENDED : GATE_CLIENTS_END_LEFT);
	l = ends && number != 0 ? client_live_by_number(c->all, number) : NULL;
	if (l != NULL)
		client_live_end(c->all, l);
}

static void
on_early(struct client_conn *c)
{
	client_conn_close(c, GATE_CLIENTS_END_EARLY, 4003,
	    "Not authenticated: IDENTIFY or RESUME comes first.");
}

static void
on_twice(struct client_conn *c)
{
	client_conn_close(c, GATE_CLIENTS_END_TWICE, 4005,
	    "Already authenticated.");
}

static void
on_no_identify(struct client_conn *c)
{
	client_conn_close(c, GATE_CLIENTS_END_NO_IDENTIFY, 4000,
	    "No IDENTIFY came.");
}

/* Who takes some is slow, and may be. */
static void
on_unread(struct client_conn *c)
{
	if (wire_backlog(&c->wire) == 0)
		return;
	if (c->wire.gone != c->gone) {
		client_conn_blocked(c);
		return;
	}
	client_conn_drop(c, GATE_CLIENTS_END_UNREAD);
}

static void
on_silent(struct client_conn *c)
{
	/* Who is late may be we. */
	if (wire_unread(&c->wire)) {
		timer_set(&c->silent, EXCUSE_S);
		return;
	}
	client_conn_close(c, GATE_CLIENTS_END_SILENT, 4000,
	    "Heartbeat missed.");
}

static void
on_beat(struct client_conn *c)
{
	uint64_t s;

	timer_set(&c->silent, c->all->setup.heartbeat_s * GATE_CLIENTS_SILENT);
	client_out_op(c, 11, "null");
	if (c->session == NULL)
		return;
	c->session->rec.seen_ms = clock_wall_ms();
	if ((c->state == CLIENT_CONN_REPLAY || c->state == CLIENT_CONN_LIVE)
	    && client_payload_seq(&c->in, &s))
		client_flow_heard(c, s);
}

static void
on_early_command(struct client_conn *c)
{
	client_command_refused(c->all, c->who.name);
}

void
client_conn_greeted(struct client_conn *c)
{
	client_conn_become(c, CLIENT_CONN_GREETED);
	timer_set(&c->deadline, GATE_CLIENTS_IDENTIFY_S);
}

static void
say_hello(struct client_conn *c)
{
	char d[80];

	must(str_format(d, sizeof(d), "{\"heartbeat_interval\":%.0f}",
	    c->all->setup.heartbeat_s * 1000));
	client_conn_greeted(c);
	timer_set(&c->silent, c->all->setup.heartbeat_s * GATE_CLIENTS_SILENT);
	client_out_op(c, 10, d);
}

typedef void client_conn_fn(struct client_conn *);

#define ALWAYS                                                                 \
	[CLIENT_CONN_EV_BEAT] = on_beat, [CLIENT_CONN_EV_WRONG] = on_wrong,    \
	[CLIENT_CONN_EV_CLOSES] = on_closes,                                   \
	[CLIENT_CONN_EV_BROKE] = on_broke, [CLIENT_CONN_EV_SILENT] = on_silent
#define KNOWN                                                                  \
	ALWAYS, [CLIENT_CONN_EV_IDENTIFY] = on_twice,                          \
		[CLIENT_CONN_EV_RESUME] = on_twice

static client_conn_fn *const table[CLIENT_CONN_STATE_N][CLIENT_CONN_EV_N] = {
    [CLIENT_CONN_UPGRADE] = {[CLIENT_CONN_EV_UPGRADED] = say_hello,
	[CLIENT_CONN_EV_WRONG] = on_drop,
	[CLIENT_CONN_EV_BROKE] = on_broke,
	[CLIENT_CONN_EV_DEADLINE] = on_no_upgrade},
    [CLIENT_CONN_GREETED] =
	{ALWAYS, [CLIENT_CONN_EV_IDENTIFY] = client_enter_identify,
	    [CLIENT_CONN_EV_RESUME] = client_enter_resume,
	    [CLIENT_CONN_EV_COMMAND] = on_early,
	    [CLIENT_CONN_EV_DEADLINE] = on_no_identify},
    [CLIENT_CONN_HELD] = {KNOWN, [CLIENT_CONN_EV_COMMAND] = on_early_command,
	[CLIENT_CONN_EV_WORK] = client_enter_try,
	[CLIENT_CONN_EV_DEADLINE] = client_enter_late},
    [CLIENT_CONN_WAITING] = {KNOWN, [CLIENT_CONN_EV_COMMAND] = on_early_command,
	[CLIENT_CONN_EV_WORK] = client_enter_look},
    [CLIENT_CONN_SNAPSHOT] =
	{KNOWN, [CLIENT_CONN_EV_COMMAND] = client_command_act,
	    [CLIENT_CONN_EV_WORK] = client_snapshot_work,
	    [CLIENT_CONN_EV_DEADLINE] = on_unread},
    [CLIENT_CONN_SEEKING] =
	{KNOWN, [CLIENT_CONN_EV_COMMAND] = client_command_act,
	    [CLIENT_CONN_EV_WORK] = client_flow_seek},
    [CLIENT_CONN_REPLAY] =
	{KNOWN, [CLIENT_CONN_EV_COMMAND] = client_command_act,
	    [CLIENT_CONN_EV_WORK] = client_flow_replay,
	    [CLIENT_CONN_EV_DEADLINE] = on_unread},
    [CLIENT_CONN_LIVE] = {KNOWN, [CLIENT_CONN_EV_COMMAND] = client_command_act,
	[CLIENT_CONN_EV_WORK] = client_flow_live,
	[CLIENT_CONN_EV_DEADLINE] = on_unread},
    [CLIENT_CONN_CLOSING] = {[CLIENT_CONN_EV_BROKE] = on_broke,
	[CLIENT_CONN_EV_DEADLINE] = on_broke},
};

static void
step(struct machine *m, unsigned event)
{
	struct client_conn *c = container_of(m, struct client_conn, machine);
	client_conn_fn *fn = table[c->state][event];

	if (fn != NULL)
		fn(c);
}

void
client_conn_event(struct client_conn *c, enum client_conn_event event)
{
	machine_event(&c->machine, event);
}

void
client_conn_blocked(struct client_conn *c)
{
	if (timer_pending(&c->deadline))
		return;
	c->gone = c->wire.gone;
	timer_set(&c->deadline, GATE_CLIENTS_UNREAD_S);
}

void
client_conn_wake(struct client_conn *c)
{
	if (c->state < CLIENT_CONN_CLOSING && list_empty(&c->busy))
		list_append(&c->all->busy, &c->busy);
}

/* ---- messages of the client ----------------------------------------- */

static void
wrong(struct client_conn *c, enum gate_clients_end why, unsigned code,
    const char *reason)
{
	c->ending = why;
	c->code = code;
	str_copy(c->reason, reason, sizeof(c->reason));
	client_conn_event(c, CLIENT_CONN_EV_WRONG);
}

static bool
too_fast(struct client_conn *c)
{
	uint64_t now = clock_boot_ms();

	if (now - c->window_ms >= WINDOW_MS) {
		c->window_ms = now;
		c->sends = 0;
	}
	return ++c->sends > c->all->setup.sends_per_minute;
}

static int
event_of(int op)
{
	switch (op) {
	case 1:
		return CLIENT_CONN_EV_BEAT;
	case 2:
		return CLIENT_CONN_EV_IDENTIFY;
	case 6:
		return CLIENT_CONN_EV_RESUME;
	case 3:
	case 4:
	case 8:
	case 31:
	case 43:
		return CLIENT_CONN_EV_COMMAND;
	default:
		return -1;
	}
}

static void
on_message(struct ws_server *ws, bool binary, const char *text, size_t len)
{
	struct client_conn *c = container_of(ws, struct client_conn, ws);
	int event;

	if (c->state >= CLIENT_CONN_CLOSING)
		return;
	if (too_fast(c)) {
		wrong(c, GATE_CLIENTS_END_FAST, 4008,
		    "Too many messages in a minute.");
	} else if (len > GATE_CLIENTS_MESSAGE_MAX) {
		wrong(c, GATE_CLIENTS_END_BAD_PAYLOAD, 4002,
		    "A payload is at most 4096 bytes long.");
	} else if (!client_payload_read(text, len, &c->in)) {
		wrong(c, GATE_CLIENTS_END_BAD_PAYLOAD, 4002,
		    "The payload is not a JSON object.");
	} else if ((event = event_of(c->in.op)) == -1) {
		wrong(c, GATE_CLIENTS_END_BAD_OP, 4001, "Unknown opcode.");
	} else {
		client_conn_event(c, (enum client_conn_event)event);
	}
	c->in = (struct client_payload) {.op = -1};
}

static void
on_close_frame(struct ws_server *ws, unsigned code, bool half)
{
	struct client_conn *c = container_of(ws, struct client_conn, ws);

	c->code = code;
	client_conn_event(c, CLIENT_CONN_EV_CLOSES);
}

static void
ws_bytes(struct client_conn *c, const char *data, size_t len)
{
	enum ws_server_read got = ws_server_bytes(&c->ws, data, len);

	if (c->state == CLIENT_CONN_DEAD)
		return;
	if (got == WS_SERVER_BROKEN) {
		client_conn_drop(c, GATE_CLIENTS_END_FRAME);
		return;
	}
	ws_server_answer(&c->ws);
	if (got == WS_SERVER_MORE)
		return;
	/* wslay has refused it, or both close frames went. */
	if (c->state < CLIENT_CONN_CLOSING)
		linger(c, GATE_CLIENTS_END_FRAME);
	wire_shut(&c->wire);
}

/* ---- the request ---------------------------------------------------- */

static void
put_answer(struct client_conn *c, int status, const char *accept)
{
	struct buf t = {0};

	upgrade_answer(&t, status, accept, 0, "");
	wire_put(&c->wire, buf_data(&t), buf_len(&t), &c->all->dirty);
	buf_free(&t);
}

static void
refuse(struct client_conn *c, enum gate_clients_end why, int status)
{
	put_answer(c, status, "");
	linger(c, why);
	wire_shut(&c->wire);
}

static enum compress_kind
kind_of(const struct gate_clients_setup *s, enum compress_kind asked)
{
	if (asked == COMPRESS_KIND_ZLIB)
		return COMPRESS_KIND_ZLIB_STORED;
	if (asked == COMPRESS_KIND_ZSTD && !s->real)
		return COMPRESS_KIND_ZSTD_STORED;
	return asked;
}

static void
open_ws(struct client_conn *c, const struct upgrade *u)
{
	static const struct ws_server_calls calls = {on_message,
	    on_close_frame};

	put_answer(c, 101, u->accept);
	ws_server_begin(&c->ws, &calls, &c->wire, &c->all->dirty, FRAME_MAX);
	c->compress = compress_new(kind_of(&c->all->setup, u->compress));
	if (u->close != 0)
		client_conn_close(c, GATE_CLIENTS_END_ENCODING, u->close,
		    u->why);
	else
		client_conn_event(c, CLIENT_CONN_EV_UPGRADED);
}

static void
read_request(struct client_conn *c, const char *data, size_t len)
{
	struct upgrade u;
	size_t head;
	int status;

	buf_add(&c->head, data, len);
	head = upgrade_head(buf_data(&c->head), buf_len(&c->head));
	if (head == 0) {
		if (buf_len(&c->head) > UPGRADE_MAX)
			refuse(c, GATE_CLIENTS_END_NO_UPGRADE, 400);
		return;
	}
	status = upgrade_read(buf_data(&c->head), head, &u);
	if (status != 101) {
		refuse(c, GATE_CLIENTS_END_NO_UPGRADE, status);
		return;
	}
	if (!client_listen_allows(&c->all->setup, &u)) {
		refuse(c, GATE_CLIENTS_END_ORIGIN, 403);
		return;
	}
	open_ws(c, &u);
	buf_eat(&c->head, head);
	if (buf_len(&c->head) > 0 && c->state < CLIENT_CONN_CLOSING)
		ws_bytes(c, buf_data(&c->head), buf_len(&c->head));
	buf_free(&c->head);
}

/* ---- the wire ------------------------------------------------------- */

static void
on_bytes(struct wire *w, const char *data, size_t len)
{
	struct client_conn *c = container_of(w, struct client_conn, wire);
	uint64_t before = w->put;

	if (c->ws.ws != NULL)
		ws_bytes(c, data, len);
	else if (c->state == CLIENT_CONN_UPGRADE)
		read_request(c, data, len);
	c->answers += (size_t)(w->put - before);
	if (c->answers > GATE_CLIENTS_ANSWERS_MAX)
		client_conn_drop(c, GATE_CLIENTS_END_UNREAD);
}

static void
on_gone(struct wire *w, const char *why)
{
	client_conn_event(container_of(w, struct client_conn, wire),
	    CLIENT_CONN_EV_BROKE);
}

static void
on_drained(struct wire *w)
{
	struct client_conn *c = container_of(w, struct client_conn, wire);

	c->answers = 0;
	if (c->state < CLIENT_CONN_SNAPSHOT || c->state > CLIENT_CONN_LIVE
	    || !timer_pending(&c->deadline))
		return; /* nothing waits for it */
	timer_stop(&c->deadline);
	client_conn_wake(c);
}

static void
on_deadline(struct timer *t)
{
	client_conn_event(container_of(t, struct client_conn, deadline),
	    CLIENT_CONN_EV_DEADLINE);
}

static void
on_silence(struct timer *t)
{
	client_conn_event(container_of(t, struct client_conn, silent),
	    CLIENT_CONN_EV_SILENT);
}

void
client_conn_accept(struct gate_clients *all, int fd,
    const unsigned char address[16])
{
	struct client_conn *c = base_alloc(sizeof(*c));

	c->all = all;
	memcpy(c->address, address, sizeof(c->address));
	machine_init(&c->machine, step, NULL);
	c->wire.on_bytes = on_bytes;
	c->wire.on_gone = on_gone;
	c->wire.on_drained = on_drained;
	list_init(&c->busy);
	list_init(&c->link);
	timer_init(all->setup.timers, &c->deadline, on_deadline);
	timer_init(all->setup.timers, &c->silent, on_silence);
	if (wire_open(&c->wire, all->setup.loop, fd, all->setup.tls) < 0) {
		free(c);
		return;
	}
	list_append(&all->conns, &c->link);
	all->count.conns++;
	all->count.accepted++;
	timer_set(&c->deadline, GATE_CLIENTS_UPGRADE_S);
}
