/* SPDX-License-Identifier: MIT */
/* See messages.h. */
#include "supervisor/messages.h"

#include <string.h>

#include "shared/base/text.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/gate_lanes.h"
#include "supervisor/child/kept.h"
#include "supervisor/child/member.h"
#include "shared/base/clock.h"
#include "supervisor/child/uplinks.h"
#include "supervisor/client/client_kick.h"
#include "supervisor/client/clients.h"
#include "supervisor/fleet.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/plugin_command.h"
#include "supervisor/operation/probe.h"
#include "supervisor/operation/reload_effects.h"
#include "supervisor/operation/rollout_effects.h"
#include "supervisor/upgrade/adopt.h"

static void
on_hello(struct member *c, const struct msg_hdr *h, const void *payload)
{
	struct msg_hello m = *(const struct msg_hello *)payload;

	m.build[sizeof(m.build) - 1] = '\0';
	if (m.pid != c->pid || m.generation != c->generation) {
		member_kill(c, CRASH_START, "its HELLO names another process");
		return;
	}
	member_version(c, m.build);
	member_event(c, MEMBER_ON_HELLO);
}

static void
on_ready(struct member *c, const struct msg_hdr *h, const void *payload)
{
	member_event(c, MEMBER_ON_READY);
}

static void
on_ask(struct member *c, const struct msg_hdr *h, const void *payload)
{
	const struct msg_permit_ask *m = payload;

	if (c->second != NULL)
		return; /* it has let go of the place meanwhile */
	rollout_effects_asked(c->fleet->rollout, c);
	if (m->cause >= CAUSES) {
		member_kill(c, CRASH_EXIT,
		    "it asked for a permit without a known cause");
		return;
	}
	log_info("%s has no session it could resume (%s) and queues for an "
		 "IDENTIFY.",
	    c->name, contract_cause_name(m->cause));
	permit_ask(c->fleet->permit, c->slot, h->serial, m->cause,
	    m->close_code);
}

static void
on_done(struct member *c, const struct msg_hdr *h, const void *payload)
{
	const struct msg_permit_done *m = payload;

	if (m->outcome >= OUTCOME_UNUSED + 1) {
		member_kill(c, CRASH_EXIT, "it reported an unknown outcome");
		return;
	}
	permit_done(c->fleet->permit, c->slot, m->ledger_id, m->outcome,
	    m->close_code);
}

static void
on_fatal(struct member *c, const struct msg_hdr *h, const void *payload)
{
	struct msg_fatal m = *(const struct msg_fatal *)payload;

	m.text[sizeof(m.text) - 1] = '\0';
	if (c->second != NULL) {
		rollout_effects_trouble(c->fleet->rollout, c, m.text);
		return;
	}
	c->fatal = true;
	fleet_fatal(c->fleet, c, m.close_code, m.text);
}

/* Of a shard's other process only its way to HELLO matters. */
static void
on_second_event(struct member *c, const struct msg_event *m)
{
	struct rollout_effects *r = c->fleet->rollout;

	if (m->report == REPORT_STANDBY)
		rollout_effects_standby(r, c);
	else if (m->report == REPORT_CONNECT_FAILED)
		rollout_effects_trouble(r, c, m->text);
}

static void
on_handed(struct member *c, const struct msg_hdr *h, const void *payload)
{
	struct msg_handed m = *(const struct msg_handed *)payload;

	m.text[sizeof(m.text) - 1] = '\0';
	rollout_effects_handed(c->fleet->rollout, c, &m);
}

static void
on_event(struct member *c, const struct msg_hdr *h, const void *payload)
{
	struct msg_event m = *(const struct msg_event *)payload;

	m.text[sizeof(m.text) - 1] = '\0';
	if (c->second != NULL || m.report == REPORT_STANDBY)
		on_second_event(c, &m);
	else if (m.report == REPORT_READY)
		member_event(c, MEMBER_ON_READY);
	else if (m.report == REPORT_SWITCHED)
		fleet_switched(c->fleet, c, h->serial);
	else if (m.report == REPORT_UPLINK_LOST)
		uplinks_lost(c->fleet->uplinks, c, h->serial);
	else if (m.report == REPORT_GATE_LOST && c->role == CONTRACT_HANDLER)
		gate_lanes_lost(c->fleet->gate_lanes, c);
	else if (m.report == REPORT_PLUGIN_DOWN && c->role == CONTRACT_HANDLER)
		reload_effects_plugin_down(c->fleet->reload, c, m.text);
	else if (m.report == REPORT_UPLINK_REFUSED)
		log_error("The %s refuses the uplink of shard %d: %s.", c->name,
		    h->shard, m.text);
	else
		log_debug("%s reports: %s (close code %u)", c->name, m.text,
		    m.close_code);
	if (m.report == REPORT_CONNECT_FAILED)
		discord_info_unreached(c->fleet->discord_info);
}

static void
on_plugin(struct member *c, const struct msg_hdr *h, const void *payload)
{
	struct msg_plugin_answer m = *(const struct msg_plugin_answer *)payload;

	m.text[sizeof(m.text) - 1] = '\0';
	plugin_command_answered(c->fleet->plugin_command, c, h->serial, &m);
}

static void
on_probe(struct member *c, const struct msg_hdr *h, const void *payload)
{
	probe_answered(c->fleet->probe, c, h->serial, payload);
}

static void
on_guest(struct member *c, const struct msg_hdr *h, const void *payload)
{
	const struct msg_guest *m = payload;

	clients_guest(c->fleet->clients, c, m->pid);
	member_event(c, MEMBER_ON_READY);
}

static void
on_words(struct member *c, const struct msg_hdr *h, const void *payload)
{
	const struct msg_words *m = payload;

	text_clean(c->words, sizeof(c->words), m->text,
	    strnlen(m->text, sizeof(m->text) - 1));
}

static void
on_kicked(struct member *c, const struct msg_hdr *h, const void *payload)
{
	client_kick_answered(c->fleet->client_kick, c, h->serial, payload);
}

/* Who may not write the page says here that its loop turns. */
static void
on_alive(struct member *c, const struct msg_hdr *h, const void *payload)
{
	if (c == c->fleet->web)
		page_beat(&c->fleet->page.head->pulse.web_ms, clock_boot_ms());
}

/* What an earlier supervisor gave it to keep is ours to keep now. */
static void
on_keep(struct member *c, const struct msg_hdr *h, const void *payload, int fd)
{
	const struct msg_keep *m = payload;

	if (fd != -1)
		kept_take(c->fleet->kept, m->what, fd);
	else
		adopt_handed(c);
}

enum {
	BY_SHARD = 1,
	BY_HANDLER = 2,
	BY_GATE = 4,
	BY_RUNNER = 8,
	BY_WEB = 16,
	BY_ALL = 31
};
static const unsigned by_role[CONTRACT_ROLES] = {
    [CONTRACT_SHARD] = BY_SHARD,
    [CONTRACT_HANDLER] = BY_HANDLER,
    [CONTRACT_GATE] = BY_GATE,
    [CONTRACT_RUNNER] = BY_RUNNER,
    [CONTRACT_WEB] = BY_WEB,
};

static const struct {
	unsigned by;
	size_t size;
	void (*fn)(struct member *, const struct msg_hdr *, const void *);
	void (*with_fd)(struct member *, const struct msg_hdr *, const void *,
	    int fd);
} known[MSG_TYPES] = {
    [MSG_HELLO] = {BY_ALL, sizeof(struct msg_hello), on_hello},
    [MSG_READY] = {BY_HANDLER | BY_GATE | BY_WEB, 0, on_ready},
    [MSG_PERMIT_ASK] = {BY_SHARD, sizeof(struct msg_permit_ask), on_ask},
    [MSG_PERMIT_DONE] = {BY_SHARD, sizeof(struct msg_permit_done), on_done},
    [MSG_FATAL] = {BY_ALL, sizeof(struct msg_fatal), on_fatal},
    [MSG_EVENT] = {BY_ALL, sizeof(struct msg_event), on_event},
    [MSG_HANDED] = {BY_SHARD, sizeof(struct msg_handed), on_handed},
    [MSG_PLUGIN_ANSWER] = {BY_HANDLER, sizeof(struct msg_plugin_answer),
	on_plugin},
    [MSG_PROBE_ANSWER] = {BY_HANDLER, sizeof(struct msg_probe_answer),
	on_probe},
    [MSG_GUEST] = {BY_RUNNER, sizeof(struct msg_guest), on_guest},
    [MSG_WORDS] = {BY_RUNNER, sizeof(struct msg_words), on_words},
    [MSG_KICKED] = {BY_GATE, sizeof(struct msg_kicked), on_kicked},
    [MSG_KEEP] = {BY_HANDLER | BY_GATE | BY_WEB, sizeof(struct msg_keep), NULL,
	on_keep},
    [MSG_ALIVE] = {BY_WEB, 0, on_alive},
};

void
messages_take(struct member *c, const struct msg_hdr *h, const void *payload,
    int fd)
{
	unsigned who = by_role[c->role];
	char why[128];

	if ((known[h->type].by & who) == 0 || h->len != known[h->type].size
	    || (member_is_shard(c) && h->shard != (int32_t)c->slot)) {
		str_format(why, sizeof(why),
		    "it sent a %s of %u bytes for shard %d, which is against "
		    "the contract",
		    contract_msg_name(h->type), h->len, h->shard);
		member_kill(c, CRASH_EXIT, why);
		return;
	}
	if (known[h->type].with_fd != NULL)
		known[h->type].with_fd(c, h, payload, fd);
	else
		known[h->type].fn(c, h, payload);
}
