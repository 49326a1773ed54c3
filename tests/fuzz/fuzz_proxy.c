/* SPDX-License-Identifier: MIT */
/*
 * Any request's target and any answer's head, as the REST proxy reads them; and
 * what a client that is bound to a guild may not reach, however it is written:
 * first line "METHOD TARGET", then the head.
 * Covers: handler/rest/proxy/proxy_head.c handler/rest/proxy/proxy_scope.c
 * handler/rest/proxy/proxy_route.c
 */
#include "tests/fuzz/kit.h"

#include "handler/rest/proxy/proxy_head.h"
#include "handler/rest/proxy/proxy_scope.h"

#include <string.h>
#include <strings.h>

static uint64_t
guild_of(void *arg, uint64_t channel)
{
	return channel == 11 ? 1 : 0;
}

/* Discord's own reading of a path, as strictly as it may be: what does not
 * begin so is none of the guild's. */
static bool
may_be_its(const char *path)
{
	static const char *const begins[] = {"/guilds/", "/channels/11",
	    "/channels/0", "/applications/", "/users/", "/voice/",
	    "/sticker-packs", "/soundboard-default-sounds", "/oauth2/",
	    "/gateway", "/webhooks/", "/interactions/"};

	for (size_t i = 0; i < nitems(begins); i++)
		if (strncmp(path, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

static void
request(char *line)
{
	static struct config_range one = {1, 1};
	static const struct config_ranges its = {&one, 1};
	const struct proxy_scope scope = {PROXY_SCOPE_FULL, &its};
	char *target = strchr(line, ' ');
	struct proxy_route r;
	const char *why = NULL;
	int status;

	if (target == NULL)
		return;
	*target++ = '\0';
	status = proxy_route_parse(&r, line, target, &why);
	if (status != 0) {
		must(status >= 400 && status < 500 && why != NULL);
		return;
	}
	must(r.path >= target && r.path[0] == '/');
	must(r.version == 0 || r.version == 9 || r.version == 10);
	if (proxy_scope_refuses(&scope, line, &r, guild_of, NULL) == NULL)
		must(may_be_its(r.path));
}

static void
answer(const char *text)
{
	struct proxy_head h;

	proxy_head_init(&h);
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		proxy_head_add(&h, text, len + (text[len] == '\n'));
		text += len + (text[len] == '\n');
	}
	must(h.n <= PROXY_HEAD_LINES && (!h.coded || h.length == -1));
	for (size_t i = 0; i < h.n; i++) {
		must(h.line[i].name[0] != '\0');
		must(strcasecmp(h.line[i].name, "Set-Cookie") != 0);
		must(strpbrk(h.line[i].value, "\r\n") == NULL);
	}
	proxy_head_free(&h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = base_alloc(size + 1);
	size_t line;

	memcpy(text, data, size);
	line = strcspn(text, "\n");
	if (text[line] == '\n') {
		text[line] = '\0';
		answer(text + line + 1);
	}
	request(text);
	free(text);
	return 0;
}
