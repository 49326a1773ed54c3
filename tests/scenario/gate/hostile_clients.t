#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Clients of a whole fleet that are wrong or hostile, one kind after the other:
each is closed with the right code or gets no more than its share, the bot
beside them misses nothing, and no shard notices: its connection stays, and
Discord sees no IDENTIFY, no RESUME and no more commands than it takes."""
import contextlib
import random
import resource
import sys
import threading

sys.path.append(sys.path[0] + "/../lib")
from gates import (FleetBot, GATE, INTENTS, client_token, connect, gate_pid,
    gate_url, http_status, wait_gate)
from herd import scenario, wait_until
from keepingbots import KeepingBots
from ws import Client, Closed

RATE, SHARDS, GUILDS = 100, 2, 16
RNG = random.Random(13)


class Witness:
    """The bot that behaves, a process of its own, and Discord's side."""

    def __init__(self, t, sim, fleet, config):
        self.t, self.sim = t, sim
        self.bots = KeepingBots(t.dir, config, client_token(fleet, "good"), 1)
        self.bots.wait_live()
        self.noticed = self.discords()
        sim.ctl("rate", RATE)
        self.gate = gate_pid(fleet)
        self.fleet = fleet

    def discords(self):
        """What Discord would notice; strangers of its own are counted too."""
        now = self.sim.totals()
        return [now[k] for k in ("connects", "identifies", "resumes",
            "violations")]

    def messages(self):
        """The numbers of those that Discord has sent."""
        return {int(line.split()[0]) for line in self.sim.ctl("journal",
            "all").splitlines() if " MESSAGE_CREATE " in line}

    def sees(self, what):
        """All that was sent up to now, over the connection it had."""
        sent = self.messages()
        wait_until(lambda: self.bots.verdict()[1] >= sent,
            "the bot has everything: " + what)
        total = self.bots.verdict()[0]
        self.t.equal({k: total[k] for k in ("starts", "identifies", "resumes",
            "invalid", "gaps", "reordered", "repeated")}, dict(starts=1,
            identifies=1, resumes=0, invalid=0, gaps=0, reordered=0,
            repeated=0), "%s: the bot beside it notices nothing" % what)
        self.t.equal(self.discords(), self.noticed, "%s: nor does Discord"
            % what)
        self.t.equal(gate_pid(self.fleet), self.gate, "%s: the same gate"
            % what)


def closed(t, url, what, code, say):
    """say(client) after HELLO ends in that code."""
    client = Client(url)
    client.until(10)
    with contextlib.suppress(OSError):
        say(client)
    t.equal(client.close_code(), code, "%s: %s" % (what, code))
    client.drop()


def strangers(t, url, sim, token):
    """Who has no token of ours, or the wrong one; Discord's own is wrong."""
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="ascii") as f:
        discords = f.read().strip()
    closed(t, url, "the bot's own token of Discord", 4004,
        lambda c: c.identify(discords))
    for _ in range(200):
        client = Client(url)
        client.until(10)
        client.identify(token[:-1] + ("x" if token[-1] != "x" else "y"))
        if client.close_code() != 4004:
            t.ok(False, "a wrong token in a loop: 4004")
            break
    else:
        t.ok(True, "a wrong token, 200 times: 4004")
    page = Client(url, more="Origin: https://page.example\r\n")
    t.equal(page.status, 403, "a web page (Origin): 403")


def discords(t, sim, token):
    """With a token of ours nobody gets to Discord."""
    up = Client(sim.urls["SIM_GATEWAY"])
    up.until(10)
    up.identify(token)
    t.equal(up.close_code(), 4004, "a client's token is good for nothing at "
        "Discord: 4004")


def garbage(t, url, token):
    for _ in range(200):
        with contextlib.suppress(OSError):
            with connect(url) as s:
                s.sendall(RNG.randbytes(RNG.randrange(1, 4000)))
    t.equal(http_status(connect(url, b"GET / HTTP/1.1\r\nX: " + b"y" * 70000)),
        400, "an endless head: 400")
    for _ in range(100):	# after a good upgrade, and after IDENTIFY
        with contextlib.suppress(OSError, Closed):
            client = Client(url)
            client.until(10)
            if RNG.randrange(2):
                client.identify(token, intents=INTENTS)
            client.socket.sendall(RNG.randbytes(RNG.randrange(1, 4000)))
            client.drop()
    closed(t, url, "a giant frame", 1009, lambda c: c.send(b"x" * 200000))
    closed(t, url, "a frame that says it has 2^62 bytes", 1009, lambda c:
        c.socket.sendall(b"\x81\xff\x40" + bytes(12)))
    closed(t, url, "no JSON", 4002, lambda c: c.send(b"{\"op\":"))
    closed(t, url, "an unknown op", 4001, lambda c: c.send({"op": 77}))
    closed(t, url, "a command before IDENTIFY", 4003, lambda c: c.send(
        {"op": 8, "d": {}}))


def crowd(t, url, token):
    """1 000 connections that say nothing, and a bot gets in beside them."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    many = [connect(url) for _ in range(1000)]
    bot = FleetBot(url)
    bot.come(token)
    bot.until_guilds(GUILDS)
    t.equal(len(bot.guilds), GUILDS, "a bot gets in beside 1000 connections")
    bot.drop()
    for s in many:
        s.close()


def identifies(t, url, token):
    """Sessions without end: each takes over from the one before."""
    for n in range(300):
        client = Client(url)
        client.until(10)
        client.identify(token, (n % 3, 3), intents=INTENTS)
        if n % 2:
            client.until(0, "READY")
        client.drop()
    closed(t, url, "a second IDENTIFY", 4005, lambda c: (c.identify(token,
        intents=INTENTS), c.until(0, "READY"), c.identify(token)))
    closed(t, url, "intents that the fleet has not", 4014, lambda c:
        c.identify(token, intents=INTENTS | 1 << 8))


def storm(url, token, guild, over):
    """Questions as fast as they are taken, over one connection after the
    other; the codes they end with."""
    codes = set()
    while not over.is_set():
        client = Client(url)
        try:
            client.until(10)
            client.identify(token, intents=INTENTS)
            client.until(0, "READY")
            for n in range(200):
                client.send({"op": 8, "d": {"guild_id": guild, "query":
                    "%d" % n, "limit": 1, "nonce": "s%d" % n}})
            codes.add(client.close_code())
        except Closed as e:
            codes.add(e.code)
        except OSError:
            pass
        client.drop()
    return codes


def questions(t, url, token, asking):
    """A storm of them: another client's are answered all the same."""
    bot = FleetBot(url)
    bot.come(asking)
    bot.until_guilds(GUILDS)
    guild = sorted(bot.guilds)[0]
    over, codes = threading.Event(), set()
    thread = threading.Thread(target=lambda: codes.update(storm(url, token,
        guild, over)))
    thread.start()
    try:
        wait_until(lambda: thread.is_alive(), "the storm blows")
        for n in range(3):
            bot.send({"op": 8, "d": {"guild_id": guild, "query": "",
                "limit": 1, "nonce": "mine%d" % n}})
            chunk = bot.until(0, "GUILD_MEMBERS_CHUNK")["d"]
            t.equal(chunk.get("nonce"), "mine%d" % n,
                "question %d is answered, and to who asked" % n)
            bot.send({"op": 1, "d": bot.seq})
    finally:
        over.set()
        thread.join()
    t.equal(codes - {None}, {4008}, "too many: 4008")
    t.equal(bot.gaps, [], "nothing missed by who asks beside the storm")
    bot.drop()


def main(t):
    sim = t.sim(rate=0, shards=SHARDS, guilds=GUILDS, ping_every=0, plain=True,
        mix="MESSAGE_CREATE=1")
    config = GATE(("good", "asking", "evil"), heartbeat="2s")
    for name in ("asking", "evil"):
        config['client "%s".ops' % name] = "members"
    fleet = t.fleet(sim, config)
    fleet.start()
    wait_gate(fleet)
    witness = Witness(t, sim, fleet, config)
    evil, url = client_token(fleet, "evil"), gate_url(config)
    strangers(t, url, sim, evil)
    witness.sees("strangers")
    garbage(t, url, evil)
    witness.sees("garbage")
    crowd(t, url, evil)
    witness.sees("a crowd")
    identifies(t, url, evil)
    witness.sees("IDENTIFYs without end")
    questions(t, url, evil, client_token(fleet, "asking"))
    witness.sees("questions without end")
    sim.settle()
    witness.sees("all of it")
    t.nothing_lost(sim, identifies=SHARDS)
    discords(t, sim, evil)
    witness.bots.end()
    fleet.stop()


scenario(main)
