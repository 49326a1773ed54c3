/* SPDX-License-Identifier: MIT */
/*
 * All state of one supervisor, in one struct, and the few decisions that
 * concern the fleet as a whole: launching it, what a fatal end of one member
 * means for the rest, what the operator reads.
 */
#ifndef SUPERVISOR_FLEET_H
#define SUPERVISOR_FLEET_H

#include <sys/resource.h>

#include "shared/page/page.h"
#include "shared/net/tls.h"
#include "supervisor/upgrade/adopt.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/status/status_page.h"
#include "supervisor/base/reboot.h"
#include "supervisor/sighup.h"
#include "supervisor/systemd.h"
#include "supervisor/child/member.h"
#include "supervisor/alert/alerts.h"
#include "supervisor/base/control.h"
#include "supervisor/status/day_totals.h"
#include "supervisor/identify/hold.h"
#include "supervisor/identify/ledger.h"
#include "supervisor/log/fleet_log.h"
#include "supervisor/operation/operation.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/plugin_command.h"
#include "supervisor/operation/probe.h"
#include "supervisor/operation/reload_effects.h"
#include "supervisor/reshard.h"
#include "supervisor/operation/token_move.h"
#include "supervisor/operation/rollout_effects.h"
#include "supervisor/stop.h"
#include "supervisor/upgrade/upgrade.h"
#include "supervisor/supervisor.h"
#include "supervisor/maintenance.h"
#include "supervisor/child/uplinks.h"
#include "supervisor/watch.h"
#include "supervisor/base/store_writes.h"

#define FLEET_LAUNCH_BATCH 16	/* forks per turn of the loop */
#define FLEET_LAUNCH_S 0.005
#define FLEET_LAYOUT_KEY "layout" /* store blob: shard count last launched */

struct fleet {
	struct config *config;
	char **argv;
	int ready_fd;			/* -1 once told */
	struct ev_loop *loop;
	struct timers *timers;
	char *token;			/* secret.h */
	uint64_t identity;		/* of the token, see store.h */
	SSL_CTX *tls;
	char ca_file[CONFIG_PATH_MAX];
	int lock_fd;
	struct rlimit nofile;		/* as we were started */
	int oom_base;			/* oom_score_adj, the same */
	struct store store;
	struct store_writes writes;
	struct page page;
	uint64_t started_ms;
	char gateway_url[STORE_URL_MAX];
	uint32_t first, local, count;	/* local 0: layout not yet known */
	uint32_t launched;		/* of local, forked so far */
	struct timer launch_timer;
	struct member *shard;		/* local of them */
	/* Two, as the next one starts while the present one serves. */
	struct member handler_slot[2];
	struct member *handler;		/* in service: uplinks lead to it */
	struct page_watch spare_watch;	/* of the other one */
	uint32_t epoch;			/* last handler generation given out */
	char program_path[CONFIG_PATH_MAX]; /* see program_find() */
	struct brake brake;
	struct permit permit;
	struct ledger ledger;
	struct hold hold;
	struct reshard replan;
	struct alerts alerts;
	struct day_totals daily;
	struct discord_info asking;
	struct uplinks uplinks;
	struct reload_effects replace;
	struct rollout_effects rolling;
	struct plugin_command plugins;
	struct probe probe;
	struct status_page board;
	struct watch watch;
	struct maintenance upkeep;
	struct control control;
	struct adopt adopt;
	struct upgrade successor;
	struct stop stop;
	struct fleet_log logs;
	struct systemd herald;
	struct sighup hangup;
	struct token_move rotate;
	struct reboot boot;
	bool foreground;		/* as started */
	bool stopping;
	bool evicting;			/* orphans were asked to leave */
	int exit_code;
};

/* The layout that usable session records in the store belong to; 0: none. */
uint32_t fleet_stored_layout(struct fleet *);
/* Creates the page for count shards; also before the count is known. */
int fleet_page(struct fleet *, uint32_t count, struct err *);
/* Starts the handler and `count` shards. */
int fleet_launch(struct fleet *, uint32_t count, struct err *);
/* Forgets a layout whose processes have all ended. */
void fleet_unlaunch(struct fleet *);
/* Tells whoever started us that we are up, once. */
void fleet_tell_ready(struct fleet *);
/* We can't go on: says so and stops in order with this exit code. */
void fleet_give_up(struct fleet *, int code, const char *sentence);

/* From children, through member.c and messages.c. */
void fleet_child_up(struct fleet *, struct member *);
void fleet_child_ready(struct fleet *, struct member *);
void fleet_child_ended(struct fleet *, struct member *);
/* A shard's events go to the handler of this generation now. */
void fleet_switched(struct fleet *, struct member *, uint32_t generation);
void fleet_fatal(struct fleet *, struct member *, uint32_t close_code,
    const char *sentence);
/* Shards of an earlier supervisor are still there: said once. */
void fleet_evicting(struct fleet *);
/* The handler slot that is not in service. */
struct member *fleet_spare(struct fleet *);
/* Every place of a process: handlers, shards, and the second ones of shards
 * that are being replaced.  Some have no process. */
void fleet_each_child(struct fleet *, void (*fn)(struct member *));
/* Releases whoever waits for the brake. */
void fleet_unbrake(struct fleet *);
/* The child with this pid, or NULL. */
struct member *fleet_find(struct fleet *, pid_t);

#endif
