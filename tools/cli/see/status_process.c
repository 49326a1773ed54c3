/* SPDX-License-Identifier: MIT */
/* `status`: the processes that are no shards, and the memory of all. */
#include "tools/cli/see/status.h"

#include "tools/cli/base/human.h"

#include <stdlib.h>

static void
add_row(struct table *t, const struct processes_row *r)
{
	char age[24], size[24];

	table_add(t, "%s%s%s", processes_kind_name[r->kind],
	    r->name[0] != '\0' ? " " : "", r->name);
	table_add(t, "%s", r->state);
	table_colour(t,
	    r->well	      ? TABLE_GREEN
		: r->pid != 0 ? TABLE_YELLOW
			      : TABLE_RED);
	table_add(t, "%s", human_age(r->up_ms, age));
	table_add(t, "%llu", (unsigned long long)r->restarts);
	table_add(t, "%s",
	    r->private_kb > 0 ? human_size(r->private_kb * 1024, size) : "-");
	if (r->pid != 0)
		table_add(t, "%d", r->pid);
	else
		table_add(t, "-");
	table_add(t, "%s", r->note);
}

void
status_processes(const struct processes *p, size_t n, struct table *t)
{
	size_t left = n;

	table_init(t, "PROCESS STATE UP ?>RESTARTS ?>PRIVATE ?>PID NOTE");
	for (size_t i = 0; i < p->n && left > 0; i++)
		if (!p->row[i].well) {
			add_row(t, &p->row[i]);
			left--;
		}
	for (size_t i = 0; i < p->n && left > 0; i++)
		if (p->row[i].well) {
			add_row(t, &p->row[i]);
			left--;
		}
}

void
status_memory(const struct processes *p, size_t room, FILE *f)
{
	char all[24], shards[24], rest[24], line[160], lacks[48] = "";

	if (p->running == 0)
		return;
	if (p->unknown > 0)
		str_format(lacks, sizeof(lacks), ", of %u it is not known",
		    p->unknown);
	str_format(line, sizeof(line),
	    "memory  %s private of %u processes (shards %s, the others %s)%s",
	    human_size((p->shards_kb + p->rest_kb) * 1024, all), p->running,
	    human_size(p->shards_kb * 1024, shards),
	    human_size(p->rest_kb * 1024, rest), lacks);
	table_wrap(f, line, 0, STATUS_INDENT, room);
}
