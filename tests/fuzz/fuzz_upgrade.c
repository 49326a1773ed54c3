/* SPDX-License-Identifier: MIT */
/*
 * Any HTTP answer and any URL, read by the shard's websocket upgrade.
 * Covers: shard/net/ws_upgrade.c
 */
#include "tests/fuzz/kit.h"

#include "shard/net/ws_upgrade.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ws_upgrade_answer answer;
	struct ws_upgrade_url url;
	char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (ws_upgrade_parse((const char *)data, size,
		"dGhlIHNhbXBsZSBub25jZQ==", &answer)
	    == 1) {
		must(answer.length <= size);
		must(memchr(answer.ray, '\0', sizeof(answer.ray)) != NULL);
	}
	if (ws_upgrade_parse_url(text, &url) == 0)
		must(url.host[0] != '\0' && url.path[0] == '/');
	free(text);
	return 0;
}
