/* SPDX-License-Identifier: MIT */
#include "tools/cli/base/human.h"

#include <time.h>

const char *
human_age(int64_t ms, char out[24])
{
	long long s = ms / 1000;

	if (ms < 0)
		str_copy(out, "-", 24);
	else if (ms < 1000)
		str_format(out, 24, "%dms", (int)ms);
	else if (s < 60)
		str_format(out, 24, "%d.%ds", (int)s, (int)(ms % 1000 / 100));
	else if (s < 3600)
		str_format(out, 24, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		str_format(out, 24, "%lldh%02lldm", s / 3600, s % 3600 / 60);
	else
		str_format(out, 24, "%lldd%02lldh", s / 86400,
		    s % 86400 / 3600);
	return out;
}

const char *
human_size(uint64_t bytes, char out[24])
{
	static const char unit[] = "\0KMGTP";
	double d = (double)bytes;
	int i = 0;

	for (; d >= 1024 && i < 5; i++)
		d /= 1024;
	if (i == 0)
		str_format(out, 24, "%d", (int)bytes);
	else
		str_format(out, 24, d < 10 ? "%.1f%c" : "%.0f%c", d, unit[i]);
	return out;
}

const char *
human_when(int64_t wall_ms, char out[32])
{
	time_t s = (time_t)(wall_ms / 1000);
	struct tm tm;

	out[0] = '\0';
	if (wall_ms != 0 && localtime_r(&s, &tm) != NULL)
		strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}
