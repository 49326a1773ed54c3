#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Supervisor and handler are killed: the gate, which holds the only copy of its
log, waits for the next supervisor, and the bot goes on over the connection it
has, with nothing missed, nothing twice."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import FleetBot, GATE, client_token, gate_pid, gate_url, wait_gate
from herd import PATIENT, scenario, wait_until
from processes import alive, kill

RATE, SHARDS, GUILDS = 50, 2, 16


def main(t):
    sim = t.sim(rate=RATE, shards=SHARDS, guilds=GUILDS)
    config = GATE()
    fleet = t.fleet(sim, config)
    fleet.start()
    wait_gate(fleet)
    bot = FleetBot(gate_url(config))
    bot.come(client_token(fleet, "bot"))
    bot.until_guilds(GUILDS)
    bot.hear(RATE)
    for number in (1, 2):
        gate, handler = gate_pid(fleet), fleet.handler_pid()
        fleet.kill_supervisor()
        kill(handler)
        wait_until(lambda: not alive(handler), "the handler is dead")
        fleet.must("ensure", PATIENT)
        wait_gate(fleet)
        t.equal(gate_pid(fleet), gate, "%d: the gate is the same" % number)
        bot.hear(3 * RATE)
        bot.send({"op": 1, "d": bot.seq})
        bot.until(11)
    t.equal((bot.gaps, bot.doubled), ([], 0), "nothing missed, nothing twice")
    sim.settle()
    t.nothing_lost(sim, identifies=SHARDS, allow=("repeated",))
    bot.drop()
    fleet.stop()


scenario(main)
