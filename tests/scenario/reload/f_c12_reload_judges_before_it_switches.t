#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F C12: a reload whose plugin is broken does not switch: the handler goes on,
the plugin that works is the same process, and "nothing was changed" is true."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from processes import alive

GOOD = """#!/usr/bin/python3
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
"""
BROKEN = """#!/usr/bin/python3
raise SystemExit("it is broken")
"""


def refused(t, fleet, what, name):
    before = fleet.status()["handler"], fleet.plugins()["own"]
    done = fleet.cli("reload")
    t.equal(done.returncode, 1, what + ": exit status")
    t.match(done.stderr, "could not bring up plugin %s .*nothing was changed"
        % name, what + ": it says which, and what is")
    after = fleet.status()["handler"], fleet.plugins()["own"]
    for key in "pid", "generation":
        t.equal(after[0][key], before[0][key], what + ": handler's " + key)
    t.equal((after[1]["pid"], after[1]["state"]), (before[1]["pid"], "up"),
        what + ": the plugin that works is the same process")
    t.ok(alive(before[1]["pid"]), what + ": and lives")


def main(t):
    sim = t.sim(rate=200)
    fleet = t.fleet(sim)
    own = dict(exec=fleet.path("own"), events="*")
    fleet.program("own", GOOD)
    config = {"handler.probation": "1s"}
    fleet.write_config(config, {"audit": fleet.audit(), "own": own})
    fleet.start()
    fleet.program("own", BROKEN)
    refused(t, fleet, "a plugin's file is broken", "own")
    fleet.program("own", GOOD)
    fleet.program("more", BROKEN)
    fleet.write_config(config, {"audit": fleet.audit(), "own": own,
        "more": dict(exec=fleet.path("more"), events="*")})
    refused(t, fleet, "a new plugin is broken", "more")
    fleet.program("more", GOOD)
    t.equal(fleet.cli("reload").returncode, 0, "mended: exit status")
    t.equal(fleet.plugins()["more"]["state"], "up", "and the plugin is up")
    # What did not work before is no reason to keep the old handler.
    fleet.program("more", BROKEN)
    t.equal(fleet.cli("plugin", "restart", "more").returncode, 1,
        "a restart keeps the old process")
    fleet.must("plugin", "unload", "more")
    t.equal(fleet.cli("reload").returncode, 0, "one held by an operator is "
        "not missed")
    sim.settle()
    t.nothing_lost(sim, identifies=sim.options["shards"])
    fleet.stop()


scenario(main)
