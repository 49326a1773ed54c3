#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Under the unit the fleet has a copy of the token (LoadCredential=), which
does not change while it runs: the note names the road for a new one, it works,
and the dead one is neither asked for again nor called news."""
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from files import replace
from herd import LATER, scenario, wait_until

SHARDS = 2


def hang_up(fleet):
    before = fleet.log_text().count("Log file reopened")
    os.kill(fleet.supervisor_pid(), signal.SIGHUP)
    wait_until(lambda: fleet.log_text().count("Log file reopened") > before,
        "SIGHUP is heard")
    fleet.must("logs", "level")		# it turns


def rotate(t, sim, fleet):
    replace(fleet.path("token"), sim.ctl("token", "reset"))
    fleet.wait_status(lambda s: s["cluster"]["state"] == "held", "held")
    done = fleet.cli("token", "reload", "--yes")
    t.equal(done.returncode, 0, "token reload takes the changed file, not "
        "the copy: " + done.stderr)
    fleet.wait_ready()
    hang_up(fleet)
    t.ok("refuses the new token" not in fleet.log_text(), "the dead token is "
        "not asked for again")
    fleet.wait_status(lambda s: not s["cluster"]["note"], "no note is left")


def not_later(done):
    return done if done.returncode != LATER else None


def main(t):
    sim = t.sim(shards=SHARDS)
    fleet = t.fleet(sim, {"bot.token_file": None,
        "handler.probation": "200ms"})
    os.mkdir(fleet.path("cred"), 0o700)
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read()
    replace(fleet.path("token"), token)
    replace(fleet.path("cred", "token"), token)
    fleet.must("start", before=("env", "CREDENTIALS_DIRECTORY="
        + fleet.path("cred")))
    fleet.wait_ready()
    sim.ctl("token", "reset")
    fleet.wait_status(lambda s: s["cluster"]["state"] == "held", "held")
    t.match(fleet.status()["cluster"]["note"],
        "LoadCredential=.*as root: shardherd token reload",
        "the note names the road")
    t.sentence(fleet.cli("token", "reload", "--yes"), 78, "LoadCredential",
        "the file was not changed: the road again")
    hang_up(fleet)
    wait_until(lambda: "SIGHUP brings no new token" in fleet.log_text(),
        "a reload by systemd says that it brings nothing")
    rotate(t, sim, fleet)
    rotate(t, sim, fleet)
    # Not beside the probation of what the last SIGHUP reloaded.
    done = wait_until(lambda: not_later(fleet.cli("upgrade")),
        "an upgrade may begin")
    t.equal(done.returncode, 0, "an upgrade in place")
    fleet.wait_ready()
    hang_up(fleet)
    words = fleet.log_text() + str(fleet.status()["cluster"]["problems"])
    t.ok("refuses the new token" not in words
        and "holds another token" not in words,
        "what it knows of the copy outlives that")
    fleet.stop()


scenario(main)
