/* SPDX-License-Identifier: MIT */
/*
 * The shard process: its loop, its life, the channel to the supervisor, the
 * stats page and the handler's acknowledgements.  It outlives its supervisor
 * for a bounded time, and its handler for as long as the queue lasts.
 */
#include "shard/shard_impl.h"

#include "shard/ending.h"
#include "shard/handler_switch.h"
#include "shard/session_actions.h"
#include "shard/session_record.h"
#include "shard/takeover.h"
#include "shard/events/traffic.h"

#include "shared/base/clock.h"
#include "shared/net/tls_memory.h"
#include "shared/store/dbenv.h"
#include "shared/process/sandbox.h"
#include "shared/base/secret.h"
#include "shared/base/version.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define TICK_S 10.0
#define DRAIN_SHARE 0.8 /* of the supervisor's deadline */
#define SETTLED_MS 5000 /* an outcome may not have been read so long */

/* ---- the stats page ------------------------------------------------- */

/* What an operator wants to read later; steps on the way are not. */
static void
tell_past(struct process *p)
{
	const struct page_shard *s = &p->stats;
	char text[sizeof(s->note) + 32];

	if (s->state == p->told_state && s->state_since_ms == p->told_ms)
		return;
	p->told_state = s->state;
	p->told_ms = s->state_since_ms;
	if (s->state != SHARD_READY && s->state != SHARD_WAITING
	    && s->state != SHARD_PERMIT && s->state != SHARD_HELD
	    && s->state != SHARD_DRAINING)
		return;
	str_format(text, sizeof(text), "%s: %s",
	    page_shard_state_name[s->state], s->note);
	page_past_add(&p->slot->past, (int32_t)p->args->id, text);
}

void
shard_publish(struct process *p)
{
	const size_t from = offsetof(struct page_shard, state);
	struct page_shard *to = &p->slot->shard;

	if (p->standby || p->handed)
		return;
	p->stats.queue_events = p->pending.queue.events;
	p->stats.queue_bytes = p->pending.queue.bytes;
	page_begin(&to->lock);
	memcpy((char *)to + from, (const char *)&p->stats + from,
	    sizeof(*to) - from);
	page_end(&to->lock);
	tell_past(p);
}

void
shard_take_stats(struct process *p)
{
	struct page_shard *st = &p->stats;

	if (!p->standby) {
		page_repair(&p->slot->shard.lock);
		page_repair(&p->slot->past.lock);
		(void)page_read(&p->slot->shard, st, sizeof(*st));
	}
	st->pid = getpid();
	st->rtt_ms = 0;
	st->heartbeat_ms = st->ack_ms = st->frame_ms = st->dispatch_ms = 0;
	st->interval_ms = 0;
	st->queue_events = st->queue_bytes = 0;
	st->seq = st->acked_seq = 0;
	st->guilds_pending = 0;
	(void)str_copy(st->note, "starting", sizeof(st->note));
}

/* ---- the supervisor ------------------------------------------------- */

static void
on_uplink_msg(struct process *p, const struct msg_uplink *m, int fd)
{
	if (fd < 0)
		return;
	if (m == NULL || p->standby || p->handed || fd_nonblock(fd) != 0
	    || fd_cloexec(fd, true) != 0)
		close(fd);
	else
		handler_switch_uplink(p, m->generation, fd);
}

static void
on_grant(struct process *p, uint32_t serial, const struct msg_permit_grant *m)
{
	struct session_in in = {.code = serial, .text = ""};

	if (m == NULL)
		return;
	in.value = m->ledger_id;
	session_input(&p->session, SESSION_EV_GRANT, &in);
}

static void
on_stop(struct process *p, const struct msg_stop *m)
{
	if (m != NULL)
		ending_stop(p, m->end_sessions != 0,
		    m->deadline_ms * DRAIN_SHARE / 1000);
}

static void
on_gateway(struct process *p, const struct msg_gateway *m)
{
	if (m == NULL || memchr(m->url, '\0', sizeof(m->url)) == NULL
	    || strcmp(m->url, p->main_url) == 0)
		return;
	(void)str_copy(p->main_url, m->url, sizeof(p->main_url));
	log_debug("new connections go to %s", p->main_url);
	session_input(&p->session, SESSION_EV_MOVED, NULL);
}

static void
on_supervisor_msg(struct ipc *ipc, const struct msg_hdr *h, const void *payload,
    int fd)
{
	struct process *p = container_of(ipc, struct process, ipc);

	switch (h->type) {
	case MSG_UPLINK:
		on_uplink_msg(p,
		    ipc_payload(h, payload, sizeof(struct msg_uplink)), fd);
		return;
	case MSG_PERMIT_GRANT:
		on_grant(p, h->serial,
		    ipc_payload(h, payload, sizeof(struct msg_permit_grant)));
		break;
	case MSG_STOP:
		on_stop(p, ipc_payload(h, payload, sizeof(struct msg_stop)));
		break;
	case MSG_RECONNECT:
		session_input(&p->session, SESSION_EV_ORDER, NULL);
		break;
	case MSG_RENEW:
		session_input(&p->session, SESSION_EV_RENEW, NULL);
		break;
	case MSG_LOG_LEVEL:
		contract_log_level(
		    ipc_payload(h, payload, sizeof(struct msg_log_level)));
		break;
	case MSG_GATEWAY:
		on_gateway(p,
		    ipc_payload(h, payload, sizeof(struct msg_gateway)));
		break;
	case MSG_HAND_OVER:
		takeover_hand_over(p);
		break;
	case MSG_TAKE_OVER:
		takeover_take_over(p);
		break;
	default:
		log_warn("the supervisor sent %s, which is not for a shard",
		    contract_msg_name(h->type));
	}
	if (fd >= 0)
		close(fd);
}

void
shard_orphaned(struct process *p, const char *why)
{
	if (!orphan_begin(&p->orphan)) {
		log_warn("the supervisor is gone (%s)", why);
		ending_stop(p, false, ENDING_FATAL_S);
		return;
	}
	/* An upgrade looks like this, too: orphan.c warns when it lasts. */
	log_debug("the supervisor is gone (%s): the session goes on", why);
}

static void
on_supervisor_gone(struct ipc *ipc, const char *why)
{
	struct process *p = container_of(ipc, struct process, ipc);

	if (p->stopping)
		return;
	if (p->standby)
		takeover_alone(p);
	else
		shard_orphaned(p, why);
}

/* ---- as an orphan --------------------------------------------------- */

static struct process *
process_of(struct orphan *o)
{
	return container_of(o, struct process, orphan);
}

static void
describe(struct orphan *o, struct msg_adopt *m)
{
	const struct process *p = process_of(o);

	m->generation = p->args->generation;
	m->ready = p->was_ready;
	m->shard_count = p->args->count;
	handler_switch_describe(p, m);
	if (p->settled_ms == 0 || p->settled_ms + SETTLED_MS < o->since_ms)
		return;
	m->ledger_id = p->settled.ledger_id;
	m->outcome = p->settled.outcome;
	m->close_code = p->settled.close_code;
}

static void
on_adopted(struct orphan *o)
{
	struct process *p = process_of(o);

	log_debug("a supervisor has taken over");
	p->settled_ms = 0;
	session_actions_ask_again(p);
}

static void
on_leave(struct orphan *o, const char *why)
{
	log_notice("stopping as an orphan: %s", why);
	process_of(o)->alone = true;
	ending_stop(process_of(o), false, ENDING_FATAL_S);
}

static const struct orphan_ops orphan_ops = {.describe = describe,
    .adopted = on_adopted,
    .leave = on_leave};

static void
say_hello(struct process *p)
{
	struct msg_hello m = {.pid = getpid(),
	    .generation = p->args->generation};

	(void)str_copy(m.build, SHARDHERD_VERSION, sizeof(m.build));
	(void)ipc_send(&p->ipc, MSG_HELLO, (int32_t)p->args->id, 0, &m,
	    sizeof(m), -1);
}

/* ---- housekeeping --------------------------------------------------- */

static void
on_signal(struct ev_loop *loop, ev_io *w, int revents)
{
	struct process *p = container_of(w, struct process, signals);
	struct signalfd_siginfo si;

	while (read(p->signal_fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		ending_stop(p, false,
		    p->args->config->stop_timeout_s * DRAIN_SHARE);
}

static void
look_at_traffic(struct process *p)
{
	struct page_cluster fleet;
	const char *stale;

	if (!page_read(&p->args->page->head->cluster, &fleet, sizeof(fleet)))
		return;
	stale = traffic_tick(&p->stats, &fleet, TICK_S, clock_boot_ms());
	if (stale != NULL)
		log_notice("no %s came for a day: taken for how it is from now "
			   "on",
		    stale);
}

static void
on_tick(struct timer *t)
{
	struct process *p = container_of(t, struct process, tick);

	timer_set(&p->tick, TICK_S);
	if (p->standby || p->handed)
		return;
	if (p->due != SESSION_RECORD_CLEAN)
		session_record_retry(p);
	look_at_traffic(p);
	outbox_tick(&p->pending);
	handler_switch_room(p);
}

/* What the last events took; the queue's own when all is acknowledged. */
static bool
give_back(struct quiet *q)
{
	struct process *p = container_of(q, struct process, quiet);

	queue_trim(&p->pending.queue);
	websocket_trim(p->conn);
	tls_memory_trim();
	return queue_held(&p->pending.queue) == 0;
}

/* Once per turn, for whatever happened in it. */
static void
on_prepare(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct process *p = container_of(w, struct process, turn);

	if (!p->handed)
		uplink_turn(p->uplink);
	quiet_turn(&p->quiet, p->stats.frame_ms);
	shard_publish(p);
	ending_leave_if_drained(p);
}

/* ---- life ----------------------------------------------------------- */

static int
open_signals(struct process *p)
{
	sigset_t set;

	/* The terminal's ^C is the supervisor's business, not ours. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	p->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (p->signal_fd < 0)
		return -1;
	ev_io_init(&p->signals, on_signal, p->signal_fd, EV_READ);
	ev_io_start(p->loop, &p->signals);
	return 0;
}

static int
open_loop(struct process *p)
{
	p->loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
	if (p->loop == NULL)
		return -1;
	p->timers = timer_base_new(p->loop);
	if (p->timers == NULL || open_signals(p) != 0)
		return -1;
	ev_prepare_init(&p->turn, on_prepare);
	ev_prepare_start(p->loop, &p->turn);
	timer_init(p->timers, &p->tick, on_tick);
	timer_init(p->timers, &p->drain, ending_drain_over);
	quiet_init(&p->quiet, p->timers, give_back);
	session_record_init(p);
	takeover_init(p);
	return 0;
}

void
shard_name_session(struct process *p, const struct store_session *rec)
{
	struct up_session us = {0};

	if (!p->session.held) {
		p->stats.session = 0;
		p->stats.guilds = 0;
		return;
	}
	us.session = p->session.hash;
	(void)str_copy(us.id, rec->id, sizeof(us.id));
	outbox_session(&p->pending, &us);
	p->stats.acked_seq = outbox_none(&p->pending)
	    ? rec->seq
	    : page_cursor_get(p->slot, us.session);
}

static void
open_session(struct process *p, const struct store_session *rec,
    enum identify_cause cause)
{
	const struct config *c = p->args->config;
	struct session_limits lim = {.main_url = p->main_url,
	    .connect_s = c->connect_timeout_s,
	    .hello_s = c->hello_timeout_s,
	    .ready_s = c->ready_timeout_s,
	    .identify_interval_s = c->identify_interval_s,
	    .start_spread = p->args->generation == 0 ? 1 : 0,
	    .api = c->api};

	(void)str_copy(p->main_url, p->args->gateway_url, sizeof(p->main_url));
	session_init(&p->session, p->timers, &session_actions_ops, p, &lim,
	    &p->stats, rec, cause);
	if (p->standby)
		session_standby(&p->session);
	else
		shard_name_session(p, rec);
}

static void
open_parts(struct process *p, const struct store_session *rec,
    enum identify_cause cause)
{
	struct receive_to to = {.session = &p->session,
	    .pending = &p->pending,
	    .stats = &p->stats,
	    .slot = p->slot,
	    .fleet = &p->args->page->head->cluster};

	ws_linger_init(&p->farewell, p->loop, p->timers);
	to.uplink = p->uplink = uplink_new(p->loop, &p->pending.queue,
	    &handler_switch_ops, p);
	to.sends = p->sends = send_queue_new(p->timers,
	    &session_actions_sends_ops, p);
	open_session(p, rec, cause);
	receive_init(&p->receive, &to);
	receive_recall(&p->receive);
	handler_switch_init(p);
	ipc_open(&p->ipc, p->loop, p->args->control_fd, "supervisor",
	    on_supervisor_msg, on_supervisor_gone);
	orphan_init(&p->orphan, p->timers, &p->ipc, p->args->config,
	    CONTRACT_SHARD, (int32_t)p->args->id, p->args->log_fd,
	    p->args->nonce, &orphan_ops);
}

static void
close_parts(struct process *p)
{
	session_actions_free(p);
	session_free(&p->session);
	handler_switch_free(p);
	uplink_free(p->uplink);
	send_queue_free(p->sends);
	ws_linger_drop(&p->farewell);
	orphan_end(&p->orphan);
	ipc_close(&p->ipc);
}

static void
close_loop(struct process *p)
{
	if (p->loop == NULL)
		return;
	if (p->timers != NULL) {
		timer_stop(&p->tick);
		timer_stop(&p->record_late);
		timer_stop(&p->drain);
		timer_stop(&p->lonely);
		quiet_stop(&p->quiet);
	}
	timer_base_free(p->timers);
	if (p->signal_fd >= 0)
		close(p->signal_fd);
	ev_loop_destroy(p->loop);
}

static void
run(struct process *p, const struct store_session *rec,
    enum identify_cause cause)
{
	open_parts(p, rec, cause);
	say_hello(p);
	timer_set(&p->tick, TICK_S);
	session_input(&p->session, SESSION_EV_START, NULL);
	dbenv_patience(DBENV_LOOP_WAIT_MS);
	ev_run(p->loop, 0);
	dbenv_patience(DBENV_WAIT_MS);
	if (p->due != SESSION_RECORD_CLEAN && !p->standby && !p->handed)
		session_record_retry(p);
	ending_keep_pending(p);
	/* No supervisor has copied the cursor, and the page may not last. */
	if (p->alone && p->session.held)
		session_record_put(p, &p->session.rec);
	p->stats.state = SHARD_DOWN;
	p->stats.state_since_ms = clock_boot_ms();
	p->stats.pid = 0;
	shard_publish(p);
	close_parts(p);
}

static void
open_pending(struct process *p)
{
	const struct config *c = p->args->config;
	struct outbox_limits l = {.dir = p->spool_dir,
	    .queue_bytes = (uint64_t)c->queue_bytes,
	    .spool_bytes = (uint64_t)c->spool_bytes,
	    .spool_age_ms = (uint64_t)(c->spool_age_s * 1000)};

	must(str_format(p->spool_dir, sizeof(p->spool_dir), "%s/spool/%u",
	    c->state_dir, p->args->id));
	outbox_init(&p->pending, &l, &p->stats);
	if (!p->standby)
		outbox_take(&p->pending);
}

static int
no_succession(void)
{
	log_warn("there is no session to take over");
	return EXIT_TRY_LATER;
}

int
shard_main(const struct shard_args *args)
{
	static struct process process;
	struct process *p = &process;
	struct store_session rec;
	enum identify_cause cause;

	/* A core would hold the token (I6). */
	secret_no_core();
	log_init(LOG_TO_PIPE, (enum log_level)args->config->log_level);
	p->args = args;
	p->slot = &args->page->slot[args->slot];
	p->signal_fd = -1;
	p->exit_code = EXIT_FINE;
	p->standby = args->successor;
	p->presence = args->presence;
	shard_take_stats(p);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK
	    || open_loop(p) != 0) {
		log_error("cannot start: %s", strerror(errno));
		close_loop(p);
		return EXIT_DEGRADED;
	}
	/* What it needs of the system's files is loaded or stays readable. */
	if (args->config->sandbox)
		(void)sandbox_enter(args->config->state_dir,
		    args->config->ca_file);
	open_pending(p);
	if (session_record_load(p, &rec, &cause) != 0)
		p->exit_code = EXIT_DEGRADED;
	else if (p->standby && rec.id[0] == '\0')
		p->exit_code = no_succession();
	else
		run(p, &rec, cause);
	outbox_close(&p->pending);
	close_loop(p);
	return p->exit_code;
}
