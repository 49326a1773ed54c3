/* SPDX-License-Identifier: MIT */
#include "tools/sim/run.h"

#include "tools/sim/base/cert.h"
#include "tools/sim/control/control.h"
#include "tools/sim/gateway/fault.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/control/generator.h"
#include "tools/sim/base/hostnames.h"
#include "tools/sim/book/asked.h"
#include "tools/sim/book/pings.h"
#include "tools/sim/page/page.h"
#include "tools/sim/rest/rest.h"
#include "tools/sim/routes/routes.h"
#include "tools/sim/control/script.h"
#include "tools/sim/control/setting.h"
#include "tools/sim/book/starts.h"
#include "tools/sim/book/stats.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world.h"
#include "tools/sim/saved/world_file.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"

#include <errno.h>
#include <ev.h>
#include <limits.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_IDLE_CHECK_S 0.5

struct run {
	struct sim sim;
	ev_signal term, intr;
	ev_timer idle;
	uint64_t busy_ms; /* clock_boot_ms() of the last connection */
};

static int
make_dir(struct sim *sim, struct err *err)
{
	char path[PATH_MAX];

	if (mkdir(sim->cfg.dir, 0755) < 0 && errno != EEXIST)
		return err_sys(err, EXIT_DEGRADED, "cannot make %s",
		    sim->cfg.dir);
	if (!realpath(sim->cfg.dir, path))
		return err_sys(err, EXIT_DEGRADED, "cannot use %s",
		    sim->cfg.dir);
	free(sim->cfg.dir);
	sim->cfg.dir = base_strdup(path);
	return 0;
}

/* Writes DIR/name in one step. */
static int
put_file(struct sim *sim, const char *name, const char *text, mode_t mode,
    struct err *err)
{
	char path[PATH_MAX], part[PATH_MAX];
	mode_t old = umask(0);
	FILE *f;
	int bad;

	str_format(path, sizeof(path), "%s/%s", sim->cfg.dir, name);
	str_format(part, sizeof(part), "%s/%s.part", sim->cfg.dir, name);
	umask(mode ^ 0666);
	f = fopen(part, "w");
	umask(old);
	if (!f)
		return err_sys(err, EXIT_DEGRADED, "cannot write %s", part);
	bad = fputs(text, f) < 0;
	bad |= fclose(f) != 0;
	if (bad || rename(part, path) < 0)
		return err_sys(err, EXIT_DEGRADED, "cannot write %s", path);
	return 0;
}

static bool
read_token(struct sim *sim, const char *name, char *token)
{
	char path[PATH_MAX], text[SIM_TOKEN_MAX] = "";
	FILE *f;

	str_format(path, sizeof(path), "%s/%s", sim->cfg.dir, name);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	text[strcspn(text, "\r\n")] = '\0';
	str_copy(token, text, SIM_TOKEN_MAX);
	return text[0] != '\0';
}

static const char base64url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#define TOKEN_DATE 6	/* characters between the dots */
#define TOKEN_SECRET 38 /* and after them */

static size_t
invent(char *to, size_t n)
{
	unsigned char raw[TOKEN_SECRET];

	must(n <= sizeof(raw) && RAND_bytes(raw, (int)n) == 1);
	for (size_t i = 0; i < n; i++)
		to[i] = base64url[raw[i] % 64];
	return n;
}

/* Of Discord's shape, which some libraries read: the bot's id in base64, a
 * date and a secret, with dots between. */
static void
invent_token(uint64_t app, char *to)
{
	char id[24];

	must(str_format(id, sizeof(id), "%" PRIu64, app));
	to += EVP_EncodeBlock((unsigned char *)to, (unsigned char *)id,
	    (int)strlen(id));
	while (to[-1] == '=')
		to--;
	*to++ = '.';
	to += invent(to, TOKEN_DATE);
	*to++ = '.';
	to += invent(to, TOKEN_SECRET);
	*to = '\0';
}

/* The n-th bot's: kept in token, token.2, ... */
static int
make_token(struct sim *sim, unsigned n, struct err *err)
{
	char text[SIM_TOKEN_MAX + 1], name[16], *token = sim->bot[n].token;
	uint64_t app = user_id(sim->world, user_bot(sim->world, n));

	if (n == 0)
		str_copy(name, "token", sizeof(name));
	else
		str_format(name, sizeof(name), "token.%u", n + 1);
	if (token[0] == '\0' && !read_token(sim, name, token))
		invent_token(app, token);
	str_format(text, sizeof(text), "%s\n", token);
	return put_file(sim, name, text, 0600, err);
}

static int
make_tokens(struct sim *sim, struct err *err)
{
	for (unsigned n = 0; n < sim->cfg.bots; n++) {
		sim->bot[n].flags = sim->bot[0].flags;
		if (make_token(sim, n, err) < 0)
			return -1;
	}
	return 0;
}

/* The file scripts source; its being there says that everything listens. */
static int
write_urls(struct sim *sim, struct err *err)
{
	char text[2 * PATH_MAX + 4 * SIM_URL_MAX];

	if (!str_format(text, sizeof(text),
		"SIM_API=%s\nSIM_GATEWAY=%s\nSIM_RESUME=%s\nSIM_CA=%s%s\n"
		"SIM_TOKEN_FILE=%s/token\nSIM_PID=%d\nSIM_PAGE=%.*s\n",
		sim->url_api, sim->url_gateway, sim->url_resume,
		sim->cfg.plain ? "" : sim->cfg.dir,
		sim->cfg.plain ? "" : "/ca.pem", sim->cfg.dir, (int)getpid(),
		(int)(strlen(sim->url_api) - strlen("api/v10")), sim->url_api))
		return err_set(err, EXIT_USAGE, "the path %s is too long.",
		    sim->cfg.dir);
	return put_file(sim, "urls", text, 0644, err);
}

static void
remove_urls(struct sim *sim)
{
	char path[PATH_MAX];

	str_format(path, sizeof(path), "%s/urls", sim->cfg.dir);
	unlink(path);
}

static void
on_signal(struct ev_loop *loop, ev_signal *s, int revents)
{
	ev_break(loop, EVBREAK_ALL);
}

static void
on_idle(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct run *r = container_of(t, struct run, idle);
	uint64_t now = clock_boot_ms();

	if (r->sim.gateway->conn_count > 0)
		r->busy_ms = now;
	else if (now - r->busy_ms > (uint64_t)(r->sim.cfg.idle_exit_s * 1000))
		ev_break(loop, EVBREAK_ALL);
}

static int
start_loop(struct run *r, struct err *err)
{
	struct sim *sim = &r->sim;

	signal(SIGPIPE, SIG_IGN);
	sim->loop = ev_default_loop(EVFLAG_AUTO);
	if (!sim->loop || !(sim->timers = timer_base_new(sim->loop)))
		return err_sys(err, EXIT_DEGRADED, "cannot make an event loop");
	ev_signal_init(&r->term, on_signal, SIGTERM);
	ev_signal_init(&r->intr, on_signal, SIGINT);
	ev_signal_start(sim->loop, &r->term);
	ev_signal_start(sim->loop, &r->intr);
	sim->started_ms = r->busy_ms = clock_boot_ms();
	if (sim->cfg.idle_exit_s > 0) {
		ev_timer_init(&r->idle, on_idle, RUN_IDLE_CHECK_S,
		    RUN_IDLE_CHECK_S);
		ev_timer_start(sim->loop, &r->idle);
	}
	return 0;
}

static int
make_world(struct sim *sim, struct err *err)
{
	struct world_shape shape = {.seed = sim->cfg.seed,
	    .guilds = sim->cfg.guilds,
	    .bots = sim->cfg.bots,
	    .members = sim->cfg.members,
	    .guild_bytes = sim->cfg.guild_bytes};

	sim->world = sim->cfg.world ? world_file_read(sim->cfg.world, err)
				    : world_new(&shape);
	if (!sim->world && sim->cfg.world)
		return err_prefix(err, "--world");
	if (!sim->world)
		return err_set(err, EXIT_USAGE, "--guilds %u: too many.",
		    sim->cfg.guilds);
	sim->cfg.bots = world_bots(sim->world);
	sim->app_id = world_app_id(sim->world);
	sim->stats = base_alloc(sizeof(*sim->stats));
	sim->pings = base_alloc(sizeof(*sim->pings));
	sim->asked = base_alloc(sizeof(*sim->asked));
	fault_init(sim);
	starts_init(sim);
	return 0;
}

/* In this order: who asks REST for the gateway must find it listening. */
static int
start(struct run *r, struct err *err)
{
	struct sim *sim = &r->sim;

	/* Nothing is written before the directory is ours. */
	if (hostnames_check(sim, err) < 0 || make_dir(sim, err) < 0
	    || start_loop(r, err) < 0 || control_start(sim, err) < 0
	    || make_world(sim, err) < 0 || make_tokens(sim, err) < 0
	    || (!sim->cfg.plain && cert_make(sim, err) < 0)
	    || gateway_start(sim, err) < 0 || generator_start(sim, err) < 0
	    || rest_start(sim, routes_all, err) < 0
	    || script_start(sim, err) < 0)
		return -1;
	page_open(sim);
	return write_urls(sim, err);
}

static void
stop(struct run *r)
{
	struct sim *sim = &r->sim;

	script_stop(sim);
	rest_stop(sim);
	generator_stop(sim);
	gateway_stop(sim);
	control_stop(sim);
	fault_free(sim);
	world_free(sim->world);
	stats_free(sim->stats);
	free(sim->pings);
	free(sim->asked);
	free(sim->ca_pem);
	free(sim->cert_pem);
	free(sim->key_pem);
	if (sim->timers)
		timer_base_free(sim->timers);
	setting_free(sim);
}

static void
raise_fd_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static void
announce(const struct sim *sim)
{
	printf("ready api=%s ca=%s%s token_file=%s/token\n", sim->url_api,
	    sim->cfg.plain ? "" : sim->cfg.dir, sim->cfg.plain ? "" : "/ca.pem",
	    sim->cfg.dir);
	fflush(stdout);
}

int
run_main(int argc, char **argv)
{
	struct run *r = base_alloc(sizeof(*r));
	struct err err = {0};
	int code = EXIT_FINE;

	raise_fd_limit();
	setting_defaults(&r->sim);
	if (setting_options(&r->sim, argc, argv, &err) != 0
	    || start(r, &err) < 0) {
		fprintf(stderr, "shardherd-sim: %s\n", err.text);
		code = err.code;
	} else {
		announce(&r->sim);
		ev_run(r->sim.loop, 0);
		remove_urls(&r->sim);
	}
	stop(r);
	free(r);
	return code;
}
