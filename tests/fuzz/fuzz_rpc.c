/* SPDX-License-Identifier: MIT */
/*
 * Every method a plugin may call, with any parameters: each call is answered
 * once, or goes to Discord below the API's path and is answered then with what
 * the input has for it.  Lines of "METHOD PARAMS", the last one is what Discord
 * answers.
 * Covers: handler/api/rpc.c handler/api/api_rest.c handler/api/api_message.c
 * handler/api/api_kv.c handler/api/api_rank.c handler/api/api_timer.c
 * handler/storage/kv_jobs.c handler/timer/cron.c handler/rest/endpoint.c
 */
#include "tests/fuzz/kit.h"

#include "handler/api/rpc.h"
#include "handler/rest/endpoint.h"
#include "shared/base/log.h"
#include "shared/json/envelope.h"
#include "shared/json/json.h"
#include "tests/unit/rig/fake_plugin.h"
#include "tests/unit/rig/fake_time.h"

#include <string.h>

#define FLYING 32

static struct {
	struct config config;
	struct intake intake;
	struct rpc rpc;
	struct page page;
	struct {
		rest_done_fn *done;
		void *arg;
	} flying[FLYING];
	size_t n;
	unsigned answers;
} t;

static void
on_result(uint64_t life, const char *id, const char *json, size_t len)
{
	t.answers++;
	must(envelope_valid(json, len, JSON_DEPTH_MAX + JSON_WRAP_MAX));
	must(memchr(json, '\n', len) == NULL);
}

static void
on_error(uint64_t life, const char *id, int code, const char *message,
    const char *data)
{
	t.answers++;
	must(message[0] != '\0' && code < 0);
	if (data != NULL)
		must(envelope_valid(data, strlen(data), JSON_DEPTH_MAX));
}

static int
on_rest(const struct rest_ask *ask, rest_done_fn *done, void *arg)
{
	struct endpoint e;
	const char *why;

	/* As rest_call() does. */
	if (endpoint_parse(&e, ask->method, ask->path, &why) == -1
	    || t.n == FLYING)
		return -1;
	must(ask->path[0] == '/' && !kit_climbs(ask->path));
	t.flying[t.n].done = done;
	t.flying[t.n++].arg = arg;
	return 0;
}

static void
begin(void)
{
	static char owner[] = "1", all[] = "ranks, rest, gateway";
	struct err e;

	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	fake_plugin_begin(&t.config);
	fake_time_reset();
	t.config.state_dir = base_strdup(kit_dir());
	t.config.plugins = 1;
	strcpy(t.config.plugin[0].name, "a");
	t.config.owners = owner;
	t.config.plugin[0].permissions = all;
	t.config.plugin[0].storage = 1 << 20;
	list_init(&t.intake.taps);
	t.rpc.intake = &t.intake;
	fake_plugin.result = on_result;
	fake_plugin.error = on_error;
	fake_plugin.rest = on_rest;
	must(page_create(&t.page, kit_dir(), 2, &e) == 0);
	t.rpc.page = &t.page;
	must(rpc_open(&t.rpc, NULL, &t.config, NULL) == 0);
}

static void
answer_all(const char *body, size_t len)
{
	static const int status[] = {200, 204, 403, 404, 500};
	struct rest_answer a = {.body = body, .len = len};

	for (size_t i = 0; i < t.n; i++) {
		a.status = status[len % nitems(status)];
		a.outcome = a.status < 300 ? REST_OK : REST_REFUSED;
		a.why = a.status < 300 ? "" : "refused";
		t.flying[i].done(t.flying[i].arg, &a);
	}
	t.n = 0;
}

static void
call(const char *line, size_t len)
{
	const char *blank = memchr(line, ' ', len);
	struct json_object *o = NULL;
	char method[64];

	if (blank == NULL || blank - line >= (ptrdiff_t)sizeof(method))
		return;
	memcpy(method, line, (size_t)(blank - line));
	method[blank - line] = '\0';
	(void)json_parse(&o, blank + 1, (size_t)(line + len - blank - 1));
	rpc_request(&t.rpc, fake_plugin_at(0), "1", method, o);
	json_object_put(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size, *nl;

	if (t.rpc.intake == NULL)
		begin();
	for (int i = 0; i < FLYING && (nl = memchr(p, '\n', (size_t)(end - p)));
	     p = nl + 1, i++)
		call(p, (size_t)(nl - p));
	rpc_flush(&t.rpc);
	answer_all(p, (size_t)(end - p));
	rpc_flush(&t.rpc);
	/* Timers that were set fire, or do not. */
	fake_time_advance(2000);
	rpc_flush(&t.rpc);
	answer_all(p, (size_t)(end - p));
	return 0;
}
