/* SPDX-License-Identifier: MIT */
/* The supervisor's side of the asker. */
#include "supervisor/identify/discord_ask.h"

#include <string.h>

#include "shared/process/proctitle.h"
#include "supervisor/identify/discord_ask_rest.h"

const char *const discord_ask_status_name[DISCORD_ASK_STATUS_COUNT] = {
#define X(n, s) [DISCORD_ASK_##n] = s,
    DISCORD_ASK_STATUSES(X)
#undef X
};

static void on_end(struct helper *, bool);

void
discord_ask_init(struct discord_ask *a, struct ev_loop *loop,
    struct timers *timers, const struct config *config, const char *token,
    const char *ca_file, discord_ask_fn *done)
{
	memset(a, 0, sizeof(*a));
	a->config = config;
	a->token = token;
	a->ca_file = ca_file;
	a->done = done;
	helper_init(&a->helper, loop, timers, on_end);
}

static void
finish_broken(struct discord_ask *a, const char *words)
{
	struct discord_ask_answer answer = {.magic = DISCORD_ASK_MAGIC,
	    .status = DISCORD_ASK_UNREACHABLE,
	    .user_status = DISCORD_ASK_NONE,
	    .app_status = DISCORD_ASK_NONE};

	str_copy(answer.words, words, sizeof(answer.words));
	a->done(a, &answer);
}

static void
terminate_strings(struct discord_ask_answer *w)
{
	w->words[sizeof(w->words) - 1] = '\0';
	w->url[sizeof(w->url) - 1] = '\0';
	w->user_name[sizeof(w->user_name) - 1] = '\0';
	w->user_id[sizeof(w->user_id) - 1] = '\0';
}

static void
on_end(struct helper *h, bool late)
{
	struct discord_ask *a = container_of(h, struct discord_ask, helper);
	struct discord_ask_answer answer;

	memcpy(&answer, h->said, sizeof(answer));
	if (late) {
		finish_broken(a, "no answer in time");
	} else if (h->len < sizeof(answer)) {
		finish_broken(a, "the asking process died");
	} else if (answer.magic != DISCORD_ASK_MAGIC
	    || answer.status >= DISCORD_ASK_STATUS_COUNT) {
		finish_broken(a, "the asking process answered nonsense");
	} else {
		terminate_strings(&answer);
		a->done(a, &answer);
	}
}

/* In the child: asks, writes, leaves without touching anything else. */
static int
run(const void *arg, int out)
{
	const struct discord_ask *a = arg;
	struct discord_ask_answer answer;

	proctitle_set("shardherd: asking %s", a->config->api);
	discord_ask_rest_run(a->config, a->token, a->ca_file, a->what, &answer);
	return fd_write_all(out, &answer, sizeof(answer)) == 0 ? 0 : 1;
}

int
discord_ask_start(struct discord_ask *a, enum discord_ask_what what,
    struct err *e)
{
	a->what = what;
	return helper_start(&a->helper,
	    &(struct helper_job) {.run = run,
		.arg = a,
		.deadline_s = DISCORD_ASK_DEADLINE_S,
		.aim = " to ask /gateway/bot"},
	    e);
}
