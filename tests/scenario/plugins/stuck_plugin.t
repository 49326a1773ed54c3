#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I9: a plugin that answers nothing holds up neither another plugin nor a
shard.  Its events wait on disk, through the death of the handler too, and
come in order once it works again."""
import contextlib
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import Failed, scenario, slowness, wait_until
from processes import kill

STUCK = """#!/usr/bin/python3
import json, os, sys, time
go, seen = sys.argv[1:]
log = open(seen, "a")
for line in sys.stdin:
    m = json.loads(line)
    while m["method"] == "event" and not os.path.exists(go):
        time.sleep(0.05)
    if m["method"] == "event":
        p = m["params"]
        log.write("%d %s %s\\n" % (p["shard"], p["session"], p["seq"]))
        log.flush()
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
"""


def read(path):
    with open(path, encoding="utf-8") as f:
        return [tuple(line.split()) for line in f]


def check_order(t, seen):
    last, wrong = {}, 0
    for shard, session, seq in seen:
        wrong += int(seq) <= last.get((shard, session), 0)
        last[shard, session] = int(seq)
    t.equal(wrong, 0, "in order, each once")


def main(t):
    sim = t.sim(shards=4, rate=400)
    fleet = t.fleet(sim)
    program = fleet.program("stuck.py", STUCK)
    go = fleet.path("go")
    fleet.write_config({"handler.drain_timeout": "1s"}, {
        "audit": fleet.audit(),
        "witness": dict(exec="%s %s %s" % (program, program,
            fleet.path("all")), window=200),
        "stuck": dict(exec="%s %s %s" % (program, go, fleet.path("seen")),
            window=8, timeout="10m")})
    fleet.start()
    sim.wait("handled>=2000")
    wait_until(lambda: fleet.plugins()["stuck"]["backlog_events"] > 1000,
        "the backlog grows on disk")
    p = fleet.plugins()
    t.ok(p["stuck"]["lag_ms"] > 1000, "its lag shows: %d ms"
        % p["stuck"]["lag_ms"])
    worst, began = 0, time.monotonic()
    for _ in range(20):
        worst = max(worst, fleet.plugins()["audit"]["lag_ms"])
    t.soon(began, 1, "the other one's lag is small", worst / 1000)
    for s in fleet.status()["shards"]:
        t.ok(s["spool_events"] == 0 and s["state"] == "ready",
            "shard %d keeps nothing on disk and is ready" % s["id"])
    in_work = fleet.status()["handler"]["lag_events"]
    t.ok(in_work < 2000 * slowness(began), "little is in work: %d" % in_work)

    # Nor does the death of the handler lose what is on disk.
    before = fleet.handler_pid()
    kill(before)
    fleet.wait_status(lambda s: s["handler"]["pid"] not in (0, before)
        and s["handler"]["state"] == "ready", "a new handler is ready")
    sim.wait("handled>=3000")
    sim.settle()
    with open(go, "w", encoding="utf-8"):
        pass
    wait_until(lambda: all(q["backlog_events"] == q["outstanding"]
        == q["waiting"] == 0 for q in fleet.plugins().values()),
        "every plugin has finished everything")
    # The page is as old as the handler's last tick.
    with contextlib.suppress(Failed):
        wait_until(lambda: set(read(fleet.path("seen")))
            == set(read(fleet.path("all"))), "it has what the others have")
    seen, everything = read(fleet.path("seen")), read(fleet.path("all"))
    t.equal(set(seen), set(everything), "it got what the others got (%d)"
        % len(set(everything)))
    check_order(t, seen)
    t.nothing_lost(sim, 4, allow=("repeated",))
    fleet.stop()


scenario(main)
