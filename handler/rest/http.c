/* SPDX-License-Identifier: MIT */
/* HTTPS requests; see http.h. */
#include "handler/rest/http.h"

#include "shared/base/secret.h"
#include "shared/net/tls.h"
#include "shared/base/version.h"

#include <string.h>

/* ---- one call ------------------------------------------------------- */

static size_t
http_header(char *line, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;

	/* A new head: what an interim answer said does not count. */
	if (size * n > 5 && memcmp(line, "HTTP/", 5) == 0)
		rate_limit_reply_init(&c->reply);
	rate_limit_reply_header(&c->reply, line, size * n);
	if (c->stream != NULL)
		c->stream->line(c->stream, line, size * n);
	return size * n;
}

/* The status of the head that has come in. */
static int
http_status(const struct http_call *c)
{
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

static size_t
http_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;
	int status = c->stream != NULL ? http_status(c) : 0;

	if (status >= 200 && status <= 299)
		return c->stream->down(c->stream, status, data, size * n)
		    ? size * n
		    : CURL_WRITEFUNC_PAUSE;
	/* One is bounded, and so are all that come in at once. */
	if (buf_len(&c->answer) + size * n > HTTP_BODY_MAX
	    || c->http->held + size * n > HTTP_HELD_MAX)
		return 0;
	c->http->held += size * n;
	buf_add(&c->answer, data, size * n);
	return size * n;
}

static size_t
http_upload(char *to, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;
	size_t got = c->stream->up(c->stream, to, size * n);

	return got == HTTP_NOT_NOW ? CURL_READFUNC_PAUSE : got;
}

static struct curl_slist *
http_shared(struct http_call *c)
{
	return c->bare ? c->http->bare : &c->http->auth;
}

/* The call's own lines; the others are everybody's. */
static void
http_headers_free(struct http_call *c)
{
	struct curl_slist **at = &c->headers;

	while (*at != NULL && *at != http_shared(c))
		at = &(*at)->next;
	*at = NULL;
	curl_slist_free_all(c->headers);
	c->headers = NULL;
}

static void
http_easy_free(struct http_call *c)
{
	if (c->easy != c->form.easy)
		curl_easy_cleanup(c->easy);
	http_headers_free(c);
	c->easy = NULL;
}

static void
http_clean(struct http_call *c)
{
	curl_multi_remove_handle(c->http->curl.multi, c->easy);
	http_easy_free(c);
	c->http->held -= buf_len(&c->answer);
}

void
http_go_on(struct http_call *c)
{
	if (c->easy != NULL)
		(void)curl_easy_pause(c->easy, CURLPAUSE_CONT);
}

void
http_cancel(struct http_call *c)
{
	if (c->easy != NULL)
		http_clean(c);
}

static void
http_finish(struct http_call *c, CURLcode rc)
{
	const char *error = "";

	c->reply.status = http_status(c);
	if (rc == CURLE_WRITE_ERROR)
		error = "it is longer than 16 MiB, or all that come in "
			"together are longer than 64 MiB";
	else if (rc != CURLE_OK)
		error = c->error[0] ? c->error : curl_easy_strerror(rc);
	http_clean(c);
	c->done(c, error);
}

static bool
http_ended(struct curl_loop *curl, CURL *easy, CURLcode rc)
{
	void *c = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &c);
	http_finish(c, rc);
	return true;
}

/* "Name: value", however long the value is. */
static struct curl_slist *
header_add(struct curl_slist *list, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 3;
	char *line = base_alloc(size);

	must(str_format(line, size, "%s: %s", name, value));
	list = curl_slist_append(list, line);
	must(list != NULL);
	free(line);
	return list;
}

static struct curl_slist *
http_own_headers(const struct http_call *c)
{
	struct curl_slist *list = NULL;
	char *escaped;

	for (const struct curl_slist *l = c->stream ? c->stream->headers : NULL;
	     l != NULL; l = l->next) {
		list = curl_slist_append(list, l->data);
		must(list != NULL);
	}
	if (c->body != NULL)
		list = header_add(list, "Content-Type", "application/json");
	if (c->reason == NULL)
		return list;
	escaped = curl_easy_escape(c->easy, c->reason, 0);
	must(escaped != NULL);
	list = header_add(list, "X-Audit-Log-Reason", escaped);
	curl_free(escaped);
	return list;
}

static struct curl_slist *
http_headers(struct http_call *c)
{
	struct curl_slist *list = http_own_headers(c), *last = list;

	while (last != NULL && last->next != NULL)
		last = last->next;
	if (last == NULL)
		return http_shared(c);
	last->next = http_shared(c);
	return list;
}

static void
http_options(struct http *h, struct http_call *c)
{
	CURL *e = c->easy;

	curl_easy_setopt(e, CURLOPT_PRIVATE, c);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	/* Refused, and without effect, where libcurl has no HTTP/2. */
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, h->proxy);
	curl_easy_setopt(e, CURLOPT_CAINFO, h->ca);
	curl_easy_setopt(e, CURLOPT_USERAGENT, SHARDHERD_USER_AGENT);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, HTTP_CONNECT_MS);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, c->timeout_ms);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, http_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, http_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
}

static void
http_stream_options(struct http_call *c)
{
	const struct http_stream *s = c->stream;
	CURL *e = c->easy;

	curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, HTTP_STILL_S);
	if (s->up != NULL) {
		curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(e, CURLOPT_READFUNCTION, http_upload);
		curl_easy_setopt(e, CURLOPT_READDATA, c);
		curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE,
		    (curl_off_t)s->length);
	} else if (s->data != NULL || strcmp(c->method, "GET") != 0) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)s->len);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, s->data ? s->data : "");
	}
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, c->method);
}

static void
http_method(struct http_call *c)
{
	CURL *e = c->easy;

	if (c->stream != NULL) {
		http_stream_options(c);
		return;
	}

	if (strcmp(c->method, "GET") == 0 && c->body == NULL)
		return;
	/* A body of no bytes where none is given: length 0, not none. */
	if (c->form.easy == NULL)
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, c->body ? c->body : "");
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, c->method);
}

/* The API's address, its last "/v10" replaced by the version asked for. */
static bool
http_url(const struct http *h, const struct http_call *c, char *url,
    size_t size)
{
	unsigned version = c->stream != NULL ? c->stream->version : 0;
	const char *last = strrchr(h->base, '/');

	if (version == 0 || last == NULL || last[1] != 'v'
	    || last[2 + strspn(last + 2, "0123456789")] != '\0')
		return str_format(url, size, "%s%s", h->base, c->path);
	return str_format(url, size, "%.*s/v%u%s", (int)(last - h->base),
	    h->base, version, c->path);
}

int
http_start(struct http *h, struct http_call *c)
{
	char url[sizeof(h->base) + HTTP_PATH_MAX];

	c->http = h;
	c->error[0] = '\0';
	c->headers = NULL;
	rate_limit_reply_init(&c->reply);
	c->easy = c->form.easy ? c->form.easy : curl_easy_init();
	if (c->easy == NULL)
		return -1;
	if (!http_url(h, c, url, sizeof(url)))
		goto err1;
	http_options(h, c);
	http_method(c);
	c->headers = http_headers(c);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(c->easy, CURLOPT_URL, url);
	if (curl_multi_add_handle(h->curl.multi, c->easy) != CURLM_OK)
		goto err1;
	return 0;
err1:
	http_easy_free(c);
	return -1;
}

/* ---- life ----------------------------------------------------------- */

static void
http_headers_init(struct http *h, const char *token)
{
	char line[512];

	/* No "Expect: 100-continue": it costs a round trip. */
	h->bare = curl_slist_append(NULL, "Expect:");
	if (!str_format(line, sizeof(line), "Authorization: Bot %s", token))
		line[0] = '\0';
	h->auth = (struct curl_slist) {.data = secret_keep(line),
	    .next = h->bare};
	explicit_bzero(line, sizeof(line));
}

int
http_init(struct http *h, struct ev_loop *loop, struct timers *timers,
    const struct config *config, const char *token, struct err *e)
{
	*h = (struct http) {0};
	if (tls_find_ca(config->ca_file, h->ca, sizeof(h->ca), e) < 0)
		return -1;
	str_copy(h->base, config->api, sizeof(h->base));
	str_copy(h->proxy, config->proxy, sizeof(h->proxy));
	/* Its requests hold the token, and so would what it frees. */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, secret_wipe_free,
		secret_wipe_realloc, strdup, calloc)
		!= 0
	    || curl_loop_open(&h->curl, loop, timers, http_ended) != 0)
		return err_set(e, EXIT_DEGRADED, "libcurl does not start");
	http_headers_init(h, token);
	curl_multi_setopt(h->curl.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	    (long)HTTP_CONNECTIONS);
	curl_multi_setopt(h->curl.multi, CURLMOPT_MAXCONNECTS,
	    (long)HTTP_CONNECTIONS);
	return 0;
}

void
http_free(struct http *h)
{
	curl_loop_close(&h->curl);
	secret_drop(h->auth.data);
	curl_slist_free_all(h->bare);
	curl_global_cleanup();
}
