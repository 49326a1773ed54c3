/* SPDX-License-Identifier: MIT */
/*
 * A real plugin process for unit tests: a line in, a line out.  What goes
 * wrong fails the test.
 */
#ifndef TESTS_UNIT_HANDLER_PLUGINS_PLUGIN_CHILD_H
#define TESTS_UNIT_HANDLER_PLUGINS_PLUGIN_CHILD_H

#include "shared/base/base.h"

#include <sys/types.h>

#define PLUGIN_CHILD_WAIT_MS 60000 /* for a line */

struct plugin_child {
	pid_t pid; /* 0: none */
	int in, out;
	char *text; /* read, not yet handed out */
	size_t len;
};

void plugin_child_start(struct plugin_child *, const char *const argv[]);
/* SIGKILL, and nothing of it is left. */
void plugin_child_kill(struct plugin_child *);
void plugin_child_send(struct plugin_child *, const char *line);
/* Its next line, without the end; free(). */
char *plugin_child_line(struct plugin_child *);

#endif
