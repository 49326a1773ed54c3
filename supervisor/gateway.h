/* SPDX-License-Identifier: MIT */
/*
 * The gateway's url as /gateway/bot names it: kept, and told to shards that
 * run, which were forked with another or adopted with one that is long gone.
 */
#ifndef SUPERVISOR_GATEWAY_H
#define SUPERVISOR_GATEWAY_H

struct fleet;
struct member;

/* An answer named it: all shards know, when it is another one. */
void gateway_learned(struct fleet *, const char *url);
/* A shard that said HELLO or was adopted. */
void gateway_tell(struct member *);

#endif
