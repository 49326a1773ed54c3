#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F A7: a SIGHUP with a changed config comes while a client waits for its
reload: the client hears how that ended."""
import os
import signal
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOM, SHARDHERD, scenario, wait_until

CHANGED = {"handler.probation": "8s", "alerts.repeat": "2h"}


def main(t):
    sim = t.sim(rate=200)
    fleet = t.fleet(sim, {"handler.probation": "8s"})
    fleet.start()
    with subprocess.Popen([SHARDHERD, "-c", fleet.config, "reload"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            stdin=subprocess.DEVNULL, cwd=fleet.dir) as waiting:
        wait_until(lambda: "is on probation" in fleet.log_text(),
            "the reload is under way")
        fleet.write_config(CHANGED)
        os.kill(fleet.supervisor_pid(), signal.SIGHUP)
        wait_until(lambda: "SIGHUP: the config was not taken" in
            fleet.log_text(), "the SIGHUP finds it so")
        try:
            said = waiting.communicate(timeout=ROOM * 60)[0]
        except subprocess.TimeoutExpired:
            waiting.kill()
            said = "it waits for ever"
    t.equal(waiting.returncode, 0, "reload: exit status")
    t.match(said, "passed its probation", "it says how it ended")
    t.match(fleet.log_text(), "there is one at a time", "and the log why the "
        "config was not taken")
    os.kill(fleet.supervisor_pid(), signal.SIGHUP)
    wait_until(lambda: fleet.log_text().count("passed its probation") == 2,
        "the next SIGHUP takes it")
    fleet.stop()


scenario(main)
