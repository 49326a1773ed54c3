#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A plugin for the scenarios: does what it is told by messages.  "poison" ends
it, "slow" takes it a second; all others are done at once."""
import json
import os
import sys
import time

for line in sys.stdin:
    m = json.loads(line)
    event = (m.get("params") or {}).get("event") or {}
    said = (event.get("d") or {}).get("content", "")
    if m.get("method") == "event" and said == "poison":
        print("this is more than I can take", file=sys.stderr, flush=True)
        os._exit(3)
    if said == "slow":
        time.sleep(1)
    if "id" in m and "method" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
    if m.get("method") == "shutdown":
        break
