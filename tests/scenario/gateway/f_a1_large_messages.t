#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The start of a large bot: guilds of 2 MB among a steady flow of events, so
that acknowledgements land in the middle of messages.  No shard dies of it."""
import json
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario

SHARDS = 2
ROUNDS = 15
LARGE = 2000000


def main(t):
    sim = t.sim(shards=SHARDS, guilds=16, rate=400)
    fleet = t.fleet(sim)
    fleet.start()
    pids = fleet.shard_pids()
    path = fleet.path("guild.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"t": "GUILD_CREATE", "s": 1, "op": 0, "d": {"id": "77",
            "name": "n", "filler": "".join("%08x" % (i * 2654435761 % 2 ** 32)
                for i in range(LARGE // 8))}}, f, separators=(",", ":"))
    for _ in range(ROUNDS):
        for shard in range(SHARDS):
            sim.ctl("send", shard, path)
    sim.ctl("set", "rate", 0)
    sim.settle()
    t.equal(fleet.shard_pids(), pids, "the same processes")
    t.equal({s["id"]: sum(s["crashes"].values())
        for s in fleet.status()["shards"]}, {i: 0 for i in range(SHARDS)},
        "no shard crashed")
    t.nothing_lost(sim, identifies=SHARDS)


scenario(main)
