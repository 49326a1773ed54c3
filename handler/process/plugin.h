/* SPDX-License-Identifier: MIT */
/*
 * This room: one process of a plugin and the lines between it and us.
 *
 * One plugin: its process, its state, the events it has not finished.  It is
 * restarted with growing delay when it ends, hangs or talks nonsense, and its
 * events wait for it; an event that ended it twice is set aside so that the
 * stream moves on (design, I9).  Knows nothing of shards, REST or methods.
 */
#ifndef HANDLER_PROCESS_PLUGIN_H
#define HANDLER_PROCESS_PLUGIN_H

#include "shared/guest/guest.h"
#include "handler/process/window.h"
#include "shared/config/config.h"
#include "shared/page/page.h"
#include "shared/base/timer.h"

#include <ev.h>

#define PLUGIN_HEALTHY_MS 60000u /* up this long: the delay starts anew */
#define PLUGIN_HOLD_AFTER 10u	 /* ends without health before it is held */
#define PLUGIN_EXIT_S 1.0	 /* it closed a pipe: time to end by itself */
#define PLUGIN_STOP_S 5.0	 /* shutdown to SIGTERM */
#define PLUGIN_TERM_S 2.0	 /* SIGTERM to SIGKILL */
#define PLUGIN_GRUMBLE_MS 1000u	 /* one complaint about it per second */

/* Ids of requests that are no events; above any event's, exact in a double. */
#define PLUGIN_ASK_FIRST ((uint64_t)1 << 52)

struct plugin;
struct json_object;

/* What all plugins share; the callbacks are the handler's. */
struct plugin_host {
	struct ev_loop *loop;
	struct timers *timers;
	const struct config *config;
	const struct guest_limits *limits;
	char dir[CONFIG_PATH_MAX]; /* the config file's */
	uint64_t restarts, lives, asks;
	uint64_t unreadable, unreadable_ms; /* events; last told of one */
	struct list dirty; /* plugins with something to write */
	/* An event is finished at this plugin. */
	void (*finished)(struct plugin_host *, struct plugin *,
	    struct delivery *);
	/* An event ended it too often; the delivery is out of every list. */
	void (*aside)(struct plugin_host *, struct plugin *, struct delivery *);
	/* Before events are handed to it: may more than urgent ones be? */
	bool (*fill)(struct plugin_host *, struct plugin *);
	/* Before it is handed out: the JSON text of the command it is for
	 * this plugin, which the caller puts, or NULL; false: it may not be
	 * handed out.  May be NULL. */
	bool (*command)(struct plugin_host *, struct plugin *,
	    const struct event *, struct json_object **);
	/* id "" for a notification; all borrowed. */
	void (*request)(struct plugin_host *, struct plugin *, const char *id,
	    const char *method, struct json_object *params);
	/* Its answer to initialize, before it is up; borrowed, may be NULL. */
	void (*initialised)(struct plugin_host *, struct plugin *,
	    struct json_object *result);
	/* It answered plugin_ask's id; refusal NULL, or its error's text. */
	void (*answered)(struct plugin_host *, struct plugin *, uint64_t id,
	    const char *refusal);
	/* The process is gone: what it asked for is void. */
	void (*ended)(struct plugin_host *, struct plugin *);
	void (*changed)(struct plugin_host *, struct plugin *);
};

/*
 * A place for a process; slot tells it from the other one of the same plugin.
 * from is where its events wait.  GONE until it is started.
 */
struct plugin *plugin_new(struct plugin_host *, unsigned index, unsigned slot,
    struct window_waiting *from);
void plugin_free(struct plugin *); /* no process may be left; NULL is fine */
/*
 * From GONE or HELD.  cfg must outlive the process.  once: when it ends before
 * it was up it is GONE, not started again.
 */
void plugin_start(struct plugin *, const struct config_plugin *cfg, bool once);
/* Gets no more events; finishes what it has, until plugin_stop. */
void plugin_retire(struct plugin *);
/* There may be something for it. */
void plugin_kick(struct plugin *);
/* Writes what is due, for every plugin marked dirty: once per loop turn. */
void plugin_pump_all(struct plugin_host *);
/* Asks it to end, then SIGTERM, then SIGKILL; GONE after that. */
void plugin_stop(struct plugin *);
/* SIGCHLD came: perhaps it was this one. */
void plugin_reap(struct plugin *);
/* May this line of it be logged?  If not it is counted. */
bool plugin_may_log(struct plugin *);
/* Once in a while: what was left out of the log is told. */
void plugin_tick(struct plugin *);
/* Nothing has passed for a while: its buffers go back. */
void plugin_rest(struct plugin *);

/*
 * Answers its request, unless another process has taken the place of the one
 * that asked.  id and result are JSON text.
 */
void plugin_result(struct plugin *, uint64_t life, const char *id,
    const char *result, size_t len);
void plugin_error(struct plugin *, uint64_t life, const char *id, int code,
    const char *message, const char *data);

/* Asks an initialised plugin something: the request's id, 0 when it is
 * not up. */
uint64_t plugin_ask(struct plugin *, const char *method, const char *params,
    size_t len);

/* Tells it something, unless another process has taken its place. */
void plugin_notify(struct plugin *, uint64_t life, const char *method,
    const char *params, size_t len);
/* Bytes that it has not read yet, as far as they wait with us. */
size_t plugin_unread(const struct plugin *);

const char *plugin_name(const struct plugin *);
/* Its section, as the process that runs or ran last was started with it. */
const struct config_plugin *plugin_config(const struct plugin *);
pid_t plugin_pid(const struct plugin *); /* 0: no process */
pid_t plugin_was(const struct plugin *); /* its last one that ended; 0 */
unsigned plugin_index(const struct plugin *);
unsigned plugin_slot(const struct plugin *);
enum plugin_state plugin_state(const struct plugin *);
uint64_t plugin_life(const struct plugin *); /* counts its processes */
/* Has initialised once, or failed to in time: starting is over. */
bool plugin_settled(const struct plugin *);
struct window *plugin_window(struct plugin *);
uint64_t plugin_errors(const struct plugin *); /* answers that were errors */
uint64_t plugin_ends(const struct plugin *);   /* that nobody asked for */
/* All answers, and for how long it had what they are to. */
uint64_t plugin_worked_ms(const struct plugin *, uint64_t *answers);
const char *plugin_words(const struct plugin *);   /* last of its stderr */
const char *plugin_failure(const struct plugin *); /* why it was ended; "" */
/* It has closed its pipe, and most likely ends by itself. */
bool plugin_closing(const struct plugin *);
double plugin_delay_s(const struct plugin *); /* until its next start */
/* State, process, health and note; the rest of the page is not its business. */
void plugin_describe(const struct plugin *, struct page_plugin *);
/* "MESSAGE_CREATE (shard 3, seq 17)" */
void plugin_event_name(const struct event *, char *out, size_t size);

#endif
