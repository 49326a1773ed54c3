#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The supervisor is killed, and the gate's config was changed when the next one
comes: it takes the gate over with the log and the sockets it holds before
another gate gets them.  Had it replaced the gate a moment earlier, the new one
would have found its address taken."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import GATE, wait_gate
from herd import scenario
from processes import kill

TIMES = 8


def main(t):
    sim = t.sim(shards=2, guilds=4)
    config = GATE()
    fleet = t.fleet(sim, config)
    fleet.start()
    wait_gate(fleet)
    for i in range(TIMES):
        old = fleet.status()["gate"]["pid"]
        supervisor = fleet.kill_supervisor()
        kept = fleet.status()["gate"]["log_last"]
        config["gate.log_age"] = "%dh" % (2 + i)
        fleet.write_config(config)
        fleet.must("ensure", "--wait=60")
        wait_gate(fleet, other_than=old)
        s = fleet.status()
        t.ok(s["cluster"]["pid"] != supervisor and "reload-failed" not in [
            p["code"] for p in s["cluster"]["problems"]],
            "%d: another gate listens where the one before did" % i)
        t.ok(s["gate"]["log_last"] >= kept > 0, "%d: with its log" % i)
    t.equal(fleet.log_text().count("can't listen at"), 0,
        "none found the address taken")
    t.nothing_lost(sim, identifies=2)
    fleet.stop()


scenario(main)
