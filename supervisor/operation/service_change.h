/* SPDX-License-Identifier: MIT */
/*
 * The processes of services (service.h): there is one of each when the config
 * has it, and another one when what that was started with has changed.  The
 * next one starts beside it and reports that it could serve; then the old one
 * ends, and only then the new one takes its place (MSG_TAKE_OVER).  A new one
 * that does not come up changes nothing.
 */
#ifndef SUPERVISOR_OPERATION_SERVICE_CHANGE_H
#define SUPERVISOR_OPERATION_SERVICE_CHANGE_H

#include "shared/base/err.h"
#include "supervisor/child/service.h"

struct fleet;
struct member;

/*
 * The config or the program may have changed: starts, replaces or ends what is
 * due.  While something is under way, that it ended comes by here again.
 */
void service_change_follow(struct fleet *);
/* The config wants one, and it was told so: a reload that switches it on comes
 * by here when the new handler is proved. */
bool service_change_due(const struct service *);
/* Another process all the same: -1 when there is none to replace now. */
int service_change_renew(struct service *, struct err *);
/* The one of the supervisor before was taken over, with this config. */
void service_change_adopted(struct service *, uint64_t sum);
/* A process of it is ready; has ended. */
void service_change_ready(struct service *, struct member *);
void service_change_gone(struct service *, struct member *);
/* All its processes are to end: true when they have. */
bool service_change_end(struct service *);

#endif
