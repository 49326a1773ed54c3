#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The plugin of tests/chaos/powerloss: writes every event to the file it is
given, a line each: shard, session, seq, again or first.  Answers after the line
is written, and waits while the second file exists.  Every tenth event is counted
in its storage."""
import json
import os
import sys
import time

OUT, HOLD = sys.argv[1:]
count = 0


def say(**message):
    sys.stdout.write(json.dumps(dict(message, jsonrpc="2.0")) + "\n")
    sys.stdout.flush()


with open(OUT, "a", encoding="utf-8") as out:
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("method") == "initialize":
            say(id=message["id"], result={})
        elif message.get("method") == "event":
            p = message["params"]
            out.write("%s %s %s %s\n" % (p["shard"], p["session"], p["seq"],
                "again" if p["again"] else "first"))
            out.flush()
            while os.path.exists(HOLD):
                time.sleep(0.02)
            count += 1
            if count % 10 == 0:
                say(id=count, method="kv.set", params=dict(key="n",
                    value=int(time.time() * 1e6)))
            say(id=message["id"], result=None)
