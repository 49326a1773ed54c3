#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I4, I8: the supervisor is killed and `ensure` comes at once: the shards it
left hand over and leave, their successors resume, and nothing is lost."""
import time

from herd import kill, scenario

ROUNDS = 3


def main(t):
    sim = t.sim(rate=500)
    fleet = t.fleet(sim)
    fleet.start()
    sim.wait("handled>=500")
    for _ in range(ROUNDS):
        kill(fleet.status()["cluster"]["pid"])
        began = time.monotonic()
        done = fleet.cli("ensure", "--wait=20")
        t.equal(done.returncode, 0, "ensure --wait: exit status")
        t.note("%.1f s %s" % (time.monotonic() - began, done.stderr))
    log = fleet.log_text()
    t.equal(log.count("Shards of an earlier supervisor still run"), ROUNDS,
        "one sentence each time about those who are still leaving")
    t.ok("could not be started" not in log, "and no complaint")
    # Two processes on one session would throw each other out.
    t.ok("Resumed elsewhere" not in log, "never two processes per shard")
    sim.settle()
    t.nothing_lost(sim, identifies=16)
    fleet.stop()


scenario(main)
