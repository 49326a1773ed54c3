/* SPDX-License-Identifier: MIT */
/* The messages a bot posts, whichever route it posts them by. */
#ifndef TOOLS_SIM_REST_REST_MSG_H
#define TOOLS_SIM_REST_REST_MSG_H

#include "tools/sim/rest/rest_call.h"

#define REST_MSG_EPHEMERAL 64
#define REST_MSG_LOADING 128
#define REST_MSG_COMPONENTS_V2 32768

struct rest_author {
	json_object *user;  /* author object; borrowed; NULL: the bot */
	uint64_t webhook;   /* 0: none */
	json_object *extra; /* keys laid over the message; borrowed */
};

/* Checks a message's form; on an edit nothing is needed.  False: answered. */
bool rest_msg_check(struct rest_call *, json_object *body, bool edit);
/* The stickers that a checked form names, as sticker_items of the message. */
void rest_msg_stickers(struct rest_call *, json_object *m,
    const struct world_channel *, json_object *body);
/* The one pack of stickers that everybody has; caller owns. */
json_object *rest_msg_sticker_pack(void);
/* Makes, keeps and announces a message; never fails.  The kept one. */
struct world_msg *rest_msg_post(struct rest_call *,
    const struct world_channel *, json_object *body,
    const struct rest_author *);
/* Applies an edit, keeps and announces it. */
void rest_msg_edit(struct rest_call *, struct world_msg *, json_object *body);
void rest_msg_delete(struct rest_call *, struct world_msg *);
/* The message as the answer to this call. */
void rest_msg_reply(struct rest_call *, const struct world_msg *);
/* Answers 10003 unless the id is a channel. */
bool rest_msg_channel(struct rest_call *, uint64_t id, struct world_channel *);
/* Answers 10003 or 10008 unless both exist. */
struct world_msg *rest_msg_find(struct rest_call *, uint64_t channel,
    uint64_t id);

#endif
