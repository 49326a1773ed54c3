/* SPDX-License-Identifier: MIT */
/*
 * All that can be wrong or worth knowing, by the word that status --json,
 * check, alerts, metrics and the manual have for it: code, whom it is about,
 * how grave it is as a rule, what it means, what to do.  A word stays as it is
 * for good, scripts go by it.
 *
 * In what to do a % stands for the name or number of whom it is about.
 */
#ifndef SHARED_PAGE_VERDICT_TABLE_H
#define SHARED_PAGE_VERDICT_TABLE_H

/* Whom a finding is about. */
#define VERDICT_SUBJECTS(X)                                                    \
	X(FLEET, "fleet")                                                      \
	X(SUPERVISOR, "supervisor")                                            \
	X(SHARD, "shard")                                                      \
	X(HANDLER, "handler")                                                  \
	X(PLUGIN, "plugin")                                                    \
	X(GATE, "gate")                                                        \
	X(CLIENT, "client")                                                    \
	X(RUNNER, "runner")                                                    \
	X(WEB, "web")                                                          \
	X(HOST, "host")                                                        \
	X(PROCESS, "process") /* of the table alone: any of those above */
enum verdict_subject {
#define X(n, s) VERDICT_OF_##n,
	VERDICT_SUBJECTS(X)
#undef X
	    VERDICT_SUBJECTS_N
};
extern const char *const verdict_subject_name[VERDICT_SUBJECTS_N];

#define VERDICT_CODES(X)                                                        \
	X(FLEET_STOPPED, "fleet-stopped", FLEET, CRITICAL,                      \
	    "it was stopped in order", "\"shardherd start\" starts it.")        \
	X(FLEET_CRASHED, "fleet-crashed", FLEET, CRITICAL,                      \
	    "its supervisor is gone without a word",                            \
	    "\"shardherd ensure\" starts it again and takes over what runs "    \
	    "still; \"shardherd logs\" has its last words.")                    \
	X(FLEET_STOPPING, "fleet-stopping", FLEET, WARNING,                     \
	    "it is being stopped",                                              \
	    "Wait until it has ended: \"shardherd why\" says who asked.")       \
	X(FLEET_HELD, "fleet-held", FLEET, CRITICAL,                            \
	    "Discord refused token or intents: no shard may IDENTIFY",          \
	    "Set right what it names, then \"shardherd release\", or with "     \
	    "another token \"shardherd token reload\".")                        \
	X(FLEET_HALTED, "fleet-halted", FLEET, CRITICAL,                        \
	    "it cannot go on as it is",                                         \
	    "Do what it says; \"shardherd logs\" has what led to it.")          \
	X(FLEET_STARTING, "fleet-starting", FLEET, CRITICAL,                    \
	    "no shard was started yet",                                         \
	    "Wait a minute; if it stays so, \"shardherd doctor\" looks at "     \
	    "the way to Discord.")                                              \
	X(FLEET_ASKING, "fleet-asking", FLEET, INFO,                            \
	    "Discord was asked how many shards to run and has not answered",    \
	    "Wait; \"shardherd doctor\" looks at the way to Discord.")          \
	X(FLEET_PARTLY_DEAF, "fleet-partly-deaf", FLEET, WARNING,               \
	    "no shard hears a class of events any more, others flow",           \
	    "Try one: \"shardherd shard % reidentify\". If that one hears it "  \
	    "again, the others want a new session, too.")                       \
	X(BUDGET_SHORT, "budget-short", FLEET, WARNING,                         \
	    "no more IDENTIFYs are left than the reserve",                      \
	    "\"shardherd budget\" says what they were spent on; "               \
	    "\"shardherd budget --force N\" lets N pass the reserve.")          \
	X(BUDGET_FORECAST, "budget-forecast", FLEET, WARNING,                   \
	    "at the pace of the last hour IDENTIFYs run out soon",              \
	    "Look for what ends the sessions: \"shardherd budget\".")           \
	X(BUDGET_FOREIGN, "budget-foreign", FLEET, WARNING,                     \
	    "something else spends IDENTIFYs with this token",                  \
	    "Look for a second copy of the bot; if there is none, reset the "   \
	    "token and \"shardherd token reload\".")                            \
	X(IDENTIFY_SLOW, "identify-slow", FLEET, WARNING,                       \
	    "IDENTIFYs are held back: by the brake, the reserve or the "        \
	    "budget",                                                           \
	    "Look for what ends the sessions: \"shardherd budget\", "           \
	    "\"shardherd why\".")                                               \
	X(SHARDS_CRASHING, "shards-crashing", FLEET, WARNING,                   \
	    "many shards died alike: one is started at a time",                 \
	    "\"shardherd logs --level warn\" says of what.")                    \
	X(CONFIG_REFUSED, "config-refused", FLEET, WARNING,                     \
	    "the config file has a fault: the one of before is in force",       \
	    "Mend the file, then \"shardherd reload\".")                        \
	X(CONFIG_FAULT, "config-fault", FLEET, WARNING,                         \
	    "the config file, or a program it names, has a fault: no start, "   \
	    "reload or rollout would take it",                                  \
	    "\"shardherd config check\" names all faults; mend them before "    \
	    "something has to be started.")                                     \
	X(RELOAD_FAILED, "reload-failed", FLEET, WARNING,                       \
	    "the last reload was taken back",                                   \
	    "Mend what it names, then \"shardherd reload\".")                   \
	X(TOKEN_FILE, "token-file", FLEET, INFO,                                \
	    "token_file does not hold the token that is in use",                \
	    "Write the one there that the next start is to take.")              \
	X(PROBE_FAILED, "probe-failed", FLEET, WARNING,                         \
	    "the last round trip failed or was slow",                           \
	    "\"shardherd probe\" tries it again and says where it ends.")       \
	X(SUPERVISOR_HUNG, "supervisor-hung", SUPERVISOR, WARNING,              \
	    "it does nothing, or is stopped by a signal or a debugger: what "   \
	    "dies is not started again",                                        \
	    "\"kill -CONT %\" wakes a stopped one; \"shardherd stop\" ends "    \
	    "the fleet even so.")                                               \
	X(SHARD_DOWN, "shard-down", SHARD, WARNING, "it has no process",        \
	    "\"shardherd why %\" says what it ended of and when it is "         \
	    "started again.")                                                   \
	X(SHARD_HELD, "shard-held", SHARD, WARNING,                             \
	    "it is stopped by rule and not started again by itself",            \
	    "\"shardherd why %\" says why; \"shardherd shard % restart\" "      \
	    "starts it.")                                                       \
	X(SHARD_HUNG, "shard-hung", SHARD, WARNING,                             \
	    "its process is stopped by a signal or a debugger",                 \
	    "\"shardherd shard % restart\" replaces its process; it RESUMEs.")  \
	X(SHARD_DEAF, "shard-deaf", SHARD, WARNING,                             \
	    "connected, but nothing is heard from Discord",                     \
	    "\"shardherd shard % reconnect\" makes it RESUME; it is replaced "  \
	    "by itself when it stays so.")                                      \
	X(SHARD_WAITING, "shard-waiting", SHARD, WARNING,                       \
	    "it waits to try again, or for its turn to IDENTIFY",               \
	    "Wait; \"shardherd why %\" says for what and until when.")          \
	X(SHARD_CONNECTING, "shard-connecting", SHARD, WARNING,                 \
	    "it is on the way to a session: connecting, in HELLO, in "          \
	    "IDENTIFY",                                                         \
	    "Wait; if it stays so, \"shardherd doctor\" looks at the way to "   \
	    "Discord.")                                                         \
	X(SHARD_RESUMING, "shard-resuming", SHARD, WARNING,                     \
	    "it gets what it missed",                                           \
	    "Wait: it has its session and loses nothing.")                      \
	X(SHARD_STOPPING, "shard-stopping", SHARD, WARNING,                     \
	    "it hands over what it has, and ends", "Wait until it has ended.")  \
	X(SHARD_PARTLY_DEAF, "shard-partly-deaf", SHARD, WARNING,               \
	    "it hears a class of events no more, others flow",                  \
	    "A RESUME does not help, a new session does and costs an "          \
	    "IDENTIFY: \"shardherd shard % reidentify\".")                      \
	X(SHARD_LAGGING, "shard-lagging", SHARD, WARNING,                       \
	    "its events wait long for the handler",                             \
	    "\"shardherd plugin list\" shows which plugin is slow.")            \
	X(SHARD_ORPHANED, "shard-orphaned", SHARD, WARNING,                     \
	    "it goes on without a supervisor, for [limits] orphan_time",        \
	    "\"shardherd ensure\" starts one, which takes it over.")            \
	X(HANDLER_DOWN, "handler-down", HANDLER, CRITICAL,                      \
	    "no event reaches a plugin; the shards keep them",                  \
	    "\"shardherd logs\" says what it ended of; it is started again by " \
	    "itself.")                                                          \
	X(HANDLER_HUNG, "handler-hung", HANDLER, WARNING,                       \
	    "its loop does not turn; the shards keep its events",               \
	    "It is replaced after [handler] silence; \"shardherd reload\" "     \
	    "does so now.")                                                     \
	X(HANDLER_STARTING, "handler-starting", HANDLER, WARNING,               \
	    "it is on its way up, or hands over",                               \
	    "Wait; \"shardherd logs\" says what holds it up.")                  \
	X(REST_LIMITED, "rest-limited", HANDLER, WARNING,                       \
	    "calls to Discord's API are held back or refused",                  \
	    "\"shardherd why\" and \"shardherd logs --level warn\" say which "  \
	    "calls; it is tried again by itself.")                              \
	X(REST_CLOSED, "rest-closed", HANDLER, WARNING,                         \
	    "clients of the gate can make no REST calls",                       \
	    "Free the socket's path it names, then \"shardherd reload\".")      \
	X(COMMANDS_LEFT_OUT, "commands-left-out", HANDLER, WARNING,             \
	    "commands that plugins declare are not registered",                 \
	    "\"shardherd plugin list\" says which and why.")                    \
	X(PLUGIN_DOWN, "plugin-down", PLUGIN, WARNING,                          \
	    "it is not up; its events are kept",                                \
	    "\"shardherd logs\" has what it said; \"shardherd plugin restart "  \
	    "%\" starts it.")                                                   \
	X(PLUGIN_HELD, "plugin-held", PLUGIN, WARNING,                          \
	    "it kept dying and is not started again by itself",                 \
	    "Mend it, then \"shardherd plugin restart %\".")                    \
	X(PLUGIN_STARTING, "plugin-starting", PLUGIN, WARNING,                  \
	    "it is on its way up",                                              \
	    "Wait; \"shardherd plugin list\" says how far it is.")              \
	X(PLUGIN_HUNG, "plugin-hung", PLUGIN, WARNING,                          \
	    "its process is stopped by a signal or a debugger",                 \
	    "\"shardherd plugin restart %\" replaces its process.")             \
	X(PLUGIN_ERRING, "plugin-erring", PLUGIN, WARNING,                      \
	    "it answers most events with errors",                               \
	    "\"shardherd logs\" has what it says; mend it, then "               \
	    "\"shardherd plugin restart %\".")                                  \
	X(PLUGIN_LAGGING, "plugin-lagging", PLUGIN, WARNING,                    \
	    "its events wait long: users get no answer in time",                \
	    "\"shardherd plugin list\" has its backlog; make it faster, or "    \
	    "give it more workers.")                                            \
	X(DEAD_LETTERS, "dead-letters", PLUGIN, INFO,                           \
	    "events ended a plugin twice and were set aside; nobody has "       \
	    "looked at them yet",                                               \
	    "\"shardherd deadletter list\" shows them; once the plugin is "     \
	    "mended, \"shardherd deadletter replay all\" gives them to it.")    \
	X(GATE_DOWN, "gate-down", GATE, WARNING,                                \
	    "no client can connect; what they miss is kept",                    \
	    "\"shardherd logs\" says what it ended of; it is started again by " \
	    "itself.")                                                          \
	X(GATE_HUNG, "gate-hung", GATE, WARNING,                                \
	    "its loop does not turn; what clients miss is kept",                \
	    "It is replaced by itself; \"shardherd reload\" does so now.")      \
	X(GATE_STARTING, "gate-starting", GATE, WARNING,                        \
	    "it is on its way up, or hands over",                               \
	    "Wait; \"shardherd logs\" says what holds it up.")                  \
	X(GATE_ERRING, "gate-erring", GATE, WARNING,                            \
	    "something of it does not work",                                    \
	    "Do what it says; \"shardherd logs\" has more.")                    \
	X(GATE_CACHE, "gate-cache", GATE, WARNING,                              \
	    "its cache of guilds is damaged, empty or lacks shards",            \
	    "\"shardherd cache rebuild\" fills it.")                            \
	X(GATE_REFUSING, "gate-refusing", GATE, WARNING,                        \
	    "it refuses connections again and again",                           \
	    "\"shardherd client list\" and \"shardherd logs\" say whose and "   \
	    "why.")                                                             \
	X(CLIENT_OVERRAN, "client-overran", CLIENT, WARNING,                    \
	    "it fell off the gate's log: events are lost to it",                \
	    "Raise log_bytes and log_age of [gate]; \"shardherd client why "    \
	    "%\" says how it came.")                                            \
	X(CLIENT_LOSING, "client-losing", CLIENT, WARNING,                      \
	    "away, and the log has let go of some it missed",                   \
	    "Start it, or take its section out of the config.")                 \
	X(CLIENT_LATE, "client-late", CLIENT, WARNING,                          \
	    "away, and soon the log lets go of what it missed",                 \
	    "Start it, or take its section out of the config.")                 \
	X(CLIENT_SLOW, "client-slow", CLIENT, WARNING,                          \
	    "connected, but it reads too slowly",                               \
	    "\"shardherd client why %\" shows how far behind it is; make it "   \
	    "faster, or give it more shards.")                                  \
	X(CLIENT_DOWN, "client-down", CLIENT, WARNING,                          \
	    "its process, which the fleet runs, is not up",                     \
	    "\"shardherd client why %\" says what it ended of and when it is "  \
	    "started again.")                                                   \
	X(CLIENT_HUNG, "client-hung", CLIENT, WARNING,                          \
	    "its process is stopped by a signal or a debugger",                 \
	    "\"shardherd client restart %\" replaces its process.")             \
	X(RUNNER_HUNG, "runner-hung", RUNNER, WARNING,                          \
	    "the parent of a bot's process is stopped by a signal or a "        \
	    "debugger",                                                         \
	    "\"shardherd client restart %\" replaces it and the bot.")          \
	X(CLIENT_AWAY, "client-away", CLIENT, INFO,                             \
	    "not connected; what it misses is kept",                            \
	    "Start it; \"shardherd client why %\" says since when.")            \
	X(CLIENT_PARTLY, "client-partly", CLIENT, INFO,                         \
	    "some of its sessions are not connected",                           \
	    "\"shardherd client why %\" says which.")                           \
	X(WEB_DOWN, "web-down", WEB, WARNING, "no metrics and no status page",  \
	    "\"shardherd logs\" says what it ended of; it is started again by " \
	    "itself.")                                                          \
	X(WEB_HUNG, "web-hung", WEB, WARNING,                                   \
	    "its loop does not turn: no metrics and no status page",            \
	    "It is replaced by itself; \"shardherd reload\" does so now.")      \
	X(FDS_SHORT, "fds-short", PROCESS, WARNING,                             \
	    "a process is near its limit of file descriptors",                  \
	    "Raise the limit (LimitNOFILE= in the unit, \"ulimit -n\" in a "    \
	    "shell), or look for what leaks them.")                             \
	X(MEMORY_SHORT, "memory-short", PROCESS, WARNING,                       \
	    "a process is near its limit of memory",                            \
	    "Raise its memory_ key of [limits], or look for what it holds.")    \
	X(DISK_FULL, "disk-full", HOST, CRITICAL,                               \
	    "no IDENTIFY can be written down, so none is sent, and no event "   \
	    "be kept",                                                          \
	    "Make room on the disk of state_dir.")                              \
	X(DISK_SHORT, "disk-short", HOST, WARNING,                              \
	    "the disk of state_dir is nearly full",                             \
	    "Make room on the disk of state_dir.")                              \
	X(LOG_DISK_SHORT, "log-disk-short", HOST, INFO,                         \
	    "the disk of log_dir is nearly full: lines will be lost",           \
	    "Make room on the disk of log_dir.")                                \
	X(LOG_LOST, "log-lost", HOST, INFO,                                     \
	    "the log was deleted and cannot be made again",                     \
	    "Make its directory again.")
enum verdict_code {
	VERDICT_CODE_NONE, /* nothing is wrong */
#define X(n, s, of, rank, means, advice) VERDICT_CODE_##n,
	VERDICT_CODES(X)
#undef X
	    VERDICT_CODES_N,
	/* Those of one shard are next to each other. */
	VERDICT_CODE_SHARD_FIRST = VERDICT_CODE_SHARD_DOWN,
	VERDICT_CODE_SHARD_LAST = VERDICT_CODE_SHARD_ORPHANED
};
/* "" of VERDICT_CODE_NONE. */
extern const char *const verdict_code_name[VERDICT_CODES_N];
extern const char *const verdict_code_means[VERDICT_CODES_N];
extern const char *const verdict_advice[VERDICT_CODES_N];
extern const enum verdict_subject verdict_code_subject[VERDICT_CODES_N];
/* As a rule: what all plugins or shards are is graver than what one is. */
extern const unsigned char verdict_code_rank[VERDICT_CODES_N];

#endif
