/* SPDX-License-Identifier: MIT */
/*
 * The strict check of JSON as it is plain to read: a byte at a time, by the
 * grammar of RFC 8259.  envelope_valid() takes wide steps and must say the
 * same of every text.
 */
#ifndef TESTS_UNIT_RIG_PLAIN_JSON_H
#define TESTS_UNIT_RIG_PLAIN_JSON_H

#include "shared/base/base.h"

bool plain_json(const char *text, size_t len, unsigned max_depth);

#endif
