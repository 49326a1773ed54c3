/* SPDX-License-Identifier: MIT */
/*
 * Start, loop, end of the supervisor process.  The checks come in the order
 * in which their failures should be told; what was acquired is given back in
 * reverse order at one place.
 */
#include "supervisor/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "shared/state/config_kept.h"
#include "shared/store/dbenv.h"
#include "shared/discord/gateway_url.h"
#include "shared/process/inherited.h"
#include "shared/state/keeper.h"
#include "shared/process/oom.h"
#include "shared/process/proctitle.h"
#include "shared/process/sandbox.h"
#include "shared/base/secret.h"
#include "shared/net/tls_memory.h"
#include "shared/net/tls_warm.h"
#include "shared/state/stopped.h"
#include "shared/base/text.h"
#include "shared/base/version.h"
#include "supervisor/base/preflight.h"
#include "supervisor/fleet.h"
#include "supervisor/fleet_parts.h"
#include "supervisor/base/last_words.h"
#include "supervisor/base/procfs.h"

#define REAP_MAX 64 /* children per wake-up; more wake us again */

struct signals {
	struct fleet *fleet;
	int fd;
	ev_io rd;
};

/* ---- logging -------------------------------------------------------- */

static void
log_hook(enum log_level level, const char *text, void *arg)
{
	struct fleet *f = arg;

	fleet_log_line(f->logs, level, "supervisor", text);
}

/* ---- signals -------------------------------------------------------- */

static void
reap(struct fleet *f)
{
	for (int i = 0; i < REAP_MAX; i++) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);
		struct member *c;

		if (pid <= 0)
			return;
		c = fleet_find(f, pid);
		if (c != NULL)
			member_reaped(c, status);
		else if (!helper_reaped(pid, status)
		    && !adopt_reaped(f->adopt, pid, status))
			log_debug("Process %d ended, not one of ours.",
			    (int)pid);
	}
	/* Signals are merged: what is left must not wait for the next one. */
	raise(SIGCHLD);
}

static void
on_stop_signal(struct signals *s, const char *who)
{
	struct fleet *f = s->fleet;

	if (f->stopping)
		stop_now(f->stop);
	else
		stop_begin(f->stop, false, who);
}

/* Whose signal it was, as far as the kernel and /proc tell. */
static void
signal_words(const struct signalfd_siginfo *si, char *out, size_t size)
{
	const char *name = si->ssi_signo == SIGINT ? "SIGINT" : "SIGTERM";
	char comm[32] = "";

	if (si->ssi_pid == 0) { /* the kernel's: a terminal */
		str_format(out, size, "%s of a terminal", name);
		return;
	}
	procfs_name((pid_t)si->ssi_pid, comm, sizeof(comm));
	text_format(out, size, "%s of pid %u%s%s%s, uid %u", name, si->ssi_pid,
	    comm[0] != '\0' ? " (" : "", comm, comm[0] != '\0' ? ")" : "",
	    si->ssi_uid);
}

static void
on_signal(struct ev_loop *loop, ev_io *w, int revents)
{
	struct signals *s = w->data;
	struct signalfd_siginfo si;
	bool chld = false, stop = false, hup = false;
	char who[CONTROL_WHO];

	while (read(s->fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		chld |= si.ssi_signo == SIGCHLD;
		if (si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT) {
			stop = true;
			signal_words(&si, who, sizeof(who));
		}
		hup |= si.ssi_signo == SIGHUP;
	}
	/* One order, whatever arrived together. */
	if (chld)
		reap(s->fleet);
	if (stop)
		on_stop_signal(s, who);
	if (hup)
		sighup_signal(s->fleet->sighup);
}

static int
signals_open(struct signals *s, struct fleet *f, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Ignored by whoever started us (nohup), it would never come. */
	inherited_take(SIGHUP);
	s->fleet = f;
	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->fd == -1)
		return err_sys(e, EXIT_DEGRADED, "can't make a signalfd");
	ev_io_init(&s->rd, on_signal, s->fd, EV_READ);
	s->rd.data = s;
	ev_io_start(f->loop, &s->rd);
	return 0;
}

static void
signals_close(struct signals *s)
{
	if (s->fd == -1)
		return;
	ev_io_stop(s->fleet->loop, &s->rd);
	close(s->fd);
}

/* ---- start ---------------------------------------------------------- */

static int
open_tls(struct fleet *f, struct err *e)
{
	const struct config *c = f->config;
	char ca[CONFIG_PATH_MAX];

	config_kept_ca(c, ca);
	f->tls = tls_client_new(ca, e);
	if (f->tls != NULL)
		(void)tls_warm(f->tls);
	tls_memory_end();
	if (f->tls != NULL)
		return tls_find_ca(ca, f->ca_file, sizeof(f->ca_file), e);
	/* A plain server on the desk needs no certificates. */
	return c->ca_file[0] == '\0' && strncmp(c->api, "http://", 7) == 0 ? 0
									   : -1;
}

static int
open_loop(struct fleet *f, struct err *e)
{
	f->loop = ev_loop_new(EVFLAG_NOENV | EVBACKEND_EPOLL);
	if (f->loop == NULL)
		return err_set(e, EXIT_DEGRADED, "can't make an event loop");
	f->timers = timer_base_new(f->loop);
	if (f->timers == NULL)
		return err_sys(e, EXIT_DEGRADED, "can't make a timer");
	return 0;
}

/* Everything before the first process; each step knows its own sentence. */
static int
prepare(struct fleet *f, bool foreground, char before[LAST_WORDS_MAX],
    struct err *e)
{
	struct config *c = f->config;
	char *token;

	/* First of all: with too few even this could not be told. */
	if (preflight_memory_fits(e) == -1
	    || preflight_fds_fit(c->shards > 0 ? (uint32_t)c->shards : 1, e)
		== -1
	    || preflight_owner(c, e) == -1 || preflight_dirs(c, e) == -1)
		return -1;
	if (f->lock_fd == -1)
		f->lock_fd = preflight_lock(c->state_dir, before, e);
	if (f->lock_fd != -1) {
		/* Whoever starts it takes back what a stop has said. */
		stopped_clear(c->state_dir);
		keeper_leave(c->state_dir, f->systemd->notify.fd != -1);
	}
	if (f->lock_fd == -1 || fleet_log_open(f->logs, c, foreground, e) == -1)
		return -1;
	log_init(LOG_TO_HOOK, (enum log_level)c->log_level);
	log_set_hook(log_hook, f);
	last_words_begin(fleet_log_last, f->logs, f->lock_fd);
	if (before[0] != '\0')
		log_warn("%s", before);
	preflight_strangers(c->state_dir);
	if (open_loop(f, e) == -1)
		return -1;
	token = f->token == NULL ? config_read_token(c->token_file, e) : NULL;
	if (f->token == NULL && token == NULL)
		return -1;
	if (token != NULL)
		f->token = secret_take(token);
	f->identity = secret_identity(f->token);
	if (open_tls(f, e) == -1)
		return -1;
	if (store_init(&f->store, c->state_dir, e) == -1)
		return -1;
	if (f->store.lost)
		log_error(
		    "The store %s is empty, though it was used before: its "
		    "data.mdb was deleted or cut. The sessions and the "
		    "identify ledger are gone, and every shard has to "
		    "IDENTIFY. If there is a copy, stop the fleet and put it "
		    "back.",
		    f->store.path);
	if (preflight_is_tmpfs(c->state_dir))
		log_warn("state_dir %s is in memory: after a reboot every "
			 "session and the identify ledger would be gone.",
		    c->state_dir);
	return control_open(&f->control, f, e);
}

/* The parts, and those that tick from now on. */
static void
init_parts(struct fleet *f)
{
	fleet_init(f);
	watch_init(f->watch, f);
	maintenance_init(f->maintenance, f);
	reboot_begin(&f->reboot, &f->store);
	program_find(f->argv[0], f->program_path, sizeof(f->program_path));
}

/* Shards do without what the kernel lacks: said once, for all of them. */
static void
tell_sandbox(const struct fleet *f)
{
	char missing[64];

	if (!f->config->sandbox)
		log_notice("[limits] sandbox is off: shards run without one.");
	else if (sandbox_probe(missing, sizeof(missing)) != SANDBOX_ALL)
		log_notice("This kernel has no %s: the shards' sandbox goes "
			   "without.",
		    missing);
}

/* As `plugin unload` leaves it: the handler reads this at its start. */
static int
hold_plugins(struct fleet *f, struct err *e)
{
	const struct config *c = f->config;
	char key[96];

	for (size_t i = 0; i < c->plugins; i++) {
		str_format(key, sizeof(key), CONTRACT_HELD_KEY "%s",
		    c->plugin[i].name);
		if (store_blob_put(&f->store, key, "1", 1, e) == -1)
			return -1;
	}
	log_notice("%zu plugins are held until they are loaded one by one.",
	    c->plugins);
	return 0;
}

/* Resumes at once where there are sessions; the question runs beside it. */
static int
begin(struct fleet *f, const struct arrival *a, struct err *e)
{
	uint32_t layout = a != NULL && a->count > 0 ? (uint32_t)a->count
						    : fleet_stored_layout(f);
	char why[GATEWAY_URL_WHY_MAX];
	struct store_gateway g;

	/* It may be of a time when api was another one. */
	if (store_gateway_get(&f->store, &g, NULL) == 1
	    && gateway_url_ok(g.url, f->config->api, why))
		str_copy(f->gateway_url, g.url, sizeof(f->gateway_url));
	log_notice("shardherd %s %s, pid %d, config %s.", SHARDHERD_VERSION,
	    a != NULL ? "goes on" : "starts", (int)getpid(), f->config->path);
	if (f->config->kept_for != NULL)
		log_error("The config file has a fault, and the fleet goes on "
			  "with the config it ran by: %s",
		    f->config->kept_for);
	tell_sandbox(f);
	if (layout > 0 && f->gateway_url[0] != '\0') {
		if (fleet_launch(f, layout, e) == -1)
			return -1;
		fleet_tell_ready(f);
		if (!f->adopt->busy)
			upgrade_settled(f->upgrade, 0);
	} else {
		/* A page at once, so that status can say what we wait for. */
		if (fleet_page(f,
			f->config->shards > 0 ? (uint32_t)f->config->shards : 1,
			e)
		    == -1)
			return -1;
		status_notes_say(&f->notes, NOTE_START,
		    "Asking Discord how many shards to run.");
		/* What tells of it does so before there are shards; bots of
		 * an earlier supervisor may have the nonce that is there. */
		if (nonce_read(&f->nonce, f->config->state_dir, f->token, e)
			== -1
		    && nonce_make(&f->nonce, f->config->state_dir, f->token, e)
			== -1)
			return -1;
		service_change_follow(f);
	}
	discord_info_want(f->discord_info, DISCORD_ASK_EVERYTHING);
	return 0;
}

/* ---- end ------------------------------------------------------------ */

static void
release_fleet(struct fleet *f)
{
	systemd_close(f->systemd);
	sighup_free(f->sighup);
	token_move_free(f->token_move);
	discord_info_stop(f->discord_info);
	adopt_close(f->adopt);
	upgrade_free(f->upgrade);
	alerts_close(f->alerts);
	timer_stop(&f->reshard->timer);
	day_totals_close(f->day_totals);
	next_start_stop(f->next_start);
	timer_stop(&f->launch_timer);
	timer_stop(&f->uplinks->timer);
	reload_effects_free(f->reload);
	rollout_effects_free(f->rollout);
	plugin_command_free(f->plugin_command);
	probe_stop(f->probe);
	timer_stop(&f->stop->timer);
	watch_cursors(f->watch);
	watch_stop(f->watch);
	maintenance_stop(f->maintenance);
	for (uint32_t i = 0; i < f->local; i++)
		member_free(&f->shard[i]);
	for (size_t i = 0; i < FLEET_HANDLERS; i++)
		member_free(&f->handler_slot[i]);
	service_each(f, member_free);
	timer_stop(&f->gate_lanes->timer);
	client_kick_stop(f->client_kick);
	clients_close(f->clients);
	free(f->shard);
	/* While what it tells of is still there. */
	status_page_close(f->status_page, f->exit_code);
	permit_free(f->permit);
	crash_brake_free(f->brake);
	store_writes_close(&f->writes);
	reboot_end(&f->store);
}

static void
release(struct fleet *f)
{
	if (f->control.fleet != NULL)
		control_close(&f->control);
	kept_close(f->kept);
	page_close(&f->page);
	SSL_CTX_free(f->tls);
	secret_drop(f->token);
	timer_base_free(f->timers);
	if (f->loop != NULL)
		ev_loop_destroy(f->loop);
	log_init(LOG_TO_PEOPLE, LOG_L_INFO);
	log_set_hook(NULL, NULL);
	last_words_over(f->lock_fd);
	fleet_log_close(f->logs);
	if (f->lock_fd != -1)
		close(f->lock_fd);
	if (f->ready_fd != -1)
		close(f->ready_fd);
	config_free(f->config);
}

/* Before the loop: whoever started us hears it, and so does the log. */
static int
refuse(struct fleet *f, struct err *e)
{
	char line[1200];

	for (char *p = e->text; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	str_format(line, sizeof(line), "error %d %s\n", e->code, e->text);
	if (f->ready_fd != -1)
		fd_write_all(f->ready_fd, line, strlen(line));
	if (f->logs->path[0] != '\0'
	    && (f->logs->fd != -1 || f->logs->stream.on))
		log_error("Not started: %s", e->text);
	if (f->ready_fd == -1 && !f->logs->stream.on)
		dprintf(STDERR_FILENO, "shardherd: %s\n", e->text);
	return e->code;
}

/* What the program before this one handed over takes the place of our own. */
static void
take_arrival(struct fleet *f, const struct supervisor_args *args)
{
	const struct arrival *a = args->arrival;

	if (args->token != NULL)
		f->token = secret_take(args->token);
	if (a == NULL)
		return;
	f->lock_fd = a->lock;
	if (a->nofile > 0)
		f->nofile.rlim_cur = a->nofile;
}

static void
take_kept(struct kept *k, const struct arrival *a)
{
	const int fd[KEPTS] = {[KEPT_GATE_LOG] = a->gate_log,
	    [KEPT_GATE_LISTEN] = a->gate_listen,
	    [KEPT_REST_LISTEN] = a->rest_listen,
	    [KEPT_WEB_LISTEN] = a->web_listen,
	    [KEPT_WEB_PUBLIC] = a->web_public};

	for (unsigned i = 0; i < KEPTS; i++)
		if (fd[i] != -1) {
			kept_take(k, i, fd[i]);
			close(fd[i]);
		}
}

static int
run(struct fleet *f, const struct supervisor_args *args)
{
	const struct arrival *a = args->arrival;
	struct signals s = {.fd = -1};
	char before[LAST_WORDS_MAX] = "";
	struct err e;
	int code;

	if (prepare(f, args->foreground, before, &e) == -1) {
		upgrade_return(f, a, &e);
		return refuse(f, &e);
	}
	init_parts(f);
	if (a != NULL) {
		str_copy(f->program_path, f->argv[0], sizeof(f->program_path));
		upgrade_arrive(f->upgrade, a);
		take_kept(f->kept, a);
	}
	if (signals_open(&s, f, &e) == -1
	    || (args->hold_plugins && hold_plugins(f, &e) == -1)
	    || begin(f, a, &e) == -1) {
		upgrade_return(f, a, &e);
		code = refuse(f, &e);
		f->exit_code = code;
	} else {
		systemd_start(f->systemd);
		if (before[0] != '\0')
			status_notes_past(&f->page, -1, "%s", before);
		status_notes_past(&f->page, -1, "supervisor %d %s, version %s",
		    (int)getpid(), a != NULL ? "goes on" : "started",
		    SHARDHERD_VERSION);
		/* What ended while nobody looked. */
		raise(SIGCHLD);
		dbenv_patience(DBENV_LOOP_WAIT_MS);
		ev_run(f->loop, 0);
		code = f->exit_code;
	}
	release_fleet(f);
	signals_close(&s);
	upgrade_leave(f->upgrade);
	log_notice("shardherd ends with exit code %d.", code);
	return code;
}

int
supervisor_main(const struct supervisor_args *args)
{
	struct fleet *f;
	int code;

	tls_memory_begin();
	f = fleet_new();
	f->config = args->config;
	f->argv = args->argv;
	f->ready_fd = args->ready_fd;
	f->lock_fd = f->logs->fd = f->page.fd = -1;
	f->started_ms = clock_boot_ms();
	f->foreground = args->foreground;
	f->shard_main = args->shard_main;
	systemd_open(f->systemd, f, args->foreground);
	proctitle_set("shardherd: supervisor");
	preflight_harden();
	preflight_raise_fds(&f->nofile);
	f->oom_base = oom_base();
	if (f->oom_base > OOM_SUPERVISOR)
		oom_set(OOM_SUPERVISOR);
	take_arrival(f, args);
	code = run(f, args);
	release(f);
	free(f);
	return code;
}
