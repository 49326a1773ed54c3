/* SPDX-License-Identifier: MIT */
/* The form of a channel: what is wrong with it, and what it sets. */
#ifndef TOOLS_SIM_ROUTES_STRUCTURE_ROUTES_CHANNEL_FORM_H
#define TOOLS_SIM_ROUTES_STRUCTURE_ROUTES_CHANNEL_FORM_H

#include "tools/sim/routes/structure/structure.h"

enum channel_type {
	CHANNEL_TEXT = 0,
	CHANNEL_VOICE = 2,
	CHANNEL_CATEGORY = 4,
	CHANNEL_NEWS = 5,
	CHANNEL_STAGE = 13,
	CHANNEL_FORUM = 15,
	CHANNEL_MEDIA = 16,
};

bool routes_channel_form_is_forum(int type);
/* Notes what is wrong with the form of a channel of this type. */
void routes_channel_form_check(struct rest_call *, struct guild *,
    json_object *body, int type);
/* Notes it when after so many minutes nothing is archived. */
void routes_channel_form_archive(struct rest_call *, json_object *body,
    const char *key);
/* Notes it when its parent_id is no category of the guild with room. */
void routes_channel_form_parent(struct rest_call *, struct guild *,
    json_object *body, int type);
/* Sets in the document what a checked form has; overwrites (borrowed; NULL:
 * none) as structure_overwrite_form() makes them. */
void routes_channel_form_apply(struct rest_call *, json_object *doc,
    json_object *body, int type, json_object *overwrites);
/* Sets parent_id when the form has it. */
void routes_channel_form_move(json_object *doc, json_object *body);
/* The category's overwrites become the channel's. */
void routes_channel_form_inherit(struct guild *, json_object *doc);

#endif
