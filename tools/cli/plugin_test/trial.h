/* SPDX-License-Identifier: MIT */
/*
 * A plugin under test, in a rig (rig.h), with a tap (tap.h) between it and its
 * handler: what `plugin test` judges by.
 */
#ifndef TOOLS_CLI_PLUGIN_TEST_TRIAL_H
#define TOOLS_CLI_PLUGIN_TEST_TRIAL_H

#include "tools/cli/base/cli.h"
#include "tools/cli/plugin_test/rig.h"
#include "tools/cli/plugin_test/transcript.h"

#define TRIAL_INIT_S 30 /* to answer initialize: as [handler] start_timeout */
#define TRIAL_RECORD_MAX (64u << 20) /* bytes of it that are looked at */
#define TRIAL_MARK "This is the last event of shardherd plugin test."

/* May a plugin be called so? */
#define TRIAL_NAME_MAX 32 /* it is a slash command's, too */
bool trial_name_ok(const char *);

/* What is to be tried. */
struct trial_what {
	char *const *word; /* a folder, a file or a command line; with
				   conf: the name of a plugin */
	int words;
	const char *conf;		  /* a shardherd.conf, or NULL */
	const struct option_list *config; /* KEY=VALUE, of the plugin's own */
};

struct trial {
	struct cli *cli;
	struct rig rig;
	struct transcript talk; /* as far as trial_step has read */
	char program[PATH_MAX], name[64], record[96];
	char **args; /* of the program; owner: trial */
	size_t n;
	char dir[PATH_MAX]; /* it runs in */
	char prefix[32];    /* of commands */
	FILE *keys;	    /* writes to section, until the start */
	char *section;	    /* of the plugin, but for exec and its own */
	size_t section_len;
	char *own;  /* config_own.h */
	char *line; /* half a line of the record */
	size_t have;
	off_t at;
};

/* trial_find.c: 0, or -1 with the cli's err; then trial_free all the same. */
int trial_find(struct trial *, struct cli *, const struct trial_what *);
/* Starts simulator and fleet. */
int trial_start(struct trial *, struct cli *);
/* Reads on; false when `until` is over, or there is no point. */
bool trial_step(struct trial *, uint64_t until);
bool trial_ready(struct trial *);
/* Ends the fleet in order, and reads the rest. */
void trial_stop(struct trial *);
void trial_free(struct trial *, bool keep);
/* A command to the simulator. */
int trial_ctl(struct trial *, const char *const *words);
/* Somebody says so; its id, as text. */
int trial_say(struct trial *, const char *text, char *id, size_t size);
/* The fleet's log from these words to the end of their line; "": none. */
void trial_log(const struct trial *, const char *words, char *out, size_t size);

#endif
