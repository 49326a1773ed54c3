#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The simulator closes on what Discord would close on, and counts it; a fleet
without a violation is one that would have been served."""
import json
import signal
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import kill
from ws import Client

SHARDS = 4


def session(url, token, shard=0):
    client = Client(url)
    client.until(10)
    client.identify(token, (shard, SHARDS))
    client.ready = client.until(0, "READY")["d"]
    return client


def refused(t, url, token):
    """What is sent right after HELLO, and the close code it earns."""
    def case(code, what, act, query="v=10&encoding=json"):
        client = Client(url, query)
        if "v=9" not in query:
            client.until(10)
        act(client)
        t.equal(client.close_code(), code, "%s: %s" % (what, code))
        client.drop()
    case(4003, "a payload before IDENTIFY", lambda c: c.send({"op": 3, "d": {
        "since": None, "activities": [], "status": "online", "afk": False}}))
    case(4004, "a wrong token", lambda c: c.identify("wrong", (0, SHARDS)))
    case(4010, "a shard beyond the count", lambda c: c.identify(token,
        (SHARDS, SHARDS)))
    case(4013, "an intent that is none", lambda c: c.identify(token,
        (0, SHARDS), intents=1 << 40))
    case(4002, "no JSON", lambda c: c.send(b'{"op":'))
    case(4001, "an unknown opcode", lambda c: c.send({"op": 77, "d": None}))
    case(4002, "over 4096 bytes", lambda c: c.identify(token, (0, SHARDS),
        presence={"x": "y" * 5000}))
    case(4012, "version 99", lambda c: None, "v=99&encoding=json&v=9")


def refused_later(t, sim, url, token):
    client = session(url, token)
    client.identify(token, (0, SHARDS))
    t.equal(client.close_code(), 4005, "a second IDENTIFY: 4005")
    client = session(url, token, 1)
    for _ in range(125):
        client.send({"op": 3, "d": {"since": None, "activities": [],
            "status": "online", "afk": False}})
    t.equal(client.close_code(), 4008, "125 sends in a minute: 4008")
    client = session(url, token, 2)
    client.drop()
    other = Client(url)
    other.until(10)
    other.resume(token, client.ready["session_id"], 99999)
    t.equal(other.close_code(), 4007, "RESUME with a seq never issued: 4007")
    other = Client(url)
    other.until(10)
    other.resume(token, "0" * 32, 1)
    t.equal(other.until(9)["d"], False, "RESUME of no session: op 9 false")


def resumes(t, sim, url, token):
    client = session(url, token, 3)
    client.until(0, "GUILD_CREATE")
    seq = client.seq
    client.drop()
    for number in range(3):
        sim.ctl("message", 3, "missed %d" % number)
    other = Client(client.ready["resume_gateway_url"])
    other.until(10)
    other.resume(token, client.ready["session_id"], seq)
    missed = []
    while True:
        document = other.until(0)
        if document["t"] == "RESUMED":
            break
        missed.append(document)
    t.equal([m["d"]["content"] for m in missed if m["t"] == "MESSAGE_CREATE"],
        ["missed 0", "missed 1", "missed 2"], "a RESUME replays what was missed")
    sim.ctl("message", 3, "!ping")
    t.equal(sim.report()["pings"]["sent"], 1, "one that is heard does")
    t.equal([m["s"] for m in missed], list(range(seq + 1, seq + 1
        + len(missed))), "with the numbers it had")


def too_soon(t, url, token):
    session(url, token, 0).drop()
    client = Client(url)
    client.until(10)
    client.identify(token, (0, SHARDS))
    t.equal(client.until(9)["d"], False, "IDENTIFY again within its key's "
        "interval: op 9 false")


def fair(t):
    """A simulator that did not get to read judges by what had arrived."""
    sim = t.sim(shards=SHARDS, plain=True, heartbeat_interval="2s")
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        client = session(sim.urls["SIM_GATEWAY"], f.read().strip())
    for _ in range(3):
        began = time.monotonic()
        kill(sim.process.pid, signal.SIGSTOP)
        client.send({"op": 1, "d": client.seq})
        wait_until(lambda: time.monotonic() - began > 2 * 2, "it is late")
        kill(sim.process.pid, signal.SIGCONT)
        t.equal(client.until(11)["op"], 11, "the heartbeat is acknowledged")
    t.equal(sim.totals()["violations"], 0, "the client was not late")


def main(t):
    sim = t.sim(shards=SHARDS, plain=True, identify_interval="20ms")
    url = sim.urls["SIM_GATEWAY"]
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read().strip()
    sim.ctl("message", 0, "!ping")
    t.equal(sim.report()["pings"]["sent"], 0, "a question that nobody hears "
        "wants no answer")
    refused(t, url, token)
    refused_later(t, sim, url, token)
    resumes(t, sim, url, token)
    t.ok(sim.totals()["violations"] >= 10, "it counted the violations")
    t.note(json.dumps(sim.report()["violations"])[:2000])
    fair(t)
    slow = t.sim(shards=SHARDS, plain=True, identify_interval="30s")
    with open(slow.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        too_soon(t, slow.urls["SIM_GATEWAY"], f.read().strip())


scenario(main)
