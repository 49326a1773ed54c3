/* SPDX-License-Identifier: MIT */
/*
 * What the simulator is called by those who connect: in the URLs it gives out,
 * and in its certificate.  Loopback always is; --listen is, unless it is any
 * address; --names is for what only others know, as behind a port map.
 */
#ifndef TOOLS_SIM_BASE_HOSTNAMES_H
#define TOOLS_SIM_BASE_HOSTNAMES_H

#include "tools/sim/base/sim.h"

#define HOSTNAMES_MAX 16

/* 0, or -1 with a sentence: no list of host names and addresses. */
int hostnames_check(const struct sim *, struct err *);
/* "DNS:localhost,IP:127.0.0.1,...", for a certificate.  Owner frees. */
char *hostnames_sans(const struct sim *);
/* The host part of a URL: the first name, or the address listened on. */
void hostnames_host(const struct sim *, char *out, size_t size);

#endif
