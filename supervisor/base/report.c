/* SPDX-License-Identifier: MIT */
/* See report.h. */
#include "supervisor/base/report.h"

#include <stdarg.h>

#include "shared/base/log.h"
#include "shared/base/text.h"

void
report_tell(struct report *r, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (r->label != NULL)
		log_notice("%s: %s", r->label, text);
	control_say(r->control, r->ticket, "progress", text);
}

void
report_end(struct report *r, uint32_t generation, const struct err *e)
{
	if (e != NULL && r->label != NULL)
		log_error("%s: %s", r->label, e->text);
	control_done(r->control, r->ticket, generation, e);
	r->ticket = 0;
}

void
report_fine(struct report *r, uint32_t generation, const char *sentence)
{
	control_say(r->control, r->ticket, "progress", sentence);
	report_end(r, generation, NULL);
}
