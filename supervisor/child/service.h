/* SPDX-License-Identifier: MIT */
/*
 * A role of which one process is in service, while the next one starts beside
 * it and then takes its place: the gate, and web.  What they differ in is one
 * row each; when one is started, replaced or ended is service_change.c's.
 */
#ifndef SUPERVISOR_CHILD_SERVICE_H
#define SUPERVISOR_CHILD_SERVICE_H

#include "shared/config/config_keys.h"
#include "shared/page/page.h"
#include "supervisor/child/member.h"

#define SERVICE_SLOTS 2 /* the next one starts while one serves */

enum service_which { SERVICE_GATE, SERVICE_WEB, SERVICES };

struct service_kind {
	enum contract_role role;
	const char *name, *next; /* "gate", "new gate" */
	const char *absent;	 /* a clause: why there is none */
	const char *replaced;	 /* a sentence, when another is in service */
	enum config_reload reload;
	bool with_shards; /* only while there is a layout of shards */
	bool tokenless;	  /* what the token is and may do is nothing to it */
	bool (*wanted)(const struct config *);
	/* It is ready and nobody else serves; its process is gone. */
	void (*in_service)(struct fleet *, struct member *);
	void (*down)(struct fleet *);
	size_t now;   /* in struct fleet: struct member * in service */
	size_t watch; /* in struct page_head: its struct page_watch */
};

struct service {
	const struct service_kind *kind;
	struct fleet *fleet;
	struct member slot[SERVICE_SLOTS];
	struct page_watch spare_watch; /* of the one not in service */
	/* service_change.c's */
	uint64_t sum, fresh_sum; /* of the config of now; of fresh */
	struct member *fresh;	 /* on its way to take the place; NULL */
	bool taking;		 /* the one before was asked to leave */
};

void service_init(struct service *, enum service_which, struct fleet *);
/* The one in service, or to be. */
struct member *service_now(const struct service *);
void service_now_set(struct service *, struct member *);
/* The slot that is not in service. */
struct member *service_spare(struct service *);
struct page_watch *service_watch(const struct service *);
/* Of a member's role, or one of that role: NULL when it is none. */
struct service *service_of(struct fleet *, enum contract_role);
/* Every process of them. */
void service_each(struct fleet *, void (*fn)(struct member *));
struct member *service_find(struct fleet *, pid_t);
/* Does one of them run? */
bool service_runs(struct fleet *);

#endif
