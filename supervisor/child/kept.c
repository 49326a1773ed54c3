/* SPDX-License-Identifier: MIT */
/* See kept.h. */
#include "supervisor/child/kept.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/base/log.h"
#include "supervisor/base/fleet_state.h"

void
kept_init(struct kept *k, struct fleet *f)
{
	k->fleet = f;
	for (size_t i = 0; i < KEPTS; i++)
		k->fd[i] = -1;
}

static void
drop(struct kept *k, enum contract_kept what)
{
	if (k->fd[what] != -1)
		close(k->fd[what]);
	k->fd[what] = -1;
}

void
kept_close(struct kept *k)
{
	for (unsigned i = 0; i < KEPTS; i++)
		drop(k, i);
}

void
kept_take(struct kept *k, enum contract_kept what, int fd)
{
	if (what >= KEPTS || k->fd[what] != -1)
		return;
	k->fd[what] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	log_debug("the %s is taken over", contract_kept_name(what));
}

/* ---- sockets -------------------------------------------------------- */

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

/* The length of the address; config_address has it, so it is one. */
static socklen_t
resolve(const char *text, union address *a)
{
	char host[64];
	uint16_t port;

	memset(a, 0, sizeof(*a));
	must(config_address(text, host, &port));
	if (inet_pton(AF_INET, host, &a->four.sin_addr) == 1) {
		a->four.sin_family = AF_INET;
		a->four.sin_port = htons(port);
		return sizeof(a->four);
	}
	must(inet_pton(AF_INET6, host, &a->six.sin6_addr) == 1);
	a->six.sin6_family = AF_INET6;
	a->six.sin6_port = htons(port);
	return sizeof(a->six);
}

/* Does fd listen at this address? */
static bool
listens(int fd, const char *text)
{
	union address want, is = {0};
	socklen_t len = sizeof(is), n = resolve(text, &want);

	return getsockname(fd, &is.any, &len) == 0 && len >= n
	    && memcmp(&want, &is, n) == 0;
}

static int
listen_at(const char *text, const char *section, const char *key, struct err *e)
{
	union address a;
	socklen_t len = resolve(text, &a);
	int one = 1;
	int fd = socket(a.any.sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return err_sys(e, EXIT_DEGRADED, "can't make a socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, &a.any, len) == 0 && listen(fd, KEPT_BACKLOG) == 0)
		return fd;
	err_sys(e, EXIT_DEGRADED, "can't listen at %s, [%s] %s", text, section,
	    key);
	close(fd);
	return -1;
}

/* ---- what a config asks for ----------------------------------------- */

/* Of each that is a socket, the key that says where it listens. */
static const struct {
	const char *section, *key;
	size_t address; /* in struct config: char * */
	bool (*wanted)(const struct config *);
} sockets[KEPTS] = {
    [KEPT_GATE_LISTEN] = {"gate", "listen",
	offsetof(struct config, gate_listen), config_gate},
    [KEPT_REST_LISTEN] = {"gate", "rest_listen",
	offsetof(struct config, gate_rest_listen), config_gate},
    [KEPT_WEB_LISTEN] = {"web", "listen", offsetof(struct config, web_listen),
	config_web},
    [KEPT_WEB_PUBLIC] = {"web", "public_listen",
	offsetof(struct config, web_public_listen), config_web},
};

static int
need_socket(struct kept *k, enum contract_kept what, const struct config *c,
    struct err *e)
{
	const char *section = sockets[what].section, *key = sockets[what].key;
	const char *text = *(
	    char *const *)((const char *)c + sockets[what].address);
	int fd;

	if (!sockets[what].wanted(c))
		return err_set(e, EXIT_FINE, "there is no %s", section);
	if (text[0] == '\0')
		return err_set(e, EXIT_FINE, "[%s] %s is not set", section,
		    key);
	if (k->fd[what] != -1 && listens(k->fd[what], text))
		return k->fd[what];
	if ((fd = listen_at(text, section, key, e)) == -1)
		return -1;
	drop(k, what);
	return k->fd[what] = fd;
}

/* Who attaches to it makes it as great as its config says. */
static int
need_log(struct kept *k, const struct config *c, struct err *e)
{
	if (!config_gate(c))
		return err_set(e, EXIT_FINE, "there is no gate");
	if (k->fd[KEPT_GATE_LOG] == -1)
		k->fd[KEPT_GATE_LOG] = memfd_create("shardherd-gate",
		    MFD_CLOEXEC);
	return k->fd[KEPT_GATE_LOG] != -1
	    ? k->fd[KEPT_GATE_LOG]
	    : err_sys(e, EXIT_DEGRADED, "can't make a memfd");
}

int
kept_need(struct kept *k, enum contract_kept what, const char *text,
    struct err *e)
{
	struct config *c = base_alloc(sizeof(*c));
	int fd = -1;

	if (config_recall(c, k->fleet->config->path, text, NULL, NULL, e)
	    == 0) {
		fd = sockets[what].section != NULL ? need_socket(k, what, c, e)
						   : need_log(k, c, e);
		config_free(c);
	}
	free(c);
	return fd;
}
