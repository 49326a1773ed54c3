#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A first start while the API is down does not hang: it says what keeps it,
and that the supervisor goes on asking."""
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario

LIMIT_S = 25


def main(t):
    sim = t.sim(shards=1)
    fleet = t.fleet(sim)
    sim.ctl("gateway-bot", "503")
    began = time.monotonic()
    done = fleet.cli("start", timeout=2 * LIMIT_S)
    t.sentence(done, 75, "in the background: .*HTTP 503", "start")
    t.soon(began, LIMIT_S, "start ends")
    t.equal(fleet.status()["cluster"]["state"], "starting", "it goes on")
    sim.ctl("gateway-bot", "ok")
    fleet.wait_ready(90)
    fleet.stop()


scenario(main)
