/* SPDX-License-Identifier: MIT */
/*
 * This room is the gateway side, from the TCP connection up to the session.
 * This header: its two listeners, its connections and sessions, and the way of
 * an event to every session that should have it.
 */
#ifndef TOOLS_SIM_GATEWAY_GATEWAY_H
#define TOOLS_SIM_GATEWAY_GATEWAY_H

#include "tools/sim/gateway/session.h"

#define GATEWAY_BUCKETS 1024
#define GATEWAY_TOKEN_BYTES 24 /* of a token that is made later */
#define GATEWAY_TICK_S 0.004   /* events gathered, replays paced */
#define GATEWAY_CONNS_MAX 8192
#define GATEWAY_ACCEPTS_MAX 64 /* per wake-up */

struct json_object;

struct gateway_listener {
	int fd;
	enum conn_host host;
	ev_io io;
	struct sim *sim;
};

struct gateway {
	struct gateway_listener main, resume;
	SSL_CTX *tls; /* NULL: plain */
	ev_prepare flush;
	ev_timer tick; /* runs while busy is not empty */
	struct list conns;
	unsigned conn_count;
	int spare_fd;	   /* given up to refuse when there is no other; -1 */
	struct list dead;  /* conns to free */
	struct list dirty; /* wires to flush */
	struct list busy;  /* conns with replay or sync to do */
	struct list live, ended; /* sessions */
	unsigned ended_count;
	struct session *bucket[GATEWAY_BUCKETS];
	uint64_t number; /* of the last event */
};

/* Listens; sets sim->url_gateway and url_resume. */
int gateway_start(struct sim *, struct err *);
void gateway_stop(struct sim *);
/* Who is told of an event: the sessions of the guild's shard whose intents ask
 * for it and whose bot is in the guild, and of these ... */
struct gateway_audience {
	int bot;	 /* only this bot's (its number); GATEWAY_ANY */
	int but;	 /* all but this bot's; GATEWAY_ANY: nobody's */
	uint64_t may;	 /* whose bot has one of these permissions; 0: any */
	bool unasked;	 /* whatever the intents */
	bool all_shards; /* whatever the shard */
};

#define GATEWAY_ANY (-1)
#define GATEWAY_EVERYBODY                                                      \
	((struct gateway_audience) {.bot = GATEWAY_ANY, .but = GATEWAY_ANY})

/*
 * Emits one dispatch to everybody (guild_id 0: a DM, shard 0).  d is the JSON
 * of d; borrowed.  false: there is none, and nobody will hear of it.
 */
bool gateway_emit(struct sim *, uint64_t guild_id, const char *t, const char *d,
    size_t len);
/* The same of an object; guild: the world's index, or WORLD_NOWHERE: a DM (that
 * of d's channel), or something of no guild. */
bool gateway_emit_json(struct sim *, uint32_t guild, const char *t,
    struct json_object *d);
/* The same to an audience; a DM is only ever told to the bot it is with. */
bool gateway_emit_to(struct sim *, const struct gateway_audience *,
    uint32_t guild, const char *t, struct json_object *d);
/* The connection of a live or replaying session of that shard, or NULL; count
 * 0: of any layout. */
struct conn *gateway_conn(struct sim *, unsigned shard, unsigned count);
/* Ends every session and connection of a bot: its token was reset. */
void gateway_revoke(struct sim *, unsigned bot);
/* A token of another bot, known to the REST side alone. */
void gateway_other(struct sim *);
unsigned gateway_connected(struct sim *);
/* op 1 to those whose events are handled when they are acknowledged. */
void gateway_ask_heartbeats(struct sim *);
/* So many random bytes, at most 32, as hex. */
void gateway_random_hex(char *out, size_t bytes);
/* The next event's number. */
uint64_t gateway_next(struct sim *);

#endif
