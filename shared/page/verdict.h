/* SPDX-License-Identifier: MIT */
/*
 * What the stats page amounts to now: whoever shows shards or the fleet says
 * the same of them.  Ages, not last good values (design, I7): a process that
 * is gone is down whatever it wrote last, a shard that claims to be ready but
 * hears nothing is deaf, and the worst is said first.
 *
 * One that hears the rest but nothing of one class of events any more is partly
 * deaf (discord-protocol.md 8.31).  Silence is measured in the other events
 * that came meanwhile, so that it is not the night that is judged. Events of
 * any kind are held against what the other shards hear meanwhile. What that
 * can't see: a fleet of one shard that hears nothing at all, a class that never
 * was frequent, a shard that hears hardly anything at all, and one that was
 * silent from the start in a fleet whose other shards know no better.
 */
#ifndef SHARED_PAGE_VERDICT_H
#define SHARED_PAGE_VERDICT_H

#include "shared/page/page.h"
#include "shared/page/verdict_table.h"

#define VERDICT_INTERVALS 2    /* of heartbeats, without a sign of life */
#define VERDICT_HUNG_MS 10000  /* a supervisor looks at itself twice a s */
#define VERDICT_SILENT_MS 5000 /* a handler does ten times a s */

/* Silence: more traffic without an event of the class than each of these. */
#define VERDICT_SEEN 32 /* events that make a usual rate */
#define VERDICT_TRAFFIC 100
#define VERDICT_USUAL 30  /* times what usually comes to one of them */
#define VERDICT_LONGEST 3 /* times the most that came of late */
/* If it has no rate of its own, times what comes to one at the others, whose
 * guilds may be of another kind; and so much at least. */
#define VERDICT_OTHERS 300
#define VERDICT_OTHERS_TRAFFIC 10000

#define VERDICT_LATE_MS 5000  /* an ACK: what comes is late, too */
#define VERDICT_LAG_MS 15000  /* the oldest event a plugin has not done */
#define VERDICT_SHORT 80      /* % of a limit of fds or memory */
#define VERDICT_REST_MS 60000 /* of the global limit, without a break */
#define VERDICT_STRIKES 3     /* ends without health that are no accident */

struct verdict {
	enum shard_state state;
	enum verdict_code code; /* VERDICT_CODE_NONE: ready, and nothing else */
	bool ready;		/* and hears */
	bool deaf;		/* ready, but no ACK or no byte for too long */
	uint32_t silent;   /* partly deaf: the classes it hears no more, bits of
				   enum page_class_id; it counts as ready still */
	const char *word;  /* the state's, "deaf", "partly deaf", "hung" */
	int64_t age_ms;	   /* it is so for so long; -1: not known */
	uint64_t until_ms; /* boot stamp; 0: not known */
};

#define VERDICT_WORDS 256

/*
 * The one definition of deaf: everybody who acts on it (status, alerts, the
 * watchdog, a rollout) asks here, each with its own patience.
 *
 * For how long it has heard nothing, in ms: once ready since the last ACK or
 * the last byte, whichever is older; before that since the last byte.  What
 * the connection before heard does not count.
 */
uint64_t verdict_quiet_ms(const struct page_shard *, uint64_t now_ms);
/* Ready, and quiet for longer than so many heartbeats and slack_ms. */
bool verdict_deaf(const struct page_shard *, unsigned intervals,
    uint64_t slack_ms, uint64_t now_ms);
/*
 * Seconds for which a loop has not turned; 0 up to limit_ms, and when it began
 * (started_ms) less long ago.
 */
int64_t verdict_hangs_s(uint64_t beat_ms, uint64_t started_ms,
    uint64_t limit_ms, uint64_t now_ms);

/* A shard as somebody found it; the page's parts are copies. */
struct verdict_shard {
	const struct page_shard *s;
	const struct page_watch *w;	    /* NULL: not known */
	const struct page_cluster *cluster; /* NULL: not known */
	uint32_t id;
	bool alive;   /* its process exists */
	bool stopped; /* by a signal or a debugger */
	bool orphan;  /* it is nobody's child */
};
struct verdict verdict_look(const struct verdict_shard *, uint64_t now_ms);
/* The same where no more is known. */
struct verdict verdict_shard(const struct page_shard *, bool alive,
    uint64_t now_ms);
/* The evidence, sentences without the last dot; "" for one that is well. */
void verdict_evidence(const struct verdict_shard *, const struct verdict *,
    uint64_t now_ms, char out[VERDICT_WORDS]);

/* What the silence of a class is measured in: what else the shard hears, or for
 * events at all what the fleet hears. */
static inline uint64_t
verdict_clock(const struct page_shard *s, enum page_class_id class)
{
	return class == CLASS_EVENTS ? s->fleet : s->traffic;
}
/* So much of it may come before a class is silent; 0: any, it has no rate. */
double verdict_allowed(const struct page_shard *, enum page_class_id);
/* When it heard the class last, or could begin to. */
uint64_t verdict_heard_ms(const struct page_shard *, enum page_class_id);
bool verdict_silent(const struct page_shard *, enum page_class_id,
    uint64_t now_ms);
/* What a partly deaf shard does not hear, since when, against what is usual:
 * a sentence without its dot; "" for other shards. */
void verdict_words(const struct page_shard *, const struct verdict *,
    uint64_t now_ms, char out[VERDICT_WORDS]);

/* ---- the fleet ------------------------------------------------------ */

enum verdict_fleet_state {
	VERDICT_STOPPED, /* in order */
	VERDICT_CRASHED, /* the supervisor is gone without a word */
	VERDICT_STOPPING,
	VERDICT_HELD,
	VERDICT_STARTING, /* no shard was ready yet */
	VERDICT_DEGRADED,
	VERDICT_READY,
	VERDICT_FLEET_STATES
};
extern const char *const verdict_fleet_name[VERDICT_FLEET_STATES];

/* Shards alike: the one that is so for longest, and which there are. */
struct verdict_group {
	uint32_t n, first;
	int64_t age_ms; /* of the first */
	uint64_t until_ms;
	uint32_t from, to; /* the run of numbers that is not in ids yet */
	bool more;	   /* than fit into ids */
	char ids[96];	   /* "0-3, 7" */
	char words[VERDICT_WORDS]; /* the first one's evidence */
};
#define VERDICT_GROUPS (VERDICT_CODE_SHARD_LAST - VERDICT_CODE_SHARD_FIRST + 1)
/* Near a limit: how many, the one nearest. */
struct verdict_near {
	uint32_t n, first;
	uint64_t used, limit;
};
struct verdict_shards {
	uint32_t n, ready, deaf, partly;
	struct verdict_group group[VERDICT_GROUPS];
	struct verdict_near fds, memory;
};
/* One more, ids ascending; what it is. */
struct verdict verdict_shards_add(struct verdict_shards *,
    const struct verdict_shard *, uint64_t now_ms);

/* The process of a client that the fleet runs; the page's parts are copies. */
struct verdict_process {
	char name[64]; /* "": none */
	const struct page_watch *w;
	bool alive;   /* its runner */
	bool up;      /* the bot itself */
	bool stopped; /* the bot, by a signal or a debugger */
	bool runner_stopped;
};

/* What was found out about a fleet; the page's parts are copies. */
struct verdict_facts {
	const struct page_cluster *cluster;
	const struct page_handler *handler; /* HANDLER_DOWN when gone */
	const struct page_plugins *plugins; /* or NULL */
	uint64_t plugins_stopped;	    /* bits of their places */
	bool alive;			    /* the supervisor */
	int64_t hung_s;		      /* it has done nothing for so long; 0 */
	bool stopped;		      /* it is: by a signal, or a debugger */
	const struct page_gate *gate; /* GATE_DOWN when gone; NULL: none */
	bool gate_alive, gate_stopped;
	int64_t gate_silent_s;	     /* 0: its loop turns */
	bool web_alive, web_stopped; /* cluster->web: there is to be one */
	int64_t web_silent_s;
	const struct page_watch *web_watch; /* NULL: not known */
	bool handler_alive, handler_stopped;
	int64_t handler_silent_s; /* 0: its loop turns */
	/* NULL: not known. */
	const struct page_watch *handler_watch, *gate_watch, *supervisor_watch;
	const struct verdict_shards *shards;
	const struct verdict_process *process; /* PAGE_CLIENTS, or NULL */
	bool disk_known;		       /* of state_dir */
	uint64_t disk_free, disk_size;	       /* bytes */
	uint64_t now_ms;		       /* clock_boot_ms() */
	int64_t wall_ms;
};

#define VERDICT_FINDINGS 40
struct verdict_finding {
	enum verdict_code code;	      /* verdict_table.h */
	enum verdict_subject subject; /* whom it is about ... */
	char name[64];	/* ... its name or number, of count the first; "" */
	uint32_t count; /* so many are alike */
	enum page_rank rank;
	bool fresh;	  /* may be over at once: nobody is woken for it */
	bool advised;	  /* the text says what to do */
	bool note;	  /* more than the lines of status show anyway */
	int64_t age_ms;	  /* it has been so for so long; -1: not known */
	int64_t until_ms; /* wall clock, of what ends by itself then; 0 */
	char text[320];	  /* "shard 3 deaf" */
	char detail[VERDICT_WORDS]; /* more of it, or "" */
};

struct verdict_fleet {
	enum verdict_fleet_state state;
	int exit; /* EXIT_FINE, EXIT_DEGRADED or EXIT_DOWN */
	struct verdict_finding found[VERDICT_FINDINGS]; /* worst first */
	size_t n;
};

void verdict_fleet(const struct verdict_facts *, struct verdict_fleet *);
/* What to do about it: verdict_advice with the name in it. */
void verdict_advise(const struct verdict_finding *, char out[VERDICT_WORDS]);

/* Is a plugin as it is meant to be: up, coming up, or held by an operator? */
bool verdict_plugin_well(const struct page_plugin *);
/*
 * The first of these codes, in the order of the list, which ends with
 * VERDICT_CODE_NONE, that is so for age_ms, as far as is known, and not fresh; NULL:
 * none.
 */
const struct verdict_finding *verdict_find(const struct verdict_fleet *,
    const enum verdict_code *, int64_t age_ms);
/* The whole of a finding in sentences: what, for how long, evidence. */
void verdict_sentence(const struct verdict_finding *, char *out, size_t size);

/* ---- the gate and its clients --------------------------------------- */

#define VERDICT_GATE_AWAY_MS 300000    /* away for longer: worth a word */
#define VERDICT_GATE_OVERRUN_MS 600000 /* an overrun is told for so long */
#define VERDICT_GATE_FILL 80	       /* % of the log: soon it is lost */
#define VERDICT_GATE_MISSING_MS 15000 /* a shard not in the cache for so long */
#define VERDICT_GATE_REFUSED 10 /* within a minute: somebody tries on and on */

#define VERDICT_CLIENTS(X)                                                     \
	/* worst first */                                                      \
	X(LOST, "losing")   /* away, and the log has let go of some of it */   \
	X(FALLING, "late")  /* away, and the log will do so soon */            \
	X(SLOW, "slow")	    /* connected, and the log will do so soon */       \
	X(AWAY, "away")	    /* what it misses is kept */                       \
	X(PARTLY, "partly") /* some of its sessions are away */                \
	X(HERE, "here")                                                        \
	X(NEVER, "never") /* it was never here */
enum verdict_client_state {
#define X(n, s) VERDICT_CLIENT_##n,
	VERDICT_CLIENTS(X)
#undef X
	    VERDICT_CLIENT_STATES
};
extern const char *const verdict_client_name[VERDICT_CLIENT_STATES];

struct verdict_client {
	enum verdict_client_state state;
	bool overran;	 /* of late: what it missed is lost to it */
	unsigned fill;	 /* % of the log's bytes or age that it is behind */
	int64_t away_ms; /* -1: it is here, or never was */
};
struct verdict_client verdict_client(const struct page_gate *,
    const struct page_client *, uint64_t now_ms);

struct verdict_gate {
	uint32_t n[VERDICT_CLIENT_STATES], overran;
	/* Of each the one that is away longest; NULL. */
	const struct page_client *first[VERDICT_CLIENT_STATES], *first_overran;
	char cache[VERDICT_WORDS]; /* what is wrong with it; "": nothing */
	bool refuses; /* again and again: see page_gate.refused_now */
};
/* As its part of the page says, whether or not its process lives. */
void verdict_gate(const struct page_gate *, uint64_t now_ms,
    struct verdict_gate *);
/* What the worst of that state is to be told of, "bot is away for 12 min ...",
 * and how many more there are. */
void verdict_gate_words(const struct verdict_gate *, const struct page_gate *,
    enum verdict_client_state, uint64_t now_ms, char out[VERDICT_WORDS]);
void verdict_gate_overran(const struct verdict_gate *, uint64_t now_ms,
    char out[VERDICT_WORDS]);

#endif
