#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Clients that are wrong, hostile or dead: each is closed with the right code
and counted by its reason, and the one that behaves beside them misses nothing
and is not held up."""
import contextlib
import random
import resource
import sys

sys.path.append(sys.path[0] + "/../lib")
from gatealone import Bot, Closed, GateAlone, guild_id
from gates import connect, http_status
from herd import BUILD, scenario, wait_until

NOISE = random.Random(7).randbytes(65536)


class Witness:
    """The client that behaves."""

    def __init__(self, t, gate):
        self.t, self.gate = t, gate
        self.bot = Bot(gate, "good")
        self.bot.come()
        self.bot.until_guilds(3)
        self.wanted = []

    def sees(self, what):
        self.wanted += self.gate.messages(3)
        self.bot.beat()
        self.t.equal((self.bot.until_number(self.wanted[-1]), self.bot.gaps),
            (self.wanted, []), "the other client has everything: " + what)


def doors(t, gate):
    page = Bot(gate, more="Origin: http://evil.example\r\n")
    t.equal(page.status, 403, "a web page is refused")
    t.equal(gate.stat()["a web page (Origin)"], 1, "and counted")
    listed = Bot(gate, more="Origin: http://listed.example\r\n")
    t.equal(listed.status, 101, "one that is listed is not")
    listed.drop()
    for path, query, code in (("/", "v=10&encoding=etf", 4012),
            ("//", "v=10&encoding=json&x=y", None), ("/x/", "", None)):
        bot = Bot(gate, query=query, path=path)
        if code:
            t.equal(bot.close_code(), code, "%d: %s" % (code, query))
        else:
            t.ok(bot.until(10), "taken: %s?%s" % (path, query))
        bot.drop()
    t.equal(http_status(connect(gate.url, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")), 426,
        "no upgrade: 426")
    t.equal(http_status(connect(gate.url, NOISE[:1000] + b"\r\n\r\n")), 400, "noise: 400")
    t.equal(http_status(connect(gate.url, b"GET / HTTP/1.1\r\nX: " + b"y" * 100000)), 400,
        "an endless head: 400")


def closed(t, gate, what, code, say, greet=True):
    bot = Bot(gate)
    if greet:
        bot.until(10)
    say(bot)
    t.equal(bot.close_code(), code, "%s: %s" % (code, what))
    bot.drop()


def codes(t, gate):
    def ident(**more):
        return lambda bot: bot.identify(bot.token, **more)

    def twice(bot):
        bot.identify(bot.token)
        bot.until(0, "READY")
        bot.identify(bot.token)

    def fast(bot):
        for _ in range(130):
            bot.send({"op": 1, "d": None})

    closed(t, gate, "wrong token", 4004, lambda b: b.identify("secret-nobody"))
    closed(t, gate, "wrong token in RESUME", 4004, lambda b: b.resume(
        "Bot nonsense", "f" * 32, 1))
    closed(t, gate, "second IDENTIFY", 4005, twice)
    for shard in ((1, 1), (0, 0), (-1, 2), (0, 1, 2), ("a", 2), (0, 1 << 40)):
        closed(t, gate, "shard %r" % (shard,), 4010, ident(shard=shard))
    closed(t, gate, "an unknown op", 4001, lambda b: b.send({"op": 99}))
    closed(t, gate, "no op", 4001, lambda b: b.send({"d": 1}))
    closed(t, gate, "not JSON", 4002, lambda b: b.send(b"{"))
    closed(t, gate, "no object", 4002, lambda b: b.send(b"[1]"))
    closed(t, gate, "too long", 4002, lambda b: b.send(b'{"op":1,"d":"' +
        b"x" * 5000 + b'"}'))
    closed(t, gate, "IDENTIFY without d", 4002, lambda b: b.send({"op": 2}))
    closed(t, gate, "intents no number", 4002, ident(intents="all"))
    closed(t, gate, "a command before IDENTIFY", 4003, lambda b: b.send(
        {"op": 3, "d": {}}))
    closed(t, gate, "too many messages", 4008, fast)
    closed(t, gate, "a giant frame", 1009, lambda b: b.send(b"x" * 100000))
    closed(t, gate, "text that is none", 1007, lambda b: b.send(b"\xff\xfe"))
    closed(t, gate, "reserved bits", 1002, lambda b: b.send_frame(0x71, b"{}"))
    bot = Bot(gate)
    bot.until(10)
    bot.identify(bot.token, intents=1 << 1 | 1 << 15 | 1)
    try:
        bot.receive()
        t.ok(False, "intents we lack: 4014")
    except Closed as e:
        t.equal(e.code, 4014, "intents we lack: 4014")
        t.match(str(e), "GUILD_MEMBERS MESSAGE_CONTENT", "that names them")
    two = Bot(gate)
    two.until(10)
    two.identify("Bot " + two.token, intents=513)
    t.ok(two.until(0, "READY"), "a token with \"Bot \"")
    two.leave(1000)


def narrow(t, gate):
    """What was not asked for, and what a client may not see, is not sent."""
    few, one = Bot(gate, "few"), Bot(gate, "narrow")
    few.come(intents=512)
    one.come()
    one.until_guilds(1)
    gate.event("TYPING_START", {"guild_id": str(guild_id(1)), "channel_id":
        "5", "user_id": "2", "timestamp": 1})
    gate.event("OF_THE_FUTURE", {"guild_id": str(guild_id(2))})
    numbers = gate.messages(4, guilds=3)
    few.until_number(numbers[-1])
    t.equal((few.numbers, few.guilds), (numbers, {}), "intents: messages only")
    gate.event("MESSAGE_DELETE", {"guild_id": str(guild_id(2)), "id": "1",
        "channel_id": "5"})
    names = []
    while not names or names[-1] != "MESSAGE_DELETE":
        names.append(one.receive().get("t"))
    t.equal((list(one.guilds), [n % 3 for n in one.numbers]),
        ([str(guild_id(2))], [1] * len(one.numbers)),
        "guilds = one: nothing of others")
    few.leave(1000)
    one.leave(1000)


def never_reads(t, gate, witness):
    """256 MiB of events for who never reads: bounded, and told at last."""
    bot = Bot(gate, "slow")
    bot.come()
    before = memory(gate)
    for _ in range(24):
        gate.messages(500, size=4000)
        witness.bot.numbers.clear()
        witness.wanted = gate.messages(1)
        witness.bot.until_number(witness.wanted[-1])
        witness.bot.numbers[:] = witness.wanted
    # A sanitizer keeps what was freed.
    most = 40 << 20 if "asan" not in BUILD else 400 << 20
    t.ok(memory(gate) - before < most, "a client that never reads costs "
        "no memory: %d KiB" % ((memory(gate) - before) >> 10))
    witness.sees("one never reads")
    while bot.receive()["op"] != 9:
        pass
    t.equal(gate.stat()["overruns"], 1, "that fell off the log is told so: "
        "op 9 false")
    bot.drop()


def memory(gate):
    """Bytes of its own: the log is not."""
    with open("/proc/%d/status" % gate.process.pid, encoding="ascii") as f:
        return int([line for line in f if line.startswith("RssAnon")][0]
            .split()[1]) << 10


def pings(t, gate):
    """Pings without end and no pong read."""
    bot = Bot(gate, "slow")
    bot.until(10)
    with contextlib.suppress(OSError):
        for _ in range(200000):
            bot.socket.sendall(b"\x89\xfd\0\0\0\0" + b"p" * 125)
    wait_until(lambda: gate.stat()["does not read"] >= 1,
        "who reads no pongs is dropped")
    t.ok(True, "who reads no pongs is dropped")
    bot.drop()


def crowd(t, gate, witness):
    """1 000 connections that say nothing: the oldest go, a bot gets in."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(
        resource.RLIMIT_NOFILE)[1]))
    many = [connect(gate.url) for _ in range(1000)]
    bot = Bot(gate)
    bot.come()
    t.ok(gate.stat()["conns"] <= 110, "of 1000 that say nothing 100 stay")
    t.ok(gate.stat()["too many connections"] >= 890, "the others are counted")
    witness.sees("a crowd")
    for s in many:
        s.close()
    bot.leave(1000)


def storms(t, gate, witness):
    for _ in range(200):
        bot = Bot(gate, "stormy")
        bot.until(10)
        bot.identify(bot.token)
        bot.drop()
    for _ in range(200):
        bot = Bot(gate)
        bot.until(10)
        bot.identify("secret-nobody")
        bot.drop()
    rng = random.Random(3)
    for _ in range(200):
        bot = Bot(gate)
        with contextlib.suppress(OSError):
            bot.socket.sendall(rng.randbytes(rng.randrange(1, 600)))
        bot.drop()
    witness.sees("storms of IDENTIFYs, wrong tokens and garbage")


def silent(t, gate):
    """Without heartbeats; and held while upstream is not ready."""
    gate.again("heartbeat=1", "hold=2")
    bot = Bot(gate)
    bot.come()
    t.equal(bot.close_code(), 4000, "no heartbeats: 4000")
    again = Bot(gate)
    again.come_back(bot)
    t.ok(again.until(0, "RESUMED"), "and its session is still there")
    again.leave(1000)
    gate.order("ready 0 1")
    bot, late = Bot(gate), Bot(gate)
    for each in (bot, late):
        each.until(10)
        each.identify(each.token)
    for _ in range(3):
        bot.beat()
        late.beat()
    t.ok(True, "held while upstream is not ready, heartbeats are answered")
    bot.drop()
    t.equal(late.close_code(), 4000, "but not for ever: 4000")
    t.equal(gate.stat()["upstream was not ready in time"], 1, "and counted")
    bot = Bot(gate)
    bot.until(10)
    bot.identify(bot.token)
    bot.beat()
    gate.order("ready 1 1")
    t.ok(bot.until(0, "READY"), "and let in when it is ready")
    bot.leave(1000)
    gate.order("cache 0")
    bot = Bot(gate, "told")
    bot.until(10)
    bot.identify(bot.token)
    bot.beat()
    gate.order("cache 1")
    t.ok(bot.until(0, "READY"), "held while the cache is cold, too")
    bot.until_guilds(3)
    bot.beat()
    t.equal([r for r in gate.rows() if r[0] == "told"], [["told", "LIVE", 4, 4, 0]],
        "what is told of it: its state, s, what it has, how far behind it is")
    gate.order("kick told 0")
    bot.until(7)
    bot.close_code()
    again = Bot(gate, "told")
    again.come_back(bot)
    t.ok(again.until(0, "RESUMED"), "kicked, it comes back")
    gate.order("kick told 1")
    again.close_code()
    bot = Bot(gate, "told")
    bot.come_back(again)
    t.equal(bot.until(9)["d"], False, "but not when its sessions end as well")
    bot.drop()


def main(t):
    gate = GateAlone(t, "client=a", "client=good", "client=few",
        "client=slow",
        "client=narrow,guild=%d" % guild_id(2), "client=stormy", "client=told",
        "intents=%d" % (53608447 & ~(1 << 1 | 1 << 15)), "sends=125",
        "heartbeat=1000")
    gate.world(3)
    witness = Witness(t, gate)
    doors(t, gate)
    codes(t, gate)
    witness.sees("clients that are wrong")
    narrow(t, gate)
    witness.wanted, witness.bot.numbers = [], []
    witness.wanted = gate.messages(1)
    witness.bot.numbers = witness.bot.until_number(witness.wanted[-1])[-1:]
    never_reads(t, gate, witness)
    pings(t, gate)
    crowd(t, gate, witness)
    storms(t, gate, witness)
    silent(t, gate)
    t.equal(gate.end(), 0, "the gate ends")


scenario(main)
