/* SPDX-License-Identifier: MIT */
/*
 * What every fault of fault.h does: one function for each place in a
 * connection's life, called from there; each fault is carried out here, once.
 * Those that are bool say whether the fault took the place of what the gateway
 * would have done.
 */
#ifndef TOOLS_SIM_GATEWAY_STRIKE_H
#define TOOLS_SIM_GATEWAY_STRIKE_H

#include "tools/sim/gateway/conn.h"

/* At accept: the connection is to be reset. */
bool strike_accept(struct sim *, enum conn_host);
/* The status the upgrade is answered with and its Retry-After; 0: none. */
int strike_upgrade(struct conn *, unsigned *retry_after);
/* Once open: HELLO comes never, or at c->deadline. */
bool strike_before_hello(struct conn *);
/* HELLO leaves with the upgrade's answer. */
bool strike_glued(struct conn *);
/* Something else was sent for HELLO. */
bool strike_hello(struct conn *);
/* A heartbeat's ACK comes never, or at c->ack. */
bool strike_ack(struct conn *);
bool strike_identify(struct conn *);
/* s: the session it names, or NULL. */
bool strike_resume(struct conn *, struct session *s);
/* Replayed events until TCP ends; UINT64_MAX: it does not. */
uint64_t strike_replay(struct conn *);
/* An op 8 gets no answer; or RATE_LIMITED for *wait_ms. */
bool strike_members_lost(struct conn *);
bool strike_members_limited(struct conn *, uint64_t *wait_ms);
/* A session has become live on it: what waits for that is done. */
void strike_live(struct conn *);
/* A fault of the stage DATA is new: the same for those that are live. */
void strike_all(struct sim *);
/* The fault of the stage ONCE. */
void strike_once(struct sim *);
/* A message is due to be spoiled: p was changed, or it was sent otherwise. */
bool strike_message(struct conn *, unsigned opcode, char *p, size_t len);

#endif
