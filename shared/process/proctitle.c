/* SPDX-License-Identifier: MIT */
#include "shared/process/proctitle.h"

#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>

extern char **environ;

/* The bytes of argv and environ, which ps reads. */
static struct {
	char *start;
	size_t size;
	char **args; /* the copies argv was given; they live for ever */
} title;

void
proctitle_init(int argc, char **argv)
{
	char *end;
	int n = 0;

	if (argc < 1)
		return;
	title.start = argv[0];
	end = argv[0] + strlen(argv[0]) + 1;
	for (int i = 1; i < argc && argv[i] == end; i++)
		end += strlen(argv[i]) + 1;
	while (environ[n] != NULL)
		n++;
	/* Copies live on for the life of the process; ps gets their room. */
	char **copy = base_alloc(sizeof(*copy) * ((size_t)n + 1));
	for (int i = 0; i < n; i++) {
		if (environ[i] == end)
			end += strlen(environ[i]) + 1;
		copy[i] = base_strdup(environ[i]);
	}
	title.args = base_alloc(sizeof(*title.args) * (size_t)argc);
	for (int i = 0; i < argc; i++)
		argv[i] = title.args[i] = base_strdup(argv[i]);
	environ = copy;
	title.size = (size_t)(end - title.start);
}

void
proctitle_set(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (title.size > 0) {
		memset(title.start, 0, title.size);
		str_copy(title.start, text, title.size);
	}
	const char *name = strrchr(text, ':');
	name = name != NULL ? name + 1 + (name[1] == ' ') : text;
	prctl(PR_SET_NAME, name, 0, 0, 0);
}
