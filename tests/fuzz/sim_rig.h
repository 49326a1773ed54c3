/* SPDX-License-Identifier: MIT */
/* A whole simulator in this process, without TLS, on a clock of the test's:
 * a new one for each input, so that one can be repeated. */
#ifndef TESTS_FUZZ_SIM_RIG_H
#define TESTS_FUZZ_SIM_RIG_H

#include "tools/sim/base/sim.h"

struct sim *sim_rig_begin(void);
void sim_rig_end(void);
/* What the loop has to do now. */
void sim_rig_turn(void);
void sim_rig_pass(uint64_t ms);
unsigned sim_rig_port(void); /* of its REST side */

#endif
