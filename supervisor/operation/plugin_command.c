/* SPDX-License-Identifier: MIT */
/* See plugin_command.h. */
#include "supervisor/operation/plugin_command.h"

#include <string.h>
#include <unistd.h>

#include "shared/config/config_diff.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/operation/next_config.h"
#include "supervisor/operation/operation.h"
#include "supervisor/child/spawn.h"

/*
 * The handler runs the plugin as the file says: so is what a restarted one
 * reads.  Only this section: others may have changed while it was asked.
 */
static void
keep_section(struct plugin_command *p, struct member *handler)
{
	struct fleet *f = p->fleet;
	struct config *now;
	struct err e;

	if (p->next == NULL || handler != f->handler)
		return;
	now = base_alloc(sizeof(*now));
	if (config_diff_merge_plugin(f->config, p->next, p->name, now, &e)
	    == -1) {
		log_error("Plugin %s: its section is not in force for the "
			  "handler's next start: %s",
		    p->name, e.text);
		free(now);
		return;
	}
	free(handler->program.config);
	handler->program.config = base_strdup(now->text);
	next_config_swap(f, now);
	next_config_drop(now);
}

static void
forget(struct plugin_command *p)
{
	next_config_drop(p->next);
	p->next = NULL;
	p->late = NULL;
}

static void
finish(struct plugin_command *p, int code, const char *text)
{
	struct err e;

	timer_stop(&p->deadline);
	p->asked = NULL;
	if (code == EXIT_FINE) {
		report_fine(&p->report, p->fleet->handler->generation, text);
	} else {
		err_set(&e, code, "%s", text);
		report_end(&p->report, 0, &e);
	}
}

/* It may still take the section: then that counts. */
static void
on_deadline(struct timer *t)
{
	struct plugin_command *p = container_of(t, struct plugin_command,
	    deadline);

	p->late = p->asked;
	finish(p, EXIT_WAIT,
	    "The handler has not answered within its start_timeout and "
	    "drain_timeout: see \"shardherd plugin list\" and the log.");
}

void
plugin_command_init(struct plugin_command *p, struct fleet *f)
{
	memset(p, 0, sizeof(*p));
	p->fleet = f;
	p->report.control = &f->control;
	timer_init(f->timers, &p->deadline, on_deadline);
}

void
plugin_command_free(struct plugin_command *p)
{
	timer_stop(&p->deadline);
	forget(p);
}

static bool
has_plugin(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->plugins; i++)
		if (strcmp(c->plugin[i].name, name) == 0)
			return true;
	return false;
}

static int
may_ask(const struct fleet *f, struct err *e)
{
	if (operation_may(f, OPERATION_PLUGIN, e) == -1)
		return -1;
	if (f->handler->state != MEMBER_UP || f->handler->ready_ms == 0)
		return err_set(e, EXIT_TRY_LATER,
		    "the handler is not ready (%s)",
		    member_state_name[f->handler->state]);
	return 0;
}

static int
send(struct plugin_command *p, const struct msg_plugin *m,
    const struct config *next, struct err *e)
{
	struct fleet *f = p->fleet;
	int fd = -1, rc;

	if (next != NULL && (fd = spawn_config(next->text, e)) == -1)
		return -1;
	rc = ipc_send(&f->handler->ipc, MSG_PLUGIN, -1, ++p->serial, m,
	    sizeof(*m), fd);
	if (fd != -1)
		close(fd);
	return rc == 0
	    ? 0
	    : err_set(e, EXIT_TRY_LATER, "the handler takes no commands now");
}

/* What the file says of it goes along; which plugins there are otherwise the
 * handler knows, and says. */
static int
with_section(const struct plugin_command *p, uint32_t ticket,
    const struct msg_plugin *m, struct config **next, struct err *e)
{
	struct fleet *f = p->fleet;

	*next = NULL;
	if (m->action != PLUGIN_DO_LOAD && m->action != PLUGIN_DO_RESTART)
		return 0;
	*next = next_config_plugin(f, ticket, m->name, e);
	if (*next == NULL)
		return -1;
	if (has_plugin(*next, m->name))
		return 0;
	next_config_drop(*next);
	return err_set(e, EXIT_USAGE, "there is no [plugin \"%s\"] in %s",
	    m->name, f->config->path);
}

int
plugin_command_ask(struct plugin_command *p, uint32_t ticket,
    const struct msg_plugin *m, struct err *e)
{
	const struct config *c = p->fleet->config;
	struct config *next;

	if (may_ask(p->fleet, e) == -1
	    || with_section(p, ticket, m, &next, e) == -1)
		return -1;
	if (send(p, m, next, e) == -1) {
		next_config_drop(next);
		return -1;
	}
	log_notice("Plugin %s: %s, by an operator.", m->name,
	    contract_plugin_action_name(m->action));
	forget(p);
	p->report.ticket = ticket;
	p->next = next;
	str_copy(p->name, m->name, sizeof(p->name));
	p->asked = p->fleet->handler;
	timer_set(&p->deadline,
	    c->handler_start_timeout_s + c->handler_drain_timeout_s
		+ PLUGIN_COMMAND_SLACK_S);
	return 0;
}

void
plugin_command_answered(struct plugin_command *p, struct member *c,
    uint32_t serial, const struct msg_plugin_answer *m)
{
	bool taken = m->section == PLUGIN_SECTION_TAKEN
	    || (m->section == PLUGIN_SECTION_UNSAID && m->ok);
	int code = m->ok ? EXIT_FINE : m->unknown ? EXIT_USAGE : EXIT_DEGRADED;

	if ((c != p->asked && c != p->late) || serial != p->serial)
		return;
	if (taken)
		keep_section(p, c);
	forget(p);
	if (c == p->asked)
		finish(p, code, m->text);
}

void
plugin_command_handler_gone(struct plugin_command *p, struct member *c)
{
	if (c == p->late || c == p->asked)
		forget(p);
	if (c == p->asked)
		finish(p, EXIT_DEGRADED,
		    "The handler ended before it answered, and the next one "
		    "starts every plugin anew; \"shardherd why\" says why it "
		    "ended.");
}
