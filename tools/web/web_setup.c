/* SPDX-License-Identifier: MIT */
/* What the web process starts with, its cage, and when it serves; see
 * web_impl.h. */
#include "tools/web/web_impl.h"

#include "shared/base/clock.h"
#include "shared/base/fd.h"
#include "shared/base/log.h"
#include "shared/base/secret.h"
#include "shared/net/tls.h"
#include "shared/process/sandbox.h"
#include "shared/state/keeper.h"
#include "shared/wire/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define DNS_PORT 53 /* for answers too long for UDP */

static void
on_signal(struct ev_loop *loop, ev_io *io, int revents)
{
	struct web *w = container_of(io, struct web, signals);
	struct signalfd_siginfo si;

	while (read(io->fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		if (si.ssi_signo == SIGTERM)
			web_stop(w);
}

static int
start_loop(struct web *w, struct err *e)
{
	int fd;

	w->loop = ev_loop_new(EVFLAG_AUTO);
	if (w->loop == NULL)
		return err_set(e, EXIT_DEGRADED, "no event loop");
	w->timers = timer_base_new(w->loop);
	if (w->timers == NULL)
		return err_sys(e, EXIT_DEGRADED, "no timer");
	if ((fd = inherit_signals(e)) < 0)
		return -1;
	ev_io_init(&w->signals, on_signal, fd, EV_READ);
	ev_io_start(w->loop, &w->signals);
	return 0;
}

/* ---- the cage ------------------------------------------------------- */

/* Its name is synced here: the cage keeps from what is above it. */
static void
make_dir(const char *state_dir, const char *path)
{
	if (mkdir(path, 0700) == 0)
		(void)fd_sync_dir(state_dir);
	else if (errno != EEXIST)
		log_warn("%s can't be made, so the history is not kept: %s",
		    path, strerror(errno));
}

/* What shared/view looks at, and nothing else of the fleet's. */
static void
enter_cage(struct web *w)
{
	static const char *const name[] = {"stats", "lock", "stopped",
	    "keeper"};
	const struct config *c = &w->config;
	char dir[CONFIG_PATH_MAX + 8], file[nitems(name)][CONFIG_PATH_MAX + 16];
	struct sandbox_cage cage = {.write = {dir}};
	struct keeper k;
	size_t n = 0;
	unsigned have;

	str_format(dir, sizeof(dir), "%s/web", c->state_dir);
	make_dir(c->state_dir, dir);
	for (size_t i = 0; i < nitems(name); i++) {
		str_format(file[i], sizeof(file[i]), "%s/%s", c->state_dir,
		    name[i]);
		cage.read[n++] = file[i];
	}
	cage.read[n++] = "/proc";
	if (w->push_url != NULL) {
		cage.system = true;
		cage.read[n++] = w->ca_file;
		cage.connect[0] = push_port(
		    c->proxy[0] != '\0' ? c->proxy : w->push_url);
		cage.connect[1] = DNS_PORT;
	}
	if (!c->sandbox)
		return;
	keeper_find(&k, c->state_dir); /* whose it is can't be asked in there */
	have = sandbox_enter_cage(&cage);
	log_debug("web is caged: files %d, calls %d, TCP %d",
	    (have & SANDBOX_FILES) != 0, (have & SANDBOX_CALLS) != 0,
	    (have & SANDBOX_NET) != 0);
}

/* ---- the start ------------------------------------------------------ */

/* A file that can't be used ends nothing else. */
static void
read_push_url(struct web *w)
{
	struct err e;

	if (w->config.web_push_file[0] == '\0')
		return;
	w->push_url = config_read_secret(w->config.web_push_file, "push", &e);
	if (w->push_url != NULL && push_port(w->push_url) == 0) {
		secret_free(w->push_url);
		w->push_url = NULL;
		err_set(&e, EXIT_CONFIG,
		    "[web] push_file holds no http or https URL.");
	}
	/* http needs none. */
	if (tls_find_ca(w->config.ca_file, w->ca_file, sizeof(w->ca_file), NULL)
	    == -1)
		w->ca_file[0] = '\0';
	if (w->push_url == NULL)
		log_error("Nothing is pushed: %s \"shardherd reload\" tries "
			  "again.",
		    e.text);
}

int
web_setup(struct web *w, const char *path, struct err *e)
{
	w->listen_fd[WEB_PRIVATE] = inherit_given(CONTRACT_FD_WEB_LISTEN);
	w->listen_fd[WEB_PUBLIC] = inherit_given(CONTRACT_FD_WEB_PUBLIC);
	if (inherit_config(&w->config, CONTRACT_FD_CONFIG, path, e) < 0
	    || inherit_nonce(CONTRACT_FD_TOKEN, &w->nonce, e) < 0)
		return -1;
	/* The page is read by its name: nothing of it can be written here. */
	close(CONTRACT_FD_STATS);
	log_set_level((enum log_level)w->config.log_level);
	if (start_loop(w, e) < 0)
		return -1;
	web_channel_open(w);
	read_push_url(w);
	enter_cage(w);
	return 0;
}

/* ---- in service ----------------------------------------------------- */

static struct http_reply *
on_private(void *w, const struct http_request *r)
{
	return web_routes_answer(w, WEB_PRIVATE, r);
}

static struct http_reply *
on_public(void *w, const struct http_request *r)
{
	return web_routes_answer(w, WEB_PUBLIC, r);
}

static void
listen_at(struct web *w, enum web_face face, http_server_fn *fn)
{
	struct err e;
	int fd;

	/* Ours stays, to be handed to the next supervisor. */
	if (w->listen_fd[face] == -1)
		return;
	fd = fcntl(w->listen_fd[face], F_DUPFD_CLOEXEC, 0);
	if (fd != -1)
		w->http[face] = http_server_new(w->loop, w->timers, fd, fn, w,
		    &e);
	if (w->http[face] == NULL)
		log_error("web does not answer at %s: %s",
		    face == WEB_PRIVATE ? w->config.web_listen
					: w->config.web_public_listen,
		    fd == -1 ? strerror(errno) : e.text);
}

static void
on_push(void *arg, struct buf *b)
{
	struct web *w = arg;

	web_routes_status(w, !w->config.web_push_public, b);
}

void
web_setup_take_over(struct web *w)
{
	char dir[CONFIG_PATH_MAX + 8];

	if (w->in_service || w->stopping)
		return;
	w->in_service = true;
	str_format(dir, sizeof(dir), "%s/web", w->config.state_dir);
	w->history = history_open(dir);
	listen_at(w, WEB_PRIVATE, on_private);
	listen_at(w, WEB_PUBLIC, on_public);
	if (w->push_url != NULL)
		w->push = push_new(&(struct push_setup) {.loop = w->loop,
		    .timers = w->timers,
		    .url = w->push_url,
		    .ca_file = w->ca_file,
		    .proxy = w->config.proxy,
		    .interval_s = w->config.web_push_interval_s,
		    .fn = on_push,
		    .arg = w});
	timer_set(&w->take, 0);
}

void
web_setup_release(struct web *w)
{
	for (int i = 0; i < WEB_FACES; i++)
		http_server_free(w->http[i]);
	push_free(w->push);
	for (int i = 0; i < WEB_PAGES; i++)
		http_reply_drop(w->made[i].reply);
	if (w->history != NULL)
		history_close(w->history);
	if (w->known)
		view_free(&w->view);
	secret_free(w->push_url);
	ev_io_stop(w->loop, &w->signals);
	close(w->signals.fd);
}
