/* SPDX-License-Identifier: MIT */
#include "tools/web/page/status_page.h"

#include <stdio.h>

void
status_page_policy(char out[STATUS_PAGE_POLICY_MAX])
{
	str_copy(out, "default-src 'none'", STATUS_PAGE_POLICY_MAX);
}

void
status_page_html(struct buf *b, const struct view *v, const struct history *h,
    const struct status_page_ask *ask)
{
	struct outage o;
	char words[256];

	buf_puts(b,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<meta "
	    "charset=\"utf-8\">\n<title>Status</title>\n<h1>Status"
	    "</h1>\n");
	if (v == NULL) {
		buf_puts(b, "<p>How the bot is can't be told now.</p>\n");
		return;
	}
	outage_find(v, &o);
	for (int i = 0; i < OUTAGE_KINDS; i++) {
		if (!o.is[i])
			continue;
		outage_words_now((enum outage_kind)i, o.out, o.shards, words,
		    sizeof(words));
		buf_printf(b, "<p>%s</p>\n", words);
	}
}
