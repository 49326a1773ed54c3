#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A start of 64 shards takes ceil(64 / M) windows for M = 1, 4 and 16, a little
more for the permits' margin, by the times at which the simulator got the
IDENTIFYs; in order of buckets; and the simulator, which refuses what comes too
soon, has no complaint (8.21)."""
import math
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario

SHARDS = 64
# M: interval in ms.  The permits' margin is 10 %, and at least 50 ms: on a busy
# machine less than what one IDENTIFY may be late on its way and not the next,
# so the simulator's own interval is shorter.
INTERVAL = {1: 700, 4: 1500, 16: 2000}
STRICT = 0.5
SLOWER = 1.2	# the margin, and as much again


def start(t, keys):
    sim = t.sim(shards=SHARDS, max_concurrency=keys, guilds=2 * SHARDS,
        identify_interval="%dms" % (STRICT * INTERVAL[keys]))
    fleet = t.fleet(sim, {"gateway.identify_interval": "%dms"
        % INTERVAL[keys]})
    fleet.start(ready=False)
    return sim, fleet, time.monotonic()


def judge(t, keys, sim, fleet, began):
    fleet.wait_ready(timeout=90)
    at = [s["identified_ms"] for s in sim.report()["shards"]]
    windows = math.ceil(SHARDS / keys)
    interval = INTERVAL[keys]
    took, ideal = max(at) - min(at), windows * interval
    t.note("M = %d: %d windows of %d ms; first to last IDENTIFY %d ms; "
        "ideal %d ms" % (keys, windows, interval, took, ideal))
    t.ok((windows - 1) * interval <= took, "M = %d: never faster" % keys)
    t.soon(began, SLOWER * ideal / 1000, "M = %d: hardly slower" % keys,
        took / 1000)
    buckets = [at[i:i + keys] for i in range(0, SHARDS, keys)]
    t.ok(all(max(a) < min(b) for a, b in zip(buckets, buckets[1:])),
        "M = %d: in order of buckets" % keys)
    t.nothing_lost(sim, identifies=SHARDS)
    fleet.stop()
    sim.stop()


def main(t):
    long_one = start(t, 1)		# goes on beside the others
    for keys in (4, 16):
        judge(t, keys, *start(t, keys))
    judge(t, 1, *long_one)


scenario(main)
