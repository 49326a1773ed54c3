/* SPDX-License-Identifier: MIT */
/*
 * A config file of any bytes is read or refused with at least one problem
 * that names it; what was read can be written out.
 * Covers: shared/config/config.c shared/config/config_types.c
 * shared/config/config_write.c shared/config/config_plugin_keys.c
 */
#include "tests/fuzz/kit.h"

#include "shared/config/config.h"

#include <string.h>

static void
count(const char *line, void *arg)
{
	must(strlen(line) > 0);
	++*(unsigned *)arg;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *sink;
	struct config c = {0};
	struct err err = {0};
	unsigned problems = 0;
	char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (sink == NULL)
		sink = fopen("/dev/null", "w");
	if (config_parse(&c, "/fuzz.conf", text, count, &problems, &err) == 0)
		config_write(&c, sink);
	else
		must(err.text[0] != '\0' && err.code == EXIT_CONFIG);
	config_free(&c);
	free(text);
	return 0;
}
