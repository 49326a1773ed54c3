/* SPDX-License-Identifier: MIT */
/* See secret.h. */
#include "shared/base/secret.h"

#include <malloc.h>
#include <openssl/sha.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define IDENTITY_SALT "shardherd token"

static size_t
room(const char *text)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (strlen(text) + page) / page * page;
}

char *
secret_keep(const char *text)
{
	size_t size = room(text);
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bug("no memory for a secret");
	(void)madvise(p, size, MADV_DONTDUMP);
	(void)mlock(p, size);
	memcpy(p, text, strlen(text) + 1);
	return p;
}

char *
secret_take(char *text)
{
	char *kept = secret_keep(text);

	secret_free(text);
	return kept;
}

void
secret_drop(char *p)
{
	size_t size;

	if (p == NULL)
		return;
	size = room(p);
	explicit_bzero(p, size);
	munmap(p, size);
}

void
secret_free(char *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, strlen(p));
	free(p);
}

void
secret_wipe_free(void *p)
{
	if (p == NULL)
		return;
	explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void *
secret_wipe_realloc(void *p, size_t size)
{
	size_t was = p != NULL ? malloc_usable_size(p) : 0;
	void *fresh = malloc(size);

	if (fresh == NULL)
		return NULL;
	if (p != NULL)
		memcpy(fresh, p, was < size ? was : size);
	secret_wipe_free(p);
	return fresh;
}

uint64_t
secret_identity(const char *token)
{
	unsigned char md[SHA256_DIGEST_LENGTH];
	size_t salt = strlen(IDENTITY_SALT), len = strlen(token);
	unsigned char *buf = base_alloc(salt + len);
	uint64_t id;

	memcpy(buf, IDENTITY_SALT, salt);
	memcpy(buf + salt, token, len);
	SHA256(buf, salt + len, md);
	memcpy(&id, md, sizeof(id));
	explicit_bzero(buf, salt + len);
	free(buf);
	return id;
}

void
secret_no_core(void)
{
	/*
	 * A limit of 0 stops files alone: a program in core_pattern would still
	 * get the dump.  1 byte stops both (do_coredump() takes it for a crash
	 * of that program).
	 */
	struct rlimit one = {1, 1}, none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &one) == -1)
		(void)setrlimit(RLIMIT_CORE, &none);
}
