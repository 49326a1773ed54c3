/* SPDX-License-Identifier: MIT */
/*
 * What is answered to whom.  Whatever is made of a view is made once for it,
 * however many ask; see web_impl.h.
 */
#include "tools/web/web_impl.h"

#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "shared/view/status_json.h"
#include "tools/web/metrics/metrics.h"
#include "tools/web/page/status_page.h"

#include <microhttpd.h>
#include <string.h>

#define JSON_TYPE "application/json"
#define WORST "worst:" /* ?shards=worst:50 */

typedef struct http_reply *route_fn(struct web *, enum web_face,
    const struct http_request *);

/* ---- made once ------------------------------------------------------ */

static struct http_reply *
made(struct web *w, enum web_page page)
{
	struct web_made *m = &w->made[page];

	return m->reply != NULL && m->look == w->looks
	    ? http_reply_keep(m->reply)
	    : NULL;
}

static struct http_reply *
make(struct web *w, enum web_page page, const char *type, struct buf *b)
{
	struct web_made *m = &w->made[page];

	http_reply_drop(m->reply);
	m->reply = http_reply_new(MHD_HTTP_OK, type, b);
	m->look = w->looks;
	return m->reply;
}

/* ---- health --------------------------------------------------------- */

static struct http_reply *
unknown(const struct web *w)
{
	return http_reply_text(MHD_HTTP_SERVICE_UNAVAILABLE, w->err.text);
}

/* This process, and the supervisor's pulse: no shard is looked at. */
static struct http_reply *
healthz(struct web *w, enum web_face face, const struct http_request *r)
{
	const struct view *v = web_look(w);
	char text[160];

	if (v != NULL && v->alive && !v->hung)
		return http_reply_text(MHD_HTTP_OK, "ok");
	if (face == WEB_PUBLIC)
		return http_reply_text(MHD_HTTP_SERVICE_UNAVAILABLE,
		    "not watched");
	if (v == NULL)
		return unknown(w);
	if (v->told_down)
		str_format(text, sizeof(text), "the fleet was stopped");
	else if (!v->alive)
		str_format(text, sizeof(text),
		    "the supervisor is gone: nothing is restarted");
	else
		str_format(text, sizeof(text),
		    "the supervisor (pid %d) hangs or is stopped",
		    v->cluster.pid);
	return http_reply_text(MHD_HTTP_SERVICE_UNAVAILABLE, text);
}

static struct http_reply *
readyz(struct web *w, enum web_face face, const struct http_request *r)
{
	const struct view *v = web_look(w);
	struct buf b = {0};
	bool ready;

	if (v == NULL)
		return unknown(w);
	ready = v->verdict.exit == EXIT_FINE;
	buf_printf(&b, "%s: %u of %zu shards ready\n",
	    verdict_fleet_name[v->verdict.state], v->ready, v->n);
	if (!v->alive && !v->told_down)
		buf_puts(&b, "the supervisor is gone\n");
	for (size_t i = 0; i < v->verdict.n; i++)
		buf_printf(&b, "%s: %s\n",
		    page_rank_name[v->verdict.found[i].rank],
		    v->verdict.found[i].text);
	return http_reply_new(ready ? MHD_HTTP_OK
				    : MHD_HTTP_SERVICE_UNAVAILABLE,
	    "text/plain; charset=utf-8", &b);
}

/* ---- metrics -------------------------------------------------------- */

static bool
wants_open_metrics(const struct http_request *r)
{
	return r->accept != NULL
	    && strstr(r->accept, "application/openmetrics-text") != NULL;
}

/* false: the query makes no sense. */
static bool
shards_wanted(const struct http_request *r, size_t *worst)
{
	const char *text = http_server_query(r, "shards");
	uint64_t n;

	*worst = METRICS_ALL;
	if (text == NULL || strcmp(text, "all") == 0)
		return true;
	if (strncmp(text, WORST, strlen(WORST)) != 0
	    || !str_to_u64(text + strlen(WORST), &n))
		return false;
	*worst = n < METRICS_ALL ? (size_t)n : METRICS_ALL;
	return true;
}

static struct http_reply *
metrics(struct web *w, enum web_face face, const struct http_request *r)
{
	bool open = wants_open_metrics(r);
	enum web_page page = open ? WEB_METRICS : WEB_METRICS_TEXT;
	struct metrics_ask ask = {.view = web_look(w), .text = !open};
	struct buf b = {0};
	struct http_reply *reply;
	const char *type = open ? METRICS_TYPE : METRICS_TYPE_TEXT;

	if (!shards_wanted(r, &ask.worst))
		return http_reply_text(MHD_HTTP_BAD_REQUEST,
		    "shards: expected all, or worst:N with a number");
	ask.began_ms = w->started_ms;
	if (ask.worst != METRICS_ALL) {
		metrics_write(&b, &ask);
		return http_reply_new(MHD_HTTP_OK, type, &b);
	}
	if ((reply = made(w, page)) != NULL)
		return reply;
	metrics_write(&b, &ask);
	return http_reply_keep(make(w, page, type, &b));
}

/* ---- status.json ---------------------------------------------------- */

static struct json_object *
no_view(const struct web *w, bool all)
{
	struct json_object *o = json_object_new_object();

	json_put_int(o, "schema", 1);
	json_put_text(o, "error", all ? w->err.text : "not known");
	return o;
}

static void
put_status(struct web *w, const struct view *v, bool all, struct buf *b)
{
	struct json_object *o = v == NULL ? no_view(w, all)
	    : all			  ? status_json(v, NULL, 0)
					  : web_public_json(w, v);

	buf_puts(b, json_text(o));
	buf_puts(b, "\n");
	json_object_put(o);
}

void
web_routes_status(struct web *w, bool all, struct buf *b)
{
	put_status(w, web_look(w), all, b);
}

static struct http_reply *
status(struct web *w, enum web_face face, const struct http_request *r)
{
	bool all = face == WEB_PRIVATE;
	enum web_page page = all ? WEB_STATUS : WEB_STATUS_PUBLIC;
	const struct view *v = web_look(w);
	struct http_reply *reply = made(w, page);
	struct buf b = {0};

	if (reply != NULL)
		return reply;
	put_status(w, v, all, &b);
	if (v == NULL)
		return http_reply_new(MHD_HTTP_SERVICE_UNAVAILABLE, JSON_TYPE,
		    &b);
	reply = make(w, page, JSON_TYPE, &b);
	if (!all) {
		http_reply_tagged(reply);
		http_reply_header(reply, "Access-Control-Allow-Origin", "*");
	}
	return http_reply_keep(reply);
}

/* ---- the status page ------------------------------------------------ */

static void
page_headers(struct http_reply *r, enum web_face face)
{
	char policy[STATUS_PAGE_POLICY_MAX];

	status_page_policy(policy);
	http_reply_header(r, "Content-Security-Policy", policy);
	if (face == WEB_PUBLIC)
		http_reply_tagged(r);
}

/* The same for both faces: there is nothing on it that is not for all. */
static struct http_reply *
home(struct web *w, enum web_face face, const struct http_request *r)
{
	const struct view *v = web_look(w);
	struct status_page_ask ask = {.guild = http_server_query(r,
					  STATUS_PAGE_ASK),
	    .title = w->config.web_title};
	struct http_reply *reply = ask.guild == NULL ? made(w, WEB_HOME) : NULL;
	struct buf b = {0};

	if (reply != NULL)
		return reply;
	status_page_html(&b, v, w->history, &ask);
	if (ask.guild == NULL) {
		reply = make(w, WEB_HOME, STATUS_PAGE_TYPE, &b);
		page_headers(reply, WEB_PUBLIC);
		return http_reply_keep(reply);
	}
	reply = http_reply_new(MHD_HTTP_OK, STATUS_PAGE_TYPE, &b);
	page_headers(reply, face);
	return reply;
}

/* ---- who gets what -------------------------------------------------- */

static const struct {
	const char *path;
	bool everybody;
	route_fn *fn;
} routes[] = {
    {"/", true, home},
    {"/healthz", true, healthz},
    {"/status.json", true, status},
    {"/metrics", false, metrics},
    {"/readyz", false, readyz},
};

static struct http_reply *
wrong_host(void)
{
	return http_reply_text(MHD_HTTP_MISDIRECTED_REQUEST,
	    "This name is not one to ask by: add it to [web] allow_host, or ask "
	    "by the address.");
}

struct http_reply *
web_routes_answer(struct web *w, enum web_face face,
    const struct http_request *r)
{
	/* A page of somebody's could lead a name of his to our address. */
	if (face == WEB_PRIVATE && !config_web_host(&w->config, r->host))
		return wrong_host();
	for (size_t i = 0; i < nitems(routes); i++)
		if (strcmp(routes[i].path, r->path) == 0
		    && (routes[i].everybody || face == WEB_PRIVATE))
			return routes[i].fn(w, face, r);
	return http_reply_text(MHD_HTTP_NOT_FOUND,
	    face == WEB_PRIVATE
		? "Here are /, /metrics, /healthz, /readyz and /status.json."
		: "Here are / and /status.json.");
}
