#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The static simulator serves a bot and a browser; that it has no TLS it says
in a sentence."""
import os
import subprocess
import sys
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
import herd
from ws import Client

BINARY = os.path.join(herd.ROOT, "build-static", "shardherd-sim")


def main(t):
    done = subprocess.run([BINARY, "run", "--dir", os.path.join(t.dir, "x")],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    t.equal(done.returncode, 64, "without --plain")
    t.match(done.stderr, "built without TLS.*--plain", "it says so")
    sim = t.sim(shards=1, guilds=2, plain=True)
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read().strip()
    client = Client(sim.urls["SIM_GATEWAY"])
    client.until(10)
    client.identify(token, (0, 1))
    client.until(0, "GUILD_CREATE")
    with urllib.request.urlopen(sim.urls["SIM_PAGE"], timeout=60) as r:
        t.ok(b"</html>" in r.read(), "the page is there")
    t.match(sim.ctl("guilds"), "(?m)^0 ", "ctl is there")
    client.drop()


herd.need_static(BINARY)
herd.SIMULATOR = BINARY
herd.scenario(main)
