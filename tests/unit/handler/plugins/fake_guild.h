/* SPDX-License-Identifier: MIT */
/*
 * A guild as Discord keeps it: what its icon and banner show, and what is said
 * in its channel.  Fails on demand.
 */
#ifndef TESTS_UNIT_HANDLER_PLUGINS_FAKE_GUILD_H
#define TESTS_UNIT_HANDLER_PLUGINS_FAKE_GUILD_H

#include "shared/base/base.h"

#define FAKE_GUILD_NAME 64
#define FAKE_GUILD_NONCE_MS 300000

enum fake_fault {
	FAKE_FINE,
	FAKE_503,  /* nothing is done */
	FAKE_LOST, /* done, but the answer does not come */
	FAKE_403,  /* of the guild only: nothing is done */
};

#define FAKE_GUILD_LOG "/channels/6/"

struct fake_guild {
	const char *features; /* of JSON's array, NULL: BANNER */
	/* What is up: the text after the image's magic. */
	char icon[FAKE_GUILD_NAME], banner[FAKE_GUILD_NAME];
	unsigned icons, banners; /* changes */
	unsigned calls;		 /* but for interactions */
	unsigned announced;	 /* embeds */
	char title[FAKE_GUILD_NAME], footer[FAKE_GUILD_NAME]; /* the last one */
	int64_t announced_ms;
	unsigned said;	      /* texts, in the channel for complaints */
	unsigned said_public; /* texts, elsewhere */
	char answer[16384];   /* to the last interaction, embeds and all */
	unsigned answers;
	enum fake_fault fault;
	unsigned faults; /* calls it strikes */
	char nonce[32];
	uint64_t nonce_ms;
};

struct fake_answer {
	int status; /* 0: none */
	char body[1024];
};

void fake_guild_call(struct fake_guild *, const char *method, const char *path,
    const char *body, struct fake_answer *);

#endif
