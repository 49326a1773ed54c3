#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The gate is killed again and again under load: its log gets every event once
all the same, nothing is held up, and no shard notices; so is the handler, and
the supervisor, whose successor takes the gate over with its log."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import GATE, connects, free_port, gate_pid, log_has_all, wait_gate
from herd import PATIENT, scenario, wait_until
from processes import alive, kill

RATE = 500
ROUNDS = 3


def main(t):
    sim = t.sim(rate=RATE, shards=4)
    rest = free_port()
    fleet = t.fleet(sim, config=GATE(rest_listen="127.0.0.1:%d" % rest))
    fleet.start()
    wait_gate(fleet)
    sim.wait("handled>=%d" % RATE)
    pids, handler = fleet.shard_pids(), fleet.handler_pid()
    for number in range(1, ROUNDS + 1):
        pid = gate_pid(fleet)
        kill(pid)
        # Its events go on to the plugins meanwhile.
        sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))
        wait_gate(fleet, other_than=pid)
        t.ok(True, "round %d: another gate is ready" % number)
    t.equal(fleet.handler_pid(), handler, "the handler is the same process")

    kill(handler)
    fleet.wait_status(lambda s: s["handler"]["pid"] not in (0, handler)
        and s["handler"]["state"] == "ready", "a new handler is ready")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))

    pid = gate_pid(fleet)
    fleet.kill_supervisor()
    fleet.must("ensure", PATIENT)
    fleet.wait_ready()
    wait_gate(fleet)
    t.equal(gate_pid(fleet), pid, "the gate is taken over")
    t.match(fleet.log_text(), "and the gate", "and the log says so")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))
    # What the new supervisor keeps are the same log and sockets.
    kill(pid)
    wait_gate(fleet, other_than=pid)
    handler = fleet.handler_pid()
    kill(handler)
    t.ok(connects(rest), "who makes a REST call while there is no handler is "
        "not refused")
    fleet.wait_status(lambda s: s["handler"]["pid"] not in (0, handler)
        and s["handler"]["state"] == "ready", "a new handler is ready")

    # With nobody who sends, and nobody who would start another: its log is to
    # be had of it alone.
    wait_gate(fleet)
    pid, handler = gate_pid(fleet), fleet.handler_pid()
    fleet.kill_supervisor()
    kill(handler)
    wait_until(lambda: fleet.status()["gate"]["lanes"] == 0 or not alive(pid),
        "the gate has no lane")
    fleet.must("ensure", PATIENT)
    fleet.wait_ready()
    wait_gate(fleet)
    t.equal(gate_pid(fleet), pid, "the gate is taken over once more")

    sim.settle()
    t.nothing_lost(sim, identifies=4, allow=("repeated",))
    log_has_all(t, fleet)
    t.equal(sim.totals()["connects"], 4, "no shard reconnected")
    t.equal(fleet.shard_pids(), pids, "the shards are the same processes")
    gate = fleet.status()["gate"]
    t.equal(gate["dropped"], 0, "nothing was dropped on the way")
    t.equal(gate["log_lost"], 0, "the log was whole each time")
    pid = gate_pid(fleet)
    fleet.stop()
    wait_until(lambda: not alive(pid), "the gate ended with the fleet")
    t.ok(not alive(pid), "and the gate ended with the fleet")


scenario(main)
