/* SPDX-License-Identifier: MIT */
/*
 * This room: what every verb stands on: how it says what it found, or why it
 * failed. Data goes to stdout, as JSON with --json, and everything else to
 * stderr.
 */
#ifndef TOOLS_CLI_BASE_CLI_H
#define TOOLS_CLI_BASE_CLI_H

#include "shared/config/config.h"
#include "shared/wire/role_args.h"

struct json_object;
struct option_row;

struct cli {
	const char *config_path; /* of -c, or NULL: search */
	bool json;
	int argc; /* words behind the verb, options taken out */
	char **argv;
	char **main_argv; /* of the process, for the supervisor */
	supervisor_fn *supervise;
	const struct cli_verb *verb;
	const struct cli_form *form; /* of the verb, after option_take() */
	struct config config;	     /* after load_config or load_look */
	char trouble[1024];	     /* after load_look: of the file, or "" */
	struct err err;
};

/* Returns the exit code; on failure it has printed why (cli_fail). */
typedef int cli_fn(struct cli *);

/* In the order in which `help` has them. */
enum cli_group { CLI_LOOK, CLI_ACT, CLI_CHANGE, CLI_DATA, CLI_GROUPS };

/*
 * What a verb may be followed by.  words: "kick CLIENT": a name in small letters,
 * in brackets when it may be left out, and what follows it in capitals, or the
 * words to choose from: "user|role"; "[X]", "X...", "[X...]".
 */
struct cli_form {
	const char *words, *help;
};

/* A row of the one table of verbs, from which come parsing, usage, help, the
 * manual's synopsis and completions.  Lists end with a row of nothing. */
struct cli_verb {
	const char *name, *help;
	cli_fn *fn;
	enum cli_group group;
	const char *lead; /* what stands before the form's name: a number */
	const struct cli_form *forms;
	const struct option_row *options;
	const char *exits;    /* what its exit codes mean */
	const char *examples; /* a line each */
	const char *instead;  /* what is likely meant by who misuses it */
};

/* Prints c->err, as JSON on stdout with --json; returns its exit code. */
int cli_fail(struct cli *);
/* The same with a new error. */
int cli_error(struct cli *, int code, const char *fmt, ...) printflike(3, 4);
/* "usage: shardherd VERB ARGS" of the form that was chosen, EXIT_USAGE. */
int cli_usage(struct cli *);
int cli_usage_err(struct cli *); /* only sets c->err: -1 */
/*
 * Asks a person before something is done.  0 after a yes; -1 with c->err after
 * anything else, and where there is nobody to ask: --yes is for scripts.
 */
int cli_confirm(struct cli *, const char *question);
/* A sentence on stderr: "shardherd: ...". */
void cli_say(const char *fmt, ...) printflike(1, 2);
/* "warning: ..." on stderr; what config_warn() calls. */
void cli_warning(const char *line, void *arg);
/* A line of text on stdout that may quote something foreign: cleaned. */
void cli_print(const char *fmt, ...) printflike(1, 2);
/* Prints and frees the object. */
void cli_print_json(struct json_object *);
/*
 * Loops of the CLI that have nothing to poll (a page of memory, a lock) step
 * through this, and tick the progress: sleeps 50 ms, false once `deadline` (clock_boot_ms) is over.
 */
bool cli_step(uint64_t deadline_ms);

#endif
