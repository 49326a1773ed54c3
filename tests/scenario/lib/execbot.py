#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A bot whose process shardherd starts: execbot.py DIR.  It writes what it sees
to DIR/PID, a JSON document a line, RESUMEs when it is cut off, and does what
DIR/mode says at its start: "broken" ends it with an error, "mute" keeps it from
connecting, "stubborn" makes it ignore SIGTERM."""
import json
import os
import select
import signal
import sys
import time
import urllib.request

from ws import Client, Closed

INTENTS = 1 << 0 | 1 << 9 | 1 << 15
PLACE = sys.argv[1]


def say(**what):
    with open(os.path.join(PLACE, str(os.getpid())), "a",
            encoding="utf-8") as f:
        f.write(json.dumps(what) + "\n")


def mode():
    try:
        with open(os.path.join(PLACE, "mode"), encoding="utf-8") as f:
            return f.read().strip()
    except FileNotFoundError:
        return ""


def on_term(signum, frame):
    say(end="SIGTERM")
    print("the bot goes")
    sys.exit(0)


def attach(state):
    """A connection that gets events; None: not now."""
    client = Client(os.environ["DISCORD_GATEWAY"])
    client.until(10)
    if state["session"] is not None:
        client.resume(os.environ["DISCORD_TOKEN"], state["session"],
            state["seq"])
    else:
        client.identify(os.environ["DISCORD_TOKEN"], intents=INTENTS)
    return client


def take(client, state):
    document = client.receive()
    name, d = document.get("t"), document.get("d")
    if document.get("s") is not None:
        state["seq"] = document["s"]
    if document["op"] == 9:
        state["session"] = None
        client.identify(os.environ["DISCORD_TOKEN"], intents=INTENTS)
    elif name == "READY":
        state["session"] = d["session_id"]
        say(ready=1)
    elif name == "RESUMED":
        say(resumed=1)
    elif name == "MESSAGE_CREATE":
        say(id=d["id"])


def run(client, state):
    beat = time.monotonic()
    while True:
        if time.monotonic() >= beat:
            client.send({"op": 1, "d": state["seq"]})
            beat = time.monotonic() + 1
        if client.buffer or select.select([client.socket], [], [], 0.2)[0]:
            take(client, state)


def main():
    what = mode()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if what == "stubborn"
        else on_term)
    say(start=dict(os.environ), argv=sys.argv,
        fds=sorted(int(f) for f in os.listdir("/proc/self/fd")),
        cwd=os.getcwd())
    if what == "broken":
        sys.exit("the new code is broken")
    print("the bot runs: \x1b[31mred\x1b[0m", flush=True)
    while what == "mute":
        time.sleep(0.1)
    if "DISCORD_API" in os.environ:
        with urllib.request.urlopen(urllib.request.Request(
                os.environ["DISCORD_API"] + "/v10/gateway/bot", headers={
                "Authorization": "Bot " + os.environ["DISCORD_TOKEN"]})) as f:
            say(gateway=json.load(f))
    state = {"session": None, "seq": None}
    while True:
        try:
            run(attach(state), state)
        except (Closed, OSError):
            time.sleep(0.1)


if __name__ == "__main__":
    main()
