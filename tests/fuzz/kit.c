/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/kit.h"

#include "shared/spool/segment.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define RECORD_MAGIC 0x7370726cu /* see segment.c */

static char dir[128];

uint8_t
kit_byte(struct kit *k)
{
	if (k->left == 0)
		return 0;
	k->left--;
	return *k->p++;
}

uint32_t
kit_number(struct kit *k, int bytes)
{
	uint32_t n = 0;

	for (int i = 0; i < bytes; i++)
		n |= (uint32_t)kit_byte(k) << (8 * i);
	return n;
}

const uint8_t *
kit_take(struct kit *k, size_t *n)
{
	const uint8_t *p = k->p;

	*n = *n < k->left ? *n : k->left;
	k->p += *n;
	k->left -= *n;
	return p;
}

char *
kit_text(const void *data, size_t n)
{
	char *text = malloc(n + 1);

	must(text != NULL);
	memcpy(text, data, n);
	text[n] = '\0';
	return text;
}

void
kit_seal(uint8_t *p, size_t n)
{
	for (size_t at = 0; at + sizeof(struct segment_record) <= n;) {
		struct segment_record r;
		size_t room = n - at - sizeof(r);

		memcpy(&r, p + at, sizeof(r));
		if (r.magic != RECORD_MAGIC) {
			at++;
			continue;
		}
		if (r.hdr.len <= room)
			r.body_crc = (uint32_t)crc32(0, p + at + sizeof(r),
			    r.hdr.len);
		r.head_crc = (uint32_t)crc32(0, (uint8_t *)&r.body_crc,
		    sizeof(r) - offsetof(struct segment_record, body_crc));
		memcpy(p + at, &r, sizeof(r));
		at += sizeof(r) + (r.hdr.len <= room ? r.hdr.len : 0);
	}
}

bool
kit_climbs(const char *path)
{
	const char *at = strstr(path, "/..");

	return at != NULL && at < path + strcspn(path, "?")
	    && (at[3] == '/' || at[3] == '?' || at[3] == '\0');
}

/* ---- the directory -------------------------------------------------- */

static int
drop(const char *path, const struct stat *st, int type, struct FTW *f)
{
	if (f->level > 0 && remove(path) == -1)
		return -1;
	return 0;
}

void
kit_empty(void)
{
	if (dir[0] != '\0')
		(void)nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

static void
clean(void)
{
	kit_empty();
	(void)rmdir(dir);
}

/* FUZZ_DIR: where it is to be, so that somebody removes what crashes leave. */
const char *
kit_dir(void)
{
	const char *in = getenv("FUZZ_DIR");

	if (dir[0] != '\0')
		return dir;
	if (in == NULL)
		in = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	must(str_format(dir, sizeof(dir), "%s/fuzz.XXXXXX", in));
	must(mkdtemp(dir) != NULL);
	atexit(clean);
	return dir;
}

const char *
kit_path(const char *name)
{
	static char path[300];

	must(str_format(path, sizeof(path), "%s/%s", kit_dir(), name));
	return path;
}

void
kit_write(const char *path, const void *data, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd != -1 && fd_write_all(fd, data, n) == 0);
	close(fd);
}
