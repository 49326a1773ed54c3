#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A full disk: at start one sentence and no IDENTIFY spent; later, under the
logs, no event is lost."""
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, skip
from processes import kill
from tiny import TINY, can_mount


def at_start(t, sim):
    fleet = t.fleet(sim)
    os.mkdir(fleet.path("state"))
    done = fleet.cli("start", before=(*TINY, "16k", fleet.path("state")))
    t.sentence(done, 1, "(?i)no space.*|.*disk", "full disk at start")
    t.equal(sim.totals()["identifies"], 0, "no IDENTIFY was spent")


def under_logs(t, sim):
    fleet = t.fleet(sim, {"log.level": "debug"})
    os.mkdir(fleet.path("log"))
    # The first 4 KiB of log fill it.
    fleet.must("start", before=(*TINY, "4k", fleet.path("log")))
    fleet.wait_ready()
    sim.ctl("rate", 1000)
    sim.wait("handled>=2000")
    kill(fleet.shard(0)["pid"])		# gives it something to log
    sim.wait("resumes_ok=1")
    sim.settle()
    t.nothing_lost(sim, identifies=2)
    t.equal(fleet.cli("status").returncode, 0, "status works")
    fleet.stop()


def main(t):
    sim = t.sim(shards=2)
    at_start(t, sim)
    under_logs(t, sim)


if not can_mount():
    skip("no right to mount a file system here")
scenario(main)
