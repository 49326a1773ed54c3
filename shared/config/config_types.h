/* SPDX-License-Identifier: MIT */
/*
 * The types of values in shardherd.conf: one row each says how a value is
 * read, how it is written back, and with that who owns it.  A row is all it
 * takes to add a type.  Nothing here waits but for the user database (USER)
 * and for a look at programs (EXEC, COMMAND).
 */
#ifndef SHARED_CONFIG_CONFIG_TYPES_H
#define SHARED_CONFIG_CONFIG_TYPES_H

#include "shared/base/base.h"

/*
 * TEXT(read): a char *, as it is read, which is copied and freed with its
 * struct.  WORDS(array): an int, the index of one of these words.  Others:
 * {read, written}.  The functions are config_types.c's.
 */
/* clang-format off */
#define CONFIG_TYPES_ROWS(X)                                                   \
X(TEXT, TEXT(parse_text))	/* anything */                                 \
X(WORD, TEXT(parse_word))	/* a name without blanks, for titles */        \
X(FILE, TEXT(parse_file))	/* absolute path, or "" where that is default */ \
X(NUMBER, {parse_number, text_number})	/* int64_t within min..max */          \
X(AUTO, {parse_auto, text_auto})	/* the same, or "auto" stored as 0 */  \
X(SIZE, {parse_size, text_size})	/* int64_t bytes, min..max: "64M" */   \
/* double seconds; min..max in milliseconds: "250ms" */                        \
X(DURATION, {parse_duration, text_duration})                                   \
X(INTENTS, {parse_intents, text_intents})	/* uint64_t bits */            \
X(JSON, TEXT(parse_json))	/* "" or a presence object */                  \
X(API, TEXT(parse_api))		/* http(s) URL, no slash at the end */         \
X(PROXY, TEXT(parse_proxy))	/* "" or http://host:port */                   \
X(COMPRESS, WORDS(compress_word))	/* enum config_compress */             \
X(LEVEL, WORDS(log_level_name))		/* enum log_level */                   \
X(EXEC, TEXT(config_types_exec)) /* words, the first an absolute path */       \
X(COMMAND, TEXT(config_types_command))	/* the same, or "" */                  \
X(EVENTS, TEXT(config_types_events))	/* "*" or event names */               \
/* "" or numbers and ranges, config_ranges.h */                                \
X(RANGES, TEXT(config_types_ranges))                                           \
X(PREFIX, TEXT(config_types_prefix))	/* "", or what commands begin with */  \
X(PERMISSIONS, TEXT(config_types_permissions))	/* "" or words of them */      \
X(OWN, TEXT(parse_text))	/* any number of keys, config_plugin_keys.h */ \
X(USER, TEXT(config_types_user)) /* "" or the name of a user of this machine */ \
X(LOG_TO, WORDS(log_to_word))		/* enum config_log_to */               \
X(LOG_FORMAT, WORDS(logline_format_name)) /* enum logline_format */            \
X(YES_NO, WORDS(yes_no_word))                                                  \
X(LISTEN, TEXT(config_types_listen))	/* "" or config_address */             \
X(WEB_LISTEN, TEXT(config_types_web_listen)) /* the same, or a port alone */   \
X(HOSTS, TEXT(config_types_hosts))	/* "", "*" or names of hosts */        \
X(GATE_URL, TEXT(config_types_gate_url)) /* "" or ws(s)://... */               \
X(CLIENT_INTENTS, {config_types_intents, text_intents})	/* or "all" */         \
X(OPS, TEXT(config_types_ops))		/* "" or words of them */              \
X(REST_SCOPE, WORDS(rest_word))		/* enum config_rest */                 \
X(CLIENT_COMPRESS, WORDS(client_compress_word)) /* enum of that name */        \
X(CACHE_MEMBERS, WORDS(members_word))	/* enum config_members */              \
X(SECOND, WORDS(second_word))		/* enum config_second */               \
X(OFF_AUTO, WORDS(off_auto_word))
/* clang-format on */

enum config_type {
#define X(n, ...) CONFIG_##n,
	CONFIG_TYPES_ROWS(X)
#undef X
	    CONFIG_TYPES
};

struct config_key;

/*
 * Reads text as the key's type into base (struct config or that of a kind);
 * relative files are taken from dir.  -1 with why = `expected ..., got ...`.
 * recalled: it was accepted before, see config_recall().
 */
int config_types_parse(const struct config_key *, const char *text,
    const char *dir, bool recalled, void *base, char *why, size_t size);
/* The value the way the file would say it.  Owner frees. */
char *config_types_text(const struct config_key *, const void *base);
/* Frees what a key holds. */
void config_types_free(const struct config_key *, void *base);

#endif
