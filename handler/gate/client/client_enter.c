/* SPDX-License-Identifier: MIT */
/* IDENTIFY and RESUME; see client_enter.h. */
#include "handler/gate/client/client_enter.h"

#include "handler/gate/client/client_command.h"
#include "handler/gate/client/client_flow.h"
#include "handler/gate/client/client_out.h"
#include "handler/gate/client/client_snapshot.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/config/config.h"

#include <string.h>

static bool
is_known(struct client_conn *c, char *token)
{
	bool known = c->all->setup.who(c->all->setup.arg, token, &c->who);

	explicit_bzero(token, CLIENT_PAYLOAD_TOKEN_MAX);
	if (known)
		return true;
	c->who.name[0] = '\0';
	client_conn_close(c, GATE_CLIENTS_END_TOKEN, 4004,
	    "Authentication failed.");
	return false;
}

/* ---- IDENTIFY ------------------------------------------------------- */

static void
keep_presence(struct client_conn *c)
{
	const struct client_identify *id = &c->identify;

	free(c->presence);
	c->presence = NULL;
	if (id->presence == NULL || !c->who.may_presence)
		return;
	c->presence = base_alloc(id->presence_len + 1);
	memcpy(c->presence, id->presence, id->presence_len);
}

void
client_enter_identify(struct client_conn *c)
{
	if (!client_payload_identify(&c->in, &c->identify)) {
		client_conn_close(c, GATE_CLIENTS_END_BAD_PAYLOAD, 4002,
		    "IDENTIFY lacks token or intents, or they are of another "
		    "kind.");
		return;
	}
	if (!is_known(c, c->identify.token))
		return;
	if (c->identify.shard_bad) {
		client_conn_close(c, GATE_CLIENTS_END_SHARD, 4010,
		    "Invalid shard: expected [i, m] with i < m.");
		return;
	}
	keep_presence(c);
	c->identify.presence = NULL;
	if (c->who.real)
		compress_real(c->compress);
	client_conn_become(c, CLIENT_CONN_HELD);
	timer_set(&c->deadline, c->all->setup.hold_s);
	client_conn_wake(c);
}

/* "Disallowed intents: GUILD_MEMBERS, ..." as far as a close frame has room. */
static void
name_intents(char *out, size_t size, uint64_t bits)
{
	char next[64];
	size_t used;

	str_copy(out, "Disallowed intents:", size);
	for (unsigned b = 0; b < 64; b++) {
		const char *name = config_intent_name(b);

		if ((bits >> b & 1) == 0)
			continue;
		used = strlen(out);
		if (name != NULL)
			str_format(next, sizeof(next), " %s", name);
		else
			str_format(next, sizeof(next), " 1<<%u", b);
		if (used + strlen(next) + 4 >= size) {
			str_copy(out + used, " ...", size - used);
			return;
		}
		str_copy(out + used, next, size - used);
	}
}

/* false: closed. */
static bool
has_intents(struct client_conn *c, uint64_t upstream)
{
	uint64_t all = c->who.intents != 0 ? c->who.intents & upstream
					   : upstream;
	uint64_t beyond = c->identify.intents & ~all;
	char why[124];

	if (beyond == 0)
		return true;
	name_intents(why, sizeof(why), beyond);
	client_conn_close(c, GATE_CLIENTS_END_INTENTS, 4014, why);
	return false;
}

/*
 * Of two processes that we started the newer one goes before, whatever
 * on_second says: an older one that came again would take over in its turn.
 */
static bool
goes_before(const struct client_conn *c)
{
	const struct client_live *l = client_live_second(c->all, c->who.name,
	    c->identify.shard, c->identify.count);
	uint32_t other = l != NULL ? l->conn->who.run : 0;

	if (l == NULL || (other != 0 && c->who.run > other))
		return true;
	if (c->who.on_second == GATE_CLIENTS_SHARE)
		return true;
	return c->who.on_second != GATE_CLIENTS_REFUSE
	    && (c->who.run == 0 || c->who.run >= other);
}

static bool
is_alone(struct client_conn *c)
{
	struct gate_clients *all = c->all;
	unsigned n = 0;

	list_each (&all->sessions, e) {
		struct client_live *l = container_of(e, struct client_live,
		    link);

		n += l->conn != NULL && strcmp(l->rec.client, c->who.name) == 0;
	}
	if (n >= all->setup.conns_per_client) {
		client_conn_close(c, GATE_CLIENTS_END_TOO_MANY, 4008,
		    "Too many connections of this client.");
		return false;
	}
	if (goes_before(c))
		return true;
	client_conn_close(c, GATE_CLIENTS_END_NO_SECOND, 4000,
	    c->who.on_second == GATE_CLIENTS_REFUSE
		? "This client and shard is connected already (on_second = "
		  "refuse)."
		: "A newer process of this client is connected.");
	return false;
}

static bool
is_ready(struct client_conn *c, uint32_t shards)
{
	const struct gate_clients_setup *s = &c->all->setup;

	for (uint32_t j = 0; j < shards; j++)
		if (client_command_meets(c->identify.shard, c->identify.count,
			j, shards)
		    && !s->ready(s->arg, j))
			return false;
	return true;
}

void
client_enter_try(struct client_conn *c)
{
	const struct gate_clients_setup *s = &c->all->setup;
	struct gate_clients_upstream up = {0};

	s->upstream(s->arg, &up);
	if (up.shards == 0 || !has_intents(c, up.intents) || !is_alone(c)
	    || !is_ready(c, up.shards))
		return;
	client_snapshot_begin(c, up.intents);
}

void
client_enter_late(struct client_conn *c)
{
	client_conn_close(c, GATE_CLIENTS_END_HELD, 4000,
	    "The bot's sessions with Discord are not ready yet.");
}

/* ---- RESUME --------------------------------------------------------- */

static void
refused(struct client_conn *c)
{
	c->all->count.resume_lost++;
	gate_clients_past(c, "op 9: the session it would RESUME is gone");
	client_out_op(c, 9, "false");
	client_conn_greeted(c);
}

static void
attach(struct client_conn *c, struct client_live *l, uint64_t s)
{
	struct client_conn *old = l->conn;

	if (old != NULL)
		client_conn_kick(old, GATE_CLIENTS_END_SECOND, 4000,
		    "Its session was resumed over another connection.", false);
	timer_stop(&c->deadline);
	l->conn = c;
	c->session = l;
	l->rec.seen_ms = clock_wall_ms();
	if (c->who.real)
		compress_real(c->compress);
	client_flow_resume(c, s);
}

void
client_enter_resume(struct client_conn *c)
{
	struct client_resume r;
	struct client_live *l;

	if (!client_payload_resume(&c->in, &r)) {
		client_conn_close(c, GATE_CLIENTS_END_BAD_PAYLOAD, 4002,
		    "RESUME lacks token, session_id or seq.");
		return;
	}
	if (!is_known(c, r.token))
		return;
	l = client_live_find(c->all, r.session, c->who.name);
	if (l != NULL && l->whole) {
		attach(c, l, r.s);
	} else if (client_live_replaced(c->all, r.session)) {
		str_copy(c->resume_id, r.session, sizeof(c->resume_id));
		timer_stop(&c->deadline);
		client_conn_become(c, CLIENT_CONN_WAITING);
	} else {
		log_info("gate: client %s RESUMEs a session that is not "
			 "there (any more): it is told to begin anew",
		    c->who.name);
		refused(c);
	}
}

/*
 * The old process of a deploy, for as long as the new one lives: told to
 * IDENTIFY it would take over in its turn, and so on for ever.
 */
void
client_enter_look(struct client_conn *c)
{
	if (!client_live_replaced(c->all, c->resume_id))
		refused(c);
}
