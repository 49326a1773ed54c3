#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A plugin for the scenarios: writes every event, raw, to the file it is
given, a line each: shard, session, seq, flags, raw bytes.  Answers after the
line is written.  With a second argument it holds each answer back until that
file exists."""
import json
import os
import sys
import time

OUT = sys.argv[1]
GATE = sys.argv[2] if len(sys.argv) > 2 else None


def answer(number, result):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": number,
        "result": result}) + "\n")
    sys.stdout.flush()


def raw(line):
    """The bytes of params.event as they came, not as a parser sees them."""
    at = line.find(b'"event":', line.find(b'"params"')) + len(b'"event":')
    return line[at:line.rstrip().rfind(b"}}")]


with open(OUT, "ab", buffering=0) as out:
    for line in sys.stdin.buffer:
        message = json.loads(line.decode("utf-8", "surrogatepass"))
        if message.get("method") == "initialize":
            answer(message["id"], {})
        elif message.get("method") == "event":
            p = message["params"]
            flags = ("r" if p.get("replay") else "-") + (
                "a" if p.get("again") else "-")
            body = (raw(line) if p["event"] is not None or "raw" not in p
                else b"base64:" + p["raw"].encode())
            out.write(b"%d %s %s %s %s\n" % (p["shard"],
                str(p["session"]).encode(), str(p["seq"]).encode(),
                flags.encode(), body))
            while GATE and not os.path.exists(GATE):
                time.sleep(0.02)
            answer(message["id"], None)
