/* SPDX-License-Identifier: MIT */
/* See discord_ask_rest.h; discord-protocol.md 1.1, 1.3, 6.2, 7.1. */
#include "supervisor/identify/discord_ask_rest.h"

#include <curl/curl.h>
#include <json-c/json.h>
#include <string.h>

#include "shared/discord/answer.h"
#include "shared/json/json.h"
#include "shared/base/log.h"
#include "shared/base/version.h"

#define CONNECT_S 5
#define TROUBLE_MAX_S 300.0 /* a 5xx may ask for that long */
#define RETRY_AFTER_MAX_S (7 * 24 * 3600.0)

struct body {
	char data[DISCORD_ASK_BODY_MAX + 1];
	size_t len;
};

static size_t
on_body(char *data, size_t one, size_t n, void *arg)
{
	struct body *b = arg;

	/* What is longer is a page of somebody's: its status and headers count,
	 * the rest runs off, for DISCORD_ASK_REQUEST_S at most. */
	size_t take = n < DISCORD_ASK_BODY_MAX - b->len
	    ? n
	    : DISCORD_ASK_BODY_MAX - b->len;

	memcpy(b->data + b->len, data, take);
	b->len += take;
	b->data[b->len] = '\0';
	return n;
}

static bool
get_int(struct json_object *o, const char *key, int64_t *out)
{
	struct json_object *v;

	/* 16.0 is one, too, for those that know floats alone. */
	if (!json_object_object_get_ex(o, key, &v)
	    || (!json_object_is_type(v, json_type_int)
		&& !json_object_is_type(v, json_type_double)))
		return false;
	*out = json_object_get_int64(v);
	return true;
}

static const char *
get_string(struct json_object *o, const char *key)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v)
	    || !json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

static enum discord_ask_status
status_of(const struct answer_verdict *v, long status)
{
	switch (v->means) {
	case ANSWER_OK:
		return status == 200 ? DISCORD_ASK_OK : DISCORD_ASK_GARBAGE;
	case ANSWER_TOKEN:
		return DISCORD_ASK_UNAUTHORIZED;
	case ANSWER_FORBIDDEN:
		return DISCORD_ASK_FORBIDDEN;
	case ANSWER_BLOCKED:
		return status == 429 ? DISCORD_ASK_LIMITED
				     : DISCORD_ASK_FORBIDDEN;
	case ANSWER_LIMITED:
	case ANSWER_SHARED:
	case ANSWER_GLOBAL:
		return DISCORD_ASK_LIMITED;
	case ANSWER_TROUBLE:
		return DISCORD_ASK_SERVER;
	default:
		return DISCORD_ASK_GARBAGE;
	}
}

enum discord_ask_status
discord_ask_rest_judge(const struct ask_http *h, struct discord_ask_answer *a)
{
	struct answer_verdict v = answer_judge(
	    &(struct answer) {.status = (int)h->status,
		.body = h->body,
		.len = h->len,
		.retry_after_s = h->retry_after_s > 0 ? h->retry_after_s : -1});

	a->http = (int32_t)h->status;
	if (v.means == ANSWER_OK)
		return status_of(&v, h->status);
	a->cloudflare = v.means == ANSWER_BLOCKED || !v.json;
	/* Discord's header is the body's number, rounded up. */
	a->retry_after_s = v.wait_s > h->retry_after_s ? v.wait_s
						       : h->retry_after_s;
	if (!(a->retry_after_s <= RETRY_AFTER_MAX_S))
		a->retry_after_s = ANSWER_WAIT_ODD_S;
	/* No limit, so asking costs nothing: what ends early is seen early. */
	if (v.means == ANSWER_TROUBLE && a->retry_after_s > TROUBLE_MAX_S)
		a->retry_after_s = TROUBLE_MAX_S;
	return status_of(&v, h->status);
}

enum discord_ask_status
discord_ask_rest_proved(enum discord_ask_status user,
    struct discord_ask_answer *a)
{
	if (user == DISCORD_ASK_UNAUTHORIZED)
		return DISCORD_ASK_UNAUTHORIZED;
	str_format(a->words, sizeof(a->words),
	    "401, but GET " ANSWER_PROOF
	    " is not refused (%s): it is not the token",
	    discord_ask_status_name[user]);
	return DISCORD_ASK_GARBAGE;
}

bool
discord_ask_rest_gateway(const char *body, size_t len,
    struct discord_ask_answer *a)
{
	struct json_object *o = json_parse_as(body, len, json_type_object),
			   *limit;
	const char *url;
	bool ok = false;

	if (o == NULL)
		return false;
	url = get_string(o, "url");
	if (url != NULL
	    && str_copy(a->url, url, sizeof(a->url)) < sizeof(a->url)
	    && get_int(o, "shards", &a->shards)
	    && json_object_object_get_ex(o, "session_start_limit", &limit))
		ok = get_int(limit, "total", &a->total)
		    && get_int(limit, "remaining", &a->remaining)
		    && get_int(limit, "reset_after", &a->reset_after_ms)
		    && get_int(limit, "max_concurrency", &a->max_concurrency);
	json_object_put(o);
	return ok;
}

bool
discord_ask_rest_user(const char *body, size_t len,
    struct discord_ask_answer *a)
{
	struct json_object *o = json_parse_as(body, len, json_type_object);
	const char *s;

	if (o == NULL)
		return false;
	if ((s = get_string(o, "username")) != NULL)
		str_copy(a->user_name, s, sizeof(a->user_name));
	if ((s = get_string(o, "id")) != NULL)
		str_copy(a->user_id, s, sizeof(a->user_id));
	json_object_put(o);
	return a->user_id[0] != '\0';
}

/* flags, or the string flags_new where flags no longer holds all bits. */
bool
discord_ask_rest_app(const char *body, size_t len, struct discord_ask_answer *a)
{
	struct json_object *o = json_parse_as(body, len, json_type_object);
	const char *s;
	int64_t flags = 0;
	uint64_t wide = 0;
	bool ok;

	if (o == NULL)
		return false;
	ok = get_int(o, "flags", &flags);
	if ((s = get_string(o, "flags_new")) != NULL && str_to_u64(s, &wide))
		ok = true;
	a->app_flags = (uint64_t)flags | wide;
	if ((s = get_string(o, "id")) != NULL)
		str_copy(a->app_id, s, sizeof(a->app_id));
	s = get_string(o, "interactions_endpoint_url");
	a->app_endpoint = s != NULL && s[0] != '\0';
	json_object_put(o);
	return ok;
}

static void
set_options(CURL *c, const struct config *conf, const char *ca_file,
    struct body *b, char *words)
{
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, b);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, words);
	curl_easy_setopt(c, CURLOPT_USERAGENT, SHARDHERD_USER_AGENT);
	/* Some answer compressed whether they were asked to or not. */
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)DISCORD_ASK_REQUEST_S);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	if (ca_file[0] != '\0')
		curl_easy_setopt(c, CURLOPT_CAINFO, ca_file);
	curl_easy_setopt(c, CURLOPT_PROXY, conf->proxy);
}

/* One GET: the class, with a's words and times filled. */
static enum discord_ask_status
get(CURL *c, const struct config *conf, const char *path, struct body *b,
    char *words, struct discord_ask_answer *a)
{
	char url[1024];
	struct ask_http h = {0};
	curl_off_t after = 0;
	CURLcode rc;

	if (!str_format(url, sizeof(url), "%s%s", conf->api, path))
		return DISCORD_ASK_GARBAGE;
	b->len = 0;
	b->data[0] = words[0] = '\0';
	curl_easy_setopt(c, CURLOPT_URL, url);
	rc = curl_easy_perform(c);
	if (rc != CURLE_OK) {
		str_format(a->words, sizeof(a->words), "%s",
		    words[0] ? words : curl_easy_strerror(rc));
		return DISCORD_ASK_UNREACHABLE;
	}
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &h.status);
	if (curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &after) == CURLE_OK)
		h.retry_after_s = (double)after;
	h.body = b->data;
	h.len = b->len;
	return discord_ask_rest_judge(&h, a);
}

static enum discord_ask_status
ask_side(CURL *c, const struct config *conf, const char *path, struct body *b,
    char *words, struct discord_ask_answer *a,
    bool (*read_it)(const char *, size_t, struct discord_ask_answer *))
{
	struct discord_ask_answer aside = *a;
	enum discord_ask_status st = get(c, conf, path, b, words, &aside);

	if (st == DISCORD_ASK_OK && !read_it(b->data, b->len, a))
		st = DISCORD_ASK_GARBAGE;
	return st;
}

static void
ask_all(CURL *c, const struct config *conf, struct body *b, char *words,
    enum discord_ask_what what, struct discord_ask_answer *a)
{
	a->status = get(c, conf, "/gateway/bot", b, words, a);
	if (a->status == DISCORD_ASK_OK
	    && !discord_ask_rest_gateway(b->data, b->len, a)) {
		a->status = DISCORD_ASK_GARBAGE;
		str_copy(a->words, "the body of /gateway/bot can't be used",
		    sizeof(a->words));
	}
	if (a->status != DISCORD_ASK_UNAUTHORIZED
	    && (a->status != DISCORD_ASK_OK || what == DISCORD_ASK_GATEWAY_BOT))
		return;
	a->user_status = ask_side(c, conf, ANSWER_PROOF, b, words, a,
	    discord_ask_rest_user);
	if (a->status == DISCORD_ASK_UNAUTHORIZED)
		a->status = discord_ask_rest_proved(a->user_status, a);
	else
		a->app_status = ask_side(c, conf, "/applications/@me", b, words,
		    a, discord_ask_rest_app);
}

void
discord_ask_rest_run(const struct config *conf, const char *token,
    const char *ca_file, enum discord_ask_what what,
    struct discord_ask_answer *a)
{
	char words[CURL_ERROR_SIZE] = "", auth[512];
	struct body *b = base_alloc(sizeof(*b));
	struct curl_slist *headers = NULL;
	CURL *c;

	memset(a, 0, sizeof(*a));
	a->magic = DISCORD_ASK_MAGIC;
	a->status = DISCORD_ASK_UNREACHABLE;
	a->user_status = a->app_status = DISCORD_ASK_NONE;
	str_copy(a->words, "curl could not be set up", sizeof(a->words));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0
	    || (c = curl_easy_init()) == NULL)
		goto out;
	a->words[0] = '\0';
	str_format(auth, sizeof(auth), "Authorization: Bot %s", token);
	headers = curl_slist_append(NULL, auth);
	explicit_bzero(auth, sizeof(auth));
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	set_options(c, conf, ca_file, b, words);
	ask_all(c, conf, b, words, what, a);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
out:
	free(b);
}
