/* SPDX-License-Identifier: MIT */
/* See alert_told.h. */
#include "supervisor/alert/alert_told.h"

#define CODE(n) VERDICT_CODE_##n
#define CODES_MAX 8 /* and the end */

static const struct {
	bool at_once;
	enum verdict_code code[CODES_MAX + 1];
} told[ALERTS] = {
    [ALERT_HOLD] = {false, {CODE(FLEET_HELD), CODE(FLEET_HALTED)}},
    [ALERT_LEFT] = {true, {CODE(BUDGET_SHORT)}},
    [ALERT_RATE] = {false, {CODE(IDENTIFY_SLOW)}},
    [ALERT_FORECAST] = {true, {CODE(BUDGET_FORECAST)}},
    [ALERT_FOREIGN] = {true, {CODE(BUDGET_FOREIGN)}},
    [ALERT_CRASHES] = {true, {CODE(SHARDS_CRASHING)}},
    /* Shards that hear nothing of use, whatever they do about it. */
    [ALERT_DEAF] = {false,
	{CODE(SHARD_DEAF), CODE(SHARD_HUNG), CODE(SHARD_DOWN), CODE(SHARD_HELD),
	    CODE(SHARD_WAITING), CODE(SHARD_CONNECTING), CODE(SHARD_RESUMING)}},
    [ALERT_HANDLER] = {false,
	{CODE(HANDLER_DOWN), CODE(HANDLER_HUNG), CODE(HANDLER_STARTING)}},
    [ALERT_RELOAD] = {true,
	{CODE(CONFIG_REFUSED), CODE(RELOAD_FAILED), CODE(CONFIG_FAULT)}},
    [ALERT_PROBE] = {false, {CODE(PROBE_FAILED)}},
    [ALERT_GATE] = {false,
	{CODE(GATE_DOWN), CODE(GATE_HUNG), CODE(GATE_STARTING)}},
    [ALERT_OVERRUN] = {true, {CODE(CLIENT_OVERRAN)}},
    [ALERT_AWAY] = {true,
	{CODE(CLIENT_LOSING), CODE(CLIENT_LATE), CODE(CLIENT_SLOW),
	    CODE(CLIENT_DOWN), CODE(CLIENT_HUNG), CODE(RUNNER_HUNG)}},
    [ALERT_CACHE] = {true, {CODE(GATE_CACHE), CODE(GATE_ERRING)}},
    [ALERT_PLUGIN] = {true,
	{CODE(PLUGIN_HELD), CODE(PLUGIN_DOWN), CODE(PLUGIN_HUNG),
	    CODE(PLUGIN_ERRING), CODE(PLUGIN_LAGGING),
	    CODE(COMMANDS_LEFT_OUT)}},
    [ALERT_REST] = {true, {CODE(REST_LIMITED), CODE(REST_CLOSED)}},
    [ALERT_WEB] = {true, {CODE(WEB_DOWN), CODE(WEB_HUNG)}},
    [ALERT_LIMITS] = {false, {CODE(FDS_SHORT), CODE(MEMORY_SHORT)}},
    [ALERT_DISK] = {true,
	{CODE(DISK_FULL), CODE(DISK_SHORT), CODE(LOG_DISK_SHORT)}},
    [ALERT_REBOOT] = {false, {CODE(NONE)}}, /* of no finding */
    [ALERT_SILENT] = {true, {CODE(FLEET_PARTLY_DEAF), CODE(SHARD_PARTLY_DEAF)}},
    [ALERT_LETTERS] = {true, {CODE(DEAD_LETTERS)}},
};

static const char *const name[ALERTS] = {
#define X(n, s, m) [ALERT_##n] = s,
    ALERT_KINDS(X)
#undef X
};

static const char *const means[ALERTS] = {
#define X(n, s, m) [ALERT_##n] = m,
    ALERT_KINDS(X)
#undef X
};

const enum verdict_code *
alert_told_codes(enum alert_kind kind)
{
	return told[kind].code;
}

bool
alert_told_at_once(enum alert_kind kind)
{
	return told[kind].at_once;
}

bool
alert_told_by_any(enum verdict_code code)
{
	for (unsigned k = 0; k < ALERTS; k++)
		for (const enum verdict_code *c = told[k].code;
		     *c != CODE(NONE); c++)
			if (*c == code)
				return true;
	return false;
}

const char *
alert_told_name(enum alert_kind kind)
{
	return name[kind];
}

const char *
alert_told_means(enum alert_kind kind)
{
	return means[kind];
}
