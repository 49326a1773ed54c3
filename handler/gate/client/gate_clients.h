/* SPDX-License-Identifier: MIT */
/*
 * This room: what clients of the gate see: connections, their gateway protocol
 * (the design's section 4), sessions that outlive them.
 *
 * One thread: the one that appends to the log.  No process, no config file, no
 * upstream: what it needs it is given, what goes up it gives away.  A client
 * can do no more than use up its own bounds; whoever does not read is waited
 * for by nobody.  What is lost with this process is connections: sessions are
 * in the store, what they get is in the log.
 *
 * Sessions are written to the store when they begin, end, and a batch every
 * GATE_CLIENTS_SAVE_S: those writes wait as store.h says.  All else returns at
 * once, and nothing calls back but the functions of the setup.
 */
#ifndef HANDLER_GATE_CLIENT_GATE_CLIENTS_H
#define HANDLER_GATE_CLIENT_GATE_CLIENTS_H

#include "shared/guilds/guild_cache.h"
#include "handler/gate/session/client_store.h"

#include "shared/base/timer.h"
#include "shared/page/page_gate.h"

#include <openssl/ssl.h>

struct ev_loop;

/* bounds, besides those of the setup */
#define GATE_CLIENTS_MESSAGE_MAX 4096 /* bytes of a client's: Discord's, too */
#define GATE_CLIENTS_UPGRADE_S 10.0   /* until the request is there */
#define GATE_CLIENTS_IDENTIFY_S 60.0  /* from HELLO to IDENTIFY or RESUME */
#define GATE_CLIENTS_CLOSE_S 5.0      /* from our close frame to the end */
#define GATE_CLIENTS_SILENT 2.5	      /* intervals without a heartbeat */
#define GATE_CLIENTS_AHEAD                                                     \
	((size_t)256 << 10) /* bytes that wait for who reads
						  slowly; then its cursor waits
						  in the log */
#define GATE_CLIENTS_ANSWERS_MAX                                               \
	((size_t)64 << 10) /* ... of answers besides: who lets more of them
			      lie is dropped */
#define GATE_CLIENTS_UNREAD_S 60.0     /* without a byte read, and more waits */
#define GATE_CLIENTS_SESSIONS_MAX 4096 /* of one client */
#define GATE_CLIENTS_SHARDS_MAX 65536
#define GATE_CLIENTS_VIEW_S                                                    \
	5.0 /* a snapshot's look at the cache; then it is
				   taken up by a newer one */
#define GATE_CLIENTS_SAVE_S 5.0
#define GATE_CLIENTS_POLL_S 0.25 /* a held client: is upstream ready now? */

/* on_second: an IDENTIFY of a client and shard that is connected already */
enum gate_clients_second {
	GATE_CLIENTS_TAKE_OVER,
	GATE_CLIENTS_SHARE,
	GATE_CLIENTS_REFUSE,
};

/* What a client may do, as its section of the config says. */
struct gate_client {
	char name[CLIENT_SESSION_NAME_MAX]; /* no slash in it */
	uint32_t run;	  /* the one of its processes that calls, when we
			     started it: of two the one with the higher number
			     goes before; 0: it runs elsewhere */
	uint64_t intents; /* it may ask for these; 0: all we have */
	uint32_t guilds;  /* in guild[]: it sees those only; 0: all */
	uint64_t guild[CLIENT_SESSION_GUILDS_MAX];
	bool may_presence, may_voice, may_members; /* op 3; 4; 8, 31, 43 */
	bool catch_up;
	bool real; /* compresses truly, for who is over a network */
	enum gate_clients_second on_second;
};

struct gate_clients_upstream {
	uint32_t shards; /* 0: not known yet */
	uint64_t intents;
};

/* A payload that is to go to Discord over one shard. */
struct gate_clients_send {
	uint32_t shard;	     /* of upstream */
	int op;		     /* 3, 4, 8, 31, 43 */
	const char *client;  /* its share of the limit */
	const char *payload; /* the whole, op and d */
	size_t len;
};

struct gate_clients_setup {
	struct ev_loop *loop;
	struct timers *timers;
	struct gatelog *log;
	struct guild_cache *cache; /* NULL: cold, clients are held */
	const struct store *store;
	SSL_CTX *tls;	 /* NULL: clear */
	const char *url; /* resume_gateway_url, without a query */
	bool lean;	 /* nobody but who asked reads GUILD_MEMBERS_CHUNKs: the
		      cache keeps no members of asked-for lists */
	bool real; /* zstd streams are compressed truly, as a client's zlib
		      stream is once it is known: such streams cannot begin
		      otherwise */
	const char *const *origins; /* pages that may connect; "*": any */
	size_t origins_n;
	double heartbeat_s, hold_s, session_life_s;
	unsigned conns_max;	    /* all together */
	unsigned conns_per_address; /* of one, before they IDENTIFY: the
				       oldest goes */
	unsigned conns_per_client;
	unsigned sends_per_minute; /* messages of one connection: 4008 */

	/* Whose token is it, without "Bot "?  false: nobody's. */
	bool (*who)(void *arg, const char *token, struct gate_client *out);
	void (*upstream)(void *arg, struct gate_clients_upstream *out);
	/* Does that shard have a session, is what the cache shows of it so? */
	bool (*ready)(void *arg, uint32_t shard);
	/* false: not taken now (it is over a limit, or no shard is there). */
	bool (*send)(void *arg, const struct gate_clients_send *);
	/* What happened to a client, in words, over the connection of a shard,
	 * for people; NULL: nobody wants to know. */
	void (*past)(void *arg, const char *client, const char *words,
	    uint32_t shard, uint32_t shard_count);
	void *arg;
};

struct gate_clients;

/* Reads the sessions there are.  Everything in setup lives longer; strings are
 * borrowed.  NULL with err: the store cannot be read. */
struct gate_clients *gate_clients_new(const struct gate_clients_setup *,
    struct err *);
/* Accepts on fd, non-blocking, which stays the caller's; several are fine. */
void gate_clients_listen(struct gate_clients *, int fd);
/* The cache is there now, or another one; NULL: it is not. */
void gate_clients_cache(struct gate_clients *, struct guild_cache *);

/*
 * In place of gatelog_append, for every record that comes from upstream, in
 * order, gatelog_describe'd: what answers a client's question is appended for
 * that client first, with r.to set and r.lane 0, which no cache need read.
 * Then r itself; as gatelog_append.
 */
bool gate_clients_append(struct gate_clients *, struct gatelog_record *r,
    const char *raw);
/* After some of them: clients get what is theirs at the end of this turn. */
void gate_clients_appended(struct gate_clients *);

/* Accepts no more, tells all to reconnect, saves: another process serves them
 * on from the store and the log. */
void gate_clients_stop(struct gate_clients *);
/* No connection is left. */
bool gate_clients_idle(const struct gate_clients *);
/* Drops what connections are left. */
void gate_clients_free(struct gate_clients *);

/* ---- orders and sight ----------------------------------------------- */

/* Connections of a client: told to reconnect, or its sessions end as well, as
 * when it is gone from the config.  Returns how many; *ended: so many sessions,
 * if it is not NULL. */
unsigned gate_clients_kick(struct gate_clients *, const char *client,
    bool sessions, uint32_t *ended);

struct gate_clients_row {
	const char *client, *state; /* state: of its connection, or "AWAY" */
	uint32_t run; /* of its connection, see struct gate_client */
	bool live;    /* ... which gets events: it was READY, or RESUMED */
	uint32_t shard, shard_count;
	uint64_t s, acked_s;
	uint64_t lag;	 /* records of the log it has not been sent */
	size_t waiting;	 /* bytes in its output */
	int64_t seen_ms; /* wall clock of its last heartbeat */
	uint64_t replayed, caught_up; /* messages, of this process */
	unsigned resumes;
	uint64_t position; /* it has the log up to there */
};
void gate_clients_each(const struct gate_clients *,
    void (*fn)(const struct gate_clients_row *, void *), void *arg);

/* Why a connection was refused or ended: see page_gate.h. */
enum gate_clients_end {
#define X(name, key, refused, words) GATE_CLIENTS_END_##name,
	PAGE_GATE_ENDS(X)
#undef X
	    GATE_CLIENTS_ENDS_N
};

/* Of one client, in this process, whatever became of its sessions. */
struct gate_clients_tally {
	char client[CLIENT_SESSION_NAME_MAX];
#define X(n) uint64_t n;
	PAGE_CLIENT_COUNTERS(X)
#undef X
	uint64_t overrun_ms;		   /* boot clock; 0: none */
	uint64_t refused_ms;		   /* the last connection that was */
	enum gate_clients_end refused_end; /* why */
	char refused_why[124];		   /* what it was told */
};
void gate_clients_tallies(const struct gate_clients *,
    void (*fn)(const struct gate_clients_tally *, void *), void *arg);

struct gate_clients_counters {
	uint64_t accepted, identified, resumed;
	uint64_t resume_lost;	/* op 9 false: unknown, inside a snapshot */
	uint64_t overruns;	/* op 9 false: fell off the log */
	uint64_t events, bytes; /* sent, before compression */
	uint64_t refused_sends; /* commands not taken, or not allowed */
	uint64_t end[GATE_CLIENTS_ENDS_N];
	unsigned conns, sessions; /* now */
};
const struct gate_clients_counters *gate_clients_counted(
    const struct gate_clients *);

#endif
