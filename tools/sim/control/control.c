/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/control.h"

#include "shared/json/json.h"
#include "tools/sim/control/audit_check.h"
#include "tools/sim/gateway/ledger.h"
#include "tools/sim/base/sbuf.h"
#include "tools/sim/control/verb.h"
#include "tools/sim/control/wait.h"

#include <errno.h>
#include <ev.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONTROL_READ 65536
#define CONTROL_OUT_MAX (256u << 20)

struct client {
	struct list link;
	struct sim *sim;
	int fd;
	ev_io rd, wr;
	struct sbuf in, out;
	bool audit, last; /* last: close when out is written */
	struct wait wait;
};

struct control {
	int fd;
	ev_io io;
	ev_timer poll; /* runs while somebody waits */
	struct list clients;
	unsigned count;
	char path[512];
};

static void
client_drop(struct client *cl)
{
	struct sim *sim = cl->sim;

	ev_io_stop(sim->loop, &cl->rd);
	ev_io_stop(sim->loop, &cl->wr);
	close(cl->fd);
	list_remove(&cl->link);
	sim->control->count--;
	sbuf_free(&cl->in);
	sbuf_free(&cl->out);
	free(cl);
}

/* False when the client is gone. */
static bool
client_flush(struct client *cl)
{
	while (cl->out.len > 0) {
		ssize_t n = send(cl->fd, cl->out.p, cl->out.len, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			ev_io_start(cl->sim->loop, &cl->wr);
			return true;
		}
		if (n < 0 || cl->out.len > CONTROL_OUT_MAX) {
			client_drop(cl);
			return false;
		}
		sbuf_drop(&cl->out, (size_t)n);
	}
	ev_io_stop(cl->sim->loop, &cl->wr);
	if (!cl->last)
		return true;
	client_drop(cl);
	return false;
}

static void
answer(struct client *cl, int code, const struct sbuf *words)
{
	sbuf_fmt(&cl->out, "%d %zu\n", code, words->len);
	sbuf_add(&cl->out, words->p, words->len);
	cl->last = true;
}

static void
run(struct client *cl, json_object *line)
{
	size_t n = json_object_array_length(line);
	char *argv[VERB_WORDS_MAX + 1] = {NULL};
	struct sbuf words = {0};
	int code = EXIT_USAGE;

	for (size_t i = 0; i < n && i < VERB_WORDS_MAX; i++)
		argv[i] = base_strdup(
		    json_object_get_string(json_object_array_get_idx(line, i)));
	if (n > VERB_WORDS_MAX)
		sbuf_str(&words, "too many words");
	else
		code = verb_run(cl->sim, (int)n, argv, &cl->wait, &words);
	if (cl->wait.active && !wait_judge(cl->sim, &cl->wait, &code, &words))
		ev_timer_again(cl->sim->loop, &cl->sim->control->poll);
	else
		answer(cl, code, &words);
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	sbuf_free(&words);
}

static void
become_auditor(struct client *cl)
{
	cl->audit = true;
	ledger_expect_reports(cl->sim);
}

/* The first line of a client says what it is; an auditor's go on. */
static bool
take_line(struct client *cl, const char *p, size_t len)
{
	json_object *o;
	bool ok;

	if (cl->audit) {
		if (len > 6 && memcmp(p, "flush ", 6) == 0) {
			sbuf_fmt(&cl->out, "ok %.*s\n", (int)len - 6, p + 6);
			return true;
		}
		return audit_check_line(cl->sim, p, len);
	}
	o = json_parse_as(p, len, json_type_array);
	ok = o != NULL;
	for (size_t i = 0; ok && i < json_object_array_length(o); i++)
		ok = json_object_is_type(json_object_array_get_idx(o, i),
		    json_type_string);
	if (ok && json_object_array_length(o) == 1
	    && strcmp(json_object_get_string(json_object_array_get_idx(o, 0)),
		   "audit")
		== 0)
		become_auditor(cl);
	else if (ok)
		run(cl, o);
	json_object_put(o);
	return ok;
}

static void
take_lines(struct client *cl)
{
	size_t done = 0;
	char *nl;

	while (!cl->last && !cl->wait.active && cl->in.len > done
	    && (nl = memchr(cl->in.p + done, '\n', cl->in.len - done))) {
		*nl = '\0';
		if (!take_line(cl, cl->in.p + done,
			(size_t)(nl - cl->in.p) - done)) {
			client_drop(cl);
			return;
		}
		done = (size_t)(nl - cl->in.p) + 1;
	}
	sbuf_drop(&cl->in, done);
	if (cl->in.len > CONTROL_LINE_MAX)
		client_drop(cl);
	else
		client_flush(cl);
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int revents)
{
	struct client *cl = io->data;
	char buf[CONTROL_READ];
	ssize_t n = read(cl->fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_drop(cl);
		return;
	}
	sbuf_add(&cl->in, buf, (size_t)n);
	take_lines(cl);
}

static void
on_writable(struct ev_loop *loop, ev_io *io, int revents)
{
	client_flush(io->data);
}

static void
on_poll(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct control *ct = container_of(t, struct control, poll);
	bool waiting = false;

	list_each_safe (&ct->clients, e, next) {
		struct client *cl = container_of(e, struct client, link);
		struct sbuf words = {0};
		int code;

		if (cl->wait.active
		    && wait_judge(cl->sim, &cl->wait, &code, &words)) {
			answer(cl, code, &words);
			client_flush(cl);
		} else {
			waiting |= cl->wait.active;
		}
		sbuf_free(&words);
	}
	if (!waiting)
		ev_timer_stop(loop, t);
}

static void
on_accept(struct ev_loop *loop, ev_io *io, int revents)
{
	struct sim *sim = io->data;
	struct control *ct = sim->control;
	struct client *cl;
	int fd = accept4(ct->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (ct->count >= CONTROL_CLIENTS_MAX) {
		close(fd);
		return;
	}
	cl = base_alloc(sizeof(*cl));
	cl->sim = sim;
	cl->fd = fd;
	ct->count++;
	list_append(&ct->clients, &cl->link);
	ev_io_init(&cl->rd, on_readable, fd, EV_READ);
	ev_io_init(&cl->wr, on_writable, fd, EV_WRITE);
	cl->rd.data = cl->wr.data = cl;
	ev_io_start(loop, &cl->rd);
}

/* A socket file nobody listens on is left over: it may go. */
static bool
somebody_listens(const struct sockaddr_un *sa)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool r = fd >= 0
	    && connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0;

	if (fd >= 0)
		close(fd);
	return r;
}

static int
listen_on(struct control *ct, struct err *err)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	mode_t old;
	int r;

	if (str_copy(sa.sun_path, ct->path, sizeof(sa.sun_path))
	    >= sizeof(sa.sun_path))
		return err_set(err, EXIT_USAGE,
		    "%s is too long for a socket's name.", ct->path);
	if (somebody_listens(&sa))
		return err_set(err, EXIT_DEGRADED,
		    "another shardherd-sim runs in this directory (%s).",
		    ct->path);
	unlink(ct->path);
	ct->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	old = umask(077);
	r = ct->fd < 0 ? -1 : bind(ct->fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(old);
	if (r < 0 || listen(ct->fd, 64) < 0)
		return err_sys(err, EXIT_DEGRADED, "cannot listen on %s",
		    ct->path);
	return 0;
}

int
control_start(struct sim *sim, struct err *err)
{
	struct control *ct = base_alloc(sizeof(*ct));

	sim->control = ct;
	ct->fd = -1;
	list_init(&ct->clients);
	ev_init(&ct->poll, on_poll);
	ct->poll.repeat = CONTROL_POLL_S;
	str_format(ct->path, sizeof(ct->path), "%s/control.sock", sim->cfg.dir);
	if (listen_on(ct, err) < 0)
		return -1;
	ev_io_init(&ct->io, on_accept, ct->fd, EV_READ);
	ct->io.data = sim;
	ev_io_start(sim->loop, &ct->io);
	return 0;
}

void
control_stop(struct sim *sim)
{
	struct control *ct = sim->control;

	if (!ct)
		return;
	while (!list_empty(&ct->clients)) {
		struct client *cl = container_of(ct->clients.next,
		    struct client, link);

		if (client_flush(cl))
			client_drop(cl);
	}
	ev_timer_stop(sim->loop, &ct->poll);
	if (ct->fd >= 0) {
		ev_io_stop(sim->loop, &ct->io);
		close(ct->fd);
		unlink(ct->path);
	}
	free(ct);
	sim->control = NULL;
}
