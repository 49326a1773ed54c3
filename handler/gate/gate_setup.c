/* SPDX-License-Identifier: MIT */
/* What the gate starts with, and what it takes over; see gate_impl.h. */
#include "handler/gate/gate_impl.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/store/client_token.h"
#include "shared/wire/inherit.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define GATE_CACHE_MAP ((size_t)256 << 20) /* address space to begin with */
#define GATE_CACHE_MAX ((size_t)64 << 30)

/* ---- what one module wants of another ------------------------------- */

static bool
on_append(struct feed *f, struct gatelog_record *r, const char *raw)
{
	struct gate *g = container_of(f, struct gate, feed);

	if (!gate_clients_append(g->clients, r, raw))
		return false;
	gate_asks_noted(g, r);
	return true;
}

static void
on_appended(struct feed *f)
{
	struct gate *g = container_of(f, struct gate, feed);

	g->grown = true;
	gate_clients_appended(g->clients);
}

static void
on_signal(struct ev_loop *loop, ev_io *io, int revents)
{
	struct gate *g = container_of(io, struct gate, signals);
	struct signalfd_siginfo si;

	while (read(io->fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo == SIGTERM)
			gate_stop(g, GATE_LAST_S);
}

/* ---- the start ------------------------------------------------------ */

static int
start_loop(struct gate *g, struct err *e)
{
	int fd;

	g->loop = ev_loop_new(EVFLAG_AUTO);
	if (g->loop == NULL)
		return err_set(e, EXIT_DEGRADED, "no event loop");
	g->timers = timer_base_new(g->loop);
	if (g->timers == NULL)
		return err_sys(e, EXIT_DEGRADED, "no timer");
	if ((fd = inherit_signals(e)) < 0)
		return -1;
	ev_io_init(&g->signals, on_signal, fd, EV_READ);
	ev_io_start(g->loop, &g->signals);
	gate_run(g);
	return 0;
}

/* Whose events are the bot's own. */
static uint64_t
read_self(const struct store *s)
{
	uint64_t id;

	return client_token_bot(s, &id, NULL) == 1 ? id : 0;
}

int
gate_setup(struct gate *g, const char *path, struct err *e)
{
	g->log_fd = inherit_given(CONTRACT_FD_GATE_LOG);
	g->listen_fd = inherit_given(CONTRACT_FD_GATE_LISTEN);
	if (inherit_config(&g->config, CONTRACT_FD_CONFIG, path, e) < 0
	    || inherit_nonce(CONTRACT_FD_TOKEN, &g->nonce, e) < 0
	    || page_attach(&g->page, CONTRACT_FD_STATS, e) < 0
	    || store_open(&g->store, g->config.state_dir, e) < 0)
		return -1;
	if (g->log_fd == -1 || g->listen_fd == -1)
		return err_set(e, EXIT_USAGE,
		    "the supervisor gave it no log or no socket");
	log_set_level((enum log_level)g->config.log_level);
	if (gate_desk_tls(g, e) < 0 || start_loop(g, e) < 0)
		return -1;
	g->state = GATE_STARTING;
	g->since_ms = clock_boot_ms();
	g->feed.loop = g->loop;
	g->feed.append = on_append;
	g->feed.appended = on_appended;
	feed_init(&g->feed);
	gate_channel_open(g);
	gate_state_set(g, GATE_STANDBY);
	gate_channel_ready(g);
	return 0;
}

_Static_assert((int)GUILD_CACHE_SELF == (int)CONFIG_MEMBERS_SELF
	&& (int)GUILD_CACHE_IN_VOICE == (int)CONFIG_MEMBERS_VOICE
	&& (int)GUILD_CACHE_SEEN == (int)CONFIG_MEMBERS_SEEN
	&& (int)GUILD_CACHE_ALL == (int)CONFIG_MEMBERS_ALL,
    "the same words");

/* ---- taking over ---------------------------------------------------- */

static int
open_log(struct gate *g, struct err *e)
{
	struct gatelog_found found;

	g->log = gatelog_attach(g->log_fd, (size_t)g->config.gate_log_bytes,
	    (int64_t)(g->config.gate_log_age_s * 1000), &found, e);
	if (g->log == NULL)
		return -1;
	if (found.damaged)
		log_error("the gate's log is damaged: %s. %llu events are "
			  "lost; clients that missed them IDENTIFY anew",
		    found.why, (unsigned long long)found.lost);
	g->log_lost += found.lost;
	log_info("the gate's log has %llu events",
	    (unsigned long long)found.records);
	return 0;
}

/* Without a cache sessions go on all the same. */
static void
open_cache(struct gate *g)
{
	char dir[CONFIG_PATH_MAX + 16];
	struct guild_cache_settings s = {.dir = dir,
	    .members = (enum guild_cache_members)g->config.gate_members,
	    .presences = g->config.gate_presences,
	    .map_size = GATE_CACHE_MAP,
	    .map_max = GATE_CACHE_MAX};
	struct guild_cache_found found;
	struct err e = {0};

	str_format(dir, sizeof(dir), "%s/cache", g->config.state_dir);
	g->cache = guild_cache_open(&s, &found, &e);
	if (g->cache != NULL && found.damaged)
		log_error("%s", found.why);
	if (g->cache != NULL)
		g->writer = cache_writer_start(g->log, g->cache, &found, &e);
	if (g->writer != NULL)
		return;
	if (g->cache != NULL)
		guild_cache_close(g->cache);
	g->cache = NULL;
	str_format(g->note, sizeof(g->note),
	    "there is no cache, clients can't IDENTIFY: %.120s", e.text);
	log_error("%s", g->note);
}

void
gate_setup_take_over(struct gate *g)
{
	struct err e = {0};

	if (g->log != NULL || g->state == GATE_STOPPING)
		return;
	g->feed.self = read_self(&g->store);
	if (open_log(g, &e) < 0) {
		log_error("the gate cannot take its place: %s", e.text);
		ev_break(g->loop, EVBREAK_ALL);
		return;
	}
	feed_attach(&g->feed, g->log);
	open_cache(g);
	if (gate_desk_open(g, &e) < 0) {
		log_error("the gate cannot take its place: %s", e.text);
		ev_break(g->loop, EVBREAK_ALL);
		return;
	}
	gate_asks_open(g);
	gate_state_set(g, GATE_READY);
}

void
gate_setup_release(struct gate *g)
{
	feed_free(&g->feed);
	gate_asks_close(g);
	gate_desk_close(g);
	if (g->writer != NULL)
		cache_writer_stop(g->writer);
	if (g->cache != NULL)
		guild_cache_close(g->cache);
	if (g->log != NULL)
		gatelog_detach(g->log);
	g->writer = NULL;
	g->cache = NULL;
	g->log = NULL;
	ev_io_stop(g->loop, &g->signals);
	close(g->signals.fd);
}
