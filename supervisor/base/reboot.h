/* SPDX-License-Identifier: MIT */
/*
 * Notices that the machine was rebooted since the fleet ran last, and whether
 * the fleet had been stopped in order before.
 */
#ifndef SUPERVISOR_BASE_REBOOT_H
#define SUPERVISOR_BASE_REBOOT_H

#include "shared/store/store.h"

#define REBOOT_ALERT_MS 600000 /* so long the alert about it stands */

struct reboot {
	bool rebooted;	  /* between the last life and this one */
	bool in_order;	  /* the last life had been stopped before */
	int64_t since_ms; /* wall clock of this start; 0: no reboot */
	int64_t seen_ms;  /* wall clock of the last sign of life; 0 */
	char text[200];	  /* one sentence, "": no reboot */
};

/* At the start: reads what the last life left, and leaves word of this one. */
void reboot_begin(struct reboot *, const struct store *);
/* At an orderly end. */
void reboot_end(const struct store *);

#endif
