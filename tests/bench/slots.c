/* SPDX-License-Identifier: MIT */
/*
 * The supervisor as it is, with so many shards as no machine has the processes
 * for: all of them are played by one, which says what they would and writes
 * their parts of the page.
 *
 *     slots CONFIG PROGRAM
 *
 * In the foreground, until it is killed.  PROGRAM is shardherd, which its handler
 * and its web are.  What a real shard costs besides, two descriptors, a fork and
 * its death, is not here.  See tools/bench-scale.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "shared/base/fd.h"
#include "shared/base/log.h"
#include "shared/base/secret.h"
#include "shared/config/config.h"
#include "shared/process/inherited.h"
#include "shared/process/proctitle.h"
#include "shared/wire/role_args.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/base/preflight.h"
#include "supervisor/child/spawn.h"
#include "supervisor/supervisor.h"

#define HEARTBEAT_S 10 /* of each; they take their turns */
#define TURNS 100      /* of a heartbeat's time */
#define EVENTS 10      /* of each between two heartbeats */
#define INTERVAL_MS 41250
#define SERIAL 9 /* of what they ask */

/* The linker's --wrap. */
int __real_spawn_child(struct member *, struct err *);
int __wrap_spawn_child(struct member *, struct err *);
int __wrap_preflight_fds_fit(uint32_t shards, struct err *);

struct played {
	struct ipc ipc; /* owned */
	struct store_session session;
	uint64_t key; /* of the session; 0: it has none yet */
};

/* Of the process that plays them. */
static struct {
	struct fleet *f;
	struct ev_loop *loop;
	struct played *shard; /* f->local of them */
	ev_io news;
	ev_timer turn;
	uint32_t next;
} plays;

/* The pid of all of them: a process that does nothing, of which the supervisor's
 * samples are like those of a shard. */
static pid_t sleeper;
static int to_player = -1; /* the supervisor's, to tell of a new one */

/* ---- the process that plays ----------------------------------------- */

static uint32_t
number(const struct played *p)
{
	return (uint32_t)(p - plays.shard);
}

static void
beat(struct played *p)
{
	struct page_slot *slot = &plays.f->page.slot[number(p)];
	struct page_shard *s = &slot->shard;

	p->session.seq += EVENTS;
	page_begin(&s->lock);
	s->heartbeat_ms = s->ack_ms = s->frame_ms = s->dispatch_ms =
	    clock_boot_ms();
	s->interval_ms = INTERVAL_MS;
	s->rtt_ms = 40;
	s->events += EVENTS;
	s->traffic += EVENTS;
	s->seq = s->acked_seq = p->session.seq;
	page_end(&s->lock);
	page_cursor_set(slot, p->key, p->session.seq);
}

static void
say_ready(struct played *p)
{
	struct page_shard *s = &plays.f->page.slot[number(p)].shard;
	struct msg_event ev = {.report = REPORT_READY};

	p->key = store_session_key(&p->session);
	page_begin(&s->lock);
	s->state = SHARD_READY;
	s->state_since_ms = clock_boot_ms();
	s->pid = sleeper;
	s->session = p->key;
	s->connects++;
	s->guilds = 1000;
	page_end(&s->lock);
	beat(p);
	ipc_send(&p->ipc, MSG_EVENT, (int32_t)number(p), 0, &ev, sizeof(ev),
	    -1);
}

static void
granted(struct played *p, const struct msg_permit_grant *g)
{
	struct msg_permit_done done = {.ledger_id = g->ledger_id,
	    .outcome = OUTCOME_READY};

	p->session = (struct store_session) {.shard = number(p),
	    .shard_count = plays.f->count,
	    .identity = plays.f->identity,
	    .intents = plays.f->config->intents,
	    .seq = 1,
	    .ready_ms = clock_wall_ms()};
	str_format(p->session.id, sizeof(p->session.id), "session-%u",
	    number(p));
	/* Others write, too; a real one tries again as well. */
	while (store_session_put(&plays.f->store, &p->session, NULL) == -1)
		usleep(10000);
	ipc_send(&p->ipc, MSG_PERMIT_DONE, (int32_t)number(p), SERIAL, &done,
	    sizeof(done), -1);
	say_ready(p);
}

static void
on_msg(struct ipc *ipc, const struct msg_hdr *h, const void *payload, int fd)
{
	struct played *p = container_of(ipc, struct played, ipc);
	struct msg_event ev = {.report = REPORT_SWITCHED};
	const struct msg_uplink *up = payload;

	if (fd != -1)
		close(fd); /* they have no events to send */
	if (h->type == MSG_PERMIT_GRANT)
		granted(p, payload);
	else if (h->type == MSG_UPLINK)
		ipc_send(ipc, MSG_EVENT, (int32_t)number(p), up->generation,
		    &ev, sizeof(ev), -1);
	else if (h->type == MSG_STOP)
		_exit(0);
}

static void
on_gone(struct ipc *ipc, const char *why)
{
	_exit(0); /* as the supervisor has ended */
}

static void
on_turn(struct ev_loop *loop, ev_timer *w, int revents)
{
	uint32_t n = plays.f->local / TURNS + 1;

	for (uint32_t i = 0; i < n; i++) {
		struct played *p = &plays.shard[plays.next++ % plays.f->local];

		if (p->key != 0)
			beat(p);
	}
}

static void
on_news(struct ev_loop *loop, ev_io *w, int revents)
{
	char room[CMSG_SPACE(sizeof(int))];
	uint32_t slot, generation[2];
	struct iovec v = {generation, sizeof(generation)};
	struct msghdr m = {.msg_iov = &v,
	    .msg_iovlen = 1,
	    .msg_control = room,
	    .msg_controllen = sizeof(room)};
	struct msg_hello hi = {.pid = sleeper};
	struct msg_permit_ask ask = {.cause = CAUSE_NO_SESSION};
	struct ipc *ipc;
	int fd;

	if (recvmsg(w->fd, &m, MSG_CMSG_CLOEXEC) != (ssize_t)v.iov_len
	    || CMSG_FIRSTHDR(&m) == NULL)
		_exit(0);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	slot = generation[0];
	hi.generation = generation[1];
	ipc = &plays.shard[slot].ipc;
	ipc_open(ipc, loop, fd, "supervisor", on_msg, on_gone);
	ipc_send(ipc, MSG_HELLO, (int32_t)slot, 0, &hi, sizeof(hi), -1);
	ipc_send(ipc, MSG_PERMIT_ASK, (int32_t)slot, SERIAL, &ask, sizeof(ask),
	    -1);
}

static void noreturn_fn
play(struct fleet *f, int news)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	inherited_signals_default();
	log_init(LOG_TO_PEOPLE, LOG_L_ERROR);
	plays.f = f;
	plays.loop = ev_loop_new(EVFLAG_NOENV);
	plays.shard = base_alloc(f->local * sizeof(*plays.shard));
	for (uint32_t i = 0; i < f->local; i++)
		plays.shard[i].ipc.fd = -1;
	proctitle_set("slots: plays %u shards", f->local);
	ev_io_init(&plays.news, on_news, news, EV_READ);
	ev_io_start(plays.loop, &plays.news);
	ev_timer_init(&plays.turn, on_turn, 0, (double)HEARTBEAT_S / TURNS);
	ev_timer_start(plays.loop, &plays.turn);
	ev_run(plays.loop, 0);
	_exit(0);
}

/* ---- in the supervisor ---------------------------------------------- */

static pid_t
start_sleeper(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	inherited_signals_default();
	fd_close_from(STDERR_FILENO + 1, NULL, 0);
	proctitle_set("slots: the process of each");
	for (;;)
		pause();
}

static int
start_player(struct fleet *f, struct err *e)
{
	pid_t player;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1)
		return err_sys(e, EXIT_DEGRADED, "can't make a socket pair");
	sleeper = start_sleeper();
	player = fork();
	if (player == -1 || sleeper == -1)
		return err_sys(e, EXIT_DEGRADED, "can't fork");
	if (player == 0) {
		close(fds[0]);
		play(f, fds[1]);
	}
	close(fds[1]);
	to_player = fds[0];
	return 0;
}

int
__wrap_spawn_child(struct member *c, struct err *e)
{
	char room[CMSG_SPACE(sizeof(int))] = {0};
	uint32_t what[2] = {c->slot, c->generation};
	struct iovec v = {what, sizeof(what)};
	struct msghdr m = {.msg_iov = &v,
	    .msg_iovlen = 1,
	    .msg_control = room,
	    .msg_controllen = sizeof(room)};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int fds[2];

	if (!member_is_shard(c))
		return __real_spawn_child(c, e);
	if (to_player == -1 && start_player(c->fleet, e) == -1)
		return -1;
	if (ipc_pair(fds, e) == -1)
		return -1;
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fds[1], sizeof(int));
	must(sendmsg(to_player, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(what));
	close(fds[1]);
	c->pid = sleeper;
	c->identity = c->fleet->identity;
	member_listen(c, fds[0]);
	return 0;
}

/* Two of the three that a shard needs are its process's. */
int
__wrap_preflight_fds_fit(uint32_t shards, struct err *e)
{
	return 0;
}

static int
no_shard(const struct shard_args *a)
{
	bug("a shard was forked");
}

static void
problem(const char *line, void *arg)
{
	fprintf(stderr, "%s\n", line);
}

int
main(int argc, char **argv)
{
	struct config *c = base_alloc(sizeof(*c));
	struct err e;

	if (argc > 1 && strncmp(argv[1], "--role=", 7) == 0) {
		execv(getenv("SLOTS_PROGRAM"), argv);
		perror("slots: SLOTS_PROGRAM");
		return EXIT_DEGRADED;
	}
	if (argc != 3)
		return EXIT_USAGE;
	setenv("SLOTS_PROGRAM", argv[2], 1);
	inherited_settle(false);
	proctitle_init(argc, argv);
	if (config_load(c, argv[1], problem, NULL, &e) == -1) {
		fprintf(stderr, "slots: %s\n", e.text);
		return e.code;
	}
	return supervisor_main(&(struct supervisor_args) {.config = c,
	    .argv = argv,
	    .ready_fd = -1,
	    .shard_main = no_shard});
}
