/* SPDX-License-Identifier: MIT */
/* See systemd.h. */
#include "supervisor/systemd.h"

#include <string.h>

#include "shared/base/clock.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/base/sd_notify.h"
#include "supervisor/child/member.h"
#include "supervisor/identify/permit.h"
#include "supervisor/status/judged.h"
#include "supervisor/status/status_page.h"
#include "supervisor/stop.h"
#include "supervisor/watch.h"

/* ---- words ---------------------------------------------------------- */

static const char *
span(int64_t s, char *out, size_t size)
{
	if (s < 120)
		str_format(out, size, "%lld s", (long long)s);
	else if (s < 7200)
		str_format(out, size, "%lld min", (long long)(s + 30) / 60);
	else
		str_format(out, size, "%lld h", (long long)(s + 1800) / 3600);
	return out;
}

void
systemd_words(const struct systemd_facts *w, char *out, size_t size)
{
	char eta[64] = "", in[32];

	if (w->stopping) {
		str_format(out, size, "stopping");
		return;
	}
	if (w->shards == 0) {
		str_format(out, size, "%s",
		    w->note[0] != '\0'
			? w->note
			: "asking Discord how many shards to run");
		return;
	}
	if (w->eta_s > 0)
		str_format(eta, sizeof(eta), ", identifies done in about %s",
		    span(w->eta_s, in, sizeof(in)));
	str_format(out, size, "shards ready %u/%u%s%s%s%s", w->ready, w->shards,
	    eta, w->handler ? "" : ", no handler",
	    w->note[0] != '\0' ? "; " : "", w->note);
}

/* The worst; a page that was not judged yet has notes. */
static void
look_note(const struct fleet *f, struct systemd_facts *w)
{
	const struct verdict_fleet *v;

	if (f->page.head == NULL)
		return;
	v = &f->judged->found;
	if (f->local > 0 && v->n > 0)
		verdict_sentence(&v->found[0], w->note, sizeof(w->note));
	else
		str_copy(w->note, f->page.head->cluster.note[0].text,
		    sizeof(w->note));
}

static void
look(const struct systemd *h, struct systemd_facts *w)
{
	struct fleet *f = h->fleet;
	uint64_t now = clock_boot_ms(), eta = 0;

	memset(w, 0, sizeof(*w));
	status_page_fill(f);
	w->stopping = f->stopping;
	look_note(f, w);
	if (w->note[0] == '\0')
		str_copy(w->note, h->last, sizeof(w->note));
	if (f->local == 0 || f->page.head == NULL)
		return;
	w->shards = f->local;
	w->ready = f->judged->ready;
	w->handler = f->handler->state == MEMBER_UP
	    && f->handler->ready_ms != 0;
	if (permit_waiting(f->permit) > 0)
		eta = permit_eta_ms(f->permit);
	w->eta_s = eta > now ? (int64_t)(eta - now + 999) / 1000 : 0;
}

/* ---- the watchdog --------------------------------------------------- */

/*
 * That this timer fired shows a loop that turns.  That is not enough: the look
 * around must have come to its end, and the page must have been written.
 */
static bool
duties_done(const struct systemd *h)
{
	const struct fleet *f = h->fleet;
	uint64_t now = clock_boot_ms();

	if (now - f->watch->done_ms > SYSTEMD_DUTY_MS)
		return false;
	return f->local == 0
	    || now - f->status_page->updated_ms <= SYSTEMD_DUTY_MS;
}

static void
on_feed(struct timer *t)
{
	struct systemd *h = container_of(t, struct systemd, feed);

	timer_set(t, (double)h->notify.watchdog_us / 2 / 1000000);
	if (duties_done(h)) {
		h->starving = false;
		sd_notify_watchdog(&h->notify);
		return;
	}
	if (!h->starving)
		log_error("The regular look around has not come to its end "
			  "for %d s: systemd's watchdog is not fed.",
		    SYSTEMD_DUTY_MS / 1000);
	h->starving = true;
}

/* ---- the fleet's life ----------------------------------------------- */

void
systemd_open(struct systemd *h, struct fleet *f, bool foreground)
{
	memset(h, 0, sizeof(*h));
	h->fleet = f;
	sd_notify_open(&h->notify, foreground);
}

void
systemd_start(struct systemd *h)
{
	h->began_ms = clock_boot_ms();
	timer_init(h->fleet->timers, &h->feed, on_feed);
	if (h->notify.fd != -1 && h->notify.watchdog_us > 0)
		timer_set(&h->feed, 0);
	systemd_tick(h);
}

/* As soon as events can reach a plugin; IDENTIFYs of the rest may take
 * hours. */
static void
starting(struct systemd *h, const struct systemd_facts *w, const char *words)
{
	bool late = clock_boot_ms() - h->began_ms
	    >= (uint64_t)SYSTEMD_START_S * 1000;

	if ((w->ready > 0 && w->handler) || late) {
		h->ready = sd_notify_ready(&h->notify, words);
		return;
	}
	sd_notify_status(&h->notify, words);
	sd_notify_extend(&h->notify, SYSTEMD_EXTEND_S);
}

void
systemd_tick(struct systemd *h)
{
	struct systemd_facts w;
	char words[SD_NOTIFY_STATUS];

	if (h->notify.fd == -1 || h->stopping)
		return;
	look(h, &w);
	systemd_words(&w, words, sizeof(words));
	if (!h->ready)
		starting(h, &w, words);
	else
		sd_notify_status(&h->notify, words);
	if (h->reloading)
		sd_notify_extend(&h->notify, SYSTEMD_EXTEND_S);
}

void
systemd_reloading(struct systemd *h)
{
	h->reloading = true;
	if (h->ready)
		sd_notify_reloading(&h->notify);
}

void
systemd_reloaded(struct systemd *h, const char *trouble)
{
	struct fleet *f = h->fleet;
	struct systemd_facts w;
	char words[SD_NOTIFY_STATUS];

	h->reloading = false;
	str_copy(h->last, trouble, sizeof(h->last));
	if (h->notify.fd == -1 || h->stopping || !h->ready)
		return;
	judged_look(f->judged, f);
	look(h, &w);
	systemd_words(&w, words, sizeof(words));
	/* If not, the next tick says so. */
	h->ready = sd_notify_ready(&h->notify, words);
}

void
systemd_stopping(struct systemd *h)
{
	const struct config *c = h->fleet->config;

	if (h->stopping)
		return;
	h->stopping = true;
	sd_notify_stopping(&h->notify,
	    2 * c->stop_timeout_s + STOP_SLACK_S + SYSTEMD_EXTEND_S);
}

void
systemd_close(struct systemd *h)
{
	if (h->fleet == NULL)
		return;
	if (h->fleet->timers != NULL && h->feed.fn != NULL)
		timer_stop(&h->feed);
	sd_notify_close(&h->notify);
}
