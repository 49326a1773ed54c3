/* SPDX-License-Identifier: MIT */
/*
 * One log line: level and text.  A child writes "<level>text\n" to its stderr,
 * a non-blocking pipe held by the supervisor, which adds time and role; so a
 * child can neither forge another's name nor be stopped by a slow disk.
 * Control bytes are escaped.  Secrets must never be passed here.
 */
#ifndef SHARED_BASE_LOG_H
#define SHARED_BASE_LOG_H

#include "shared/base/base.h"

#define LOG_LINE 2048		      /* a longer one is cut */
#define LOG_WITH_LEVEL (LOG_LINE + 3) /* in a pipe: "<3>" before it */

enum log_level {
	LOG_L_DEBUG,
	LOG_L_INFO,
	LOG_L_NOTICE,
	LOG_L_WARN,
	LOG_L_ERROR
};
enum log_sink {
	LOG_TO_PEOPLE, /* "shardherd: text" on stderr: the CLI */
	LOG_TO_PIPE,   /* "<level>text" on stderr: a child of the supervisor */
	LOG_TO_HOOK,   /* log_hook below: the supervisor itself, tests */
};

extern const char
    *const log_level_name[LOG_L_ERROR + 1]; /* "debug" .. "error" */

void log_init(enum log_sink sink, enum log_level least);
void log_set_level(enum log_level least);
/* Receives every line at or above the level when the sink is LOG_TO_HOOK. */
void log_set_hook(void (*hook)(enum log_level, const char *text, void *arg),
    void *arg);
/* Parses "debug".."error": 0, or -1. */
int log_parse_level(const char *s, enum log_level *out);

void log_debug(const char *fmt, ...) printflike(1, 2);
void log_info(const char *fmt, ...) printflike(1, 2);
void log_notice(const char *fmt, ...) printflike(1, 2);
void log_warn(const char *fmt, ...) printflike(1, 2);
void log_error(const char *fmt, ...) printflike(1, 2);

#endif
