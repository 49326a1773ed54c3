#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""C11: a plugin that is up and answers with errors is no success: plugin list,
status, check and an alert say so.  One that was unloaded on purpose is as
wanted, also for the next handler."""
import json
import os
import re
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until

TEXT = """#!/usr/bin/python3
import json, os, sys
for line in sys.stdin:
    m = json.loads(line)
    end = {"result": None}
    if m.get("method") == "event" and os.path.exists("%(dir)s/sick"):
        end = {"error": {"code": 1, "message": "the database is away"}}
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], **end}), flush=True)
"""


def check(fleet, code, words):
    done = fleet.cli("check")
    return done.returncode == code and words in done.stdout and done


def listed(fleet, name):
    done = fleet.cli("plugin", "list", "--json")
    found = [p for p in json.loads(done.stdout)["plugins"]
        if p["name"] == name]
    return done.returncode, found[0]


def main(t):
    sim = t.sim(rate=100, shards=2)
    fleet = t.fleet(sim)
    fleet.program("app", TEXT % {"dir": fleet.dir})
    with open(fleet.path("sick"), "w"):
        pass
    plugins = {"audit": fleet.audit(), "app": dict(exec=fleet.path("app"),
        events="MESSAGE_CREATE")}
    fleet.write_config({"handler.probation": "0"}, plugins)
    fleet.start()
    done = wait_until(lambda: check(fleet, 1, "app"), "check is a warning")
    t.match(done.stdout, "the database is away", "and says why")
    code, app = listed(fleet, "app")
    t.equal((code, app["failing"]), (1, True), "plugin list has it failing")
    t.ok(app["errors"] >= 5, "errors are counted")
    t.match(fleet.cli("plugin", "list").stdout, "ERRORS.*\n.*failing|failing",
        "in the table, too")
    t.match(fleet.cli("status").stdout, ", 1 failing", "status counts it")
    wait_until(lambda: re.search(r"Alert \(plugin\): .*app.*the database is "
        "away", fleet.must("logs", "-n", "1000")), "an alert is raised")
    os.unlink(fleet.path("sick"))
    wait_until(lambda: check(fleet, 0, "OK"), "well again, all is fine")
    fleet.must("plugin", "unload", "app")
    wait_until(lambda: check(fleet, 0, "OK"), "unloaded on purpose: fine")
    t.match(fleet.cli("status").stdout, "plugins 1/1 up, 1 unloaded",
        "status counts it apart")
    t.equal(fleet.cli("plugin", "list").returncode, 0, "as wanted")
    before = fleet.handler_pid()
    fleet.must("reload")
    wait_until(lambda: fleet.handler_pid() not in (None, before),
        "another handler serves")
    done = wait_until(lambda: check(fleet, 0, "OK"), "still fine")
    code, app = listed(fleet, "app")
    t.equal((code, app["state"], app["unloaded"]), (0, "held", True),
        "it is still unloaded")
    fleet.must("plugin", "load", "app")
    wait_until(lambda: listed(fleet, "app")[1]["state"] == "up", "loaded")
    fleet.stop()


scenario(main)
