/* SPDX-License-Identifier: MIT */
/*
 * This room: `events`: what happened to the fleet, and what passes now.
 */
#ifndef TOOLS_CLI_EVENTS_VERB_H
#define TOOLS_CLI_EVENTS_VERB_H

#include "tools/cli/base/cli.h"

cli_fn verb_events;

#endif
