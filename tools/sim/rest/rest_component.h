/* SPDX-License-Identifier: MIT */
/*
 * Components, of both generations, and the forms that open (the
 * documentation's "Component Reference"): what may stand in what, how much of
 * it, and what each needs.  Errors are noted in the call's form.
 */
#ifndef TOOLS_SIM_REST_REST_COMPONENT_H
#define TOOLS_SIM_REST_REST_COMPONENT_H

#include "tools/sim/rest/rest_call.h"

#define REST_COMPONENTS_MAX 40	 /* in a message, inner ones too */
#define REST_COMPONENT_TEXT 4000 /* characters of all text displays */

/* "components" of a message; v2: it has the flag IS_COMPONENTS_V2.  On an edit
 * media may name files that were uploaded before. */
void rest_component_check(struct rest_call *, json_object *body, bool v2,
    bool edit);
/* The data of a callback of type 9. */
void rest_component_modal(struct rest_call *, json_object *data);
#endif
