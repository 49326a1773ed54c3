/* SPDX-License-Identifier: MIT */
/*
 * A plugin's backlog as the next handler finds it after a crash or on a bad
 * disk: events that an earlier one added, some of them finished, then bytes
 * changed, ends cut off, files gone or of any content beside them.  Each event
 * whose bytes nobody touched is known, comes once, whole and in order, marked
 * as one that may have been seen; what is damaged costs itself; whatever comes
 * makes one line of text for the plugin.
 * Covers: handler/delivery/backlog.c shared/spool/spool.c
 * shared/spool/segment.c
 */
#include "tests/fuzz/kit.h"

#include "handler/delivery/backlog.h"
#include "handler/process/rpc_write.h"
#include "shared/base/log.h"
#include "shared/base/text.h"
#include "shared/spool/segment.h"
#include "tests/unit/rig/fake_time.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS 64
#define SESSION 9
#define TAKE 8 /* at once */

static struct {
	struct backlog_dir all;
	struct backlog b;
	struct config_plugin cfg;
	struct written {
		struct place from, end; /* of its record */
		bool done;		/* finished: it may come, or not */
		bool touched;		/* by what happened to the files */
		bool came;
	} w[EVENTS + 1]; /* by seq, from 1 */
	unsigned n;
	bool anything; /* the place up to which all is done was touched */
} t;

/* ---- events --------------------------------------------------------- */

static struct event *
event(unsigned seq)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .seq = seq,
	    .session = SESSION,
	    .recv_ms = (uint64_t)clock_wall_ms()};
	size_t fill = seq * 37 % 400;
	char raw[512];
	struct event *e;

	must(str_format(raw, sizeof(raw), "{\"s\":%u,\"d\":\"%*s\"}", seq,
	    (int)fill, ""));
	h.len = (uint32_t)strlen(raw);
	e = in_flight_copy(3, "session", &h);
	memcpy(e->raw, raw, h.len);
	return e;
}

static bool
same(const struct event *a, const struct event *b)
{
	return a->len == b->len && memcmp(a->raw, b->raw, a->len) == 0;
}

static void
add(void)
{
	struct event *e = event(t.n + 1);
	struct err err = {0};
	struct written *w;

	if (backlog_add(&t.b, e, &err) == 0) {
		w = &t.w[++t.n];
		w->end = w->from = spool_end(t.b.spool);
		w->from.off -= sizeof(struct segment_record) + e->len
		    + sizeof("session");
	} else {
		must(err.text[0] != '\0');
	}
	free(e);
}

/* One line of UTF-8, whatever is in it. */
static void
check_line(struct event *e)
{
	struct buf line = {0};

	rpc_write_event(&line, &e->to[0], NULL);
	must(buf_len(&line) > 0);
	must(text_is_utf8(buf_data(&line), buf_len(&line)));
	must(memchr(buf_data(&line), '\n', buf_len(&line) - 1) == NULL);
	buf_free(&line);
}

/* What a handler does: takes some, and finishes them in its own order. */
static void
finish_some(struct kit *k)
{
	struct event *e[TAKE];
	unsigned n = 0, how = kit_byte(k);

	while (n < TAKE && (e[n] = backlog_take(&t.b, 1000)) != NULL)
		n++;
	for (unsigned i = 0; i < n; i++) {
		struct event *x = e[(i + how) % n];

		if (how & (8u << (x->seq % 4)))
			continue; /* it is still at it when the process dies */
		must(x->seq >= 1 && x->seq <= t.n);
		t.w[x->seq].done = true;
		backlog_finish(&t.b, x);
	}
}

/* ---- what happens to the files ---------------------------------------- */

static const char *
file(unsigned segment)
{
	char name[64];

	must(str_format(name, sizeof(name), "backlog/p/%08u.seg", segment));
	return kit_path(name);
}

static void
touched(unsigned segment, uint64_t from, uint64_t to)
{
	for (unsigned i = 1; i <= t.n; i++)
		t.w[i].touched |= t.w[i].from.seg == segment
		    && t.w[i].from.off < to && t.w[i].end.off > from;
}

static void
damage(struct kit *k)
{
	unsigned how = kit_byte(k) % 8, segment = 1 + kit_byte(k) % 4;
	uint64_t at = kit_number(k, 2);
	size_t n = kit_byte(k) % 100;
	const uint8_t *p = kit_take(k, &n);
	struct stat st;
	uint8_t *copy;
	int fd = open(file(segment), O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1 || fstat(fd, &st) == -1) {
		/* A file of no handler's: what looks like a record is one. */
		copy = (uint8_t *)kit_text(p, n);
		kit_seal(copy, n);
		if (how == 0)
			kit_write(file(segment + 5), copy, n);
		free(copy);
	} else if (how == 1) {
		must(ftruncate(fd, (off_t)at) == 0);
		touched(segment, at, UINT64_MAX);
	} else if (how == 2) {
		must(unlink(file(segment)) == 0);
		touched(segment, 0, UINT64_MAX);
	} else {
		at %= (uint64_t)st.st_size + 1;
		must(pwrite(fd, p, n, (off_t)at) == (ssize_t)n);
		touched(segment, at, at + n);
	}
	if (fd != -1)
		close(fd);
	if (how == 3) {
		kit_write(kit_path("backlog/p/done"), p, n);
		t.anything = true;
	}
}

/* ---- the next handler ------------------------------------------------- */

static void
judge(struct event *e, uint64_t *last)
{
	struct event *want;

	check_line(e);
	if (e->session != SESSION || e->seq == 0 || e->seq > t.n)
		return; /* of a file that is none of ours */
	want = event((unsigned)e->seq);
	if (same(e, want)) {
		must(!t.w[e->seq].came && e->seq > *last);
		must((e->flags & UP_FLAG_AGAIN) != 0);
		must(strcmp(in_flight_event_session(e), "session") == 0);
		*last = e->seq;
		t.w[e->seq].came = true;
	}
	free(want);
}

/* Opens it, or says why not. */
static bool
open_it(void)
{
	struct err err = {0};

	backlog_init(&t.b, &t.all, &t.cfg);
	if (backlog_open(&t.b, &err) == 0)
		return true;
	must(err.text[0] != '\0');
	return false;
}

static void
next_handler(void)
{
	struct event *e;
	uint64_t last = 0;

	for (unsigned i = 1; i <= t.n; i++) {
		e = event(i);
		must(t.w[i].done || t.w[i].touched || t.anything
		    || backlog_knows(&t.b, e));
		free(e);
	}
	for (unsigned n = 0; (e = backlog_take(&t.b, 1000)) != NULL; n++) {
		must(n < 10000);
		judge(e, &last);
		backlog_finish(&t.b, e);
	}
	for (unsigned i = 1; i <= t.n; i++)
		must(
		    t.w[i].came || t.w[i].done || t.w[i].touched || t.anything);
	must(backlog_oldest(&t.b) == 0);
	/* And it goes on from there. */
	e = event(EVENTS + 1);
	if (backlog_add(&t.b, e, NULL) == 0) {
		struct event *got = backlog_take(&t.b, 1000);

		must(got != NULL && same(got, e));
		must((got->flags & UP_FLAG_AGAIN) == 0);
		backlog_finish(&t.b, got);
	}
	free(e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kit k = {data, size};
	unsigned n, damages;

	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	fake_time_reset();
	kit_empty();
	memset(&t, 0, sizeof(t));
	t.cfg = (struct config_plugin) {.name = "p",
	    .backlog_bytes = 64 << 10,
	    .backlog_age_s = 10};
	backlog_dir_init(&t.all, kit_dir());
	must(backlog_dir_lock(&t.all));
	n = kit_byte(&k) % EVENTS;
	damages = kit_byte(&k) % 4;
	if (open_it()) {
		while (n-- > 0) {
			add();
			if (n % 16 == 7)
				finish_some(&k);
		}
		backlog_tick(&t.b);
	}
	backlog_close(&t.b);
	(void)mkdir(kit_path("backlog/p"), 0700);
	while (damages-- > 0)
		damage(&k);
	if (open_it())
		next_handler();
	backlog_close(&t.b);
	backlog_dir_unlock(&t.all);
	return 0;
}
