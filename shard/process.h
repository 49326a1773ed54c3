/* SPDX-License-Identifier: MIT */
/*
 * This room: one shard process: what joins connection, session and events.
 *
 * The one struct of a shard process, and how its parts reach each other:
 * shard.c owns it and talks to the supervisor, session_actions.c carries the
 * session's decisions out, handler_switch.c deals with the handlers,
 * session_record.c keeps what must survive.
 */
#ifndef SHARD_PROCESS_H
#define SHARD_PROCESS_H

#include "shard/net/websocket.h"
#include "shard/net/dial.h"
#include "shard/events/receive.h"
#include "shard/quiet.h"
#include "shard/session/send_queue.h"
#include "shard/shard.h"
#include "shard/events/uplink.h"
#include "shared/wire/ipc.h"
#include "shared/wire/orphan.h"

#define PROCESS_PATH_MAX (CONFIG_PATH_MAX + 32)

/* A record that could not be written yet. */
enum session_record_due {
	SESSION_RECORD_CLEAN,
	SESSION_RECORD_PUT,
	SESSION_RECORD_DROP
};

struct process {
	const struct shard_args *args;
	struct page_slot *slot;
	struct page_shard stats; /* published to the page once per turn */
	uint32_t told_state;	 /* the last of its states in the page's past */
	uint64_t told_ms;	 /* since when it was in it */
	struct ev_loop *loop;
	struct timers *timers;
	ev_prepare turn; /* the end of each turn of the loop */
	ev_io signals;
	int signal_fd;
	struct timer tick;  /* housekeeping */
	struct timer drain; /* stopping: then we go in any case */
	struct ipc ipc;
	struct orphan orphan;
	bool was_ready;			/* READY or RESUMED, once */
	bool alone;			/* stopping without a supervisor */
	struct msg_permit_done settled; /* the last permit's outcome */
	uint64_t settled_ms;		/* boot stamp, 0: none yet */
	bool stopping;
	bool standby;	     /* a successor: the slot is another one's yet */
	bool handed;	     /* the slot is another one's by now */
	bool presence;	     /* args->presence is still to be shown */
	struct timer lonely; /* a successor without a supervisor looks */
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
	enum config_compress dial_mode; /* what it asks for, never AUTO */
	struct websocket *conn;
	struct ws_linger farewell;
	struct send_queue *sends;
	struct uplink *uplink;
	uint32_t handler_generation; /* of the uplink used last */
	bool had_handler;	     /* that generation means something */
	struct timer away;	     /* no handler for so long: to the spool */
	int next_fd; /* uplink that waits for the cut; -1: none */
	uint32_t next_generation;
	struct timer cut; /* then it waits no longer */
	struct quiet quiet;

	enum session_record_due due;
	uint32_t record_busy;	  /* times in a row that others wrote */
	struct timer record_late; /* tries again then */
	struct store_session record;
};

#endif
