/* SPDX-License-Identifier: MIT */
/* See nonce.h. */
#include "shared/wire/nonce.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/sha.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

void
nonce_seal(struct nonce *n, const char *token)
{
	size_t len = strlen(token), size = sizeof(n->bytes);
	unsigned char *buf = base_alloc(size + len);

	_Static_assert(SHA256_DIGEST_LENGTH == CONTRACT_NONCE_SIZE, "size");
	memcpy(buf, n->bytes, size);
	memcpy(buf + size, token, len);
	SHA256(buf, size + len, n->seal);
	explicit_bzero(buf, size + len);
	free(buf);
}

static int
name(char path[PATH_MAX], const char *dir, const char *end, struct err *e)
{
	if (str_format(path, PATH_MAX, "%s/nonce%s", dir, end))
		return 0;
	return err_set(e, EXIT_CONFIG, "[paths] state_dir: %s is too long",
	    dir);
}

int
nonce_make(struct nonce *n, const char *state_dir, const char *token,
    struct err *e)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	int fd;

	if (name(path, state_dir, "", e) == -1
	    || name(fresh, state_dir, ".new", e) == -1)
		return -1;
	if (getrandom(n->bytes, sizeof(n->bytes), 0) != sizeof(n->bytes))
		return err_sys(e, EXIT_DEGRADED, "no random bytes");
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd == -1)
		return err_sys(e, EXIT_DEGRADED, "can't write %s", fresh);
	if (fd_write_all(fd, n->bytes, sizeof(n->bytes)) == -1
	    || rename(fresh, path) == -1) {
		err_sys(e, EXIT_DEGRADED, "can't write %s", path);
		close(fd);
		return -1;
	}
	close(fd);
	nonce_seal(n, token);
	return 0;
}

int
nonce_read(struct nonce *n, const char *state_dir, const char *token,
    struct err *e)
{
	char path[PATH_MAX];
	ssize_t got;
	int fd;

	if (name(path, state_dir, "", e) == -1)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return err_sys(e, EXIT_DEGRADED, "can't read %s", path);
	got = read(fd, n->bytes, sizeof(n->bytes));
	close(fd);
	if (got != sizeof(n->bytes))
		return err_set(e, EXIT_DEGRADED, "%s is not whole", path);
	nonce_seal(n, token);
	return 0;
}
