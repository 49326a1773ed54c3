/* SPDX-License-Identifier: MIT */
/*
 * This room is what every part of the simulator stands on; this header is the
 * simulator itself: its settings, and a pointer to each part, whose layout is
 * in the part's own header.  One thread, one loop; nothing here is meant to be
 * linked into a bot.
 *
 * The rooms from below: base, net (a connection as bytes), world (what there
 * is), saved (as one document), book (what happened), gateway (the websocket side), act (what changes a
 * guild and tells of it), rest (the HTTP side), message (what bots post),
 * routes (what each REST call does to the world), people (what persons do),
 * page (what a browser sees), control (who works the simulator).
 */
#ifndef TOOLS_SIM_BASE_SIM_H
#define TOOLS_SIM_BASE_SIM_H

#include "shared/base/base.h"
#include "shared/base/err.h"

#include <string.h>

#define SIM_URL_MAX 256
#define SIM_TOKEN_MAX 128
#define SIM_BOTS_MAX 16
#define SIM_SHARDS_MAX 4096 /* shard ids counted and accepted */

struct asked;
struct control;
struct ev_loop;
struct faults;
struct gateway;
struct generator;
struct pings;
struct rest;
struct script;
struct stats_book;
struct timers;
struct world;

/* Session starts: the numbers of /gateway/bot (starts.h keeps them true). */
struct sim_starts {
	int64_t total, remaining;
	uint64_t reset_at_ms; /* clock_boot_ms() of the next refill */
	uint64_t key_ms[SIM_SHARDS_MAX]; /* last IDENTIFY of each key */
};

/* What a gateway connection is like below TLS; 0: nothing is done to it. */
struct sim_line {
	double latency_s;     /* a round trip takes */
	unsigned bandwidth;   /* bytes/s that leave */
	unsigned segment;     /* bytes that leave at once */
	unsigned send_buffer; /* SO_SNDBUF, of later connections */
	unsigned backlog;     /* bytes kept for a client that does not read */
};

/* What Discord knows of a bot and its application, besides the world. */
struct sim_bot {
	char token[SIM_TOKEN_MAX];
	uint64_t flags; /* of the application: privileged intents allowed */
	struct sim_starts starts;
};

/* What a connection gets that asks for zstd-stream. */
enum sim_zstd {
	SIM_ZSTD_NONE, /* no compression: the word is not known */
	SIM_ZSTD_HAS,
	SIM_ZSTD_REFUSED, /* HTTP 400 */
};

/* What `run` was asked for; some change later (`ctl set`). */
struct sim_config {
	char *dir;     /* absolute */
	char *listen;  /* "127.0.0.1" */
	char *names;   /* others, see hostnames.h; "" */
	unsigned port; /* REST; gateway +1, resume +2; 0: any */
	bool plain;    /* http/ws instead of https/wss */
	uint64_t seed;
	unsigned guilds;
	unsigned chunk_size;  /* members per GUILD_MEMBERS_CHUNK */
	unsigned bots;	      /* in each guild, to SIM_BOTS_MAX */
	unsigned members;     /* people in each guild, besides bots */
	unsigned guild_bytes; /* the least a GUILD_CREATE has */
	unsigned shards;      /* recommended by /gateway/bot */
	unsigned max_concurrency;
	double rate; /* generated events/s over all shards */
	char *mix;
	unsigned ping_every;	  /* 0: never */
	double heartbeat_s;	  /* heartbeat_interval of HELLO */
	struct sim_line line;	  /* of connections without their own */
	double identify_s;	  /* one IDENTIFY per key in this time */
	double session_ttl_s;	  /* after a disconnect */
	unsigned same_ids;	  /* 1: a shard's sessions all have one id */
	unsigned zstd;		  /* enum sim_zstd */
	unsigned replay;	  /* events kept per session */
	unsigned shards_min;	  /* fewer in an IDENTIFY: 4011; 0: no rule */
	unsigned shards_multiple; /* else 4010; 0: no rule */
	char *data;	    /* directory of extra sample events, or NULL */
	char *script;	    /* file, or NULL */
	char *world;	    /* file it begins with, or NULL: the seed's */
	double idle_exit_s; /* 0: never */
};

struct sim {
	struct ev_loop *loop;
	struct timers *timers;
	struct sim_config cfg;
	struct sim_bot bot[SIM_BOTS_MAX]; /* the first cfg.bots of them */
	unsigned token_resets;
	char other_token[SIM_TOKEN_MAX]; /* of another bot; "": none */
	uint64_t app_id;		 /* the bot's user and application id */
	uint64_t started_ms;		 /* clock_boot_ms() */

	/* PEM texts of the throw-away CA and server; NULL with cfg.plain. */
	char *ca_pem, *cert_pem, *key_pem;

	char url_api[SIM_URL_MAX]; /* https://127.0.0.1:P/api/v10; rest_start
					   sets it from the port it got */
	char url_gateway[SIM_URL_MAX]; /* wss://127.0.0.1:P, no slash */
	char url_resume[SIM_URL_MAX];

	struct world *world;
	struct gateway *gateway;
	struct generator *generator;
	struct faults *faults;
	struct control *control;
	struct stats_book *stats;
	struct pings *pings;
	struct asked *asked;
	struct script *script;
	struct rest *rest;
};

/* The number of the bot of a token, or -1. */
static inline int
sim_bot_find(const struct sim *sim, const char *token)
{
	for (unsigned n = 0; n < sim->cfg.bots; n++)
		if (strcmp(sim->bot[n].token, token) == 0)
			return (int)n;
	return -1;
}

/* SplitMix64, its state at the caller: 64 random bits. */
static inline uint64_t
sim_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

#endif
