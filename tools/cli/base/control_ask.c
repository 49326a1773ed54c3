/* SPDX-License-Identifier: MIT */
/*
 * The control socket from the asking side: a line of JSON there, one or more
 * back, with a deadline, because the supervisor may be stopped or busy.
 */
#include "tools/cli/base/control_ask.h"

#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "tools/cli/base/cli.h"
#include "shared/view/lock.h"
#include "tools/cli/base/operator.h"
#include "tools/cli/base/progress.h"
#include "shared/view/view.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LINE_MAX_BYTES 65536
#define ANSWER_S 10
#define LOOK_MS 500    /* between two looks whether it is awake */
#define LISTEN_MS 3000 /* for a supervisor that runs to listen */

static int
dial_once(const struct config *c, struct err *err)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd, why;

	if (!str_format(sun.sun_path, sizeof(sun.sun_path), "%s/control.sock",
		c->run_dir)) {
		errno = 0;
		return err_set(err, EXIT_CONFIG,
		    "[paths] run_dir is too long for a socket: %s", c->run_dir);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return err_sys(err, EXIT_DEGRADED, "Cannot make a socket");
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	why = errno;
	if (why == ENOENT || why == ECONNREFUSED)
		err_set(err, EXIT_DOWN,
		    "The fleet is not running (nobody listens at %s).",
		    sun.sun_path);
	else
		err_sys(err, EXIT_UNKNOWN, "Cannot reach the supervisor at %s",
		    sun.sun_path);
	close(fd);
	errno = why;
	return -1;
}

/* It becomes another program just now, or makes a lost socket again. */
static bool
may_listen_soon(const struct config *c, uint64_t until, struct err *err)
{
	int32_t pid;

	if (!lock_held(c->state_dir, &pid))
		return false;
	if (cli_step(until))
		return true;
	err_set(err, EXIT_TRY_LATER,
	    "The supervisor (pid %d) runs, but nobody listens at "
	    "%s/control.sock: it is starting, or hangs. Try again in a moment.",
	    pid, c->run_dir);
	return false;
}

/* What was not stopped in order may live on without its supervisor. */
static void
tell_crash(const struct config *c, struct err *err)
{
	struct view v;
	struct err none;
	unsigned left = 0;
	char way[512];

	if (view_read(&v, c, &none) == -1)
		return;
	for (size_t i = 0; i < v.n; i++)
		left += v.shard[i].alive;
	keeper_command(&v.keeper, "start", c->path, way, sizeof(way));
	if (!v.alive && v.cluster.pid != 0)
		err_set(err, EXIT_DOWN,
		    "The supervisor (pid %d) ended without a word, and nobody "
		    "is there to ask; %u shard%s live%s on. \"%s\" takes over "
		    "what does.",
		    v.cluster.pid, left, left == 1 ? "" : "s",
		    left == 1 ? "s" : "", way);
	view_free(&v);
}

/* Two configs may name one run_dir: no order goes to the other one's fleet. */
static bool
is_foreign(const struct config *c, int fd, struct err *err)
{
	char dir[CONFIG_PATH_MAX] = "";
	struct ucred peer = {.pid = 0};
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1
	    || peer.pid <= 0 || !lock_elsewhere(c->state_dir, peer.pid, dir))
		return false;
	err_set(err, EXIT_CONFIG,
	    "run_dir %s is another fleet's: supervisor %d, whose state_dir is "
	    "%s, answers there. Nothing was done; give this bot a run_dir of "
	    "its own.",
	    c->run_dir, (int)peer.pid, dir);
	return true;
}

static int
dial(const struct config *c, struct err *err)
{
	uint64_t until = clock_boot_ms() + LISTEN_MS;
	int fd;

	do
		fd = dial_once(c, err);
	while (fd == -1 && (errno == ENOENT || errno == ECONNREFUSED)
	    && may_listen_soon(c, until, err));
	if (fd == -1 && err != NULL && err->code == EXIT_DOWN)
		tell_crash(c, err);
	if (fd != -1 && is_foreign(c, fd, err)) {
		close(fd);
		return -1;
	}
	return fd;
}

struct reader {
	const struct config *config;
	int fd;
	uint64_t until; /* clock_boot_ms() */
	double seconds; /* the same for people */
	/* The kernel says so (ECONNRESET, not an end): it was not read, as when
	 * the supervisor just becomes another program, and can be asked again. */
	bool unread;
	uint64_t unread_until;
	size_t have, used; /* bytes in text; of the line handed out */
	char text[LINE_MAX_BYTES + 1];
};

/* For at most a while, so that a supervisor that falls asleep is noticed. */
static int
wait_readable(struct reader *r, struct err *err)
{
	struct pollfd p = {.fd = r->fd, .events = POLLIN};
	uint64_t now = clock_boot_ms();
	uint64_t left = r->until > now ? r->until - now : 0;

	progress_tick();
	if (poll(&p, 1, (int)(left < LOOK_MS ? left : LOOK_MS)) > 0)
		return 1;
	return view_awake(r->config, err);
}

/* The next line without its end, borrowed; NULL with err. */
static char *
read_line(struct reader *r, struct err *err)
{
	char *end;
	int ready;

	memmove(r->text, r->text + r->used, r->have - r->used);
	r->have -= r->used;
	r->used = 0;
	for (;;) {
		ssize_t n;

		if ((end = memchr(r->text, '\n', r->have)) != NULL) {
			*end = '\0';
			r->used = (size_t)(end - r->text) + 1;
			return r->text;
		}
		if (clock_boot_ms() >= r->until || r->have == LINE_MAX_BYTES)
			break;
		if ((ready = wait_readable(r, err)) == -1)
			return NULL;
		if (ready == 0)
			continue;
		n = read(r->fd, r->text + r->have, LINE_MAX_BYTES - r->have);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			r->unread = n == -1 && errno == ECONNRESET;
			break;
		}
		r->have += (size_t)n;
	}
	if (clock_boot_ms() >= r->until)
		err_set(err, EXIT_UNKNOWN,
		    "The supervisor did not answer within %g s: it hangs or is "
		    "stopped.",
		    r->seconds);
	else
		err_set(err, EXIT_UNKNOWN,
		    "The supervisor ended, or hung up, before it had answered: "
		    "\"shardherd status\" shows what is, \"shardherd logs\" "
		    "why.");
	return NULL;
}

static struct json_object *
parse_line(const char *text, struct err *err)
{
	struct json_object *o = json_parse_as(text, strlen(text),
	    json_type_object);

	if (o != NULL)
		return o;
	err_set(err, EXIT_UNKNOWN,
	    "The supervisor's answer is not understood: is it of another "
	    "version?");
	return NULL;
}

/* The last line: itself, or NULL with what it says. */
static struct json_object *
judge_answer(struct json_object *o, struct err *err)
{
	const char *why = json_get_text(o, "error");
	int code = json_object_get_int(json_get(o, "code"));

	if (json_object_get_boolean(json_get(o, "ok")))
		return o;
	err_set(err, code > 0 ? code : EXIT_DEGRADED, "%s",
	    why[0] != '\0' ? why : "The supervisor refused.");
	json_object_put(o);
	return NULL;
}

static struct json_object *
read_answer(struct reader *r, control_ask_fn *fn, void *arg, struct err *err)
{
	struct json_object *o, *f;
	char *text;

	while ((text = read_line(r, err)) != NULL) {
		if ((o = parse_line(text, err)) == NULL)
			return NULL;
		if (json_object_object_get_ex(o, "ok", &f))
			return judge_answer(o, err);
		if (fn != NULL) {
			json_object_object_foreach (o, key, val)
				fn(key, json_object_get_string(val), arg);
		}
		json_object_put(o);
	}
	return NULL;
}

/* The line with its end, and the fd with its first byte. */
static int
send_request(int sock, const char *line, int fd)
{
	char space[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov[2] = {{(void *)(uintptr_t)line, strlen(line)},
	    {(void *)(uintptr_t) "\n", 1}};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = 2};
	struct cmsghdr *h;

	if (fd != -1) {
		m.msg_control = space;
		m.msg_controllen = sizeof(space);
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &fd, sizeof(int));
	}
	return sendmsg(sock, &m, MSG_NOSIGNAL) == (ssize_t)(iov[0].iov_len + 1)
	    ? 0
	    : -1;
}

/* With who asks, for the log; borrowed from the request. */
static const char *
signed_line(struct json_object *request)
{
	char who[OPERATOR_NAME];

	operator_name(who, sizeof(who));
	json_put_text(request, "by", who);
	return json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
}

static struct json_object *
ask_once(struct reader *r, const char *line, int fd, control_ask_fn *fn,
    void *arg, struct err *err)
{
	struct json_object *answer = NULL;

	r->unread = false;
	r->have = r->used = 0;
	/* Asked while it sleeps, it would do later what was given up. */
	r->fd = view_awake(r->config, err) == -1 ? -1 : dial(r->config, err);
	if (r->fd == -1)
		return NULL;
	if (send_request(r->fd, line, fd) == 0) {
		answer = read_answer(r, fn, arg, err);
	} else {
		r->unread = errno == EPIPE || errno == ECONNRESET;
		err_sys(err, EXIT_UNKNOWN, "The supervisor does not listen");
	}
	close(r->fd);
	return answer;
}

struct json_object *
control_ask_new(const char *cmd)
{
	struct json_object *q = json_object_new_object();

	json_put_text(q, "cmd", cmd);
	return q;
}

struct json_object *
control_ask_lines(const struct config *c, struct json_object *request, int fd,
    double seconds, control_ask_fn *fn, void *arg, struct err *err)
{
	const char *line = signed_line(request);
	struct reader *r = base_alloc(sizeof(*r));
	struct json_object *answer = NULL;

	r->config = c;
	r->seconds = seconds;
	r->until = clock_boot_ms() + (uint64_t)(seconds * 1000);
	r->unread_until = clock_boot_ms() + LISTEN_MS;
	do {
		answer = ask_once(r, line, fd, fn, arg, err);
	} while (r->unread && cli_step(r->unread_until));
	free(r);
	json_object_put(request);
	return answer;
}

struct json_object *
control_ask(const struct config *c, struct json_object *request,
    struct err *err)
{
	return control_ask_lines(c, request, -1, ANSWER_S, NULL, NULL, err);
}

bool
control_ask_anybody(const struct config *c)
{
	struct err none;
	int fd = dial_once(c, &none);

	if (fd != -1)
		close(fd);
	return fd != -1;
}
