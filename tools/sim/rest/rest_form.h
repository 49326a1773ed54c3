/* SPDX-License-Identifier: MIT */
/*
 * The form of a call: what is wrong with it is noted, all of it, and then
 * refused in one answer.
 */
#ifndef TOOLS_SIM_REST_REST_FORM_H
#define TOOLS_SIM_REST_REST_FORM_H

#include "tools/sim/rest/rest_call.h"

/* Notes one error at a dotted path ("embeds.0.title"; "": the body). */
void rest_form_error(struct rest_call *, const char *path, const char *code,
    const char *fmt, ...) printflike(4, 5);
/* What is looked at from now on is this part of it ("embeds.%zu"), so errors
 * have paths below it.  The result is for the leaving. */
size_t rest_form_enter(struct rest_call *, const char *fmt, ...)
    printflike(2, 3);
void rest_form_leave(struct rest_call *, size_t);
/* The errors that many forms have: nothing given, no object, no list. */
void rest_form_required(struct rest_call *, const char *path);
void rest_form_no_object(struct rest_call *, const char *path);
void rest_form_no_list(struct rest_call *, const char *path);
/* True (and answered 400, 50035) when errors were noted. */
bool rest_form_refused(struct rest_call *);
/* The body when it is an object; else an answer is made and NULL returned. */
json_object *rest_form_object(struct rest_call *);
/* Of a member that is no string, number or boolean but read as one, as Discord
 * does ("5", 1.0), o has what was read from then on: what keeps it, keeps it of
 * the right type. */
/* A string of min to max characters; absent or null: NULL.  Notes errors. */
const char *rest_form_string(struct rest_call *, json_object *o,
    const char *key, size_t min, size_t max);
/* Is it an integer?  1.0 is one, as discord.py sends a poll's hours. */
bool rest_form_is_int(json_object *);
/* An integer within bounds; true when given and right.  Notes errors. */
bool rest_form_int(struct rest_call *, json_object *o, const char *key,
    int64_t min, int64_t max, int64_t *out);
/* A boolean; dflt when it is absent, or none and noted. */
bool rest_form_bool(struct rest_call *, json_object *o, const char *key,
    bool dflt);
/* A URL of http, https or extra (NULL: no other); NULL: absent.  Notes errors. */
const char *rest_form_url(struct rest_call *, json_object *o, const char *key,
    const char *extra);
/* A string that must be there and not be empty; else NULL.  Notes errors. */
const char *rest_form_text(struct rest_call *, json_object *o, const char *key,
    size_t min, size_t max);
/* A time in ISO 8601, in milliseconds since 1970.  True when given and right. */
bool rest_form_time(struct rest_call *, json_object *o, const char *key,
    int64_t *ms);
/* A number of the query within bounds; dflt when it is absent, or wrong and
 * noted. */
int64_t rest_form_query(struct rest_call *, const char *key, int64_t min,
    int64_t max, int64_t dflt);
/* A snowflake as string or number; true when given and right. */
bool rest_form_id(struct rest_call *, json_object *o, const char *key,
    uint64_t *out);
/* An array of at most max; NULL when absent.  Notes errors. */
json_object *rest_form_array(struct rest_call *, json_object *o,
    const char *key, size_t max);
size_t rest_form_chars(const char *utf8);
/* A data URI (or null) for an image; notes errors. */
void rest_form_image(struct rest_call *, json_object *o, const char *key,
    bool gif);
/* The name such an image gets: a hash of it; NULL for null.  Caller owns. */
json_object *rest_form_image_hash(json_object *v);
/* An array of at most max snowflakes, as texts and each once; NULL when absent
 * (null: an empty one).  Caller owns.  Notes errors. */
json_object *rest_form_ids(struct rest_call *, json_object *o, const char *key,
    size_t max);
/* Copies the keys of from that are in the NULL-ended list and present. */
void rest_form_copy(json_object *to, json_object *from,
    const char *const *keys);

#endif
