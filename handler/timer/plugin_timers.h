/* SPDX-License-Identifier: MIT */
/*
 * This room: plugins' timers and schedules.
 *
 * The plugins' timers: kept in memory as they are on disk ("timer/PLUGIN/
 * NAME"), each fired when it is due by asking its plugin, and done or set
 * again only when the plugin has answered.  One that fell due while nobody
 * was there fires once.  Only one handler fires: the newest that has a shard's
 * uplink ("timer-owner").
 */
#ifndef HANDLER_TIMER_PLUGIN_TIMERS_H
#define HANDLER_TIMER_PLUGIN_TIMERS_H

#include "handler/timer/cron.h"
#include "handler/storage/kv_jobs.h"
#include "handler/process/plugin.h"

#include <json-c/json.h>

#define PLUGIN_TIMERS_MAX 1000	 /* per plugin */
#define PLUGIN_TIMERS_OUT_MAX 16 /* unanswered per plugin */
#define PLUGIN_TIMERS_NAME_MAX 128
#define PLUGIN_TIMERS_LATE_MS 60000 /* fired later than this: flagged */
#define PLUGIN_TIMERS_BUSY_MS 1000  /* another process writes: tried again */
#define PLUGIN_TIMERS_LOOK_MS 30000 /* the wall clock may be set meanwhile */
#define PLUGIN_TIMERS_RETRY_MAX_MS 3600000 /* unanswered: the longest wait */

struct plugin_timer {
	struct list link; /* plugin_timers.list of its plugin */
	unsigned plugin;
	char name[PLUGIN_TIMERS_NAME_MAX + 1];
	struct json_object *record; /* as on disk: due, daily, cron, payload */
	bool repeats;
	struct cron cron;
	int64_t due_ms;
	uint64_t asked; /* plugin_ask's id; 0: not out */
	uint64_t asked_ms;
	unsigned tries;
	bool saving; /* answered; its next time is on its way to the disk */
};

struct plugin_timers {
	struct kv_jobs *jobs;
	struct plugin *const *plugin;
	const struct config *config;
	struct timer timer;
	bool owner;	   /* this handler fires, once it is active */
	bool active;	   /* what is stored has been read */
	uint64_t again_ms; /* another process writes: not before */
	double hold_s;	   /* an earlier handler may still be at it */
	struct list list[CONFIG_PLUGINS_MAX];
	unsigned n[CONFIG_PLUGINS_MAX], out[CONFIG_PLUGINS_MAX];
	bool loaded[CONFIG_PLUGINS_MAX]; /* what is stored of it was read */
};

void plugin_timers_init(struct plugin_timers *, struct timers *,
    struct kv_jobs *, struct plugin *const *plugin, const struct config *);
void plugin_timers_free(struct plugin_timers *);
/*
 * Does this handler fire?  At first it waits for what a handler before it,
 * still alive, may have to settle, then it reads what is stored.
 */
void plugin_timers_own(struct plugin_timers *, bool own);
/* Fires what is due; after anything that may have changed that. */
void plugin_timers_look(struct plugin_timers *);
/* The plugin is up; it may be one that came after our start. */
void plugin_timers_plugin_up(struct plugin_timers *, unsigned plugin);
void plugin_timers_answered(struct plugin_timers *, unsigned plugin,
    uint64_t id, const char *refusal);
void plugin_timers_plugin_ended(struct plugin_timers *, unsigned plugin);

/* Owns record.  Replaces one of the same name. */
struct plugin_timer *plugin_timers_new(unsigned plugin, const char *name,
    struct json_object *record);
void plugin_timers_delete(struct plugin_timer *);
void plugin_timers_put(struct plugin_timers *, struct plugin_timer *);
void plugin_timers_drop(struct plugin_timers *, struct plugin_timer *);
struct plugin_timer *plugin_timers_find(struct plugin_timers *, unsigned plugin,
    const char *name);
void plugin_timers_key(char key[KV_KEY_MAX + 1], const char *plugin,
    const char *name);

#endif
