#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I2, I5: a spool that takes no more, by its bound or because the disk is
full, costs connections but no event: the shards wait with their sessions kept
and RESUME once the handler is back."""
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from processes import kill
from tiny import TINY, can_mount

CONFIG = {"limits.queue_bytes": "256K", "limits.message_bytes": "256K",
    "limits.spool_after": "50ms", "limits.restart_min": "12s",
    "limits.restart_max": "12s", "log.level": "info"}


def waiting(status):
    return all(s["state"] == "waiting" for s in status["shards"])


def until_full(t, sim, fleet, what, logged):
    """The handler dies; every shard fills what it has, and waits."""
    old = fleet.handler_pid()
    before = sim.totals()["identifies"]
    sim.ctl("rate", 4000)
    sim.ctl("resume")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + 1000))
    kill(old)
    fleet.wait_status(waiting, "every shard waits")
    sim.ctl("pause")
    t.ok(all(s["queue_full"] and s["spool_refused"]
        for s in fleet.status()["shards"]), what + ": status counts it")
    t.match(fleet.log_text(), logged, what + ": the log says what to do")
    fleet.wait_status(lambda s: s["handler"]["pid"] not in (0, old)
        and s["handler"]["state"] == "ready", "a new handler is ready")
    fleet.wait_ready()
    sim.settle(timeout=60)
    t.nothing_lost(sim, identifies=before, allow=("repeated",))
    fleet.stop("--end-sessions")	# the simulator forgets them too


def main(t):
    sim = t.sim(shards=4, replay=30000)
    fleet = t.fleet(sim, dict(CONFIG, **{"limits.spool_bytes": "512K"}))
    fleet.start()
    until_full(t, sim, fleet, "bound", r"the spool \S+ is full \(524288 bytes"
        r"\).*make room")
    if not can_mount():
        t.note("no right to mount a file system here: no full disk")
        return
    fleet = t.fleet(sim, CONFIG)
    spool = fleet.path("state", "spool")
    os.makedirs(spool)
    os.chmod(fleet.path("state"), 0o700)
    fleet.must("start", before=(*TINY, "512k", spool))
    fleet.wait_ready()
    until_full(t, sim, fleet, "disk", r"cannot (write|create|prepare|open).*: No "
        r"space left.*make room")


scenario(main)
