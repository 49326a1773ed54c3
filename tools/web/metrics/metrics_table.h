/* SPDX-License-Identifier: MIT */
/*
 * Every metric: name, type, unit, labels and what it is.  shardherd-web(7) has
 * this table; test_metrics compares the two.  Names stay for good.
 */
#ifndef TOOLS_WEB_METRICS_METRICS_TABLE_H
#define TOOLS_WEB_METRICS_METRICS_TABLE_H

#define METRICS_TYPES(X)                                                       \
	X(GAUGE, "gauge")                                                      \
	X(COUNTER, "counter")                                                  \
	X(HISTOGRAM, "histogram")                                              \
	X(SUMMARY, "summary")                                                  \
	X(INFO, "info")
enum metrics_type {
#define X(n, s) METRICS_##n,
	METRICS_TYPES(X)
#undef X
	    METRICS_TYPES_N
};
extern const char *const metrics_type_name[METRICS_TYPES_N];

/*
 * X(id, name, type, unit, labels, help): of one shard each, then the rest.
 * The two with a state are statesets in all but name: OpenMetrics would have
 * their label called as the whole family, and the older format has none.
 */
#define METRICS_OF_SHARDS(X)                                                   \
	X(SHARD_STATE, "shard_state", GAUGE, "", "shard, state",               \
	    "What a shard is: down, connecting, resuming, ready, "             \
	    "partly_deaf, deaf or held.")                                      \
	X(SHARD_ACK_AGE, "shard_ack_age_seconds", GAUGE, "seconds", "shard",   \
	    "Since the last heartbeat that Discord acknowledged.")             \
	X(SHARD_DISPATCH_AGE, "shard_dispatch_age_seconds", GAUGE, "seconds",  \
	    "shard", "Since the last event.")                                  \
	X(SHARD_RTT, "shard_heartbeat_rtt_seconds", GAUGE, "seconds", "shard", \
	    "From the last heartbeat to its ACK; absent when none came for "   \
	    "two intervals.")                                                  \
	X(SHARD_EVENTS, "shard_events", COUNTER, "", "shard",                  \
	    "Events received.")                                                \
	X(SHARD_RECEIVED, "shard_received_bytes", COUNTER, "bytes",            \
	    "shard, encoding",                                                 \
	    "Bytes received: wire, as they came; raw, after decompression.")   \
	X(SHARD_CONNECTS, "shard_connects", COUNTER, "", "shard",              \
	    "Connections that were made.")                                     \
	X(SHARD_RESUMES, "shard_resumes", COUNTER, "", "shard, result",        \
	    "RESUMEs: ok or failed.")                                          \
	X(SHARD_IDENTIFIES, "shard_identifies", COUNTER, "", "shard, cause",   \
	    "IDENTIFYs that were sent, by cause as in budget.")                \
	X(SHARD_SPOOL, "shard_spool_events", GAUGE, "", "shard",               \
	    "Events on disk that no handler has acknowledged.")                \
	X(SHARD_GUILDS, "shard_guilds", GAUGE, "", "shard", "Its guilds.")

#define METRICS_OF_FLEET(X)                                                    \
	X(SUPERVISOR_UP, "supervisor_up", GAUGE, "", "",                       \
	    "1: the supervisor lives and its loop turns.")                     \
	X(FLEET_STATE, "fleet_state", GAUGE, "", "state",                      \
	    "What the fleet is, in the words of status.")                      \
	X(SHARDS, "shards", GAUGE, "", "", "Shards that run here.")            \
	X(SHARDS_READY, "shards_ready", GAUGE, "", "",                         \
	    "Of them, ready and not deaf.")                                    \
	X(FINDING, "finding", GAUGE, "", "code, subject, rank",                \
	    "What is wrong or worth knowing, so many of each; codes are in "   \
	    "shardherd(1).")                                                   \
	X(EVENTS, "events", COUNTER, "", "event_type",                         \
	    "Events that the handler took, by name; other: an unknown one.")   \
	X(EVENT_AGE, "event_age_seconds", HISTOGRAM, "seconds", "le",          \
	    "From a shard's receipt of an event until its plugins are done: "  \
	    "Discord's own delay is not in it.")                               \
	X(CLOSES, "closes", COUNTER, "", "code",                               \
	    "Connections that Discord closed, by close code.")                 \
	X(BUDGET_REMAINING, "budget_remaining", GAUGE, "", "",                 \
	    "IDENTIFYs that are left.")                                        \
	X(BUDGET_FORECAST, "budget_forecast_exhausted_seconds", GAUGE,         \
	    "seconds", "",                                                     \
	    "Until they run out at the present pace; absent when that is "     \
	    "not in sight.")                                                   \
	X(FOREIGN, "identifies_foreign", COUNTER, "", "",                      \
	    "IDENTIFYs that something else spent with the token.")             \
	X(LAG, "handler_lag_events", GAUGE, "", "",                            \
	    "Events that are not acknowledged.")                               \
	X(DEAD_LETTERS, "dead_letters", GAUGE, "", "",                         \
	    "Dead letters that are kept: events that ended a plugin twice.")   \
	X(PLUGIN_EVENTS, "plugin_events", COUNTER, "", "plugin, result",       \
	    "Events of a plugin: ok, error, dead or dropped.")                 \
	X(PLUGIN_DURATION, "plugin_duration_seconds", SUMMARY, "seconds",      \
	    "plugin", "How long a plugin worked on an event.")                 \
	X(PLUGIN_UP, "plugin_up", GAUGE, "", "plugin",                         \
	    "1: a plugin is as it is meant to be; 0: down, hung, failing.")    \
	X(RESTARTS, "restarts", COUNTER, "", "process, name",                  \
	    "Ends nobody asked for, since the fleet was started; shards "      \
	    "together.")                                                       \
	X(MEMORY, "memory_private_bytes", GAUGE, "bytes", "process, name",     \
	    "Memory a process shares with no other, absent where it is not "   \
	    "known; shards together.")                                         \
	X(REST_REQUESTS, "rest_requests", COUNTER, "", "route, status_class",  \
	    "Answers to REST calls, by the first word of the path.")           \
	X(REST_HOLD, "rest_hold_seconds", GAUGE, "seconds", "",                \
	    "For how long REST calls are held back; 0: they are not.")         \
	X(REST_INVALID, "rest_invalid_window", GAUGE, "", "",                  \
	    "Invalid requests of the last 10 minutes, of which Discord "       \
	    "allows 10000.")                                                   \
	X(GATE_CLIENTS, "gate_clients", GAUGE, "", "",                         \
	    "Clients of the gate that are connected.")                         \
	X(GATE_OVERRUN, "gate_overrun", COUNTER, "", "client",                 \
	    "Times that a client fell off the gate's log.")                    \
	X(GATE_REPLAYED, "gate_replayed", COUNTER, "", "client",               \
	    "Events that a client got again by RESUME.")                       \
	X(BUILD, "build", INFO, "", "version, libc", "Version of this program.")

/* Of the web process, under the names that every exporter has. */
#define METRICS_OF_PROCESS(X)                                                  \
	X(PROCESS_CPU, "process_cpu_seconds", COUNTER, "seconds", "",          \
	    "CPU time of the web process.")                                    \
	X(PROCESS_MEMORY, "process_resident_memory_bytes", GAUGE, "bytes", "", \
	    "Its resident memory.")                                            \
	X(PROCESS_START, "process_start_time_seconds", GAUGE, "seconds", "",   \
	    "When it began, in seconds since 1970.")                           \
	X(PROCESS_FDS, "process_open_fds", GAUGE, "", "",                      \
	    "Its file descriptors.")                                           \
	X(PROCESS_FDS_MAX, "process_max_fds", GAUGE, "", "",                   \
	    "How many it may have.")

enum metrics_id {
#define X(id, ...) METRICS_##id##_ID,
	METRICS_OF_SHARDS(X) METRICS_OF_FLEET(X) METRICS_OF_PROCESS(X)
#undef X
	    METRICS_IDS
};

struct metrics_row {
	const char *name; /* whole, without _total and the like */
	enum metrics_type type;
	const char *unit, *labels, *help;
};
extern const struct metrics_row metrics_row[METRICS_IDS];

#endif
