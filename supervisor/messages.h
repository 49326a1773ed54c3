/* SPDX-License-Identifier: MIT */
/*
 * What children say on their channels.  Every message is checked against a
 * table of who may send it and how long it must be; a child that breaks the
 * contract is killed and restarted, as nothing it says can be trusted.
 */
#ifndef SUPERVISOR_MESSAGES_H
#define SUPERVISOR_MESSAGES_H

#include "supervisor/child/member.h"

/* As struct member_ops has it. */
void messages_take(struct member *, const struct msg_hdr *, const void *payload,
    int fd);

#endif
