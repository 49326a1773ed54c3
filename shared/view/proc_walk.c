/* SPDX-License-Identifier: MIT */
#include "shared/view/proc_walk.h"

#include "shared/config/config.h"
#include "shared/process/process.h"

#include <dirent.h>
#include <unistd.h>

#define FDS_MAX 4096 /* looked at, of one process */

bool
proc_walk_fds(int32_t pid, proc_walk_fd_fn *fn, void *arg)
{
	char link[320], target[CONFIG_PATH_MAX + 32];
	struct dirent *e;
	bool found = false;
	DIR *d;

	str_format(link, sizeof(link), "/proc/%d/fd", pid);
	d = opendir(link);
	for (int i = 0;
	     d != NULL && !found && i < FDS_MAX && (e = readdir(d)) != NULL;
	     i++) {
		ssize_t n;

		str_format(link, sizeof(link), "/proc/%d/fd/%s", pid,
		    e->d_name);
		n = readlink(link, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		found = fn(link, target, arg);
	}
	if (d != NULL)
		closedir(d);
	return found;
}

int32_t
proc_walk_titled(const char *title, bool (*fn)(int32_t, void *), void *arg)
{
	DIR *d = opendir("/proc");
	int32_t found = 0;
	struct dirent *e;
	uint64_t pid;

	while (d != NULL && found == 0 && (e = readdir(d)) != NULL)
		if (str_to_u64(e->d_name, &pid) && pid < INT32_MAX
		    && process_titled((int32_t)pid, title)
		    && fn((int32_t)pid, arg))
			found = (int32_t)pid;
	if (d != NULL)
		closedir(d);
	return found;
}
