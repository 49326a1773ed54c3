/* SPDX-License-Identifier: MIT */
/* Events on disk for one plugin; see backlog.h. */
#include "handler/delivery/backlog.h"

#include "shared/base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- all of them ---------------------------------------------------- */

void
backlog_dir_init(struct backlog_dir *all, const char *state_dir)
{
	all->lock_fd = -1;
	if (!str_format(all->dir, sizeof(all->dir), "%s/backlog", state_dir))
		all->dir[0] = '\0'; /* can't be opened, which is then said */
}

bool
backlog_dir_lock(struct backlog_dir *all)
{
	char path[sizeof(all->dir) + 8];
	int fd;

	if (all->lock_fd >= 0)
		return true;
	if (mkdir(all->dir, 0700) < 0 && errno != EEXIST)
		return false;
	str_format(path, sizeof(path), "%s/lock", all->dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return false;
	}
	all->lock_fd = fd;
	return true;
}

void
backlog_dir_unlock(struct backlog_dir *all)
{
	if (all->lock_fd >= 0)
		close(all->lock_fd);
	all->lock_fd = -1;
}

/* ---- records -------------------------------------------------------- */

/*
 * A record is the event's bytes, the session's id, and one byte with the
 * length of that; the header's reserved field is the shard.
 */
struct trailer {
	char text[CONTRACT_SESSION_MAX];
	size_t len;
};

static void
trailer_make(struct trailer *t, const char *id)
{
	size_t n = strlen(id);

	if (n > sizeof(t->text) - 1)
		n = sizeof(t->text) - 1;
	memcpy(t->text, id, n);
	t->text[n] = (char)n;
	t->len = n + 1;
}

static int
record_write(struct backlog *b, const struct event *e, struct err *err)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .flags = e->flags,
	    .t_off = e->t_off,
	    .t_len = e->t_len,
	    .reserved = e->shard_id,
	    .ord = 1,
	    .seq = e->seq,
	    .session = e->session,
	    .recv_ms = e->recv_ms};
	struct trailer t;
	struct iovec part[2] = {{e->raw, e->len}, {t.text, 0}};
	int rc;

	if (b->spool == NULL)
		return err_set(err, EXIT_TRY_LATER,
		    "the backlog %s is not open", b->dir);
	trailer_make(&t, in_flight_event_session(e));
	part[1].iov_len = t.len;
	h.len = e->len + (uint32_t)t.len;
	h.flags &= (uint8_t)~UP_FLAG_EXPRESS;
	rc = spool_append(b->spool, &h, part, 2, err);
	b->unsynced |= rc == 0;
	return rc;
}

int
backlog_sync(struct backlog *b, struct err *err)
{
	if (!b->unsynced)
		return 0;
	b->unsynced = false;
	return spool_sync(b->spool, err);
}

/* A big event must not hold its memory for good. */
static void
scratch_trim(struct backlog *b)
{
	if (b->scratch.cap > 1u << 20)
		buf_free(&b->scratch);
}

/* Reads the record that peek showed: NULL when it is damaged. */
static struct event *
record_read(struct backlog *b, const struct up_hdr *peeked)
{
	char id[CONTRACT_SESSION_MAX],
	    *raw = buf_space(&b->scratch, peeked->len + 1u);
	struct up_hdr h = *peeked;
	struct event *e;
	size_t n;

	if (spool_take(b->spool, raw) < 0)
		return NULL;
	n = h.len > 0 ? (unsigned char)raw[h.len - 1] : 0;
	if (n >= sizeof(id) || h.len < n + 1)
		n = 0;
	h.len -= (uint32_t)(h.len > 0 ? n + 1 : 0);
	memcpy(id, raw + h.len, n);
	id[n] = '\0';
	if ((uint64_t)h.t_off + h.t_len > h.len)
		h.t_off = h.t_len = 0;
	e = in_flight_copy(peeked->reserved, id, &h);
	memcpy(e->raw, raw, h.len);
	scratch_trim(b);
	return e;
}

/* ---- what an earlier handler left ----------------------------------- */

static uint64_t
key_of(uint64_t session, uint64_t seq)
{
	uint64_t k = (session ^ seq * 0x9e3779b97f4a7c15u)
	    * 0xff51afd7ed558ccdu;

	k ^= k >> 32;
	return k != 0 ? k : 1;
}

static void
known_put(struct backlog *b, uint64_t key)
{
	size_t i = key & b->known_mask;

	while (b->known[i] != 0)
		i = (i + 1) & b->known_mask;
	b->known[i] = key;
	b->known_n++;
}

bool
backlog_knows(const struct backlog *b, const struct event *e)
{
	uint64_t key;

	if (b->known_n == 0 || e->seq == 0 || e->session == 0)
		return false;
	key = key_of(e->session, e->seq);
	for (size_t i = key & b->known_mask; b->known[i] != 0;
	     i = (i + 1) & b->known_mask)
		if (b->known[i] == key)
			return true;
	return false;
}

static void
known_free(struct backlog *b)
{
	free(b->known);
	b->known = NULL;
	b->known_n = b->known_mask = 0;
}

/* Walks over all records once; the spool reads them at open anyway. */
static void
known_learn(struct backlog *b)
{
	struct spool_stats stats;
	struct up_hdr h;
	size_t n = 16;

	spool_stats(b->spool, &stats);
	b->inherited = spool_end(b->spool);
	b->untaken = stats.events > 0;
	if (stats.events == 0)
		return;
	while (n < 2 * stats.events)
		n *= 2;
	b->known = base_alloc(n * sizeof(*b->known));
	b->known_mask = n - 1;
	while (b->known_n < stats.events && spool_peek(b->spool, &h)) {
		/* A damaged one is not known: its repetition is all there is. */
		if (spool_take(b->spool, buf_space(&b->scratch, h.len + 1u))
			== 0
		    && h.seq != 0 && h.session != 0)
			known_put(b, key_of(h.session, h.seq));
	}
	scratch_trim(b);
	spool_rewind(b->spool);
}

/* ---- life ----------------------------------------------------------- */

void
backlog_limits(struct backlog *b, const struct config_plugin *cfg)
{
	b->limits =
	    (struct spool_limits) {.bytes = (uint64_t)cfg->backlog_bytes,
		.segment_bytes = BACKLOG_SEGMENT_BYTES,
		.age_ms = (uint64_t)(cfg->backlog_age_s * 1000)};
	/* Some segments at least, as space comes back by the segment. */
	if (b->limits.segment_bytes > b->limits.bytes / 8)
		b->limits.segment_bytes = b->limits.bytes / 8;
}

void
backlog_init(struct backlog *b, const struct backlog_dir *all,
    const struct config_plugin *cfg)
{
	*b = (struct backlog) {0};
	if (!str_format(b->dir, sizeof(b->dir), "%s/%s", all->dir, cfg->name))
		bug("a plugin's name is longer than 64 bytes");
	list_init(&b->taken);
	list_init(&b->ahead);
	backlog_limits(b, cfg);
}

int
backlog_open(struct backlog *b, struct err *e)
{
	if (b->spool != NULL)
		return 0;
	b->spool = spool_open(b->dir, &b->limits, e);
	if (b->spool == NULL)
		return -1;
	b->opened_ms = clock_boot_ms();
	known_learn(b);
	return 0;
}

static void
free_all(struct list *l)
{
	list_each_safe (l, at, next) {
		list_remove(at);
		free(container_of(at, struct event, link));
	}
}

void
backlog_close(struct backlog *b)
{
	(void)backlog_sync(b, NULL);
	free_all(&b->taken);
	free_all(&b->ahead);
	b->taken_n = b->taken_bytes = b->ahead_n = 0;
	b->untaken = false;
	spool_close(b->spool);
	b->spool = NULL;
	known_free(b);
	buf_free(&b->scratch);
}

bool
backlog_of_another(const struct backlog *b)
{
	struct dirent *d;
	bool found = false;
	DIR *dir;

	if (b->spool != NULL || (dir = opendir(b->dir)) == NULL)
		return false;
	while (!found && (d = readdir(dir)) != NULL)
		found = strstr(d->d_name, ".seg") != NULL;
	closedir(dir);
	return found;
}

/* ---- in and out ----------------------------------------------------- */

static void
hold_place(struct backlog *b, struct event *e)
{
	list_append(&b->taken, &e->link);
	e->place = EVENT_TAKEN;
	b->taken_n++;
	b->taken_bytes += e->len;
}

int
backlog_add(struct backlog *b, const struct event *e, struct err *err)
{
	if (record_write(b, e, err) < 0)
		return -1;
	b->untaken = true;
	return 0;
}

static struct event *
copy_of(const struct event *e)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .flags = e->flags,
	    .len = e->len,
	    .t_off = e->t_off,
	    .t_len = e->t_len,
	    .seq = e->seq,
	    .session = e->session,
	    .recv_ms = e->recv_ms};
	struct event *c = in_flight_copy(e->shard_id,
	    in_flight_event_session(e), &h);

	memcpy(c->raw, e->raw, e->len);
	return c;
}

/*
 * Reading has passed their records without finding them: expired, or damaged.
 * Nothing will ever call these copies to their place.
 */
static void
settle(struct backlog *b)
{
	struct place at = spool_at(b->spool);

	while (!list_empty(&b->ahead)) {
		struct event *e = container_of(b->ahead.next, struct event,
		    link);

		if (place_before(at, e->record))
			return;
		list_remove(&e->link);
		b->ahead_n--;
		e->place = EVENT_NOWHERE;
		if (e->done)
			free(e);
	}
}

struct event *
backlog_keep(struct backlog *b, const struct event *e, struct err *err)
{
	struct event *c;

	if (b->spool != NULL)
		settle(b);
	if (b->untaken && b->ahead_n >= BACKLOG_AHEAD_MAX) {
		err_set(err, EXIT_DEGRADED,
		    "too many interactions have passed the order of the "
		    "backlog");
		return NULL;
	}
	if (record_write(b, e, err) < 0)
		return NULL;
	c = copy_of(e);
	if (!b->untaken) {
		spool_skip(b->spool);
		hold_place(b, c);
		return c;
	}
	list_append(&b->ahead, &c->link);
	c->record = spool_end(b->spool);
	c->place = EVENT_AHEAD;
	b->ahead_n++;
	return c;
}

/* The copy in memory of the record just read, now in its place. */
static bool
ahead_placed(struct backlog *b)
{
	struct event *e = list_empty(&b->ahead)
	    ? NULL
	    : container_of(b->ahead.next, struct event, link);

	if (e == NULL || place_before(spool_at(b->spool), e->record))
		return false;
	list_remove(&e->link);
	b->ahead_n--;
	hold_place(b, e);
	return true;
}

/* What is finished at the front gives its place on disk back. */
static void
release(struct backlog *b)
{
	size_t n = 0;

	while (!list_empty(&b->taken)) {
		struct event *e = container_of(b->taken.next, struct event,
		    link);

		if (!e->done)
			break;
		list_remove(&e->link);
		b->taken_n--;
		b->taken_bytes -= e->len;
		free(e);
		n++;
	}
	if (n > 0)
		spool_release(b->spool, n);
}

static bool
backlog_peek(struct backlog *b, struct up_hdr *h)
{
	bool found = spool_peek(b->spool, h);

	settle(b);
	return found;
}

struct event *
backlog_take(struct backlog *b, size_t max_events)
{
	struct event *e;
	struct up_hdr h;

	while (b->untaken && b->taken_n < max_events
	    && b->taken_bytes < BACKLOG_TAKEN_BYTES) {
		if (!backlog_peek(b, &h)) {
			b->untaken = false;
			break;
		}
		e = record_read(b, &h);
		b->untaken = !spool_empty(b->spool);
		if (e == NULL) {
			settle(b);
			continue;
		}
		if (!place_before(b->inherited, spool_at(b->spool)))
			e->flags |= UP_FLAG_AGAIN;
		if (ahead_placed(b)) {
			free(e);
			release(b);
			continue;
		}
		hold_place(b, e);
		return e;
	}
	return NULL;
}

void
backlog_finish(struct backlog *b, struct event *e)
{
	must(e->place != EVENT_NOWHERE && !e->done);
	e->done = true;
	release(b);
}

void
backlog_forget(struct backlog *b, struct event *e)
{
	if (e->place == EVENT_NOWHERE)
		return;
	if (e->place == EVENT_TAKEN)
		b->taken_n--;
	else
		b->ahead_n--;
	list_remove(&e->link);
	e->place = EVENT_NOWHERE;
}

void
backlog_tick(struct backlog *b)
{
	if (b->spool == NULL)
		return;
	if (b->known != NULL
	    && !(b->untaken && place_before(spool_at(b->spool), b->inherited))
	    && clock_boot_ms() - b->opened_ms > BACKLOG_KNOWN_MS)
		known_free(b);
	if (!b->untaken)
		return;
	spool_expire(b->spool);
	settle(b);
	b->untaken = !spool_empty(b->spool);
}

uint64_t
backlog_oldest(struct backlog *b)
{
	struct up_hdr h;

	return b->untaken && backlog_peek(b, &h) ? h.recv_ms : 0;
}
