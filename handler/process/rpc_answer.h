/* SPDX-License-Identifier: MIT */
/*
 * The lines of a plugin that come once for each event and hold nothing but a
 * number, read without a tree: {"jsonrpc":"2.0","id":12,"result":null} and
 * {"jsonrpc":"2.0","method":"done","params":{"upto":12}}, their members in any
 * order.  What is not exactly such a line is not judged here.
 */
#ifndef HANDLER_PROCESS_RPC_ANSWER_H
#define HANDLER_PROCESS_RPC_ANSWER_H

#include "handler/process/rpc_read.h"

/*
 * true: kind, RPC_READ_RESULT or RPC_READ_DONE, and number are what
 * rpc_read_parse finds in it; result is not said.  The number of a RESULT is
 * above 0, so it answers no initialize, of which the result is wanted.
 */
bool rpc_answer_read(const char *text, size_t len, enum rpc_read_kind *kind,
    uint64_t *number);

#endif
