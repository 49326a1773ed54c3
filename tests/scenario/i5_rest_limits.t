#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Two plugins flood Discord with REST calls: none is refused for its rate, at
least nine tenths of what is allowed are used, both get their share, and what
fails on Discord's side is ridden out."""
import json
import os
import time

from herd import ROOT, scenario, wait_until

FLOOD = os.path.join(ROOT, "tests", "scenario", "flood.py")
CALLS = 400		# of each plugin
CHANNELS = 64		# 5 posts in 5 s each: more than the global limit
GLOBAL = 50		# requests in a second, of the simulator


def flood(fleet, kind, channels=CHANNELS, calls=CALLS):
    return dict(exec="%s %s %s %d %d" % (FLOOD, kind,
        fleet.path(kind + ".json"), channels, calls),
        events="GUILD_CREATE")


def outcome(fleet, kind):
    path = fleet.path(kind + ".json")
    wait_until(lambda: os.path.exists(path), kind + " is through", 40)
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def busy_rate(sim):
    """Requests a second while both plugins have calls waiting: neither the
    start nor the end counts."""
    def requests(least):
        return wait_until(lambda: [(time.monotonic(), n) for n in
            [sim.report()["rest"]["requests"]] if n >= least][:1],
            "%d requests" % least)[0]
    (begin, first), (end, last) = requests(CALLS / 4), requests(1.75 * CALLS)
    return (last - first) / (end - begin)


def global_limit(t):
    sim = t.sim(shards=4, guilds=80)
    fleet = t.fleet(sim)
    fleet.write_config({}, {kind: flood(fleet, kind) for kind in
        ("say", "get")})
    fleet.start()
    rate = busy_rate(sim)
    say, get = outcome(fleet, "say"), outcome(fleet, "get")
    rest = sim.report()["rest"]
    t.note("say %r get %r rest %r" % (say, get, rest))
    t.equal(rest["rate_limited"], 0, "not one 429")
    t.equal(say["codes"], {"0": CALLS}, "every post went through")
    t.equal(get["codes"], {"0": CALLS}, "every read went through")
    seconds = max(say["seconds"], get["seconds"])
    t.ok(rate >= 0.9 * GLOBAL, "%.1f requests a second of %d allowed" % (
        rate, GLOBAL))
    share = min(say["seconds"], get["seconds"]) / seconds
    t.ok(share > 0.8, "neither waits for the other: %.2f" % share)
    fleet.stop()


def faults(t):
    """One channel's bucket: 5 posts in 5 s, and Discord in trouble."""
    sim = t.sim(shards=1, guilds=4)
    fleet = t.fleet(sim)
    fleet.write_config({}, {"say": flood(fleet, "say", 4, 40)})
    sim.ctl("rest", "POST /channels/*/messages", "502", "html", "count=3")
    sim.ctl("rest", "POST /channels/*", "429", "shared", "retry-after=0.3",
        "count=2")
    fleet.start()
    say = outcome(fleet, "say")
    rest = sim.report()["rest"]
    t.note("say %r rest %r" % (say, rest))
    t.equal(say["codes"], {"0": 40}, "every post went through in the end")
    t.ok(say["seconds"] < 5 * 1.1 + 1, "40 posts into 4 buckets of 5 in 5 s "
        "took %.1f s, at best 5" % say["seconds"])
    t.ok(rest["by_status"].get("502", 0) == 3, "three failures were met")
    t.equal({s for s in rest["by_status"] if s[0] not in "25"} - {"429"},
        set(), "nothing else was refused")
    fleet.stop()


def main(t):
    global_limit(t)
    faults(t)


scenario(main)
