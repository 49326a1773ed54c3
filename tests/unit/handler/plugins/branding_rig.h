/* SPDX-License-Identifier: MIT */
/*
 * The real branding.py as a plugin, with the handler's own storage and timers
 * on the fake clock, and a guild that it changes.
 */
#ifndef TESTS_UNIT_HANDLER_PLUGINS_BRANDING_RIG_H
#define TESTS_UNIT_HANDLER_PLUGINS_BRANDING_RIG_H

#include "handler/api/rpc_impl.h"
#include "tests/unit/handler/plugins/event_year.h"
#include "tests/unit/handler/plugins/fake_guild.h"
#include "tests/unit/handler/plugins/plugin_child.h"
#include "tests/unit/rig/fake_plugin.h"
#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/scratch.h"

#define HOUR_MS 3600000u
#define DAY_MS (24 * HOUR_MS)

extern struct branding_rig {
	char dir[SCRATCH_MAX], repository[128];
	struct config config;
	char no_owners[1];
	struct intake intake;
	struct rpc rpc;
	struct plugin *plugins[1];
	struct plugin_child child;
	uint64_t asks, answered, events;
	bool up, initialised;
	unsigned kill_after; /* requests of the plugin; 0: never */
	struct fake_guild guild;
} bot;

/* cmocka's fixtures; nothing runs yet. */
int branding_rig_setup(void **state);
int branding_rig_teardown(void **state);
/* The handler, and the plugin with it. */
void branding_rig_up(void);
void branding_rig_down(void);
/* Both for the first time, on that day since the epoch, at 0:00. */
void branding_rig_wake(int64_t day);
/* What "/branding sub", with these options, is answered. */
const char *branding_rig_command_with(const char *sub, const char *options);
const char *branding_rig_command(const char *sub);
/* Since the epoch. */
int64_t branding_rig_today(void);
void branding_rig_until(int64_t wall_ms);

#endif
