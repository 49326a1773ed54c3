#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I4: one plugin is restarted, unloaded and loaded under load, and nothing is
lost, reordered or repeated; a new version that does not start leaves the old
one in place; an unloaded plugin stays unloaded through a restart."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until

BROKEN = """#!/usr/bin/python3
import sys
sys.exit("not today")
"""
NEWER = """#!/usr/bin/python3
import sys
sys.stdin.readline()
print('{"jsonrpc":"2.0","id":0,"result":{"api":2}}', flush=True)
sys.stdin.read()
"""


def program(fleet, name, text):
    path = fleet.program(name, text)
    return dict(exec=path, events="*")


def main(t):
    sim = t.sim(shards=4, rate=1000)
    fleet = t.fleet(sim)
    fleet.start()
    sim.wait("handled>=500")
    for _ in range(5):
        before = fleet.plugins()["audit"]["pid"]
        fleet.must("plugin", "restart", "audit")
        wait_until(lambda: fleet.plugins()["audit"]["state"] == "up"
            and fleet.plugins()["audit"]["pid"] != before,
            "another process serves")
    t.ok(True, "five restarts under load")

    good = fleet.audit()
    for name, text, words in (("broken", BROKEN, "not today"),
            ("newer", NEWER, "version 2 .* version 1")):
        before = fleet.plugins()["audit"]["pid"]
        fleet.write_config({}, {"audit": program(fleet, name, text)})
        done = fleet.cli("plugin", "restart", "audit", timeout=60)
        t.equal(done.returncode, 1, "a %s version: exit status" % name)
        t.match(done.stderr, words, "it says why")
        t.equal(fleet.plugins()["audit"]["pid"], before, "the old one goes on")
    fleet.write_config({}, {"audit": good})

    fleet.must("plugin", "unload", "audit")
    t.equal(fleet.plugins()["audit"]["state"], "held", "it is unloaded")
    wait_until(lambda: fleet.plugins()["audit"]["backlog_events"] > 500,
        "its events wait on disk")
    sim.ctl("pause")
    fleet.stop()
    fleet.start()
    t.equal(fleet.plugins()["audit"]["state"], "held",
        "it is so after a restart")
    sim.ctl("resume")
    fleet.must("plugin", "load", "audit")
    wait_until(lambda: fleet.plugins()["audit"]["state"] == "up",
        "it is loaded")
    sim.settle()
    t.nothing_lost(sim, 4)
    fleet.stop()


scenario(main)
