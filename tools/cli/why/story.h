/* SPDX-License-Identifier: MIT */
/*
 * This room: `why`: what is wrong and what happened, told of the fleet, a
 * shard, a plugin or a client in sentences, from the page and from disk only;
 * no process is asked (I7).
 *
 * A story: what was found and what to do about it, how things are, and then
 * what happened, dated.
 */
#ifndef TOOLS_CLI_WHY_STORY_H
#define TOOLS_CLI_WHY_STORY_H

#include "tools/cli/base/cli.h"
#include "tools/cli/see/past.h"
#include "shared/view/view.h"

#define STORY_SENTENCES 64 /* more are left out */
#define STORY_SENTENCE 768

struct story {
	const struct view *view;
	const struct config *config;
	char text[STORY_SENTENCES][STORY_SENTENCE];
	size_t n;
	struct past past;
};

/* Owner frees it with free(). */
struct story *story_new(const struct view *, const struct config *);
void story_tell(struct story *, const char *fmt, ...) printflike(2, 3);
/* What the judge found: since when, and what to do. */
void story_finding(struct story *, const struct verdict_finding *);
/* Those about that one; name NULL: about any of its kind. */
void story_found(struct story *, enum verdict_subject, const char *name);
/* For who reads: "3m05s ago", "not yet" of a stamp of the page. */
const char *story_ago(const struct story *, uint64_t stamp_ms, char out[32]);
/* On stdout, with --json as {why[], past[]}. */
void story_print(const struct cli *, const struct story *);
/* The same as lines of text; owner frees. */
char *story_text(const struct story *);

/* What each is told with; the past as well. */
void story_of_fleet(struct story *);
void story_of_shard(struct story *, const struct view_shard *);
void story_of_plugin(struct story *, const struct page_plugin *);
void story_of_client(struct story *, const char *name);

#endif
