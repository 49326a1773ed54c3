#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A plugin that writes down each event before it answers: a line "EPOCH SEQ
FLAGS" in DIR/SHARD, FLAGS "m" for a message and "a" when it is said to come
again; "+ PID" in each file when it begins.  What it wrote outlives it."""
import json
import os
import sys

PLACE = sys.argv[1]
files = {}


def write(shard, text):
    if shard not in files:
        files[shard] = os.open(os.path.join(PLACE, str(shard)),
            os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        # Behind a line that was cut as its writer died there is no end.
        os.write(files[shard], b"\n+ %d\n" % os.getpid())
    os.write(files[shard], text.encode())


def answer(number, result):
    sys.stdout.write('{"jsonrpc":"2.0","id":%d,"result":%s}\n' % (number,
        result))
    sys.stdout.flush()


for line in sys.stdin.buffer:
    message = json.loads(line)
    if message.get("method") == "initialize":
        answer(message["id"], "{}")
    elif message.get("method") == "event":
        p = message["params"]
        if p["seq"] is not None:
            write(p["shard"], "%s %d -%s%s\n" % (p["epoch"], p["seq"],
                "m" if p["event"]["t"] == "MESSAGE_CREATE" else "",
                "a" if p["again"] else ""))
        answer(message["id"], "null")
