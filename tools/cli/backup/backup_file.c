/* SPDX-License-Identifier: MIT */
/* See backup_file.h. */
#include "tools/cli/backup/backup_file.h"

#include "shared/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_BYTES 12 /* kind, three zeros, two lengths */
#define SUM_BYTES 32
#define FIRST_LINE BACKUP_FILE_MAGIC "1\n"
_Static_assert(BACKUP_FILE_VERSION == 1, "the first line says it");

static void
put_u32(unsigned char *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(n >> (8 * i));
}

static uint32_t
get_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16
	    | (uint32_t)p[3] << 24;
}

static void
put_u64(unsigned char *p, uint64_t n)
{
	put_u32(p, (uint32_t)n);
	put_u32(p + 4, (uint32_t)(n >> 32));
}

static EVP_MD_CTX *
sum_new(void)
{
	EVP_MD_CTX *sum = EVP_MD_CTX_new();

	must(sum != NULL && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1);
	return sum;
}

/* ---- writing -------------------------------------------------------- */

static int
fail_write(struct backup_file_out *o, struct err *e)
{
	err_sys(e, EXIT_DEGRADED, "Cannot write %s", o->path);
	backup_file_abandon(o);
	return -1;
}

static bool
put(struct backup_file_out *o, const void *p, size_t n)
{
	must(EVP_DigestUpdate(o->sum, p, n) == 1);
	return n == 0 || fwrite(p, 1, n, o->f) == n;
}

/* What is there and is no backup is somebody's. */
static int
may_replace(const char *path, struct err *e)
{
	char line[sizeof(BACKUP_FILE_MAGIC)] = "";
	struct stat st;
	ssize_t n;
	int fd;

	if (lstat(path, &st) == -1)
		return errno == ENOENT
		    ? 0
		    : err_sys(e, EXIT_USAGE, "Cannot write %s", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	n = fd != -1 && S_ISREG(st.st_mode) ? read(fd, line, sizeof(line) - 1)
					    : -1;
	if (fd != -1)
		close(fd);
	if (n == 0 || (n > 0 && strcmp(line, BACKUP_FILE_MAGIC) == 0))
		return 0;
	return err_set(e, EXIT_USAGE,
	    "%s is there and is no backup: it is not replaced.", path);
}

int
backup_file_create(struct backup_file_out *o, const char *path, struct err *e)
{
	int fd;

	memset(o, 0, sizeof(*o));
	if (may_replace(path, e) == -1)
		return -1;
	if (!str_format(o->path, sizeof(o->path), "%s", path))
		return err_set(e, EXIT_USAGE, "The path is too long: %s", path);
	str_format(o->tmp, sizeof(o->tmp), "%s.%d.tmp", path, (int)getpid());
	/* Of a process that had our number and was killed. */
	if (unlink(o->tmp) == -1 && errno != ENOENT)
		return err_sys(e, EXIT_DEGRADED, "Cannot write %s", o->tmp);
	fd = open(o->tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return err_sys(e, EXIT_DEGRADED, "Cannot write %s", o->path);
	o->sum = sum_new();
	if ((o->f = fdopen(fd, "w")) == NULL) {
		close(fd);
		return fail_write(o, e);
	}
	return put(o, FIRST_LINE, strlen(FIRST_LINE)) ? 0 : fail_write(o, e);
}

static bool
put_record(struct backup_file_out *o, enum backup_file_kind kind,
    const void *key, size_t key_len, const void *value, size_t value_len)
{
	unsigned char h[HEAD_BYTES] = {(unsigned char)kind};

	put_u32(h + 4, (uint32_t)key_len);
	put_u32(h + 8, (uint32_t)value_len);
	return put(o, h, sizeof(h)) && put(o, key, key_len)
	    && put(o, value, value_len);
}

int
backup_file_put(struct backup_file_out *o, enum backup_file_kind kind,
    const void *key, size_t key_len, const void *value, size_t value_len,
    struct err *e)
{
	if (key_len > BACKUP_FILE_KEY_MAX
	    || value_len > BACKUP_FILE_VALUE_MAX) {
		backup_file_abandon(o);
		return err_set(e, EXIT_DEGRADED,
		    "An entry of %zu bytes is more than a backup may have.",
		    value_len);
	}
	o->records++;
	return put_record(o, kind, key, key_len, value, value_len)
	    ? 0
	    : fail_write(o, e);
}

/* The name is on disk as well. */
static bool
sync_folder(const char *path)
{
	char copy[4096];
	int fd, rc;

	str_copy(copy, path, sizeof(copy));
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return false;
	rc = fsync(fd);
	close(fd);
	return rc == 0;
}

int
backup_file_finish(struct backup_file_out *o, struct err *e)
{
	unsigned char count[8], sum[EVP_MAX_MD_SIZE];

	put_u64(count, o->records);
	if (!put_record(o, BACKUP_FILE_END, "", 0, count, sizeof(count)))
		return fail_write(o, e);
	must(EVP_DigestFinal_ex(o->sum, sum, NULL) == 1);
	if (fwrite(sum, 1, SUM_BYTES, o->f) != SUM_BYTES || fflush(o->f) == EOF
	    || fsync(fileno(o->f)) == -1 || rename(o->tmp, o->path) == -1
	    || !sync_folder(o->path))
		return fail_write(o, e);
	o->tmp[0] = '\0'; /* it is no more */
	backup_file_abandon(o);
	return 0;
}

void
backup_file_abandon(struct backup_file_out *o)
{
	if (o->tmp[0] != '\0')
		unlink(o->tmp);
	if (o->f != NULL)
		fclose(o->f);
	EVP_MD_CTX_free(o->sum);
	memset(o, 0, sizeof(*o));
}

/* ---- reading -------------------------------------------------------- */

static int
fail_short(const struct backup_file_in *in, struct err *e)
{
	return err_set(e, EXIT_DEGRADED,
	    "%s ends before its end: the backup was not copied whole, or is "
	    "damaged.",
	    in->path);
}

static int
fail_damaged(const struct backup_file_in *in, struct err *e)
{
	return err_set(e, EXIT_DEGRADED,
	    "%s is damaged: it is not what was written (its checksum is "
	    "another).",
	    in->path);
}

static int
take(struct backup_file_in *in, void *p, size_t n, struct err *e)
{
	if (n > in->left)
		return fail_short(in, e);
	if (n > 0 && fread(p, 1, n, in->f) != n)
		return ferror(in->f)
		    ? err_sys(e, EXIT_DEGRADED, "Cannot read %s", in->path)
		    : fail_short(in, e);
	in->left -= n;
	return 0;
}

/* The same, of what the sum is over. */
static int
take_summed(struct backup_file_in *in, void *p, size_t n, struct err *e)
{
	if (take(in, p, n, e) == -1)
		return -1;
	must(EVP_DigestUpdate(in->sum, p, n) == 1);
	return 0;
}

static int
take_first_line(struct backup_file_in *in, struct err *e)
{
	char line[sizeof(FIRST_LINE)] = "";
	size_t magic = strlen(BACKUP_FILE_MAGIC);
	size_t n = in->left < strlen(FIRST_LINE) ? (size_t)in->left
						 : strlen(FIRST_LINE);

	if (take_summed(in, line, n, e) == -1)
		return -1;
	if (strcmp(line, FIRST_LINE) == 0)
		return 0;
	if (n > magic && memcmp(line, BACKUP_FILE_MAGIC, magic) == 0
	    && line[magic] > '0' && line[magic] <= '9')
		return err_set(e, EXIT_CONFIG,
		    "%s was made by a newer shardherd: use that, or a newer "
		    "one, to restore it.",
		    in->path);
	return err_set(e, EXIT_USAGE, "%s is no backup of shardherd.",
	    in->path);
}

int
backup_file_open(struct backup_file_in *in, const char *path, struct err *e)
{
	struct stat st;
	int fd;

	memset(in, 0, sizeof(*in));
	in->path = path;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return err_sys(e, EXIT_USAGE, "Cannot read %s", path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, EXIT_USAGE, "%s is no file.", path);
	}
	in->sum = sum_new();
	in->left = (uint64_t)st.st_size;
	if ((in->f = fdopen(fd, "r")) == NULL) {
		close(fd);
		err_sys(e, EXIT_DEGRADED, "Cannot read %s", path);
	} else if (take_first_line(in, e) == 0) {
		return 0;
	}
	backup_file_close(in);
	return -1;
}

int
backup_file_rewind(struct backup_file_in *in, struct err *e)
{
	struct stat st;

	if (fseek(in->f, 0, SEEK_SET) == -1 || fstat(fileno(in->f), &st) == -1)
		return err_sys(e, EXIT_DEGRADED, "Cannot read %s", in->path);
	EVP_MD_CTX_free(in->sum);
	in->sum = sum_new();
	in->left = (uint64_t)st.st_size;
	in->records = 0;
	return take_first_line(in, e);
}

/* Memory follows what the file really has. */
static int
take_value(struct backup_file_in *in, size_t n, struct err *e)
{
	if (n > in->left)
		return fail_short(in, e);
	if (n > in->room) {
		free(in->value);
		in->value = base_alloc(n);
		in->room = n;
	}
	return take_summed(in, in->value, n, e);
}

static int
take_end(struct backup_file_in *in, size_t len, struct err *e)
{
	unsigned char own[EVP_MAX_MD_SIZE], sum[SUM_BYTES], count[8];

	put_u64(count, in->records);
	must(EVP_DigestFinal_ex(in->sum, own, NULL) == 1);
	if (take(in, sum, sizeof(sum), e) == -1)
		return -1;
	if (memcmp(own, sum, sizeof(sum)) != 0 || len != sizeof(count)
	    || memcmp(in->value, count, sizeof(count)) != 0 || in->left != 0)
		return fail_damaged(in, e);
	return 0;
}

static bool
is_kind(int c)
{
	return c == BACKUP_FILE_ABOUT || c == BACKUP_FILE_STORE
	    || c == BACKUP_FILE_KV || c == BACKUP_FILE_END;
}

int
backup_file_next(struct backup_file_in *in, struct backup_file_record *r,
    struct err *e)
{
	unsigned char h[HEAD_BYTES];
	size_t key, value;

	if (take_summed(in, h, sizeof(h), e) == -1)
		return -1;
	key = get_u32(h + 4);
	value = get_u32(h + 8);
	if (!is_kind(h[0]) || h[1] != 0 || h[2] != 0 || h[3] != 0
	    || key > BACKUP_FILE_KEY_MAX || value > BACKUP_FILE_VALUE_MAX
	    || (key == 0) != (h[0] == BACKUP_FILE_END))
		return fail_damaged(in, e);
	if (take_summed(in, in->key, key, e) == -1
	    || take_value(in, value, e) == -1)
		return -1;
	in->key[key] = '\0';
	if (h[0] == BACKUP_FILE_END)
		return take_end(in, value, e);
	in->records++;
	*r = (struct backup_file_record) {h[0], in->key, key, in->value, value};
	return 1;
}

void
backup_file_close(struct backup_file_in *in)
{
	if (in->f != NULL)
		fclose(in->f);
	EVP_MD_CTX_free(in->sum);
	free(in->value);
	memset(in, 0, sizeof(*in));
}
