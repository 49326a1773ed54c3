#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I2, I8: SIGKILL of shards during 2000 events/s loses nothing."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from processes import kill

VICTIMS = (0, 7, 15, 7)


def main(t):
    sim = t.sim(rate=2000)
    fleet = t.fleet(sim)
    fleet.start()
    sim.wait("handled>=2000")
    before = fleet.shard_pids()
    handler = fleet.handler_pid()
    for number, victim in enumerate(VICTIMS, 1):
        pid = fleet.shard(victim)["pid"]
        kill(pid)
        sim.wait("resumes_ok>=%d" % number)
        fleet.wait_status(lambda s: s["shards"][victim]["pid"] not in (0, pid)
            and s["shards"][victim]["state"] == "ready",
            "shard %d is back as another process" % victim)
    sim.wait("sent>=10000")
    sim.settle()
    # What the handler had already done is not done again.
    t.nothing_lost(sim, identifies=16)
    after = fleet.shard_pids()
    t.equal({i for i in after if after[i] != before[i]}, set(VICTIMS),
        "only the killed shards have another pid")
    t.equal(fleet.handler_pid(), handler, "the handler is the same process")
    crashes = {i: fleet.shard(i)["crashes"].get("signal", 0)
        for i in set(VICTIMS)}
    t.equal(crashes, {0: 1, 7: 2, 15: 1}, "status counts the crashes")
    fleet.stop()


scenario(main)
