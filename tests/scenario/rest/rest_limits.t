#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Two plugins flood Discord with REST calls: none is refused for its rate,
both get their share, and what fails on Discord's side is ridden out.  That nine
tenths of what is allowed are used tests/chaos/calls asks, of a machine at
leisure."""
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from callflood import flood, global_limit, outcome
from herd import scenario

CALLS = 400		# of each plugin


def faults(t):
    """One channel's bucket: 5 posts in 5 s, and Discord in trouble."""
    sim = t.sim(shards=1, guilds=4)
    fleet = t.fleet(sim)
    fleet.write_config({}, {"say": flood(fleet, "say", 4, 40)})
    sim.ctl("rest", "POST /channels/*/messages", "502", "html", "count=3")
    sim.ctl("rest", "POST /channels/*", "429", "shared", "retry-after=0.3",
        "count=2")
    fleet.start()
    with open(fleet.path("go"), "w", encoding="utf-8"):
        pass
    began = time.monotonic()
    say = outcome(fleet, "say")
    rest = sim.report()["rest"]
    t.note("say %r rest %r" % (say, rest))
    t.equal(say["codes"], {"0": 40}, "every post went through in the end")
    t.soon(began, 5 * 3, "40 posts into 4 buckets of 5 in 5 s, at best 5 s",
        say["seconds"])
    t.ok(rest["by_status"].get("502", 0) == 3, "three failures were met")
    t.equal({s for s in rest["by_status"] if s[0] not in "25"} - {"429"},
        set(), "nothing else was refused")
    fleet.stop()


def main(t):
    global_limit(t, CALLS, least=0.5)
    faults(t)


scenario(main)
