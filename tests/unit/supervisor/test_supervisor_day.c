/* SPDX-License-Identifier: MIT */
/*
 * More than a day of a supervisor on the fake clock, with all that has a period:
 * the look around, the day's totals, the ledger and its recount, the budget and
 * Discord's answers, alerts, the log's rotation by age, what is written to the
 * store late.  Its processes are puppets that do well: a shard's heartbeat is
 * acknowledged and events come, one IDENTIFYs each hour, Discord's window ends
 * and begins.  So nothing may be told, nothing may be more at the end than early
 * on, and no period may have moved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <malloc.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/log.h"
#include "shared/process/process.h"
#include "supervisor/base/helper.h"
#include "supervisor/base/procfs.h"
#include "supervisor/identify/discord_ask.h"
#include "tests/unit/supervisor/puppet.h"

#define HOUR_S 3600
#define HOURS 26
#define EARLY_H 3 /* all that fills once has filled */
#define STEP_S 10
#define EVENTS_S 300
#define TOTAL 1000
#define ROTATED 3	/* [log] files */
#define HEAP_SLACK 4096 /* words that differ in length */

static struct fleet *f;
static uint64_t spent, asked, answered, told, window_end;
static char said[4][512];

/* ---- in the place of helper.c and discord_ask.c ---------------------- */

const char *const discord_ask_status_name[DISCORD_ASK_STATUS_COUNT] = {
#define X(n, s) [DISCORD_ASK_##n] = s,
    DISCORD_ASK_STATUSES(X)
#undef X
};
/* Of the fleet's questions and of a token move's. */
static struct asker {
	struct timer timer;
	struct discord_ask *ask;
} asker[2];
static size_t askers;

void
helper_init(struct helper *h, struct ev_loop *loop, struct timers *timers,
    helper_fn *done)
{
	memset(h, 0, sizeof(*h));
	h->fd = -1;
	h->done = done;
}

int
helper_start(struct helper *h, const struct helper_job *job, struct err *e)
{
	return err_set(e, EXIT_DEGRADED, "no process in this test");
}

void
helper_stop(struct helper *h)
{
}

bool
helper_reaped(pid_t pid, int status)
{
	return false;
}

/* ---- in the place of process.c and procfs.c: all are there, and the same -- */

uint64_t
process_field(int32_t pid, int n)
{
	return 1;
}

uint64_t
process_start(int32_t pid)
{
	return 1;
}

bool
process_lives(int32_t pid, uint64_t start)
{
	return true;
}

bool
process_lives_look(int32_t pid, uint64_t start, bool *stopped)
{
	*stopped = false;
	return true;
}

bool
process_stopped(int32_t pid)
{
	return false;
}

bool
process_born(int32_t pid, int32_t *parent, uint64_t *born_ms)
{
	return false;
}

uint64_t
process_private_kb(int32_t pid)
{
	return 600;
}

bool
process_titled(int32_t pid, const char *title)
{
	return true;
}

bool
procfs_read(pid_t pid, struct procfs_sample *s, uint64_t now_ms)
{
	s->rss_kb = 10000 + now_ms / 2000 % 7; /* it has its ups and downs */
	s->uss_kb = s->anon_kb = s->rss_kb / 2;
	s->fds = 20 + now_ms / 2000 % 3;
	s->fd_limit = 1024;
	return true;
}

void
procfs_name(pid_t pid, char *out, size_t size)
{
	str_copy(out, "puppet", size);
}

pid_t
procfs_parent(pid_t pid)
{
	return 1;
}

unsigned
procfs_filters(pid_t pid)
{
	return 0;
}

/* ---- Discord --------------------------------------------------------- */

/* Discord, which counts what was spent in its own windows of a day. */
static void
on_answer(struct timer *t)
{
	struct asker *a = container_of(t, struct asker, timer);
	struct discord_ask_answer w = {.magic = DISCORD_ASK_MAGIC,
	    .status = DISCORD_ASK_OK,
	    .http = 200,
	    .user_status = DISCORD_ASK_NONE,
	    .app_status = DISCORD_ASK_NONE,
	    .url = "ws://127.0.0.1:1",
	    .shards = PUPPET_SHARDS,
	    .max_concurrency = 1,
	    .total = TOTAL,
	    .remaining = TOTAL - (int64_t)spent,
	    .reset_after_ms = (int64_t)(window_end - clock_boot_ms())};

	a->ask->helper.busy = false;
	answered++;
	a->ask->done(a->ask, &w);
}

void
discord_ask_init(struct discord_ask *a, struct ev_loop *loop,
    struct timers *timers, const struct config *c, const char *token,
    const char *ca_file, discord_ask_fn *done)
{
	memset(a, 0, sizeof(*a));
	a->done = done;
	assert_in_range(askers, 0, nitems(asker) - 1);
	asker[askers].ask = a;
	timer_init(timers, &asker[askers++].timer, on_answer);
}

int
discord_ask_start(struct discord_ask *a, enum discord_ask_what what,
    struct err *e)
{
	asked++;
	a->helper.busy = true;
	timer_set(&asker[asker[0].ask == a ? 0 : 1].timer, 0.3);
	return 0;
}

/* ---- what is told ---------------------------------------------------- */

static void
on_line(enum log_level level, const char *text, void *arg)
{
	if (level >= LOG_L_WARN && told++ < nitems(said))
		str_copy(said[told - 1], text, sizeof(said[0]));
	fleet_log_line(f->logs, level, "supervisor", text);
}

/* ---- processes that do well ------------------------------------------ */

static void
does_well(struct page_watch *w)
{
	page_begin(&w->lock);
	w->pid = getpid(); /* one that is there */
	w->pid_start = process_start(getpid());
	page_end(&w->lock);
}

static void
beat(void)
{
	uint64_t now = clock_boot_ms();
	/* Seldom: what comes is written to the disk each time. */
	unsigned events = now / 1000 % EVENTS_S < STEP_S ? 50 : 0;

	for (uint32_t i = 0; i < f->local; i++) {
		struct page_slot *slot = &f->page.slot[i];
		struct page_shard *s = &slot->shard;

		page_begin(&s->lock);
		s->interval_ms = 41250;
		s->heartbeat_ms = s->ack_ms = s->frame_ms = s->dispatch_ms =
		    now;
		s->rtt_ms = 40;
		s->seq += events;
		s->acked_seq = s->seq;
		s->events += events;
		s->traffic += events;
		page_end(&s->lock);
		page_cursor_set(slot, s->session, s->seq);
		does_well(&slot->watch);
	}
	does_well(&f->page.head->handler_watch);
	page_begin(&f->page.head->handler.lock);
	f->page.head->handler.state = HANDLER_READY;
	f->page.head->handler.pid = getpid();
	f->page.head->handler.events += events * f->local;
	page_end(&f->page.head->handler.lock);
	page_beat(&f->page.head->pulse.handler_ms, now);
}

static void
advance(unsigned s)
{
	for (unsigned i = 0; i < s; i += STEP_S) {
		beat();
		fake_time_advance(STEP_S * 1000);
		while (clock_boot_ms() >= window_end) {
			window_end += LEDGER_DAY_MS;
			spent = 0;
		}
	}
}

/* A session ended, and a new one begins. */
static void
identify(uint32_t shard)
{
	struct member *c = &f->shard[shard];
	struct msg_permit_ask ask = {.cause = CAUSE_INVALID_SESSION};
	struct msg_permit_done done = {.outcome = OUTCOME_READY};
	unsigned before = puppet_told(c, MSG_PERMIT_GRANT);

	puppet_says(c, MSG_PERMIT_ASK, 1, &ask, sizeof(ask));
	for (int i = 0; i < 30 && puppet_told(c, MSG_PERMIT_GRANT) == before;
	     i++)
		advance(STEP_S);
	assert_int_equal(puppet_told(c, MSG_PERMIT_GRANT), before + 1);
	spent++;
	done.ledger_id = f->permit->slot[shard].ledger_id;
	puppet_says(c, MSG_PERMIT_DONE, 1, &done, sizeof(done));
	puppet_report(c, REPORT_READY, 0, "");
}

/* ---- what there is --------------------------------------------------- */

static unsigned
files_in(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

struct there {
	size_t heap;
	unsigned fds, state, logs;
	off_t db;
};

static struct there
look(void)
{
	char path[600];
	struct stat st;
	struct there t = {.heap = mallinfo2().uordblks,
	    .fds = files_in("/proc/self/fd"),
	    .state = files_in(f->config->state_dir),
	    .logs = files_in(f->config->log_dir)};

	str_format(path, sizeof(path), "%s/data.mdb", f->store.path);
	assert_int_equal(stat(path, &st), 0);
	t.db = st.st_size;
	return t;
}

static void
expect_nothing_told(void)
{
	for (uint64_t i = 0; i < told && i < nitems(said); i++)
		print_error("told: %s\n", said[i]);
	assert_int_equal(told, 0);
	assert_int_equal(alerts_standing(f->alerts), 0);
	assert_int_equal(f->judged->ready, PUPPET_SHARDS);
}

static void
begin(void)
{
	struct err e;

	f = puppet_open("[log]\nage = 1h\nfiles = 3\ncompress = no\n"
			"[limits]\ndisk_free = 0\n",
	    false);
	spent = asked = answered = told = 0;
	window_end = clock_boot_ms() + 5 * HOUR_S * 1000;
	assert_int_equal(mkdir(f->config->log_dir, 0700), 0);
	assert_int_equal(mkdir(f->config->run_dir, 0700), 0);
	if (control_open(&f->control, f, &e) == -1)
		fail_msg("%s", e.text);
	if (fleet_log_open(f->logs, f->config, false, &e) == -1)
		fail_msg("%s", e.text);
	log_init(LOG_TO_HOOK, LOG_L_INFO);
	log_set_hook(on_line, NULL);
	watch_init(f->watch, f);
	watch_start(f->watch);
	maintenance_init(f->maintenance, f);
	beat();
	status_page_begin(f->status_page);
	discord_info_want(f->discord_info, DISCORD_ASK_GATEWAY_BOT);
}

static void
end(void)
{
	watch_stop(f->watch);
	maintenance_stop(f->maintenance);
	alerts_close(f->alerts);
	day_totals_close(f->day_totals);
	next_start_stop(f->next_start);
	log_init(LOG_TO_PEOPLE, LOG_L_ERROR);
	log_set_hook(NULL, NULL);
	fleet_log_close(f->logs);
	control_close(&f->control);
	puppet_close();
}

static void
test_a_day(void **state)
{
	struct there early = {0}, late;
	uint64_t began;

	begin();
	began = f->watch->done_ms;
	for (unsigned h = 0; h < HOURS; h++) {
		identify(h % PUPPET_SHARDS);
		while ((clock_boot_ms() - 1000000) / 1000 < (h + 1) * HOUR_S)
			advance(STEP_S);
		expect_nothing_told();
		if (h == EARLY_H)
			early = look();
	}
	late = look();
	assert_in_range(late.heap, 0, early.heap + HEAP_SLACK);
	assert_int_equal(late.fds, early.fds);
	assert_int_equal(late.state, early.state);
	assert_int_equal(late.logs, early.logs);
	assert_int_equal(late.logs, 2 + 1 + ROTATED);
	assert_in_range(late.db, 0, early.db + (64 << 10));
	/* The look around is on time still, and every question was answered. */
	assert_in_range(clock_boot_ms() - f->watch->done_ms, 0,
	    WATCH_TICK_S * 1000);
	assert_int_equal((f->watch->done_ms - began) % (WATCH_TICK_S * 1000),
	    0);
	assert_int_equal(asked, answered);
	/* One an hour: those of the last day, no more and no fewer. */
	ledger_tick(f->ledger);
	assert_in_range(f->ledger->sent_24h, 24, 25);
	assert_int_equal(permit_remaining(f->permit), TOTAL - (int64_t)spent);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
