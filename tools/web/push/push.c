/* SPDX-License-Identifier: MIT */
/* See push.h. */
#include "tools/web/push/push.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/version.h"
#include "shared/net/curl_loop.h"

#include <string.h>

struct push {
	struct push_setup set;
	struct curl_loop curl;
	struct timer timer;
	CURL *easy; /* NULL: none is under way */
	struct curl_slist *head;
	struct buf body;
	size_t got;
	unsigned failures; /* in a row */
	struct push_counts counts;
};

uint16_t
push_port(const char *url)
{
	CURLU *u = curl_url();
	char *port = NULL, *scheme = NULL;
	uint64_t n = 0;

	if (u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK
	    && curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK
	    && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0)
	    && curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT)
		== CURLUE_OK
	    && (!str_to_u64(port, &n) || n > UINT16_MAX))
		n = 0;
	curl_free(port);
	curl_free(scheme);
	if (u != NULL)
		curl_url_cleanup(u);
	return (uint16_t)n;
}

double
push_pause(double interval_s, unsigned failures)
{
	double s = interval_s < 1 ? 1 : interval_s;

	for (unsigned i = 0; i < failures && s < PUSH_SLOW_S; i++)
		s *= 2;
	/* An interval that is longer is what somebody wanted. */
	return failures == 0 || interval_s > PUSH_SLOW_S ? interval_s
	    : s < PUSH_SLOW_S				 ? s
							 : PUSH_SLOW_S;
}

const struct push_counts *
push_counted(const struct push *p)
{
	return &p->counts;
}

/* ---- how one went --------------------------------------------------- */

static void
put_away(struct push *p)
{
	if (p->easy == NULL)
		return;
	(void)curl_multi_remove_handle(p->curl.multi, p->easy);
	curl_easy_cleanup(p->easy);
	p->easy = NULL;
	buf_free(&p->body);
}

static void
worked(struct push *p)
{
	p->counts.sent++;
	p->counts.sent_ms = clock_boot_ms();
	if (p->failures > 0)
		log_notice("The status is pushed again, after %u failures.",
		    p->failures);
	p->failures = 0;
}

static void
failed(struct push *p, const char *why)
{
	p->counts.failed++;
	if (p->failures++ == 0)
		log_warn("The status could not be pushed ([web] push_file): "
			 "%s. It is tried again, less and less often.",
		    why);
}

static bool
on_ended(struct curl_loop *curl, CURL *easy, CURLcode rc)
{
	struct push *p = container_of(curl, struct push, curl);
	long status = 0;
	char why[96];

	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	put_away(p);
	/* What an answer says beyond its status is nothing to us. */
	if (rc != CURLE_OK && !(rc == CURLE_WRITE_ERROR && status != 0)) {
		failed(p, curl_easy_strerror(rc));
	} else if (status >= 200 && status <= 299) {
		worked(p);
	} else {
		str_format(why, sizeof(why), "the receiver answered %ld",
		    status);
		failed(p, why);
	}
	timer_set(&p->timer, push_pause(p->set.interval_s, p->failures));
	return true;
}

/* ---- one ------------------------------------------------------------ */

static size_t
swallow(char *data, size_t one, size_t n, void *arg)
{
	struct push *p = arg;

	p->got += one * n;
	return p->got <= PUSH_REPLY_MAX ? one * n : 0;
}

static void
set_options(struct push *p, CURL *h)
{
	curl_easy_setopt(h, CURLOPT_URL, p->set.url);
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, p->head);
	curl_easy_setopt(h, CURLOPT_POSTFIELDS, buf_data(&p->body));
	curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)buf_len(&p->body));
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, swallow);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(h, CURLOPT_USERAGENT, SHARDHERD_USER_AGENT);
	curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)PUSH_ALL_S);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, (long)PUSH_CONNECT_S);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_PROXY, p->set.proxy);
	if (p->set.ca_file[0] != '\0')
		curl_easy_setopt(h, CURLOPT_CAINFO, p->set.ca_file);
}

static void
on_due(struct timer *t)
{
	struct push *p = container_of(t, struct push, timer);

	p->easy = curl_easy_init();
	p->got = 0;
	if (p->easy != NULL) {
		p->set.fn(p->set.arg, &p->body);
		set_options(p, p->easy);
		if (curl_multi_add_handle(p->curl.multi, p->easy) == CURLM_OK)
			return;
		curl_easy_cleanup(p->easy);
		p->easy = NULL;
		buf_free(&p->body);
	}
	failed(p, "curl could not be set up");
	timer_set(t, push_pause(p->set.interval_s, p->failures));
}

/* ---- life ----------------------------------------------------------- */

struct push *
push_new(const struct push_setup *set)
{
	struct push *p = base_alloc(sizeof(*p));

	p->set = *set;
	timer_init(set->timers, &p->timer, on_due);
	p->head = curl_slist_append(curl_slist_append(NULL,
					"Content-Type: application/json"),
	    "Expect:" /* no round trip for that */);
	if (p->head == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != 0
	    || curl_loop_open(&p->curl, set->loop, set->timers, on_ended)
		!= 0) {
		curl_slist_free_all(p->head);
		free(p);
		return NULL;
	}
	timer_set(&p->timer, 0);
	return p;
}

void
push_free(struct push *p)
{
	if (p == NULL)
		return;
	timer_stop(&p->timer);
	put_away(p);
	curl_loop_close(&p->curl);
	curl_slist_free_all(p->head);
	curl_global_cleanup();
	buf_free(&p->body);
	free(p);
}
