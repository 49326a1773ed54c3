#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A plugin for the scenarios: asks for all members of the guild of the first
GUILD_CREATE it sees, so many times, and writes what becomes of each to the
file it is given: "answer ID ok|CODE WHEN", in ms, and "event NAME NONCE"."""
import json
import sys
import time

OUT, TIMES = sys.argv[1], int(sys.argv[2])


def send(document):
    sys.stdout.write(json.dumps(dict(document, jsonrpc="2.0")) + "\n")
    sys.stdout.flush()


def ask(event):
    guild = event["d"]["id"]
    for number in range(TIMES):
        send({"id": number, "method": "gateway", "params": {
            "guild_id": guild, "payload": {"op": 8, "d": {"guild_id": guild,
            "query": "", "limit": 0, "nonce": "n%d" % number}}}})


with open(OUT, "a", buffering=1, encoding="utf-8") as out:
    asked = False
    for line in sys.stdin:
        m = json.loads(line)
        if m.get("method") == "initialize":
            send({"id": m["id"], "result": {}})
        elif m.get("method") == "event":
            event = m["params"]["event"]
            if event["t"] == "GUILD_CREATE" and not asked:
                asked = True
                ask(event)
            elif event["t"] in ("GUILD_MEMBERS_CHUNK", "RATE_LIMITED"):
                d = event["d"]
                out.write("event %s %s\n" % (event["t"], d.get("nonce")
                    or d.get("meta", {}).get("nonce")))
            send({"id": m["id"], "result": None})
        elif "result" in m or "error" in m:
            out.write("answer %s %s %d\n" % (m["id"], m["error"]["code"]
                if "error" in m else "ok", time.monotonic() * 1000))
