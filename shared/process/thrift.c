/* SPDX-License-Identifier: MIT */
/* See thrift.h. */
#include "shared/process/thrift.h"

#include "shared/base/base.h"

#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is called from here on finds its stack where it is. */
#define STACK_ROOM ((uintptr_t)32 << 10)

/* Where the stack's mapping begins, 0: not found. */
static uintptr_t
stack_begin(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	uintptr_t begin = 0;

	if (f == NULL)
		return 0;
	while (begin == 0 && fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, "[stack]") != NULL)
			begin = strtoul(line, NULL, 16);
	fclose(f);
	return begin;
}

static void
give_stack(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = stack_begin();
	uintptr_t end = (here - STACK_ROOM) / page * page;

	/* Below what is in use, in our own mapping: nobody's. */
	if (begin != 0 && begin < here && begin < end)
		(void)madvise((void *)begin, end - begin, MADV_DONTNEED);
}

void
thrift_give_back(void)
{
	give_stack();
#ifdef __GLIBC__
	(void)malloc_trim(0);
#endif
}
