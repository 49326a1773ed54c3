/* SPDX-License-Identifier: MIT */
/*
 * This room is the messages a bot posts, whichever route it posts them by: their
 * form, what they point at, what becomes of them.
 */
#ifndef TOOLS_SIM_MESSAGE_REST_MSG_H
#define TOOLS_SIM_MESSAGE_REST_MSG_H

#include "tools/sim/rest/rest_call.h"

#define REST_MSG_CROSSPOSTED 1
#define REST_MSG_IS_CROSSPOST 2
#define REST_MSG_HAS_THREAD 32
#define REST_MSG_EPHEMERAL 64
#define REST_MSG_LOADING 128
#define REST_MSG_FORWARD 16384
#define REST_MSG_COMPONENTS_V2 32768

struct rest_author {
	json_object *user;  /* author object; borrowed; NULL: the caller */
	uint64_t webhook;   /* 0: none */
	uint64_t id;	    /* of the message; 0: a new one */
	json_object *extra; /* keys laid over the message; borrowed */
};

/* Checks a message's form; on an edit nothing is needed.  False: answered. */
bool rest_msg_check(struct rest_call *, json_object *body, bool edit);
/* The stickers that a checked form names, as sticker_items of the message. */
void rest_msg_stickers(struct rest_call *, json_object *m,
    const struct world_channel *, json_object *body);
/* The one pack of stickers that everybody has; caller owns. */
json_object *rest_msg_sticker_pack(void);
/* Notes what is wrong with the form's "poll", when it has one. */
void rest_msg_poll(struct rest_call *, json_object *body);
/* May the caller post this form there, and is what it answers or forwards
 * there?  False: answered. */
bool rest_msg_allowed(struct rest_call *, const struct world_channel *,
    json_object *body);
/* Sets whom and what m, made from the form body, mentions; and the message it
 * answers or forwards. */
void rest_msg_mention(struct rest_call *, json_object *m,
    const struct world_channel *, json_object *body);
void rest_msg_refer(struct rest_call *, json_object *m, json_object *body);
/* Is it the form of a forward? */
bool rest_msg_forwards(struct rest_call *, json_object *body);
/* Makes, keeps and announces a message; never fails.  The kept one. */
struct world_msg *rest_msg_post(struct rest_call *,
    const struct world_channel *, json_object *body,
    const struct rest_author *);
/* The same of a message that Discord makes of a type: all that is given in
 * extra (borrowed; NULL: nothing). */
struct world_msg *rest_msg_system(struct rest_call *,
    const struct world_channel *, int type, json_object *extra);
/* Keeps m (borrowed), the message object changed, and tells of it. */
void rest_msg_update(struct rest_call *, struct world_msg *, json_object *m);
/* Applies an edit, keeps and announces it. */
void rest_msg_edit(struct rest_call *, struct world_msg *, json_object *body);
void rest_msg_delete(struct rest_call *, struct world_msg *);
/* The same without the event. */
void rest_msg_forget(struct rest_call *, struct world_msg *);
/* The message as the caller sees it: with reactions, results, its thread;
 * caller owns. */
json_object *rest_msg_show(struct rest_call *, const struct world_msg *);
/* The users of ids (borrowed; NULL: none) by the query's `after` and `limit`,
 * ascending; caller owns.  NULL: answered. */
json_object *rest_msg_users(struct rest_call *, json_object *ids);
/* The message as the answer to this call. */
void rest_msg_reply(struct rest_call *, const struct world_msg *);
/* Answers 10003 unless the id is a channel, 50001 unless the bot sees it. */
bool rest_msg_channel(struct rest_call *, uint64_t id, struct world_channel *);
/* Answers 50083 when the channel is an archived thread. */
bool rest_msg_open(struct rest_call *, uint64_t channel);
/* Answers 10003, 50001 or 10008 unless both exist. */
struct world_msg *rest_msg_find(struct rest_call *, uint64_t channel,
    uint64_t id);

#endif
