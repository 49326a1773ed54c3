/* SPDX-License-Identifier: MIT */
#include "shard/session/payload.h"

#include "shared/base/str.h"
#include "shared/json/envelope.h"
#include "shared/json/json.h"

#include <json-c/json.h>
#include <math.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define NUMBER_MAX 40

/* ---- writing -------------------------------------------------------- */

/* Serialises and frees root. */
static size_t
serialise(struct json_object *root, char *out)
{
	size_t len = 0;
	const char *text = root == NULL
	    ? NULL
	    : json_object_to_json_string_length(root,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	if (text == NULL || len > PAYLOAD_MAX)
		len = 0;
	else
		memcpy(out, text, len + 1);
	json_object_put(root);
	return len;
}

/* A text within JSON's quotes; where it ends, NULL: not before end. */
static char *
quote(char *at, const char *end, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (end - at < 8)
			return NULL;
		if (c < 0x20) {
			str_format(at, 7, "\\u%04x", c);
			at += 6;
			continue;
		}
		if (c == '"' || c == '\\')
			*at++ = '\\';
		*at++ = (char)c;
	}
	return at;
}

/*
 * {"op":op,"d":d}, with the token before the members of d, which is freed.
 * The token never goes through json-c, which leaves copies of it on the heap
 * as its text grows.
 */
static size_t
serialise_secret(int op, const char *token, struct json_object *d, char *out)
{
	char *at, *end = out + PAYLOAD_MAX;
	size_t len = 0;
	const char *rest = json_object_to_json_string_length(d,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	str_format(out, 64, "{\"op\":%d,\"d\":{\"token\":\"", op);
	at = quote(out + strlen(out), end, token);
	/* Of rest the opening bracket goes; "\"," and "}" come to it. */
	if (rest == NULL || at == NULL || (size_t)(end - at) < len + 2) {
		payload_wipe(out);
		json_object_put(d);
		return 0;
	}
	at = stpcpy(at, "\",");
	memcpy(at, rest + 1, len - 1);
	at += len - 1;
	at = stpcpy(at, "}");
	json_object_put(d);
	return (size_t)(at - out);
}

static struct json_object *
envelope_of(int op, struct json_object *d)
{
	struct json_object *root = json_object_new_object();

	json_object_object_add(root, "op", json_object_new_int(op));
	json_object_object_add(root, "d", d);
	return root;
}

static struct json_object *
properties(void)
{
	struct json_object *p = json_object_new_object();

	json_object_object_add(p, "os", json_object_new_string("linux"));
	json_object_object_add(p, "browser",
	    json_object_new_string("shardherd"));
	json_object_object_add(p, "device",
	    json_object_new_string("shardherd"));
	return p;
}

/* Discord wants all four keys (3.2); NULL: the text is no object. */
static struct json_object *
presence_of(const char *text)
{
	struct json_object *given = json_parse_as(text, strlen(text),
			       json_type_object),
			   *d;

	if (given == NULL)
		return NULL;
	d = json_object_new_object();
	json_object_object_add(d, "since", NULL);
	json_object_object_add(d, "activities", json_object_new_array());
	json_object_object_add(d, "status", json_object_new_string("online"));
	json_object_object_add(d, "afk", json_object_new_boolean(false));
	json_object_object_foreach (given, key, value)
		json_object_object_add(d, key, json_object_get(value));
	json_object_put(given);
	return d;
}

size_t
payload_identify(char out[PAYLOAD_MAX + 1], const struct payload_identify *i)
{
	struct json_object *d = json_object_new_object();
	struct json_object *shard = json_object_new_array_ext(2), *presence;

	json_object_object_add(d, "properties", properties());
	json_object_object_add(d, "intents",
	    json_object_new_uint64(i->intents));
	json_object_array_add(shard, json_object_new_int64(i->shard));
	json_object_array_add(shard, json_object_new_int64(i->shard_count));
	json_object_object_add(d, "shard", shard);
	json_object_object_add(d, "large_threshold",
	    json_object_new_int64(i->large_threshold));
	if (i->presence[0] != '\0') {
		presence = presence_of(i->presence);
		if (presence == NULL) {
			json_object_put(d);
			return 0;
		}
		json_object_object_add(d, "presence", presence);
	}
	return serialise_secret(2, i->token, d, out);
}

size_t
payload_resume(char out[PAYLOAD_MAX + 1], const char *token,
    const char *session, uint64_t seq)
{
	struct json_object *d = json_object_new_object();

	json_object_object_add(d, "session_id",
	    json_object_new_string(session));
	json_object_object_add(d, "seq", json_object_new_uint64(seq));
	return serialise_secret(6, token, d, out);
}

size_t
payload_presence(char out[PAYLOAD_MAX + 1], const char *presence)
{
	struct json_object *d = presence_of(
	    presence[0] != '\0' ? presence : "{}");

	return d != NULL ? serialise(envelope_of(3, d), out) : 0;
}

size_t
payload_heartbeat(char out[64], bool has_seq, uint64_t seq)
{
	int n = has_seq ? snprintf(out, 64, "{\"op\":1,\"d\":%llu}",
		    (unsigned long long)seq)
			: snprintf(out, 64, "{\"op\":1,\"d\":null}");

	return (size_t)n;
}

void
payload_wipe(char out[PAYLOAD_MAX + 1])
{
	OPENSSL_cleanse(out, PAYLOAD_MAX + 1);
}

/* ---- reading -------------------------------------------------------- */

struct piece {
	const char *p;
	size_t len;
};

static bool
member(const struct piece *object, const char *key, struct piece *out)
{
	size_t off;

	if (envelope_find(object->p, object->len, key, &off, &out->len) != 0)
		return false;
	out->p = object->p + off;
	return true;
}

static bool
number(const struct piece *v, double *out)
{
	char text[NUMBER_MAX];

	return str_format(text, sizeof(text), "%.*s", (int)v->len, v->p)
	    && str_to_double(text, out) && isfinite(*out);
}

uint64_t
payload_hello(const char *text, size_t len)
{
	struct piece all = {text, len}, d, v;
	double ms;

	if (!member(&all, "d", &d) || !member(&d, "heartbeat_interval", &v)
	    || !number(&v, &ms) || ms < 1)
		return 0;
	return ms < 1e15 ? (uint64_t)ms : (uint64_t)1e15;
}

bool
payload_resumable(const char *text, size_t len)
{
	struct piece all = {text, len}, d;

	return member(&all, "d", &d) && d.len == 4
	    && memcmp(d.p, "true", 4) == 0;
}

/* A string member, unescaped; "" unless it is one and fits. */
static void
string_member(const struct piece *object, const char *key, char *out,
    size_t size)
{
	struct json_object *o;
	struct piece v;

	out[0] = '\0';
	if (!member(object, key, &v) || v.len < 2 || v.p[0] != '"'
	    || v.len > size * 6 + 2)
		return;
	o = json_parse_as(v.p, v.len, json_type_string);
	if (o != NULL
	    && strlen(json_object_get_string(o))
		== (size_t)json_object_get_string_len(o)
	    && str_copy(out, json_object_get_string(o), size) >= size)
		out[0] = '\0';
	json_object_put(o);
}

/* Objects in an array: a READY may list thousands, so no tree is built. */
static uint32_t
count_objects(const struct piece *v)
{
	uint32_t n = 0;
	int depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < v->len; i++) {
		char c = v->p[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			n += c == '{' && depth == 1;
			depth++;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return n;
}

void
payload_ready(const char *text, size_t len, struct payload_ready *r)
{
	struct piece all = {text, len}, d, guilds;

	memset(r, 0, sizeof(*r));
	if (!member(&all, "d", &d))
		return;
	string_member(&d, "session_id", r->session, sizeof(r->session));
	string_member(&d, "resume_gateway_url", r->url, sizeof(r->url));
	if (member(&d, "guilds", &guilds) && guilds.p[0] == '[')
		r->guilds = count_objects(&guilds);
}

bool
payload_limited(const char *text, size_t len, struct payload_limited *l)
{
	struct piece all = {text, len}, d, v, meta;
	double opcode;

	memset(l, 0, sizeof(*l));
	if (!member(&all, "d", &d) || !member(&d, "opcode", &v)
	    || !number(&v, &opcode) || opcode < 0 || opcode > 255
	    || !member(&d, "retry_after", &v) || !number(&v, &l->retry_after_s)
	    || l->retry_after_s < 0)
		return false;
	l->opcode = (unsigned)opcode;
	if (member(&d, "meta", &meta) && member(&meta, "guild_id", &v))
		l->guild = envelope_id(v.p, v.len);
	return true;
}

uint64_t
payload_full_list(const char *text, size_t len)
{
	struct piece all = {text, len}, d, v;
	double limit;

	if (!member(&all, "d", &d) || !member(&d, "query", &v) || v.len != 2
	    || !member(&d, "limit", &v) || !number(&v, &limit) || limit != 0
	    || !member(&d, "guild_id", &v))
		return 0;
	return envelope_id(v.p, v.len);
}

uint64_t
payload_identity(const char *token)
{
	static const char salt[] = "shardherd token";
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint64_t id;

	must(ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1
	    && EVP_DigestUpdate(ctx, salt, sizeof(salt) - 1) == 1
	    && EVP_DigestUpdate(ctx, token, strlen(token)) == 1
	    && EVP_DigestFinal_ex(ctx, digest, NULL) == 1);
	EVP_MD_CTX_free(ctx);
	memcpy(&id, digest, sizeof(id));
	return id;
}
