/* SPDX-License-Identifier: MIT */
/*
 * The simulator's shared state and the few calls its halves make on each
 * other: the gateway (gate, conn, session, ...) and the REST side with the
 * world it serves (rest, route, limit, world).  One thread, one loop; nothing
 * here is meant to be linked into a bot.
 */
#ifndef TOOLS_SIM_BASE_SIM_H
#define TOOLS_SIM_BASE_SIM_H

#include "shared/base/base.h"
#include "shared/base/err.h"

#define SIM_URL_MAX 256
#define SIM_TOKEN_MAX 128
#define SIM_SHARDS_MAX 4096	/* shard ids counted and accepted */
#define SIM_VIOLATIONS_MAX 256	/* kept in words; all are counted */

struct ev_loop;
struct timers;
struct world;
struct gateway;
struct generator;
struct faults;
struct control;
struct pings;
struct script;
struct rest;

/* A growing text; p is NUL-terminated once anything was added (sbuf.h). */
struct sbuf {
	char *p;
	size_t len, cap;
};

/* Session starts: the numbers of /gateway/bot (starts.h keeps them true). */
struct sim_starts {
	int64_t total, remaining;
	uint64_t reset_at_ms;	/* clock_boot_ms() of the next refill */
	uint64_t window_ms;	/* 24 h */
};

/* What `run` was asked for; some change later (`ctl set`). */
struct sim_config {
	char *dir;		/* absolute */
	char *listen;		/* "127.0.0.1" */
	char *names;		/* others, see hostnames.h; "" */
	unsigned port;		/* REST; gateway +1, resume +2; 0: any */
	bool plain;		/* http/ws instead of https/wss */
	uint64_t seed;
	unsigned guilds;
	unsigned chunk_size;	/* members per GUILD_MEMBERS_CHUNK */
	unsigned members_more;	/* members that only op 8 knows, per guild */
	unsigned shards;	/* recommended by /gateway/bot */
	unsigned max_concurrency;
	double rate;		/* generated events/s over all shards */
	char *mix;
	unsigned ping_every;	/* 0: never */
	double heartbeat_s;	/* heartbeat_interval of HELLO */
	double latency_s;	/* a round trip of the gateway takes */
	double identify_s;	/* one IDENTIFY per key in this time */
	double session_ttl_s;	/* after a disconnect */
	unsigned same_ids;	/* 1: a shard's sessions all have one id */
	unsigned replay;	/* events kept per session */
	unsigned shards_min;	/* fewer in an IDENTIFY: 4011; 0: no rule */
	unsigned shards_multiple; /* else 4010; 0: no rule */
	char *data;		/* directory of extra sample events, or NULL */
	char *script;		/* file, or NULL */
	double idle_exit_s;	/* 0: never */
};

struct sim {
	struct ev_loop *loop;
	struct timers *timers;
	struct sim_config cfg;
	struct sim_starts starts;
	char token[SIM_TOKEN_MAX];
	unsigned token_resets;
	char other_token[SIM_TOKEN_MAX]; /* of another bot; "": none */
	uint64_t app_flags;	/* /applications/@me flags: intents allowed */
	uint64_t app_id;	/* the bot's user and application id */
	uint64_t started_ms;	/* clock_boot_ms() */

	/* PEM texts of the throw-away CA and server; NULL with cfg.plain. */
	char *ca_pem, *cert_pem, *key_pem;

	char url_api[SIM_URL_MAX];	/* https://127.0.0.1:P/api/v10; rest_start
					   sets it from the port it got */
	char url_gateway[SIM_URL_MAX];	/* wss://127.0.0.1:P, no slash */
	char url_resume[SIM_URL_MAX];

	struct world *world;
	struct gateway *gateway;
	struct generator *generator;
	struct faults *faults;
	struct control *control;
	struct pings *pings;
	struct script *script;
	struct rest *rest;		/* the REST side's own */
};

/*
 * Emits one dispatch to every session whose shard covers guild_id and whose
 * intents ask for it (0: a DM, shard 0).  d is the JSON of d; borrowed.  false:
 * there is none, and nobody will hear of it.
 */
bool gateway_emit(struct sim *, uint64_t guild_id, const char *t, const char *d,
    size_t len);
/* The same to the sessions of one shard id, whatever their count. */
void gateway_emit_shard(struct sim *, unsigned shard, const char *t,
    const char *d, size_t len);

/* Writes down that a client broke a rule; shard -1: none known. */
void sim_violation(struct sim *, int shard, const char *fmt, ...)
    printflike(3, 4);

/* Refills the budget when its time has come; call before reading starts. */
void starts_refresh(struct sim *);

/*
 * Pings: a MESSAGE_CREATE that says "!ping" is noted by its message id; the
 * REST side reports what was posted in answer to it (its message_reference or
 * its nonce).  Ids that are no ping's are ignored.
 */
void pings_sent(struct sim *, uint64_t message_id);
void pings_answered(struct sim *, uint64_t message_id);

/* A small generator with its state at the caller: 64 random bits. */
static inline uint64_t
sim_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/*
 * Provided by the REST side beside rest_start() and rest_stop():
 *
 * int rest_control(struct sim *, int argc, char **argv, struct sbuf *out)
 *	REST verbs of the control socket (argv[0] "gateway-bot", "rest", ...):
 *	0, 1 or EXIT_USAGE with a sentence in out.
 * void rest_report(struct sim *, struct sbuf *out)
 *	appends the JSON object of the report's "rest".
 *
 * and by world.h, for the generator and READY:
 *
 * struct world *world_new(uint64_t seed, unsigned guilds); world_free(w)
 * unsigned world_guilds(w); uint64_t world_guild_id(w, i)
 * size_t world_render_guild(w, i, char *buf, size_t size)
 *	d of GUILD_CREATE; returns the length needed, as snprintf does.
 * const char *world_render_event(w, uint64_t *rng, const char *t,
 *     unsigned guild, uint64_t number, bool ping, struct sbuf *out)
 *	replaces out by d of an event of kind t; returns out->p, or NULL when
 *	it knows no such kind.  ping: a MESSAGE_CREATE by a human says "!ping".
 */

#endif
