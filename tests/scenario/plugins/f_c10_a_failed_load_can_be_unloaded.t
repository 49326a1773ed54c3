#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F C10: a plugin whose `plugin load` failed is there: it is listed, taken
anew when it is mended, and unloaded; one that is nowhere is said to be so."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until

GOOD = """#!/usr/bin/python3
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
"""


def main(t):
    sim = t.sim(rate=100)
    fleet = t.fleet(sim, {"limits.restart_max": "30s",
        "handler.probation": "1s"})
    fleet.start()
    fleet.program("bad", "#!/bin/sh\nexit 3\n")
    fleet.program("good", GOOD)
    plugins = {"audit": fleet.audit(), "late": dict(exec=fleet.path("bad"),
        events="*")}
    config = {"limits.restart_max": "30s", "handler.probation": "1s"}
    fleet.write_config(config, plugins)
    t.sentence(fleet.cli("plugin", "load", "late"), 1,
        "late does not come up .*status 3.*plugin unload late", "load")
    wait_until(lambda: "late" in fleet.plugins(), "it is listed")
    t.equal(fleet.cli("plugin", "unload", "late").returncode, 0,
        "it can be unloaded")
    wait_until(lambda: fleet.plugins()["late"]["state"] == "held", "it is held")
    t.equal(fleet.cli("plugin", "load", "late").returncode, 1,
        "loaded again, it fails again")
    plugins["late"]["exec"] = fleet.path("good")
    fleet.write_config(config, plugins)
    wait_until(lambda: fleet.cli("plugin", "load", "late").returncode == 0,
        "mended in the config, it is taken from there")
    wait_until(lambda: fleet.plugins()["late"]["state"] == "up", "it is up")
    t.match(fleet.cli("reload").stdout, "the config is the same",
        "which is what is in force")
    t.sentence(fleet.cli("plugin", "unload", "nobody"), 64,
        r'no \[plugin "nobody"\]', "one that is nowhere")
    fleet.stop()


scenario(main)
