/* SPDX-License-Identifier: MIT */
/*
 * Writing HTML: the only way of foreign text into a page.  Tags are written
 * with sbuf_str() and numbers with sbuf_fmt(), as they are ours.
 */
#ifndef TOOLS_SIM_PAGE_PAGE_HTML_H
#define TOOLS_SIM_PAGE_PAGE_HTML_H

#include "tools/sim/base/sbuf.h"

#include <inttypes.h>
#include <json-c/json.h>

#define PAGE_HTML_TEXT_MAX 8192 /* bytes of one text that are shown */

/* Escaped, for an element or a quoted attribute; NULL: nothing.  What is no
 * UTF-8 or a control (but newline and tab) becomes U+FFFD. */
void page_html_text(struct sbuf *, const char *);
/* A member of o as text, or as JSON when it is none; absent: nothing. */
void page_html_member(struct sbuf *, json_object *o, const char *key);
/* <TAG class="CLASS">text</TAG>; class NULL: none. */
void page_html_element(struct sbuf *, const char *tag, const char *class_,
    const char *text);
/* A label of one word or two. */
void page_html_mark(struct sbuf *, const char *class_, const char *text);
/* "3 min 07.250 s" after the start. */
void page_html_time(struct sbuf *, uint64_t ms);
/* A table's begin with its head cells, NULL-ended, in a box that scrolls; one
 * that begins with # stands over numbers. */
void page_html_table(struct sbuf *, const char *const *heads);
void page_html_table_end(struct sbuf *);
/* A cell with a number, aligned as such. */
void page_html_number(struct sbuf *, uint64_t);

#endif
