/* SPDX-License-Identifier: MIT */
/*
 * What plugin.c (a plugin's life) and plugin_talk.c (what is said between it
 * and us) share; nobody else includes it.
 */
#ifndef HANDLER_PROCESS_PLUGIN_IMPL_H
#define HANDLER_PROCESS_PLUGIN_IMPL_H

#include "handler/process/health.h"
#include "shared/guest/log_ration.h"
#include "handler/process/pipes.h"
#include "handler/process/plugin.h"
#include "shared/base/machine.h"

#include <json-c/json.h>

#define PLUGIN_MAGIC 0x706c7567u

/* What happens to a plugin. */
enum plugin_event {
	ON_TIMER,   /* what the state waits for is due or overdue */
	ON_STARTED, /* initialize was answered */
	ON_FAULT,   /* broke a rule; p->failure says which */
	ON_CLOSED,  /* closed a pipe; p->failure says which */
	ON_EXIT,    /* the process is gone */
	ON_STOP,    /* asked to end for good */
	PLUGIN_EVENTS
};

struct plugin {
	uint32_t magic;
	struct plugin_host *host;
	struct machine machine;
	const struct config_plugin *cfg;
	unsigned index, slot;
	struct window_waiting *waiting;
	enum plugin_state state;
	struct timer timer;
	struct list dirty; /* in host->dirty, or in itself */
	bool once;	   /* ends for good when it fails to start */
	bool retired;	   /* gets no more events, finishes what it has */
	struct window window;
	struct health health;
	uint64_t answered, worked_ms;
	pid_t pid; /* 0: none */
	struct pipes pipes;
	uint64_t life, up_ms, started;
	uint64_t ends; /* that nobody asked for */
	pid_t was;     /* the last one that ended */
	bool closing;  /* it closed its pipe: what comes of it is not known */
	int64_t oom_kills; /* of our cgroup, at its start */
	double delay_s;
	double waits_s; /* before the start that is due */
	unsigned rung;	/* of plugin_ladder, in ENDING */
	bool stopping, settled, reaping, was_up;
	bool nobodys;	   /* its end is no event's fault, see pipes_calls */
	bool in_order;	   /* it has said "done" */
	uint64_t guilty;   /* id of what it is being ended for; 0: any */
	char failure[512]; /* why it is being ended */
	char words[256];   /* see stderr_words.h */
	uint64_t grumble_ms, grumbles;
	uint64_t state_ms; /* since when in this state */
	struct log_ration ration;
	unsigned strikes;	/* ends without a minute of health */
	char ended[PAGE_WORDS]; /* how its last process ended */
};

/* At once; raised from within one of its own transitions: after that. */
void plugin_event(struct plugin *, enum plugin_event);
void plugin_dirty(struct plugin *);
/* Tells what was left out of the log; end: all of it. */
void plugin_log_cut(struct plugin *, bool end);
/* Seconds until something is overdue; 0: is now; < 0: nothing is expected. */
double plugin_due(struct plugin *, uint64_t now);
void plugin_watch(struct plugin *);
extern const struct pipes_calls plugin_pipes;

#endif
