#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A gate that takes nothing is a plugin that is away: its events wait in memory
and then on disk, no shard and no plugin waits for it, and it gets all of them
once it is back; a handler that is replaced meanwhile leaves them to the next."""
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import GATE, gate_pid, log_has_all, wait_gate
from herd import scenario
from processes import kill

RATE = 500


def main(t):
    sim = t.sim(rate=RATE, shards=2)
    # It is not taken for one that hangs.
    fleet = t.fleet(sim, config={**GATE(), "handler.silence": "0s"})
    fleet.start()
    wait_gate(fleet)
    sim.wait("handled>=%d" % RATE)
    pid = gate_pid(fleet)
    os.kill(pid, signal.SIGSTOP)
    fleet.wait_status(lambda s: s["gate"]["backlog_events"] > RATE, "what is "
        "for the gate goes to disk")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))
    t.ok(True, "plugins get their events meanwhile")
    t.ok(all(s["queue_events"] < 10 * RATE for s in fleet.status()["shards"]),
        "and no shard holds them")
    kill(fleet.handler_pid())
    fleet.wait_ready()
    fleet.wait_status(lambda s: s["gate"]["backlog_events"] > RATE, "the next "
        "handler has the backlog")
    os.kill(pid, signal.SIGCONT)
    fleet.wait_status(lambda s: s["gate"]["backlog_events"] == 0, "the gate "
        "takes all that waited")
    t.equal(gate_pid(fleet), pid, "the gate is the same process")
    sim.settle()
    t.nothing_lost(sim, identifies=2, allow=("repeated",))
    log_has_all(t, fleet)
    t.equal(fleet.status()["gate"]["dropped"], 0, "nothing was dropped")
    fleet.stop()


scenario(main)
