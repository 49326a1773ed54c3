/* SPDX-License-Identifier: MIT */
/* Starts the bot, and ends as it does; see runner.h. */
#include "handler/runner/runner.h"

#include "handler/runner/runner_impl.h"
#include "shared/base/log.h"
#include "shared/base/secret.h"
#include "shared/guest/stragglers.h"
#include "shared/process/proctitle.h"
#include "shared/wire/inherit.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the end -------------------------------------------------------- */

static void
on_late(struct timer *t)
{
	struct runner *r = container_of(t, struct runner, stop);

	log_warn("the bot did not end on SIGTERM: it is killed");
	guest_signal(r->guest.pid, SIGKILL);
}

void
runner_stop(struct runner *r, double within_s)
{
	if (r->guest.pid == 0) {
		r->stopping = true;
		ev_break(r->loop, EVBREAK_ALL);
		return;
	}
	/* Asked twice: it has had its time. */
	if (r->stopping) {
		guest_signal(r->guest.pid, SIGKILL);
		return;
	}
	r->stopping = true;
	orphan_end(&r->orphan);
	guest_signal(r->guest.pid, SIGTERM);
	timer_set(&r->stop, within_s * RUNNER_KILL_PART);
}

static bool
is_bot(void *arg, pid_t pid)
{
	return pid == ((struct runner *)arg)->guest.pid;
}

static void
on_child(struct runner *r)
{
	if (r->guest.pid == 0 || !guest_ended(r->guest.pid, &r->status)) {
		stragglers_end(is_bot, r);
		return;
	}
	r->guest.pid = 0;
	timer_stop(&r->stop);
	runner_lines_last(&r->out);
	runner_lines_last(&r->err);
	runner_lines_cut(r, true);
	runner_channel_words(r);
	ev_break(r->loop, EVBREAK_ALL);
}

static void
on_signal(struct ev_loop *loop, ev_io *io, int revents)
{
	struct runner *r = container_of(io, struct runner, signals);
	struct signalfd_siginfo si;
	bool child = false, stop = false;

	while (read(io->fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		child |= si.ssi_signo == SIGCHLD;
		stop |= si.ssi_signo == SIGTERM;
	}
	if (child)
		on_child(r);
	if (stop)
		runner_stop(r, r->config.stop_timeout_s);
}

static void
on_tick(struct timer *t)
{
	runner_lines_cut(container_of(t, struct runner, tick), false);
	timer_set(t, RUNNER_TICK_S);
}

/* What it says of the bot to who waits for us; no core of ours, as we have a
 * nonce. */
static int
end_alike(const struct runner *r)
{
	if (r->stopping)
		return EXIT_FINE;
	if (!WIFSIGNALED(r->status))
		return WEXITSTATUS(r->status);
	signal(WTERMSIG(r->status), SIG_DFL);
	sigprocmask(SIG_SETMASK, &(sigset_t) {0}, NULL);
	raise(WTERMSIG(r->status));
	return EXIT_DEGRADED;
}

/* ---- the start ------------------------------------------------------ */

struct environment {
	char token[256], api[256], gateway[CONFIG_PATH_MAX + 32], client[96];
};

/* Wildcard addresses are reached at this machine's own. */
static void
put_url(char *out, size_t size, const char *name, const char *scheme,
    const char *address, const char *path)
{
	char host[64];
	uint16_t port;
	bool any = config_address(address, host, &port)
	    && (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0);

	if (any)
		str_format(out, size, "%s=%s://%s:%u%s", name, scheme,
		    host[0] == ':' ? "[::1]" : "127.0.0.1", port, path);
	else
		str_format(out, size, "%s=%s://%s%s", name, scheme, address,
		    path);
}

static void
describe(struct environment *v, struct guest_job *job, const struct runner *r,
    const char *token)
{
	const struct config *c = &r->config;
	bool tls = c->gate_tls_cert[0] != '\0';
	size_t n = 0;

	str_format(v->token, sizeof(v->token), "DISCORD_TOKEN=%s", token);
	str_format(v->client, sizeof(v->client), "SHARDHERD_CLIENT=%s",
	    r->client->name);
	if (c->gate_url[0] != '\0')
		str_format(v->gateway, sizeof(v->gateway), "DISCORD_GATEWAY=%s",
		    c->gate_url);
	else
		put_url(v->gateway, sizeof(v->gateway), "DISCORD_GATEWAY",
		    tls ? "wss" : "ws", c->gate_listen, "");
	put_url(v->api, sizeof(v->api), "DISCORD_API", tls ? "https" : "http",
	    c->gate_rest_listen, "/api");
	job->env[n++] = v->client;
	job->env[n++] = v->token;
	job->env[n++] = v->gateway;
	if (c->gate_rest_listen[0] != '\0')
		job->env[n++] = v->api;
}

static int
start_guest(struct runner *r, const char *token, struct err *e)
{
	const struct config_client *c = r->client;
	struct guest_job job = {.exec = c->exec,
	    .user = c->user,
	    .memory = c->memory,
	    .nofile = c->nofile,
	    .nice = c->nice,
	    .sandbox = c->sandbox,
	    .death_signal = SIGKILL};
	struct environment v;
	char dir[CONFIG_PATH_MAX];
	int rc;

	inherit_dir(&r->config, dir, sizeof(dir));
	if (c->dir[0] != '\0')
		str_copy(dir, c->dir, sizeof(dir));
	describe(&v, &job, r, token);
	rc = guest_start(&r->guest, &job, dir, &r->limits, e);
	explicit_bzero(&v, sizeof(v));
	if (rc == -1) {
		r->guest.pid = 0;
		return -1;
	}
	/* It reads nothing but the end. */
	close(r->guest.in);
	runner_lines_open(&r->out, r, r->guest.out);
	runner_lines_open(&r->err, r, r->guest.err);
	return 0;
}

static int
start_loop(struct runner *r, struct err *e)
{
	int fd;

	r->loop = ev_loop_new(EVFLAG_AUTO);
	if (r->loop == NULL)
		return err_set(e, EXIT_DEGRADED, "no event loop");
	r->timers = timer_base_new(r->loop);
	if (r->timers == NULL)
		return err_sys(e, EXIT_DEGRADED, "no timer");
	if ((fd = inherit_signals(e)) < 0)
		return -1;
	ev_io_init(&r->signals, on_signal, fd, EV_READ);
	ev_io_start(r->loop, &r->signals);
	timer_init(r->timers, &r->tick, on_tick);
	timer_init(r->timers, &r->stop, on_late);
	timer_set(&r->tick, RUNNER_TICK_S);
	return 0;
}

static int
setup(struct runner *r, const char *path, const char *name, struct err *e)
{
	char *token;
	int rc = -1;

	if (inherit_config(&r->config, CONTRACT_FD_CONFIG, path, e) < 0
	    || inherit_nonce(CONTRACT_FD_TOKEN, &r->nonce, e) < 0
	    || (token = inherit_token(CONTRACT_FD_RUN_TOKEN, e)) == NULL)
		return -1;
	/* Nobody needs them here. */
	close(CONTRACT_FD_STATS);
	log_set_level((enum log_level)r->config.log_level);
	r->client = config_client(&r->config, name);
	if (r->client == NULL || r->client->exec[0] == '\0')
		err_set(e, EXIT_CONFIG, "[client \"%s\"] has no exec", name);
	else if (start_loop(r, e) == 0) {
		guest_confine(&r->limits, &r->config);
		stragglers_adopt();
		runner_channel_open(r);
		rc = start_guest(r, token, e);
	}
	explicit_bzero(token, INHERIT_TOKEN_MAX + 1);
	free(token);
	return rc;
}

int
runner_main(int argc, char **argv)
{
	static struct runner r;
	struct err e = {0};
	uint64_t generation;

	log_init(LOG_TO_PIPE, LOG_L_INFO);
	if (argc != 3 || !str_to_u64(argv[1], &generation)) {
		log_error("a runner is started by the supervisor, not by hand");
		return EXIT_USAGE;
	}
	r.generation = (uint32_t)generation;
	r.ipc.fd = r.out.fd = r.err.fd = -1;
	proctitle_set("shardherd: client %s", argv[2]);
	guest_limits_save(&r.limits);
	secret_no_core();
	inherit_fds(CONTRACT_FD_RUN_TOKEN);
	if (setup(&r, argv[0], argv[2], &e) < 0) {
		log_error("the bot cannot be started: %s", e.text);
		return e.code;
	}
	log_info("the bot is started, pid %d", (int)r.guest.pid);
	runner_channel_up(&r);
	ev_run(r.loop, 0);
	stragglers_end_all();
	ipc_close(&r.ipc);
	return end_alike(&r);
}
