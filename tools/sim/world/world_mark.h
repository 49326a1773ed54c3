/* SPDX-License-Identifier: MIT */
/*
 * What is put on messages after they were sent: reactions and who gave them,
 * votes in a poll, pins of a channel.  Of each kind so many messages (of pins:
 * channels) are kept; the oldest goes.  It tells nobody: that is rest_react.h
 * and rest_poll.h.
 */
#ifndef TOOLS_SIM_WORLD_WORLD_MARK_H
#define TOOLS_SIM_WORLD_WORLD_MARK_H

#include "tools/sim/world/world.h"

#define WORLD_MARKED_MAX 8192 /* messages with reactions, polls, channels */
#define WORLD_MARK_EMOJIS 20  /* different ones on a message */
#define WORLD_MARK_USERS 5000 /* kept of one emoji or answer */
#define WORLD_MARK_PINS 250   /* of a channel (protocol, section 6.6) */
#define WORLD_EMOJI_MAX 128   /* bytes, in a path */

enum world_mark_kind {
	WORLD_MARK_REACTION,
	WORLD_MARK_VOTE,
	WORLD_MARK_PIN,
	WORLD_MARKS
};

enum world_marked {
	WORLD_MARKED_NEW,
	WORLD_MARKED_BEFORE, /* it is there already */
	WORLD_MARKED_FULL,   /* no more take place */
};

/* ---- reactions: an emoji is as in a path, Unicode or "name:id" ---------- */

bool world_mark_emoji_ok(const char *emoji);
/* The emoji object of an event; caller owns. */
json_object *world_mark_emoji(struct world *, const char *emoji);
/* One more user reacts so; burst: a super reaction, which is apart. */
enum world_marked world_mark_react(struct world *, uint64_t message,
    const char *emoji, unsigned user, bool burst);
/* False: there was none. */
bool world_mark_unreact(struct world *, uint64_t message, const char *emoji,
    unsigned user, bool burst);
/* Has anybody reacted so?  emoji NULL: in any way. */
bool world_mark_reacted(struct world *, uint64_t message, const char *emoji);
/* All of an emoji go, or, with NULL, all reactions. */
void world_mark_clear(struct world *, uint64_t message, const char *emoji);
/* The ids of who reacted so, in their order; borrowed, NULL: nobody. */
json_object *world_mark_reactors(struct world *, uint64_t message,
    const char *emoji, bool burst);
/* Adds "reactions" to a message object, as the bot (a user) sees them, when
 * it has any. */
void world_mark_show(struct world *, uint64_t message, unsigned bot,
    json_object *);

/* ---- votes: an answer is its answer_id ---------------------------------- */

enum world_marked world_mark_vote(struct world *, uint64_t message,
    unsigned answer, unsigned user);
bool world_mark_unvote(struct world *, uint64_t message, unsigned answer,
    unsigned user);
/* As world_mark_reactors(). */
json_object *world_mark_voters(struct world *, uint64_t message,
    unsigned answer);
/* Is the user among those ids? */
bool world_mark_has(struct world *, json_object *ids, unsigned user);

/* ---- pins ---------------------------------------------------------------- */

enum world_marked world_mark_pin(struct world *, uint64_t channel,
    uint64_t message);
bool world_mark_unpin(struct world *, uint64_t channel, uint64_t message);
/* When each was pinned, by the message's id, first pinned first; borrowed.
 * NULL: none. */
json_object *world_mark_pins(struct world *, uint64_t channel);

/* ---- the world's file ---------------------------------------------------- */

/* All there are, for a file; caller owns.  NULL: none. */
json_object *world_mark_save(struct world *);
/* They are these from now on; false when it is not what was saved. */
bool world_mark_restore(struct world *, json_object *);

#endif
