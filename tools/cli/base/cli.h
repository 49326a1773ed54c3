/* SPDX-License-Identifier: MIT */
/*
 * The command line: one table of verbs, options read by table, data on stdout
 * and everything else on stderr.  Each group of verbs has its own cli_*.c.
 */
#ifndef TOOLS_CLI_BASE_CLI_H
#define TOOLS_CLI_BASE_CLI_H

#include "shared/config/config.h"
#include "shared/config/patience.h"
#include "shared/wire/role_args.h"

struct json_object;

struct cli {
	const char *config_path; /* of -c, or NULL: search */
	bool json;
	int argc;		/* words behind the verb, options taken out */
	char **argv;
	char **main_argv;	/* of the process, for the supervisor */
	supervisor_fn *supervise;
	const struct cli_verb *verb;
	struct config config;	/* after load_config or load_look */
	char trouble[1024];	/* after load_look: of the file, or "" */
	struct err err;
};

/* Returns the exit code; on failure it has printed why (cli_fail). */
typedef int cli_fn(struct cli *);

struct cli_verb {
	const char *name, *args, *help;
	cli_fn *fn;
};

/* supervise: becomes the supervisor, for run and start. */
int cli_main(int argc, char **argv, supervisor_fn *supervise);

/* ---- for the verbs ---- */

/* Prints c->err, as JSON on stdout with --json; returns its exit code. */
int cli_fail(struct cli *);
/* The same with a new error. */
int cli_error(struct cli *, int code, const char *fmt, ...) printflike(3, 4);
/* "usage: shardherd VERB ARGS", EXIT_USAGE. */
int cli_usage(struct cli *);
/* A sentence on stderr: "shardherd: ...". */
void cli_say(const char *fmt, ...) printflike(1, 2);
/* A line of text on stdout that may quote something foreign: cleaned. */
void cli_print(const char *fmt, ...) printflike(1, 2);
/* Prints and frees the object. */
void cli_print_json(struct json_object *);

/* The config file by -c, $SHARDHERD_CONF, or the usual places: 0 or -1. */
int load_find(struct cli *, char *path, size_t size);
/* Where it would be looked for, absolute: how many places. */
#define LOAD_PLACES 3
size_t load_places(struct cli *, char place[LOAD_PLACES][CONFIG_PATH_MAX]);
/* Finds and reads the config, problems on stderr: 0, or -1 with c->err. */
int load_config(struct cli *);
/*
 * The same, but the paths are those of the fleet that runs by the file, where
 * one does: for verbs that bring the file into force in it.
 */
int load_for_fleet(struct cli *);
/*
 * The same for a verb that only looks or stops: a file with problems does as
 * well, which is said on stderr, and a fleet that runs by it counts more than
 * the file.  -1: neither a file nor a fleet of it is to be found.
 */
int load_look(struct cli *);
int load_look_quietly(struct cli *);	/* says nothing: c->trouble */
/*
 * The same as load_config for who starts a fleet.  Instead of a file with a fault
 * it may be the config the fleet ran by, with c->config.kept_for: for anybody
 * while its processes live on, for a keeper (systemd, a container) when it was
 * not stopped, for cron always.
 */
enum load_starter { LOAD_BY_HAND, LOAD_BY_KEEPER, LOAD_BY_CRON };
int load_to_start(struct cli *, enum load_starter);
/* Seconds an order may take by the limits of the fleet that runs. */
double cli_patience(struct cli *, enum patience);

/* Who we are: "alice (sudo by bob) on pts/3". */
#define OPERATOR_NAME 64
void operator_name(char *out, size_t size);

enum option_type {
	OPTION_FLAG,	/* bool */
	OPTION_TEXT,	/* const char * */
	OPTION_NUMBER,	/* int64_t, not negative */
	OPTION_SECONDS,	/* double */
	OPTION_SECONDS_IF,	/* double; the value is optional and needs "=" */
	OPTION_LIST,	/* struct option_list: may be repeated */
};
#define OPTION_LIST_MAX 64
struct option_list {
	const char *text[OPTION_LIST_MAX];
	size_t n;
};
struct option {
	const char *name;	/* "--wait" */
	char letter;		/* 'w', or 0 */
	enum option_type type;
	void *to;
};
/*
 * Takes options out of argv, leaving the words; --json, -c and --help are
 * understood everywhere.  0, or -1 with c->err (EXIT_USAGE).
 */
int option_take(struct cli *, const struct option *, size_t n);
/* "5s", "250ms", "2m": false when it is no duration. */
bool option_seconds(const char *text, double *out);
/* Where no word is left, this one: a group of verbs shows what there is. */
void option_usual_word(struct cli *, const char *word);
/* Unique prefixes: the index in names, or -1 with c->err. */
int option_choose(struct cli *, const char *word, const char *const *names,
    size_t n);
/*
 * Loops of the CLI that have nothing to poll (a page of memory, a lock) step
 * through this: sleeps 50 ms, false once `deadline` (clock_boot_ms) is over.
 */
bool cli_step(uint64_t deadline_ms);

#endif
