/* SPDX-License-Identifier: MIT */
/*
 * The handler's reading of a shard's stream, fed in pieces whose sizes the
 * input itself picks: what is handed out lies inside what came in, and a line
 * made of it for a plugin is one line of UTF-8.
 * Covers: handler/intake/frame.c
 */
#include "tests/fuzz/kit.h"

#include "handler/intake/frame.h"
#include "handler/process/rpc_write.h"
#include "shared/base/text.h"

#include <string.h>

static void
check_line(const char *payload, size_t len)
{
	char *copy = malloc(len + 1);

	must(copy != NULL);
	memcpy(copy, payload, len);
	copy[len] = '\0';
	if (rpc_write_splice(copy, len))
		must(
		    memchr(copy, '\n', len) == NULL && text_is_utf8(copy, len));
	free(copy);
}

/* All frames that are complete: 0, or -1 when the reader gave the peer up. */
static int
take(struct frame_reader *r, size_t fed, size_t *got)
{
	const char *payload, *why = NULL;
	struct up_hdr hdr;
	int n;

	while ((n = frame_next(r, &hdr, &payload, &why)) == 1) {
		*got += sizeof(hdr) + hdr.len;
		must(*got <= fed);
		check_line(payload, hdr.len);
	}
	must(n == 0 || why != NULL);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reader r;
	size_t fed = 0, got = 0, n, room;
	char *to;

	memset(&r, 0, sizeof(r));
	check_line((const char *)data, size);
	while (fed < size) {
		to = frame_space(&r, &room);
		n = 1 + data[fed] * 16u;
		n = n > size - fed ? size - fed : n;
		n = n > room ? room : n;
		memcpy(to, data + fed, n);
		frame_filled(&r, n);
		fed += n;
		if (take(&r, fed, &got) == -1)
			break;
	}
	frame_free(&r);
	return 0;
}
