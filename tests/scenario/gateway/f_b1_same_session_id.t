#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F-B1: a compatible server gives a shard's next session the id of its last
one and numbers its events from 1 again.  Nothing of it is taken for a
repetition: not with the handler there, nor while events of the session before
still wait for it, nor by the next process of the shard."""
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from processes import kill


def main(t):
    sim = t.sim(shards=2, rate=100, same_ids=1)
    fleet = t.fleet(sim, {"limits.spool_after": "200ms"})
    fleet.start()
    sim.wait("handled>=300", timeout=60)
    sim.ctl("pause")
    sim.settle(60)
    before = sim.report()["shards"][1]
    sim.ctl("fault", "op9-on-resume", "false", "--shard", 1)
    sim.ctl("drop", 1)
    sim.wait("identifies>=3", timeout=60)
    fleet.wait_ready(60)
    now = sim.report()["shards"][1]
    t.equal(now["session"], before["session"], "the id is the same")
    t.ok(now["seq"] < before["seq"], "its numbers began anew")
    sim.ctl("resume")
    sim.wait("handled>=500", timeout=60)

    # The session before is still on its way to a handler that stands still.
    handler = fleet.handler_pid()
    kill(handler, signal.SIGSTOP)
    sim.wait("delivered>=700", timeout=60)
    sim.ctl("pause")
    sim.ctl("op", 0, 9)
    sim.wait("identifies>=4", timeout=60)
    fleet.wait_status(lambda s: s["cluster"]["shards_ready"] == 2,
        "both shards are ready", 60)
    sim.ctl("resume")
    sim.wait("delivered>=900", timeout=60)
    kill(handler, signal.SIGCONT)
    sim.ctl("pause")
    sim.settle(60)

    # The cursor of the one before is higher: it is not this one's.
    kill(fleet.shard(0)["pid"])
    sim.wait("resumes_ok>=1", timeout=60)
    fleet.wait_ready(60)
    sim.ctl("resume")
    sim.wait("handled>=1100", timeout=60)
    sim.ctl("pause")
    sim.settle(60)
    t.nothing_lost(sim, identifies=4)
    fleet.stop()


scenario(main)
