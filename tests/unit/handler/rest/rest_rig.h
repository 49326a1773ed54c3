/* SPDX-License-Identifier: MIT */
/*
 * The queue of REST calls on the fake clock and a network of the test's own:
 * http.c is replaced by one whose calls fly until the test answers them.
 */
#ifndef TESTS_UNIT_HANDLER_REST_REST_RIG_H
#define TESTS_UNIT_HANDLER_REST_REST_RIG_H

#include "handler/rest/rest.h"
#include "tests/unit/rig/fake_time.h"

struct rest_rig {
	struct rest *rest;
	struct http_call *flying[64]; /* in the order they went */
	size_t n;
	unsigned done; /* calls that are over, and the last of them: */
	struct rest_answer last;
	char body[256];
};
extern struct rest_rig calls;

/* cmocka's fixtures. */
int rest_rig_setup(void **state);
int rest_rig_teardown(void **state);
/* Counts a call that is over. */
void rest_rig_done(void *arg, const struct rest_answer *);
/* A plugin's call: 0, or -1 when there is no room for it. */
int rest_rig_call(unsigned plugin, const struct rest_ask *);
int rest_rig_ask_path(unsigned plugin, const char *method, const char *path,
    bool repeatable);
/* A GET that is not refused. */
void rest_rig_ask(unsigned plugin, const char *path);
/* Answers the call that has flown for longest; 0: the connection broke. */
void rest_rig_answer(int status, const char *head, const char *body);
/* Lets time pass, this much or up to the next thing that is due. */
void rest_rig_pass(uint64_t ms);
void rest_rig_sleep(void);

#endif
