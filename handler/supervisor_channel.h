/* SPDX-License-Identifier: MIT */
/*
 * What the handler and its supervisor tell each other.  The supervisor orders
 * the handler about and hands it the shards' uplinks; when it is gone the
 * handler works on for the shards that are left (design, I4).
 */
#ifndef HANDLER_SUPERVISOR_CHANNEL_H
#define HANDLER_SUPERVISOR_CHANNEL_H

#include "handler/handler_impl.h"

/* Opens it and says hello. */
void supervisor_channel_open(struct handler *);
/* The lane to the gate ended: another one is wanted. */
void supervisor_channel_gate_lost(struct gate_lane *);
void supervisor_channel_ready(struct handler *);

/* Callbacks of plugin_set.h, roundtrip.h (arg: the handler) and intake.h. */
void supervisor_channel_plugin_answer(struct plugin_set *, uint32_t serial,
    enum plugin_set_end, const char *text);
void supervisor_channel_probe_answer(void *arg, uint32_t serial,
    const struct msg_probe_answer *);
void supervisor_channel_uplink_refused(struct intake *, uint32_t shard,
    const char *why);

#endif
