/* SPDX-License-Identifier: MIT */
/*
 * The handler's one object, for the files that make up the process: handler.c
 * (the loop and the end), setup.c (what it starts with), supervisor_channel.c
 * (the supervisor).
 */
#ifndef HANDLER_HANDLER_IMPL_H
#define HANDLER_HANDLER_IMPL_H

#include "handler/client_rest.h"
#include "handler/roundtrip.h"
#include "handler/api/rpc.h"
#include "handler/stats_page.h"
#include "handler/delivery/gate_lane.h"
#include "handler/intake/listeners.h"
#include "handler/delivery/plugin_set.h"
#include "handler/command/access.h"
#include "shared/wire/ipc.h"
#include "shared/wire/orphan.h"

/* How far a stop has come. */
enum handler_stop { STOP_NOT, STOP_DRAIN, STOP_PLUGINS };

struct handler {
	struct ev_loop *loop;
	struct timers *timers;
	struct config config;
	struct stats_page sheet;
	struct page_handler own; /* what this handler counted */
	struct ipc ipc;
	struct orphan orphan;
	struct nonce nonce;
	bool known; /* there is a nonce */
	struct subscriptions route;
	struct intake intake;
	struct intake_tap judge; /* of the commands */
	struct listeners listeners;
	struct plugin_set plugins;
	struct gate_lane gate;
	struct guest_limits limits;
	struct rest *rest;
	struct client_rest clients; /* their calls of it */
	struct rpc rpc;
	struct roundtrip probe;
	struct access warden;
	ev_prepare prepare;
	ev_io signals;
	struct timer tick, stop;
	uint32_t generation;
	enum handler_stop stopping;
	bool ready;
	uint64_t lag_ms;
	uint64_t quiet_events; /* there were when it became quiet */
	unsigned quiet;	       /* ticks since then */
};

/* Starts its timers, and what is done at the end of each loop turn. */
void handler_run(struct handler *);
/* The backlogs may have become ours. */
void handler_serve(struct handler *);
/* What is in work is finished, within so many seconds; asked twice: now. */
void handler_stop(struct handler *, double within_s);
void handler_stop_configured(struct handler *);
/* An uplink ended; a plugin is gone for good. */
void handler_uplink_closed(struct handler *);
void handler_plugin_gone(struct handler *);

#endif
