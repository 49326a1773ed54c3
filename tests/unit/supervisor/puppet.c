/* SPDX-License-Identifier: MIT */
/* See puppet.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/supervisor/puppet.h"

#include "shared/base/secret.h"
#include "supervisor/child/spawn.h"
#include "tests/unit/rig/scratch.h"

#define FIRST_PID (1 << 24) /* beyond any of the kernel's: signals miss */

struct puppet puppet;
static char dir[SCRATCH_MAX];

/* ---- in the place of spawn.c ---------------------------------------- */

int
spawn_config(const char *text, struct err *e)
{
	return dup(STDERR_FILENO);
}

int
spawn_token(const char *token, struct err *e)
{
	return dup(STDERR_FILENO);
}

int
spawn_examiner(struct fleet *f, struct helper *h, const struct program *p,
    const char *path, double deadline_s, struct err *e)
{
	return err_set(e, EXIT_DEGRADED, "no examiner in this test");
}

void
spawn_listen(struct member *c, int control, int log_fd)
{
	member_listen(c, control);
	close(log_fd);
}

int
spawn_child(struct member *c, struct err *e)
{
	struct puppet_process *p = &puppet.process[puppet.processes];
	int fds[2];

	if (puppet.spawn_fails)
		return err_set(e, EXIT_DEGRADED, "no process in this test");
	must(puppet.processes < PUPPET_PROCESSES && ipc_pair(fds, e) == 0);
	memset(p, 0, sizeof(*p));
	p->pid = FIRST_PID + (pid_t)puppet.processes++;
	p->fd = fds[1];
	p->handler = !member_is_shard(c);
	p->identity = c->identity = c->fleet->identity;
	c->pid = p->pid;
	member_listen(c, fds[0]);
	if (puppet.at_once) {
		member_event(c, MEMBER_ON_HELLO);
		if (!member_is_shard(c))
			member_event(c, MEMBER_ON_READY);
	}
	return 0;
}

/* ---- processes ------------------------------------------------------ */

static struct puppet_process *
process_of(const struct member *c)
{
	for (unsigned i = 0; i < puppet.processes; i++)
		if (puppet.process[i].pid == c->pid)
			return &puppet.process[i];
	fail_msg("%s has no process", c->name);
	return NULL;
}

static void
deliver(void)
{
	for (int i = 0; i < 8; i++)
		ev_run(puppet.f->loop, EVRUN_NOWAIT);
}

void
puppet_says(struct member *c, enum msg_type type, uint32_t serial,
    const void *body, size_t len)
{
	struct {
		struct msg_hdr hdr;
		unsigned char body[CONTRACT_MSG_MAX];
	} m = {.hdr = {.type = (uint16_t)type,
		   .version = CONTRACT_VERSION,
		   .len = (uint32_t)len,
		   .shard = member_shard(c),
		   .serial = serial}};

	if (len > 0)
		memcpy(m.body, body, len);
	assert_true(
	    send(process_of(c)->fd, &m, sizeof(m.hdr) + len, MSG_NOSIGNAL) > 0);
	deliver();
}

void
puppet_hello(struct member *c)
{
	struct msg_hello m = {.pid = c->pid, .generation = c->generation};

	puppet_says(c, MSG_HELLO, 0, &m, sizeof(m));
}

void
puppet_report(struct member *c, enum shard_report report, uint32_t serial,
    const char *text)
{
	struct msg_event m = {.report = report};

	str_copy(m.text, text, sizeof(m.text));
	puppet_says(c, MSG_EVENT, serial, &m, sizeof(m));
}

void
puppet_ready(struct member *c)
{
	if (!member_is_shard(c))
		puppet_says(c, MSG_READY, 0, NULL, 0);
	else
		puppet_report(c, REPORT_READY, 0, "");
}

void
puppet_handed(struct member *c, bool ok)
{
	struct msg_handed m = {.ok = ok, .text = "it keeps it"};

	puppet_says(c, MSG_HANDED, 0, &m, sizeof(m));
}

void
puppet_dies(struct member *c, int status)
{
	struct puppet_process *p = process_of(c);
	struct member *found = fleet_find(puppet.f, p->pid);

	assert_ptr_equal(found, c);
	close(p->fd);
	p->fd = -1;
	member_reaped(c, status);
	deliver();
}

static void
hear(struct puppet_process *p)
{
	struct {
		struct msg_hdr hdr;
		unsigned char body[CONTRACT_MSG_MAX];
	} m;

	while (p->fd != -1 && recv(p->fd, &m, sizeof(m), MSG_DONTWAIT) > 0)
		p->said[m.hdr.type]++;
}

unsigned
puppet_told(struct member *c, enum msg_type type)
{
	struct puppet_process *p = process_of(c);

	deliver();
	hear(p);
	return p->said[type];
}

unsigned
puppet_alive(bool handlers)
{
	unsigned n = 0;

	for (unsigned i = 0; i < puppet.processes; i++)
		n += puppet.process[i].fd != -1
		    && puppet.process[i].handler == handlers;
	return n;
}

void
puppet_all_switch(void)
{
	struct fleet *f = puppet.f;

	for (uint32_t i = 0; i < f->local; i++)
		if (f->shard[i].state == MEMBER_UP)
			puppet_report(&f->shard[i], REPORT_SWITCHED,
			    f->handler->generation, "");
}

/* ---- the fleet ------------------------------------------------------ */

static void
problem(const char *line, void *arg)
{
	fail_msg("%s", line);
}

static void
read_config(struct fleet *f, const char *more)
{
	char text[2048], path[96];
	struct err e;
	FILE *out;

	str_format(path, sizeof(path), "%s/shardherd.conf", dir);
	str_format(text, sizeof(text),
	    "[bot]\nname = t\ntoken_file = token\n"
	    "intents = 513\n[gateway]\napi = http://127.0.0.1:1\n[paths]\n"
	    "state_dir = state\nrun_dir = run\nlog_dir = log\n%s",
	    more);
	out = fopen(path, "w");
	fputs(text, out);
	fclose(out);
	f->config = base_alloc(sizeof(*f->config));
	if (config_parse(f->config, path, text, problem, NULL, &e) == -1)
		fail_msg("%s", e.text);
}

static void
init_parts(struct fleet *f)
{
	fleet_init(f);
	systemd_open(f->systemd, f, true);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		f->control.client[i].fd = -1;
	f->control.fleet = f;
}

static void
bring_up(struct member *c)
{
	if (c->state == MEMBER_STARTING)
		puppet_hello(c);
	if (c->ready_ms == 0)
		puppet_ready(c);
}

/* With a session: a rollout hands that over. */
void
puppet_shows_ready(struct member *c)
{
	struct page_shard *s = &puppet.f->page.slot[c->slot].shard;

	page_begin(&s->lock);
	s->state = SHARD_READY;
	s->session = 77 + c->slot;
	s->pid = c->pid;
	s->state_since_ms = s->ack_ms = clock_boot_ms();
	s->interval_ms = 3600000;
	page_end(&s->lock);
}

static void
start_all(struct fleet *f)
{
	member_event(f->handler, MEMBER_ON_START);
	bring_up(f->handler);
	for (uint32_t i = 0; i < f->local; i++) {
		member_event(&f->shard[i], MEMBER_ON_START);
		bring_up(&f->shard[i]);
		puppet_shows_ready(&f->shard[i]);
	}
}

struct fleet *
puppet_open(const char *more, bool at_once)
{
	struct fleet *f = fleet_new();
	char state[96];
	struct err e;

	fake_time_reset();
	memset(&puppet, 0, sizeof(puppet));
	puppet.f = f;
	puppet.at_once = at_once;
	log_init(LOG_TO_PEOPLE, LOG_L_ERROR);
	assert_int_equal(scratch_make(dir, sizeof(dir)), 0);
	read_config(f, more);
	str_format(state, sizeof(state), "%s/state", dir);
	assert_int_equal(mkdir(state, 0700), 0);
	f->loop = ev_loop_new(EVFLAG_NOENV);
	f->timers = timer_base_new(f->loop);
	f->page.fd = f->lock_fd = f->ready_fd = f->logs->fd = -1;
	f->token = secret_take(base_strdup("first-token"));
	f->identity = secret_identity(f->token);
	if (store_init(&f->store, state, &e) == -1
	    || page_create(&f->page, state, PUPPET_SHARDS, &e) == -1)
		fail_msg("%s", e.text);
	init_parts(f);
	f->count = f->local = f->launched = PUPPET_SHARDS;
	f->shard = base_alloc(PUPPET_SHARDS * sizeof(*f->shard));
	for (uint32_t i = 0; i < PUPPET_SHARDS; i++)
		member_init(&f->shard[i], f, CONTRACT_SHARD, i);
	crash_brake_init(f->brake, PUPPET_SHARDS);
	permit_init(f->permit, f->timers, PUPPET_SHARDS, 5, 0, &ledger_actions,
	    f);
	ledger_init(f->ledger, f);
	if (program_self(&f->handler->program, f->config->text, &e) == -1)
		fail_msg("%s", e.text);
	start_all(f);
	return f;
}

void
puppet_reload(void)
{
	struct reload_effects *r = puppet.f->reload;
	struct err e;

	if (reload_effects_begin(r, 0, false, false, &e) == -1)
		fail_msg("%s", e.text);
	if (puppet.at_once)
		return;
	puppet_hello(r->fresh);
	puppet_ready(r->fresh);
}

void
puppet_close(void)
{
	struct fleet *f = puppet.f;

	token_move_free(f->token_move);
	discord_info_stop(f->discord_info);
	adopt_close(f->adopt);
	reload_effects_free(f->reload);
	rollout_effects_free(f->rollout);
	plugin_command_free(f->plugin_command);
	probe_stop(f->probe);
	for (uint32_t i = 0; i < f->local; i++)
		member_free(&f->shard[i]);
	for (size_t i = 0; i < FLEET_HANDLERS; i++)
		member_free(&f->handler_slot[i]);
	free(f->shard);
	permit_free(f->permit);
	crash_brake_free(f->brake);
	store_writes_close(&f->writes);
	page_close(&f->page);
	secret_drop(f->token);
	fake_time_reset();
	ev_loop_destroy(f->loop);
	config_free(f->config);
	free(f->config);
	free(f);
	for (unsigned i = 0; i < puppet.processes; i++)
		if (puppet.process[i].fd != -1)
			close(puppet.process[i].fd);
	scratch_remove(dir);
}
