/* SPDX-License-Identifier: MIT */
/* See dbmaps.h. */
#include "shared/store/dbmaps.h"

#include "shared/base/base.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

/* LMDB does not say where its maps are, so the kernel is asked.  The number
 * alone may be that of a file elsewhere, which a child may need. */
static bool
is_ours(const char *line, uint64_t file, ino_t data, ino_t lock)
{
	return (file == data && strstr(line, "/data.mdb") != NULL)
	    || (file == lock && strstr(line, "/lock.mdb") != NULL);
}

void
dbmaps_keep(ino_t data, ino_t lock)
{
	FILE *f = fopen("/proc/self/maps", "re");
	uintptr_t begin, end;
	char line[1024];
	uint64_t file;

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line,
			"%" SCNxPTR "-%" SCNxPTR " %*s %*s %*s %" SCNu64,
			&begin, &end, &file)
			== 3
		    && is_ours(line, file, data, lock))
			(void)madvise((void *)begin, end - begin,
			    MADV_DONTFORK);
	fclose(f);
}
