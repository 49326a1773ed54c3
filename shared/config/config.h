/* SPDX-License-Identifier: MIT */
/*
 * This room: shardherd.conf: one table of keys, the file, its checks, what two
 * of them differ in.
 *
 * shardherd.conf: one table (config_keys.h) drives parsing, defaults,
 * `config show`, the sample file and the man page.  Every error of a file is
 * found in one run, each with its line and what was expected; unknown keys
 * come with the nearest known one.
 */
#ifndef SHARED_CONFIG_CONFIG_H
#define SHARED_CONFIG_CONFIG_H

#include "shared/base/err.h"

#define CONFIG_PLUGINS_MAX 64
#define CONFIG_CLIENTS_MAX 32
#define CONFIG_CLIENT_GUILDS_MAX 64
#define CONFIG_PATH_MAX 512
#define CONFIG_CREDENTIALS "CREDENTIALS_DIRECTORY" /* of systemd */
#define CONFIG_ARGS_MAX 32 /* words of a plugin's exec line */

enum config_compress {
	COMPRESS_NONE,
	COMPRESS_ZLIB,
	COMPRESS_ZSTD,
	COMPRESS_AUTO /* zstd where the server has it, else zlib */
};
enum config_log_to { CONFIG_LOG_FILE, CONFIG_LOG_STDERR };

struct config_plugin {
	char name[64];
	char *exec;	       /* shell-like words, no shell: config_split */
	char *events;	       /* "MESSAGE_CREATE, INTERACTION_CREATE" or "*" */
	int64_t window;	       /* events unanswered at once */
	double timeout_s;      /* to answer one event */
	char *guilds, *shards; /* config_ranges.h; "": all */
	int64_t backlog_events; /* waiting in memory */
	int64_t backlog_bytes;	/* waiting on disk */
	double backlog_age_s;
	int64_t storage;   /* bytes of kv.* */
	char *permissions; /* "ranks", config_may; "": none */
	char *own;	   /* config_plugin_keys.h */
	char *user;	   /* it runs as; "": as we do, see child.h */
	int sandbox;	   /* 0 off, 1 confine.h, for one of our own user */
	int64_t memory, nofile; /* 0: no limit, as we were started */
	int64_t nice;
	int line; /* of the section header */
};

enum config_rest { CONFIG_REST_NONE, CONFIG_REST_READ, CONFIG_REST_FULL };
enum config_members {
	CONFIG_MEMBERS_SELF,
	CONFIG_MEMBERS_VOICE,
	CONFIG_MEMBERS_SEEN,
	CONFIG_MEMBERS_ALL
};
enum config_client_compress { CONFIG_CLIENT_STORED, CONFIG_CLIENT_REAL };
enum config_second {
	CONFIG_SECOND_TAKE_OVER,
	CONFIG_SECOND_SHARE,
	CONFIG_SECOND_REFUSE
};

/* A bot, or what else speaks as one, that connects to the gate. */
struct config_client {
	char name[64];
	int64_t shards;		/* it is told of; 0: as many as the fleet has */
	uint64_t intents;	/* it may ask for; UINT64_MAX: all of [bot] */
	char *guilds;		/* config_ranges.h; "": all */
	char *ops;		/* "voice, members", config_client_may */
	int rest;		/* enum config_rest */
	int catch_up, presence; /* 0 no, 1 yes */
	int compress;		/* enum config_client_compress */
	int on_second;		/* enum config_second */
	char *exec;		/* as a plugin's; "": it runs elsewhere */
	char *user, *dir;	/* it runs as, and in; "": as a plugin */
	int sandbox;		/* as a plugin's */
	int64_t memory, nofile, nice;
	double start_timeout_s; /* of one that is to take over */
	int line;		/* of the section header */
};

struct config {
	char path[CONFIG_PATH_MAX]; /* absolute */
	char *text;		    /* the file as read; owner: config */
	char *kept_for;		    /* NULL, or what is wrong with the file:
					   this is what ran before; owner:
					   config */
	/* [bot] */
	char *name;
	char *token_file; /* absolute */
	uint64_t intents;
	char *presence; /* JSON object for IDENTIFY, or "" */
	char *owners;	/* config_ranges.h; "": nobody */
	/* [gateway] */
	char *api;	/* "https://discord.com/api/v10" */
	int64_t shards; /* 0: auto */
	enum config_compress compress;
	char *ca_file; /* "": find the system's */
	char *proxy;   /* "" or http://host:port */
	int64_t large_threshold;
	double identify_interval_s; /* 5 */
	/* [paths], absolute */
	char *state_dir, *run_dir, *log_dir;
	/* [handler] */
	double handler_start_timeout_s, handler_drain_timeout_s;
	double handler_probation_s;   /* of a new one, after a reload */
	int64_t handler_queue_events; /* taken from the shards, not answered */
	char *prefix;		      /* of commands: "!"; "": none */
	double handler_silence_s;     /* then it hangs; 0: never */
	/* [rollout] */
	int64_t rollout_canary, rollout_parallel, rollout_max_failures;
	double rollout_pause_s; /* canaries are watched */
	/* [limits] */
	int64_t queue_bytes;	    /* unacknowledged events per shard */
	double spool_after_s;	    /* without a handler: they go to disk */
	int64_t spool_bytes;	    /* there, per shard */
	double spool_age_s;	    /* older ones are dropped */
	int64_t message_bytes;	    /* one inflated message: 64 MiB */
	int64_t window_bytes;	    /* zstd-stream's window: 2 MiB */
	int64_t wire_message_bytes; /* one websocket message: 16 MiB */
	double connect_timeout_s, hello_timeout_s, ready_timeout_s;
	double stop_timeout_s; /* stop: drain, then TERM, then KILL */
	double restart_min_s,
	    restart_max_s;    /* growing delay of dead children */
	double orphan_time_s; /* without a supervisor; 0: none */
	int64_t reserve;      /* identifies kept back; 0: by rule */
	/* of the resident set, warned of at 80 %; 0: not watched */
	int64_t memory_shard, memory_handler, memory_supervisor, memory_gate;
	int64_t disk_free; /* warn below; 0: never */
	int sandbox;	   /* of the shards: 0 off, 1 sandbox.h */
	/* [budget] */
	double reconcile_s; /* between two questions when idle */
	/* [alerts] */
	char *alert_webhook;   /* file that holds the URL, or "" */
	char *alert_exec;      /* words, gets JSON on stdin; "": none */
	double alert_repeat_s; /* of one that goes on */
	int64_t alert_left;    /* IDENTIFYs; 0: at the reserve */
	int64_t alert_rate;    /* IDENTIFYs an hour; 0: by rule */
	double alert_forecast_s;
	int64_t alert_foreign; /* IDENTIFYs an hour; 0: never */
	double alert_deaf_s, alert_silent_s;
	double alert_hold_s, alert_handler_s, alert_gate_s;
	/* [probe] */
	int64_t probe_channel, probe_message; /* 0: none */
	char *probe_emoji;
	double probe_interval_s; /* 0: only when asked */
	double probe_slow_s, probe_deadline_s;
	/* [log] */
	int log_level;	   /* enum log_level */
	int log_to;	   /* enum config_log_to */
	int log_format;	   /* enum logline_format */
	int64_t log_bytes; /* rotate above; 0: never */
	double log_age_s;  /* rotate then; 0: never */
	int64_t log_files; /* rotated files kept */
	int64_t log_total; /* bytes of all of them; 0: any */
	int log_compress;  /* rotated ones: 0 no, 1 yes */
	/* [gate] */
	char *gate_listen, *gate_rest_listen; /* "127.0.0.1:7780"; "": none */
	char *gate_url; /* ws:// or wss://; "": by listen */
	double gate_heartbeat_s;
	int64_t gate_log_bytes;
	double gate_log_age_s, gate_session_life_s;
	int gate_members, gate_presences;   /* enum config_members; yes/no */
	char *gate_tls_cert, *gate_tls_key; /* files, or "" */
	int gate_clear;			    /* 1: in the clear over networks */
	/* [web] */
	char *web_listen, *web_public_listen; /* "127.0.0.1:9180"; "": none */
	char *web_title;      /* of the status page; "": the fleet's name */
	char *web_allow_host; /* "", names, or "*" */
	char *web_push_file;  /* file that holds the URL, or "" */
	double web_push_interval_s;
	int web_push_public; /* yes: what the public may see */
	/* [plugin "name"] */
	struct config_plugin plugin[CONFIG_PLUGINS_MAX];
	size_t plugins;
	/* [client "name"] */
	struct config_client client[CONFIG_CLIENTS_MAX];
	size_t clients;
};

/* Called for each problem: "shardherd.conf:12: [gateway] shards: ...". */
typedef void config_problem_fn(const char *line, void *arg);

/*
 * Reads and checks the file.  0, or -1 after every problem was reported;
 * err then sums up ("2 problems in /etc/..."), code EXIT_CONFIG.
 */
int config_load(struct config *, const char *path, config_problem_fn *, void *,
    struct err *);
/* The same from text, as of path (handlers get the supervisor's copy). */
int config_parse(struct config *, const char *path, const char *text,
    config_problem_fn *, void *, struct err *);
/*
 * The same of a text that was accepted before and is in force.  What it names
 * on this machine (programs, users, files) is not looked at again: a program
 * that can't be run any more is the trouble of its plugin, and of nobody else.
 */
int config_recall(struct config *, const char *path, const char *text,
    config_problem_fn *, void *, struct err *);
/*
 * For who only looks or stops: reads what can be read, and what can't has its
 * default.  Always leaves a config to use and to free; -1 with problems
 * reported, 1 when the file could not be read at all, err says the rest.
 */
int config_look(struct config *, const char *path, config_problem_fn *, void *,
    struct err *);
/*
 * For who needs the section of one plugin: only its problems are reported, and
 * only they, or a file that can't be read, are -1; then there is no config.
 */
int config_look_plugin(struct config *, const char *path, const char *plugin,
    config_problem_fn *, void *, struct err *);
void config_free(struct config *);

/* In place of what `to` holds, a copy that shares nothing with `from`. */
void config_plugin_copy(struct config_plugin *to, const struct config_plugin *);
void config_plugin_free(struct config_plugin *);
/* What is allowed but will hardly do what is meant: a line each. */
void config_warn(const struct config *, config_problem_fn *, void *);

/* Writes the commented sample file, or the mdoc list of every key. */
void config_write_sample(FILE *);
void config_write_mdoc(FILE *);
/* Writes every key with its value and whether it is the default. */
void config_write(const struct config *, FILE *);
/* The same for other forms: plugin is NULL or the name of [plugin "name"];
 * usual tells that the value is the default. */
typedef void config_each_fn(const char *section, const char *plugin,
    const char *key, const char *value, bool usual, void *arg);
void config_each(const struct config *, config_each_fn *, void *arg);

/* Names of intents to bits, "GUILDS, 512, GUILD_MESSAGES"; 0 or -1. */
int config_intents(const char *text, uint64_t *out, struct err *);
/* Name of one intent bit, or NULL. */
const char *config_intent_name(unsigned bit);

/*
 * Splits like a shell would (blanks, '...', "...", backslash), expanding
 * nothing.  argv points into one allocation; free(argv[0])... the caller frees
 * the returned block with free().  NULL with err when a quote is open or there
 * are more than CONFIG_ARGS_MAX words.
 */
char **config_split(const char *line, int *argc, struct err *);

/* The name nearest to word by edit distance, NULL when none is near. */
const char *config_nearest(const char *word, const char *const *names,
    size_t n);

/* Does a plugin's events list want this event name? */
bool config_wants(const char *events, const char *name, size_t len);
/* Does [plugin] permissions have this word? */
bool config_may(const struct config_plugin *, const char *permission);
/* Does [client] ops have this word? */
bool config_client_may(const struct config_client *, const char *op);
/* Is there a gate: an address, and somebody who may connect? */
bool config_gate(const struct config *);
/* Is there something for the web process to do? */
bool config_web(const struct config *);
/* May a request with this Host header, NULL: none, be answered that is not for
 * everybody?  Addresses and localhost are known, other names by allow_host. */
bool config_web_host(const struct config *, const char *host);
/* The section of a client, or NULL. */
const struct config_client *config_client(const struct config *,
    const char *name);
/*
 * Host and port of an address "127.0.0.1:80", "[::1]:80"; false when it is
 * none.  Names are none: no process waits for a name server.
 */
bool config_address(const char *text, char host[64], uint16_t *port);
/* Does only this machine reach it? */
bool config_address_loopback(const char *text);

/* Is token_file systemd's copy, which no later change of the original reaches
 * while the unit runs? */
bool config_token_is_copy(const struct config *);

/*
 * Reads the token: one line, surrounding white space stripped, not readable
 * by others (mode & 077 must be 0).  Caller wipes and frees.
 */
char *config_read_token(const char *path, struct err *);
/* The same for another one-line secret; what names it in messages. */
char *config_read_secret(const char *path, const char *what, struct err *);
/* The secret in a text, which is changed; from names its source in messages.
   Owner frees; NULL with err. */
char *config_secret_text(char *text, const char *from, const char *what,
    struct err *);
/* A token from a pipe or a memfd, to its end; stays open. */
char *config_read_secret_fd(int fd, struct err *);

#endif
