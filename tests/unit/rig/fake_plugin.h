/* SPDX-License-Identifier: MIT */
/*
 * Plugins of which only the handler's side is there, for tests of what they
 * call: an answer is kept, or goes to the test's own function.
 */
#ifndef TESTS_UNIT_RIG_FAKE_PLUGIN_H
#define TESTS_UNIT_RIG_FAKE_PLUGIN_H

#include "handler/api/rpc.h"

struct fake_plugin {
	const struct config *config; /* whose plugins they are, by index */
	const struct config_plugin *given; /* to a restarted one; or NULL */
	uint64_t life;
	char answer[8192]; /* the last one; of an error message and data */
	int code;	   /* of an error; 0: a result */
	unsigned answers;
	/* NULL: kept as above, taken for read, or not asked. */
	void (*result)(uint64_t life, const char *id, const char *, size_t);
	void (*error)(uint64_t life, const char *id, int code,
	    const char *message, const char *data);
	void (*notify)(const char *method, const char *params, size_t);
	int (*rest)(const struct rest_ask *, rest_done_fn *, void *arg);
	uint64_t (*ask)(const char *method, const char *params, size_t);
	size_t unread;
};
extern struct fake_plugin fake_plugin;

void fake_plugin_begin(const struct config *);
struct plugin *fake_plugin_at(unsigned index);
/* A call of this plugin; params is JSON. */
void fake_plugin_call(struct rpc *, unsigned index, const char *method,
    const char *params);

#endif
