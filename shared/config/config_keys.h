/* SPDX-License-Identifier: MIT */
/*
 * Every key of shardherd.conf, one row each: the parser, the defaults, `config
 * show`, the sample file and the man page are all read off this table.  A key
 * that is not here does not exist; a row is all it takes to add one.
 */
#ifndef SHARED_CONFIG_CONFIG_KEYS_H
#define SHARED_CONFIG_CONFIG_KEYS_H

#include "shared/config/config.h"
#include "shared/config/config_types.h"

/* What must be started anew before a changed value counts. */
/* class, what a reload replaces of it, what it takes to bring it into force */
#define CONFIG_RELOADS(X)                                                      \
	X(LIVE, "nothing", "reload")                                           \
	X(HANDLER, "the handler", "reload, replaces the handler")              \
	X(GATE, "the gate (clients RESUME) and the handler",                   \
	    "reload, replaces the gate and the handler")                       \
	X(CLIENT, "the bot's process (the next one takes over)",               \
	    "reload, replaces the bot's process")                              \
	X(WEB, "the web process", "reload, replaces the web process")          \
	X(SHARDS, "the shards (they RESUME)", "rollout, shards RESUME")        \
	X(SESSIONS, "the sessions (every shard must IDENTIFY)",                \
	    "restart, every shard must IDENTIFY")                              \
	X(FLEET, "the whole fleet", "restart, sessions are resumed")

enum config_reload {
#define X(n, s, takes) CONFIG_RELOAD_##n,
	CONFIG_RELOADS(X)
#undef X
	    CONFIG_RELOAD_CLASSES
};

#define CONFIG_REQUIRED 1u /* no default: the row's text is an example */

struct config_key {
	const char *section, *key;
	enum config_type type;
	size_t offset;	  /* in struct config, or that of its kind */
	const char *text; /* default, read by the code that reads the file */
	int64_t min, max;
	unsigned flags;
	enum config_reload reload;
	const char *doc; /* whole sentences */
};

#define CONFIG_KIB(n) ((int64_t)(n) << 10)
#define CONFIG_MIB(n) ((int64_t)(n) << 20)
#define CONFIG_MIN(n) ((int64_t)(n)*60000)
#define CONFIG_PLUGIN_SECTION "plugin"
#define CONFIG_CLIENT_SECTION "client"

/*
 * Sections [kind "name"], of which there may be several: where struct config
 * has them.  Their structs begin with the name.
 */
struct config_kind {
	const char *section, *example, *exec; /* exec: key that stands for it */
	size_t array, size, count, max;	      /* count: offset of a size_t */
	size_t line;			      /* offset in its struct */
	enum config_reload reload;	      /* when one comes or goes */
};

/*
 * K(section, key, type, member, text, min, max, flags, reload, doc)
 * P, C: the same for members of struct config_plugin, config_client
 */
/* clang-format off */
#define CONFIG_KEYS(K, P, C) \
K("bot", "name", WORD, name, "main", 1, 32, 0, FLEET, \
  "Name of this fleet in status, logs and process titles.") \
K("bot", "token_file", FILE, token_file, "token", 1, 0, 0, FLEET, \
  "File with the bot's token on one line; only its owner may read it " \
  "(mode 0600). Not given, and there is a systemd credential \"token\": " \
  "that.") \
K("bot", "intents", INTENTS, intents, "GUILDS, GUILD_MESSAGES, " \
  "DIRECT_MESSAGES", 0, 0, CONFIG_REQUIRED, SESSIONS, \
  "Gateway intents, by name or number. GUILD_MEMBERS, GUILD_PRESENCES and " \
  "MESSAGE_CONTENT are privileged: switch them on in the developer portal " \
  "first.") \
K("bot", "presence", JSON, presence, "", 0, 2048, 0, SHARDS, \
  "Presence to show, as the JSON object of IDENTIFY, for example " \
  "{\"status\":\"online\",\"activities\":[{\"name\":\"chess\",\"type\":0}]}. Of " \
  "status, activities, since and afk, what is left out has its usual value.") \
K("bot", "owners", RANGES, owners, "", 0, 0, 0, HANDLER, \
  "Ids of the users who may use every command of the bot: their rank is 999.") \
K("gateway", "api", API, api, "https://discord.com/api/v10", 0, 0, 0, FLEET, \
  "Base URL of the REST API. Point it at shardherd-sim or another compatible " \
  "server to run without Discord.") \
K("gateway", "shards", AUTO, shards, "auto", 1, 16384, 0, FLEET, \
  "Number of shards, or \"auto\" for what /gateway/bot recommends. Another " \
  "number voids all sessions.") \
K("gateway", "compress", COMPRESS, compress, "auto", 0, 0, 0, SHARDS, \
  "Transport compression: none, zlib-stream, zstd-stream or auto. zstd-stream " \
  "takes about two thirds of the CPU, and its window of memory per busy shard, " \
  "zlib-stream 40 KiB. auto is zstd-stream, and zlib-stream when the " \
  "server does not have it or its window is larger than [limits] " \
  "window_bytes.") \
K("gateway", "ca_file", FILE, ca_file, "", 0, 0, 0, FLEET, \
  "PEM file of the certificate authorities to trust. Empty: the system's.") \
K("gateway", "proxy", PROXY, proxy, "", 0, 0, 0, FLEET, \
  "HTTP proxy for all connections, as http://host:port. Empty: none.") \
K("gateway", "large_threshold", NUMBER, large_threshold, "50", 50, 250, 0, \
  SESSIONS, \
  "Above this many members GUILD_CREATE leaves offline members out.") \
K("gateway", "identify_interval", DURATION, identify_interval_s, "5s", 10, \
  CONFIG_MIN(10), 0, FLEET, \
  "Pause between two IDENTIFYs of one max_concurrency key. Discord asks for " \
  "5 seconds; less is for simulators only.") \
K("paths", "state_dir", FILE, state_dir, "state", 1, 0, 0, FLEET, \
  "Sessions, identify ledger and statistics. Must survive a reboot: not on " \
  "a tmpfs.") \
K("paths", "run_dir", FILE, run_dir, "run", 1, 0, 0, FLEET, \
  "The control socket. May vanish while the fleet runs.") \
K("paths", "log_dir", FILE, log_dir, "log", 1, 0, 0, FLEET, \
  "shardherd.log and its rotated predecessors.") \
K("handler", "start_timeout", DURATION, handler_start_timeout_s, "30s", 100, \
  CONFIG_MIN(10), 0, HANDLER, \
  "A handler, or a plugin in it, that is not ready by then is restarted.") \
K("handler", "drain_timeout", DURATION, handler_drain_timeout_s, "10s", 0, \
  CONFIG_MIN(10), 0, HANDLER, \
  "At a stop, plugins get this long to finish what they hold.") \
K("handler", "probation", DURATION, handler_probation_s, "10s", 0, \
  CONFIG_MIN(60), 0, LIVE, \
  "After a reload the new handler is watched for so long. If it ends, is " \
  "silent or keeps failing, the one before comes back by itself. 0: no " \
  "probation.") \
K("handler", "queue_events", NUMBER, handler_queue_events, "10000", 16, \
  1000000, 0, HANDLER, \
  "Events taken from the shards and not yet answered. At this many the " \
  "handler stops reading, and the shards keep what comes.") \
K("handler", "prefix", PREFIX, prefix, "", 0, 16, 0, HANDLER, \
  "What a message begins with that is a command, for example !. A mention of " \
  "the bot does as well then; @ is for that alone. Without MESSAGE_CONTENT " \
  "in the intents only mentions and direct messages are seen. Empty: there " \
  "are no such commands.") \
K("handler", "silence", DURATION, handler_silence_s, "30s", 0, \
  CONFIG_MIN(60), 0, LIVE, \
  "A handler whose loop has not turned for this long hangs: it is ended and " \
  "started again, and the shards keep its events. 0: never.") \
K("rollout", "canary", NUMBER, rollout_canary, "1", 0, 16384, 0, LIVE, \
  "Shards replaced first, one by one, and watched before the rest follows. " \
  "0: no canary.") \
K("rollout", "pause", DURATION, rollout_pause_s, "30s", 0, CONFIG_MIN(1440), \
  0, LIVE, \
  "The canaries, and at the end all replaced shards, are watched for so " \
  "long.") \
K("rollout", "parallel", NUMBER, rollout_parallel, "2", 1, 16, 0, LIVE, \
  "Shards of the rest that are replaced at once.") \
K("rollout", "max_failures", NUMBER, rollout_max_failures, "0", 0, 16384, 0, \
  LIVE, \
  "Shards that may fail before the rollout stops where it is. A canary that " \
  "fails stops it always.") \
K("limits", "queue_bytes", SIZE, queue_bytes, "64M", CONFIG_KIB(64), \
  CONFIG_MIB(4096), 0, SHARDS, \
  "Unacknowledged events one shard may hold in memory. From a quarter of it " \
  "on they go to the spool on disk instead. At the limit, when there is no " \
  "spool to write to, it disconnects with the session kept and resumes when " \
  "the queue is half empty.") \
K("limits", "spool_after", DURATION, spool_after_s, "1s", 0, CONFIG_MIN(10), \
  0, SHARDS, \
  "Without a handler for this long, a shard keeps its events on disk, in " \
  "state_dir/spool.") \
K("limits", "spool_bytes", SIZE, spool_bytes, "256M", CONFIG_KIB(64), \
  CONFIG_MIB(1048576), 0, SHARDS, \
  "Events one shard may hold on disk. At the limit it disconnects with the " \
  "session kept and resumes when the spool is half empty.") \
K("limits", "spool_age", DURATION, spool_age_s, "1h", 1000, \
  CONFIG_MIN(43200), 0, SHARDS, \
  "Events that wait on disk for longer are dropped, counted and logged.") \
K("limits", "message_bytes", SIZE, message_bytes, "64M", CONFIG_KIB(64), \
  CONFIG_MIB(79), 0, SHARDS, \
  "Largest gateway message after decompression.") \
K("limits", "window_bytes", SIZE, window_bytes, "2M", CONFIG_KIB(1), \
  CONFIG_MIB(8), 0, SHARDS, \
  "Largest window of zstd-stream, the server's choice: a busy shard takes " \
  "that much memory and 0.4M. A larger one is refused, and with compress = " \
  "auto zlib-stream taken in its place.") \
K("limits", "wire_message_bytes", SIZE, wire_message_bytes, "16M", \
  CONFIG_KIB(16), CONFIG_MIB(79), 0, SHARDS, \
  "Largest gateway message as received.") \
K("limits", "connect_timeout", DURATION, connect_timeout_s, "15s", 50, \
  CONFIG_MIN(10), 0, SHARDS, \
  "Time for DNS, TCP, proxy, TLS and websocket upgrade together.") \
K("limits", "hello_timeout", DURATION, hello_timeout_s, "15s", 50, \
  CONFIG_MIN(10), 0, SHARDS, \
  "Time from the open websocket to HELLO.") \
K("limits", "ready_timeout", DURATION, ready_timeout_s, "60s", 50, \
  CONFIG_MIN(30), 0, SHARDS, \
  "Time from IDENTIFY or RESUME to the first sign of READY or RESUMED.") \
K("limits", "stop_timeout", DURATION, stop_timeout_s, "10s", 50, \
  CONFIG_MIN(10), 0, LIVE, \
  "At a stop, shards get this long to hand over their events before they " \
  "are ended.") \
K("limits", "restart_min", DURATION, restart_min_s, "1s", 10, \
  CONFIG_MIN(10), 0, LIVE, \
  "First delay before a dead process is started again; it doubles.") \
K("limits", "restart_max", DURATION, restart_max_s, "60s", 10, \
  CONFIG_MIN(60), 0, LIVE, \
  "Longest delay before a dead process is started again.") \
K("limits", "orphan_time", DURATION, orphan_time_s, "15m", 0, \
  CONFIG_MIN(1440), 0, SHARDS, \
  "Shards and handler go on without a supervisor for so long, and the next " \
  "one takes them over. Then they stop in order, the sessions kept. 0: they " \
  "stop at once.") \
K("limits", "reserve", NUMBER, reserve, "0", 0, 100000, 0, LIVE, \
  "IDENTIFYs of the daily budget kept back for an operator. 0: by rule.") \
K("limits", "memory_shard", SIZE, memory_shard, "256M", 0, \
  CONFIG_MIB(1048576), 0, LIVE, \
  "Memory (resident) a shard should not exceed: at 80 % of it a warning says " \
  "how fast it grows and when it is reached. Nothing is ended for it. 0: " \
  "not watched.") \
K("limits", "memory_handler", SIZE, memory_handler, "1G", 0, \
  CONFIG_MIB(1048576), 0, LIVE, \
  "The same for the handler without its plugins.") \
K("limits", "memory_supervisor", SIZE, memory_supervisor, "256M", 0, \
  CONFIG_MIB(1048576), 0, LIVE, \
  "The same for the supervisor.") \
K("limits", "memory_gate", SIZE, memory_gate, "512M", 0, \
  CONFIG_MIB(1048576), 0, LIVE, \
  "The same for the gate without its log and its cache. At the limit another " \
  "gate takes its place, start-first, once in 10 minutes at most: clients " \
  "RESUME and miss nothing.") \
K("limits", "disk_free", SIZE, disk_free, "256M", 0, CONFIG_MIB(1048576), 0, \
  LIVE, \
  "Warn when the disk of state_dir or log_dir has less than this free, or " \
  "less than a tenth of a smaller disk. 0: never.") \
K("limits", "sandbox", OFF_AUTO, sandbox, "auto", 0, 0, 0, SHARDS, \
  "auto: a shard can open no file but those in state_dir and the system's, " \
  "runs no program and is denied dangerous system calls, as far as the " \
  "kernel has Landlock and seccomp. off: none of this.") \
K("budget", "reconcile", DURATION, reconcile_s, "10m", CONFIG_MIN(1), \
  CONFIG_MIN(1440), 0, LIVE, \
  "How often Discord's count of IDENTIFYs is compared with the ledger while " \
  "nothing happens. While shards IDENTIFY it is compared every minute.") \
K("alerts", "webhook_file", FILE, alert_webhook, "", 0, 0, 0, LIVE, \
  "File with the URL that gets alerts, on one line; only its owner may read " \
  "it (mode 0600). A Discord webhook gets a message, any other URL a JSON " \
  "document. Empty: none.") \
K("alerts", "exec", COMMAND, alert_exec, "", 0, 0, 0, LIVE, \
  "Program and arguments started for each alert, with the JSON document on " \
  "its standard input; no shell is involved. Empty: none.") \
K("alerts", "repeat", DURATION, alert_repeat_s, "4h", 1000, \
  CONFIG_MIN(10080), 0, LIVE, \
  "An alert that goes on is sent again after this time.") \
K("alerts", "left", NUMBER, alert_left, "0", 0, 1000000, 0, LIVE, \
  "Alert when no more than this many IDENTIFYs are left. 0: when the reserve " \
  "is reached.") \
K("alerts", "rate", NUMBER, alert_rate, "0", 0, 1000000, 0, LIVE, \
  "Alert at this many IDENTIFYs in an hour that no operator asked for. 0: " \
  "when they are slowed down, at the number of shards and 10 more.") \
K("alerts", "forecast", DURATION, alert_forecast_s, "4h", 0, \
  CONFIG_MIN(1440), 0, LIVE, \
  "Alert when the reserve will be reached within this time at the pace of " \
  "the last hour. 0: never.") \
K("alerts", "foreign", NUMBER, alert_foreign, "1", 0, 1000000, 0, LIVE, \
  "Alert at this many IDENTIFYs in an hour that something else spent with " \
  "the token. 0: never.") \
K("alerts", "deaf_after", DURATION, alert_deaf_s, "5m", 0, \
  CONFIG_MIN(1440), 0, LIVE, \
  "Alert when a shard hears nothing from Discord, or is not ready, for this " \
  "long. 0: never.") \
K("alerts", "silent_after", DURATION, alert_silent_s, "10m", 0, \
  CONFIG_MIN(1440), 0, LIVE, \
  "A shard that hears nothing of one class of events (messages, " \
  "interactions, guild changes, voice) for this long, while the rest goes on " \
  "as usual, is partly deaf: status and check say so, and an alert is sent. " \
  "0: never.") \
K("alerts", "hold", DURATION, alert_hold_s, "0s", 0, CONFIG_MIN(1440), 0, \
  LIVE, \
  "Alert when the fleet has been held for this long.") \
K("alerts", "handler", DURATION, alert_handler_s, "30s", 0, CONFIG_MIN(1440), \
  0, LIVE, \
  "Alert when the handler has been down, hung or on its way up for this long: " \
  "no event reaches a plugin. 0: at once.") \
K("alerts", "gate", DURATION, alert_gate_s, "15s", 0, CONFIG_MIN(1440), 0, \
  LIVE, \
  "Alert when the gate serves no client for this long. 0: at once.") \
K("probe", "channel", NUMBER, probe_channel, "0", 0, INT64_MAX, 0, LIVE, \
  "Id of the channel with the message that \"shardherd probe\" reacts to. " \
  "\"shardherd probe --setup CHANNEL\" posts one and prints this section. " \
  "0: there is none.") \
K("probe", "message", NUMBER, probe_message, "0", 0, INT64_MAX, 0, LIVE, \
  "Id of that message. 0: there is none.") \
K("probe", "emoji", TEXT, probe_emoji, "\xf0\x9f\x8f\x93", 1, 100, 0, LIVE, \
  "The reaction: an emoji, or name:id of a custom one.") \
K("probe", "interval", DURATION, probe_interval_s, "0s", 0, \
  CONFIG_MIN(1440), 0, LIVE, \
  "Probe this often, with an alert when the round trip fails or is slow, and " \
  "when it works again. 0: only by \"shardherd probe\".") \
K("probe", "slow", DURATION, probe_slow_s, "3s", 10, CONFIG_MIN(10), 0, LIVE, \
  "A round trip that takes longer counts as degraded.") \
K("probe", "deadline", DURATION, probe_deadline_s, "10s", 100, \
  CONFIG_MIN(10), 0, LIVE, \
  "A reaction that is not back by then counts as lost.") \
K("log", "level", LEVEL, log_level, "info", 0, 0, 0, LIVE, \
  "Least level written: debug, info, notice, warn or error.") \
K("log", "to", LOG_TO, log_to, "file", 0, 0, 0, FLEET, \
  "file: shardherd.log in log_dir, and with \"shardherd run\" stderr as " \
  "well; journald gets warnings and errors alone of it. stderr: that alone, " \
  "for \"run\" under systemd or in a container; when it leads to journald, " \
  "each line carries its level.") \
K("log", "format", LOG_FORMAT, log_format, "text", 0, 0, 0, LIVE, \
  "Form of a line: text, logfmt or json (one object a line, with time, " \
  "level, who, shard and msg).") \
K("log", "bytes", SIZE, log_bytes, "20M", 0, CONFIG_MIB(65536), 0, LIVE, \
  "The log is rotated above this size. 0: not by size.") \
K("log", "age", DURATION, log_age_s, "24h", 0, CONFIG_MIN(60 * 24 * 366), 0, \
  LIVE, \
  "The log is rotated when its first line is this old. 0: not by age.") \
K("log", "compress", YES_NO, log_compress, "yes", 0, 0, 0, LIVE, \
  "Rotated logs are compressed with gzip, by a process of low priority.") \
K("log", "files", NUMBER, log_files, "14", 0, 1000, 0, LIVE, \
  "Rotated logs kept.") \
K("log", "total", SIZE, log_total, "200M", 0, CONFIG_MIB(1048576), 0, LIVE, \
  "All logs together take no more than this: the oldest goes first, and the " \
  "log is rotated at half of it whatever bytes says. 0: no such limit.") \
K("gate", "listen", LISTEN, gate_listen, "", 0, 0, 0, GATE, \
  "Address at which existing bots connect as they would to Discord's gateway, " \
  "for example 127.0.0.1:7780; each has a section [client]. Empty: there is " \
  "no gate.") \
K("gate", "rest_listen", LISTEN, gate_rest_listen, "", 0, 0, 0, GATE, \
  "Address at which they make their REST calls, for example 127.0.0.1:7781. " \
  "Empty: they can make none.") \
K("gate", "url", GATE_URL, gate_url, "", 0, 0, 0, GATE, \
  "Gateway URL that clients are told, when it is another one than listen, as " \
  "behind a proxy.") \
K("gate", "heartbeat", DURATION, gate_heartbeat_s, "10s", 2000, \
  CONFIG_MIN(1), 0, GATE, \
  "Interval of clients' heartbeats. By them it is known what a client has: " \
  "one that dies gets at most what an interval covers twice. Libraries keep " \
  "room for heartbeats in the 120 messages they may send in a minute; with " \
  "more than one every 2s there are some that send nothing else.") \
K("gate", "log_bytes", SIZE, gate_log_bytes, "256M", CONFIG_MIB(1), \
  CONFIG_MIB(65536), 0, GATE, \
  "Memory for the events that clients may still ask for. Another size begins " \
  "the log anew: clients IDENTIFY again, which costs Discord nothing.") \
K("gate", "log_age", DURATION, gate_log_age_s, "30m", 1000, \
  CONFIG_MIN(60 * 24), 0, GATE, \
  "Events older than this are let go. A client that was away for longer " \
  "IDENTIFYs again.") \
K("gate", "session_life", DURATION, gate_session_life_s, "10m", 1000, \
  CONFIG_MIN(60 * 24), 0, GATE, \
  "A client that was cut off may RESUME for so long.") \
K("gate", "members", CACHE_MEMBERS, gate_members, "self", 0, 0, 0, GATE, \
  "Whose member objects the cache of guilds keeps: self, the bot's own; voice, " \
  "those in voice channels too; seen, all that member events show; all, those " \
  "of requested lists as well. What is kept begins with what Discord sends " \
  "from then on.") \
K("gate", "presences", YES_NO, gate_presences, "no", 0, 0, 0, GATE, \
  "yes: the cache keeps presences, and GUILD_CREATEs show them.") \
K("gate", "tls_cert", FILE, gate_tls_cert, "", 0, 0, 0, GATE, \
  "PEM file with the certificate for clients, the chain behind it. Empty: " \
  "connections are in the clear.") \
K("gate", "tls_key", FILE, gate_tls_key, "", 0, 0, 0, GATE, \
  "PEM file with its key.") \
K("gate", "clear", YES_NO, gate_clear, "no", 0, 0, 0, GATE, \
  "yes: clients may connect in the clear from other machines, too, as on a " \
  "network that is private. Their tokens and all events can be read there.") \
K("web", "listen", WEB_LISTEN, web_listen, "", 0, 0, 0, WEB, \
  "Address at which /metrics, /healthz, /readyz, /status.json and the status " \
  "page are served, for example 127.0.0.1:9180; a port alone is one of " \
  "127.0.0.1. Empty: nowhere.") \
K("web", "public_listen", WEB_LISTEN, web_public_listen, "", 0, 0, 0, WEB, \
  "The same for what everybody may see: the status page, a short " \
  "/status.json and /healthz. Others reach it through a proxy that has TLS, " \
  "see shardherd-web(7). Empty: nowhere.") \
K("web", "title", TEXT, web_title, "", 0, 80, 0, WEB, \
  "Title of the status page. Empty: the fleet's name.") \
K("web", "allow_host", HOSTS, web_allow_host, "", 0, 1024, 0, WEB, \
  "Names, besides addresses and localhost, by which listen may be asked, as a " \
  "browser's page could otherwise lead a name of its own there. *: any.") \
K("web", "push_file", FILE, web_push_file, "", 0, 0, 0, WEB, \
  "File with a URL to which /status.json is POSTed, on one line; only its " \
  "owner may read it (mode 0600), and it is read when the process starts. " \
  "Empty: it is pushed nowhere.") \
K("web", "push_interval", DURATION, web_push_interval_s, "30s", 1000, \
  CONFIG_MIN(1440), 0, WEB, \
  "How often it is pushed. After a failure it is tried less and less often, " \
  "up to 10 minutes apart.") \
K("web", "push_public", YES_NO, web_push_public, "no", 0, 0, 0, WEB, \
  "yes: only what public_listen shows is pushed.") \
P("exec", EXEC, exec, "/usr/local/share/shardherd/plugins/pong.py", 0, 0, \
  CONFIG_REQUIRED, HANDLER, \
  "Program and arguments, split at blanks with shell-like quotes; no shell " \
  "is involved. A first word that is no absolute path is looked for beside " \
  "this file, then in $PATH.") \
P("events", EVENTS, events, "*", 0, 0, 0, HANDLER, \
  "Events the plugin gets, for example MESSAGE_CREATE, INTERACTION_CREATE. " \
  "*: all of them.") \
P("window", NUMBER, window, "64", 1, 100000, 0, HANDLER, \
  "Events the plugin may have in work at once.") \
P("timeout", DURATION, timeout_s, "30s", 10, CONFIG_MIN(60), 0, HANDLER, \
  "Time the plugin has to answer one event.") \
P("storage", SIZE, storage, "16M", 0, CONFIG_MIB(1024), 0, HANDLER, \
  "What the plugin may store with kv.set, keys included.") \
P("guilds", RANGES, guilds, "", 0, 0, 0, HANDLER, \
  "Ids of the guilds whose events the plugin gets. Events without a guild, " \
  "such as direct messages, are left out then. Empty: all events.") \
P("shards", RANGES, shards, "", 0, 0, 0, HANDLER, \
  "Shards whose events the plugin gets, for example 0-3, 7. Empty: all.") \
P("permissions", PERMISSIONS, permissions, "", 0, 0, 0, HANDLER, \
  "What the plugin may do beyond the usual, for example ranks: see and set " \
  "the users' access ranks.") \
P("backlog_events", NUMBER, backlog_events, "10000", 1, 1000000, 0, HANDLER, \
  "Events that wait for the plugin in memory. More than that, and what has " \
  "waited for a second, wait on disk instead and hold up nobody else.") \
P("backlog_bytes", SIZE, backlog_bytes, "256M", CONFIG_KIB(64), \
  CONFIG_MIB(65536), 0, HANDLER, \
  "Room on disk, in state_dir/backlog, for the plugin's waiting events. When " \
  "it is full, new events for this plugin are dropped, counted and alarmed.") \
P("backlog_age", DURATION, backlog_age_s, "24h", 1000, CONFIG_MIN(60 * 24 * 30), \
  0, HANDLER, \
  "Waiting events on disk older than this are dropped and counted.") \
P("user", USER, user, "", 0, 0, 0, HANDLER, \
  "User the plugin runs as, with that user's groups; only root can do that. " \
  "Empty: the owner of its program when the fleet is root's and the program " \
  "is not, else the fleet's own.") \
P("sandbox", OFF_AUTO, sandbox, "auto", 0, 0, 0, HANDLER, \
  "auto: a plugin that runs as the fleet's own user sees neither token_file, " \
  "webhook_file and this file nor what is in state_dir and run_dir, reaches " \
  "no other process of it, and as root has no power over the machine, as far " \
  "as the kernel has namespaces for us and Landlock. off: none of this; it " \
  "can read the token.") \
P("memory", SIZE, memory, "0", 0, CONFIG_MIB(1048576), 0, HANDLER, \
  "Memory of its own (RLIMIT_DATA) each process of the plugin may ask for. " \
  "0: no limit.") \
P("nofile", NUMBER, nofile, "0", 0, 1048576, 0, HANDLER, \
  "File descriptors it may have open. 0: as many as the fleet was started " \
  "with.") \
P("nice", NUMBER, nice, "0", 0, 19, 0, HANDLER, \
  "How far it steps back for others on the processor, see nice(1).") \
P("config.KEY", OWN, own, "", 0, 0, 0, HANDLER, \
  "Any number of keys for the plugin itself, as config.colour = red: it gets " \
  "them as texts when it starts. KEY is of letters, digits, '_', '.' and '-'. " \
  "shardherd does not look at the values and logs none of them.") \
C("shards", AUTO, shards, "auto", 1, 16384, 0, GATE, \
  "Number of shards the client is told to have, whatever the fleet has. auto: " \
  "as many as the fleet. It may IDENTIFY with any number.") \
C("intents", CLIENT_INTENTS, intents, "all", 0, 0, 0, GATE, \
  "Intents the client may ask for. all: those of [bot].") \
C("guilds", RANGES, guilds, "", 0, 0, 0, GATE, \
  "Ids of the guilds the client sees and may do something in, 64 at most. " \
  "Empty: all.") \
C("ops", OPS, ops, "voice, members", 0, 0, 0, GATE, \
  "What the client may ask of Discord's gateway: voice, members.") \
C("rest", REST_SCOPE, rest, "full", 0, 0, 0, GATE, \
  "REST calls the client may make: full, read or none.") \
C("catch_up", YES_NO, catch_up, "yes", 0, 0, 0, GATE, \
  "yes: when its process was started anew it gets what it missed since its " \
  "last heartbeat. no: only what comes from then on.") \
C("presence", YES_NO, presence, "no", 0, 0, 0, GATE, \
  "yes: the bot's presence is what this client says. One client at most.") \
C("compress", CLIENT_COMPRESS, compress, "stored", 0, 0, 0, GATE, \
  "For a client that asks for compression. stored: in its format, without the " \
  "work. real: compressed, for one at the other end of a network.") \
C("on_second", SECOND, on_second, "take_over", 0, 0, 0, GATE, \
  "When a second connection IDENTIFYs as the same shard: take_over: the first " \
  "is closed when the second is ready. share: both get everything. refuse: " \
  "the second is closed.") \
C("exec", COMMAND, exec, "", 0, 0, 0, CLIENT, \
  "Program and arguments of the bot, as in [plugin]: it is started, and " \
  "started again when it ends, with DISCORD_TOKEN, DISCORD_API and " \
  "DISCORD_GATEWAY in its environment. The token is made for that process " \
  "alone, and ends with it. Empty: it runs elsewhere.") \
C("user", USER, user, "", 0, 0, 0, CLIENT, \
  "User it runs as, as in [plugin].") \
C("sandbox", OFF_AUTO, sandbox, "auto", 0, 0, 0, CLIENT, \
  "auto: what a bot that runs as the fleet's own user may not reach, as in " \
  "[plugin]. off: it can read the fleet's token.") \
C("memory", SIZE, memory, "0", 0, CONFIG_MIB(1048576), 0, CLIENT, \
  "Memory of its own (RLIMIT_DATA) it may ask for. 0: no limit.") \
C("nofile", NUMBER, nofile, "0", 0, 1048576, 0, CLIENT, \
  "File descriptors it may have open. 0: as many as the fleet was started " \
  "with.") \
C("nice", NUMBER, nice, "0", 0, 19, 0, CLIENT, \
  "How far it steps back for others on the processor, see nice(1).") \
C("dir", FILE, dir, "", 0, 0, 0, CLIENT, \
  "Directory it is started in. Empty: that of this file.") \
C("start_timeout", DURATION, start_timeout_s, "60s", 100, CONFIG_MIN(60), 0, \
  LIVE, \
  "A process that is to take over from another has to be READY at the gate by " \
  "then, with all its shards; else it is ended, and the other one goes on.")
/* clang-format on */

extern const struct config_key config_keys[];
extern const size_t config_keys_n;
extern const char *const config_keys_reload_name[CONFIG_RELOAD_CLASSES];

extern const struct config_kind config_kinds[];
extern const size_t config_kinds_n;

/* The kind of its section: of [plugin "name"]; NULL: there is one of it. */
const struct config_kind *config_keys_kind(const struct config_key *);
/* Is the key one of [plugin "name"]? */
bool config_keys_is_plugin(const struct config_key *);
/* How many of a kind there are; the one at i, its name, and the one of a
 * name or NULL. */
size_t config_keys_count(const struct config_kind *, const struct config *);
void *config_keys_at(const struct config_kind *, const struct config *,
    size_t i);
const char *config_keys_name(const void *one);
const void *config_keys_find(const struct config_kind *, const struct config *,
    const char *name);

#endif
