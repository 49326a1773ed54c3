/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's orders about single plugins (MSG_PLUGIN): each gets exactly
 * one answer, at once or when the plugin has done what was asked.
 */
#ifndef HANDLER_PLUGIN_ORDERS_H
#define HANDLER_PLUGIN_ORDERS_H

#include "handler/delivery/plugin_set.h"

/* fd: a config to take the plugin from, or -1; it stays the caller's. */
void plugin_orders_take(struct plugin_set *, const struct msg_plugin *,
    uint32_t serial, int fd);

#endif
