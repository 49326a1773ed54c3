#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the gate's cache composes is what Discord would send: after thousands
of random changes of every kind, with the gate killed in the middle of them."""
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import GATE, gate_pid, wait_gate
from herd import scenario
from mutating import INTENTS, World
from processes import kill

TURNS = int(os.environ.get("HERD_TURNS", 6))
ROUNDS = 30


def main(t):
    sim = t.sim(rate=0, shards=2, guilds=5)
    config = {**GATE(members="voice"), "bot.intents": INTENTS}
    fleet = t.fleet(sim, config=config)
    fleet.start()
    wait_gate(fleet)
    world = World(sim, int(os.environ.get("HERD_SEED", 1)))
    world.same(t, fleet, "at the start")
    for turn in range(1, TURNS + 1):
        world.change(ROUNDS // 2)
        pid = gate_pid(fleet)
        kill(pid)
        world.change(ROUNDS - ROUNDS // 2)
        wait_gate(fleet, other_than=pid)
        world.same(t, fleet, "after turn %d, with SIGKILL of the gate in it"
            % turn)
    t.note("changes: %s" % sorted(world.done.items()))
    t.note("refused: %s" % sorted(world.refused.items()))
    kinds = [kind.__name__ for kind in world.KINDS]
    t.equal([k for k in kinds if k not in world.done], [],
        "there were changes of every kind")
    t.ok(sum(world.done.values()) > TURNS * ROUNDS * 8, "%d changes"
        % sum(world.done.values()))
    t.equal(sim.totals()["identifies"], 2, "no IDENTIFY was spent")
    fleet.stop()


scenario(main)
