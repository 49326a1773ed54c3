/* SPDX-License-Identifier: MIT */
/* See client_kick.h. */
#include "supervisor/client/client_kick.h"

#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"

static void
finish(struct client_kick *k, int code, const char *text)
{
	struct err e;

	timer_stop(&k->deadline);
	k->asked = NULL;
	if (code == EXIT_FINE) {
		report_fine(&k->report, 0, text);
		return;
	}
	err_set(&e, code, "%s", text);
	report_end(&k->report, 0, &e);
}

static void
on_deadline(struct timer *t)
{
	finish(container_of(t, struct client_kick, deadline), EXIT_WAIT,
	    "The gate has not answered in time: see \"shardherd status\".");
}

void
client_kick_init(struct client_kick *k, struct fleet *f)
{
	*k = (struct client_kick) {.fleet = f,
	    .report = {.control = &f->control}};
	timer_init(f->timers, &k->deadline, on_deadline);
}

void
client_kick_stop(struct client_kick *k)
{
	timer_stop(&k->deadline);
}

int
client_kick_ask(struct client_kick *k, uint32_t ticket,
    const struct msg_kick *m, struct err *e)
{
	struct fleet *f = k->fleet;

	if (config_client(f->config, m->name) == NULL)
		return err_set(e, EXIT_USAGE,
		    "there is no [client \"%s\"] in %s", m->name,
		    f->config->path);
	if (k->asked != NULL)
		return err_set(e, EXIT_TRY_LATER,
		    "the gate answers another such order first");
	if (!member_serves(f->gate)
	    || ipc_send(&f->gate->ipc, MSG_KICK, -1, ++k->serial, m, sizeof(*m),
		   -1)
		== -1)
		return err_set(e, EXIT_TRY_LATER,
		    "the gate does not serve (%s): nobody is connected to it",
		    member_state_name[f->gate->state]);
	log_notice("client %s is told to reconnect%s, by %s.", m->name,
	    m->sessions ? ", and its sessions end" : "", f->control.who);
	k->order = *m;
	k->asked = f->gate;
	k->report.ticket = ticket;
	timer_set(&k->deadline, CLIENT_KICK_S);
	return 0;
}

void
client_kick_answered(struct client_kick *k, struct member *c, uint32_t serial,
    const struct msg_kicked *m)
{
	char text[256];

	if (c != k->asked || serial != k->serial)
		return;
	if (k->order.sessions)
		str_format(text, sizeof(text),
		    "%u connections of client %s were told to reconnect, and "
		    "%u sessions ended: it IDENTIFYs anew.",
		    m->connections, k->order.name, m->sessions);
	else
		str_format(text, sizeof(text),
		    "%u connections of client %s were told to reconnect; their "
		    "sessions are kept.",
		    m->connections, k->order.name);
	finish(k, EXIT_FINE, text);
}

void
client_kick_gate_gone(struct client_kick *k, struct member *c)
{
	if (c == k->asked)
		finish(k, EXIT_DEGRADED,
		    "The gate ended before it answered; its clients RESUME.");
}
