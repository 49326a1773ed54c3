#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The bundled plugin answers every "!ping" once, over REST, even when the
handler is killed meanwhile."""
import contextlib
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, Failed, scenario, wait_until
from processes import kill

PONG = os.path.join(ROOT, "handler", "plugins", "pong.py")


def main(t):
    sim = t.sim(shards=4, rate=200, ping_every=20)
    fleet = t.fleet(sim)
    fleet.write_config({}, {"audit": fleet.audit(),
        "pong": dict(exec=PONG, events="MESSAGE_CREATE")})
    fleet.start()
    sim.ctl("message", 1, "!ping")
    sim.wait("handled>=400")
    pid = fleet.handler_pid()
    kill(pid)
    fleet.wait_status(lambda s: s["handler"]["pid"] not in (0, pid)
        and s["handler"]["state"] == "ready", "a new handler is ready")
    sim.wait("handled>=1000")
    sim.settle()
    fleet.wait_status(lambda s: s["handler"]["lag_events"] == 0,
        "every event is answered")
    # The last reply may still be on its way.
    with contextlib.suppress(Failed):
        wait_until(lambda: sim.report()["pings"]["answered"]
            >= sim.report()["pings"]["sent"], "each ping is answered")
    report = sim.report()
    pings = report["pings"]
    t.ok(pings["sent"] > 3, "%d pings were sent" % pings["sent"])
    t.equal(pings["answered"], pings["sent"], "each was answered")
    t.equal(pings["repeated"], 0, "none was answered twice")
    t.equal({k for k in report["rest"]["by_status"] if k[0] != "2"}, set(),
        "every REST call was in order")
    fleet.stop()


scenario(main)
