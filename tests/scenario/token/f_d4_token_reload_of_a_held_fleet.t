#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A fleet on hold for its token: moving to that very token is refused with 78
and what to do, by `token reload` and by SIGHUP alike."""
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from files import replace
from herd import scenario, wait_until

SHARDS = 2


def main(t):
    sim = t.sim(shards=SHARDS)
    fleet = t.fleet(sim, {"bot.token_file": "token",
        "handler.probation": "200ms"})
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        replace(fleet.path("token"), f.read())
    fleet.start()
    fresh = sim.ctl("token", "reset")
    fleet.wait_status(lambda s: s["cluster"]["state"] == "held", "held")
    note = fleet.status()["cluster"]["note"]
    t.match(note, "fleet0/token\\), then: shardherd token reload",
        "the note names the road")
    t.ok("release" not in note, "and no other")
    for more in (("--yes",), ("--dry-run",)):
        t.sentence(fleet.cli("token", "reload", *more), 78,
            "on hold for.*fleet0/token.*token reload",
            "the very token it is on hold for %s" % more)
    os.kill(fleet.supervisor_pid(), signal.SIGHUP)
    wait_until(lambda: "SIGHUP brings no new token" in fleet.log_text(),
        "SIGHUP says so too")
    t.equal(fleet.status()["cluster"]["state"], "held", "it stays held")
    replace(fleet.path("token"), fresh)
    t.equal(fleet.cli("token", "reload", "--yes").returncode, 0,
        "a new one is taken")
    fleet.wait_ready()
    wait_until(lambda: "nothing to do" in fleet.cli("token", "reload",
        "--yes").stdout, "and then there is nothing to do")
    fleet.stop()


scenario(main)
