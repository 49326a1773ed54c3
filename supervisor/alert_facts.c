/* SPDX-License-Identifier: MIT */
/* The fleet's facts for alerts.c, and what its decisions do. */
#include "supervisor/alert/alerts.h"

#include <stdarg.h>
#include <string.h>

#include "shared/base/clock.h"
#include "shared/base/secret.h"
#include "shared/base/text.h"
#include "shared/page/verdict.h"
#include "supervisor/alert/alert_deliver.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/child/crash_brake.h"
#include "supervisor/identify/budget.h"
#include "supervisor/identify/ledger.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/probe.h"
#include "supervisor/resources.h"
#include "supervisor/watch.h"

#define KEPT_KEY "alerts"    /* store blob: struct kept */
#define PLUGIN_STRIKES 3     /* ends without health that are no accident */
#define REST_ALERT_MS 60000u /* of the global limit, without a break */

/* What a restart must know, so that it does not begin anew. */
struct kept {
	struct {
		uint32_t on, reserved;
		int64_t since_ms, sent_ms;
		char text[ALERT_TEXT];
	} kind[ALERTS];
};

/* ---- actions -------------------------------------------------------- */

static bool
act_wanted(void *arg)
{
	const struct config *c = ((struct fleet *)arg)->config;

	return c->alert_webhook[0] != '\0' || c->alert_exec[0] != '\0';
}

static bool
act_deliver(void *arg, const struct alert_msg *m)
{
	struct fleet *f = arg;
	struct err e;

	if (alert_deliver_start(&f->alerts->post, m, &e) == 0)
		return true;
	log_warn("An alert can't be delivered now: %s", e.text);
	return false;
}

static void
act_say(void *arg, const struct alert_msg *m)
{
	if (m->news == ALERT_OVER)
		log_notice("Alert over (%s): %s", m->kind, m->text);
	else
		log_warn("Alert (%s): %s", m->kind, m->text);
}

static void
act_keep(void *arg)
{
	struct fleet *f = arg;
	struct kept k = {0};

	for (unsigned i = 0; i < ALERTS; i++) {
		const struct alert_state *s = &f->alerts->state[i];

		/* An end nobody heard of is one of the next supervisor's. */
		k.kind[i].on = s->on || s->untold;
		k.kind[i].since_ms = s->since_ms;
		k.kind[i].sent_ms = s->sent_ms;
		str_copy(k.kind[i].text, s->text, ALERT_TEXT);
	}
	store_writes_blob(&f->writes, KEPT_KEY, &k, sizeof(k));
}

static void
act_failed(void *arg, const struct alert_msg *m, const char *why)
{
	log_error("An alert reached nobody (%s, %s): %s.", m->kind,
	    alert_news_name[m->news], why);
}

static const struct alert_actions actions = {act_wanted, act_deliver, act_say,
    act_keep, act_failed};

static void
on_posted(struct alert_deliver *p, unsigned done, const char *why)
{
	struct alerts *a = container_of(p, struct alerts, post);

	if (why[0] != '\0')
		log_warn("An alert could not be delivered: %s.", why);
	alerts_delivered(a, done, why);
}

void
alerts_open(struct alerts *a, struct fleet *f)
{
	struct kept k;
	struct err e;
	char *url;
	size_t len;

	alerts_init(a, f->timers, &actions, f);
	a->fleet = f;
	alert_deliver_init(&a->post, f->loop, f->timers, f->config, f->ca_file,
	    on_posted);
	/* Better heard of now than when the first alert is due. */
	if (f->config->alert_webhook[0] != '\0') {
		url = config_read_secret(f->config->alert_webhook, "webhook",
		    &e);
		if (url == NULL)
			log_warn("No alert can be sent: %s", e.text);
		secret_free(url);
	}
	if (store_blob_get(&f->store, KEPT_KEY, &k, sizeof(k), &len, NULL) != 1
	    || len != sizeof(k))
		return;
	for (unsigned i = 0; i < ALERTS; i++) {
		a->state[i].on = k.kind[i].on != 0;
		a->state[i].since_ms = k.kind[i].since_ms;
		a->state[i].sent_ms = k.kind[i].sent_ms;
		str_copy(a->state[i].text, k.kind[i].text, ALERT_TEXT);
		a->state[i].text[ALERT_TEXT - 1] = '\0';
	}
}

/* ---- facts ---------------------------------------------------------- */

static void fact(struct alert_fact *, bool bad, const char *, ...)
    printflike(3, 4);

static void
fact(struct alert_fact *f, bool bad, const char *fmt, ...)
{
	va_list ap;

	f->bad = bad;
	va_start(ap, fmt);
	text_vformat(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

static void
look_budget(const struct fleet *f, struct alert_fact *out)
{
	const struct config *c = f->config;
	const struct permit *p = f->permit;
	int64_t left = permit_remaining(p), keep = permit_reserve(p), s;
	int64_t least = c->alert_left > 0 ? c->alert_left : keep;
	int64_t now = clock_wall_ms();

	if (!p->known)
		return;
	fact(&out[ALERT_LEFT], left <= least,
	    "%lld of %lld IDENTIFYs are left (reserve %lld), the reset is in "
	    "%llu min. Below the reserve no shard IDENTIFYs without an "
	    "operator.",
	    (long long)left, (long long)p->answer.total, (long long)keep,
	    (unsigned long long)(p->answer.reset_boot_ms > clock_boot_ms()
		    ? (p->answer.reset_boot_ms - clock_boot_ms()) / 60000
		    : 0));
	s = budget_forecast_s(&f->ledger->budget, left - keep, now);
	fact(&out[ALERT_FORECAST],
	    s >= 0 && left > keep && (double)s <= c->alert_forecast_s,
	    "At the pace of the last hour the IDENTIFYs down to the reserve "
	    "are gone in %lld min: look for what ends the sessions.",
	    (long long)s / 60);
}

static void
look_rate(const struct fleet *f, struct alert_fact *out)
{
	uint32_t n = permit_recent(f->permit);
	int64_t most = f->config->alert_rate;

	if (most == 0 || most > f->permit->brake_after)
		most = f->permit->brake_after;
	fact(&out[ALERT_RATE], n >= most || f->permit->alike.on,
	    "%u IDENTIFYs within an hour that nobody asked for%s. Look for "
	    "what ends the sessions.",
	    n,
	    permit_braked(f->permit)  ? "; each shard is "
					"slowed down"
		: f->permit->alike.on ? "; a third of the shards "
					"failed alike, one at a time tries"
				      : "");
}

static void
look_foreign(const struct fleet *f, struct alert_fact *out)
{
	const struct budget *b = &f->ledger->budget;
	int64_t now = clock_wall_ms(), least = f->config->alert_foreign;
	uint64_t n = budget_foreign_1h(b, now);

	fact(&out[ALERT_FOREIGN], least > 0 && n >= (uint64_t)least,
	    "%llu IDENTIFYs were spent with this token by something else (%llu "
	    "in 24 h). Look for a second copy of the bot on another machine, "
	    "in a test or a container; if there is none, reset the token.",
	    (unsigned long long)n,
	    (unsigned long long)budget_foreign_24h(b, now));
}

/* One that is not even ready hears nothing of use; of those only age counts. */
static bool
is_deaf(const struct page_shard *s, uint64_t now, uint64_t limit)
{
	return verdict_quiet_ms(s, now) >= limit
	    && (s->state != SHARD_READY
		|| verdict_deaf(s, VERDICT_INTERVALS, 0, now));
}

static void
look_deaf(const struct fleet *f, struct alert_fact *out)
{
	uint64_t limit = (uint64_t)(f->config->alert_deaf_s * 1000);
	uint64_t now = clock_boot_ms();
	uint32_t n = 0, first = 0;
	struct page_shard s;

	for (uint32_t i = 0; limit > 0 && i < f->launched; i++) {
		if (!page_read(&f->page.slot[i].shard, &s, sizeof(s))
		    || !is_deaf(&s, now, limit))
			continue;
		if (n++ == 0)
			first = i;
	}
	fact(&out[ALERT_DEAF], n > 0,
	    "%u of %u shards hear nothing from Discord, shard %u is one of "
	    "them: \"shardherd why %u\".",
	    n, f->local, first, first);
}

static void
look_silent(const struct fleet *f, struct alert_fact *out)
{
	char words[VERDICT_WORDS] = "";
	uint64_t now = clock_boot_ms();
	uint32_t n = 0, first = 0;

	for (uint32_t i = 0; i < f->launched; i++) {
		struct page_shard s;
		struct verdict v;

		if (!page_read(&f->page.slot[i].shard, &s, sizeof(s)))
			continue;
		v = verdict_shard(&s, f->shard[i].pid == s.pid, now);
		if (v.silent == 0)
			continue;
		if (n++ == 0) {
			first = i;
			verdict_words(&s, &v, now, words);
		}
	}
	fact(&out[ALERT_SILENT], n > 0,
	    "%u of %u shards are partly deaf, shard %u: %s. A RESUME does not "
	    "help, a new session does.",
	    n, f->local, first, words);
}

static void
look_hold(struct alerts *a, const struct fleet *f, struct alert_fact *out)
{
	bool held = f->permit->held[0] != '\0';
	uint64_t now = clock_boot_ms();

	if (!held)
		a->held_ms = 0;
	else if (a->held_ms == 0)
		a->held_ms = now;
	fact(&out[ALERT_HOLD],
	    held
		&& (double)(now - a->held_ms) >= f->config->alert_hold_s * 1000,
	    "%s", f->permit->held);
	fact(&out[ALERT_CRASHES], f->brake->on,
	    "A third of the shards died alike within 10 s: one is started at a "
	    "time until it stays up.");
}

/* As the handler in service says; a short limit of Discord's is no news. */
static void
look_rest(const struct fleet *f, struct alert_fact *out)
{
	struct page_handler h;
	bool bad;

	if (!page_read(&f->page.head->handler, &h, sizeof(h)) || h.pid == 0)
		return;
	bad = h.rest >= PAGE_REST_BLOCKED
	    || (h.rest == PAGE_REST_LIMITED
		&& clock_boot_ms() - h.rest_since_ms >= REST_ALERT_MS);
	fact(&out[ALERT_REST], bad, "REST: %.*s.", (int)sizeof(h.rest_note),
	    h.rest_note);
}

static void
look_limits(const struct fleet *f, struct alert_fact *out)
{
	char words[RESOURCES_WORDS];
	uint32_t n = resources_processes(&f->watch->limits, words,
	    sizeof(words));
	const char *disk = resources_disks(&f->watch->limits);

	if (n > 1)
		fact(&out[ALERT_LIMITS], true,
		    "%u processes are near a limit. %s", n, words);
	else
		fact(&out[ALERT_LIMITS], n > 0, "%s", words);
	fact(&out[ALERT_DISK], disk[0] != '\0', "%s", disk);
}

/* What an operator has unloaded is as wanted. */
static bool
is_in_trouble(const struct page_plugin *p)
{
	return p->name[0] != '\0' && !p->by_operator
	    && (p->failing || p->state == PLUGIN_HELD
		|| (p->state != PLUGIN_UP && p->strikes >= PLUGIN_STRIKES));
}

static void
look_plugins(const struct fleet *f, struct alert_fact *out)
{
	static struct page_plugins all; /* large */
	const struct page_plugin *first = NULL;
	unsigned n = 0;

	if (f->page.head->handler_watch.pid == 0
	    || !page_read(&f->page.head->plugins, &all, sizeof(all)))
		return;
	for (uint32_t i = 0; i < all.count && i < PAGE_PLUGINS; i++)
		if (is_in_trouble(&all.plugin[i]) && n++ == 0)
			first = &all.plugin[i];
	if (n > 0)
		fact(&out[ALERT_PLUGIN], true,
		    "Plugin %.63s %s: %.150s%s \"shardherd plugin list\" has "
		    "them all.",
		    first->name, first->failing ? "fails" : "does not stay up",
		    first->note, n > 1 ? ". Others, too." : ".");
}

/* ---- the gate ------------------------------------------------------- */

static bool
serves(const struct fleet *f, const struct page_gate *g, uint64_t now)
{
	uint64_t beat = page_last_beat(&f->page.head->pulse.gate_ms);

	return g->state == GATE_READY && f->page.head->gate_watch.pid != 0
	    && verdict_hangs_s(beat, f->page.head->gate_watch.started_ms,
		   VERDICT_SILENT_MS, now)
	    == 0;
}

static void
look_gate_serves(struct alerts *a, const struct fleet *f,
    const struct page_gate *g, struct alert_fact *out)
{
	uint64_t now = clock_boot_ms();

	if (serves(f, g, now))
		a->gate_ms = 0;
	else if (a->gate_ms == 0)
		a->gate_ms = now;
	fact(&out[ALERT_GATE],
	    a->gate_ms != 0
		&& (double)(now - a->gate_ms) >= f->config->alert_gate_s * 1000,
	    "The gate serves no client for %llu s: it is %s%s%.150s. What "
	    "clients miss is kept.",
	    (unsigned long long)(a->gate_ms != 0 ? (now - a->gate_ms) / 1000
						 : 0),
	    g->state < GATE_STATES ? page_gate_state_name[g->state] : "unknown",
	    g->state == GATE_DOWN
		    && f->page.head->gate_watch.last_end[0] != '\0'
		? ", "
		: "",
	    g->state == GATE_DOWN ? f->page.head->gate_watch.last_end : "");
}

static void
look_gate(struct alerts *a, const struct fleet *f, struct alert_fact *out)
{
	static struct page_gate g; /* large */
	const struct page_client *late;
	char words[VERDICT_WORDS];
	uint64_t now = clock_boot_ms();
	enum verdict_client_state state;
	struct verdict_gate v;

	if (!config_gate(f->config)) {
		a->gate_ms = 0;
		return;
	}
	if (!page_read(&f->page.head->gate, &g, sizeof(g)))
		return;
	look_gate_serves(a, f, &g, out);
	verdict_gate(&g, now, &v);
	verdict_gate_overran(&v, now, words);
	fact(&out[ALERT_OVERRUN], v.first_overran != NULL,
	    "Client %.63s fell off the log of the gate, %s. [gate] log_bytes "
	    "and log_age say how far it goes back.",
	    v.first_overran != NULL ? v.first_overran->name : "", words);
	state = v.first[VERDICT_CLIENT_LOST] != NULL  ? VERDICT_CLIENT_LOST
	    : v.first[VERDICT_CLIENT_FALLING] != NULL ? VERDICT_CLIENT_FALLING
						      : VERDICT_CLIENT_SLOW;
	late = v.first[state];
	verdict_gate_words(&v, &g, state, now, words);
	fact(&out[ALERT_AWAY], late != NULL, "Client %.63s: %s.%s",
	    late != NULL ? late->name : "", words,
	    state == VERDICT_CLIENT_SLOW
		? ""
		: " Start it, or take its section out of the config if it is "
		  "not to come back.");
	fact(&out[ALERT_CACHE], v.cache[0] != '\0', "The gate's cache: %s.",
	    v.cache);
}

void
alerts_watch(struct alerts *a)
{
	struct fleet *f = a->fleet;
	struct alert_fact facts[ALERTS] = {0};
	const char *why;

	if (f->stopping)
		return;
	look_budget(f, facts);
	look_rate(f, facts);
	look_foreign(f, facts);
	look_deaf(f, facts);
	look_silent(f, facts);
	look_hold(a, f, facts);
	look_gate(a, f, facts);
	/* A reload that was rolled back, or a file that could not even be
	   started with: over with the next good one. */
	why = f->notes.text[NOTE_CONFIG][0] != '\0'
	    ? f->notes.text[NOTE_CONFIG]
	    : f->notes.text[NOTE_RELOAD];
	fact(&facts[ALERT_RELOAD], why[0] != '\0', "%s", why);
	fact(&facts[ALERT_PROBE], probe_alarm(f->probe)[0] != '\0', "%s",
	    probe_alarm(f->probe));
	look_rest(f, facts);
	look_limits(f, facts);
	look_plugins(f, facts);
	fact(&facts[ALERT_REBOOT],
	    f->reboot.rebooted
		&& clock_boot_ms() - f->started_ms < REBOOT_ALERT_MS,
	    "%s", f->reboot.text);
	/* What can't be seen now is not over either. */
	for (unsigned i = 0; i < ALERTS; i++) {
		const struct alert_state *s = &a->state[i];

		if (s->on
		    && ((!f->permit->known
			    && (i == ALERT_LEFT || i == ALERT_FORECAST))
			|| (i == ALERT_PROBE && probe_pending(f->probe))))
			fact(&facts[i], true, "%s", s->text);
	}
	alerts_judge(a, facts, (int64_t)(f->config->alert_repeat_s * 1000));
	status_notes_say(&f->notes, NOTE_ALERT, alerts_first(a));
}

void
alerts_close(struct alerts *a)
{
	alerts_stop(a);
	helper_stop(&a->post.helper);
}
