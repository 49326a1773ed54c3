/* SPDX-License-Identifier: MIT */
#include "shared/base/base.h"

#include "shared/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char fault[480];

const char *
base_fault(void)
{
	return fault;
}

void
base_fail(const char *file, int line, const char *func, const char *what)
{
	char text[512];
	int n;

	snprintf(fault, sizeof(fault), "invariant broken at %s:%d in %s: %s",
	    file, line, func, what);
	n = snprintf(text, sizeof(text), "<4>%s\n", fault);

	if (n > 0)
		(void)!write(STDERR_FILENO, text,
		    (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
	abort();
}

void *
base_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (p == NULL)
		bug("out of memory");
	return p;
}

void *
base_realloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (q == NULL)
		bug("out of memory");
	return q;
}

char *
base_strdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(base_alloc(n), s, n);
}

size_t
str_copy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size > 0) {
		size_t n = text_cut(src, len, size - 1);

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

bool
str_format(char *dst, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(dst, size, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= size && size > 0)
		dst[text_whole(dst, size - 1)] = '\0';
	return n >= 0 && (size_t)n < size;
}

bool
str_to_u64(const char *s, uint64_t *out)
{
	uint64_t v = 0;

	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9')
			return false;
		uint64_t digit = (uint64_t)(*s - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

bool
str_to_i64(const char *s, int64_t *out)
{
	bool negative = *s == '-';
	uint64_t v;

	if (!str_to_u64(s + negative, &v) || v > (uint64_t)INT64_MAX)
		return false;
	*out = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

bool
str_to_double(const char *s, double *out)
{
	char *end;

	/* strtod would take leading blanks, hex, inf and nan. */
	if (s[strspn(s, "0123456789.-")] != '\0' || *s == '\0')
		return false;
	errno = 0;
	double v = strtod(s, &end);
	if (*end != '\0' || end == s || errno == ERANGE)
		return false;
	*out = v;
	return true;
}

uint64_t
base_hash64(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}

int
fd_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fd_nonblock(int fd)
{
	int fl = fcntl(fd, F_GETFL);

	return fl < 0 ? -1 : fcntl(fd, F_SETFL, fl | O_NONBLOCK);
}

int
fd_cloexec(int fd, bool on)
{
	int fl = fcntl(fd, F_GETFD);

	if (fl < 0)
		return -1;
	return fcntl(fd, F_SETFD, on ? fl | FD_CLOEXEC : fl & ~FD_CLOEXEC);
}

/* close_range(2), which musl has no wrapper for; false when it failed. */
static bool
close_span(unsigned from, unsigned to)
{
	return from > to || syscall(SYS_close_range, from, to, 0) == 0;
}

static int
compare_fds(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

/* For kernels before 5.9: walks what is really open, never to the limit. */
static void
close_listed(int low, const int *keep, size_t n)
{
	DIR *d = opendir("/proc/self/fd");

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		uint64_t fd;
		bool kept = false;

		if (!str_to_u64(e->d_name, &fd) || (int)fd < low ||
		    (int)fd == dirfd(d))
			continue;
		for (size_t i = 0; i < n; i++)
			kept |= keep[i] == (int)fd;
		if (!kept)
			close((int)fd);
	}
	closedir(d);
}

void
fd_close_from(int low, const int *keep, size_t n)
{
	int sorted[64];
	unsigned from = (unsigned)low;

	must(n <= nitems(sorted));
	if (n > 0)
		memcpy(sorted, keep, n * sizeof(*keep));
	qsort(sorted, n, sizeof(*sorted), compare_fds);
	for (size_t i = 0; i < n; i++) {
		if (sorted[i] < 0 || (unsigned)sorted[i] < from)
			continue;
		if (sorted[i] > 0 &&
		    !close_span(from, (unsigned)sorted[i] - 1)) {
			close_listed(low, keep, n);
			return;
		}
		from = (unsigned)sorted[i] + 1;
	}
	if (!close_span(from, ~0u))
		close_listed(low, keep, n);
}
