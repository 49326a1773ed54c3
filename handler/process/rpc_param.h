/* SPDX-License-Identifier: MIT */
/* A call's parameters, or fields of any object, by name; what is borrowed
 * lives as long as they. */
#ifndef HANDLER_PROCESS_RPC_PARAM_H
#define HANDLER_PROCESS_RPC_PARAM_H

#include "shared/base/base.h"

#include <json-c/json.h>

/* NULL unless it is a string without NUL of at most max bytes. */
const char *rpc_param_text(struct json_object *params, const char *name,
    size_t max);
/* The same of at most max characters, as Discord counts its limits. */
const char *rpc_param_chars(struct json_object *params, const char *name,
    size_t max);
/* A snowflake: a string of digits, as Discord sends them. */
const char *rpc_param_id(struct json_object *params, const char *name);
bool rpc_param_given(struct json_object *params, const char *name);
/* false when it is there and no whole number within low..high. */
bool rpc_param_number(struct json_object *params, const char *name, int64_t low,
    int64_t high, int64_t *out);

#endif
