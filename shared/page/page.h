/* SPDX-License-Identifier: MIT */
/*
 * This room: the page of numbers that everybody writes his part of, and the one
 * judge of what they mean.
 *
 * The stats page: one file in state_dir, mapped by every process of a fleet
 * and by the CLI.  Each part has exactly one writer and a sequence lock;
 * writing costs no system call, reading takes no lock and asks nobody (I7).
 * All stamps are clock_boot_ms() of the boot named in the head, so readers
 * print ages, never last good values.  Each shard's slot also holds its cursor,
 * which therefore survives SIGKILL of everything; power loss may take it back
 * to the copy in LMDB, which only costs replays.
 */
#ifndef SHARED_PAGE_PAGE_H
#define SHARED_PAGE_PAGE_H

#include "shared/page/page_counts.h"
#include "shared/page/page_gate.h"
#include "shared/page/page_past.h"
#include "shared/wire/contract.h"
#include "shared/base/err.h"

#include <stdatomic.h>
#include <sys/types.h>

#define PAGE_VERSION 14
#define PAGE_PATH 512	 /* as config.h's CONFIG_PATH_MAX */
#define PAGE_NOTES 12	 /* at least as many as board.h has sources */
#define PAGE_PATIENCES 4 /* as patience.h has */
#define PAGE_CLOSES 24	 /* distinct close codes counted per shard */
#define PAGE_PLUGINS 64	 /* as config.h's CONFIG_PLUGINS_MAX */

#define PAGE_SHARD_STATES(X)                                                   \
	X(DOWN, "down")		      /* no process */                         \
	X(STARTING, "starting")	      /* process, not yet dialling */          \
	X(WAITING, "waiting")	      /* between attempts (back-off) */        \
	X(PERMIT, "queued")	      /* wants an identify permit */           \
	X(CONNECTING, "connecting")   /* DNS, TCP, proxy, TLS, upgrade */      \
	X(HELLO, "hello")	      /* open, waiting for HELLO */            \
	X(IDENTIFYING, "identifying") /* IDENTIFY sent */                      \
	X(RESUMING, "resuming")	      /* RESUME sent, replay running */        \
	X(READY, "ready")                                                      \
	X(DRAINING, "draining") /* stopping: emptying the uplink */            \
	X(HELD, "held")		/* stopped by rule, needs an operator */       \
	X(STANDBY, "standby")	/* a successor: HELLO came, waits to   \
					   take over; never on the page */

enum shard_state {
#define X(n, s) SHARD_##n,
	PAGE_SHARD_STATES(X)
#undef X
	    SHARD_STATES
};
extern const char *const page_shard_state_name[SHARD_STATES];

/* How a shard process ended, as the supervisor saw it. */
#define PAGE_CRASHES(X)                                                        \
	X(EXIT, "exit")                                                        \
	X(SIGNAL, "signal")                                                    \
	X(OOM, "oom")                                                          \
	X(HUNG, "hung")                                                        \
	X(START, "start")                                                      \
	X(UNKNOWN, "unknown") /* not our child: nobody told us */

enum crash_cause {
#define X(n, s) CRASH_##n,
	PAGE_CRASHES(X)
#undef X
	    CRASHES
};
extern const char *const page_crash_name[CRASHES];

#define PAGE_HANDLER_STATES(X)                                                 \
	X(DOWN, "down")                                                        \
	X(STARTING, "starting")                                                \
	X(READY, "ready")                                                      \
	X(DRAINING, "draining")
enum handler_state {
#define X(n, s) HANDLER_##n,
	PAGE_HANDLER_STATES(X)
#undef X
	    HANDLER_STATES
};
extern const char *const page_handler_state_name[HANDLER_STATES];

/* The plugins' REST calls, what stops most calls last. */
#define PAGE_RESTS(X)                                                          \
	X(FINE, "fine")                                                        \
	X(ROUTE, "route blocked")                                              \
	X(LIMITED, "limited") /* Discord's global limit */                     \
	X(BLOCKED, "blocked") /* in front of Discord */                        \
	X(TOKEN, "token refused")
enum page_rest {
#define X(n, s) PAGE_REST_##n,
	PAGE_RESTS(X)
#undef X
	    PAGE_REST_STATES
};
extern const char *const page_rest_name[PAGE_REST_STATES];

/* Why a connection was given up and another one made. */
#define PAGE_RECONNECTS(X)                                                     \
	X(START, "process start")                                              \
	X(OP7, "op 7")                                                         \
	X(OP9, "op 9")                                                         \
	X(CLOSE, "close code")                                                 \
	X(LOST, "connection lost")                                             \
	X(ZOMBIE, "zombie")                                                    \
	X(PAUSE, "host pause")                                                 \
	X(BROKEN, "unreadable data")                                           \
	X(ORDER, "operator")                                                   \
	X(FULL, "queue full")                                                  \
	X(CONNECT, "connect failed")                                           \
	X(LATE, "no answer")                                                   \
	X(ROLLOUT, "rollout")

enum page_reconnect {
#define X(n, s) RECONNECT_##n,
	PAGE_RECONNECTS(X)
#undef X
	    RECONNECTS
};
extern const char *const page_reconnect_name[RECONNECTS];

#define PAGE_PLUGIN_STATES(X)                                                  \
	X(IDLE, "waiting to start")                                            \
	X(STARTING, "starting") /* process runs, not initialised */            \
	X(UP, "up")                                                            \
	X(ENDING, "ending") /* told to end, not yet gone */                    \
	X(GONE, "gone")	    /* stopped for good */                             \
	X(HELD, "held")	    /* by an operator, or it kept dying */
enum plugin_state {
#define X(n, s) PLUGIN_##n,
	PAGE_PLUGIN_STATES(X)
#undef X
	    PLUGIN_STATES
};
extern const char *const page_plugin_state_name[PLUGIN_STATES];

/* What a session can be deaf for while it hears the rest (8.31). */
#define PAGE_CLASSES(X)                                                        \
	X(MESSAGES, "messages")                                                \
	X(INTERACTIONS, "interactions")                                        \
	X(GUILDS, "guild changes")                                             \
	X(VOICE, "voice events")                                               \
	X(EVENTS, "events") /* of any kind, while other shards hear some */
enum page_class_id {
#define X(n, s) CLASS_##n,
	PAGE_CLASSES(X)
#undef X
	    CLASSES
};
extern const char *const page_class_name[CLASSES];

/*
 * One class of events against the rest of what a shard hears: how much of that
 * comes between two of the class.  Traffic is its own clock, so a quiet night
 * is not silence.  Judged by verdict.h.
 */
struct page_class {
	uint64_t last_ms;  /* its last event; 0: none since the boot */
	uint64_t mark;	   /* page_shard.traffic then, or at IDENTIFY; of
				   CLASS_EVENTS page_shard.fleet */
	double seen, over; /* of late: events, and the traffic to each */
	double longest;	   /* of late: the most traffic to one of them */
	double others;	   /* traffic to one at the fleet's other shards;
				   0: not known */
};

struct page_close_count {
	uint32_t code, count;
};

/* Written by the shard process only. */
struct page_shard {
	page_lock lock;
	uint32_t state; /* enum shard_state */
	uint64_t state_since_ms;
	uint64_t until_ms; /* it goes on by itself then; 0: not known */
	int32_t pid;
	uint32_t rtt_ms;		/* last heartbeat to ACK; 0: none yet */
	uint64_t heartbeat_ms, ack_ms;	/* last sent, last ACK; 0: never */
	uint64_t frame_ms, dispatch_ms; /* last bytes, last op 0 */
	uint64_t interval_ms;		/* heartbeat_interval of this conn */
	uint64_t session;		/* store_session_key; 0: none */
	uint64_t seq;			/* last received */
	uint64_t acked_seq;		/* last acknowledged by the handler */
	uint64_t events, bytes_wire, bytes_raw;
	uint64_t replayed;   /* events received between RESUME and
					   RESUMED */
	uint64_t unreadable; /* messages forwarded unread */
	uint64_t connects, identifies, resumes, resumes_failed, zombies;
	uint64_t connect_fails;
	uint64_t urls_refused; /* of Discord's, see gateway_url.h */
	uint64_t queue_events, queue_bytes;    /* not yet acknowledged */
	uint64_t queue_full;		       /* times the queue cap was met */
	uint64_t spool_events, spool_bytes;    /* the same, on disk */
	uint64_t spool_damaged, spool_expired; /* lost: places, events */
	uint64_t spool_refused;		       /* could not be written */
	uint64_t express; /* interactions sent ahead of the rest */
	uint64_t sends, sends_refused;
	uint64_t uplinks; /* handler connections so far */
	uint32_t guilds, guilds_pending;
	struct page_close_count closes[PAGE_CLOSES];
	/* by enum page_reconnect: what ended the connection before */
	uint64_t reconnects[RECONNECTS], resumed_for[RECONNECTS];
	uint64_t identified_for[CAUSES]; /* IDENTIFYs that were sent */
	uint64_t traffic;		 /* events of steady kinds */
	uint64_t fleet;	     /* page_cluster.traffic as it saw it last */
	uint64_t silence_ms; /* [alerts] silent_after; 0: never */
	struct page_class class[CLASSES];
	char note[PAGE_WORDS]; /* why it is in this state, for people */
};

/* Written by the supervisor only. */
struct page_watch {
	page_lock lock;
	int32_t pid;		       /* 0: no process */
	uint64_t pid_start;	       /* /proc/PID/stat field 22 */
	uint64_t started_ms, ended_ms; /* ended_ms: the last one; 0 */
	uint64_t restart_ms;	       /* when it will be retried; 0 */
	uint64_t starts;
	uint32_t strikes;  /* ends since it was well for a minute */
	uint32_t walked_s; /* boot stamp, when uss_kb was told; 0: never */
	uint32_t restarts; /* ends nobody asked for since the start */
	uint64_t crashes[CRASHES];
	uint64_t rss_kb, uss_kb, anon_kb; /* anon: no file's, no memfd's */
	uint32_t fds, fd_limit;
	uint64_t sampled_ms;
	char last_end[PAGE_WORDS]; /* obituary of the last process */
	/* What a shard's process was forked with: see page_cluster. */
	uint64_t program, settings;
	char version[32]; /* of the program it runs */
};

/* Cuts the text where it is too long. */
void page_past_add(struct page_past *, int32_t shard, const char *text);
void page_fleet_past_add(struct page_fleet_past *, int32_t shard,
    const char *text);
void page_client_past_add(struct page_client_past *, const char *text);
/* Of an earlier time, wall clock. */
void page_client_past_at(struct page_client_past *, int64_t at_ms,
    const char *text);
/* In place of the last one. */
void page_client_past_again(struct page_client_past *, const char *text);
/*
 * The place of a client among n, or one for it: a free one, else that of the
 * first whose name is not wanted any more, emptied.  NULL: there is none.
 */
struct page_client_past *page_client_past_of(struct page_client_past *,
    size_t n, const char *name, bool (*wanted)(const char *name, const void *),
    const void *arg);

/* Two copies written in turn: a torn one fails its check. */
struct page_cursor {
	_Atomic uint64_t session, seq, check;
};

struct page_slot {
	struct page_shard shard;
	struct page_watch watch;
	struct page_past past; /* written by the shard process only */
	struct page_cursor cursor[2];
	struct page_cursor heard;
};

/* The process of a client that we start.  Written by the supervisor only. */
struct page_client_process {
	page_lock lock;
	char name[64];	   /* "": this place is free */
	int32_t pid;	   /* of the bot itself; 0: it does not run */
	uint32_t run;	   /* as page_client_run has it; 0: it does not run */
	uint32_t changing; /* another one is to take over from it */
	uint32_t other;	   /* as run, of one that comes, or still ends */
	uint32_t noted;	   /* up to here all have ended but these two */
	uint32_t reserved;
	struct page_watch watch; /* of its runner */
	struct page_client_past past;
};

/* Written by the handler only. */
struct page_handler {
	page_lock lock;
	uint32_t state; /* enum handler_state */
	uint64_t state_since_ms;
	int32_t pid;
	uint32_t generation;
	uint64_t events, duplicates, acked, lag_events, lag_ms;
	uint64_t dead_letters, plugin_restarts;
	uint64_t rest_calls, rest_429, rest_errors;
	uint64_t unreadable;	      /* events that are no JSON */
	uint32_t plugins, plugins_up; /* without those unloaded on purpose */
	uint32_t plugins_unloaded;
	uint32_t plugins_failing; /* up, but answering with errors */
	char note[PAGE_WORDS];
	uint32_t rest;			/* enum page_rest */
	uint32_t commands_out;		/* declared, but not registered */
	uint64_t rest_since_ms;		/* boot stamp; 0: it is fine */
	char rest_note[PAGE_WORDS];	/* why, a sentence */
	char commands_note[PAGE_WORDS]; /* what is not registered, and why */
	/* Of the lane to the gate. */
	uint32_t gate_open; /* it is connected */
	uint32_t gate_reserved;
	uint64_t gate_waiting, gate_backlog, gate_dropped; /* events */
	uint64_t gate_lag_ms;  /* age of the oldest */
	uint64_t rest_invalid; /* requests of the last 10 minutes */
	struct page_counts counts;
};

/* One plugin of the handler. */
struct page_plugin {
	char name[64];	      /* "": this place is free */
	uint32_t state;	      /* enum plugin_state */
	int32_t pid;	      /* 0: no process */
	uint32_t generation;  /* counts its processes in this handler */
	uint32_t strikes;     /* ends since it was healthy last */
	uint32_t outstanding; /* events it works on */
	uint32_t by_operator; /* held: somebody unloaded it */
	uint32_t failing;     /* answers mostly with errors */
	uint64_t state_since_ms;
	/* In memory; on disk alone, but the bytes are of all there. */
	uint64_t waiting, backlog_events, backlog_bytes;
	uint64_t lag_ms;	      /* age of its oldest unfinished event */
	uint64_t events;	      /* finished */
	uint64_t errors;	      /* answered with one */
	uint64_t answered, worked_ms; /* events, and how long it had them */
	uint64_t restarts, dead_letters; /* as page_watch's; set aside */
	uint64_t dropped;		 /* the backlog was full */
	uint64_t expired, damaged;	 /* of the backlog */
	char note[PAGE_WORDS];	   /* why it is in this state, for people */
	char commands[PAGE_WORDS]; /* which it declared are left out, why */
};

static inline uint64_t
page_plugin_waits(const struct page_plugin *p)
{
	return p->outstanding + p->waiting + p->backlog_events;
}

/* Written by the handler only. */
struct page_plugins {
	page_lock lock;
	uint32_t count; /* places in use */
	struct page_plugin plugin[PAGE_PLUGINS];
};

/* The last `probe`; times as in struct msg_probe_answer. */
struct page_probe {
	int64_t at_wall_ms; /* 0: never */
	uint32_t scheduled; /* [probe] interval is set */
	int32_t code;	    /* exit code */
	int32_t shard, rest_ms, gateway_ms, handler_ms, done_ms, total_ms;
	uint64_t runs, failures; /* in this life of the supervisor */
	char text[256];
};

#define PAGE_RANKS(X)                                                          \
	X(CRITICAL, "critical") /* the bot does not do its work */             \
	X(WARNING, "warning")	/* somebody has to do something */             \
	X(INFO, "info")		/* good to know */
enum page_rank {
#define X(n, s) PAGE_##n,
	PAGE_RANKS(X)
#undef X
	    PAGE_RANKS_N
};
extern const char *const page_rank_name[PAGE_RANKS_N];

/* Something an operator should read. */
struct page_note {
	int64_t since_ms; /* wall clock: first said */
	uint32_t rank;	  /* enum page_rank */
	uint32_t code;	  /* enum verdict_code, verdict_table.h */
	char text[256];	  /* one sentence; "": no note */
};

enum page_memory {
	PAGE_MEMORY_SHARD,
	PAGE_MEMORY_HANDLER,
	PAGE_MEMORY_GATE,
	PAGE_MEMORY_SUPERVISOR,
	PAGE_MEMORIES
};

/* Written by the supervisor only. */
struct page_cluster {
	page_lock lock;
	int32_t pid; /* 0: stopped in order */
	uint64_t pid_start;
	uint64_t started_ms;
	uint32_t stopping;
	uint32_t shard_count;  /* of the layout */
	uint32_t first, local; /* shards run here: [first, first+local) */
	uint32_t recommended;  /* shards of the last /gateway/bot */
	/* budget, from /gateway/bot plus what we sent since */
	int64_t total, remaining; /* -1: not known */
	int64_t reset_wall_ms, fetched_wall_ms;
	uint32_t max_concurrency, reserve;
	uint64_t identifies_24h, foreign_24h;
	int64_t forecast_s; /* -1: not in sight */
	uint32_t permits_waiting;
	uint64_t permits_eta_ms; /* boot stamp when the queue is empty */
	uint32_t held;		 /* fleet held: see note */
	uint32_t held_code;	 /* close code or HTTP status */
	uint64_t answered_ms;	 /* boot stamp at which /gateway/bot was
					   asked, of the last answer; 0 */
	uint32_t release_checks; /* counts answers to "release" */
	uint32_t leave;		 /* forced IDENTIFYs still allowed */
	uint32_t braked;	 /* IDENTIFYs slowed down by rule */
	uint32_t crashing;	 /* shards died alike: one at a time */
	/* [alerts]: what is too few left, too soon gone, too many. */
	int64_t left_least, forecast_least_s;
	uint64_t foreign_1h, foreign_least; /* foreign_least 0: any number */
	uint32_t identifies_1h, identifies_most; /* that nobody asked for */
	int64_t foreign_found_ms;		 /* wall clock, 0: never */
	uint64_t foreign_ever;
	uint32_t alerts;	/* standing now */
	uint64_t alerts_failed; /* messages nobody could be given */
	int32_t exit_code;
	char name[64], version[64];
	/* What the running fleet goes by, whatever its file says by now. */
	char config_path[PAGE_PATH], run_dir[PAGE_PATH], log_dir[PAGE_PATH];
	uint32_t log_to;		      /* enum config_log_to */
	uint32_t foreground, service;	      /* as started; systemd listens */
	uint32_t token_is_copy;		      /* see config_token_is_copy() */
	uint32_t patience_ms[PAGE_PATIENCES]; /* by enum patience */
	uint64_t disk_free; /* [limits]: bytes, warn below; 0: no */
	/* What is wrong, most urgent first, without gaps. */
	struct page_note note[PAGE_NOTES];
	struct page_probe probe;
	int64_t reboot_ms; /* wall clock at which this life found
					   that the machine was rebooted; 0 */
	char reboot[200];  /* the same in a sentence */
	/* What shards forked now would run: the program file, the keys of the
	 * config that live in shards.  A shard whose own differ is behind. */
	uint64_t program, settings;
	uint64_t silence_ms; /* [alerts] silent_after */
	uint64_t traffic;    /* of all shards */
	double class_seen[CLASSES], class_over[CLASSES]; /* of all shards */
	double class_longest[CLASSES];			 /* the same */
	/* When any shard heard it last, and traffic then. */
	uint64_t class_last_ms[CLASSES], class_mark[CLASSES];
	uint64_t memory_limit[PAGE_MEMORIES]; /* [limits], bytes; 0: none */
	uint32_t rollout;		      /* one is under way */
	uint32_t rollout_moved, rollout_failed, rollout_total;
	char rollout_note[PAGE_WORDS]; /* of it, or of the last one */
	uint32_t gate;		       /* the config has one */
	uint32_t gate_clients;	       /* ... for so many */
	uint32_t web, web_reserved;    /* the config has one */
	/* In the store; of those nobody has looked at, the newest. */
	uint32_t dead_letters, dead_unseen;
	int64_t dead_ms; /* wall clock */
	char dead_plugin[64];
};

/* When a loop turned last, boot clock; 0: never.  Each has one writer. */
struct page_pulse {
	_Atomic uint64_t supervisor_ms;
	_Atomic uint64_t handler_ms, gate_ms; /* of the one in service */
	_Atomic uint64_t web_ms; /* the same, as the supervisor heard it */
};

struct page_head {
	uint64_t magic;
	uint32_t version, slot_size;
	uint32_t slots, reserved;
	char boot_id[40]; /* boot whose clock the stamps use */
	struct page_cluster cluster;
	struct page_handler handler;
	struct page_watch handler_watch, supervisor_watch;
	struct page_plugins plugins;
	struct page_pulse pulse;
	struct page_fleet_past past; /* written by the supervisor only */
	struct page_gate gate;
	struct page_watch gate_watch;
	struct page_clients_rest clients_rest;
	struct page_client_process client[PAGE_CLIENTS];
	/* Written by the gate in service only. */
	struct page_client_past gate_past[PAGE_CLIENTS];
	/* Written by the handler in service only. */
	struct page_client_past plugin_past[PAGE_PLUGINS];
	struct page_watch web_watch;
};

struct page {
	struct page_head *head; /* NULL when closed */
	struct page_slot *slot; /* head->slots of them */
	size_t size;
	int fd;
	bool writable;
};

/*
 * The supervisor: creates or takes over DIR/stats for `slots` shards.  Keeps
 * the cursors of an existing page of this layout version, clears the stamps of
 * an earlier boot.  Space is reserved on disk, so no write can fail later.
 */
int page_create(struct page *, const char *dir, uint32_t slots, struct err *);
/* The CLI: read-only.  -1 with EXIT_DOWN when there is no page. */
int page_open(struct page *, const char *dir, struct err *);
/*
 * The pid of the supervisor that writes DIR/stats, if it lives; 0.  By pid and
 * start time: a lock can be deleted under whoever holds it.
 */
int32_t page_supervisor(const char *dir);
/*
 * Nothing of the fleet runs any more, and its supervisor could not say so: says
 * it in its place.  The caller has made sure; best effort.
 */
void page_mark_stopped(const char *dir);
/* The handler: from an inherited fd, read-write. */
int page_attach(struct page *, int fd, struct err *);
void page_close(struct page *);

/* Writers bracket every change; never nest.  What takes more than a few
 * assignments is made aside and page_put(): readers wait briefly. */
static inline void
page_begin(page_lock *l)
{
	atomic_store_explicit(l,
	    atomic_load_explicit(l, memory_order_relaxed) + 1,
	    memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

static inline void
page_end(page_lock *l)
{
	atomic_store_explicit(l,
	    atomic_load_explicit(l, memory_order_relaxed) + 1,
	    memory_order_release);
}

static inline void
page_beat(_Atomic uint64_t *pulse, uint64_t now_ms)
{
	atomic_store_explicit(pulse, now_ms, memory_order_relaxed);
}

static inline uint64_t
page_last_beat(_Atomic uint64_t *pulse)
{
	return atomic_load_explicit(pulse, memory_order_relaxed);
}

/* Its one writer: all of a part but its first member, the lock. */
void page_put(void *part, const void *from, size_t size);

/*
 * The runs of a client's processes, in its part: these two are there, and ended
 * (0: nobody) is not any more.  taken_over: one of them was there before us,
 * and what else there was may be taken over yet.
 */
void page_run_note(struct page_client_process *, uint32_t run, uint32_t other,
    uint32_t ended, bool taken_over);
/* Has that process of the client ended?  A newer one than any noted has not. */
bool page_run_ended(const struct page_head *, const char *name, uint32_t run);

/* Reader: copies a consistent part out (whose first member is the lock);
 * false when its writer died in the middle: out is then the torn copy.  May
 * wait some 20 ms for a writer that is not running. */
bool page_read(const void *part, void *out, size_t size);

/* Makes an odd lock (its writer was killed inside) even again: new owner. */
void page_repair(page_lock *l);

/*
 * One process per slot: the kernel keeps the lock for the life of the process
 * (or until it closes any fd of the page).  false: another one has it.
 */
bool page_slot_take(const struct page *, uint32_t slot);
/* Gives it back; the slot must not be written any more. */
void page_slot_drop(const struct page *, uint32_t slot);
/* The process that has it, 0: nobody, -1: one that can't be named. */
pid_t page_slot_holder(const struct page *, uint32_t slot);

/*
 * A process that holds a slot of DIR/stats, when that page is of another layout
 * version than ours, so that its processes can't be told apart; 0: nobody.
 */
pid_t page_stranger(const char *dir);

/* The cursor: everything of session up to seq is safe with the handler. */
void page_cursor_set(struct page_slot *, uint64_t session, uint64_t seq);
/* Highest valid seq recorded for session, 0 when there is none. */
uint64_t page_cursor_get(const struct page_slot *, uint64_t session);

/*
 * The highest seq of session that may have left for a handler: what a RESUME
 * brings up to it may have been handled.  0 forgets; false: not known.
 */
void page_heard_set(struct page_slot *, uint64_t session, uint64_t seq);
bool page_heard_get(const struct page_slot *, uint64_t session, uint64_t *seq);

void page_count_close(struct page_shard *, uint32_t code);

/* "4d1c..." of /proc/sys/kernel/random/boot_id. */
void page_boot_id(char out[40]);

#endif
