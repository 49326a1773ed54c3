/* SPDX-License-Identifier: MIT */
/*
 * One line of the supervisor's control socket: a request, or one sentence.
 * Covers: supervisor/base/request.c
 */
#include "tests/fuzz/kit.h"

#include "supervisor/base/request.h"

#include <string.h>

#define ends(a) (memchr((a), '\0', sizeof(a)) != NULL)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request r;
	struct err e = {0};
	char out[2048];

	if (request_parse((const char *)data, size, &r, &e) == -1) {
		must(e.code == EXIT_USAGE && e.text[0] != '\0');
		request_error(&e, out, sizeof(out));
		must(out[strlen(out) - 1] == '\n'
		    && strchr(out, '\n') == out + strlen(out) - 1);
		return 0;
	}
	must(r.verb < REQUEST_VERB_COUNT && ends(r.by));
	must(
	    ends(r.plugin.name) && ends(r.client.name) && ends(r.upgrade.path));
	must(r.upgrade.path[0] == '\0' || r.upgrade.path[0] == '/');
	must(r.identifies <= REQUEST_LEAVE_MAX);
	must(r.rollout.pause_s <= REQUEST_SECONDS_MAX);
	request_line("said", r.by, out, sizeof(out));
	must(strchr(out, '\n') == out + strlen(out) - 1);
	return 0;
}
