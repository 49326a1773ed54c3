#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What clients send to Discord through the gate: questions with answers for who
asked alone, presences at Discord's rate, voice connections that have one owner;
and compressed streams that real decoders read."""
import json
import struct
import sys
import zlib

sys.path.append(sys.path[0] + "/../lib")
from gatealone import Bot, GateAlone, guild_id
from herd import scenario, wait_until


def up(gate, op, n=1):
    """The payloads of that op that went to Discord, once there are n."""
    def those():
        return [(s, p["d"]) for s, p in list(gate.ups) if p["op"] == op]
    wait_until(lambda: len(those()) >= n, "op %d goes up" % op)
    return those()


def drain(bot, gate):
    """Everything that is there for it now; the names and d's."""
    gate.event("WEBHOOKS_UPDATE", {"guild_id": str(guild_id(1)), "channel_id":
        str(gate.lane)})
    got = []
    while True:
        document = bot.receive()
        if document.get("t") == "WEBHOOKS_UPDATE" and \
                document["d"]["channel_id"] == str(gate.lane - 1):
            return got
        if document["op"] == 0 and document["t"] != "WEBHOOKS_UPDATE":
            got.append((document["t"], document["d"]))


def chunk(gate, nonce, index, count):
    gate.event("GUILD_MEMBERS_CHUNK", {"guild_id": str(guild_id(1)), "members":
        [{"user": {"id": str(100 + index)}}], "chunk_index": index,
        "chunk_count": count, "nonce": nonce})


def members(t, gate, one, two):
    ask = {"guild_id": str(guild_id(1)), "query": "", "limit": 0}
    one.send({"op": 8, "d": dict(ask, nonce="mine")})
    (shard, d), = up(gate, 8)
    nonce = d.pop("nonce")
    t.equal((shard, d), (0, ask), "op 8 goes up as it was asked")
    t.ok(nonce != "mine" and len(nonce) <= 32, "with a nonce of ours")
    chunk(gate, nonce, 0, 3)
    two.send({"op": 8, "d": ask})
    two.beat()
    chunk(gate, nonce, 1, 3)
    gate.again()
    bots = []
    for old in (one, two):
        bots.append(Bot(gate, old.token[7:]))
        bots[-1].come_back(old, old.first)
    one, two = bots
    chunk(gate, nonce, 2, 3)
    for bot, theirs in ((one, "mine"), (two, None)):
        got = [d for name, d in drain(bot, gate)
            if name == "GUILD_MEMBERS_CHUNK"]
        t.equal([(d["chunk_index"], d.get("nonce")) for d in got],
            [(0, theirs), (1, theirs), (2, theirs)], "each asker has all "
            "pieces with its nonce (%s), over a SIGKILL of the gate" % theirs)
    t.equal(len(up(gate, 8)), 1, "the same question went up once")
    other = Bot(gate, "other")
    other.come()
    t.ok("GUILD_MEMBERS_CHUNK" not in [n for n, _ in drain(other, gate)],
        "who did not ask gets none")
    other.send({"op": 8, "d": dict(ask, query="x", nonce="n2")})
    nonce = up(gate, 8, 2)[1][1]["nonce"]
    gate.event("RATE_LIMITED", {"opcode": 8, "retry_after": 3.5, "meta": {
        "guild_id": str(guild_id(1)), "nonce": nonce}})
    t.equal([d["meta"]["nonce"] for n, d in drain(other, gate)
        if n == "RATE_LIMITED"], ["n2"], "RATE_LIMITED goes to the asker")
    t.ok("RATE_LIMITED" not in [n for n, _ in drain(one, gate)],
        "and to nobody else")
    gate.order("ready 0 1")
    before = len(up(gate, 8))
    for n in range(65):
        other.send({"op": 8, "d": dict(ask, query="y%d" % n, nonce="n%d" % n)})
    t.equal(other.until(0, "RATE_LIMITED")["d"]["meta"]["nonce"], "n64",
        "what cannot go up waits; what is too much is told so")
    gate.order("ready 1 1")
    t.equal([d["query"] for _, d in up(gate, 8, before + 64)[before:]],
        ["y%d" % n for n in range(64)], "and goes up in order")
    other.send({"op": 8, "d": dict(ask, guild_id="1", nonce="n4")})
    before = len(up(gate, 8))
    other.send({"op": 8, "d": dict(ask, guild_id=[str(guild_id(1))],
        query="z", nonce="n5")})
    d = up(gate, 8, before + 1)[-1][1]
    t.equal((d["guild_id"], d["query"]), (str(guild_id(1)), "z"),
        "an op 8 of a list of guilds goes up for each")
    chunk(gate, d["nonce"], 0, 1)
    t.equal([d["nonce"] for _, d in drain(other, gate)], ["n5"],
        "and its answer has the asker's nonce")
    other.send({"op": 31, "d": {"guild_ids": [str(guild_id(1))]}})
    t.equal(up(gate, 31)[0], (0, {"guild_ids": [str(guild_id(1))]}),
        "op 31 goes up")
    gate.event("SOUNDBOARD_SOUNDS", {"guild_id": str(guild_id(1)),
        "soundboard_sounds": []})
    t.equal([n for n, _ in drain(other, gate)], ["SOUNDBOARD_SOUNDS"],
        "and its answer comes back")
    t.equal([n for n, _ in drain(one, gate)], [], "to nobody else")
    other.leave(1000)
    return one, two


def presence(t, gate, one, two):
    mute = Bot(gate, "mute")
    mute.come(presence={"status": "dnd"})
    mute.send({"op": 3, "d": {"status": "dnd"}})
    mute.beat()
    for n in range(20):
        one.send({"op": 3, "d": {"status": "idle", "since": n}})
    one.beat()
    two.send({"op": 3, "d": {"status": "online"}})
    two.beat()
    sent = up(gate, 3, 2)
    t.equal([d for _, d in sent], [{"status": "idle", "since": 0}, {"status":
        "online"}], "presences go up at Discord's rate, the newest wins; none "
        "of a client that may not")
    mute.leave(1000)
    gate.order("ready 1 4")
    bots = [Bot(gate, "b") for _ in range(4)]
    for i, bot in enumerate(bots):
        bot.come((i, 4), presence={"status": "idle", "since": i})
    t.equal(sorted((s, d["since"]) for s, d in up(gate, 3, 6) if "since" in d
        and d["since"] != 0 or s != 0), [(1, 1), (2, 2), (3, 3)],
        "each shard's goes to the shards of upstream that it meets")
    for bot in bots:
        bot.leave(1000)
    gate.order("ready 1 1")


def voice(t, gate, one, two):
    join = {"guild_id": str(guild_id(1)), "channel_id": "7", "self_mute":
        False, "self_deaf": False}
    one.send({"op": 4, "d": join})
    one.beat()
    two.send({"op": 4, "d": dict(join, channel_id="8")})
    two.beat()
    t.equal(up(gate, 4), [(0, join)], "the voice connection of a guild is of "
        "who joined first")
    server = {"guild_id": str(guild_id(1)), "token": "v", "endpoint": "e"}
    gate.event("VOICE_SERVER_UPDATE", server)
    t.equal(drain(one, gate), [("VOICE_SERVER_UPDATE", server)],
        "VOICE_SERVER_UPDATE goes to the owner")
    t.equal(drain(two, gate), [], "and to nobody else")
    gate.again()
    back = Bot(gate)
    back.come_back(one)
    back.until(0, "RESUMED")
    gate.event("VOICE_SERVER_UPDATE", server)
    t.ok(("VOICE_SERVER_UPDATE", server) in drain(back, gate),
        "who it is survives a SIGKILL of the gate")
    back.leave(1000)
    t.equal(up(gate, 4, 2)[1][1]["channel_id"], None, "the owner's session "
        "ends: the bot leaves")


class Packed(Bot):
    """A client that asked for a compressed stream."""

    def __init__(self, gate, name, kind):
        self.kind, self.zlib = kind, zlib.decompressobj()
        self.whole, self.zstd = [], b""
        super().__init__(gate, name, "v=10&encoding=json&compress=" + kind)

    def receive(self):
        first, size = struct.unpack("!BB", self._take(2))
        if size > 125:
            size, = struct.unpack("!H" if size == 126 else "!Q", self._take(2
                if size == 126 else 8))
        data = self._take(size)
        if first & 15 != 2:
            raise AssertionError("no binary frame")
        if self.kind == "zlib-stream":
            if data[-4:] != b"\0\0\xff\xff":
                raise AssertionError("no flush")
            self.packed, text = len(data), self.zlib.decompress(data)
        else:
            self.packed, text = len(data), self.raw_blocks(data)
        document = json.loads(text)
        if document.get("s") is not None:
            self.seq = document["s"]
        if document.get("t") == "GUILD_CREATE":
            self.guilds[document["d"]["id"]] = len(text)
        return document

    def raw_blocks(self, data):
        """RFC 8878: a frame without size or checksum, raw blocks."""
        if not self.zstd:
            if data[:6] != b"\x28\xb5\x2f\xfd\0\x38":
                raise AssertionError("no zstd frame")
            self.zstd, data = data[:6], data[6:]
        text = b""
        while data:
            head = int.from_bytes(data[:3], "little")
            if head & 7:
                raise AssertionError("no raw block")
            text += data[3:3 + (head >> 3)]
            data = data[3 + (head >> 3):]
        return text


def compressed(t, gate):
    big = {"id": str(guild_id(2)), "name": "g" * 300000, "joined_at":
        "2026-01-01T00:00:00.000000+00:00", "member_count": 1, "channels": [],
        "roles": [], "members": [{"user": {"id": "1"}, "roles": []}]}
    gate.event("GUILD_CREATE", big)
    for name, kind, real in (("b", "zlib-stream", False), ("b", "zstd-stream",
            False), ("real", "zlib-stream", True)):
        bot = Packed(gate, name, kind)
        bot.come()
        sizes = []
        while len(bot.guilds) < 2:
            bot.receive()
            sizes.append(bot.packed)
        n = max(bot.guilds.values())
        t.ok(n > 300000 and (max(sizes) < n / 20) == real, "%s%s: %d bytes in "
            "%d" % (kind, ", truly compressed" if real else "", n, max(sizes)))
        bot.beat()
        bot.drop()


def play(t, gate):
    gate.world(1)
    one, two = Bot(gate), Bot(gate, "b")
    for bot in (one, two):
        bot.come()
        bot.until_guilds(1)
        bot.first = bot.seq
    one, two = members(t, gate, one, two)
    presence(t, gate, one, two)
    voice(t, gate, one, two)
    compressed(t, gate)
    t.equal(gate.end(), 0, "the gate ends")


def main(t):
    for lean in ("lean=1", "lean=0"):
        t.note(lean)
        play(t, GateAlone(t, "client=a", "client=b", "client=other",
            "client=mute,mute", "client=real,real", lean))


scenario(main)
