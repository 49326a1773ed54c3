/* SPDX-License-Identifier: MIT */
/*
 * Stands between the events and the plugins' commands: who declares the
 * command gets it, whatever it subscribes to, and gets it only from users of
 * the rank it needs.  Denials, wrong usage and help are answered here, so many
 * per user, so that nobody can make the bot flood.  A command is judged when
 * its event comes and again when it is handed out: what is kept of it in
 * between, in memory or on disk, is the event alone.
 */
#ifndef HANDLER_COMMAND_ACCESS_H
#define HANDLER_COMMAND_ACCESS_H

#include "handler/command/invocation.h"
#include "handler/rest/rest.h"
#include "handler/intake/subscriptions.h"
#include "handler/intake/in_flight.h"
#include "shared/store/kv.h"
#include "shared/store/store.h"

#define ACCESS_USERS 256 /* remembered for the limit */
#define ACCESS_ANSWERS 3 /* to one user within ... */
#define ACCESS_USER_MS 10000u
#define ACCESS_ALL 20	     /* to all users within a second */
#define ACCESS_DENIED 64     /* denials remembered: told once */
#define ACCESS_BOT_MS 1000u  /* between two looks for the bot's id */
#define ACCESS_ASK_MS 60000u /* between two questions for it */

struct access_user {
	uint64_t id, since_ms;
	unsigned answers;
};

struct access_denial {
	uint64_t session, seq;
};

struct access {
	const struct command_table *table;
	struct subscriptions *route;
	struct rest *rest;
	struct kv *kv;
	const struct config *config;
	const struct store *store;
	struct invocation_ways ways;
	uint64_t looked_ms, asked_ms;
	struct access_user user[ACCESS_USERS];
	struct access_denial denial[ACCESS_DENIED];
	uint64_t second_ms;
	unsigned answers; /* in this second */
	uint64_t calls, denied, silent;
};

/* What it looks at is filled in by the caller. */
void access_init(struct access *);
/* Which plugins get a new event that `wanted` subscribe to. */
uint64_t access_judge(struct access *, uint32_t shard, const struct up_hdr *,
    const char *payload, uint64_t wanted);
/*
 * Before this plugin is handed the event: *out is what it is told of the
 * command, which the caller puts, or NULL.  false: it may not have it.
 */
bool access_hand_out(struct access *, unsigned plugin, const struct event *,
    struct json_object **out);

#endif
