/* SPDX-License-Identifier: MIT */
/* One page in the making, and the pages there are: for page*.c only. */
#ifndef TOOLS_SIM_PAGE_PAGE_IMPL_H
#define TOOLS_SIM_PAGE_PAGE_IMPL_H

#include "tools/sim/page/page_html.h"
#include "tools/sim/rest/rest_call.h"

#define PAGE_ROWS 50	      /* of one page of a list */
#define PAGE_REFRESH_MAX 3600 /* seconds of ?refresh= */

struct page {
	struct rest_call *call;
	struct sim *sim;
	struct world *w;
	struct sbuf *t;	 /* the answer */
	const char *arg; /* last part of the path; "": none */
	uint64_t from;	 /* the list's page, from 0: ?page= */
	/* What else makes it this page, as in "absent=1&amp;"; set before
	 * page_begin(). */
	char query[48];
};

/* The head, up to and with the heading, which is text; where: which of the
 * tabs is this one. */
void page_begin(struct page *, int status, const char *where,
    const char *heading);
void page_end(struct page *);
/* A whole page with 404 and a sentence. */
void page_missing(struct page *, const char *sentence);
/* arg as a snowflake or number; 0: it is none. */
uint64_t page_id(const struct page *);
/* Links to the pages of a list with so many rows before and after this. */
void page_turns(struct page *, uint64_t rows);

void page_overview(struct page *);
void page_requests(struct page *);
void page_violations(struct page *);
void page_sessions(struct page *);
void page_session(struct page *);
void page_guilds(struct page *);
void page_guild(struct page *);
void page_channel(struct page *);

/* Parts that two pages have. */
void page_message(struct page *, json_object *);
void page_guilds_table(struct page *, uint64_t from, uint64_t most);
void page_sessions_table(struct page *, uint64_t from, uint64_t most);
void page_violations_table(struct page *, uint64_t from, uint64_t most);
/* The style sheet. */
extern const char page_style[];

#endif
