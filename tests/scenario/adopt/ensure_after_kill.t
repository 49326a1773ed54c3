#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I4, I8: the supervisor is killed, and what its processes were started with
does not hold any more when `ensure` comes: they are not taken over but hand
over and leave, their successors resume, and nothing is lost."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import PATIENT, scenario, wait_until
from processes import alive, children, kill

RATE = 200


def replaced(t, sim, fleet, what, changes):
    before, handler = fleet.shard_pids(), fleet.handler_pid()
    kill(fleet.supervisor_pid())
    fleet.write_config(changes)
    done = fleet.cli("ensure", PATIENT)
    t.equal(done.returncode, 0, what + ": ensure --wait: exit status")

    def others(s):
        return (not set(before.values()) & {x["pid"] for x in s["shards"]}
            and s["handler"]["pid"] not in (0, handler))
    fleet.wait_status(others, what + ": others run")
    fleet.wait_ready()
    t.ok(True, what + ": every process is another one")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))


def time_is_over(t, sim, fleet):
    """Nobody comes for them: they stop in order, each by itself."""
    fleet.stop()
    fleet.write_config({"bot.name": "other", "limits.orphan_time": "1s"})
    fleet.start()
    supervisor = fleet.supervisor_pid()
    everybody = children(supervisor)
    kill(supervisor)
    wait_until(lambda: not any(map(alive, everybody)),
        "shards, handler and plugins end after orphan_time")
    t.equal(len(fleet.status()["shards"]), 16, "status still tells of them")
    fleet.must("ensure", PATIENT)
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))


def main(t):
    sim = t.sim(rate=RATE)
    fleet = t.fleet(sim)
    fleet.start()
    sim.wait("handled>=%d" % RATE)
    replaced(t, sim, fleet, "another name", {"bot.name": "other"})
    t.match(fleet.log_text(), "shard 3, is not taken over: a key of the "
        "config was changed", "the log says why")
    replaced(t, sim, fleet, "orphan_time 0", {"bot.name": "other",
        "limits.orphan_time": "0"})
    # These have it from their start, and go by themselves.
    replaced(t, sim, fleet, "orphan_time 0 from the start",
        {"bot.name": "other", "limits.orphan_time": "0"})
    time_is_over(t, sim, fleet)
    log = fleet.log_text()
    t.ok("could not be started" not in log, "and no complaint")
    # Two processes on one session would throw each other out.
    t.ok("Resumed elsewhere" not in log, "never two processes per shard")
    sim.settle()
    t.nothing_lost(sim, identifies=16)
    fleet.stop()


scenario(main)
