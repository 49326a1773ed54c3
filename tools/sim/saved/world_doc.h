/* SPDX-License-Identifier: MIT */
/*
 * Documents that come from outside, in a world's file: may the code walk
 * through them as through those it makes itself?
 */
#ifndef TOOLS_SIM_SAVED_WORLD_DOC_H
#define TOOLS_SIM_SAVED_WORLD_DOC_H

#include <json-c/json.h>
#include <stdbool.h>

/* Is all that is walked through unasked, however deep, of the type it has to
 * be, and no list with a null in it? */
bool world_doc_ok(json_object *);

#endif
