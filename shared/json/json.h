/* SPDX-License-Identifier: MIT */
/*
 * This room: the scanner of gateway messages, and the one way to json-c.
 *
 * The one way text becomes a json-c tree.  The text is checked against RFC
 * 8259 by envelope_valid() first, so what json-c itself lets through (NaN,
 * comments, single quotes, something behind the end), and where its releases
 * differ, makes no difference: JSON_TOKENER_STRICT of 0.18 refuses every text
 * that is not ASCII.  Numbers come out as they were written, of any length.
 */
#ifndef SHARED_JSON_JSON_H
#define SHARED_JSON_JSON_H

#include "shared/base/base.h"

#include <json-c/json.h>

/* Of an event, and of everything else that is JSON. */
#define JSON_DEPTH_MAX 1024
/* A message that carries such a value is a few levels deeper. */
#define JSON_WRAP_MAX 8

/*
 * true when text is exactly one JSON document in UTF-8, no deeper than
 * JSON_DEPTH_MAX + JSON_WRAP_MAX, whose keys are free of NUL (json-c would cut
 * them); *out is its tree, the caller's, and NULL for the document null.  Of
 * a key given twice the last counts.  An integer beyond 64 bits is of type
 * double with its text kept: no reader takes it for another integer.
 */
bool json_parse(struct json_object **out, const char *text, size_t len);
/* The same; NULL as well when it is of another type. */
struct json_object *json_parse_as(const char *text, size_t len, enum json_type);
/* Are they the same value?  Unlike json_object_equal, to the last digit. */
bool json_same(struct json_object *, struct json_object *);
/* On one line, slashes as they are; o's own, gone with it or its next text. */
const char *json_text(struct json_object *o);

/* A field, borrowed; NULL when o is no object, has no such field, or it is
 * null. */
struct json_object *json_get(struct json_object *o, const char *key);
/* The same, and NULL when it is of another type. */
struct json_object *json_get_of(struct json_object *o, const char *key,
    enum json_type);
/* A text, "" when it is none. */
const char *json_get_text(struct json_object *o, const char *key);
/* A snowflake as Discord sends them, 1 to 20 digits, borrowed; NULL: none. */
const char *json_id(struct json_object *v);

/* Adds a field; returns the object. */
struct json_object *json_put_text(struct json_object *, const char *key,
    const char *);
struct json_object *json_put_int(struct json_object *, const char *key,
    int64_t);
struct json_object *json_put_bool(struct json_object *, const char *key, bool);

#endif
