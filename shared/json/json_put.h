/* SPDX-License-Identifier: MIT */
/* A field of an object, by the type of its value. */
#ifndef SHARED_JSON_JSON_PUT_H
#define SHARED_JSON_JSON_PUT_H

#include "shared/base/base.h"

struct json_object;

void json_put_text(struct json_object *, const char *key, const char *);
void json_put_int(struct json_object *, const char *key, int64_t);
void json_put_bool(struct json_object *, const char *key, bool);

#endif
