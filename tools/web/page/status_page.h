/* SPDX-License-Identifier: MIT */
/*
 * This room: the status page, for the community of a bot.
 *
 * One HTML document that needs nothing else: no script, no file, no cookie.
 * It says what works now, what did for 90 days, and whether it is somebody's own
 * server that has trouble.  It shows no name of a plugin, client, host or
 * person, no path, pid or version, and no text of a finding: whoever may see
 * `status` has more.  Ages and "not known" in place of what is old.
 */
#ifndef TOOLS_WEB_PAGE_STATUS_PAGE_H
#define TOOLS_WEB_PAGE_STATUS_PAGE_H

#include "shared/base/buf.h"
#include "tools/web/history/history.h"

#define STATUS_PAGE_TYPE "text/html; charset=utf-8"
#define STATUS_PAGE_POLICY_MAX 256
#define STATUS_PAGE_ASK "guild" /* name of the field in the query */

struct status_page_ask {
	const char *guild; /* as somebody typed it (decoded), foreign; NULL:
			      nobody asks */
	const char *title; /* of the config; "" or NULL: a plain one */
};

/*
 * Adds the document.  view NULL: it can't be read, and the page says so.  Takes
 * the time from clock.h; writes no file, waits for nothing.
 */
void status_page_html(struct buf *, const struct view *, const struct history *,
    const struct status_page_ask *);
/* The value of its Content-Security-Policy header. */
void status_page_policy(char out[STATUS_PAGE_POLICY_MAX]);

#endif
