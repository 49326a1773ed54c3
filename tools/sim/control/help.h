/* SPDX-License-Identifier: MIT */
/*
 * What --help says, each page on a terminal of 80x24: made from the tables of
 * verbs and settings, whose topics are here.
 */
#ifndef TOOLS_SIM_CONTROL_HELP_H
#define TOOLS_SIM_CONTROL_HELP_H

#include "shared/base/base.h"

#define HELP_COLUMNS 80
#define HELP_LINES 24

/* Topics: word, what it is about.  The first is of rows that name none. */
#define HELP_VERB_TOPICS(X)                                                    \
	X(PEOPLE, "people", "what people say and hear")                        \
	X(OFFERS, "offers",                                                    \
	    "commands, buttons, forms, reactions, votes, pins")                \
	X(MEMBERS, "members", "who is in which guild, as what")                \
	X(LOOK, "look", "what there is and what happened")                     \
	X(CONNECTIONS, "connections", "connections, sessions, tokens")         \
	X(FAULTS, "faults", "what is to go wrong")                             \
	X(EVENTS, "events", "the stream of events, and the simulator")

#define HELP_RUN_TOPICS(X)                                                     \
	X(WORLD, "world", "guilds, members and what happens in them")          \
	X(BASIC, "basic", "where it listens and keeps its files")              \
	X(GATEWAY, "gateway", "sessions, limits and the gateway's strictness") \
	X(LINE, "line", "what gateway connections are like: late, slow")

enum help_verb_topic {
#define X(name, word, what) HELP_##name,
	HELP_VERB_TOPICS(X)
#undef X
	    HELP_VERB_TOPIC_COUNT
};

enum help_run_topic {
#define X(name, word, what) HELP_RUN_##name,
	HELP_RUN_TOPICS(X)
#undef X
	    HELP_RUN_TOPIC_COUNT
};

/* A row of a table, as help shows it. */
struct help_row {
	const char *name, *usage; /* usage: the words after the name; "" */
	const char *what;
	unsigned topic;
};

bool help_is(const char *word); /* help, --help, -h */
void help_main(FILE *);
/* topic NULL: the first page, with the topics.  False: there is no such topic
 * (of ctl also no such verb). */
bool help_run(FILE *, const char *topic);
bool help_ctl(FILE *, const char *topic);
/* Either of them for who asked with --help: prints it, or that mode ("ctl")
 * has no such topic.  Returns the exit code. */
int help_show(bool (*help)(FILE *, const char *), const char *mode,
    const char *topic);

#endif
