/* SPDX-License-Identifier: MIT */
/*
 * What the processes of one life of a fleet share and nobody else has: random
 * bytes in state_dir/nonce (0600), made when a supervisor starts and finds no
 * process of an earlier one.  An orphan shows them to be taken over.
 */
#ifndef SHARED_WIRE_NONCE_H
#define SHARED_WIRE_NONCE_H

#include "shared/wire/contract.h"
#include "shared/base/err.h"

struct nonce {
	uint8_t bytes[CONTRACT_NONCE_SIZE];
	/* Of the token, salted with the bytes: who has another token shows. */
	uint8_t seal[CONTRACT_NONCE_SIZE];
};

/* A new one, written before it is used: 0 or -1. */
int nonce_make(struct nonce *, const char *state_dir, const char *token,
    struct err *);
/* The one there is: -1 when there is none, or it is not whole. */
int nonce_read(struct nonce *, const char *state_dir, const char *token,
    struct err *);

/* The fleet has another token now. */
void nonce_seal(struct nonce *, const char *token);

#endif
