#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Sessions of several shard counts live side by side: each is sent what its
own [id, count] covers, and is counted and named by it."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from ws import Client

LAYOUTS = ((0, 1), (0, 3), (1, 3), (2, 3), (1, 8), (5, 8), (1, 2))
GUILDS = 24


def session(url, token, shard, **more):
    client = Client(url)
    client.until(10)
    client.identify(token, shard, intents=53608447 & ~33026 | 32768, **more)
    client.ready = client.until(0, "READY")["d"]
    client.shard = shard
    client.guilds = {g["id"] for g in client.ready["guilds"]}
    client.synced = set()
    while client.synced != client.guilds:
        client.synced.add(client.until(0, "GUILD_CREATE")["d"]["id"])
    return client


def covers(shard, guild):
    return (int(guild) >> 22) % shard[1] == shard[0]


def main(t):
    sim = t.sim(shards=3, guilds=GUILDS, plain=True, identify_interval="0s")
    url = sim.urls["SIM_GATEWAY"]
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read().strip()
    every = [session(url, token, shard) for shard in LAYOUTS]
    everything = every[0].guilds
    t.equal(len(everything), GUILDS, "one shard of one has all guilds")
    for c in every[1:]:
        t.equal(c.guilds, {g for g in everything if covers(c.shard, g)},
            "READY and GUILD_CREATEs of %d/%d" % c.shard)

    for guild in sorted(everything):
        sim.ctl("message", 0, "to " + guild, "--guild", guild)
    for c in every:
        mine = sorted(g for g in everything if covers(c.shard, g))
        got = [c.until(0, "MESSAGE_CREATE")["d"]["guild_id"] for _ in mine]
        t.equal(got, mine, "messages of %d/%d" % c.shard)

    one = every[4]	# 1/8
    mine = sorted(one.guilds)[0]
    one.send({"op": 8, "d": {"guild_id": mine, "query": "", "limit": 1}})
    t.equal(one.until(0, "GUILD_MEMBERS_CHUNK")["d"]["guild_id"], mine,
        "op 8 by its own count")
    foreign = sorted(everything - one.guilds)[0]
    one.send({"op": 8, "d": {"guild_id": foreign, "query": "", "limit": 1}})
    wait_until(lambda: sim.totals()["violations"] == 1, "a foreign guild told")
    t.equal([(v["shard"], v["count"], v["class"]) for v in
        sim.report()["violations"]], [(1, 8, "rule")],
        "the violation is of 1/8")

    shards = {(s["id"], s["count"]): s for s in sim.report()["shards"]}
    t.equal(sorted(k for k in shards if shards[k]["connected"]),
        sorted(LAYOUTS), "the report has each layout's shards")
    t.equal(list(shards)[:3], [(0, 3), (1, 3), (2, 3)],
        "that of /gateway/bot first")
    for c in every:
        s = shards[c.shard]
        t.equal((s["session"], s["identifies"], s["sent"] >=
            2 * len(c.guilds)), (c.ready["session_id"], 1, True),
            "its numbers: %d/%d" % c.shard)

    sim.ctl("drop", "1/8")
    wait_until(lambda: {(s["id"], s["count"]) for s in sim.report()["shards"]
        if s["connected"]} == set(LAYOUTS) - {(1, 8)}, "1/8 alone is dropped")
    t.ok(True, "a verb for 1/8 means 1/8")
    sim.ctl("fault", "no-ack", "--shard", "1/3")
    for c in (every[6], every[5], every[2]):
        c.send({"op": 1, "d": c.seq})
    t.ok(every[6].until(11) and every[5].until(11), "a fault for 1/3 does not "
        "strike 1/2")
    every[2].send({"op": 1, "d": every[2].seq})
    every[2].until(11)
    t.equal(sim.ctl("fault", "list"), "", "it struck 1/3")
    sim.ctl("close", 1, 4000)
    closed = [c for c in every if c.shard[0] == 1 and c.shard != (1, 8)]
    t.equal([c.close_code() for c in closed], [4000, 4000],
        "a verb for 1 means 1 of any layout")
    for word in ("8/8", "3/", "x", "1/9999", "-1/3"):
        done = sim.try_ctl("drop", word)
        t.sentence(done, 64, "expected a shard as 3 or 3/8", "refused: " + word)


scenario(main)
