/* SPDX-License-Identifier: MIT */
/*
 * Interactions: somebody used what the bot offers; each waits for its one
 * answer, and its token is good for more of them for 15 minutes
 * (discord-protocol.md section 7.3).
 */
#ifndef TOOLS_SIM_WORLD_WORLD_INTERACTION_H
#define TOOLS_SIM_WORLD_WORLD_INTERACTION_H

#include "tools/sim/world/world.h"

#define WORLD_INTERACTIONS_MAX 2048 /* the oldest dead one goes */
#define WORLD_INTERACTION_MS 3000   /* for the first answer */
#define WORLD_INTERACTION_TOKEN_MS 900000
#define WORLD_CUSTOM_ID_MAX (100 * 4 + 1) /* 100 characters */

/* Discord's interaction types. */
enum world_interaction_type {
	INTERACTION_COMMAND = 2,
	INTERACTION_COMPONENT = 3,
	INTERACTION_AUTOCOMPLETE = 4,
	INTERACTION_MODAL = 5,
};

/* Where the application is installed that made it possible; bits. */
enum world_install { WORLD_INSTALL_GUILD = 1, WORLD_INSTALL_USER = 2 };

struct world_interaction {
	uint64_t id; /* 0: free */
	uint64_t channel, made_ms;
	uint32_t guild;	   /* the channel's, or WORLD_NOWHERE */
	uint64_t original; /* message id of the first answer; 0: none */
	uint64_t message;  /* it belongs to; 0: none */
	uint64_t opener;   /* of a modal: that it answered; 0: unknown */
	enum world_interaction_type type;
	unsigned user;	   /* whose it is */
	unsigned bot;	   /* who is to answer, its number */
	unsigned installs; /* enum world_install */
	bool answered,
	    submitted;	    /* submitted: the modal it was answered with */
	int callback;	    /* type of its answer; 0: none yet */
	json_object *shown; /* data of that modal or choices; or NULL */
	char token[96];
	char modal[WORLD_CUSTOM_ID_MAX]; /* it was answered with; "": none */
};

/* Interactions so far, and what became of them. */
struct world_interactions {
	uint64_t made, answered;
	uint64_t twice, late; /* answers to one that was over */
	uint64_t wrong;	      /* answers it does not take */
};

/* A slot with id and token; NULL when all are live. */
struct world_interaction *world_interaction_new(struct world *,
    const struct world_channel *);
struct world_interaction *world_interaction_find(struct world *, uint64_t id);
/* A user's last one that was answered with a modal, which is open until it was
 * submitted or another one came; NULL: none is. */
struct world_interaction *world_interaction_modal(struct world *,
    unsigned user);
/* The last one that is open for anybody. */
struct world_interaction *world_interaction_modal_last(struct world *);
/* By token, within its 15 minutes; maybe not yet answered. */
struct world_interaction *world_interaction_by_token(struct world *,
    const char *token);
/* Id of the last of a user's that was answered with this modal; 0: none. */
uint64_t world_interaction_opener(const struct world *, unsigned user,
    const char *modal);
/* Those that may still be answered for the first time. */
unsigned world_interaction_waiting(const struct world *);
struct world_interactions *world_interaction_counts(struct world *);
/* Its authorizing_integration_owners; caller owns. */
json_object *world_interaction_owners(struct world *,
    const struct world_interaction *);
/* interaction_metadata of the messages that answer it; caller owns. */
json_object *world_interaction_metadata(struct world *,
    const struct world_interaction *);

#endif
