/* SPDX-License-Identifier: MIT */
/* The channel of the web process to the supervisor; see web_impl.h. */
#include "tools/web/web_impl.h"

#include "shared/base/log.h"
#include "shared/base/version.h"
#include "shared/wire/inherit.h"

#include <unistd.h>

/* ---- what it orders ------------------------------------------------- */

static void
on_message(struct ipc *ipc, const struct msg_hdr *h, const void *payload,
    int fd)
{
	struct web *w = container_of(ipc, struct web, ipc);

	if (fd != -1)
		close(fd);
	if (h->type == MSG_TAKE_OVER && h->len == 0)
		web_setup_take_over(w);
	else if (h->type == MSG_STOP && h->len == sizeof(struct msg_stop))
		web_stop(w);
	else if (h->type == MSG_LOG_LEVEL
	    && h->len == sizeof(struct msg_log_level))
		contract_log_level(payload);
	else
		log_error("the supervisor sends %s, which makes no sense here",
		    contract_msg_name(h->type));
}

/* ---- without it ----------------------------------------------------- */

static void
on_gone(struct ipc *ipc, const char *why)
{
	struct web *w = container_of(ipc, struct web, ipc);

	log_debug("the supervisor is gone (%s)", why);
	/* One that was to take another's place is nobody's. */
	if (!w->stopping && (!w->in_service || !orphan_begin(&w->orphan)))
		web_stop(w);
}

static void
describe(struct orphan *o, struct msg_adopt *m)
{
	const struct web *w = container_of(o, struct web, orphan);

	m->generation = w->generation;
	m->ready = w->in_service;
}

/* What the earlier supervisor kept open is handed to this one. */
static void
on_adopted(struct orphan *o)
{
	static const enum contract_kept what[WEB_FACES] = {KEPT_WEB_LISTEN,
	    KEPT_WEB_PUBLIC};
	struct web *w = container_of(o, struct web, orphan);
	struct msg_keep all = {0};

	for (int i = 0; i < WEB_FACES; i++) {
		struct msg_keep m = {.what = what[i]};

		if (w->listen_fd[i] != -1)
			ipc_send(&w->ipc, MSG_KEEP, -1, 0, &m, sizeof(m),
			    w->listen_fd[i]);
	}
	ipc_send(&w->ipc, MSG_KEEP, -1, 0, &all, sizeof(all), -1);
}

static void
on_leave(struct orphan *o, const char *why)
{
	log_notice("web stops as an orphan: %s", why);
	web_stop(container_of(o, struct web, orphan));
}

static const struct orphan_ops orphan_ops = {.describe = describe,
    .adopted = on_adopted,
    .leave = on_leave};

/* ---- what it is told ------------------------------------------------ */

void
web_channel_ready(struct web *w)
{
	ipc_send(&w->ipc, MSG_READY, -1, w->generation, NULL, 0, -1);
}

void
web_channel_open(struct web *w)
{
	struct msg_hello hello = {.pid = (int32_t)getpid(),
	    .generation = w->generation};

	str_copy(hello.build, SHARDHERD_VERSION, sizeof(hello.build));
	ipc_open(&w->ipc, w->loop, CONTRACT_FD_CONTROL, "supervisor",
	    on_message, on_gone);
	orphan_init(&w->orphan, w->timers, &w->ipc, &w->config, CONTRACT_WEB,
	    -1, inherit_log(), &w->nonce, &orphan_ops);
	/* 0: nothing is to stay without a supervisor. */
	if (w->orphan.limit_s > 0)
		w->orphan.limit_s = WEB_ORPHAN_S;
	ipc_send(&w->ipc, MSG_HELLO, -1, w->generation, &hello, sizeof(hello),
	    -1);
}
