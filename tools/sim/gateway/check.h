/* SPDX-License-Identifier: MIT */
/* Shapes of what a client may say. */
#ifndef TOOLS_SIM_GATEWAY_CHECK_H
#define TOOLS_SIM_GATEWAY_CHECK_H

#include "shared/base/base.h"

#include <json-c/json.h>

/* NULL, or what is wrong with a presence (op 3's d). */
const char *check_presence(json_object *d);
/* The member of that name and type, or NULL. */
json_object *check_field(json_object *d, const char *name, enum json_type type);
/* A string of digits or an integer as a snowflake; false otherwise. */
bool check_snowflake(json_object *v, uint64_t *out);
/* Is there a key of that name holding null? */
bool check_null(json_object *d, const char *name);

#endif
