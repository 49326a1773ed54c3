/* SPDX-License-Identifier: MIT */
/*
 * What audit plugins report: "e SESSION SEQ [CRC]" lines, held against the
 * journal.  SEQ "-": the event had none.
 */
#ifndef TOOLS_SIM_CONTROL_AUDIT_CHECK_H
#define TOOLS_SIM_CONTROL_AUDIT_CHECK_H

#include "tools/sim/base/sim.h"

/* One line without its newline; false when it is not one of ours. */
bool audit_check_line(struct sim *, const char *line, size_t len);

#endif
