#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Gateway connections that are slow: what is sent trickles in pieces, a client
that does not read costs bounded memory, and nothing of its session is lost."""
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from ws import Client

GUILD = 320000
SLOW = 100000		# bytes/s
BACKLOG = 1 << 20


def token_of(sim):
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        return f.read().strip()


def session(sim, shard):
    client = Client(sim.urls["SIM_GATEWAY"])
    client.until(10)
    client.identify(token_of(sim), shard)
    client.ready = client.until(0, "READY")["d"]
    return client


def trickles(t):
    sim = t.sim(shards=1, guilds=2, guild_bytes=GUILD, plain=True,
        bandwidth=SLOW, segment=1000, send_buffer=16384)
    client = Client(sim.urls["SIM_GATEWAY"])
    client.until(10)
    client.identify(token_of(sim))
    client.until(0, "READY")
    began = time.monotonic()
    client.pieces = 0
    more = client._more

    def counted():
        client.pieces += 1
        more()
    client._more = counted
    guild = client.until(0, "GUILD_CREATE")["d"]
    took = time.monotonic() - began
    t.ok(len(guild["channels"]) > 10, "a large GUILD_CREATE is whole")
    t.ok(took > 0.7 * GUILD / SLOW, "it took its time: %.1f s" % took)
    t.ok(client.pieces >= 10, "in many pieces: %d" % client.pieces)
    client.send({"op": 1, "d": client.seq})
    t.ok(client.until(11), "the ACK waits behind the next one")
    sim.ctl("line", 0, "bandwidth", 0, "segment", 0)
    client.send({"op": 8, "d": {"guild_id": guild["id"], "query": "",
        "limit": 0}})
    client.identify(token_of(sim))
    t.equal(client.close_code(), 4005, "a line of its own is fast again")
    for words in (("0", "bandwidth"), ("0", "bandwidth", "x"),
            ("0", "speed", "3"), ("0", "backlog", "1"), ("x", "segment", "1"),
            ("0", "default", "segment", "1")):
        done = sim.try_ctl("line", *words)
        t.sentence(done, 64, "line|shard", "refused: " + " ".join(words))
    t.equal(sim.try_ctl("line", "7/8", "segment", "1").returncode, 1,
        "a shard that is not there")
    sim.ctl("line", "all", "default")
    sim.stop()


def resident(sim):
    """Bytes of the simulator in memory."""
    with open("/proc/%s/status" % sim.urls["SIM_PID"], encoding="utf-8") as f:
        return next(int(line.split()[1]) * 1024 for line in f
            if line.startswith("VmRSS"))


def reads_nothing(t):
    sim = t.sim(shards=2, guilds=8, plain=True, send_buffer=16384,
        backlog=BACKLOG, replay=3000)
    deaf, other = session(sim, (0, 2)), session(sim, (1, 2))
    before = resident(sim)
    sim.ctl("rate", 2000)
    wait_until(lambda: [other.receive() for _ in range(200)]
        and sim.totals()["unread"] == 1,
        "the one that does not read is dropped")
    sim.ctl("rate", 0)
    t.ok(True, "a client that does not read is dropped, and counted")
    t.ok(resident(sim) - before < 16 * BACKLOG, "its memory was bounded")
    t.match(str(sim.report()["violations"]), "does not read: 1[0-9]{6} bytes "
        "behind", "and told in words")
    row = [s for s in sim.report()["sessions"] if s["shard"] == 0][0]
    t.equal(row["state"], "waiting", "its session waits for a RESUME")
    sim.ctl("message", 1, "the end")
    while other.until(0, "MESSAGE_CREATE")["d"]["content"] != "the end":
        pass
    t.ok(True, "the other one missed nothing")
    sim.stop()


def fleet(t):
    """Over TLS, with a heartbeat now and then behind all that."""
    sim = t.sim(shards=2, guilds=6, guild_bytes=GUILD, send_buffer=16384,
        segment=8000, bandwidth=4000000, heartbeat_interval="5s", rate=20)
    fleet = t.fleet(sim)
    fleet.start()
    sim.wait("handled>=100")
    sim.ctl("drop", 0)
    sim.wait("resumes_ok>=1")
    sim.ctl("line", 1, "segment", 700)
    sim.wait("handled>=200")
    sim.settle()
    t.nothing_lost(sim, identifies=2)
    t.equal([s["verdict"] for s in sim.report()["sessions"]], ["whole"] * 2,
        "both sessions are whole")
    fleet.stop()


def main(t):
    trickles(t)
    reads_nothing(t)
    fleet(t)


scenario(main)
