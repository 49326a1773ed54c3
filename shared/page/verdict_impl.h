/* SPDX-License-Identifier: MIT */
/* Shared by verdict_*.c alone: how a finding comes into being. */
#ifndef SHARED_PAGE_VERDICT_IMPL_H
#define SHARED_PAGE_VERDICT_IMPL_H

#include "shared/page/verdict.h"

/* As grave as it is as a rule.  Never NULL: what has no room is dropped. */
struct verdict_finding *verdict_found(struct verdict_fleet *, enum verdict_code,
    int64_t age_ms, const char *, ...) printflike(4, 5);
struct verdict_finding *verdict_found_as(struct verdict_fleet *,
    enum verdict_code, enum page_rank, int64_t age_ms, const char *, ...)
    printflike(5, 6);
/* Whom it is about, of so many. */
struct verdict_finding *verdict_name(struct verdict_finding *, uint32_t count,
    const char *, ...) printflike(3, 4);
/* Its evidence. */
void verdict_detail(struct verdict_finding *, const char *, ...)
    printflike(2, 3);
/* Milliseconds since a stamp of the page, -1: never. */
int64_t verdict_age(const struct verdict_facts *, uint64_t stamp_ms);
/* Wall clock of a boot stamp, 0 of 0. */
int64_t verdict_wall(const struct verdict_facts *, uint64_t stamp_ms);

/* verdict_shards.c, verdict_parts.c, verdict_short.c */
void verdict_look_shards(const struct verdict_facts *, struct verdict_fleet *);
void verdict_look_fleet_deaf(const struct verdict_facts *,
    struct verdict_fleet *);
void verdict_look_handler(const struct verdict_facts *, struct verdict_fleet *);
void verdict_look_gate(const struct verdict_facts *, struct verdict_fleet *);
void verdict_look_web(const struct verdict_facts *, struct verdict_fleet *);
void verdict_look_clients(const struct verdict_facts *, struct verdict_fleet *);
void verdict_look_budget(const struct verdict_facts *, struct verdict_fleet *);
void verdict_look_limits(const struct verdict_facts *, struct verdict_fleet *);
void verdict_look_letters(const struct verdict_facts *, struct verdict_fleet *);
void verdict_look_disk(const struct verdict_facts *, struct verdict_fleet *);
/* Is there a note of this code on the page? */
bool verdict_noted(const struct page_cluster *, enum verdict_code);

#endif
