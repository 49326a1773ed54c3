/* SPDX-License-Identifier: MIT */
#include "shared/net/tls_memory.h"

#include "shared/base/tricks.h"

#include <openssl/crypto.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* LeakSanitizer does not look into what is mapped by hand. */
#ifdef __SANITIZE_ADDRESS__
#define USABLE 0
#else
#define USABLE HERD_TRICK_TLS_REGION
#endif

#define ALIGN 16u  /* as malloc: a block's size stands in front of it */
#define SIZES 512u /* in steps of ALIGN; what is larger is not used again */

/*
 * What is freed while the region is open is the next block of its size: of
 * Debian's bundle 14.5 MiB were left behind, and 2.0 are with it (smaps).
 */
struct spare {
	struct spare *next;
};

static struct {
	unsigned char *base; /* NULL: no region */
	size_t used;
	bool open; /* it takes more */
	struct spare *spare[SIZES];
} region;

static bool
inside(const void *p)
{
	uintptr_t at = (uintptr_t)p, from = (uintptr_t)region.base;

	return region.base != NULL && at >= from
	    && at - from < TLS_MEMORY_REGION;
}

static size_t
size_of(const void *p)
{
	size_t n;

	memcpy(&n, (const unsigned char *)p - ALIGN, sizeof(n));
	return n;
}

/* Steps of a block of n bytes, without its size. */
static size_t
steps(size_t n)
{
	return n / ALIGN + (n % ALIGN != 0);
}

static void *
take(size_t n)
{
	size_t k = steps(n), all = ALIGN + k * ALIGN;
	struct spare *s = k < SIZES ? region.spare[k] : NULL;
	unsigned char *p = region.base + region.used;

	if (s != NULL) {
		region.spare[k] = s->next;
		p = (unsigned char *)s - ALIGN;
	} else if (n > TLS_MEMORY_REGION
	    || all > TLS_MEMORY_REGION - region.used) {
		return malloc(n);
	} else {
		region.used += all;
	}
	memcpy(p, &n, sizeof(n));
	return p + ALIGN;
}

static void
give(void *p)
{
	size_t k = steps(size_of(p));
	struct spare *s = p;

	if (!region.open || k >= SIZES)
		return;
	s->next = region.spare[k];
	region.spare[k] = s;
}

static void *
on_malloc(size_t n, const char *file, int line)
{
	if (n == 0)
		return NULL;
	return region.open ? take(n) : malloc(n);
}

/* Once it is closed its pages are shared, and nothing touches them. */
static void
on_free(void *p, const char *file, int line)
{
	if (inside(p))
		give(p);
	else
		free(p);
}

static void *
on_realloc(void *old, size_t n, const char *file, int line)
{
	size_t had;
	void *p;

	if (old == NULL)
		return on_malloc(n, file, line);
	if (n == 0) {
		on_free(old, file, line);
		return NULL;
	}
	if (!inside(old))
		return realloc(old, n);
	had = size_of(old);
	if (n <= had)
		return old;
	p = on_malloc(n, file, line);
	if (p == NULL)
		return NULL;
	memcpy(p, old, had);
	give(old);
	return p;
}

void
tls_memory_begin(void)
{
	void *p;

	if (!USABLE || region.base != NULL
	    || CRYPTO_set_mem_functions(on_malloc, on_realloc, on_free) != 1)
		return;
	p = mmap(NULL, TLS_MEMORY_REGION, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return;
	region.base = p;
	region.open = true;
}

void
tls_memory_end(void)
{
	region.open = false;
}

size_t
tls_memory_used(void)
{
	return region.used;
}

void
tls_memory_trim(void)
{
#ifdef __GLIBC__
	if (HERD_TRICK_TRIM)
		(void)malloc_trim(0);
#endif
}
