#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A plugin whose program lies in state_dir sees that program, and nothing of ours
beside it: the kept config, where other plugins' keys may be, among them."""
import json
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from files import executable
from herd import scenario, skip, wait_until

LOOK = """#!/usr/bin/python3
import json, os, sys
LOG, STATE = sys.argv[1:]
def look(path):
    try:
        if os.path.isdir(path):
            return sorted(os.listdir(path))
        with open(path, "rb") as f:
            return len(f.read())
    except OSError as e:
        return 0
seen = {name: look(os.path.join(STATE, name)) for name in os.listdir(STATE)}
with open(LOG + ".new", "w") as f:
    json.dump(seen, f)
os.rename(LOG + ".new", LOG)
for line in sys.stdin:
    m = json.loads(line)
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
"""


def look(fleet, log):
    if os.path.exists(log):
        os.unlink(log)
    fleet.must("plugin", "restart", "inside")
    wait_until(lambda: os.path.exists(log), "the plugin's report")
    with open(log, encoding="utf-8") as f:
        return json.load(f)


def main(t):
    sim = t.sim(shards=1, rate=5)
    fleet = t.fleet(sim)
    state, log = fleet.path("state"), fleet.path("look.log")
    os.makedirs(state, exist_ok=True)
    mine = executable(os.path.join(state, "mine.py"), LOOK)
    # What is named on the exec line stays in sight: state_dir itself is not.
    fleet.write_config({}, {"inside": dict(exec="%s %s %s/." % (mine, log,
        state), events="MESSAGE_CREATE"),
        "other": dict(exec="%s %s %s" % (mine, log + ".other", fleet.dir),
            events="MESSAGE_CREATE")})
    fleet.start()
    if "can read the token file" in fleet.cli("config", "check").stderr:
        skip("nothing can be hidden here")
    # All there may be in it is there by now.
    sim.ctl("message", "0", "hello")
    fleet.must("reload")
    fleet.wait_ready()
    seen = look(fleet, log)
    t.ok({"config", "db", "stats", "lock", "mine.py"} <= set(seen), "it was looked at")
    for name, inside in sorted(seen.items()):
        if name == "mine.py":
            t.ok(inside > 0, "its program is in sight")
        else:
            t.ok(not inside, "%s is not: %r" % (name, inside))
    fleet.stop()


if __name__ == "__main__":
    scenario(main)
