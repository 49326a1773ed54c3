/* SPDX-License-Identifier: MIT */
/* The web process: the loop that looks and answers, and the end. */
#include "tools/web/web.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/secret.h"
#include "shared/process/proctitle.h"
#include "shared/wire/inherit.h"
#include "tools/web/web_impl.h"

#include <sys/resource.h>
#include <unistd.h>

const struct view *
web_look(struct web *w)
{
	uint64_t now = clock_boot_ms();

	if (w->looks > 0 && now - w->looked_ms < WEB_LOOK_MS)
		return w->known ? &w->view : NULL;
	if (w->known)
		view_free(&w->view);
	w->known = view_read(&w->view, &w->config, &w->err) == 0;
	w->looked_ms = now;
	w->looks++;
	return w->known ? &w->view : NULL;
}

/* ---- the end -------------------------------------------------------- */

static void
on_late(struct timer *t)
{
	ev_break(container_of(t, struct web, stop)->loop, EVBREAK_ALL);
}

void
web_stop(struct web *w)
{
	if (w->stopping) {
		ev_break(w->loop, EVBREAK_ALL); /* asked twice: now */
		return;
	}
	log_info("web stops");
	w->stopping = true;
	orphan_end(&w->orphan);
	timer_set(&w->stop, WEB_LAST_S);
	for (int i = 0; i < WEB_FACES; i++)
		if (w->http[i] != NULL)
			http_server_stop(w->http[i]);
}

static void
on_turn(struct ev_loop *loop, ev_prepare *p, int revents)
{
	struct web *w = container_of(p, struct web, prepare);

	if (w->stopping && http_server_idle(w->http[WEB_PRIVATE])
	    && http_server_idle(w->http[WEB_PUBLIC]))
		ev_break(loop, EVBREAK_ALL);
}

/* ---- ticks ---------------------------------------------------------- */

/* A supervisor that hangs hears of it once it goes on; nothing piles up. */
static void
on_alive(struct timer *t)
{
	struct web *w = container_of(t, struct web, alive);

	if (w->ipc.fd != -1 && w->ipc.queued == 0 && !orphan_is(&w->orphan))
		(void)ipc_send(&w->ipc, MSG_ALIVE, -1, w->generation, NULL, 0,
		    -1);
	timer_set(t, WEB_ALIVE_S);
}

static void
tell(const char *note)
{
	if (note[0] != '\0')
		log_warn("%s", note);
	else
		log_info("The history of the status page is on disk again.");
}

static void
on_take(struct timer *t)
{
	struct web *w = container_of(t, struct web, take);

	if (w->history != NULL) {
		history_take(w->history, web_look(w));
		if (history_note_changed(w->history))
			tell(history_note(w->history));
	}
	timer_set(t, WEB_HISTORY_S);
}

/* ---- the process ---------------------------------------------------- */

static void
finish(struct web *w)
{
	web_setup_release(w);
	orphan_end(&w->orphan);
	ipc_close(&w->ipc);
	timer_stop(&w->alive);
	timer_stop(&w->take);
	timer_stop(&w->stop);
	timer_base_free(w->timers);
	ev_loop_destroy(w->loop);
	config_free(&w->config);
}

static void
limits(void)
{
	struct rlimit all;

	if (getrlimit(RLIMIT_NOFILE, &all) == 0) {
		all.rlim_cur = all.rlim_max;
		setrlimit(RLIMIT_NOFILE, &all);
	}
	secret_no_core();
	inherit_fds(CONTRACT_FD_WEB_PUBLIC);
}

int
web_main(int argc, char **argv)
{
	static struct web w;
	struct err e = {0};
	uint64_t generation;

	log_init(LOG_TO_PIPE, LOG_L_INFO);
	if (argc != 2 || !str_to_u64(argv[1], &generation)) {
		log_error("web is started by the supervisor, not by hand");
		return EXIT_USAGE;
	}
	w.generation = (uint32_t)generation;
	w.ipc.fd = -1;
	w.started_ms = clock_boot_ms();
	proctitle_set("shardherd: web");
	limits();
	if (web_setup(&w, argv[0], &e) < 0) {
		log_error("web cannot start: %s", e.text);
		return e.code;
	}
	timer_init(w.timers, &w.alive, on_alive);
	timer_init(w.timers, &w.take, on_take);
	timer_init(w.timers, &w.stop, on_late);
	timer_set(&w.alive, WEB_ALIVE_S);
	ev_prepare_init(&w.prepare, on_turn);
	ev_prepare_start(w.loop, &w.prepare);
	web_channel_ready(&w);
	ev_run(w.loop, 0);
	finish(&w);
	/* Nothing of exit()'s is due, and some of it the cage forbids. */
	_exit(EXIT_FINE);
}
