/* SPDX-License-Identifier: MIT */
#include "shared/base/log.h"

#include "shared/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

const char *const log_level_name[] = {
    [LOG_L_DEBUG] = "debug",
    [LOG_L_INFO] = "info",
    [LOG_L_NOTICE] = "notice",
    [LOG_L_WARN] = "warn",
    [LOG_L_ERROR] = "error",
};

/* The one log of a process. */
static struct {
	enum log_sink sink;
	enum log_level least;
	void (*hook)(enum log_level, const char *, void *);
	void *hook_arg;
} the_log = {.sink = LOG_TO_PEOPLE, .least = LOG_L_INFO};

void
log_init(enum log_sink sink, enum log_level least)
{
	the_log.sink = sink;
	the_log.least = least;
}

void
log_set_level(enum log_level least)
{
	the_log.least = least;
}

void
log_set_hook(void (*hook)(enum log_level, const char *, void *), void *arg)
{
	the_log.hook = hook;
	the_log.hook_arg = arg;
}

int
log_parse_level(const char *s, enum log_level *out)
{
	for (unsigned i = 0; i < nitems(log_level_name); i++) {
		if (strcmp(s, log_level_name[i]) == 0) {
			*out = (enum log_level)i;
			return 0;
		}
	}
	return -1;
}

static void
emit(enum log_level level, const char *text)
{
	char line[LOG_WITH_LEVEL + 32];
	int n;

	switch (the_log.sink) {
	case LOG_TO_HOOK:
		if (the_log.hook != NULL)
			the_log.hook(level, text, the_log.hook_arg);
		return;
	case LOG_TO_PIPE:
		n = snprintf(line, sizeof(line), "<%d>%s\n", (int)level, text);
		break;
	default:
		n = snprintf(line, sizeof(line), "shardherd: %s\n", text);
		break;
	}
	/* One write, so lines of several processes never mix. */
	if (n > 0)
		(void)!write(STDERR_FILENO, line, (size_t)n);
}

static void printflike(2, 0)
    vlog(enum log_level level, const char *fmt, va_list ap)
{
	int saved = errno;
	char raw[LOG_LINE], text[LOG_LINE];
	size_t n;

	if (level >= the_log.least) {
		n = (size_t)vsnprintf(raw, sizeof(raw), fmt, ap);
		if (n >= sizeof(raw))
			n = text_whole(raw, sizeof(raw) - 1);
		/* No line can forge another, or move the reader's cursor. */
		text_clean(text, sizeof(text), raw, n);
		emit(level, text);
	}
	errno = saved;
}

#define LOG_FUNCTION(name, level)                                              \
	void log_##name(const char *fmt, ...)                                  \
	{                                                                      \
		va_list ap;                                                    \
		va_start(ap, fmt);                                             \
		vlog(level, fmt, ap);                                          \
		va_end(ap);                                                    \
	}

LOG_FUNCTION(debug, LOG_L_DEBUG)
LOG_FUNCTION(info, LOG_L_INFO)
LOG_FUNCTION(notice, LOG_L_NOTICE)
LOG_FUNCTION(warn, LOG_L_WARN)
LOG_FUNCTION(error, LOG_L_ERROR)
