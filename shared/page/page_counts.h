/* SPDX-License-Identifier: MIT */
/*
 * What a handler counts by kind, for metrics: a part of its part of the page.
 * Only numbers that grow, so that the next handler goes on from them.
 */
#ifndef SHARED_PAGE_PAGE_COUNTS_H
#define SHARED_PAGE_PAGE_COUNTS_H

#include "shared/discord/dispatch.h"

/* X(upper bound in ms, the same in seconds): how old events were. */
#define PAGE_COUNTS_AGES(X)                                                    \
	X(5, "0.005")                                                          \
	X(10, "0.01")                                                          \
	X(25, "0.025")                                                         \
	X(50, "0.05")                                                          \
	X(100, "0.1")                                                          \
	X(250, "0.25")                                                         \
	X(500, "0.5")                                                          \
	X(1000, "1.0")                                                         \
	X(2500, "2.5")                                                         \
	X(5000, "5.0")                                                         \
	X(10000, "10.0")                                                       \
	X(30000, "30.0")                                                       \
	X(UINT64_MAX, "+Inf")
#define PAGE_COUNTS_AGES_N 13
extern const char *const page_counts_age_le[PAGE_COUNTS_AGES_N];

/* The first word of a REST call's path. */
#define PAGE_COUNTS_ROUTES(X)                                                  \
	X(APPLICATIONS, "applications")                                        \
	X(CHANNELS, "channels")                                                \
	X(GATEWAY, "gateway")                                                  \
	X(GUILDS, "guilds")                                                    \
	X(INTERACTIONS, "interactions")                                        \
	X(INVITES, "invites")                                                  \
	X(USERS, "users")                                                      \
	X(WEBHOOKS, "webhooks")                                                \
	X(OTHER, "other")
enum page_counts_route {
#define X(n, s) PAGE_COUNTS_##n,
	PAGE_COUNTS_ROUTES(X)
#undef X
	    PAGE_COUNTS_ROUTES_N
};
extern const char *const page_counts_route_name[PAGE_COUNTS_ROUTES_N];
#define PAGE_COUNTS_CLASSES 5 /* 1xx to 5xx */

struct page_counts {
	uint64_t type[DISPATCH_ALL]; /* events, by enum dispatch */
	uint64_t age[PAGE_COUNTS_AGES_N], age_ms;
	uint64_t rest[PAGE_COUNTS_ROUTES_N][PAGE_COUNTS_CLASSES];
};

void page_counts_aged(struct page_counts *, uint64_t ms);
/* route: "POST /channels/:id/messages"; a status that is none is not counted.
 */
void page_counts_answered(struct page_counts *, const char *route, int status);
/* to becomes the sum, or the difference. */
void page_counts_sum(struct page_counts *to, const struct page_counts *,
    const struct page_counts *);
void page_counts_less(struct page_counts *to, const struct page_counts *);

#endif
