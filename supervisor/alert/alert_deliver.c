/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's side of a delivery.  The child writes one line, "DONE WORDS"
 * with the words empty for success, and ends; its end without a line is a
 * failure.
 */
#include "supervisor/alert/alert_deliver.h"

#include <string.h>

#include "shared/process/proctitle.h"

#define WORDS 192 /* bytes of why it was not delivered */

const char *const alert_news_name[] = {
    [ALERT_RAISED] = "alert",
    [ALERT_STANDS] = "again",
    [ALERT_OVER] = "recovered",
};

struct delivery {
	const struct alert_deliver *a;
	const struct alert_msg *msg;
};

static void on_end(struct helper *, bool);

void
alert_deliver_init(struct alert_deliver *a, struct ev_loop *loop,
    struct timers *timers, const struct config *config, const char *ca_file,
    alert_deliver_fn *done)
{
	memset(a, 0, sizeof(*a));
	a->config = config;
	a->ca_file = ca_file;
	a->done = done;
	helper_init(&a->helper, loop, timers, on_end);
}

static void
on_end(struct helper *h, bool late)
{
	struct alert_deliver *a = container_of(h, struct alert_deliver, helper);
	char why[WORDS], *end;
	unsigned long done;

	if (late || h->len == 0) {
		a->done(a, 0,
		    late ? "it took too long" : "the delivering process died");
		return;
	}
	h->said[strcspn(h->said, "\n")] = '\0';
	done = strtoul(h->said, &end, 10);
	str_copy(why, end + strspn(end, " "), sizeof(why));
	a->done(a, (unsigned)done, why);
}

static int
run(const void *arg, int out)
{
	const struct delivery *d = arg;
	char why[WORDS] = "", line[WORDS + 16];
	unsigned done;

	proctitle_set("shardherd: alerting");
	done = alert_send_run(d->a->config, d->a->ca_file, d->msg, why,
	    sizeof(why));
	why[strcspn(why, "\n")] = '\0';
	str_format(line, sizeof(line), "%u %s\n", done, why);
	return fd_write_all(out, line, strlen(line)) == 0 ? 0 : 1;
}

int
alert_deliver_start(struct alert_deliver *a, const struct alert_msg *m,
    struct err *e)
{
	struct delivery d = {a, m};

	return helper_start(&a->helper,
	    &(struct helper_job) {.run = run,
		.arg = &d,
		.deadline_s = ALERT_DELIVER_S},
	    e);
}
