/* SPDX-License-Identifier: MIT */
/* See plugin_past.h. */
#include "handler/delivery/plugin_past.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"

#include <stdarg.h>
#include <string.h>

void
plugin_past_tell(struct plugin_past *p, const char *fmt, ...)
{
	struct plugin_past_event *e;
	va_list ap;

	if (p->n == PLUGIN_PAST_KEPT)
		memmove(&p->event[0], &p->event[1],
		    --p->n * sizeof(p->event[0]));
	e = &p->event[p->n++];
	e->at_ms = clock_wall_ms();
	va_start(ap, fmt);
	text_vformat(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
}

void
plugin_past_changed(struct plugin_past *p, const struct plugin *of)
{
	struct page_plugin is;

	memset(&is, 0, sizeof(is));
	plugin_describe(of, &is);
	switch (plugin_state(of)) {
	case PLUGIN_STARTING:
		plugin_past_tell(p, "started, pid %d", is.pid);
		break;
	case PLUGIN_UP:
		plugin_past_tell(p, "up, pid %d", is.pid);
		break;
	case PLUGIN_ENDING:
		if (plugin_failure(of)[0] != '\0' && !plugin_closing(of))
			plugin_past_tell(p, "is ended, pid %d: it %s", is.pid,
			    plugin_failure(of));
		break;
	case PLUGIN_IDLE:
		plugin_past_tell(p,
		    "ended: %s, pid %d; started again in %.1f s",
		    TEXT_OF(is.note, 110), (int)plugin_was(of),
		    plugin_delay_s(of));
		break;
	case PLUGIN_HELD:
		plugin_past_tell(p, "held: it ended %u times in a row, now: %s",
		    is.strikes, is.note);
		break;
	case PLUGIN_GONE:
	case PLUGIN_STATES:
		plugin_past_tell(p, "ended%s%s, pid %d",
		    is.note[0] == '\0'			   ? ""
			: strcmp(is.note, "as asked") == 0 ? " "
							   : ": ",
		    TEXT_OF(is.note, 130), (int)plugin_was(of));
		break;
	}
}

bool
plugin_past_any(const struct plugin_past *p)
{
	return p->n > 0;
}

void
plugin_past_write(struct plugin_past *p, struct page_client_past *to)
{
	for (unsigned i = 0; to != NULL && i < p->n; i++)
		page_client_past_at(to, p->event[i].at_ms, p->event[i].text);
	p->n = 0;
}
