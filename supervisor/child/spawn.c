/* SPDX-License-Identifier: MIT */
/* See spawn.h. */
#include "supervisor/child/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/store/client_token.h"
#include "shared/store/dbenv.h"
#include "shared/net/tls_memory.h"
#include "shared/process/inherited.h"
#include "shared/process/oom.h"
#include "shared/process/proctitle.h"
#include "shared/wire/role_args.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/kept.h"
#include "supervisor/log/fleet_log.h"

#define SPAWN_FDS 8 /* for a moment, to start a process */
#define FD_SPARE 32 /* sources of dup2 are first moved above this */

/* stdin leads nowhere; what a library prints on stdout is logged, too. */
static bool
fresh_stdio(int err_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	return null != -1 && dup2(null, STDIN_FILENO) != -1
	    && dup2(err_fd, STDOUT_FILENO) != -1
	    && dup2(err_fd, STDERR_FILENO) != -1;
}

/* The page's fd stays: the shard holds the lock of its place in it, so that
 * there is one process per [id, count]. */
static void noreturn_fn
shard_child(struct member *c, int control, const int errs[2])
{
	struct fleet *f = c->fleet;
	int keep[] = {control, f->page.fd, errs[0]};
	struct shard_args a = {.id = c->slot,
	    .count = f->count,
	    .generation = c->generation,
	    .control_fd = control,
	    .log_fd = errs[0],
	    .nonce = &f->nonce,
	    .config = f->config,
	    .token = f->token,
	    .tls = f->tls,
	    .page = &f->page,
	    .slot = c->slot,
	    .store = &f->store,
	    .gateway_url = f->gateway_url,
	    .successor = c->second != NULL,
	    .presence = c->presence};

	inherited_signals_default();
	if (!fresh_stdio(errs[1]))
		_exit(EXIT_DEGRADED);
	fd_close_from(STDERR_FILENO + 1, keep, nitems(keep));
	oom_set(f->oom_base + OOM_SHARD);
	log_init(LOG_TO_PIPE, f->logs->least);
	log_set_hook(NULL, NULL);
	proctitle_set("shardherd: shard %u/%u", c->slot, f->count);
	if (c->second == NULL && !page_slot_take(&f->page, c->slot)) {
		log_error("another process has the place of shard %u", c->slot);
		_exit(EXIT_TRY_LATER);
	}
	_exit(f->shard_main(&a));
}

/* ---- handler, gate, web and runner -------------------------------------- */

struct move {
	int from, to;
};

/* All at once: no target overwrites a source.  The copies lose CLOEXEC. */
static bool
move_fds(struct move *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		m[i].from = fcntl(m[i].from, F_DUPFD_CLOEXEC, FD_SPARE);
		if (m[i].from == -1)
			return false;
	}
	for (size_t i = 0; i < n; i++)
		if (dup2(m[i].from, m[i].to) == -1)
			return false;
	return true;
}

int
spawn_config(const char *text, struct err *e)
{
	int fd = memfd_create("shardherd.conf", MFD_CLOEXEC);

	if (fd == -1)
		return err_sys(e, EXIT_DEGRADED, "can't make a memfd");
	if (fd_write_all(fd, text, strlen(text)) == -1
	    || lseek(fd, 0, SEEK_SET) == -1) {
		err_sys(e, EXIT_DEGRADED, "can't write a memfd");
		close(fd);
		return -1;
	}
	return fd;
}

/* A pipe holds the token, no environment and no argument does. */
int
spawn_token(const char *token, struct err *e)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_sys(e, EXIT_DEGRADED, "can't make a pipe");
	if (fd_write_all(fds[1], token, strlen(token)) == -1) {
		err_sys(e, EXIT_DEGRADED, "can't fill a pipe");
		close(fds[0]);
		fds[0] = -1;
	}
	close(fds[1]);
	return fds[0];
}

/* What an exec'ed process inherits beyond channel, page and log pipe. */
struct outfit {
	const char *role;
	int config_fd, secret_fd; /* ours to close */
	struct move kept[2];	  /* of the supervisor's; from -1: none */
	int token_fd;		  /* a runner's, ours to close; -1 */
	int oom;
};

static void noreturn_fn
exec_child(struct member *c, int control, const int errs[2],
    const struct outfit *o)
{
	struct fleet *f = c->fleet;
	struct move m[7] = {
	    {control, CONTRACT_FD_CONTROL},
	    {o->config_fd, CONTRACT_FD_CONFIG},
	    {o->secret_fd, CONTRACT_FD_TOKEN},
	    {f->page.fd, CONTRACT_FD_STATS},
	    {errs[0], CONTRACT_FD_LOG},
	};
	struct program program = {
	    .fd = fcntl(c->program.fd, F_DUPFD_CLOEXEC, FD_SPARE)};
	char generation[16], role[32];
	char client[CLIENT_TOKEN_NAME_MAX] = "";
	char *argv[] = {f->argv[0], role, f->config->path, generation,
	    c->role == CONTRACT_RUNNER ? client : NULL, NULL};
	int keep[3] = {program.fd};
	size_t n = 5, kept = 1;

	for (size_t i = 0; i < nitems(o->kept); i++)
		if (o->kept[i].from != -1) {
			keep[kept++] = o->kept[i].to;
			m[n++] = o->kept[i];
		}
	inherited_signals_default();
	if (!fresh_stdio(errs[1]) || program.fd == -1 || !move_fds(m, n))
		_exit(EXIT_DEGRADED);
	fd_close_from(CONTRACT_FD_LOG + 1, keep, kept);
	setrlimit(RLIMIT_NOFILE, &f->nofile);
	oom_set(f->oom_base + o->oom);
	str_copy(role, o->role, sizeof(role));
	if (c->client != NULL)
		str_copy(client, c->client, sizeof(client));
	snprintf(generation, sizeof(generation), "%u", c->generation);
	program_exec(&program, argv);
	dprintf(STDERR_FILENO, "<%d>can't exec the program file: %s\n",
	    LOG_L_ERROR, strerror(errno));
	_exit(EXIT_DEGRADED);
}

/* The nonce is what an orphan shows; the gate can't seal it without a token. */
static int
spawn_nonce(const struct nonce *n, struct err *e)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_sys(e, EXIT_DEGRADED, "can't make a pipe");
	if (write(fds[1], n, sizeof(*n)) != (ssize_t)sizeof(*n)) {
		err_sys(e, EXIT_DEGRADED, "can't fill a pipe");
		close(fds[0]);
		fds[0] = -1;
	}
	close(fds[1]);
	return fds[0];
}

/* Without its socket a handler does the rest of its work. */
static int
dress_handler(struct member *c, struct outfit *o, struct err *e)
{
	struct kept *k = c->fleet->kept;
	char words[256] = "";

	o->role = CONTRACT_ROLE_HANDLER;
	o->oom = OOM_HANDLER;
	o->kept[0] = (struct move) {kept_need(k, KEPT_REST_LISTEN,
					c->program.config, e),
	    CONTRACT_FD_REST_LISTEN};
	o->kept[1].from = -1;
	if (o->kept[0].from == -1 && e->code != EXIT_FINE) {
		str_format(words, sizeof(words),
		    "Clients of the gate can make no REST calls: %.150s. "
		    "\"shardherd reload\" tries again.",
		    e->text);
		log_error("%s", words);
	}
	status_notes_say(&c->fleet->notes, NOTE_REST, words);
	o->secret_fd = spawn_token(c->fleet->token, e);
	return o->secret_fd != -1 ? 0 : -1;
}

static int
dress_gate(struct member *c, struct outfit *o, struct err *e)
{
	struct kept *k = c->fleet->kept;

	o->role = CONTRACT_ROLE_GATE;
	o->oom = OOM_HANDLER;
	o->kept[0] = (struct move) {kept_need(k, KEPT_GATE_LISTEN,
					c->program.config, e),
	    CONTRACT_FD_GATE_LISTEN};
	if (o->kept[0].from == -1)
		return -1;
	o->kept[1] = (struct move) {kept_need(k, KEPT_GATE_LOG,
					c->program.config, e),
	    CONTRACT_FD_GATE_LOG};
	if (o->kept[1].from == -1)
		return -1;
	o->secret_fd = spawn_nonce(&c->fleet->nonce, e);
	return o->secret_fd != -1 ? 0 : -1;
}

/* A pipe with a token of ours, which only this process of the bot has. */
static int
run_token(const struct member *c, struct err *e)
{
	struct fleet *f = c->fleet;
	char token[CLIENT_TOKEN_MAX];
	uint64_t bot;
	int fd, rc = client_token_bot(&f->store, &bot, e);

	if (rc != 1)
		return rc == -1 ? -1
				: err_set(e, EXIT_TRY_LATER,
				    "the bot's user id, a part of its token, "
				    "is not known yet");
	client_token_run(f->nonce.bytes, c->client, bot, c->generation, token);
	fd = spawn_token(token, e);
	explicit_bzero(token, sizeof(token));
	return fd;
}

static int
dress_runner(struct member *c, struct outfit *o, struct err *e)
{
	o->role = CONTRACT_ROLE_RUNNER;
	o->oom = OOM_HANDLER;
	o->token_fd = run_token(c, e);
	if (o->token_fd == -1)
		return -1;
	o->kept[0] = (struct move) {o->token_fd, CONTRACT_FD_RUN_TOKEN};
	o->kept[1].from = -1;
	o->secret_fd = spawn_nonce(&c->fleet->nonce, e);
	if (o->secret_fd != -1)
		return 0;
	close(o->token_fd);
	return -1;
}

/* Each socket may be there or not; one whose address is taken is told of. */
static int
dress_web(struct member *c, struct outfit *o, struct err *e)
{
	static const struct {
		enum contract_kept what;
		int to;
	} both[] = {
	    {KEPT_WEB_LISTEN, CONTRACT_FD_WEB_LISTEN},
	    {KEPT_WEB_PUBLIC, CONTRACT_FD_WEB_PUBLIC},
	};

	_Static_assert(nitems(both) == nitems(o->kept), "room for all");
	o->role = CONTRACT_ROLE_WEB;
	o->oom = OOM_HANDLER;
	for (size_t i = 0; i < nitems(both); i++) {
		int fd = kept_need(c->fleet->kept, both[i].what,
		    c->program.config, e);

		if (fd == -1 && e->code != EXIT_FINE)
			return -1;
		o->kept[i] = (struct move) {fd, both[i].to};
	}
	o->secret_fd = spawn_nonce(&c->fleet->nonce, e);
	return o->secret_fd != -1 ? 0 : -1;
}

static int
dress(struct member *c, struct outfit *o, struct err *e)
{
	switch (c->role) {
	case CONTRACT_GATE:
		return dress_gate(c, o, e);
	case CONTRACT_RUNNER:
		return dress_runner(c, o, e);
	case CONTRACT_WEB:
		return dress_web(c, o, e);
	default:
		return dress_handler(c, o, e);
	}
}

static pid_t
fork_exec(struct member *c, int control, const int errs[2], struct err *e)
{
	struct outfit o = {.token_fd = -1};
	pid_t pid = -1;

	if (dress(c, &o, e) == -1)
		return -1;
	o.config_fd = spawn_config(c->program.config, e);
	if (o.config_fd == -1)
		goto err1;
	pid = fork();
	if (pid == 0)
		exec_child(c, control, errs, &o);
	if (pid == -1)
		err_sys(e, EXIT_DEGRADED, "can't fork");
	close(o.config_fd);
err1:
	close(o.secret_fd);
	if (o.token_fd != -1)
		close(o.token_fd);
	return pid;
}

/* ---- the next program, asked ---------------------------------------- */

struct examination {
	struct fleet *fleet;
	const struct program *next;
	const char *path;
	int conf_fd;
};

static int
examiner(const void *arg, int out)
{
	const struct examination *x = arg;
	struct move m[] = {{x->conf_fd, CONTRACT_FD_CONFIG}};
	struct program program = {
	    .fd = fcntl(x->next->fd, F_DUPFD_CLOEXEC, FD_SPARE)};
	char name[CONFIG_PATH_MAX], role[] = CONTRACT_ROLE_EXAMINE;
	char *argv[] = {name, role, x->fleet->config->path, NULL};

	str_copy(name, x->path, sizeof(name));
	signal(SIGPIPE, SIG_DFL);
	if (!fresh_stdio(out) || program.fd == -1 || !move_fds(m, nitems(m)))
		return EXIT_DEGRADED;
	close(CONTRACT_FD_CONTROL);
	fd_close_from(CONTRACT_FD_CONFIG + 1, &program.fd, 1);
	program_exec(&program, argv);
	dprintf(STDERR_FILENO,
	    CONTRACT_EXAMINED "error %d it can't be "
			      "executed: %s\n",
	    EXIT_DEGRADED, strerror(errno));
	return EXIT_DEGRADED;
}

int
spawn_examiner(struct fleet *f, struct helper *h, const struct program *next,
    const char *path, double deadline_s, struct err *e)
{
	struct examination x = {f, next, path,
	    spawn_config(f->config->text, e)};
	int rc;

	if (x.conf_fd == -1)
		return -1;
	rc = helper_start(h,
	    &(struct helper_job) {.run = examiner,
		.arg = &x,
		.fds = {x.conf_fd, next->fd},
		.deadline_s = deadline_s},
	    e);
	close(x.conf_fd);
	return rc;
}

static pid_t
fork_shard(struct member *c, int control, const int errs[2], struct err *e)
{
	pid_t pid = fork();

	if (pid == 0)
		shard_child(c, control, errs);
	if (pid == -1)
		err_sys(e, EXIT_DEGRADED, "can't fork");
	return pid;
}

static void
on_line(struct child_output *l, enum log_level level, const char *text)
{
	struct member *c = container_of(l, struct member, lines);

	fleet_log_line(c->fleet->logs, level, c->name, text);
}

void
spawn_listen(struct member *c, int control, int log_fd)
{
	member_listen(c, control);
	child_output_open(&c->lines, c->fleet->loop, log_fd, on_line);
}

int
spawn_child(struct member *c, struct err *e)
{
	int control[2], errs[2];

	tls_memory_trim();
	must(dbenv_inside() == NULL); /* store.h: why no child may see one */
	fd_reserve_need(&c->fleet->reserve, SPAWN_FDS);
	if (ipc_pair(control, e) == -1)
		return -1;
	if (pipe2(errs, O_CLOEXEC | O_NONBLOCK) == -1) {
		err_sys(e, EXIT_DEGRADED, "can't make a log pipe");
		goto err1;
	}
	c->pid = member_is_shard(c) ? fork_shard(c, control[1], errs, e)
				    : fork_exec(c, control[1], errs, e);
	if (c->pid == -1)
		goto err2;
	c->identity = c->fleet->identity;
	close(control[1]);
	close(errs[1]);
	spawn_listen(c, control[0], errs[0]);
	return 0;
err2:
	c->pid = 0;
	close(errs[0]);
	close(errs[1]);
err1:
	close(control[0]);
	close(control[1]);
	return -1;
}
