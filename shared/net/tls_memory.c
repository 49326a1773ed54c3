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

#define ALIGN 16u /* as malloc: a block's size stands in front of it */

static struct {
	unsigned char *base; /* NULL: no region */
	size_t used;
	bool open; /* it takes more */
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

static void *
take(size_t n)
{
	size_t all = ALIGN + (n + ALIGN - 1) / ALIGN * ALIGN;
	unsigned char *p = region.base + region.used;

	if (n > TLS_MEMORY_REGION || all > TLS_MEMORY_REGION - region.used)
		return malloc(n);
	region.used += all;
	memcpy(p, &n, sizeof(n));
	return p + ALIGN;
}

static void *
on_malloc(size_t n, const char *file, int line)
{
	if (n == 0)
		return NULL;
	return region.open ? take(n) : malloc(n);
}

/* What lies in the region is never given back: the pages are shared. */
static void
on_free(void *p, const char *file, int line)
{
	if (!inside(p))
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
	if (p != NULL)
		memcpy(p, old, had);
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

void
tls_memory_trim(void)
{
#ifdef __GLIBC__
	if (HERD_TRICK_TRIM)
		(void)malloc_trim(0);
#endif
}
