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
/* The errors that many forms have: nothing given, no object, no list. */
void rest_form_required(struct rest_call *, const char *path);
void rest_form_no_object(struct rest_call *, const char *path);
void rest_form_no_list(struct rest_call *, const char *path);
/* True (and answered 400, 50035) when errors were noted. */
bool rest_form_refused(struct rest_call *);
/* The body when it is an object; else an answer is made and NULL returned. */
json_object *rest_form_object(struct rest_call *);
/* A string of min to max characters; absent or null: NULL.  Notes errors. */
const char *rest_form_string(struct rest_call *, json_object *o,
    const char *key, size_t min, size_t max);
/* An integer within bounds; true when given and right.  Notes errors. */
bool rest_form_int(struct rest_call *, json_object *o, const char *key,
    int64_t min, int64_t max, int64_t *out);
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
/* Copies the keys of from that are in the NULL-ended list and present. */
void rest_form_copy(json_object *to, json_object *from,
    const char *const *keys);

#endif
