#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I2, I4: SIGKILL of the handler during 2000 events/s loses nothing and no
shard leaves Discord for it."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from processes import kill

ROUNDS = 2


def main(t):
    sim = t.sim(rate=2000)
    fleet = t.fleet(sim)
    fleet.start()
    sim.wait("handled>=2000")
    pids = fleet.shard_pids()
    for number in range(1, ROUNDS + 1):
        pid = fleet.handler_pid()
        kill(pid)
        fleet.wait_status(lambda s: s["handler"]["pid"] not in (0, pid)
            and s["handler"]["state"] == "ready", "a new handler is ready")
        sim.wait("handled>=%d" % (sim.totals()["handled"] + 2000))
    sim.settle()
    # Events in work when the handler died are delivered again: at most the
    # plugin's window each time.
    t.nothing_lost(sim, identifies=16, allow=("repeated",))
    totals = sim.totals()
    t.ok(totals["repeated"] <= ROUNDS * 512,
        "at most a window of events repeated: %d" % totals["repeated"])
    t.equal(totals["connects"], 16, "no shard reconnected")
    t.equal(totals["resumes"], 0, "no RESUME was needed")
    t.equal(fleet.shard_pids(), pids, "the shards are the same processes")
    fleet.stop()


scenario(main)
