#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A plugin for the scenarios: writes every event to the file it is given, as
keep.py does, at once, and answers SECONDS later, so that at any moment it has
handled events of which nobody knows that yet."""
import json
import sys
import threading
import time

LOCK = threading.Lock()


def answer(number, result, after=0.0):
    time.sleep(after)
    with LOCK:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": number,
            "result": result}) + "\n")
        sys.stdout.flush()


with open(sys.argv[1], "a", encoding="utf-8") as out:
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("method") == "initialize":
            answer(message["id"], {})
        elif message.get("method") == "event":
            p = message["params"]
            out.write("%s %s %s %s\n" % (p["epoch"], p["seq"],
                "again" if p["again"] else "first",
                json.dumps(p["event"]["d"].get("content", ""))))
            out.flush()
            threading.Thread(target=answer, daemon=True, args=(
                message["id"], None, float(sys.argv[2]))).start()
