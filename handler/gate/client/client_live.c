/* SPDX-License-Identifier: MIT */
/* Sessions of clients; see client_live.h. */
#include "handler/gate/client/client_live.h"

#include "handler/gate/client/client_voice.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"

#include <openssl/rand.h>
#include <string.h>

/* ---- finding -------------------------------------------------------- */

struct client_live *
client_live_find(const struct gate_clients *all, const char *id,
    const char *client)
{
	list_each (&all->sessions, e) {
		struct client_live *l = container_of(e, struct client_live,
		    link);

		if (strcmp(l->rec.id, id) == 0
		    && strcmp(l->rec.client, client) == 0)
			return l;
	}
	return NULL;
}

struct client_live *
client_live_by_number(const struct gate_clients *all, uint64_t number)
{
	list_each (&all->sessions, e) {
		struct client_live *l = container_of(e, struct client_live,
		    link);

		if (l->rec.number == number)
			return l;
	}
	return NULL;
}

struct client_live *
client_live_second(const struct gate_clients *all, const char *client,
    uint32_t shard, uint32_t count)
{
	list_each (&all->sessions, e) {
		struct client_live *l = container_of(e, struct client_live,
		    link);

		if (l->conn != NULL && l->rec.shard == shard
		    && l->rec.shard_count == count
		    && strcmp(l->rec.client, client) == 0)
			return l;
	}
	return NULL;
}

/* ---- the beginning -------------------------------------------------- */

static struct client_live *
add(struct gate_clients *all)
{
	struct client_live *l = base_alloc(sizeof(*l));

	list_append(&all->sessions, &l->link);
	all->count.sessions++;
	return l;
}

/* Makes room: the one that is away longest; false: none is. */
static bool
oldest_goes(struct gate_clients *all, const char *client)
{
	struct client_live *oldest = NULL;
	unsigned n = 0;

	list_each (&all->sessions, e) {
		struct client_live *l = container_of(e, struct client_live,
		    link);

		if (strcmp(l->rec.client, client) != 0)
			continue;
		n++;
		if (l->conn == NULL
		    && (oldest == NULL || l->away_ms < oldest->away_ms))
			oldest = l;
	}
	if (n < GATE_CLIENTS_SESSIONS_MAX)
		return true;
	if (oldest == NULL)
		return false;
	client_live_end(all, oldest);
	return true;
}

struct client_live *
client_live_new(struct gate_clients *all, const char *client)
{
	unsigned char bytes[16];
	struct client_live *l;
	uint64_t number;

	if (!oldest_goes(all, client))
		return NULL;
	do
		must(RAND_bytes((unsigned char *)&number, sizeof(number)) == 1);
	while (number == 0 || number == UINT64_MAX
	    || client_live_by_number(all, number) != NULL);
	must(RAND_bytes(bytes, sizeof(bytes)) == 1);
	l = add(all);
	l->rec.number = number;
	l->rec.born_ms = l->rec.seen_ms = clock_wall_ms();
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(l->rec.id + 2 * i, 3, "%02x", bytes[i]);
	str_copy(l->rec.client, client, sizeof(l->rec.client));
	l->tally = gate_clients_tally(all, client);
	return l;
}

static int
load_one(const struct client_session *rec, void *arg)
{
	struct gate_clients *all = arg;
	struct client_live *l = add(all);

	l->rec = *rec;
	l->tally = gate_clients_tally(all, rec->client);
	l->cursor.judged = rec->live; /* the process before counted them */
	l->whole = true;
	l->away_ms = clock_boot_ms();
	return 0;
}

int
client_live_load(struct gate_clients *all, struct err *err)
{
	unsigned bad;

	if (client_store_each(all->setup.store, load_one, all, &bad, err) == -1)
		return -1;
	if (bad > 0)
		log_warn("gate: %u sessions of clients in the store cannot be "
			 "read: those clients will IDENTIFY, and get what they "
			 "missed",
		    bad);
	return 0;
}

/* ---- the end -------------------------------------------------------- */

void
client_live_end(struct gate_clients *all, struct client_live *l)
{
	struct err err;

	must(l->conn == NULL);
	client_voice_leave(all, l->rec.number);
	if (l->whole && client_store_end(all->setup.store, &l->rec, &err) == -1)
		log_warn("gate: the end of a session of client %s could not be "
			 "written (%s): it may be resumed after a restart of "
			 "the gate, or ends then by its age",
		    l->rec.client, err.text);
	list_remove(&l->link);
	all->count.sessions--;
	free(l);
}

void
client_live_replace(struct gate_clients *all, struct client_live *l,
    uint64_t successor)
{
	struct client_gone *g = &all->gone[all->gone_next];

	all->gone_next = (all->gone_next + 1) % GATE_CLIENTS_GONE_MAX;
	str_copy(g->id, l->rec.id, sizeof(g->id));
	g->successor = successor;
	client_live_end(all, l);
}

bool
client_live_replaced(const struct gate_clients *all, const char *id)
{
	struct client_live *l;

	for (size_t i = 0; i < GATE_CLIENTS_GONE_MAX; i++) {
		if (id[0] == '\0' || strcmp(all->gone[i].id, id) != 0)
			continue;
		l = client_live_by_number(all, all->gone[i].successor);
		return l != NULL && l->conn != NULL;
	}
	return false;
}

void
client_live_away(struct client_live *l)
{
	l->conn = NULL;
	l->away_ms = clock_boot_ms();
}

void
client_live_expire(struct gate_clients *all)
{
	uint64_t life = (uint64_t)(all->setup.session_life_s * 1000);
	uint64_t now = clock_boot_ms();

	list_each_safe (&all->sessions, e, next) {
		struct client_live *l = container_of(e, struct client_live,
		    link);

		if (l->conn == NULL && (!l->whole || now - l->away_ms > life))
			client_live_end(all, l);
	}
}

void
client_live_free(struct gate_clients *all)
{
	list_each_safe (&all->sessions, e, next) {
		list_remove(e);
		free(container_of(e, struct client_live, link));
	}
}

/* ---- the store ------------------------------------------------------ */

/* From e on, a batch; *next is where it goes on. */
static size_t
batch(struct gate_clients *all, struct list *e, struct list **next,
    const struct client_session **rec, struct client_live **live)
{
	size_t n = 0;

	for (; e != &all->sessions && n < CLIENT_STORE_BATCH; e = e->next) {
		struct client_live *l = container_of(e, struct client_live,
		    link);

		if (!l->dirty || !l->whole)
			continue;
		rec[n] = &l->rec;
		live[n++] = l;
	}
	*next = e;
	return n;
}

bool
client_live_save(struct gate_clients *all)
{
	const struct client_session *rec[CLIENT_STORE_BATCH];
	struct client_live *live[CLIENT_STORE_BATCH];
	struct list *at = all->sessions.next;
	struct err err;
	size_t n;

	while ((n = batch(all, at, &at, rec, live)) > 0) {
		if (client_store_save(all->setup.store, rec, n, &err) == -1) {
			log_warn(
			    "gate: what clients have received could not be "
			    "written down, which is tried again: %s",
			    err.text);
			return false;
		}
		for (size_t i = 0; i < n; i++)
			live[i]->dirty = false;
	}
	return true;
}
