/* SPDX-License-Identifier: MIT */
#include "shard/net/dial.h"

#include "shared/base/text.h"
#include "shard/net/ws_upgrade.h"
#include "shared/discord/gateway_url.h"
#include "shared/net/curl_loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUERY_MAX 128
#define REQUEST_MAX 2048

enum phase { PHASE_CURL, PHASE_TLS, PHASE_SEND, PHASE_RECV };

struct dial {
	struct ev_loop *loop;
	dial_fn *fn;
	void *arg;
	SSL_CTX *tls;
	struct ws_upgrade_url url;
	char query[QUERY_MAX];
	enum phase phase;

	/* PHASE_CURL */
	struct curl_loop curl;
	CURL *easy;
	struct timer bad_start;
	curl_socket_t taken; /* socket that curl must not close */
	char curl_error[CURL_ERROR_SIZE];

	/* later phases */
	struct tls_socket *wire;
	ev_io io;
	char key[WS_UPGRADE_KEY_MAX];
	char *text; /* request, then answer */
	size_t len, off;
	char why[320];
};

static void step(struct dial *);

/* ---- the end -------------------------------------------------------- */

static void
curl_drop(struct dial *d)
{
	if (d->easy != NULL && d->curl.multi != NULL)
		(void)curl_multi_remove_handle(d->curl.multi, d->easy);
	curl_easy_cleanup(d->easy);
	d->easy = NULL;
	curl_loop_close(&d->curl);
}

void
dial_cancel(struct dial *d)
{
	if (d == NULL)
		return;
	curl_drop(d);
	timer_stop(&d->bad_start);
	ev_io_stop(d->loop, &d->io);
	tls_socket_free(d->wire);
	free(d->text);
	free(d);
}

/*
 * The one way out, and d is gone behind it: it returns false so that every step
 * ends with "return finish()" and has no line left to look at d in.  The
 * callback may start another dial: this one is gone before it.
 */
static bool
finish(struct dial *d, const struct dial_result *r)
{
	struct dial_result out = *r;
	dial_fn *fn = d->fn;
	void *arg = d->arg;
	char why[sizeof(d->why)];

	(void)str_copy(why, d->why, sizeof(why));
	out.why = why;
	dial_cancel(d);
	fn(arg, &out);
	return false;
}

static bool fail(struct dial *, bool reached, const char *, ...)
    printflike(3, 4);

static bool
fail(struct dial *d, bool reached, const char *fmt, ...)
{
	struct dial_result r = {.reached = reached};
	va_list ap;

	va_start(ap, fmt);
	text_vformat(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
	return finish(d, &r);
}

/* ---- libcurl up to TCP ---------------------------------------------- */

static int
on_close_socket(void *arg, curl_socket_t fd)
{
	struct dial *d = arg;

	return fd == d->taken ? 0 : close(fd);
}

/* TCP stands: the socket is ours, curl and its memory go.  True: step next. */
static bool
take_socket(struct dial *d)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	int one = 1;

	(void)curl_easy_getinfo(d->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd == CURL_SOCKET_BAD)
		return fail(d, false, "cannot connect to %s: no socket",
		    d->url.authority);
	d->taken = fd;
	curl_drop(d);
	d->wire = tls_socket_new(fd);
	if (fd_nonblock(fd) != 0 || fd_cloexec(fd, true) != 0)
		return fail(d, true, "cannot use the socket to %s",
		    d->url.authority);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	ev_io_set(&d->io, fd, EV_READ);
	d->phase = d->url.tls ? PHASE_TLS : PHASE_SEND;
	if (d->url.tls && tls_socket_tls(d->wire, d->tls, d->url.host) != 0)
		return fail(d, true, "no TLS to %s: %s", d->url.authority,
		    d->wire->why);
	return true;
}

/* d may be gone behind it, and its curl_loop is. */
static bool
on_curl_ended(struct curl_loop *curl, CURL *easy, CURLcode rc)
{
	struct dial *d = container_of(curl, struct dial, curl);

	if (rc == CURLE_OK && take_socket(d))
		step(d);
	else if (rc != CURLE_OK)
		fail(d, false, "cannot connect to %s: %s", d->url.authority,
		    d->curl_error[0] ? d->curl_error : curl_easy_strerror(rc));
	return false;
}

static void
set_options(struct dial *d, const char *proxy)
{
	const struct ws_upgrade_url *u = &d->url;
	bool v6 = strchr(u->host, ':') != NULL;
	char url[320];

	(void)str_format(url, sizeof(url), "http://%s%s%s:%u/", v6 ? "[" : "",
	    u->host, v6 ? "]" : "", u->port);
	curl_easy_setopt(d->easy, CURLOPT_URL, url);
	curl_easy_setopt(d->easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(d->easy, CURLOPT_NOSIGNAL, 1L);
	/* Else giving up waits for the resolver's thread: DNS that hangs
	 * would stop this process for as long as it hangs. */
	curl_easy_setopt(d->easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(d->easy, CURLOPT_ERRORBUFFER, d->curl_error);
	curl_easy_setopt(d->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
	curl_easy_setopt(d->easy, CURLOPT_CLOSESOCKETDATA, d);
	/* Always set: "" keeps the environment's proxies out. */
	curl_easy_setopt(d->easy, CURLOPT_PROXY, proxy);
	curl_easy_setopt(d->easy, CURLOPT_HTTPPROXYTUNNEL, proxy[0] ? 1L : 0L);
}

static int
curl_start(struct dial *d, struct timers *timers, const char *proxy)
{
	d->easy = curl_easy_init();
	if (d->easy == NULL
	    || curl_loop_open(&d->curl, d->loop, timers, on_curl_ended) != 0)
		return -1;
	set_options(d, proxy);
	return curl_multi_add_handle(d->curl.multi, d->easy) == CURLM_OK ? 0
									 : -1;
}

/* ---- TLS and upgrade ------------------------------------------------ */

/* Until the wire can go on; false, as there is no next step before. */
static bool
wait_wire(struct dial *d, bool writing)
{
	int events = tls_socket_needs_room(d->wire, writing) ? EV_WRITE
							     : EV_READ;

	if (ev_is_active(&d->io)
	    && (d->io.events & (EV_READ | EV_WRITE)) == events)
		return false;
	ev_io_stop(d->loop, &d->io);
	ev_io_set(&d->io, d->wire->fd, events);
	ev_io_start(d->loop, &d->io);
	return false;
}

/* Each step returns true when the next one may go at once; behind false d may
 * be gone. */
static bool
step_tls(struct dial *d)
{
	int rc = tls_socket_handshake(d->wire);

	if (rc < 0)
		return fail(d, true, "no TLS to %s: %s", d->url.authority,
		    d->wire->why);
	if (rc == 0)
		return wait_wire(d, false);
	d->phase = PHASE_SEND;
	return true;
}

static bool
step_send(struct dial *d)
{
	ssize_t n;

	if (d->len == 0) {
		if (ws_upgrade_key(d->key) != 0
		    || !ws_upgrade_request(d->text, REQUEST_MAX, &d->url,
			d->query, d->key))
			return fail(d, true, "cannot make the upgrade request");
		d->len = strlen(d->text);
	}
	n = tls_socket_write(d->wire, d->text + d->off, d->len - d->off);
	if (n < 0)
		return fail(d, true,
		    "%s ended the connection before the upgrade: %s",
		    d->url.authority, d->wire->why);
	d->off += (size_t)n;
	if (d->off < d->len)
		return n > 0 || wait_wire(d, true);
	d->phase = PHASE_RECV;
	d->len = 0;
	return true;
}

static bool
refused(struct dial *d, const struct ws_upgrade_answer *a)
{
	struct dial_result r = {.reached = true,
	    .status = a->status,
	    .retry_after_s = a->retry_after_s};
	char after[40] = "", ray[80] = "";

	if (a->retry_after_s > 0)
		(void)str_format(after, sizeof(after), ", Retry-After %llu s",
		    (unsigned long long)a->retry_after_s);
	if (a->ray[0] != '\0')
		(void)str_format(ray, sizeof(ray), ", CF-RAY %s", a->ray);
	(void)str_format(d->why, sizeof(d->why),
	    "%s answered the upgrade with HTTP %u%s%s", d->url.authority,
	    a->status, after, ray);
	return finish(d, &r);
}

static bool
answered(struct dial *d, const struct ws_upgrade_answer *a)
{
	struct dial_result r = {.reached = true};

	if (a->status != 101)
		return refused(d, a);
	if (a->wrong != NULL)
		return fail(d, true, "%s is no websocket server: %s",
		    d->url.authority, a->wrong);
	tls_socket_unread(d->wire, d->text + a->length, d->len - a->length);
	ev_io_stop(d->loop, &d->io);
	r.wire = d->wire;
	d->wire = NULL;
	return finish(d, &r);
}

static bool
step_recv(struct dial *d)
{
	struct ws_upgrade_answer a;
	ssize_t n = tls_socket_read(d->wire, d->text + d->len,
	    WS_UPGRADE_ANSWER_MAX - d->len);
	int rc;

	if (n < 0)
		return fail(d, true,
		    "%s ended the connection before the upgrade: %s",
		    d->url.authority, d->wire->why);
	if (n == 0)
		return wait_wire(d, false);
	d->len += (size_t)n;
	rc = ws_upgrade_parse(d->text, d->len, d->key, &a);
	if (rc > 0)
		return answered(d, &a);
	if (rc < 0)
		return fail(d, true, "%s does not speak HTTP",
		    d->url.authority);
	if (d->len == WS_UPGRADE_ANSWER_MAX)
		return fail(d, true,
		    "%s answers the upgrade with more than %d bytes of header",
		    d->url.authority, WS_UPGRADE_ANSWER_MAX);
	return true;
}

static void
step(struct dial *d)
{
	static bool (*const steps[])(struct dial *) = {
	    [PHASE_TLS] = step_tls,
	    [PHASE_SEND] = step_send,
	    [PHASE_RECV] = step_recv,
	};

	while (steps[d->phase](d))
		;
}

static void
on_wire_io(struct ev_loop *loop, ev_io *w, int revents)
{
	struct dial *d = container_of(w, struct dial, io);

	tls_socket_wake(d->wire);
	step(d);
}

/* ---- start ---------------------------------------------------------- */

static void
on_bad_start(struct timer *t)
{
	struct dial_result r = {.reached = false};

	/* Not fail(), which would print d->why into itself. */
	(void)finish(container_of(t, struct dial, bad_start), &r);
}

struct dial *
dial_start(struct ev_loop *loop, struct timers *timers,
    const struct dial_args *args, dial_fn *fn, void *arg)
{
	struct dial *d = base_alloc(sizeof(*d));
	char why[GATEWAY_URL_WHY_MAX];
	bool wrong = true;

	d->loop = loop;
	d->fn = fn;
	d->arg = arg;
	d->tls = args->tls;
	d->taken = CURL_SOCKET_BAD;
	d->text = base_alloc(WS_UPGRADE_ANSWER_MAX);
	ev_init(&d->io, on_wire_io);
	timer_init(timers, &d->bad_start, on_bad_start);
	/* Last of all looks: whatever road a URL took, it passes here. */
	if (!gateway_url_ok(args->url, args->api, why))
		(void)str_format(d->why, sizeof(d->why),
		    "the gateway URL is refused: %s", why);
	else if (ws_upgrade_parse_url(args->url, &d->url) != 0
	    || !str_format(d->query, sizeof(d->query), "%s", args->query))
		(void)str_copy(d->why, "the gateway URL is not usable",
		    sizeof(d->why));
	else if (curl_start(d, timers, args->proxy) != 0)
		(void)str_copy(d->why, "libcurl does not start",
		    sizeof(d->why));
	else
		wrong = false;
	if (wrong) {
		curl_drop(d);
		timer_set(&d->bad_start, 0);
	}
	return d;
}
