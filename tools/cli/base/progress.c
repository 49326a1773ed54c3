/* SPDX-License-Identifier: MIT */
#include "tools/cli/base/progress.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/view/view.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/table.h"

#include <string.h>
#include <unistd.h>

#define FIRST_MS 1000	/* what is over by then needs no word */
#define REDRAW_MS 500	/* the page of a large fleet takes its time */
#define SIMPLE_MS 3000	/* on a terminal that only knows lines */
#define SELDOM_MS 30000 /* where nobody looks at them as they come */
#define LINE_MAX_BYTES 512

static struct {
	const struct cli *cli; /* NULL: there is none */
	enum progress_kind kind;
	const char *what;
	double most_s;
	uint64_t begin_ms, next_ms;
	uint32_t before; /* done at the first look */
	bool looked, redraws, stands;
	char words[200];
} now;

int64_t
progress_left(uint32_t before, uint32_t done, uint32_t total,
    uint64_t passed_ms)
{
	if (done >= total)
		return 0;
	if (done <= before || passed_ms == 0)
		return -1;
	return (int64_t)(passed_ms * (total - done) / (done - before));
}

static uint64_t
every_ms(void)
{
	return now.redraws		 ? REDRAW_MS
	    : isatty(STDERR_FILENO) != 0 ? SIMPLE_MS
					 : SELDOM_MS;
}

void
progress_begin(const struct cli *c, enum progress_kind kind, const char *what,
    double most_s)
{
	memset(&now, 0, sizeof(now));
	if (c->json)
		return;
	now.cli = c;
	now.kind = kind;
	now.what = what;
	now.most_s = most_s;
	now.redraws = table_may_draw(stderr);
	now.begin_ms = clock_boot_ms();
	now.next_ms = now.begin_ms + (now.redraws ? FIRST_MS : every_ms());
}

/* ---- what is said --------------------------------------------------- */

/* Counted are done of total; the words say of what. */
static void
count(const struct view *v, uint32_t *done, uint32_t *total, char *words,
    size_t size)
{
	uint32_t live = v->handler_alive + v->gate_alive;

	*total = (uint32_t)v->n;
	switch (now.kind) {
	case PROGRESS_READY:
		*done = v->ready;
		str_format(words, size,
		    "%u of %zu shards are ready, the handler is %s", v->ready,
		    v->n, v->handler_state);
		return;
	case PROGRESS_GONE:
		for (size_t i = 0; i < v->n; i++)
			live += v->shard[i].alive;
		*total += 1;
		*done = live < *total ? *total - live : 0;
		str_format(words, size, "%u processes have not ended", live);
		return;
	case PROGRESS_ROLLOUT:
		*done = v->cluster.rollout_moved;
		*total = v->cluster.rollout_total;
		str_format(words, size, "%u of %u shards are replaced", *done,
		    *total);
		return;
	default:
		*done = *total = 0;
		words[0] = '\0';
	}
}

/* The queue for IDENTIFYs knows its own end; else by the pace so far. */
static int64_t
left_ms(const struct view *v, uint32_t done, uint32_t total)
{
	const struct page_cluster *c = &v->cluster;

	if (now.kind == PROGRESS_READY && c->permits_waiting > 0
	    && c->permits_eta_ms > v->now_ms)
		return (int64_t)(c->permits_eta_ms - v->now_ms);
	return progress_left(now.before, done, total, v->now_ms - now.begin_ms);
}

static void
of_fleet(char *out, size_t size, int64_t *left)
{
	uint32_t done, total;
	char words[160];
	const char *note;
	struct view v;

	*left = -1;
	out[0] = '\0';
	if (now.kind == PROGRESS_PLAIN && now.words[0] != '\0')
		str_format(out, size, ": %s", now.words);
	if (now.kind == PROGRESS_PLAIN
	    || view_read(&v, &now.cli->config, NULL) == -1)
		return;
	count(&v, &done, &total, words, sizeof(words));
	if (!now.looked)
		now.before = done;
	now.looked = true;
	note = now.kind == PROGRESS_READY ? view_note(&v) : "";
	if (done < total)
		*left = left_ms(&v, done, total);
	str_format(out, size, ": %s%s%s", words, note[0] != '\0' ? ". " : "",
	    note);
	view_free(&v);
}

static void
compose(char *out, size_t size)
{
	uint64_t passed = clock_boot_ms() - now.begin_ms;
	char words[LINE_MAX_BYTES], age[24], more[24], most[24], end[96] = "";
	int64_t left;

	of_fleet(words, sizeof(words), &left);
	if (left > 0)
		str_format(end, sizeof(end), ", about %s more",
		    human_age(left, more));
	else if (now.most_s > 0)
		str_format(end, sizeof(end), ", at most %s",
		    human_age((int64_t)(now.most_s * 1000), most));
	str_format(out, size, "%s for %s%s%s", now.what,
	    human_age((int64_t)passed, age), end, words);
}

/* ---- how it is shown ------------------------------------------------ */

void
progress_words(const char *words)
{
	str_copy(now.words, words, sizeof(now.words));
}

void
progress_clear(void)
{
	if (now.stands)
		fputs("\r\033[K", stderr);
	now.stands = false;
}

/* A line that is too long would stand for good. */
static void
draw(const char *line)
{
	char text[LINE_MAX_BYTES * 2];
	size_t room = table_room(stderr) - 1;

	text_clean(text, room < sizeof(text) ? room + 1 : sizeof(text), line,
	    strlen(line));
	fflush(stdout);
	fprintf(stderr, "\r\033[K%s", text);
	now.stands = true;
}

void
progress_tick(void)
{
	char line[LINE_MAX_BYTES * 2];

	if (now.cli == NULL || clock_boot_ms() < now.next_ms)
		return;
	now.next_ms = clock_boot_ms() + every_ms();
	compose(line, sizeof(line));
	if (now.redraws)
		draw(line);
	else
		cli_say("%s", line);
}

void
progress_end(void)
{
	progress_clear();
	now.cli = NULL;
}
