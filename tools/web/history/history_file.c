/* SPDX-License-Identifier: MIT */
#include "tools/web/history/history_file.h"

#include "shared/base/fd.h"
#include "shared/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LATEST_MS (INT64_C(1) << 53) /* no clock of ours is so far */
#define PATH_ROOM (CONFIG_PATH_MAX + 32)

static void
note(struct history_disk *d, const char *what, int e)
{
	text_format(d->note, sizeof(d->note),
	    "The history of the status page, %s/" HISTORY_FILE ", %s%s%s.",
	    d->dir, what, e != 0 ? ": " : "", e != 0 ? strerror(e) : "");
}

static void
path_of(const struct history_disk *d, const char *name, char out[PATH_ROOM])
{
	str_format(out, PATH_ROOM, "%s/%s", d->dir, name);
}

/* ---- checks --------------------------------------------------------- */

static uint64_t
check_slot(const struct history_file_slot *s)
{
	return base_hash64(s, offsetof(struct history_file_slot, check));
}

static uint64_t
check_incident(const struct history_file_incident *i)
{
	return base_hash64(i, offsetof(struct history_file_incident, check));
}

static uint64_t
check_head(const struct history_file_head *h)
{
	return base_hash64(h, offsetof(struct history_file_head, check));
}

static bool
slot_is_whole(const struct history_file_slot *s)
{
	return s->check == check_slot(s) && s->known_ms <= HISTORY_SLOT_MS
	    && s->less_ms <= s->known_ms
	    && s->lost_ms <= s->known_ms - s->less_ms;
}

static bool
incident_is_whole(const struct history_file_incident *i)
{
	return i->check == check_incident(i)
	    && memchr(i->kind, '\0', sizeof(i->kind)) != NULL && i->begin_ms > 0
	    && i->seen_ms >= i->begin_ms
	    && (i->end_ms == 0 || i->end_ms >= i->begin_ms);
}

/* What is torn is as if it never was written; so is what was not. */
static void
drop_torn(struct history_disk *d)
{
	static const struct history_file_slot no_slot;
	static const struct history_file_incident no_incident;

	d->torn = 0;
	for (size_t i = 0; i < HISTORY_SLOTS; i++) {
		struct history_file_slot *s = &d->file.slot[i];

		if (memcmp(s, &no_slot, sizeof(*s)) == 0 || slot_is_whole(s))
			continue;
		*s = no_slot;
		d->torn++;
	}
	for (size_t i = 0; i < HISTORY_INCIDENTS; i++) {
		struct history_file_incident *s = &d->file.incident[i];

		if (memcmp(s, &no_incident, sizeof(*s)) == 0
		    || incident_is_whole(s))
			continue;
		*s = no_incident;
		d->torn++;
	}
}

/* ---- writing -------------------------------------------------------- */

static int
put(struct history_disk *d, const void *from, size_t size)
{
	const char *p = from;
	off_t at = p - (const char *)&d->file;

	while (size > 0) {
		ssize_t n = pwrite(d->fd, p, size, at);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

/* The head last: without it the file is none. */
static int
put_all(struct history_disk *d)
{
	size_t head = sizeof(d->file.head);

	if (put(d, (const char *)&d->file + head, sizeof(d->file) - head) == -1)
		return -1;
	return put(d, &d->file.head, head);
}

static void
put_record(struct history_disk *d, const void *record, size_t size)
{
	if (!d->mine || d->fd == -1)
		return;
	if ((d->unwritten ? put_all(d) : put(d, record, size)) == 0) {
		if (d->unwritten)
			d->note[0] = '\0';
		d->unwritten = false;
		return;
	}
	note(d, "can't be written and is kept in memory alone", errno);
	d->unwritten = true;
}

void
history_file_put_slot(struct history_disk *d, size_t index)
{
	struct history_file_slot *s = &d->file.slot[index];

	s->check = check_slot(s);
	must(slot_is_whole(s));
	put_record(d, s, sizeof(*s));
}

void
history_file_put_incident(struct history_disk *d, size_t index)
{
	struct history_file_incident *i = &d->file.incident[index];

	i->check = check_incident(i);
	must(incident_is_whole(i));
	put_record(d, i, sizeof(*i));
}

/* ---- opening -------------------------------------------------------- */

/* False: it ends too early, or can't be read. */
static bool
read_all(struct history_disk *d)
{
	char *p = (char *)&d->file;
	size_t got = 0;

	while (got < sizeof(d->file)) {
		ssize_t n = pread(d->fd, p + got, sizeof(d->file) - got,
		    (off_t)got);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	return true;
}

static void
clear(struct history_disk *d)
{
	struct history_file_head *h = &d->file.head;

	memset(&d->file, 0, sizeof(d->file));
	h->magic = HISTORY_FILE_MAGIC;
	h->version = HISTORY_FILE_VERSION;
	h->slots = HISTORY_SLOTS;
	h->incidents = HISTORY_INCIDENTS;
	h->check = check_head(h);
}

static bool
is_ours(const struct history_file_head *h)
{
	return h->magic == HISTORY_FILE_MAGIC
	    && h->version == HISTORY_FILE_VERSION && h->slots == HISTORY_SLOTS
	    && h->incidents == HISTORY_INCIDENTS && h->check == check_head(h);
}

/* Empty, or of a beginning that came to no head. */
static bool
is_blank(struct history_disk *d)
{
	const char *p = (const char *)&d->file;

	memset(&d->file, 0, sizeof(d->file));
	(void)read_all(d);
	for (size_t i = 0; i < sizeof(d->file); i++)
		if (p[i] != '\0')
			return false;
	return true;
}

/* Is it still the file of that name?  Who had the lock may have put it
 * aside. */
static bool
in_place(const struct history_disk *d)
{
	char path[PATH_ROOM];
	struct stat a, b;

	path_of(d, HISTORY_FILE, path);
	return fstat(d->fd, &a) == 0 && lstat(path, &b) == 0
	    && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int
open_file(struct history_disk *d)
{
	char path[PATH_ROOM];
	struct stat st;

	path_of(d, HISTORY_FILE, path);
	d->fd = open(path,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (d->fd == -1)
		return -1;
	if (fstat(d->fd, &st) == 0 && S_ISREG(st.st_mode))
		return 0;
	close(d->fd);
	d->fd = -1;
	errno = EINVAL;
	return -1;
}

static bool
lock(struct history_disk *d)
{
	return flock(d->fd, LOCK_EX | LOCK_NB) == 0;
}

/* Begins anew in a blank file, and takes the room of all of it.  Synced, once
 * in its life: a power loss must not leave records without their head, for
 * which all of it would be put aside. */
static void
begin(struct history_disk *d)
{
	clear(d);
	if (put_all(d) == 0 && fsync(d->fd) == 0 && fd_sync_dir(d->dir) == 0)
		return;
	note(d, "can't be made and is kept in memory alone", errno);
	d->unwritten = true;
}

/* With the lock: what is there becomes HISTORY_OLD. */
static void
put_aside(struct history_disk *d)
{
	char from[PATH_ROOM], to[PATH_ROOM];
	int was = d->fd;

	path_of(d, HISTORY_FILE, from);
	path_of(d, HISTORY_OLD, to);
	if (rename(from, to) == 0 && open_file(d) == 0 && lock(d)) {
		close(was);
		note(d,
		    "was damaged or of another version of shardherd: it is "
		    "kept beside it as " HISTORY_OLD ", and a new one begins",
		    0);
	} else {
		note(d,
		    "is damaged or of another version of shardherd and can't "
		    "be put aside: the history is kept in memory alone",
		    errno);
		if (d->fd != was && d->fd != -1)
			close(d->fd);
		close(was);
		d->fd = -1;
	}
}

/* With the lock. */
static void
take_over(struct history_disk *d)
{
	d->mine = true;
	if (read_all(d) && is_ours(&d->file.head)) {
		drop_torn(d);
		if (d->torn > 0)
			text_format(d->note, sizeof(d->note),
			    "%u records of the history of the status page, "
			    "%s/" HISTORY_FILE ", are damaged: what they told "
			    "is not known any more.",
			    d->torn, d->dir);
		return;
	}
	if (!is_blank(d))
		put_aside(d);
	if (d->fd == -1)
		clear(d);
	else
		begin(d);
}

/* Another process writes: what it has written so far. */
static void
look(struct history_disk *d)
{
	if (read_all(d) && is_ours(&d->file.head))
		drop_torn(d);
	else
		clear(d);
}

void
history_file_open(struct history_disk *d, const char *dir)
{
	memset(d, 0, sizeof(*d));
	d->fd = -1;
	clear(d);
	if (str_copy(d->dir, dir, sizeof(d->dir)) >= sizeof(d->dir))
		errno = ENAMETOOLONG;
	else if ((mkdir(dir, 0700) == 0 || errno == EEXIST)
	    && open_file(d) == 0) {
		history_file_turn(d);
		return;
	}
	note(d, "can't be opened and is kept in memory alone", errno);
}

static bool
is_new(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == 0;
}

/* Somebody deleted it, or put another one there. */
static bool
open_again(struct history_disk *d)
{
	if (d->fd != -1)
		close(d->fd);
	if ((mkdir(d->dir, 0700) == 0 || errno == EEXIST) && open_file(d) == 0)
		return true;
	note(d, "can't be opened and is kept in memory alone", errno);
	return false;
}

bool
history_file_turn(struct history_disk *d)
{
	bool was_mine = d->mine;

	if (d->fd == -1 || (d->mine && in_place(d)))
		return false;
	d->mine = false;
	if (!in_place(d) && !open_again(d))
		return false;
	if (!lock(d) || !in_place(d))
		look(d);
	else if (was_mine && is_new(d->fd))
		d->mine = d->unwritten = true; /* it has what is in memory */
	else
		take_over(d);
	return true;
}

void
history_file_close(struct history_disk *d)
{
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
}
