/* SPDX-License-Identifier: MIT */
/*
 * Files that bots upload: kept in a bounded store, shown as attachments, and
 * fetched without a token at /attachments/CHANNEL/ID/NAME, as from Discord's
 * CDN.  Avatars, icons, emojis and stickers are fetched there too: each is a
 * small PNG that is made of its path.
 */
#ifndef TOOLS_SIM_REST_REST_FILE_H
#define TOOLS_SIM_REST_REST_FILE_H

#include "tools/sim/rest/rest_call.h"

#define REST_FILE_MAX (10u << 20)     /* of one file */
#define REST_FILES_BYTES (128u << 20) /* of all that are kept; the oldest go */
#define REST_FILES_KEPT 4096	      /* how many are kept */

struct rest_files *rest_file_open(void);
void rest_file_close(struct rest_files *);
/* Answers a call for a file; false: it is for something else. */
bool rest_file_get(struct rest_call *);
/* False, and answered 413, when one of the call's files is too large. */
bool rest_file_fit(struct rest_call *);
/* Keeps the call's files and returns their attachment objects, in an array
 * that the caller owns; body's "attachments" describe them. */
json_object *rest_file_attach(struct rest_call *, uint64_t channel,
    json_object *body, bool ephemeral);
/* Is name one of the call's files? */
bool rest_file_named(struct rest_call *, json_object *body, const char *name);
/*
 * Names each "attachment://NAME" of a message's embeds and components by its
 * URL; attachments that are shown there are listed no more.
 */
void rest_file_resolve(json_object *message);
/* It is fetched no more. */
void rest_file_drop(struct rest *, const char *id);

#endif
