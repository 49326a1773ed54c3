# SPDX-License-Identifier: MIT
"""Two plugins queue REST calls, one posts and one reads: for the scenario, and
for minutes of the same in tests/chaos/calls."""
import json
import os
import time

from herd import own_plugin, slowness, wait_until

FLOOD = own_plugin("flood.py")
CHANNELS = 64		# 5 posts in 5 s each: more than the global limit
GLOBAL = 50		# requests in a second, of the simulator


def flood(fleet, kind, channels, calls):
    return dict(exec="%s %s %s %d %d %s" % (FLOOD, kind,
        fleet.path(kind + ".json"), channels, calls, fleet.path("go")),
        events="GUILD_CREATE")


def outcome(fleet, kind, seconds=40):
    path = fleet.path(kind + ".json")
    wait_until(lambda: os.path.exists(path), kind + " is through", seconds)
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def busy_rate(sim, calls, seconds):
    """Requests a second while both plugins have calls waiting: neither the
    start nor the end counts."""
    def requests(least):
        return wait_until(lambda: [(time.monotonic(), n) for n in
            [sim.report()["rest"]["requests"]] if n >= least][:1],
            "%d requests" % least, seconds)[0]
    (begin, first), (end, last) = requests(100), requests(2 * calls - 100)
    return (last - first) / (end - begin)


def global_limit(t, calls, channels=CHANNELS, least=0.9):
    """So many calls of each plugin; least: of what is allowed, to be used."""
    sim = t.sim(shards=4, guilds=80)
    fleet = t.fleet(sim)
    fleet.write_config({}, {kind: flood(fleet, kind, channels, calls)
        for kind in ("say", "get")})
    fleet.start()
    for kind in ("say", "get"):
        wait_until(lambda: os.path.exists(fleet.path(kind + ".json.ready")),
            kind + " knows its channels")
    with open(fleet.path("go"), "w", encoding="utf-8"):
        pass
    seconds = 40 + 4 * calls / GLOBAL
    began = time.monotonic()
    rate = busy_rate(sim, calls, seconds)
    say, get = (outcome(fleet, kind, seconds) for kind in ("say", "get"))
    rest = sim.report()["rest"]
    t.note("say %r get %r rest %r" % (say, get, rest))
    t.equal(rest["rate_limited"], 0, "not one 429")
    t.equal(say["codes"], {"0": calls}, "every post went through")
    t.equal(get["codes"], {"0": calls}, "every read went through")
    slow = slowness(began)
    t.ok(rate >= least * GLOBAL / slow, "%.1f requests a second of %d allowed, "
        "on a machine %.1f times slower than a quiet one" % (rate, GLOBAL,
        slow))
    share = min(say["seconds"], get["seconds"]) / max(say["seconds"],
        get["seconds"])
    t.ok(share > 0.8, "neither waits for the other: %.2f" % share)
    fleet.stop()
