/* SPDX-License-Identifier: MIT */
/* See reply_nonce.h. */
#include "handler/rest/reply_nonce.h"

#include <inttypes.h>
#include <string.h>

static uint64_t
hash_of(const char *plugin, const char *message, uint64_t number)
{
	char text[256];

	str_format(text, sizeof(text), "%.128s %.32s %" PRIu64, plugin, message,
	    number);
	return base_hash64(text, strlen(text));
}

void
reply_nonce_of(const char *plugin, const char *message, uint32_t n,
    char out[REPLY_NONCE_MAX])
{
	must(str_format(out, REPLY_NONCE_MAX, "%016" PRIx64,
	    hash_of(plugin, message, n)));
}

void
reply_nonce_next(struct reply_nonces *r, const char *plugin, uint64_t life,
    const char *message, char out[REPLY_NONCE_MAX])
{
	uint64_t key = hash_of(plugin, message, ~life) | 1;
	size_t s = key / 2 % REPLY_NONCE_SETS, at = 0;

	for (size_t i = 0; i < REPLY_NONCE_WAYS; i++) {
		if (r->set[s][i].key == key) {
			at = i;
			break;
		}
		if (r->set[s][i].used < r->set[s][at].used)
			at = i;
	}
	if (r->set[s][at].key != key) {
		r->set[s][at].key = key;
		r->set[s][at].n = 0;
	}
	r->set[s][at].used = ++r->serial;
	reply_nonce_of(plugin, message, ++r->set[s][at].n, out);
}
