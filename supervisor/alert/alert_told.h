/* SPDX-License-Identifier: MIT */
/*
 * Which findings an alert is told of: one table, so that no finding that
 * should wake somebody up is forgotten (test_alert_told asks for each).
 */
#ifndef SUPERVISOR_ALERT_ALERT_TOLD_H
#define SUPERVISOR_ALERT_ALERT_TOLD_H

#include "shared/page/verdict.h"
#include "supervisor/alert/alerts.h"

/* Ended by VERDICT_CODE_NONE, the most telling first. */
const enum verdict_code *alert_told_codes(enum alert_kind);
/* Told as soon as it is found, by its own words; the others are given time, or
 * have words and numbers of their own. */
bool alert_told_at_once(enum alert_kind);
/* Whether some alert tells it. */
bool alert_told_by_any(enum verdict_code);
const char *alert_told_name(enum alert_kind);
/* For whom: the manual's sentence. */
const char *alert_told_means(enum alert_kind);

#endif
