#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I1: op 7, op 9, close codes, resets: every shard comes back, with a RESUME
wherever the session may still be good, with an IDENTIFY only where it is not."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario

# What the simulator does to shard N, and the IDENTIFYs that may cost.
CASES = (
    (("op", 7), 0),
    (("op", 9, "true"), 0),
    (("op", 1), 0),
    (("close", 1000), 0),
    (("close", 1001), 0),
    (("close", 1011), 0),
    (("close", 4000), 0),
    (("close", 4001), 0),
    (("close", 4002), 0),
    (("close", 4005), 0),
    (("close", 4008), 0),
    (("close", 4999), 0),
    (("drop",), 0),
    (("eof",), 0),
    (("close", 4003), 1),
    (("close", 4007), 1),
    (("close", 4009), 1),
    (("op", 9, "false"), 1),
)


def name(case):
    return " ".join(map(str, case))


def main(t):
    # 1000 and 4009 end the session at Discord as well: sent events of it may
    # be gone, so nothing flows here.  The other scenarios count events.
    sim = t.sim(shards=len(CASES), max_concurrency=len(CASES))
    fleet = t.fleet(sim)
    fleet.start()
    pids = fleet.shard_pids()
    before = {s["id"]: s for s in sim.report()["shards"]}
    for shard, (case, _) in enumerate(CASES):
        sim.ctl(case[0], shard, *case[1:])
    stays = name(CASES[2][0])

    def back(status):
        shards = {s["id"]: s for s in sim.report()["shards"]}
        return all(shards[i]["connected"] and (name(case) == stays
            or shards[i]["connects"] > before[i]["connects"])
            for i, (case, _) in enumerate(CASES)) and (
            status["cluster"]["shards_ready"] == len(CASES))
    fleet.wait_status(back, "every shard is back")
    after = {s["id"]: s for s in sim.report()["shards"]}
    for shard, (case, cost) in enumerate(CASES):
        # The simulator may hold a session for dead after a close by 1000.
        spent = after[shard]["identifies"] - before[shard]["identifies"]
        t.ok(spent == cost or (case == ("close", 1000) and spent <= 1),
            "%s: %d IDENTIFYs" % (name(case), spent))
        if not cost and name(case) != stays:
            t.ok(after[shard]["resumes"] > 0, "%s: RESUME tried" % name(case))
    t.equal(after[2]["connects"], before[2]["connects"],
        "op 1: the connection stays")
    t.ok(after[2]["heartbeats"] > before[2]["heartbeats"],
        "op 1: answered with a heartbeat")
    t.equal(sim.totals()["violations"], 0, "no violation")
    t.equal(fleet.shard_pids(), pids, "no process was replaced")
    fleet.stop()


scenario(main)
