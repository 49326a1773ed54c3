/* SPDX-License-Identifier: MIT */
/*
 * Random walks through a handler's way of an event, with steps as fine as the
 * world's: bytes of an uplink in pieces, an answer of either plugin between any
 * two of them, an acknowledgement at any time, and handlers, uplinks, shards
 * and the power going at any instant.  Held against a model that only knows
 * which events there are: each reaches every plugin, in order but for deaths,
 * and twice only when it says so.
 */
#include "handler/delivery/lane.h"
#include "handler/intake/frame.h"
#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define WALKS 1000
#define SHARDS 2
#define LANES 2
#define EVENTS 24 /* of a shard in a walk; half of them of each session */
#define HALF (EVENTS / 2)
#define FRAME_MAX (sizeof(struct up_hdr) + 700)
#define STEPS_MAX 60000

static char dir[SCRATCH_MAX];

/* The shard's side: what it sends, and how much the handler has of it. */
struct shard {
	struct in_flight_shard in;
	struct frame_reader reader;
	uint64_t process, base; /* event n has ord n - base */
	uint64_t made, next;	/* events there are; the next to be sent */
	uint64_t cursor, most;	/* acknowledged; sent once by anybody */
	char frame[FRAME_MAX];	/* on its way */
	size_t len, at;
	uint64_t acked[EVENTS + 1];
	uint64_t announced;
};

static struct {
	struct shard shard[SHARDS];
	struct lanes lanes;
	struct lane lane[LANES];
	struct window window[LANES];
	struct in_flight work;
	struct config_plugin cfg[LANES];
	unsigned finished[LANES][SHARDS][EVENTS + 1];
	uint64_t handed[LANES][SHARDS]; /* in this handler's life */
	bool torn[LANES];		/* its backlog lost a part */
	uint32_t rng;
	unsigned repeats, deaths, losses, acks_within;
} m;

static uint32_t seed; /* for whoever has to repeat it */

static uint32_t
pick(uint32_t n)
{
	m.rng = m.rng * 1664525u + 1013904223u;
	return (m.rng >> 8) % n;
}

/* ---- the handler ---------------------------------------------------- */

static void
on_finished(struct lanes *l, struct event *e)
{
	in_flight_finish(&m.work, e);
}

static void
handler_starts(void)
{
	memset(&m.lanes, 0, sizeof(m.lanes));
	m.lanes.finished = on_finished;
	m.lanes.serving = true;
	backlog_dir_init(&m.lanes.backlogs, dir);
	in_flight_init(&m.work, 10000, 1 << 24);
	for (uint32_t i = 0; i < SHARDS; i++)
		in_flight_shard_init(&m.shard[i].in, i);
	for (unsigned i = 0; i < LANES; i++) {
		lane_init(&m.lane[i], &m.lanes, i, &m.cfg[i]);
		window_init(&m.window[i], 1 + i * 3, &m.lane[i].waiting);
		m.lane[i].window[0] = &m.window[i];
		assert_true(lane_open(&m.lane[i]));
	}
}

static void
handler_ends(void)
{
	struct list aside;

	for (unsigned i = 0; i < LANES; i++) {
		list_init(&aside);
		window_reset(&m.window[i], 0, 0, &aside);
		m.lane[i].window[0] = NULL;
		/* SIGKILL: lane_free would sync what nobody did. */
		m.lane[i].backlog.unsynced = false;
		lane_free(&m.lane[i]);
		window_free(&m.window[i]);
	}
	for (uint32_t i = 0; i < SHARDS; i++) {
		in_flight_shard_drop(&m.work, &m.shard[i].in);
		frame_free(&m.shard[i].reader);
	}
	in_flight_free(&m.work);
	backlog_dir_unlock(&m.lanes.backlogs);
	memset(m.handed, 0, sizeof(m.handed));
}

static uint64_t
number(const struct event *e)
{
	return (e->session % 10 - 1) * HALF + e->seq;
}

static void
take_event(struct shard *s, const struct up_hdr *h, const char *raw)
{
	uint64_t n = (h->session % 10 - 1) * HALF + h->seq;
	struct event *e;

	if (in_flight_judge(&m.work, &s->in, h) != IN_FLIGHT_NEW)
		return;
	e = in_flight_add(&m.work, &s->in, h, raw, LANES);
	for (unsigned i = 0; i < LANES; i++) {
		e->to[i].event = e;
		e->to[i].urgent = n % 17 == 0;
	}
	for (unsigned i = 0; i < LANES; i++)
		lane_push(&m.lane[i], &e->to[i]);
}

static void
take_frames(struct shard *s)
{
	const char *raw, *why = "";
	struct up_session us;
	struct up_hdr h;
	int rc;

	while ((rc = frame_next(&s->reader, &h, &raw, &why)) == 1)
		if (h.type == UP_SESSION) {
			memcpy(&us, raw, sizeof(us));
			in_flight_session(&s->in, us.session, us.id);
		} else {
			take_event(s, &h, raw);
		}
	if (rc != 0)
		fail_msg("no frame: %s", why);
}

static void
acknowledge(struct shard *s)
{
	uint64_t ord;

	for (unsigned i = 0; i < LANES; i++)
		assert_int_equal(backlog_sync(&m.lane[i].backlog, NULL), 0);
	ord = in_flight_ack(&s->in);
	m.acks_within += s->at > 0 && s->at < s->len;
	if (ord + s->base > s->cursor && ord > 0)
		s->cursor = ord + s->base;
	assert_true(s->cursor < s->next);
}

static void
hand_out(unsigned i)
{
	struct delivery *d;

	lane_fill(&m.lane[i]);
	while ((d = window_next(&m.window[i], true)) != NULL) {
		struct event *e = d->event;
		uint64_t n = number(e), *last = &m.handed[i][e->shard_id];
		char id[32];

		str_format(id, sizeof(id), "session %llu",
		    (unsigned long long)e->session);
		assert_string_equal(in_flight_event_session(e), id);
		if (m.finished[i][e->shard_id][n] > 0) {
			assert_true(m.deaths > 0);
			assert_true((e->flags & UP_FLAG_AGAIN) != 0);
			m.repeats++;
			continue; /* behind what came since */
		}
		if (n % 17 == 0)
			continue; /* passes others, in its window's slots */
		assert_true(n > *last || m.torn[i]);
		*last = n;
	}
}

static void
answer(unsigned i)
{
	struct delivery *d = window_oldest(&m.window[i]);
	struct event *e;

	if (d == NULL)
		return;
	if (pick(3) == 0)
		d = container_of(m.window[i].out.prev, struct delivery, link);
	d = window_answer(&m.window[i], d->id);
	e = d->event;
	m.finished[i][e->shard_id][number(e)]++;
	lane_finish(&m.lane[i], d);
}

/* ---- the shards ----------------------------------------------------- */

static uint64_t
session_of(const struct shard *s, uint64_t n)
{
	return (uint64_t)(s - m.shard + 1) * 10 + 1 + (n - 1) / HALF;
}

/* The next frame: the session's name first, where that is another one. */
static bool
frame_make(struct shard *s)
{
	uint64_t n = s->next, session = session_of(s, n);
	struct up_hdr h = {.session = session};
	char *body = s->frame + sizeof(h);

	if (n > s->made)
		return false;
	if (s->announced != session) {
		struct up_session us = {.session = session};

		str_format(us.id, sizeof(us.id), "session %llu",
		    (unsigned long long)session);
		h.type = UP_SESSION;
		h.len = sizeof(us);
		memcpy(body, &us, sizeof(us));
		s->announced = session;
	} else {
		h.type = UP_EVENT;
		h.seq = 1 + (n - 1) % HALF;
		h.ord = n - s->base;
		h.recv_ms = (uint64_t)clock_wall_ms();
		h.len = (uint32_t)(n * 2654435761u % 600) + 1;
		h.flags = n <= s->most ? UP_FLAG_AGAIN : 0;
		memset(body, (int)n, h.len);
		s->next++;
	}
	memcpy(s->frame, &h, sizeof(h));
	s->len = sizeof(h) + h.len;
	s->at = 0;
	return true;
}

static void
piece(struct shard *s)
{
	size_t room, n;
	char *to;

	if (s->made < EVENTS && pick(2) == 0)
		s->made++;
	if (s->at == s->len && !frame_make(s))
		return;
	n = pick(3) == 0 ? 1 + pick(40) : s->len - s->at;
	if (n > s->len - s->at)
		n = s->len - s->at;
	to = frame_space(&s->reader, &room);
	if (n > room)
		n = room;
	memcpy(to, s->frame + s->at, n);
	frame_filled(&s->reader, n);
	s->at += n;
	/* Any of it may have been heard. */
	if (s->next - 1 > s->most)
		s->most = s->next - 1;
	take_frames(s);
}

/* The same process, or a next one that counts anew; each repeats what was not
 * acknowledged. */
static void
uplink_new(struct shard *s, bool process)
{
	frame_free(&s->reader);
	memset(&s->reader, 0, sizeof(s->reader));
	s->len = s->at = 0;
	s->announced = 0;
	if (process) {
		s->process++;
		s->base = s->cursor;
	}
	s->next = s->cursor + 1;
	in_flight_bind(&s->in, s->process);
}

static void
handler_dies(void)
{
	handler_ends();
	handler_starts();
	for (size_t i = 0; i < SHARDS; i++)
		uplink_new(&m.shard[i], false);
	m.deaths++;
}

/* ---- power ---------------------------------------------------------- */

static size_t
read_all(const char *path, char **out)
{
	struct stat st;
	int fd = open(path, O_RDONLY);

	assert_true(fd != -1 && fstat(fd, &st) == 0);
	*out = base_alloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, *out, (size_t)st.st_size), st.st_size);
	close(fd);
	return (size_t)st.st_size;
}

/* What was appended to that file since `from` is torn by blocks. */
static void
tear(const char *path, size_t from)
{
	char *bytes;
	size_t size = read_all(path, &bytes);
	int fd = open(path, O_RDWR);

	assert_true(fd != -1);
	for (size_t at = from; at < size; at = (at / 512 + 1) * 512) {
		size_t n = 512 - at % 512;

		if (pick(2) == 0)
			continue;
		if (n > size - at)
			n = size - at;
		memset(bytes + at, 0, n);
	}
	assert_int_equal(pwrite(fd, bytes, size, 0), size);
	if (pick(3) == 0 && size > from)
		assert_int_equal(ftruncate(fd,
				     (off_t)(from
					 + pick((uint32_t)(size - from)))),
		    0);
	close(fd);
	free(bytes);
}

/*
 * Everything goes at once.  Before it, what is on disk is synced or not: an
 * acknowledgement syncs, so the walk syncs at a moment of its own, lets some
 * more steps pass in which nothing is acknowledged, and tears what these wrote.
 */
static void
power_goes(void (*steps)(void))
{
	char path[SCRATCH_MAX + 64];
	size_t size[LANES] = {0};
	uint64_t number_was[LANES] = {0};
	struct place end;

	for (unsigned i = 0; i < LANES; i++) {
		assert_int_equal(backlog_sync(&m.lane[i].backlog, NULL), 0);
		end = spool_end(m.lane[i].backlog.spool);
		number_was[i] = end.seg;
		size[i] = end.off;
	}
	steps();
	for (unsigned i = 0; i < LANES; i++) {
		end = spool_end(m.lane[i].backlog.spool);
		str_format(path, sizeof(path), "%s/backlog/%s/%08llu.seg", dir,
		    m.cfg[i].name, (unsigned long long)end.seg);
		if (!m.lane[i].backlog.unsynced || end.seg == 0
		    || access(path, F_OK) != 0)
			continue;
		tear(path, end.seg == number_was[i] ? size[i] : 0);
		m.torn[i] = true;
		m.losses++;
	}
	handler_ends();
	handler_starts();
	for (size_t i = 0; i < SHARDS; i++)
		uplink_new(&m.shard[i], true);
	m.deaths++;
}

/* ---- walks ---------------------------------------------------------- */

static void
of_plugins(void)
{
	unsigned i = pick(LANES);

	switch (pick(8)) {
	case 0:
		m.lanes.epoch++;
		lane_tick(&m.lane[i]);
		break;
	case 1:
		lane_spill(&m.lane[i]);
		break;
	case 2:
		fake_time_advance(pick(3000));
		break;
	default:
		hand_out(i);
		/* One that is slow, and one that is not. */
		if (i == 0 || pick(4) == 0)
			answer(i);
	}
}

static void
unacknowledged_steps(void)
{
	for (unsigned n = pick(60); n > 0; n--)
		if (pick(2) == 0)
			piece(&m.shard[pick(SHARDS)]);
		else
			of_plugins();
}

static void
step(void)
{
	uint32_t r = pick(1000);

	if (r < 450)
		piece(&m.shard[pick(SHARDS)]);
	else if (r < 850)
		of_plugins();
	else if (r < 985)
		acknowledge(&m.shard[pick(SHARDS)]);
	else if (r < 990)
		uplink_new(&m.shard[pick(SHARDS)], pick(2) == 0);
	else if (r < 993)
		handler_dies();
	else if (r < 995)
		power_goes(unacknowledged_steps);
}

static bool
all_done(void)
{
	for (size_t s = 0; s < SHARDS; s++) {
		if (m.shard[s].cursor < EVENTS)
			return false;
		for (unsigned i = 0; i < LANES; i++)
			for (uint64_t n = 1; n <= EVENTS; n++)
				if (m.finished[i][s][n] == 0)
					return false;
	}
	return true;
}

static void
walk(void)
{
	unsigned steps = 0;

	memset(&m, 0, sizeof(m));
	m.rng = seed;
	for (unsigned i = 0; i < LANES; i++)
		m.cfg[i] = (struct config_plugin) {.name = {(char)('p' + i)},
		    .window = 1 + i * 3,
		    .backlog_events = 3 + i * 5,
		    .backlog_bytes = 4 << 20,
		    .backlog_age_s = 3600};
	handler_starts();
	for (size_t i = 0; i < SHARDS; i++) {
		m.shard[i].next = 1;
		m.shard[i].process = i * 1000 + 1;
		uplink_new(&m.shard[i], false);
	}
	while (!all_done()) {
		step();
		assert_true(++steps < STEPS_MAX);
	}
	for (unsigned i = 0; i < LANES; i++) {
		assert_int_equal(m.lane[i].dropped, 0);
		assert_true(m.deaths > 0 || m.repeats == 0);
	}
	handler_ends();
}

/* In memory where that is possible: power goes by hand here. */
static int
make_dir(void)
{
	str_copy(dir, "/dev/shm/test_lane_walk.XXXXXX", sizeof(dir));
	return mkdtemp(dir) != NULL ? 0 : scratch_make(dir, sizeof(dir));
}

static int
setup(void **state)
{
	fake_time_reset();
	log_init(LOG_TO_PEOPLE, LOG_L_ERROR);
	return make_dir();
}

static int
teardown(void **state)
{
	if (seed != 0)
		print_error("in the walk of seed %u\n", seed);
	return scratch_remove(dir);
}

static void
test_any_interleaving(void **state)
{
	unsigned deaths = 0, losses = 0, repeats = 0, within = 0;
	const char *one = getenv("HERD_SEED");

	for (uint32_t n = 1; n <= WALKS; n++) {
		seed = one != NULL ? (uint32_t)atoi(one) : n;
		if (n > 1) {
			assert_int_equal(scratch_remove(dir), 0);
			assert_int_equal(make_dir(), 0);
		}
		walk();
		deaths += m.deaths;
		losses += m.losses;
		repeats += m.repeats;
		within += m.acks_within;
		if (one != NULL)
			break;
	}
	/* They went where they should. */
	assert_true(one != NULL
	    || (deaths > WALKS / 2 && losses > WALKS / 20 && repeats > WALKS
		&& within > WALKS));
	seed = 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_any_interleaving, setup,
		teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
