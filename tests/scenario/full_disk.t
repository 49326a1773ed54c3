#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A full disk: at start one sentence and no IDENTIFY spent; later, under the
logs, no event is lost."""
import os
import subprocess

from herd import kill, scenario, skip

# A tiny file system that only this command sees.
TINY = ("unshare", "-rm", "sh", "-c",
    'mount -t tmpfs -o size=$0 tmpfs "$1" && shift && exec "$@"')


def can_mount(path):
    return subprocess.run([*TINY, "64k", path, "true"], check=False,
        capture_output=True).returncode == 0


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


if __name__ == "__main__":
    import tempfile
    with tempfile.TemporaryDirectory() as probe:
        CAN = can_mount(probe)
    if not CAN:
        skip("no right to mount a file system here")
    scenario(main)
