/* SPDX-License-Identifier: MIT */
/* See status_notes.h. */
#include "supervisor/base/status_notes.h"

#include <stdarg.h>
#include <string.h>

#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/page/verdict_table.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* What a note of each source means, and when it ends if nobody ends it. */
static const struct {
	enum verdict_code code;
	int64_t end_ms; /* 0: whoever left it takes it back */
} kind[NOTE_SOURCES] = {
    [NOTE_FATAL] = {VERDICT_CODE_FLEET_HELD, 0},
    [NOTE_CONFIG] = {VERDICT_CODE_CONFIG_REFUSED, 0},
    [NOTE_FILE] = {VERDICT_CODE_CONFIG_FAULT, 0},
    [NOTE_DISK] = {VERDICT_CODE_DISK_SHORT, 0},
    [NOTE_PERMIT] = {VERDICT_CODE_IDENTIFY_SLOW, 0},
    /* Of something that is over: the next reload may be weeks away. */
    [NOTE_RELOAD] = {VERDICT_CODE_RELOAD_FAILED, DAY_MS},
    [NOTE_ASKING] = {VERDICT_CODE_FLEET_ASKING, 0},
    [NOTE_TOKEN] = {VERDICT_CODE_TOKEN_FILE, 0},
    /* Without a log the bot does all it should. */
    [NOTE_LOG] = {VERDICT_CODE_LOG_LOST, 0},
    [NOTE_LOG_DISK] = {VERDICT_CODE_LOG_DISK_SHORT, 0},
    [NOTE_START] = {VERDICT_CODE_FLEET_ASKING, 0},
    [NOTE_REST] = {VERDICT_CODE_REST_CLOSED, 0},
};
_Static_assert(NOTE_SOURCES <= PAGE_NOTES, "each has a place");

void
status_notes_say(struct status_notes *b, enum status_note src,
    const char *sentence)
{
	if (b->text[src][0] == '\0')
		b->since_ms[src] = clock_wall_ms();
	text_clean(b->text[src], sizeof(b->text[src]), sentence,
	    strlen(sentence));
	b->due = true;
}

static void
end_old(struct status_notes *b, int64_t now_ms)
{
	for (unsigned i = 0; i < NOTE_SOURCES; i++)
		if (kind[i].end_ms != 0
		    && now_ms - b->since_ms[i] >= kind[i].end_ms)
			b->text[i][0] = '\0';
}

/* An alert often repeats what another source says. */
static bool
said(const struct page_note *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].text, text) == 0)
			return true;
	return false;
}

void
status_notes_list(struct status_notes *b, struct page_note out[PAGE_NOTES],
    int64_t now_ms)
{
	size_t n = 0;

	end_old(b, now_ms);
	memset(out, 0, PAGE_NOTES * sizeof(*out));
	for (unsigned r = 0; r < PAGE_RANKS_N; r++) {
		for (unsigned i = 0; i < NOTE_SOURCES; i++) {
			if (verdict_code_rank[kind[i].code] != r
			    || b->text[i][0] == '\0'
			    || said(out, n, b->text[i]))
				continue;
			out[n].rank = r;
			out[n].code = kind[i].code;
			out[n].since_ms = b->since_ms[i];
			str_copy(out[n++].text, b->text[i],
			    sizeof(out[0].text));
		}
	}
}

void
status_notes_past(struct page *p, int32_t shard, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (p->head == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	page_fleet_past_add(&p->head->past, shard, text);
}
