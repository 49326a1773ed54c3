/* SPDX-License-Identifier: MIT */
/*
 * This room: what every room of the supervisor uses: its state, helpers,
 * sockets in run_dir, reports, systemd, /proc, writes that never wait.
 *
 * All state of one supervisor, in one struct, as every room may know it: what
 * belongs to the fleet as a whole, and a pointer to each part, which only who
 * includes the part's header can look into.  supervisor/fleet.c makes it.
 */
#ifndef SUPERVISOR_BASE_FLEET_STATE_H
#define SUPERVISOR_BASE_FLEET_STATE_H

#include <sys/resource.h>

#include "shared/config/config.h"
#include "shared/net/tls.h"
#include "shared/page/page.h"
#include "shared/store/store.h"
#include "shared/wire/nonce.h"
#include "supervisor/base/control.h"
#include "supervisor/base/fd_reserve.h"
#include "supervisor/base/reboot.h"
#include "supervisor/base/status_notes.h"
#include "supervisor/base/store_writes.h"

struct discord_ask_answer;
struct shard_args;

#define FLEET_HANDLERS 2 /* the next one starts while one serves */

/* X(struct, member): the parts, of the rooms from the lowest floor up. */
#define FLEET_PARTS(X)                                                         \
	X(fleet_log, logs)                                                     \
	X(crash_brake, brake)                                                  \
	X(uplinks, uplinks)                                                    \
	X(kept, kept)                                                          \
	X(gate_lanes, gate_lanes)                                              \
	X(permit, permit)                                                      \
	X(ledger, ledger)                                                      \
	X(hold, hold)                                                          \
	X(discord_info, discord_info)                                          \
	X(alerts, alerts)                                                      \
	X(plugin_command, plugin_command)                                      \
	X(probe, probe)                                                        \
	X(reload_effects, reload)                                              \
	X(rollout_effects, rollout)                                            \
	X(token_move, token_move)                                              \
	X(clients, clients)                                                    \
	X(client_kick, client_kick)                                            \
	X(adopt, adopt)                                                        \
	X(upgrade, upgrade)                                                    \
	X(day_totals, day_totals)                                              \
	X(status_page, status_page)                                            \
	X(judged, judged)                                                      \
	X(letters, letters)                                                    \
	X(next_start, next_start)                                              \
	X(maintenance, maintenance)                                            \
	X(reshard, reshard)                                                    \
	X(sighup, sighup)                                                      \
	X(stop, stop)                                                          \
	X(systemd, systemd)                                                    \
	X(watch, watch)

struct fleet {
	struct config *config;
	char **argv;
	int ready_fd; /* -1 once told */
	struct ev_loop *loop;
	struct timers *timers;
	char *token;	   /* secret.h */
	uint64_t identity; /* of the token, see store.h */
	SSL_CTX *tls;
	char ca_file[CONFIG_PATH_MAX];
	int lock_fd;
	struct rlimit nofile; /* as we were started */
	int oom_base;	      /* oom_score_adj, the same */
	struct store store;
	struct store_writes writes;
	struct page page;
	uint64_t started_ms;
	char gateway_url[STORE_URL_MAX];
	uint32_t local, count; /* local 0: layout not yet known */
	uint32_t launched;     /* of local, forked so far */
	struct timer launch_timer;
	struct member *shard;	       /* local of them */
	struct member *handler_slot;   /* FLEET_HANDLERS of them */
	struct member *handler;	       /* in service: uplinks lead to it */
	struct page_watch spare_watch; /* of the other one */
	struct service *service;       /* by enum service_which */
	struct member *gate, *web;     /* in service, of service's */
	uint32_t epoch;		       /* last handler generation given out */
	uint32_t runs; /* ... and last number of a bot's process */
	char program_path[CONFIG_PATH_MAX]; /* see program_find() */
	struct fd_reserve reserve;
	struct control control;
	struct status_notes notes;
	struct reboot reboot;
	bool foreground; /* as started */
	bool stopping;
	bool evicting; /* orphans were asked to leave */
	int exit_code;
	struct nonce nonce;	    /* of this fleet, see orphan.h */
	uint64_t program, settings; /* of a shard forked now, see page.h */
	int (*shard_main)(const struct shard_args *);
	/* What lower rooms tell the top floor, and ask of it. */
	const struct member_ops *member_ops;
	const struct upgrade_ops *upgrade_ops;
	bool (*underway)(const struct fleet *, unsigned operation_underway);
	void (*answered)(struct fleet *, const struct discord_ask_answer *);
	struct sd_notify *notify; /* in systemd's */
#define X(s, m) struct s *m;
	FLEET_PARTS(X)
#undef X
};

#endif
