/* SPDX-License-Identifier: MIT */
/* Commands of clients; see client_command.h. */
#include "handler/gate/client/client_command.h"

#include "handler/gate/client/client_asks.h"
#include "handler/gate/client/client_voice.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/json/walk.h"

#include <string.h>

#define PRESENCE_MS 4000 /* Discord takes 5 in 20 s; the newest wins */

/*
 * A handler that is replaced is away for a moment, and libraries do not ask
 * twice: what it cannot take waits, in order.
 */
#define WAITING_MAX 1024
#define WAITING_CLIENT_MAX 64
#define WAITING_MS 30000
#define AGAIN_S 0.25

/* ---- upwards -------------------------------------------------------- */

struct up {
	struct list link;
	uint64_t since_ms;
	uint32_t shard;
	int op;
	char client[CLIENT_SESSION_NAME_MAX];
	size_t len;
	char d[];
};

static bool
put(struct gate_clients *all, const char *client, int op, uint32_t shard,
    const char *d, size_t len)
{
	const struct gate_clients_setup *s = &all->setup;
	struct gate_clients_send send = {.shard = shard,
	    .op = op,
	    .client = client};
	struct buf text = {0};
	bool taken;

	buf_printf(&text, "{\"op\":%d,\"d\":", op);
	buf_add(&text, d, len);
	buf_add(&text, "}", 1);
	send.payload = buf_data(&text);
	send.len = buf_len(&text);
	taken = s->send(s->arg, &send);
	buf_free(&text);
	return taken;
}

static void
forget(struct gate_clients *all, struct up *u)
{
	list_remove(&u->link);
	all->ups_n--;
	free(u);
}

void
client_command_refused(struct gate_clients *all, const char *client)
{
	all->count.refused_sends++;
	gate_clients_tally(all, client)->refused++;
}

static bool
may_wait(const struct gate_clients *all, const char *client)
{
	unsigned n = 0;

	list_each (&all->ups, e)
		n += strcmp(container_of(e, struct up, link)->client, client)
		    == 0;
	return n < WAITING_CLIENT_MAX && all->ups_n < WAITING_MAX;
}

static void
on_again(struct timer *t)
{
	struct gate_clients *all = container_of(t, struct gate_clients,
	    ups_wait);
	uint64_t now = clock_boot_ms();

	list_each_safe (&all->ups, e, next) {
		struct up *u = container_of(e, struct up, link);

		if (now - u->since_ms > WAITING_MS)
			client_command_refused(all, u->client);
		else if (!put(all, u->client, u->op, u->shard, u->d, u->len))
			break;
		forget(all, u);
	}
	if (!list_empty(&all->ups))
		timer_set(t, AGAIN_S);
}

/* Now, or behind what waits; false: that is too much. */
static bool
put_or_wait(struct gate_clients *all, const char *client, int op,
    uint32_t shard, const char *d, size_t len)
{
	struct up *u;

	if (list_empty(&all->ups) && put(all, client, op, shard, d, len))
		return true;
	if (!may_wait(all, client))
		return false;
	u = base_alloc(sizeof(*u) + len);
	u->since_ms = clock_boot_ms();
	u->shard = shard;
	u->op = op;
	str_copy(u->client, client, sizeof(u->client));
	memcpy(u->d, d, len);
	u->len = len;
	list_append(&all->ups, &u->link);
	all->ups_n++;
	if (!timer_pending(&all->ups_wait))
		timer_set(&all->ups_wait, AGAIN_S);
	return true;
}

static uint32_t
upstream_shards(const struct gate_clients *all)
{
	struct gate_clients_upstream up = {0};

	all->setup.upstream(all->setup.arg, &up);
	return up.shards;
}

bool
client_command_send(struct gate_clients *all, const char *client, int op,
    uint64_t guild, const char *d, size_t len)
{
	uint32_t n = upstream_shards(all);

	return n > 0
	    && put_or_wait(all, client, op, (uint32_t)((guild >> 22) % n), d,
		len);
}

bool
client_command_sees(const struct client_session *rec, uint64_t guild)
{
	if (guild == 0 || (guild >> 22) % rec->shard_count != rec->shard)
		return false;
	for (uint32_t i = 0; i < rec->guilds; i++)
		if (rec->guild[i] == guild)
			return true;
	return rec->guilds == 0;
}

/* ---- presence ------------------------------------------------------- */

static uint32_t
common(uint32_t a, uint32_t b)
{
	while (b != 0) {
		uint32_t t = a % b;

		a = b;
		b = t;
	}
	return a;
}

bool
client_command_meets(uint32_t i, uint32_t m, uint32_t j, uint32_t n)
{
	uint32_t d = common(m, n);

	return i % d == j % d;
}

/* One that is due, if that shard may have one now; else *wait_ms until it
 * may. */
static void
send_presence(struct gate_clients *all, uint32_t shard, uint64_t *wait_ms)
{
	struct client_presence *p = &all->presence[shard];
	uint64_t now = clock_boot_ms(), gone = now - p->sent_ms;

	if (!p->due)
		return;
	if (p->sent_ms != 0 && gone < PRESENCE_MS) {
		if (PRESENCE_MS - gone < *wait_ms)
			*wait_ms = PRESENCE_MS - gone;
		return;
	}
	/* What is not taken is tried again. */
	p->sent_ms = now;
	p->due = !put(all, p->client, 3, shard, buf_data(&p->d),
	    buf_len(&p->d));
	if (p->due)
		*wait_ms = PRESENCE_MS;
}

static void
send_presences(struct gate_clients *all)
{
	uint64_t wait_ms = UINT64_MAX;

	for (uint32_t j = 0; j < all->presences; j++)
		send_presence(all, j, &wait_ms);
	if (wait_ms != UINT64_MAX)
		timer_set(&all->presence_wait, (double)wait_ms / 1000);
}

static void
on_presence(struct timer *t)
{
	send_presences(container_of(t, struct gate_clients, presence_wait));
}

/* For all shards of upstream that its shard meets. */
static void
set_presence(struct client_conn *c, const char *d, size_t len)
{
	const struct client_session *rec = &c->session->rec;
	struct gate_clients *all = c->all;
	uint32_t n = upstream_shards(all);

	if (n > all->presences) {
		all->presence = base_realloc(all->presence,
		    n * sizeof(*all->presence));
		memset(all->presence + all->presences, 0,
		    (n - all->presences) * sizeof(*all->presence));
		all->presences = n;
	}
	for (uint32_t j = 0; j < n; j++) {
		struct client_presence *p = &all->presence[j];

		if (!client_command_meets(rec->shard, rec->shard_count, j, n))
			continue;
		buf_eat(&p->d, buf_len(&p->d));
		buf_add(&p->d, d, len);
		p->due = true;
		str_copy(p->client, c->who.name, sizeof(p->client));
	}
	send_presences(all);
}

void
client_command_ready(struct gate_clients *all, uint32_t shard)
{
	if (shard >= all->presences || buf_len(&all->presence[shard].d) == 0)
		return;
	all->presence[shard].due = true;
	send_presences(all);
}

void
client_command_presence(struct client_conn *c)
{
	if (c->presence == NULL)
		return;
	set_presence(c, c->presence, strlen(c->presence));
	free(c->presence);
	c->presence = NULL;
}

void
client_command_init(struct gate_clients *all)
{
	timer_init(all->setup.timers, &all->presence_wait, on_presence);
	timer_init(all->setup.timers, &all->ups_wait, on_again);
	list_init(&all->ups);
}

void
client_command_stop(struct gate_clients *all)
{
	timer_stop(&all->presence_wait);
	timer_stop(&all->ups_wait);
	list_each_safe (&all->ups, e, next)
		forget(all, container_of(e, struct up, link));
	for (uint32_t j = 0; j < all->presences; j++)
		buf_free(&all->presence[j].d);
	free(all->presence);
}

/* ---- a command ------------------------------------------------------ */

static bool
act(struct client_conn *c)
{
	const struct client_payload *p = &c->in;

	switch (p->op) {
	case 3:
		if (!c->who.may_presence)
			return false;
		set_presence(c, p->d, p->len);
		return true;
	case 4:
		return c->who.may_voice
		    && client_voice_ask(c->all, c->session, p->d, p->len);
	default:
		return c->who.may_members
		    && client_asks_ask(c->all, c->session, p->op, p->d, p->len);
	}
}

void
client_command_act(struct client_conn *c)
{
	if (c->in.d == NULL || c->in.d[0] != '{') {
		client_conn_close(c, GATE_CLIENTS_END_BAD_PAYLOAD, 4002,
		    "d is no object.");
		return;
	}
	if (act(c))
		return;
	client_command_refused(c->all, c->who.name);
	log_debug("gate: op %d of client %s is not sent: it has not the right, "
		  "it is not its guild, or somebody else's turn",
	    c->in.op, c->who.name);
}
