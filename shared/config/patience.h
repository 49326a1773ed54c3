/* SPDX-License-Identifier: MIT */
/*
 * How long the slow orders of a fleet may take by the limits of its config, in
 * seconds.  The supervisor writes those of its own on the page, since whoever
 * waits for it must not go by a file that was changed meanwhile.
 */
#ifndef SHARED_CONFIG_PATIENCE_H
#define SHARED_CONFIG_PATIENCE_H

#include "shared/config/config.h"

#define PATIENCE_KINDS(X) X(STOP) X(RELOAD) X(PLUGIN) X(PROBE)
enum patience {
#define X(n) PATIENCE_##n,
	PATIENCE_KINDS(X)
#undef X
	    PATIENCES
};

double patience_s(const struct config *, enum patience);

#endif
