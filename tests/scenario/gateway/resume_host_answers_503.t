#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""8.7, the incident of 2026-09-01: the resume host answers 503 at the upgrade
for good while the main host is fine; 40 of 64 shards lose their connections,
and then the whole fleet is stopped and started.  It heals by RESUMEs on the
main host, without a single IDENTIFY, inside 30 seconds.  The host also says
Retry-After for hours: what one host asks for does not bind the other.  The
same with a host that resets every connection."""
import re
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from ordeal import healthy

SHARDS, HIT = 64, 40
LIMIT_S = 30


def speak(sim, text):
    for shard in range(SHARDS):
        sim.ctl("message", shard, text)


def healed(t, sim, resumes, began, what):
    sim.wait("connected=%d,resumes_ok>=%d" % (SHARDS, resumes), LIMIT_S)
    t.soon(began, LIMIT_S, what + ": healed")


def refusals(fleet):
    return len(re.findall("(?m) warn shard .*answered the upgrade with HTTP 503",
        fleet.log_text()))


def incident(t, sim, fleet, what, *fault):
    before, cost = sim.totals()["resumes_ok"], sim.totals()["identifies"]
    sim.ctl("fault", *fault, "--count", "forever", "--host", "resume")
    began = time.monotonic()
    for shard in range(HIT):
        sim.ctl("drop", shard)
    speak(sim, "meanwhile")
    healed(t, sim, before + HIT, began, "%s, %d of %d shards dropped" % (what,
        HIT, SHARDS))
    began = time.monotonic()
    fleet.stop()
    speak(sim, "while it is down")
    fleet.start(ready=False)
    healed(t, sim, before + HIT + SHARDS, began, "%s, then stop and start"
        % what)
    fleet.wait_ready()
    t.equal(sim.totals()["identifies"], cost, "%s: 0 IDENTIFYs" % what)
    sim.ctl("fault", "clear")


def herd(t):
    sim = t.sim(shards=SHARDS, max_concurrency=16, guilds=8 * SHARDS,
        identify_interval="500ms")
    # Not a test of pacing, which a burst on a busy machine upsets.
    fleet = t.fleet(sim, {"gateway.identify_interval": "2s"})
    fleet.start()
    sim.settle()
    return sim, fleet


def end(t, sim, fleet):
    sim.settle()
    t.nothing_lost(sim, identifies=SHARDS)
    t.equal(sim.totals()["resumes_failed"], 0, "no RESUME failed")
    healthy(t, fleet)
    fleet.stop()
    sim.stop()


def main(t):
    sim, fleet = herd(t)
    incident(t, sim, fleet, "503 with Retry-After 3600", "upgrade-status", 503,
        "retry-after", 3600)
    t.equal(refusals(fleet), SHARDS, "each shard asked the dead host once: "
        "after the restart it was known")
    end(t, sim, fleet)
    sim, fleet = herd(t)
    incident(t, sim, fleet, "RST", "connect-refuse")
    end(t, sim, fleet)


scenario(main)
