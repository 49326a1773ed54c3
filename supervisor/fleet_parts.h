/* SPDX-License-Identifier: MIT */
/*
 * The parts of a supervisor's state, for who makes them, begins and ends them;
 * everybody else includes the headers of those it uses.
 */
#ifndef SUPERVISOR_FLEET_PARTS_H
#define SUPERVISOR_FLEET_PARTS_H

#include "supervisor/alert/alerts.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/crash_brake.h"
#include "supervisor/child/gate_lanes.h"
#include "supervisor/child/kept.h"
#include "supervisor/child/member.h"
#include "supervisor/child/uplinks.h"
#include "supervisor/client/client_kick.h"
#include "supervisor/client/clients.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/identify/hold.h"
#include "supervisor/identify/ledger.h"
#include "supervisor/identify/permit.h"
#include "supervisor/log/fleet_log.h"
#include "supervisor/maintenance.h"
#include "supervisor/operation/service_change.h"
#include "supervisor/operation/plugin_command.h"
#include "supervisor/operation/probe.h"
#include "supervisor/operation/reload_effects.h"
#include "supervisor/operation/rollout_effects.h"
#include "supervisor/operation/token_move.h"
#include "supervisor/reshard.h"
#include "supervisor/sighup.h"
#include "supervisor/status/day_totals.h"
#include "supervisor/status/judged.h"
#include "supervisor/status/letters.h"
#include "supervisor/status/next_start.h"
#include "supervisor/status/status_page.h"
#include "supervisor/stop.h"
#include "supervisor/systemd.h"
#include "supervisor/upgrade/adopt.h"
#include "supervisor/upgrade/upgrade.h"
#include "supervisor/watch.h"

struct fleet_parts {
	struct member handler_slot[FLEET_HANDLERS];
	struct service service[SERVICES];
#define X(s, m) struct s m;
	FLEET_PARTS(X)
#undef X
};

#endif
