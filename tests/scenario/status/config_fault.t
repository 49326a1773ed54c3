#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A config file that no start would take, and a program that is gone, are
findings of the fleet that runs, told by each window, until they are mended."""
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from asking import Web
from files import executable
from herd import scenario, wait_until
from truth import LOOKS, Stage, shows

ROW = dict(code="config-fault", words="takes the config file as it is")


def told(t, stage, windows, what):
    for window in windows:
        wait_until(lambda: shows(stage, window, ROW), "%s: %s says it"
            % (what, window))
        t.ok(True, "%s: %s says it" % (what, window))


def over(t, stage, windows, what):
    for window in windows:
        wait_until(lambda: not shows(stage, window, ROW),
            "%s: %s says it no more" % (what, window))
    t.ok(True, "%s: it is over" % what)


def main(t):
    sim = t.sim(shards=1)
    fleet = t.fleet(sim)
    fleet.program("tell", '#!/bin/sh\ncat >>"%s"\n' % fleet.path("told"))
    program = executable(fleet.path("own"), "#!/bin/sh\nexec %s\n"
        % fleet.audit()["exec"])
    web = Web()
    plugins = {"own": dict(fleet.audit(), exec=program)}
    config = {**web.keys, "alerts.exec": "tell"}
    fleet.write_config(config, plugins)
    stage = Stage(fleet, web)
    stage.start()
    fleet.wait_ready()
    looks = tuple(w for w in LOOKS if w != "page")
    wait_until(lambda: fleet.cli("check").returncode == 0, "all is well")

    fleet.write_config({**config, "limits.stop_timeout": "soon"}, plugins)
    told(t, stage, looks + ("alert", "systemd"), "a word that is no time")
    done = fleet.cli("check")
    t.equal(done.returncode, 1, "check warns")
    t.match(done.stdout, r"stop_timeout", "and names the key")
    t.equal(done.stdout.count("stop_timeout"), 1, "once")
    fleet.write_config(config, plugins)
    over(t, stage, looks + ("systemd",), "mended")
    t.equal(fleet.cli("check").returncode, 0, "check is fine again")

    os.rename(program, program + ".away")
    told(t, stage, looks, "a program that is gone")
    t.equal(fleet.plugins()["own"]["state"], "up", "its process goes on")
    os.rename(program + ".away", program)
    over(t, stage, looks, "the program is back")
    stage.end()


scenario(main)
