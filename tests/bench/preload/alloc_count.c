/* SPDX-License-Identifier: MIT */
/*
 * Loaded before glibc (LD_PRELOAD), it counts for tools/bench what a process
 * asks of malloc: five u64, malloc, calloc, realloc, free and the bytes asked
 * for, at 64 * (pid % 65536) of the file ALLOC_COUNT, in memory that a fork
 * shares.  A free of nothing counts as well: it is a call.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOTS 65536

struct counts {
	uint64_t malloc, calloc, realloc, free, bytes, none[3];
};

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void __libc_free(void *);

static struct counts nobody, *all, *mine = &nobody;

static void
forked(void)
{
	if (all != NULL)
		mine = &all[getpid() % SLOTS];
}

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv("ALLOC_COUNT");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT, 0600);

	if (fd == -1)
		return;
	if (ftruncate(fd, SLOTS * sizeof(*all)) == 0)
		all = mmap(NULL, SLOTS * sizeof(*all), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (all == MAP_FAILED)
		all = NULL;
	close(fd);
	forked();
	pthread_atfork(NULL, NULL, forked);
}

void *
malloc(size_t n)
{
	mine->malloc++;
	mine->bytes += n;
	return __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	mine->calloc++;
	mine->bytes += n * size;
	return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	mine->realloc++;
	mine->bytes += n;
	return __libc_realloc(p, n);
}

void
free(void *p)
{
	mine->free++;
	__libc_free(p);
}
