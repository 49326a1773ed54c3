#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Shards that hear late that their token is dead, when the fleet moves to
another one already, say so of the old token: the fleet does not come on hold
for the new one, which nothing but a third would end."""
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from files import replace
from herd import scenario, wait_until
from processes import kill

SHARDS = 8
LATE = 3
FORCE = "The new token is in force"


def main(t):
    sim = t.sim(shards=SHARDS, guilds=SHARDS)
    fleet = t.fleet(sim, {"bot.token_file": "token", "handler.probation":
        "200ms"})
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        replace(fleet.path("token"), f.read())
    fleet.start()
    late = [fleet.shard(i)["pid"] for i in range(LATE)]
    for pid in late:
        kill(pid, signal.SIGSTOP)
    replace(fleet.path("token"), sim.ctl("token", "reset"))
    fleet.wait_status(lambda s: s["cluster"]["state"] == "held",
        "the old token is dead")
    fleet.cli("token", "reload", "--yes", "--no-wait")
    wait_until(lambda: FORCE in fleet.log_text(), "the fleet moves")
    for pid in late:
        kill(pid, signal.SIGCONT)
    fleet.wait_ready()
    t.equal(fleet.log_text().partition(FORCE)[2].count("error supervisor: On "
        "hold:"), 0, "the new token is not held for what was said of the old one")
    t.equal(fleet.cli("status").returncode, 0, "all is well")
    t.equal(sim.totals()["identifies"], 2 * SHARDS, "each IDENTIFYs once with "
        "either token")
    fleet.stop()


scenario(main)
