/* SPDX-License-Identifier: MIT */
/* Which of a client's processes are there; see page.h. */
#include "shared/page/page.h"

#include <string.h>

static uint32_t
highest(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

void
page_run_note(struct page_client_process *on, uint32_t run, uint32_t other,
    uint32_t ended, bool taken_over)
{
	if (taken_over && other == 0)
		other = on->run != run ? on->run : on->other;
	on->run = run;
	on->other = other;
	on->noted = highest(on->noted, highest(ended, highest(run, other)));
}

/* The part up to its watch is what counts here. */
bool
page_run_ended(const struct page_head *head, const char *name, uint32_t run)
{
	struct page_client_process p;

	for (size_t i = 0; i < PAGE_CLIENTS; i++) {
		if (strncmp(head->client[i].name, name, sizeof(p.name)) != 0)
			continue;
		return page_read(&head->client[i], &p,
			   offsetof(struct page_client_process, watch))
		    && run <= p.noted && run != p.run && run != p.other;
	}
	return true;
}
