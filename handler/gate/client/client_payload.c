/* SPDX-License-Identifier: MIT */
/* What a client says; see client_payload.h. */
#include "handler/gate/client/client_payload.h"

#include "shared/json/walk.h"

#include <string.h>
#include <strings.h>

#define DEPTH_MAX 32

/* A number without sign, fraction and exponent; some libraries print 5.0. */
static bool
number(const struct walk_item *v, uint64_t *out)
{
	char text[24];
	size_t len = v->len;

	if (len > 2 && memcmp(v->value + len - 2, ".0", 2) == 0)
		len -= 2;
	if (len == 0 || len >= sizeof(text))
		return false;
	memcpy(text, v->value, len);
	text[len] = '\0';
	return str_to_u64(text, out);
}

/* A text without escapes: no token and no id of ours has one. */
static bool
word(const struct walk_item *v, char *out, size_t size)
{
	if (v->len < 2 || v->value[0] != '"' || v->len - 2 >= size
	    || memchr(v->value, '\\', v->len) != NULL)
		return false;
	memcpy(out, v->value + 1, v->len - 2);
	out[v->len - 2] = '\0';
	return true;
}

static bool
is_null(const struct walk_item *v)
{
	return v->len == 4 && memcmp(v->value, "null", 4) == 0;
}

bool
client_payload_read(const char *text, size_t len, struct client_payload *p)
{
	struct walk_item i;
	struct walk w;
	uint64_t op;

	*p = (struct client_payload) {.op = -1};
	if (!walk_document(&w, text, len, DEPTH_MAX) || w.close != '}')
		return false;
	while (walk_next(&w, &i)) {
		if (walk_is(&i, "op") && number(&i, &op) && op <= 255) {
			p->op = (int)op;
		} else if (walk_is(&i, "d")) {
			p->d = i.value;
			p->len = i.len;
		}
	}
	return true;
}

bool
client_payload_seq(const struct client_payload *p, uint64_t *s)
{
	struct walk_item v = {.value = p->d, .len = p->len};

	return p->d != NULL && number(&v, s);
}

static bool
read_token(const char *d, size_t len, char out[CLIENT_PAYLOAD_TOKEN_MAX])
{
	struct walk_item v;

	if (!walk_find(d, len, "token", &v)
	    || !word(&v, out, CLIENT_PAYLOAD_TOKEN_MAX))
		return false;
	if (strncasecmp(out, "Bot ", 4) == 0)
		memmove(out, out + 4, strlen(out + 4) + 1);
	return true;
}

/* [i, m]; absent or null: [0, 1]. */
static bool
read_shard(const char *d, size_t len, struct client_identify *id)
{
	uint64_t part[2] = {0, 1};
	struct walk_item v, n;
	unsigned got = 0;
	struct walk w;

	id->count = 1;
	if (!walk_find(d, len, "shard", &v) || is_null(&v))
		return true;
	if (!walk_into(&w, v.value, v.len) || w.close != ']')
		return false;
	while (walk_next(&w, &n)) {
		if (got == 2 || !number(&n, &part[got]))
			id->shard_bad = true;
		else
			got++;
	}
	if (got != 2 || part[1] == 0 || part[1] > GATE_CLIENTS_SHARDS_MAX
	    || part[0] >= part[1])
		id->shard_bad = true;
	if (id->shard_bad)
		return true;
	id->shard = (uint32_t)part[0];
	id->count = (uint32_t)part[1];
	return true;
}

bool
client_payload_identify(const struct client_payload *p,
    struct client_identify *id)
{
	struct walk_item v;

	memset(id, 0, sizeof(*id));
	if (p->d == NULL || p->d[0] != '{'
	    || !read_token(p->d, p->len, id->token)
	    || !read_shard(p->d, p->len, id)
	    || !walk_find(p->d, p->len, "intents", &v)
	    || !number(&v, &id->intents))
		return false;
	if (walk_find(p->d, p->len, "presence", &v) && !is_null(&v)) {
		if (v.value[0] != '{')
			return false;
		id->presence = v.value;
		id->presence_len = v.len;
	}
	return true;
}

bool
client_payload_resume(const struct client_payload *p, struct client_resume *r)
{
	struct walk_item v;

	memset(r, 0, sizeof(*r));
	if (p->d == NULL || p->d[0] != '{'
	    || !read_token(p->d, p->len, r->token)
	    || !walk_find(p->d, p->len, "seq", &v))
		return false;
	if (!number(&v, &r->s))
		r->s = 0; /* null: it had nothing */
	/* What is no id of ours names no session. */
	if (!walk_find(p->d, p->len, "session_id", &v))
		return false;
	if (!word(&v, r->session, sizeof(r->session)))
		r->session[0] = '\0';
	return v.value[0] == '"';
}
