/* SPDX-License-Identifier: MIT */
/* Between the files of clients.h: clients.c (which there are), and
 * clients_change.c (one replaced by another). */
#ifndef SUPERVISOR_CLIENT_CLIENTS_IMPL_H
#define SUPERVISOR_CLIENT_CLIENTS_IMPL_H

#include "supervisor/client/clients.h"

void clients_change_init(struct client_process *);
/* ticket: of the client that waits; 0: the config has changed. */
void clients_change_begin(struct client_process *, uint32_t ticket);
/* It and its process end; who waits is told why. */
void clients_change_abort(struct client_process *, const char *why);

/* Something that happened, for `client why`. */
void clients_past(struct client_process *, const char *fmt, ...)
    printflike(2, 3);
/* The page shows what runs. */
void clients_note(struct client_process *);

#endif
