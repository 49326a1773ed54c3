/* SPDX-License-Identifier: MIT */
/* Accepting clients; see client_listen.h. */
#include "handler/gate/client/client_listen.h"

#include "handler/gate/client/client_conn.h"

#include "shared/base/log.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPTS_MAX 64 /* per wake-up */
#define AGAIN_S 0.2    /* after there was no descriptor */

/* An IPv4 address, or the 64 bits of an IPv6 one that are a network's. */
static void
key_of(const struct sockaddr_storage *a, unsigned char out[16])
{
	const struct sockaddr_in6 *six = (const void *)a;
	const struct sockaddr_in *four = (const void *)a;

	memset(out, 0, 16);
	if (a->ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		memcpy(out, &six->sin6_addr, 8);
	else if (a->ss_family == AF_INET6)
		memcpy(out + 12, &six->sin6_addr.s6_addr[12], 4);
	else if (a->ss_family == AF_INET)
		memcpy(out + 12, &four->sin_addr, 4);
}

/* Of those that nobody knows yet, by address (NULL: any), the oldest. */
static struct client_conn *
oldest_stranger(struct gate_clients *all, const unsigned char *address,
    unsigned *n)
{
	struct client_conn *oldest = NULL;

	*n = 0;
	list_each (&all->conns, e) {
		struct client_conn *c = container_of(e, struct client_conn,
		    link);

		if (c->who.name[0] != '\0'
		    || (address != NULL
			&& memcmp(c->address, address, sizeof(c->address))
			    != 0))
			continue;
		++*n;
		if (oldest == NULL)
			oldest = c;
	}
	return oldest;
}

/* false: there is no place for one more. */
static bool
make_room(struct gate_clients *all, const unsigned char *address)
{
	struct client_conn *c;
	unsigned n;

	c = oldest_stranger(all, address, &n);
	if (n >= all->setup.conns_per_address)
		client_conn_drop(c, GATE_CLIENTS_END_TOO_MANY);
	if (all->count.conns < all->setup.conns_max)
		return true;
	/* Those dropped in this turn have their place still. */
	c = oldest_stranger(all, NULL, &n);
	if (c != NULL)
		client_conn_drop(c, GATE_CLIENTS_END_TOO_MANY);
	return c != NULL
	    && all->count.conns < all->setup.conns_max + ACCEPTS_MAX;
}

static void
no_descriptor(struct client_listen *l)
{
	log_warn("gate: a client cannot be accepted: %s; connections wait",
	    strerror(errno));
	ev_io_stop(l->all->setup.loop, &l->io);
	timer_set(&l->again, AGAIN_S);
}

static void
on_client(struct ev_loop *loop, ev_io *io, int revents)
{
	struct client_listen *l = io->data;

	for (int i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_storage a = {0};
		socklen_t len = sizeof(a);
		unsigned char address[16];
		int fd = accept4(io->fd, (struct sockaddr *)&a, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd == -1) {
			if (errno == EMFILE || errno == ENFILE
			    || errno == ENOBUFS || errno == ENOMEM)
				no_descriptor(l);
			return;
		}
		key_of(&a, address);
		if (make_room(l->all, address)) {
			client_conn_accept(l->all, fd, address);
		} else {
			l->all->count.end[GATE_CLIENTS_END_TOO_MANY]++;
			close(fd);
		}
	}
}

static void
on_again(struct timer *t)
{
	struct client_listen *l = container_of(t, struct client_listen, again);

	ev_io_start(l->all->setup.loop, &l->io);
}

bool
client_listen_allows(const struct gate_clients_setup *s,
    const struct upgrade *u)
{
	if (u->origin == NULL)
		return true;
	for (size_t i = 0; i < s->origins_n; i++)
		if (strcmp(s->origins[i], "*") == 0
		    || (strlen(s->origins[i]) == u->origin_len
			&& strncasecmp(s->origins[i], u->origin, u->origin_len)
			    == 0))
			return true;
	return false;
}

void
client_listen_begin(struct gate_clients *all, int fd)
{
	struct client_listen *l = &all->listen[all->listens++];

	must(all->listens <= GATE_CLIENTS_LISTEN_MAX);
	l->all = all;
	timer_init(all->setup.timers, &l->again, on_again);
	ev_io_init(&l->io, on_client, fd, EV_READ);
	l->io.data = l;
	ev_io_start(all->setup.loop, &l->io);
}

void
client_listen_end(struct gate_clients *all)
{
	for (unsigned i = 0; i < all->listens; i++) {
		ev_io_stop(all->setup.loop, &all->listen[i].io);
		timer_stop(&all->listen[i].again);
	}
	all->listens = 0;
}
