#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I5, I9: plugins that lie, flood, talk nonsense, stop in the middle of a line
or answer slowly, an event of 10 MB, and a stopped handler: each is bounded and
seen, and neither another plugin nor a heartbeat is delayed."""
import json
import os
import re
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until

HEAD = """#!/usr/bin/python3
import json, os, sys, time
def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()
sys.stdin.readline()
say('{"jsonrpc":"2.0","id":0,"result":{"api":1}}\\n')
"""
BAD = {
    "flood": """
while True:
    say('{"jsonrpc":"2.0","id":1,"method":"log","params":{"level":"info",'
        '"text":"water"}}\\n' * 200)
""",
    "grumble": """
while True:
    sys.stderr.write("it hurts\\n" * 200)
    sys.stderr.flush()
""",
    "nonsense": """
sys.stdin.readline()
say("{oops\\n")
sys.stdin.read()
""",
    "half": """
sys.stdin.readline()
say('{"jsonrpc":"2.0","id":1,')
sys.stdin.read()
""",
    "liar": """
ASKS = {"keys": ("kv.get", {"key": "a", "plugin": "audit"}),
    "rank": ("rank.set", {"kind": "user", "id": "1", "rank": 9,
        "actor_id": "2"}), "none": ("kv.steal", {})}
for name, (method, params) in ASKS.items():
    say(json.dumps({"jsonrpc": "2.0", "id": name, "method": method,
        "params": params}) + "\\n")
say('{"jsonrpc":"2.0","method":"done","params":{"upto":999999}}\\n')
for line in sys.stdin:
    m = json.loads(line)
    if "method" not in m:
        with open(sys.argv[1], "a") as f:
            f.write("%s %d\\n" % (m["id"], m["error"]["code"]))
    elif "id" in m:
        for number in (m["id"], m["id"], m["id"] + 100000):
            say('{"jsonrpc":"2.0","id":%d,"result":null}\\n' % number)
""",
    "slow": """
for line in sys.stdin:
    m = json.loads(line)
    time.sleep(0.05)
    if "id" in m:
        say('{"jsonrpc":"2.0","id":%d,"result":null}\\n' % m["id"])
""",
}


def hire(fleet):
    jobs = {"audit": fleet.audit()}
    for name, text in BAD.items():
        path = fleet.program(name + ".py", HEAD + text)
        if name == "liar":
            path += " " + fleet.path("refused")
        jobs[name] = dict(exec=path, window=4,
            timeout="2s" if name == "half" else "60s")
    fleet.write_config({"handler.drain_timeout": "1s",
        "limits.restart_max": "5s"}, jobs)


def rationed(t, fleet, name, word):
    """Some of it is in the log, and how much is not."""
    found = wait_until(lambda: re.search("plugin %s: ([0-9]+) lines of its "
        "standard error and its log calls were left out" % name,
        fleet.log_text()), "what was left out is told")
    t.ok(int(found.group(1)) > 0, name + ": some lines were left out")
    t.match(fleet.log_text(), "plugin %s: %s" % (name, word),
        "and some were not")


def main(t):
    sim = t.sim(shards=4, rate=200, heartbeat_interval="3s")
    fleet = t.fleet(sim)
    hire(fleet)
    fleet.start()
    sim.wait("handled>=500")
    big = fleet.path("big.json")
    with open(big, "w", encoding="utf-8") as f:
        json.dump({"t": "BIG", "s": 1, "op": 0,
            "d": {"guild_id": "1", "x": "abcdefgh" * (10 << 17)}}, f)
    sim.ctl("send", 2, big)
    sim.wait("handled>=1500", timeout=60)
    seen = fleet.plugins()
    for name in ("nonsense", "half"):
        t.ok(seen[name]["restarts"] > 0, "%s was ended and started again"
            % name)
    with open(fleet.path("refused"), encoding="utf-8") as f:
        t.equal(sorted(f.read().split("\n")), ["", "keys -32602",
            "none -32601", "rank -32006"], "a liar gets a clear error each")
    t.match(fleet.log_text(), "plugin liar answers a request it does not have",
        "and is named for its answers")
    t.equal(seen["liar"]["state"], "up", "it harms nobody, and runs")
    t.ok(seen["slow"]["backlog_events"] > 0, "what is slow has a backlog")
    t.ok(seen["slow"]["lag_ms"] > 1000, "and its lag shows")
    t.ok(seen["audit"]["lag_ms"] < seen["slow"]["lag_ms"], "the good one's "
        "lag is %d ms" % seen["audit"]["lag_ms"])
    for name, word in ("grumble", "it hurts"), ("flood", "water"):
        rationed(t, fleet, name, word)

    # A stopped handler: shards and heartbeats go on.
    pid = fleet.handler_pid()
    os.kill(pid, signal.SIGSTOP)
    sent = sim.totals()["heartbeats"]
    sim.wait("heartbeats>=%d" % (sent + 8))
    states = {s["state"] for s in fleet.status()["shards"]}
    os.kill(pid, signal.SIGCONT)
    t.equal(states, {"ready"}, "every shard is ready meanwhile")
    sim.settle(timeout=60)
    t.nothing_lost(sim, 4)
    t.equal(sim.totals()["connects"], 4, "no shard had to reconnect")
    fleet.stop()


scenario(main)
