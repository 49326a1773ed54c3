/* SPDX-License-Identifier: MIT */
/*
 * Lines that a plugin writes: an answer, a request or nonsense, whole or as the
 * head of one that is too long.  Of what is called a request json-c has the
 * second word.
 * Covers: handler/process/rpc_read.c handler/process/rpc_answer.c
 */
#include "tests/fuzz/kit.h"

#include "handler/process/rpc_answer.h"
#include "handler/process/rpc_read.h"
#include "shared/base/text.h"
#include "shared/json/json.h"

#include <string.h>

static void
check(const struct rpc_read *r)
{
	must(memchr(r->id, '\0', sizeof(r->id)) != NULL);
	must(memchr(r->why, '\0', sizeof(r->why)) != NULL);
	must(strchr(r->why, '\n') == NULL);
	must(text_is_utf8(r->why, strlen(r->why)));
	if (r->kind == RPC_READ_BAD)
		must(r->why[0] != '\0');
	/* It goes back on one line of its own. */
	if (r->id[0] != '\0')
		must(strchr(r->id, '\n') == NULL);
}

static void
line(const char *text, size_t len)
{
	struct json_object *o = json_parse_as(text, len, json_type_object), *v;
	enum rpc_read_kind kind;
	struct rpc_read r;
	uint64_t number;

	rpc_read_parse(&r, text, len);
	check(&r);
	if (rpc_answer_read(text, len, &kind, &number))
		must(o != NULL && kind == r.kind && number == r.number);
	if (r.kind == RPC_READ_REQUEST) {
		must(o != NULL && r.method != NULL);
		v = json_get_of(o, "method", json_type_string);
		must(v != NULL
		    && strcmp(json_object_get_string(v), r.method) == 0);
	}
	if (r.kind == RPC_READ_RESULT)
		must(o != NULL);
	rpc_read_free(&r);
	json_object_put(o);
	memset(&r, 0, sizeof(r));
	rpc_read_head(&r, text,
	    len < RPC_READ_HEAD_MAX ? len : RPC_READ_HEAD_MAX);
	if (r.kind != RPC_READ_BAD)
		check(&r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = kit_text(data, size);

	while (size > 0) {
		char *nl = memchr(text, '\n', size), *copy;
		size_t len = nl != NULL ? (size_t)(nl - text) : size;

		/* A block of its own size, for ASan. */
		copy = kit_text(text, len);
		line(copy, len);
		if (rpc_read_mask_nul(copy, len))
			line(copy, len);
		free(copy);
		len += nl != NULL;
		memmove(text, text + len, size - len);
		size -= len;
	}
	free(text);
	return 0;
}
