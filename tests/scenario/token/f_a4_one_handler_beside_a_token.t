#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F A4: `token reload` while Discord is slow, and `reload` beside it: one of
them says 75 and why, one handler and one set of plugins serve in the end, and
what serves has the new token."""
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from files import replace
from herd import ROOM, SHARDHERD, scenario, wait_until
from processes import children

SHARDS = 4
DELAY_S = 8		# less than what a REST call may take


def handlers(fleet):
    """Processes of the fleet that run as a handler, and their plugins."""
    found = []
    for pid in children(fleet.supervisor_pid()):
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                if b"handler" in f.read():
                    found.append(pid)
        except OSError:
            pass
    return found


def main(t):
    sim = t.sim(shards=SHARDS, max_concurrency=2, rate=200)
    fleet = t.fleet(sim, {"bot.token_file": "token",
        "handler.probation": "200ms"})
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        replace(fleet.path("token"), f.read())
    fleet.start()
    replace(fleet.path("token"), sim.ctl("token", "reset"))
    sim.ctl("gateway-bot", "ok", "delay=%d" % DELAY_S)
    with subprocess.Popen([SHARDHERD, "-c", fleet.config, "token", "reload",
            "--yes"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, text=True, cwd=fleet.dir) as moving:
        wait_until(lambda: fleet.cli("reload", "--check").returncode == 75,
            "Discord is asked about the token")
        t.sentence(fleet.cli("reload"), 75, "another token is examined.*one "
            "handler would keep the old token", "a reload beside it")
        sim.ctl("gateway-bot", "ok")
        said = moving.communicate(timeout=ROOM * 60)[0]
    t.equal(moving.returncode, 0, "the fleet moves over")
    t.match(said, "%d of %d shards run with the new token" % (SHARDS, SHARDS),
        "all of it")
    fleet.wait_ready()
    wait_until(lambda: len(handlers(fleet)) == 1, "one handler is left")
    wait_until(lambda: len(children(fleet.handler_pid())) == 1,
        "with one set of plugins")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + 100))
    t.equal(fleet.cli("reload").returncode, 0, "then a reload is done")
    t.equal(len(handlers(fleet)), 1, "by one handler")
    sim.settle()
    t.nothing_lost(sim, identifies=2 * SHARDS)
    fleet.stop()


scenario(main)
