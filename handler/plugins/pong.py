#!/usr/bin/python3
# Answers "!ping" with "pong".  The protocol: man 7 shardherd-plugin.
import json, sys

def send(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

for line in sys.stdin.buffer:  # bytes: UTF-8, whatever the locale
    msg = json.loads(line)
    d = ((msg.get("params") or {}).get("event") or {}).get("d")
    if msg.get("method") == "event" and isinstance(d, dict) and d.get("content") == "!ping":
        send(id=msg["id"], method="say", params={"channel_id": d["channel_id"], "content": "pong",
             "reply_to": d["id"]})
    elif "id" in msg:  # an event of no interest, or Discord's answer to "say": done
        send(id=msg["id"], result=None)
