#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""More comes than the gate's log holds while a bot is away, and while another
is connected and does not read: each is told that its session is of no use (op 9
false), IDENTIFYs over the same connection and goes on.  Discord and the plugin
notice nothing."""
import socket
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import FleetBot, GATE, client_token, gate_url, wait_gate
from herd import scenario

SHARDS, GUILDS = 2, 16
SLOW, FAST = 20, 2000
AWAY = 10000	# messages: the log and all buffers of a connection, twice over


class Buried(FleetBot):
    """One whose socket holds little."""

    def __init__(self, url):
        make, socket.create_connection = socket.create_connection, self.make
        try:
            super().__init__(url)
        finally:
            socket.create_connection = make

    @staticmethod
    def make(address, timeout):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        s.settimeout(timeout)
        s.connect(address)
        return s


def flood(sim, fleet):
    """Until the log has let go what there was before."""
    last = fleet.status()["gate"]["log_last"]
    sim.ctl("rate", FAST)
    fleet.wait_status(lambda s: s["gate"]["log_first"] > last
        and s["gate"]["log_last"] > last + AWAY, "the log is overrun")
    sim.ctl("rate", SLOW)


def anew(t, bot, token, what):
    """Over this connection: op 9 false, IDENTIFY, everything again."""
    while bot.receive()["op"] != 9:
        pass
    bot.guilds.clear()
    bot.seq = None
    bot.identify(token, intents=1 << 0 | 1 << 9 | 1 << 15)
    bot.until(0, "READY")
    bot.until_guilds(GUILDS)
    bot.hear(SLOW)
    bot.send({"op": 1, "d": bot.seq})
    bot.until(11)
    t.equal((len(bot.guilds), bot.gaps), (GUILDS, []), what)


def main(t):
    sim = t.sim(rate=SLOW, shards=SHARDS, guilds=GUILDS)
    # No heartbeat of the one that does not read is due.
    config = GATE(("away", "buried"), log_bytes="1M", heartbeat="1m")
    fleet = t.fleet(sim, config)
    fleet.start()
    wait_gate(fleet)
    tokens = [client_token(fleet, name) for name in ("away", "buried")]
    away, buried = FleetBot(gate_url(config)), Buried(gate_url(config))
    for bot, token in zip((away, buried), tokens):
        bot.come(token)
        bot.until_guilds(GUILDS)
        bot.hear(1)
    away.drop()
    flood(sim, fleet)

    again = FleetBot(gate_url(config))
    again.until(10)
    again.resume(tokens[0], away.session, away.seq)
    anew(t, again, tokens[0], "who was away for too long begins anew")
    # At once: the log goes back for less than a minute.
    again.socket.close()
    late = again.go_on(tokens[0])
    late.hear(SLOW)
    t.equal(late.gaps, [], "its new session can be resumed")
    late.drop()
    anew(t, buried, tokens[1], "who did not read, too")
    fleet.wait_status(lambda s: all(c["overruns"] for c in
        s["gate"]["clients"]), "status counts them")
    t.match(fleet.log_text(), "client buried .*reads too slowly",
        "the log says so")
    sim.settle()
    t.nothing_lost(sim, identifies=SHARDS)
    t.equal(sim.totals()["connects"], SHARDS, "no shard noticed")
    fleet.stop()


scenario(main)
