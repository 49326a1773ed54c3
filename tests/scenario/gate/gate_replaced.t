#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The gate comes, is replaced start-first and goes with the config, keeps its
socket and its log through all of it, and a new one that does not come up
changes nothing."""
import socket
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import GATE, connects, free_port, gate_pid, log_has_all, wait_gate
from herd import scenario, wait_until
from processes import alive

RATE = 200


def reload(fleet, config):
    fleet.write_config(config)
    fleet.must("reload")


def main(t):
    sim = t.sim(rate=RATE, shards=2)
    port, other = free_port(), free_port()
    config = GATE(listen="127.0.0.1:%d" % port)
    fleet = t.fleet(sim)
    fleet.start()
    t.equal(fleet.status()["gate"], None, "without [gate] there is none")
    shards = fleet.shard_pids()

    reload(fleet, config)
    wait_gate(fleet)
    t.ok(connects(port), "a reload brings it, and it listens")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))

    first = gate_pid(fleet)
    reload(fleet, config)
    wait_gate(fleet)
    t.equal(gate_pid(fleet), first, "a reload that changes nothing of the gate "
        "leaves it alone")

    events = fleet.status()["gate"]["events"]
    config["gate.session_life"] = "11m"
    reload(fleet, config)
    wait_gate(fleet, other_than=first)
    wait_until(lambda: not alive(first), "the old gate is gone")
    gate = fleet.status()["gate"]
    t.ok(gate["events"] >= events and gate["log_first"] == 1,
        "a change of its keys replaces it: the log and the counters go on")
    t.match(fleet.log_text(), "Another gate is in service", "the log says so")
    t.ok(connects(port), "at the same socket")

    second = gate_pid(fleet)
    config["gate.listen"] = "127.0.0.1:%d" % other
    reload(fleet, config)
    wait_gate(fleet, other_than=second)
    wait_until(lambda: connects(other) and not connects(port), "another "
        "address: it listens there, and no longer here")

    third = gate_pid(fleet)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config["gate.listen"] = "127.0.0.1:%d" % taken.getsockname()[1]
        reload(fleet, config)
        wait_until(lambda: "The gate goes on as it is" in fleet.log_text(),
            "an address that is taken is told")
    t.equal(gate_pid(fleet), third, "and the gate goes on as it was")
    t.ok(connects(other), "at its socket")
    config["gate.listen"] = "127.0.0.1:%d" % other

    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))
    fleet.must("upgrade", fleet.binary)
    wait_gate(fleet, other_than=third)
    t.equal(fleet.status()["gate"]["log_first"], 1, "an upgrade replaces it, "
        "too, and the log goes on")

    reload(fleet, {})
    wait_until(lambda: fleet.status()["gate"] is None, "the config has none")
    last = fleet.log_text()
    wait_until(lambda: not connects(other), "nobody listens any more")
    t.ok(True, "taken out of the config it ends")
    reload(fleet, config)
    wait_gate(fleet)
    t.ok(connects(other), "and comes again")
    sim.settle()
    t.nothing_lost(sim, identifies=2, allow=("repeated",))
    t.equal(fleet.shard_pids(), shards, "the shards are the same processes")
    fleet.stop()


scenario(main)
