/* SPDX-License-Identifier: MIT */
/*
 * Transactions, records and messages; what must hold before the first one.
 * Durability is LMDB's default: a commit is on disk when it returns.
 */
#include "shared/store/store_env.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MAP_BYTES ((size_t)256 << 20) /* address space, not disk */
#define READERS_MAX 2048	      /* processes inside a transaction */
#define FREE_BYTES_MIN (1 << 20)      /* below it nothing is started */

#ifdef __GLIBC__
#define LIBC_NAME "glibc"
#else
#define LIBC_NAME "musl"
#endif

#define META_HEAD "shardherd store\nlibc "

#define RECORD_MAX (sizeof(struct store_head) + sizeof(struct store_session))

struct fault {
	int rc, code;
	const char *text;
};

static const struct fault faults[] = {
    {ENOSPC, EXIT_DEGRADED, "the disk is full. Free some space"},
    {EDQUOT, EXIT_DEGRADED, "the disk quota is used up. Free some space"},
    {EROFS, EXIT_CONFIG, "the file system is mounted read-only"},
    {EACCES, EXIT_CONFIG,
	"permission denied (is this the user the fleet runs as?)"},
    {ENOENT, EXIT_DOWN, "it does not exist yet: no fleet was started here"},
    {DBENV_BUSY, EXIT_TRY_LATER,
	"another process is writing to it, or was "
	"stopped (state T in ps) while it did"},
    {DBENV_GONE, EXIT_DEGRADED,
	"it was deleted or moved away while it was "
	"in use. Put it back; the next start would make a new one, and "
	"every shard would have to IDENTIFY"},
    {MDB_MAP_FULL, EXIT_DEGRADED, "it has reached its size limit of 256 MiB"},
    {MDB_READERS_FULL, EXIT_TRY_LATER, "too many processes read it"},
    {MDB_INVALID, EXIT_DEGRADED, NULL},
    {MDB_CORRUPTED, EXIT_DEGRADED, NULL},
    {MDB_PAGE_NOTFOUND, EXIT_DEGRADED, NULL},
    {MDB_BAD_VALSIZE, EXIT_DEGRADED, "a key or value is too long"},
    {MDB_VERSION_MISMATCH, EXIT_CONFIG, "another version of LMDB wrote it"},
};

int
store_env_fail(const struct store *s, int rc, const char *doing,
    struct err *err)
{
	for (size_t i = 0; i < nitems(faults); i++) {
		if (faults[i].rc != rc)
			continue;
		if (faults[i].text != NULL)
			return err_set(err, faults[i].code,
			    "Cannot %s the store %s: %s.", doing, s->path,
			    faults[i].text);
		return err_set(err, faults[i].code,
		    "Cannot %s the store %s: it is damaged (%s). Stop the "
		    "fleet and move that directory away; the next start makes "
		    "a new one, and every shard has to IDENTIFY.",
		    doing, s->path, mdb_strerror(rc));
	}
	return err_set(err, EXIT_DEGRADED, "Cannot %s the store %s: %s.", doing,
	    s->path, mdb_strerror(rc));
}

int
store_env_begin(struct store_tx *tx, const struct store *s, bool write,
    struct err *err)
{
	struct dbenv_kind k = {s->map_size, READERS_MAX};
	int rc;

	*tx = (struct store_tx) {.store = s};
	rc = dbenv_begin(&tx->db, s->path, &k,
	    (write ? DBENV_WRITE : 0) | (s->creates ? DBENV_CREATE : 0));
	if (rc != 0)
		return store_env_fail(s, rc, "open", err);
	tx->txn = tx->db.txn;
	tx->dbi = tx->db.dbi;
	return 0;
}

int
store_env_commit(struct store_tx *tx, struct err *err)
{
	int rc = dbenv_commit(&tx->db);

	return rc == 0 ? 0 : store_env_fail(tx->store, rc, "write to", err);
}

void
store_env_abort(struct store_tx *tx)
{
	dbenv_abort(&tx->db);
}

/* ---- records -------------------------------------------------------- */

void
store_env_key(struct store_key *k, const char *text)
{
	k->val.mv_data = k->text;
	k->val.mv_size = strlen(text);
	str_copy(k->text, text, sizeof(k->text));
}

int
store_env_put(struct store_tx *tx, struct store_key *k, const void *data,
    size_t size, struct err *err)
{
	struct store_head h = {.version = STORE_RECORD_VERSION,
	    .size = (uint32_t)size};
	char buf[RECORD_MAX];
	MDB_val v = {sizeof(h) + size, buf};
	int rc;

	must(sizeof(h) + size <= sizeof(buf));
	memcpy(buf, &h, sizeof(h));
	memcpy(buf + sizeof(h), data, size);
	if ((rc = mdb_put(tx->txn, tx->dbi, &k->val, &v, 0)) != 0)
		return store_env_fail(tx->store, rc, "write to", err);
	return 0;
}

int
store_env_check(const struct store *s, const MDB_val *v, const char *what,
    size_t size, struct err *err)
{
	struct store_head h;

	if (v->mv_size < sizeof(h))
		return store_env_fail(s, MDB_CORRUPTED, "read", err);
	memcpy(&h, v->mv_data, sizeof(h));
	if (h.version > STORE_RECORD_VERSION)
		return err_set(err, EXIT_CONFIG,
		    "The store %s holds a %s record of a newer shardherd "
		    "(version %u, this one knows %u). Use the newer binary.",
		    s->path, what, h.version, STORE_RECORD_VERSION);
	if (h.version != STORE_RECORD_VERSION || h.size != size
	    || v->mv_size != sizeof(h) + size)
		return store_env_fail(s, MDB_CORRUPTED, "read", err);
	return 0;
}

/* 1 found, 0 none, -1. */
int
store_env_get(struct store_tx *tx, struct store_key *k, const char *what,
    void *out, size_t size, struct err *err)
{
	MDB_val v;
	int rc = mdb_get(tx->txn, tx->dbi, &k->val, &v);

	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return store_env_fail(tx->store, rc, "read", err);
	if (store_env_check(tx->store, &v, what, size, err) == -1)
		return -1;
	memcpy(out, (char *)v.mv_data + sizeof(struct store_head), size);
	return 1;
}

int
store_env_get_one(const struct store *s, struct store_key *k, const char *what,
    void *out, size_t size, struct err *err)
{
	struct store_tx tx;
	int r;

	if (store_env_begin(&tx, s, false, err) == -1)
		return -1;
	r = store_env_get(&tx, k, what, out, size, err);
	store_env_abort(&tx);
	return r;
}

int
store_env_put_one(const struct store *s, struct store_key *k, const void *data,
    size_t size, struct err *err)
{
	struct store_tx tx;

	if (store_env_begin(&tx, s, true, err) == -1)
		return -1;
	if (store_env_put(&tx, k, data, size, err) == 0)
		return store_env_commit(&tx, err);
	store_env_abort(&tx);
	return -1;
}

/* ---- what must hold before the first transaction -------------------- */

static int
make_dirs(struct store *s, struct err *err)
{
	for (char *p = s->path + 1;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(s->path, 0700) == -1 && errno != EEXIST
		    && access(s->path, F_OK) == -1)
			return store_env_fail(s, errno, "create", err);
		*p = c;
		if (c == '\0')
			return 0;
	}
}

/* What has no name after a power loss is not there: db, what lies in it, and
 * state_dir itself, whoever made them. */
int
store_env_named(const struct store *s, struct err *err)
{
	return fd_sync_dirs(s->path, 3) == 0
	    ? 0
	    : store_env_fail(s, errno, "write to", err);
}

static int
check_space(const struct store *s, struct err *err)
{
	struct statvfs fs;

	if (statvfs(s->path, &fs) == -1)
		return store_env_fail(s, errno, "look at", err);
	if ((uint64_t)fs.f_frsize * (geteuid() == 0 ? fs.f_bfree : fs.f_bavail)
	    < FREE_BYTES_MIN)
		return store_env_fail(s, ENOSPC, "write to", err);
	return 0;
}

/* Written whole under another name, then linked: the first one wins. */
static int
meta_write(const struct store *s, const char *path, struct err *err)
{
	char tmp[sizeof(s->path) + 32], text[128];
	int fd, rc = 0;

	str_format(tmp, sizeof(tmp), "%s/meta.%ld", s->path, (long)getpid());
	str_format(text, sizeof(text), META_HEAD "%s\n", LIBC_NAME);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1)
		return store_env_fail(s, errno, "write to", err);
	if (fd_write_all(fd, text, strlen(text)) == -1 || fsync(fd) == -1
	    || (link(tmp, path) == -1 && errno != EEXIST))
		rc = store_env_fail(s, errno, "write to", err);
	close(fd);
	unlink(tmp);
	return rc;
}

/* The C library that text, n bytes, names; NULL when it is not such a file. */
static const char *
meta_libc(char *text, size_t n)
{
	size_t head = strlen(META_HEAD), len;

	if (strncmp(text, META_HEAD, head) != 0)
		return NULL;
	len = strspn(text + head, "abcdefghijklmnopqrstuvwxyz");
	if (len == 0 || n != head + len + 1 || text[n - 1] != '\n')
		return NULL;
	text[n - 1] = '\0';
	return text + head;
}

static int
meta_check(const struct store *s, const char *path, struct err *err)
{
	char text[128] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *libc;
	ssize_t n;

	if (fd == -1)
		return store_env_fail(s, errno, "open", err);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	libc = n > 0 ? meta_libc(text, (size_t)n) : NULL;
	if (libc == NULL)
		return err_set(err, EXIT_CONFIG,
		    "The file %s is damaged: it should say which C library the "
		    "programs have that use the store, as two with different "
		    "ones deadlock. If all of them are like this one (%s), "
		    "delete it: the next start of the fleet writes it again, "
		    "the sessions stay.",
		    path, LIBC_NAME);
	if (strcmp(libc, LIBC_NAME) == 0)
		return 0;
	return err_set(err, EXIT_CONFIG,
	    "The store %s was made by a program with another C library (%s; "
	    "this one has %s), and the two together deadlock. Use the binary "
	    "that made it, or, when no process of the other is left, delete %s "
	    "and %s/lock.mdb.",
	    s->path, libc, LIBC_NAME, path, s->path);
}

int
store_env_prepare(struct store *s, const char *state_dir, bool create,
    struct err *err)
{
	char meta[sizeof(s->path) + 16];

	memset(s, 0, sizeof(*s));
	s->map_size = MAP_BYTES;
	if (!str_format(s->path, sizeof(s->path), "%s/db", state_dir))
		return err_set(err, EXIT_CONFIG, "state_dir is too long: %s",
		    state_dir);
	str_format(meta, sizeof(meta), "%s/meta", s->path);
	s->known = access(meta, F_OK) == 0;
	if (create
	    && (make_dirs(s, err) == -1 || check_space(s, err) == -1
		|| (!s->known && meta_write(s, meta, err) == -1)))
		return -1;
	return meta_check(s, meta, err);
}
