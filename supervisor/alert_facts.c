/* SPDX-License-Identifier: MIT */
/* The fleet's facts for alerts.c, and what its decisions do. */
#include "supervisor/alert/alerts.h"

#include <stdarg.h>
#include <string.h>

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/secret.h"
#include "shared/base/text.h"
#include "shared/page/verdict.h"
#include "supervisor/alert/alert_deliver.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/probe.h"
#include "supervisor/resources.h"
#include "supervisor/status/judged.h"
#include "supervisor/watch.h"

#define KEPT_KEY "alerts" /* store blob: struct kept */

/* What a restart must know, so that it does not begin anew. */
struct kept {
	struct {
		uint32_t on, code;
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
		k.kind[i].code = s->code;
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
		a->state[i].code = k.kind[i].code;
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

/* In the words that everybody has for it. */
static void
fact_of(struct alert_fact *out, const struct verdict_finding *w)
{
	char words[ALERT_TEXT], advice[VERDICT_WORDS] = "";

	if (w == NULL)
		return;
	verdict_sentence(w, words, sizeof(words));
	if (!w->advised)
		verdict_advise(w, advice);
	fact(out, true, "%s%s%s", words, advice[0] != '\0' ? " " : "", advice);
	out->code = w->code;
}

#define CODE(n) VERDICT_CODE_##n
#define CODES_MAX 10

/* What is told at once, and of which findings. */
static const struct {
	enum alert_kind kind;
	enum verdict_code code[CODES_MAX];
} told[] = {
    {ALERT_LEFT, {CODE(BUDGET_SHORT)}},
    {ALERT_FORECAST, {CODE(BUDGET_FORECAST)}},
    {ALERT_FOREIGN, {CODE(BUDGET_FOREIGN)}},
    {ALERT_CRASHES, {CODE(SHARDS_CRASHING)}},
    {ALERT_SILENT, {CODE(FLEET_PARTLY_DEAF), CODE(SHARD_PARTLY_DEAF)}},
    {ALERT_RELOAD,
	{CODE(CONFIG_REFUSED), CODE(RELOAD_FAILED), CODE(CONFIG_FAULT)}},
    {ALERT_OVERRUN, {CODE(CLIENT_OVERRAN)}},
    {ALERT_AWAY,
	{CODE(CLIENT_LOSING), CODE(CLIENT_LATE), CODE(CLIENT_SLOW),
	    CODE(CLIENT_DOWN), CODE(CLIENT_HUNG), CODE(RUNNER_HUNG)}},
    {ALERT_CACHE, {CODE(GATE_CACHE)}},
    {ALERT_PLUGIN,
	{CODE(PLUGIN_HELD), CODE(PLUGIN_DOWN), CODE(PLUGIN_HUNG),
	    CODE(PLUGIN_ERRING), CODE(PLUGIN_LAGGING)}},
    {ALERT_LETTERS, {CODE(DEAD_LETTERS)}},
    {ALERT_REST, {CODE(REST_LIMITED)}},
    {ALERT_WEB, {CODE(WEB_DOWN), CODE(WEB_HUNG)}},
    {ALERT_DISK, {CODE(DISK_FULL), CODE(DISK_SHORT), CODE(LOG_DISK_SHORT)}},
};
/* Shards that hear nothing of use, whatever they do about it. */
static const enum verdict_code nothing_heard[] = {CODE(SHARD_DEAF),
    CODE(SHARD_HUNG), CODE(SHARD_DOWN), CODE(SHARD_HELD), CODE(SHARD_WAITING),
    CODE(SHARD_CONNECTING), CODE(SHARD_RESUMING), CODE(NONE)};
static const enum verdict_code on_hold[] = {CODE(FLEET_HELD), CODE(NONE)};
static const enum verdict_code no_gate[] = {CODE(GATE_DOWN), CODE(GATE_HUNG),
    CODE(GATE_STARTING), CODE(NONE)};
static const enum verdict_code near[] = {CODE(FDS_SHORT), CODE(MEMORY_SHORT),
    CODE(NONE)};

static void
look_told(const struct fleet *f, struct alert_fact *out)
{
	for (size_t i = 0; i < nitems(told); i++)
		fact_of(&out[told[i].kind],
		    verdict_find(&f->judged->found, told[i].code, 0));
}

/* Those that [alerts] gives time. */
static void
look_patient(const struct fleet *f, struct alert_fact *out)
{
	const struct verdict_fleet *v = &f->judged->found;
	const struct config *c = f->config;

	if (c->alert_deaf_s > 0)
		fact_of(&out[ALERT_DEAF],
		    verdict_find(v, nothing_heard,
			(int64_t)(c->alert_deaf_s * 1000)));
	fact_of(&out[ALERT_HOLD],
	    verdict_find(v, on_hold, (int64_t)(c->alert_hold_s * 1000)));
}

static void
look_rate(const struct fleet *f, struct alert_fact *out)
{
	const struct page_cluster *c = &f->page.head->cluster;

	fact(&out[ALERT_RATE],
	    c->identifies_1h >= c->identifies_most || f->permit->alike.on,
	    "%u IDENTIFYs within an hour that nobody asked for%s. Look for "
	    "what ends the sessions.",
	    c->identifies_1h,
	    permit_braked(f->permit)  ? "; each shard is slowed down"
		: f->permit->alike.on ? "; a third of the shards failed alike, "
					"one at a time tries"
				      : "");
	out[ALERT_RATE].code = CODE(IDENTIFY_SLOW);
}

/* With how fast it grows; what was near a limit is so until it is well below. */
static void
look_limits(const struct fleet *f, struct alert_fact *out)
{
	const struct verdict_finding *w = verdict_find(&f->judged->found, near,
	    0);
	char words[RESOURCES_WORDS];
	uint32_t n = resources_processes(&f->watch->limits, words,
	    sizeof(words));

	if (n > 1)
		fact(&out[ALERT_LIMITS], true,
		    "%u processes are near a limit. %s", n, words);
	else
		fact(&out[ALERT_LIMITS], n > 0, "%s", words);
	out[ALERT_LIMITS].code = w != NULL ? w->code : CODE(FDS_SHORT);
}

static void
look_gate(struct alerts *a, const struct fleet *f, struct alert_fact *out)
{
	const struct verdict_finding *w = verdict_find(&f->judged->found,
	    no_gate, 0);
	uint64_t now = clock_boot_ms();
	char words[VERDICT_WORDS];

	if (w == NULL || !config_gate(f->config)) {
		a->gate_ms = 0;
		return;
	}
	if (a->gate_ms == 0)
		a->gate_ms = now;
	str_copy(words, w->text, sizeof(words));
	if (w->code == CODE(GATE_DOWN))
		str_format(words, sizeof(words), "%s, %.150s", w->text,
		    f->page.head->gate_watch.last_end);
	fact(&out[ALERT_GATE],
	    (double)(now - a->gate_ms) >= f->config->alert_gate_s * 1000,
	    "The gate serves no client for %llu s: %s. What clients miss is "
	    "kept.",
	    (unsigned long long)(now - a->gate_ms) / 1000, words);
	out[ALERT_GATE].code = w->code;
}

void
alerts_watch(struct alerts *a)
{
	struct fleet *f = a->fleet;
	struct alert_fact facts[ALERTS] = {0};

	if (f->stopping)
		return;
	look_told(f, facts);
	look_patient(f, facts);
	look_rate(f, facts);
	look_gate(a, f, facts);
	look_limits(f, facts);
	fact(&facts[ALERT_PROBE], probe_alarm(f->probe)[0] != '\0', "%s",
	    probe_alarm(f->probe));
	facts[ALERT_PROBE].code = CODE(PROBE_FAILED);
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
		if (facts[i].bad && facts[i].code == CODE(NONE))
			facts[i].code = s->code;
	}
	alerts_judge(a, facts, (int64_t)(f->config->alert_repeat_s * 1000));
}

void
alerts_close(struct alerts *a)
{
	alerts_stop(a);
	helper_stop(&a->post.helper);
}
