#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every close code of discord-protocol.md 2.11 on a live session: which cost
an IDENTIFY, how soon the shard is back, and that nothing is lost; the fatal
ones stop the fleet before a single IDENTIFY is spent."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from ordeal import Ordeal, ctl, healthy, run

# Code, IDENTIFYs, seconds: the wait the code asks for and 1 to 2 s of spread.
CODES = (
    (1000, 0, 3), (1001, 0, 3), (1002, 0, 3), (1003, 0, 3), (1005, 0, 3),
    (1006, 0, 3), (1007, 0, 3), (1008, 0, 33), (1009, 0, 3), (1010, 0, 33),
    (1011, 0, 13), (1012, 0, 3), (1013, 0, 4), (1014, 0, 4), (1015, 0, 33),
    (4000, 0, 3), (4001, 0, 3), (4002, 0, 3), (4003, 1, 4), (4005, 0, 3),
    (4006, 1, 4), (4007, 1, 4), (4008, 0, 8), (4009, 1, 4), (4015, 0, 3),
    (4016, 0, 3), (4242, 0, 4), (4999, 0, 4),
)
# Code and what the operator must read.
FATAL = ((4004, "token"), (4010, "shard"), (4011, "shard"), (4012, "version"),
    (4013, "intents"), (4014, "intents"))


def survivable(t):
    sim = t.sim(shards=len(CODES), max_concurrency=len(CODES),
        guilds=8 * len(CODES))
    fleet = t.fleet(sim)
    fleet.start()
    rows = [Ordeal(str(code), ctl("close", "SHARD", code), cost, within)
        for code, cost, within in CODES]
    spent = run(t, sim, fleet, rows)
    t.nothing_lost(sim, identifies=len(CODES) + spent)
    healthy(t, fleet)
    closes = {s["id"]: s["closes"] for s in fleet.status()["shards"]}
    t.equal([code for i, (code, _, _) in enumerate(CODES)
        if closes[i].get(str(code), 0) != 1], [],
        "status counts each close by its code")
    fleet.stop()


def fatal(t, sim, code, words):
    fleet = t.fleet(sim)
    fleet.start()
    sim.settle()
    before = sim.totals()["identifies"]
    sim.ctl("close", 0, code)
    done = wait_until(lambda: (lambda d: d if d.returncode else None)(
        fleet.cli("status")), "%d: status is not fine any more" % code)
    t.ok(done.returncode in (1, 2), "%d: status ends with %d" % (code,
        done.returncode))
    fleet.wait_status(lambda s: s["shards"][0]["state"] == "held"
        or not s["shards"][0]["pid"], "%d: shard 0 is held" % code)
    t.match(fleet.cli("status").stdout + fleet.log_text(), "(?i)%s.*%d|%d.*%s"
        % (words, code, code, words), "%d: the operator reads why" % code)
    t.equal(sim.totals()["identifies"], before, "%d: no IDENTIFY is spent"
        % code)
    fleet.cli("stop")
    wait_until(lambda: fleet.cli("status").returncode == 2, "the fleet is down")


def main(t):
    for code, words in FATAL:
        fatal(t, t.sim(shards=2), code, words)
    survivable(t)


scenario(main)
