/* SPDX-License-Identifier: MIT */
/* Shapes of what a client may say. */
#ifndef TOOLS_SIM_GATEWAY_CHECK_H
#define TOOLS_SIM_GATEWAY_CHECK_H

#include "shared/base/base.h"

#include <json-c/json.h>

#define CHECK_ODD_MAX 128

/* What is odd and taken all the same (discord-protocol.md section 6.6), in
 * words, one after the other; "": nothing. */
struct check_odd {
	char text[CHECK_ODD_MAX];
};

void check_odd_add(struct check_odd *, const char *what);
/* NULL, or what is wrong with a presence (op 3's d). */
const char *check_presence(json_object *d, struct check_odd *);
/* The member of that name and type, or NULL. */
json_object *check_field(json_object *d, const char *name, enum json_type type);
/* A string of digits or an integer as a snowflake; false otherwise. */
bool check_snowflake(json_object *v, uint64_t *out);
/* Is there a key of that name holding null? */
bool check_null(json_object *d, const char *name);

#endif
