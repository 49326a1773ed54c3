/* SPDX-License-Identifier: MIT */
/*
 * OpenMetrics 1.0 and the text format 0.0.4 differ in the heads of families:
 * the older one has no units, calls a counter by the name of its sample and
 * knows no infos.  See metrics_out.h.
 */
#include "tools/web/metrics/metrics_out.h"

#include <stdarg.h>
#include <string.h>

static const char *
suffix_of(enum metrics_type t)
{
	return t == METRICS_COUNTER ? "_total"
	    : t == METRICS_INFO	    ? "_info"
				    : "";
}

static const char *
type_word(const struct metrics_out *o, enum metrics_type t)
{
	return metrics_type_name[o->text && t == METRICS_INFO ? METRICS_GAUGE
							      : t];
}

static void
head(struct metrics_out *o)
{
	const struct metrics_row *m = &metrics_row[o->id];
	const char *more = o->text ? suffix_of(m->type) : "";

	o->begun = true;
	buf_printf(o->b, "# TYPE %s%s %s\n", m->name, more,
	    type_word(o, m->type));
	if (!o->text && m->unit[0] != '\0')
		buf_printf(o->b, "# UNIT %s %s\n", m->name, m->unit);
	buf_printf(o->b, "# HELP %s%s %s\n", m->name, more, m->help);
}

void
metrics_out_family(struct metrics_out *o, enum metrics_id id)
{
	o->id = id;
	o->begun = false;
}

static void
put_escaped(struct buf *b, const char *s)
{
	for (size_t n; *s != '\0'; s += n) {
		n = strcspn(s, "\\\"\n");
		buf_add(b, s, n);
		if (s[n] == '\0')
			break;
		buf_puts(b,
		    s[n] == '\n'      ? "\\n"
			: s[n] == '"' ? "\\\""
				      : "\\\\");
		n++;
	}
}

static void
begin_sample(struct metrics_out *o, const char *suffix, va_list labels)
{
	const char *name, *between = "{";

	if (!o->begun)
		head(o);
	buf_printf(o->b, "%s%s", metrics_row[o->id].name, suffix);
	while ((name = va_arg(labels, const char *)) != NULL) {
		buf_printf(o->b, "%s%s=\"", between, name);
		put_escaped(o->b, va_arg(labels, const char *));
		buf_puts(o->b, "\"");
		between = ",";
	}
	buf_puts(o->b, between[0] == ',' ? "} " : " ");
}

void
metrics_out_int(struct metrics_out *o, int64_t value, ...)
{
	va_list labels;

	va_start(labels, value);
	begin_sample(o, suffix_of(metrics_row[o->id].type), labels);
	va_end(labels);
	buf_printf(o->b, "%lld\n", (long long)value);
}

void
metrics_out_seconds(struct metrics_out *o, double value, ...)
{
	va_list labels;

	va_start(labels, value);
	begin_sample(o, suffix_of(metrics_row[o->id].type), labels);
	va_end(labels);
	buf_printf(o->b, "%.3f\n", value);
}

void
metrics_out_part(struct metrics_out *o, const char *suffix, double value, ...)
{
	va_list labels;

	va_start(labels, value);
	begin_sample(o, suffix, labels);
	va_end(labels);
	if (strcmp(suffix, "_sum") == 0)
		buf_printf(o->b, "%.3f\n", value);
	else
		buf_printf(o->b, "%.0f\n", value);
}

void
metrics_out_end(struct metrics_out *o)
{
	if (!o->text)
		buf_puts(o->b, "# EOF\n");
}
