/* SPDX-License-Identifier: MIT */
/*
 * The processes of a fleet as a person lists them: each with its state, how
 * long it runs, how often it ended unasked, and the memory of its own.
 * That of plugins and bots is looked up in /proc here, a look for each; the
 * supervisor has put the others' on the page.
 */
#ifndef SHARED_VIEW_PROCESSES_H
#define SHARED_VIEW_PROCESSES_H

#include "shared/view/view.h"

#define PROCESSES_KINDS(X)                                                     \
	X(SUPERVISOR, "supervisor")                                            \
	X(HANDLER, "handler")                                                  \
	X(PLUGIN, "plugin")                                                    \
	X(GATE, "gate")                                                        \
	X(WEB, "web")                                                          \
	X(CLIENT, "client") /* a bot that the fleet runs, with its parent */
enum processes_kind {
#define X(n, s) PROCESSES_##n,
	PROCESSES_KINDS(X)
#undef X
	    PROCESSES_KINDS_N
};
extern const char *const processes_kind_name[PROCESSES_KINDS_N];

struct processes_row {
	enum processes_kind kind;
	const char *name, *state; /* name "": there is one of its kind */
	bool well;
	int32_t pid;	     /* 0: none */
	int64_t up_ms;	     /* -1: it does not run */
	uint64_t restarts;   /* as page_watch.restarts */
	uint64_t private_kb; /* 0: not known */
	const char *note;    /* why it is as it is, "" */
};

#define PROCESSES_MAX (4 + PAGE_PLUGINS + PAGE_CLIENTS)
struct processes {
	struct processes_row row[PROCESSES_MAX];
	size_t n;
	/* Of all that run: shards, the rest, and how many it is not known of. */
	uint64_t shards_kb, rest_kb;
	unsigned running, unknown;
};

/* The words point into the view and are good as long as it is. */
void processes_list(const struct view *, struct processes *);
struct json_object;
/* Adds them to it, and the memory of all. */
void processes_json(struct json_object *, const struct view *);
/* The word for the state of the plugin of that place, "failing", "hung" and
 * "down" among them; and is it as it is meant to be? */
const char *processes_plugin_state(const struct view *, uint32_t place);
bool processes_plugin_well(const struct view *, uint32_t place);

#endif
