/* SPDX-License-Identifier: MIT */
/*
 * Any message of a client of the gate.
 * Covers: handler/gate/client/client_payload.c
 */
#include "tests/fuzz/kit.h"

#include "handler/gate/client/client_payload.h"

#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct client_payload p;
	struct client_identify id;
	struct client_resume r;
	uint64_t s;

	if (!client_payload_read(text, size, &p))
		return 0;
	must(p.op >= -1 && p.op <= 255);
	must(p.d == NULL || (p.d >= text && p.d + p.len <= text + size));
	client_payload_seq(&p, &s);
	if (client_payload_identify(&p, &id)) {
		must(memchr(id.token, '\0', sizeof(id.token)) != NULL);
		must(id.shard_bad || id.shard < id.count);
		must(id.presence == NULL
		    || (id.presence >= p.d
			&& id.presence + id.presence_len <= p.d + p.len));
	}
	if (client_payload_resume(&p, &r))
		must(memchr(r.token, '\0', sizeof(r.token)) != NULL
		    && memchr(r.session, '\0', sizeof(r.session)) != NULL);
	return 0;
}
