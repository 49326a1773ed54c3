#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F A3: no probation, no handler, and a reload: its first step is its last one,
and the supervisor lives."""
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until


def main(t):
    sim = t.sim(rate=200)
    # The dead handler is not restarted before the reload.
    fleet = t.fleet(sim, {"handler.probation": "0",
        "limits.restart_min": "60s", "limits.restart_max": "60s"})
    fleet.start()
    supervisor = fleet.supervisor_pid()
    for _ in range(3):
        os.kill(fleet.handler_pid(), signal.SIGKILL)
        fleet.wait_status(lambda s: s["handler"]["state"] == "down",
            "the handler is down")
        t.equal(fleet.cli("reload").returncode, 0, "reload: exit status")
        fleet.wait_ready()
    t.equal(fleet.supervisor_pid(), supervisor,
        "the supervisor is the same")
    handled = sim.totals()["handled"]
    wait_until(lambda: sim.totals()["handled"] > handled + 100,
        "events are handled")
    sim.settle()
    t.nothing_lost(sim, identifies=sim.options["shards"],
        allow=("repeated",))
    fleet.stop()


scenario(main)
