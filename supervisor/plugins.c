/* SPDX-License-Identifier: MIT */
/* See plugins.h. */
#include "supervisor/plugins.h"

#include <string.h>
#include <unistd.h>

#include "shared/config_diff.h"
#include "supervisor/fleet.h"
#include "supervisor/spawn.h"

static void
drop_next(struct plugins *p)
{
	if (p->next == NULL)
		return;
	config_free(p->next);
	free(p->next);
	p->next = NULL;
}

/* The plugin is as the file says: so is what a restarted handler reads. */
static void
keep_next(struct plugins *p)
{
	struct fleet *f = p->fleet;
	struct config was = *f->config;

	if (p->next == NULL)
		return;
	free(p->asked->program.config);
	p->asked->program.config = base_strdup(p->next->text);
	*f->config = *p->next;
	*p->next = was;
}

static void
finish(struct plugins *p, int code, const char *text)
{
	struct err e;
	uint32_t ticket = p->ticket;

	timer_stop(&p->deadline);
	if (code == EXIT_FINE)
		keep_next(p);
	drop_next(p);
	p->asked = NULL;
	p->ticket = 0;
	err_set(&e, code, "%s", text);
	if (code == EXIT_FINE)
		control_say(&p->fleet->control, ticket, "progress", text);
	control_done(&p->fleet->control, ticket,
	    p->fleet->handler->generation, code == EXIT_FINE ? NULL : &e);
}

static void
on_deadline(struct timer *t)
{
	finish(container_of(t, struct plugins, deadline), EXIT_WAIT,
	    "The handler has not answered within its start_timeout and "
	    "drain_timeout: see \"shardherd plugin list\" and the log.");
}

void
plugins_init(struct plugins *p, struct fleet *f)
{
	memset(p, 0, sizeof(*p));
	p->fleet = f;
	timer_init(f->timers, &p->deadline, on_deadline);
}

void
plugins_free(struct plugins *p)
{
	timer_stop(&p->deadline);
	drop_next(p);
}

static void
on_problem(const char *line, void *arg)
{
	struct plugins *p = arg;

	control_say(&p->fleet->control, p->ticket, "problem", line);
}

/* The file's section of this plugin, everything else as it is in force. */
static int
read_section(struct plugins *p, const char *name, struct err *e)
{
	struct fleet *f = p->fleet;
	struct config *file = base_alloc(sizeof(*file));
	int rc = config_load(file, f->config->path, on_problem, p, e);

	if (rc == 0) {
		p->next = base_alloc(sizeof(*p->next));
		rc = config_merge_plugin(f->config, file, name, p->next, e);
		if (rc == -1)
			drop_next(p);
	}
	config_free(file);
	free(file);
	return rc;
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
may_ask(struct plugins *p, struct err *e)
{
	struct fleet *f = p->fleet;

	if (plugins_busy(p))
		return err_set(e, EXIT_TRY_LATER, "another plugin command is "
		    "under way");
	if (replace_busy(&f->replace))
		return err_set(e, EXIT_TRY_LATER, "a reload is under way: "
		    "wait until it is over");
	if (f->local == 0 || f->handler->state != MEMBER_UP
	    || f->handler->ready_ms == 0)
		return err_set(e, EXIT_TRY_LATER, "the handler is not ready "
		    "(%s)", member_state_name[f->handler->state]);
	return 0;
}

static int
send(struct plugins *p, const struct msg_plugin *m, struct err *e)
{
	struct fleet *f = p->fleet;
	int fd = -1, rc;

	if (p->next != NULL && (fd = spawn_config(p->next->text, e)) == -1)
		return -1;
	rc = ipc_send(&f->handler->ipc, MSG_PLUGIN, -1, ++p->serial, m,
	    sizeof(*m), fd);
	if (fd != -1)
		close(fd);
	return rc == 0 ? 0 : err_set(e, EXIT_TRY_LATER, "the handler takes "
	    "no commands now");
}

int
plugins_ask(struct plugins *p, uint32_t ticket, const struct msg_plugin *m,
    struct err *e)
{
	const struct config *c = p->fleet->config;
	bool reads = m->action == PLUGIN_DO_LOAD
	    || m->action == PLUGIN_DO_RESTART;

	if (may_ask(p, e) == -1)
		return -1;
	p->ticket = ticket;
	if (reads && read_section(p, m->name, e) == -1)
		return -1;
	if (m->name[0] != '\0' && !has_plugin(reads ? p->next : c, m->name)) {
		drop_next(p);
		return err_set(e, EXIT_USAGE, "there is no [plugin \"%s\"] in "
		    "%s", m->name, reads ? c->path : "the fleet");
	}
	if (send(p, m, e) == -1) {
		drop_next(p);
		return -1;
	}
	log_notice("Plugin %s: %s, by an operator.", m->name,
	    contract_plugin_action_name(m->action));
	p->asked = p->fleet->handler;
	timer_set(&p->deadline, c->handler_start_timeout_s
	    + c->handler_drain_timeout_s + PLUGINS_SLACK_S);
	return 0;
}

void
plugins_answered(struct plugins *p, struct member *c, uint32_t serial,
    bool ok, const char *text)
{
	if (c != p->asked || serial != p->serial)
		return;		/* its deadline is over: nobody waits */
	finish(p, ok ? EXIT_FINE : EXIT_DEGRADED, text);
}

void
plugins_handler_gone(struct plugins *p, struct member *c)
{
	if (c == p->asked)
		finish(p, EXIT_DEGRADED, "The handler ended before it "
		    "answered.");
}
