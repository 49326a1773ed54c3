/* SPDX-License-Identifier: MIT */
/*
 * Tokens of the gate's clients.  One is shown when it is made and kept by
 * nobody but its client: the store has its SHA-256, so neither a copy of the
 * store nor one of our processes gives it away.  It has the form of Discord's,
 * because libraries take it apart: bot id, name, and 256 random bits, in base64
 * with dots between.  Discord refuses it.
 *
 * A bot whose process we start gets another one, made then: of the same form,
 * it names the process, and is proved by a key that all of a fleet's processes
 * have (nonce.h), so that it is kept nowhere, and counts beside the operator's.
 * It ends with its process, by the page (page_run_ended), which who checks it
 * asks as well, and with the fleet's life.
 *
 * A check is one read of the store at most, which waits for nobody.
 */
#ifndef SHARED_STORE_CLIENT_TOKEN_H
#define SHARED_STORE_CLIENT_TOKEN_H

#include "shared/store/store.h"

#define CLIENT_TOKEN_NAME_MAX 64
#define CLIENT_TOKEN_MAX 192
#define CLIENT_TOKEN_KEY 32 /* bytes */

/* Whose it is. */
struct client_token_who {
	char client[CLIENT_TOKEN_NAME_MAX];
	uint32_t run; /* of that process of the client's; 0: the operator's */
};

/*
 * Makes one for a client; bot is the user id.  It counts once it is kept, which
 * who shows it does afterwards: one that nobody saw must not take the place of
 * one that works.  The caller wipes out.  0, or -1 with err.
 */
int client_token_make(const char *client, uint64_t bot,
    char out[CLIENT_TOKEN_MAX], struct err *);
/* In place of the one before: 0, or -1 with err and the old one in force. */
int client_token_keep(const struct store *, const char *client,
    const char *token, struct err *);
/* The bot's user id, which is a part of each token: 1, 0: not known yet, -1. */
int client_token_bot(const struct store *, uint64_t *id, struct err *);
/* That of the client's process run, not 0.  The caller wipes out. */
void client_token_run(const uint8_t key[CLIENT_TOKEN_KEY], const char *client,
    uint64_t bot, uint32_t run, char out[CLIENT_TOKEN_MAX]);
/*
 * Whose it is, as it came: blanks and "Bot " before it are fine.  key NULL: no
 * process' token is known.  1 with who, 0: nobody's, -1.  Whether the config
 * still has that client is for the caller to see.
 */
int client_token_check(const struct store *, const uint8_t *key,
    const char *text, size_t len, struct client_token_who *, struct err *);
/* Has it one?  1, 0, -1. */
int client_token_has(const struct store *, const char *client, struct err *);
/* Its token is nobody's from now on. */
int client_token_forget(const struct store *, const char *client, struct err *);

#endif
