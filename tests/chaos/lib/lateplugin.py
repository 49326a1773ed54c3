#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A plugin that writes down how late each message comes: milliseconds since the
time that it says it was made, a float of 4 bytes in FILE."""
import datetime
import json
import struct
import sys
import time


def answer(number, result):
    sys.stdout.write('{"jsonrpc":"2.0","id":%d,"result":%s}\n' % (number,
        result))
    sys.stdout.flush()


with open(sys.argv[1], "ab", 0) as out:
    for line in sys.stdin.buffer:
        now = time.time()
        message = json.loads(line)
        if message.get("method") == "initialize":
            answer(message["id"], "{}")
        elif message.get("method") == "event":
            answer(message["id"], "null")
            made = message["params"]["event"]["d"].get("timestamp")
            if made and not message["params"]["again"]:
                out.write(struct.pack("<f", 1000 * (now - datetime.datetime
                    .fromisoformat(made).timestamp())))
