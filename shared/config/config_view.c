/* SPDX-License-Identifier: MIT */
/* See config_view.h. */
#include "shared/config/config_view.h"

#include <string.h>

#define VIEW_MAX 4

static struct {
	char from[CONFIG_PATH_MAX], to[CONFIG_PATH_MAX];
} view[VIEW_MAX];
static size_t views;

int
config_view_add(const char *text, struct err *e)
{
	const char *eq = strchr(text, '=');
	size_t n = eq != NULL ? (size_t)(eq - text) : 0;

	while (n > 1 && text[n - 1] == '/')
		n--;
	if (eq == NULL || text[0] != '/' || eq[1] != '/' || n >= CONFIG_PATH_MAX
	    || strlen(eq + 1) >= CONFIG_PATH_MAX)
		return err_set(e, EXIT_USAGE,
		    "--as-if: expected DIR=OTHER, two absolute paths, got "
		    "\"%s\"",
		    text);
	if (views == VIEW_MAX)
		return err_set(e, EXIT_USAGE, "--as-if: %d of them at most",
		    VIEW_MAX);
	memcpy(view[views].from, text, n);
	str_copy(view[views].to, eq + 1, CONFIG_PATH_MAX);
	views++;
	return 0;
}

const char *
config_view(const char *path, char out[CONFIG_PATH_MAX])
{
	for (size_t i = 0; i < views; i++) {
		size_t n = strlen(view[i].from);

		if (strncmp(path, view[i].from, n) == 0
		    && (path[n] == '/' || path[n] == '\0')
		    && str_format(out, CONFIG_PATH_MAX, "%s%s", view[i].to,
			path + n))
			return out;
	}
	return path;
}
