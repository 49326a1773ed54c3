/* SPDX-License-Identifier: MIT */
/*
 * The one struct of a shard process, and how its parts reach each other:
 * shard.c owns it and talks to the supervisor, session_actions.c carries the session's
 * decisions out, handler_switch.c deals with the handlers, session_record.c keeps what must
 * survive.
 */
#ifndef SHARD_PROCESS_H
#define SHARD_PROCESS_H

#include "shard/net/websocket.h"
#include "shard/net/dial.h"
#include "shard/events/receive.h"
#include "shard/session/send_queue.h"
#include "shard/shard.h"
#include "shard/events/uplink.h"
#include "shared/wire/ipc.h"
#include "shared/wire/orphan.h"

#define PROCESS_PATH_MAX (CONFIG_PATH_MAX + 32)

/* A record that could not be written yet. */
enum session_record_due { SESSION_RECORD_CLEAN, SESSION_RECORD_PUT, SESSION_RECORD_DROP };

struct process {
	const struct shard_args *args;
	struct page_slot *slot;
	struct page_shard stats; /* published to the page once per turn */
	uint32_t told_state;	/* the last of its states in the page's past */
	uint64_t told_ms;	/* since when it was in it */
	struct ev_loop *loop;
	struct timers *timers;
	ev_prepare turn;	/* the end of each turn of the loop */
	ev_io signals;
	int signal_fd;
	struct timer tick;	/* housekeeping */
	struct timer drain;	/* stopping: then we go in any case */
	struct ipc ipc;
	struct orphan orphan;
	bool was_ready;		/* READY or RESUMED, once */
	bool alone;		/* stopping without a supervisor */
	struct msg_permit_done settled; /* the last permit's outcome */
	uint64_t settled_ms;	/* boot stamp, 0: none yet */
	bool stopping;
	bool standby;		/* a successor: the slot is another one's yet */
	bool handed;		/* the slot is another one's by now */
	bool presence;		/* args->presence is still to be shown */
	struct timer lonely;	/* a successor without a supervisor looks */
	uint64_t lonely_ends_ms;
	int exit_code;

	struct session session;
	char main_url[STORE_URL_MAX]; /* of the last good /gateway/bot, "":
					 none yet */
	char spool_dir[PROCESS_PATH_MAX];
	struct outbox pending;
	struct receive receive;
	struct dial *dial;
	uint32_t dial_generation;
	struct websocket *conn;
	struct ws_linger farewell;
	struct send_queue *sends;
	struct uplink *uplink;
	uint32_t handler_generation; /* of the uplink used last */
	bool had_handler;	/* that generation means something */
	struct timer away;	/* no handler for so long: to the spool */
	int next_fd;		/* uplink that waits for the cut; -1: none */
	uint32_t next_generation;
	struct timer cut;	/* then it waits no longer */
	uint64_t busy_events;	/* stats.events at the last tick */

	enum session_record_due due;
	uint32_t record_busy;	/* times in a row that others wrote */
	struct timer record_late; /* tries again then */
	struct store_session record;
};

/* session_actions.c */
extern const struct session_ops session_actions_ops;
extern const struct send_queue_ops session_actions_sends_ops;
/* Ends dial and connection without a word. */
void session_actions_free(struct process *);
/* There is a supervisor again: asks it for the permit we wait for, if any. */
void session_actions_ask_again(struct process *);

/* handler_switch.c */
extern const struct uplink_ops handler_switch_ops;
void handler_switch_init(struct process *);
void handler_switch_free(struct process *);
/* A handler of that generation is at the other end of fd, which it owns. */
void handler_switch_uplink(struct process *, uint32_t generation, int fd);
/* Which handlers it knows, for a new supervisor. */
void handler_switch_describe(const struct process *, struct msg_adopt *);
/* Reconnects a session that was closed for want of room, if there is some. */
void handler_switch_room(struct process *);

/* session_record.c: fills rec from the store; the cause when it can't be resumed.
 * -1: the store can't be read, and nobody knows. */
int session_record_load(struct process *, struct store_session *,
    enum identify_cause *);
void session_record_put(struct process *, const struct store_session *);
void session_record_drop(struct process *);
void session_record_retry(struct process *);
void session_record_init(struct process *); /* once there are timers */

/* takeover.c: from one process of a shard to the next. */
void takeover_hand_over(struct process *);
void takeover_take_over(struct process *);
/* A successor without a supervisor: takes what nobody has, or leaves. */
void takeover_alone(struct process *);
void takeover_init(struct process *);

/* ending.c: the process drains, keeps what is left, and leaves. */
#define ENDING_FATAL_S 5.0	/* for the uplink, when it can't go on */
void ending_fatal(struct process *, unsigned close_code, const char *text);
/* As the supervisor asks: the session is kept, or ended with Discord. */
void ending_stop(struct process *, bool end_session, double seconds);
/* Empties the uplink for so long, then ends. */
void ending_drain(struct process *, double seconds);
timer_fn ending_drain_over;
void ending_leave(struct process *);
/* Once there is nothing left that anybody would take. */
void ending_leave_if_drained(struct process *);
/* What nobody acknowledged is there for the next start: writes to disk. */
void ending_keep_pending(struct process *);

/* shard.c */
/* There is no supervisor: goes on for a bounded time. */
void shard_orphaned(struct process *, const char *why);
void shard_publish(struct process *);
/* Counters go on where the last process of this slot left them. */
void shard_take_stats(struct process *);
/* What is received and kept from here on is this session's. */
void shard_name_session(struct process *, const struct store_session *);

#endif
