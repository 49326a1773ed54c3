/* SPDX-License-Identifier: MIT */
/* Inside client_asks*.c. */
#ifndef HANDLER_GATE_CLIENT_CLIENT_ASKS_IMPL_H
#define HANDLER_GATE_CLIENT_CLIENT_ASKS_IMPL_H

#include "handler/gate/client/client_asks.h"

#define CLIENT_ASKS_NONCE 20
#define CLIENT_ASKS_THEIRS 80	/* a client's nonce, as JSON: 32 characters */
#define CLIENT_ASKS_PIECES 4096 /* records of an answer */

struct client_asker {
	uint64_t number;		/* session */
	char nonce[CLIENT_ASKS_THEIRS]; /* raw JSON; "": it gave none */
};

struct client_ask {
	struct list link;
	int op;
	uint64_t guild;		       /* one question is of one guild */
	uint64_t question;	       /* hash of op and d without nonce */
	int64_t since_ms;	       /* wall clock */
	char nonce[CLIENT_ASKS_NONCE]; /* ours; "": an op without */
	struct client_asker asker[CLIENT_ASKS_ASKERS_MAX];
	unsigned askers;
	uint64_t *piece; /* positions of what of its answer came */
	unsigned pieces;
	bool cut; /* there are more: it is shared no more */
};

struct client_asks {
	struct list list; /* oldest first */
	unsigned n;
};

struct client_ask *client_asks_add(struct client_asks *, int op, uint64_t guild,
    uint64_t question, const char *nonce, int64_t since_ms);
void client_asks_drop(struct client_asks *, struct client_ask *);
/* The question a record answers; NULL: none that is known. d: its d. */
struct client_ask *client_asks_of(const struct client_asks *,
    const struct gatelog_record *, const char *d, size_t len);
void client_asks_piece(struct client_ask *, uint64_t position);

/* Writes a line in the log: this asker, of this question. */
void client_asks_note(struct gate_clients *, const struct client_ask *,
    const struct client_asker *);
/* Reads them. */
void client_asks_find(struct gate_clients *, struct client_asks *);

#endif
