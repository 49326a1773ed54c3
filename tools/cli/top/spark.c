/* SPDX-License-Identifier: MIT */
/* See spark.h. */
#include "tools/cli/top/spark.h"

#include <string.h>

#define STEPS 8

static const char *const bars[2][STEPS] = {
    {".", ":", "-", "=", "+", "*", "#", "@"},
    {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
};

static const char *
bar(double value, double most, bool utf8)
{
	/* So that NaN and what is below nothing are blanks as well. */
	if (!(value > 0))
		return " ";
	if (value >= most)
		return bars[utf8][STEPS - 1];
	return bars[utf8][(unsigned)(value / most * STEPS)];
}

void
spark_draw(const double *value, size_t n, size_t width, bool utf8, char *out,
    size_t size)
{
	double most = 0;
	size_t blanks, at = 0;

	must(size >= SPARK_BYTES(width));
	if (n > width) {
		value += n - width;
		n = width;
	}
	for (size_t i = 0; i < n; i++)
		if (value[i] > most)
			most = value[i];
	blanks = width - n;
	memset(out, ' ', blanks);
	at = blanks;
	for (size_t i = 0; i < n; i++)
		at += str_copy(out + at, bar(value[i], most, utf8), size - at);
	out[at] = '\0';
}
