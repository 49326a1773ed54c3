#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I2, I8: a damaged spool costs nothing while the session lives, as RESUME
begins behind the last record before the damage and brings all from there on
again, in order; and status and log say so."""
import os
import struct
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from processes import kill

HEAD = 64		# of a record; its length follows 16 bytes of checks
FLIPPED, CUT = 0, 1	# shards


def segments(fleet, shard):
    folder = fleet.path("state", "spool", str(shard))
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))
        if name.endswith(".seg")]


def records(path):
    """(offset, length of the body) of every record."""
    with open(path, "rb") as f:
        data = f.read()
    found, at = [], 0
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 16)[0]
        found.append((at, length))
        at += HEAD + length
    return found


def flip(path, at):
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 0x10]))


def damage(fleet):
    """Flips a bit in each of three records of one shard, two in bodies and one
    in a header, and cuts the last record of another."""
    path = segments(fleet, FLIPPED)[0]
    all_of_it = records(path)
    places = [len(all_of_it) // 4, len(all_of_it) // 2, 3 * len(all_of_it) // 4]
    for i, number in enumerate(places):
        at, length = all_of_it[number]
        flip(path, at + 24 if i == 1 else at + HEAD + length // 2)
    path = segments(fleet, CUT)[-1]
    at, length = records(path)[-1]
    os.truncate(path, at + HEAD + length // 2)
    return len(places)


def main(t):
    sim = t.sim(shards=4, rate=1000)
    fleet = t.fleet(sim, {"limits.restart_min": "60s",
        "limits.restart_max": "60s"})
    fleet.start()
    sim.wait("handled>=500")
    kill(fleet.handler_pid())
    fleet.wait_status(lambda s: all(shard["spool_events"] > 300
        for shard in s["shards"]), "each spool holds 300 events")
    fleet.stop()
    sim.ctl("pause")
    damaged = damage(fleet)
    fleet.start()
    sent = sim.totals()["sent"]
    sim.wait("handled>=%d" % sent)
    fleet.wait_status(lambda s: all(shard["spool_events"] == 0
        for shard in s["shards"]), "the spools are empty")
    totals = sim.totals()
    t.equal(totals["handled"], sent, "none is missing")
    # What was in work when the handler was killed may have come twice.
    t.nothing_lost(sim, identifies=4, allow=("repeated",))
    t.equal(fleet.shard(FLIPPED)["spool_damaged"], damaged, "status counts them")
    t.equal(fleet.shard(CUT)["spool_damaged"], 1, "and the cut one")
    t.match(fleet.log_text(), r"shard %d\b.*spool.* damaged in %d places"
        % (FLIPPED, damaged), "the log says so in a sentence")
    t.equal(sim.totals()["resumes_ok"], 4, "every shard came back by RESUME")
    fleet.stop()


scenario(main)
