/* SPDX-License-Identifier: MIT */
/* What is wrong with a fleet, for scripts: alike wherever it is shown. */
#ifndef SHARED_VIEW_VIEW_JSON_H
#define SHARED_VIEW_VIEW_JSON_H

#include "shared/view/view.h"

#include <json-c/json.h>

/* All findings, worst first, a new array: the fields are in shardherd(1). */
struct json_object *view_json_problems(const struct view *);

#endif
