#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A bot on a whole fleet: it IDENTIFYs with its token, and goes on through the
SIGKILL of the gate, of the handler and of a shard, a reload that replaces the
gate and an upgrade, with nothing missed, nothing twice and no IDENTIFY."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import FleetBot, GATE, client_token, gate_pid, gate_url, wait_gate
from herd import scenario
from processes import kill

RATE = 100


def main(t):
    sim = t.sim(rate=RATE, shards=2, guilds=16)
    config = GATE()
    fleet = t.fleet(sim, config=config)
    fleet.start()
    wait_gate(fleet)
    token = client_token(fleet, "bot")
    t.ok(token not in fleet.log_text(), "the token is in no log")

    bot = FleetBot(gate_url(config))
    bot.come(token)
    bot.until_guilds(16)
    t.equal(len(bot.guilds), 16, "READY and every guild come")
    bot.hear(RATE)

    def upset(what, harm):
        nonlocal bot
        harm()
        bot = bot.go_on(token)
        bot.hear(RATE)
        t.equal(bot.gaps, [], what + ": nothing missed")

    def gate_killed():
        pid = gate_pid(fleet)
        kill(pid)

    def handler_killed():
        kill(fleet.handler_pid())

    def shard_killed():
        kill(fleet.shard_pids()[0])

    def replaced():
        pid = gate_pid(fleet)
        config["gate.session_life"] = "11m"
        fleet.write_config(config)
        fleet.must("reload")
        wait_gate(fleet, other_than=pid)

    for number in (1, 2, 3):
        upset("SIGKILL of the gate, %d" % number, gate_killed)
    upset("SIGKILL of the handler", handler_killed)
    upset("SIGKILL of a shard", shard_killed)
    upset("a reload that replaces the gate", replaced)
    upset("an upgrade", lambda: fleet.must("upgrade", fleet.binary))
    row = fleet.status()["gate"]["clients"][0]
    t.equal((row["name"], row["sessions"], row["connected"]), ("bot", 1, 1),
        "status shows the client")
    t.equal(bot.doubled, 0, "no message came twice")
    t.equal(sim.totals()["identifies"], 2, "no IDENTIFY was spent")
    bot.drop()
    fleet.stop()


scenario(main)
