#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""No compression, zlib-stream and zstd-stream carry the same events, and auto
finds one that the server has and whose window is not too large.  A server that
has no zstd-stream, or refuses who asks for it, costs a connection, no event and
no IDENTIFY."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from processes import kill


def one(t, compress, zstd=1, **more):
    sim = t.sim(shards=2, rate=1000, zstd=zstd)
    fleet = t.fleet(sim, {"gateway.compress": compress, **more})
    fleet.start()
    sim.wait("handled>=1000")
    kill(fleet.shard(1)["pid"])		# a new connection is a new context
    sim.wait("resumes_ok=1")
    sim.wait("handled>=2000")
    sim.settle()
    t.note("%s, --zstd %d" % (compress, zstd))
    t.nothing_lost(sim, identifies=2)
    shard = fleet.shard(0)
    t.ok(shard["events"] > 0, "shard 0 counts %d events" % shard["events"])
    ratio = shard["bytes_raw"] / max(1, shard["bytes_wire"])
    t.ok(ratio > 1.5 if compress != "none" else 0.5 < ratio <= 1,
        "%s: %.2f bytes of JSON per byte on the wire" % (compress, ratio))
    if zstd != 1:
        # Once by each process: shard 0's, and both of shard 1.
        t.equal(sum(s["connects"] for s in sim.report()["shards"]), 3,
            "three connections came as far as IDENTIFY or RESUME")
    fleet.stop()
    return fleet.log_text()


def main(t):
    for compress in ("none", "zlib-stream", "zstd-stream"):
        one(t, compress)
    refused = "larger than [limits] window_bytes"
    t.ok(refused not in one(t, "auto"), "auto is zstd-stream")
    # The simulator's has 256 KiB.
    t.ok(refused in one(t, "auto", **{"limits.window_bytes": "128K"}),
        "a window that is too large is told, and zlib-stream taken")
    t.ok("does not have the compression" in one(t, "auto", zstd=0),
        "a server without zstd-stream is told, and zlib-stream taken")
    one(t, "auto", zstd=2)


scenario(main)
