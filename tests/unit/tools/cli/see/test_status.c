/* SPDX-License-Identifier: MIT */
/* status and check from a page made by hand. */
#include "shared/base/clock.h"
#include "shared/view/status_json.h"
#include "shared/process/process.h"
#include "tools/cli/base/load.h"
#include "tools/cli/see/status.h"
#include "tools/cli/see/verb.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

#define SHARDS 4

static struct {
	char dir[64];
	struct page page;
	struct config config;
	struct view view;
	struct err err;
	int lock;
	size_t room; /* for the text */
} t;

static void
shard(uint32_t id, enum shard_state state, uint64_t age_ms)
{
	uint64_t now = clock_boot_ms();
	struct page_slot *slot = &t.page.slot[id];

	slot->watch.pid = getpid();
	slot->watch.uss_kb = 400;
	slot->shard.state = state;
	slot->shard.state_since_ms = now - age_ms;
	slot->shard.interval_ms = 100;
	slot->shard.ack_ms = slot->shard.frame_ms = now;
	slot->shard.rtt_ms = 41;
	slot->shard.guilds = 10 + id;
	slot->shard.events = 1000;
}

static void
cluster(void)
{
	struct page_cluster *c = &t.page.head->cluster;

	c->pid = getpid();
	c->started_ms = clock_boot_ms() - 1;
	c->shard_count = c->local = SHARDS;
	c->total = 1000;
	c->remaining = 982;
	c->fetched_wall_ms = clock_wall_ms();
	c->reset_wall_ms = c->fetched_wall_ms + 3600000;
	c->forecast_s = -1;
	str_copy(c->name, "main", sizeof(c->name));
	str_copy(c->version, "0.1.0", sizeof(c->version));
	t.page.head->handler.state = HANDLER_READY;
	t.page.head->handler_watch.pid = getpid();
}

/* The supervisor's lock, held by this process under another description. */
static void
take_lock(void)
{
	char path[128], pid[32];

	str_format(path, sizeof(path), "%s/lock", t.dir);
	t.lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	str_format(pid, sizeof(pid), "%d\n", (int)getpid());
	assert_int_equal(fd_write_all(t.lock, pid, strlen(pid)), 0);
	assert_int_equal(flock(t.lock, LOCK_EX | LOCK_NB), 0);
}

static int
set_up(void **state)
{
	memset(&t, 0, sizeof(t));
	str_copy(t.dir, "/tmp/shardherd-status-XXXXXX", sizeof(t.dir));
	if (mkdtemp(t.dir) == NULL
	    || page_create(&t.page, t.dir, SHARDS, &t.err) == -1)
		return -1;
	t.config.state_dir = t.dir;
	cluster();
	for (uint32_t i = 0; i < SHARDS; i++)
		shard(i, SHARD_READY, 5);
	take_lock();
	return 0;
}

static int
tear_down(void **state)
{
	char path[128];

	view_free(&t.view);
	page_close(&t.page);
	close(t.lock);
	str_format(path, sizeof(path), "%s/lock", t.dir);
	unlink(path);
	str_format(path, sizeof(path), "%s/stats", t.dir);
	unlink(path);
	return rmdir(t.dir);
}

static void
look(void)
{
	view_free(&t.view);
	assert_int_equal(view_read(&t.view, &t.config, &t.err), 0);
}

static char *
text(bool all)
{
	struct status_pick pick = {.all = all, .room = t.room};
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	status_text(&t.view, &pick, f, false);
	fclose(f);
	return out;
}

static void
break_three(void)
{
	struct page_slot *slot = t.page.slot;

	slot[1].shard.state_since_ms = clock_boot_ms() - 10000;
	slot[1].shard.ack_ms = clock_boot_ms() - 5000; /* 50 intervals */
	slot[2].shard.state = SHARD_RESUMING;
	str_copy(slot[2].shard.note, "gateway close 4000", PAGE_WORDS);
	slot[3].watch.pid = 0;
	str_copy(slot[3].watch.last_end, "killed (OOM)", PAGE_WORDS);
}

static void
test_all_ready(void **state)
{
	char line[1024], *out;

	look();
	assert_int_equal(t.view.verdict.state, VERDICT_READY);
	assert_int_equal(t.view.verdict.exit, EXIT_FINE);
	out = text(false);
	assert_non_null(strstr(out,
	    "\nshards  4   4 ready\nbudget  982/1000 "
	    "IDENTIFYs left, resets in "));
	free(out);
	assert_int_equal(verb_check_line(&t.view, "", line, sizeof(line)),
	    EXIT_FINE);
	assert_non_null(strstr(line,
	    "main OK - 4/4 ready | ready=4;4:;1:;0;4 "
	    "latency=41ms restarts=0c identify=0;800;950"));
}

static void
test_broken(void **state)
{
	char line[1024], *out;

	break_three();
	look();
	assert_int_equal(t.view.ready, 1);
	assert_int_equal(t.view.deaf, 1);
	assert_int_equal(t.view.verdict.exit, EXIT_DEGRADED);
	out = text(false);
	/* the counts add up to 4, and a deaf shard is not among the ready */
	assert_non_null(strstr(out,
	    "\nshards  4   1 ready  1 deaf  1 down  "
	    "1 resuming\n"));
	assert_non_null(strstr(out, "heard nothing: last ACK 5."));
	assert_non_null(strstr(out, "gateway close 4000\n"));
	assert_non_null(strstr(out, "killed (OOM)\n"));
	free(out);
	assert_int_equal(verb_check_line(&t.view, "", line, sizeof(line)),
	    EXIT_DEGRADED);
	assert_non_null(strstr(line, "main WARNING - 1/4 ready, shard 3 down"));
	assert_non_null(strstr(line, "killed (OOM)"));
	assert_non_null(strstr(line, ", shard 1 deaf 5."));
	assert_non_null(strstr(line, ", shard 2 resuming"));
}

static size_t
widest(const char *text)
{
	size_t n, most = 0;

	for (; *text != '\0'; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		most = n > most ? n : most;
	}
	return most;
}

/* What does not fit a terminal is left out or goes on below. */
static void
test_eighty_columns(void **state)
{
	struct page_cluster *c = &t.page.head->cluster;
	char *out;

	break_three();
	memset(c->config_path, 'c', 60);
	for (size_t i = 0; i < 120; i++)
		c->note[0].text[i] = i % 6 == 5 ? ' ' : 'n';
	for (size_t i = 0; i < SHARDS; i++) {
		t.page.slot[i].shard.events = 98765432101;
		t.page.slot[i].watch.uss_kb = 12345;
	}
	str_copy(t.page.slot[2].shard.note,
	    "the RESUME was refused and so it waits for its turn to IDENTIFY, "
	    "the seventh of eight in line",
	    PAGE_WORDS);
	look();
	out = text(false);
	assert_true(widest(out) > 80);
	assert_non_null(strstr(out, " PRIVATE "));
	free(out);
	t.room = 80;
	out = text(false);
	assert_true(widest(out) <= 80);
	assert_non_null(strstr(out, " PRIVATE "));
	assert_null(strstr(out, "EVENTS  RESUME"));
	assert_non_null(strstr(out, "\n        config ccc"));
	assert_non_null(strstr(out, "\n       the RESUME was refused"));
	assert_non_null(strstr(out, "eight in line\n"));
	free(out);
}

/* No byte at all is as deaf as no ACK. */
static void
test_deaf_by_frames(void **state)
{
	t.page.slot[0].shard.state_since_ms = clock_boot_ms() - 10000;
	t.page.slot[0].shard.frame_ms = clock_boot_ms() - 3000;
	look();
	assert_int_equal(t.view.deaf, 1);
	assert_string_equal(t.view.shard[0].state, "deaf");
	/* a fresh connection has not had the time yet */
	t.page.slot[0].shard.state_since_ms = clock_boot_ms();
	look();
	assert_int_equal(t.view.deaf, 0);
}

/* A supervisor that holds its lock but looks after nothing is not well. */
static void
test_supervisor_hung(void **state)
{
	char line[1024], *out;

	t.page.head->cluster.started_ms = clock_boot_ms() - 90000;
	t.page.head->pulse.supervisor_ms = clock_boot_ms() - 2000;
	look();
	assert_int_equal(t.view.verdict.state, VERDICT_READY);
	t.page.head->pulse.supervisor_ms = clock_boot_ms() - 31000;
	look();
	assert_int_equal(t.view.verdict.state, VERDICT_DEGRADED);
	out = text(false);
	assert_non_null(strstr(out, "has done nothing for 31 s"));
	free(out);
	assert_int_equal(verb_check_line(&t.view, "", line, sizeof(line)),
	    EXIT_DEGRADED);
}

/* Events wait for a plugin that is not up: somebody has to look. */
static void
test_plugin_down(void **state)
{
	char line[1024];

	t.page.head->handler.plugins = 3;
	t.page.head->handler.plugins_up = 2;
	look();
	assert_int_equal(t.view.verdict.state, VERDICT_DEGRADED);
	assert_int_equal(verb_check_line(&t.view, "", line, sizeof(line)),
	    EXIT_DEGRADED);
	assert_non_null(strstr(line, "4/4 ready, 2 of 3 plugins up | "));
}

/* C11: up, and worth nothing; unloaded on purpose, and no trouble. */
static void
f_c11_failing_is_seen_and_unloaded_is_fine(void **state)
{
	struct page_handler *h = &t.page.head->handler;
	char line[1024], *out;

	h->plugins = h->plugins_up = 2;
	h->plugins_unloaded = 1;
	look();
	assert_int_equal(t.view.verdict.state, VERDICT_READY);
	assert_int_equal(verb_check_line(&t.view, "", line, sizeof(line)),
	    EXIT_FINE);
	out = text(false);
	assert_non_null(strstr(out, "plugins 2/2 up"));
	assert_non_null(strstr(out, "1 unloaded"));
	free(out);
	h->plugins_failing = 1;
	str_copy(h->note, "plugin p fails: all of it", sizeof(h->note));
	look();
	assert_int_equal(t.view.verdict.state, VERDICT_DEGRADED);
	assert_int_equal(verb_check_line(&t.view, "", line, sizeof(line)),
	    EXIT_DEGRADED);
	assert_non_null(strstr(line, "plugin p fails"));
}

/* What a hanging handler does not take is seen in the shards' queues. */
static void
test_unanswered(void **state)
{
	char *out;

	t.page.head->handler.lag_events = 3;
	look();
	assert_int_equal(view_unanswered(&t.view), 3);
	t.page.slot[0].shard.queue_events = 70;
	t.page.slot[3].shard.queue_events = 30;
	look();
	out = text(false);
	assert_non_null(strstr(out, "  unanswered 100"));
	free(out);
}

static void
test_supervisor_gone(void **state)
{
	close(t.lock);
	t.lock = -1;
	look();
	assert_int_equal(t.view.verdict.state, VERDICT_CRASHED);
	assert_int_equal(t.view.verdict.exit, EXIT_DOWN);
	t.page.head->cluster.pid = 0;
	look();
	assert_int_equal(t.view.verdict.state, VERDICT_STOPPED);
}

/* A pid that belongs to another process by now is no shard. */
static void
test_reused_pid(void **state)
{
	t.page.slot[0].watch.pid_start = 1;
	look();
	assert_false(t.view.shard[0].alive);
	assert_string_equal(t.view.shard[0].state, "down");
}

static void
note(size_t i, enum page_rank rank, int64_t age_ms, const char *text)
{
	struct page_note *n = &t.page.head->cluster.note[i];

	n->rank = rank;
	n->since_ms = clock_wall_ms() - age_ms;
	str_copy(n->text, text, sizeof(n->text));
}

static int
check(char *line, size_t size)
{
	look();
	assert_int_equal(verb_check_line(&t.view, "", line, size),
	    t.view.verdict.exit);
	return t.view.verdict.exit;
}

/* An old note hides nothing, and a handler that is down is critical. */
static void
f_d2_worst_first(void **state)
{
	struct page_head *h = t.page.head;
	char line[2048], *out, *shard_, *note_;

	note(0, PAGE_WARNING, 7200000, "Rolled back | the new handler died.");
	assert_int_equal(check(line, sizeof(line)), EXIT_DEGRADED);
	assert_non_null(strstr(line,
	    "main WARNING - 4/4 ready, Rolled back / "
	    "the new handler died. | ready=4"));
	out = text(false);
	assert_non_null(strstr(out, "\nnote    20"));
	free(out);

	h->handler_watch.pid = 0;
	t.page.slot[2].shard.state = SHARD_RESUMING;
	assert_int_equal(check(line, sizeof(line)), EXIT_DOWN);
	assert_non_null(strstr(line,
	    "main CRITICAL - 3/4 ready, handler "
	    "down"));
	shard_ = strstr(line, "shard 2 resuming");
	note_ = strstr(line, "Rolled back");
	assert_true(shard_ != NULL && note_ != NULL && shard_ < note_);
	assert_int_equal(t.view.verdict.state, VERDICT_DEGRADED);
	out = text(false);
	assert_non_null(strstr(out, "Rolled back"));
	free(out);
}

static void
plugin(uint32_t i, enum plugin_state state, uint32_t strikes)
{
	struct page_plugins *p = &t.page.head->plugins;

	p->count = i + 1 > p->count ? i + 1 : p->count;
	str_format(p->plugin[i].name, sizeof(p->plugin[i].name), "p%u", i);
	p->plugin[i].state = state;
	p->plugin[i].strikes = strikes;
	p->plugin[i].state_since_ms = clock_boot_ms() - 3000;
}

/* One plugin down is a warning, no plugin up is critical, and what an operator
 * unloaded is neither. */
static void
f_d2_plugins_down(void **state)
{
	char line[2048];

	plugin(0, PLUGIN_UP, 0);
	plugin(1, PLUGIN_HELD, 5);
	assert_int_equal(check(line, sizeof(line)), EXIT_DEGRADED);
	assert_non_null(strstr(line, "1 of 2 plugins up, p1 held 3."));
	plugin(0, PLUGIN_STARTING, 2); /* its third time */
	assert_int_equal(check(line, sizeof(line)), EXIT_DOWN);
	assert_non_null(strstr(line,
	    "main CRITICAL - 4/4 ready, 0 of 2 "
	    "plugins up"));
	plugin(0, PLUGIN_UP, 0);
	t.page.head->plugins.plugin[1].by_operator = 1;
	assert_int_equal(check(line, sizeof(line)), EXIT_FINE);
}

/* With the limit the fleet goes by, and seen by who looks. */
static void
f_d2_disk_is_low(void **state)
{
	static const struct verdict_shards shards = {.n = 4, .ready = 4};
	struct verdict_facts f = {.cluster = &t.page.head->cluster,
	    .handler = &t.page.head->handler,
	    .alive = true,
	    .handler_alive = true,
	    .shards = &shards,
	    .disk_known = true,
	    .disk_size = (uint64_t)100 << 30,
	    .now_ms = clock_boot_ms()};
	struct verdict_fleet v;

	t.page.head->cluster.disk_free = (uint64_t)1 << 30;
	f.disk_free = (uint64_t)2 << 30;
	verdict_fleet(&f, &v);
	assert_int_equal(v.exit, EXIT_FINE);
	f.disk_free = (uint64_t)200 << 20;
	verdict_fleet(&f, &v);
	assert_int_equal(v.exit, EXIT_DEGRADED);
	assert_non_null(strstr(v.found[0].text, "only 200 MiB free"));
	f.disk_free = 4096;
	verdict_fleet(&f, &v);
	assert_int_equal(v.exit, EXIT_DOWN);
	assert_int_equal(v.state, VERDICT_DEGRADED);
}

/* However many there are, the worst stays. */
static void
f_d2_many_notes(void **state)
{
	char line[2048];

	for (size_t i = 0; i < PAGE_NOTES; i++)
		note(i, PAGE_INFO, 1000, "Good to know.");
	assert_int_equal(check(line, sizeof(line)), EXIT_FINE);
	t.page.head->handler_watch.pid = 0;
	t.page.slot[1].shard.state = SHARD_HELLO;
	assert_int_equal(check(line, sizeof(line)), EXIT_DOWN);
	assert_non_null(strstr(line, "ready, handler down"));
}

/* Who waits goes by the fleet's limits, not by a file that was changed. */
static void
f_d1_patience_is_the_fleets(void **state)
{
	struct cli c = {.config = t.config};

	c.config.stop_timeout_s = 1;
	t.page.head->cluster.patience_ms[PATIENCE_STOP] = 90000;
	t.page.head->cluster.patience_ms[PATIENCE_RELOAD] = 1000;
	assert_true(view_patience(&c.config, PATIENCE_STOP) == 90);
	/* A reload goes by the longer of both. */
	c.config.handler_start_timeout_s = 60;
	assert_true(view_patience(&c.config, PATIENCE_RELOAD) > 120);
	/* Nobody runs: what the file says. */
	close(t.lock);
	t.lock = -1;
	assert_true(view_patience(&c.config, PATIENCE_STOP) < 90);
}

/* Containers mount a boot id of their own: pid and start time decide. */
static void
f_g2_boot_id_is_a_hint(void **state)
{
	str_copy(t.page.head->boot_id, "of-somebody-elses-proc",
	    sizeof(t.page.head->boot_id));
	for (uint32_t i = 0; i < SHARDS; i++)
		t.page.slot[i].watch.pid_start = process_start(getpid());
	t.page.head->handler_watch.pid_start = process_start(getpid());
	look();
	assert_int_equal(t.view.ready, SHARDS);
	assert_true(t.view.handler_alive);
	assert_int_equal(t.view.verdict.state, VERDICT_READY);
	assert_int_equal(t.view.verdict.exit, EXIT_FINE);
}

static struct json_object *
at(struct json_object *o, const char *a, const char *b)
{
	struct json_object *f;

	assert_true(json_object_object_get_ex(o, a, &f));
	if (b != NULL)
		assert_true(json_object_object_get_ex(f, b, &f));
	return f;
}

static void
test_json(void **state)
{
	static const char *const fields[] = {"id", "state", "since_s", "pid",
	    "seq", "acked_seq", "heartbeat_rtt_ms", "ack_age_s",
	    "dispatch_age_s", "events", "bytes_wire", "bytes_raw", "connects",
	    "identifies", "resumes", "resumes_failed", "zombies", "closes",
	    "crashes", "spool_events", "rss_kb", "uss_kb", "fds", "fd_limit",
	    "guilds"};
	struct status_pick pick = {0};
	struct json_object *o, *s;

	break_three();
	page_count_close(&t.page.slot[2].shard, 4000);
	look();
	o = status_json(&t.view, pick.ids, pick.n);
	assert_int_equal(json_object_get_int(at(o, "schema", NULL)), 1);
	assert_int_equal(json_object_get_int(at(o, "cluster", "shards_ready")),
	    1);
	assert_int_equal(json_object_get_int(at(o, "budget", "remaining")),
	    982);
	assert_null(at(o, "budget", "forecast_exhausted_in_s"));
	assert_string_equal(json_object_get_string(at(o, "handler", "state")),
	    "ready");
	assert_int_equal(json_object_array_length(at(o, "shards", NULL)), 4);
	for (size_t i = 0; i < nitems(fields); i++)
		at(json_object_array_get_idx(at(o, "shards", NULL), 0),
		    fields[i], NULL);
	s = json_object_array_get_idx(at(o, "processes", NULL), 0);
	assert_string_equal(json_object_get_string(at(s, "kind", NULL)),
	    "supervisor");
	assert_int_equal(json_object_get_int(at(s, "pid", NULL)), getpid());
	assert_int_equal(json_object_get_int(at(o, "memory", "shards_kb")),
	    3 * 400);
	s = json_object_array_get_idx(at(o, "shards", NULL), 1);
	assert_string_equal(json_object_get_string(at(s, "state", NULL)),
	    "deaf");
	s = json_object_array_get_idx(at(o, "shards", NULL), 2);
	assert_int_equal(json_object_get_int(at(s, "closes", "4000")), 1);
	s = json_object_array_get_idx(at(o, "shards", NULL), 3);
	assert_null(at(s, "pid", NULL));
	assert_null(at(s, "dispatch_age_s", NULL));
	json_object_put(o);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	    T(test_all_ready),
	    T(test_broken),
	    T(test_eighty_columns),
	    T(test_deaf_by_frames),
	    T(test_supervisor_hung),
	    T(f_c11_failing_is_seen_and_unloaded_is_fine),
	    T(test_plugin_down),
	    T(test_unanswered),
	    T(test_supervisor_gone),
	    T(test_reused_pid),
	    T(f_d2_worst_first),
	    T(f_d2_plugins_down),
	    T(f_d2_disk_is_low),
	    T(f_d2_many_notes),
	    T(f_d1_patience_is_the_fleets),
	    T(f_g2_boot_id_is_a_hint),
	    T(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
