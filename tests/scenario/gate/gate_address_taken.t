#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The gate's address is somebody else's: status says so, the shards and the
handler go on, and the gate comes as soon as it is free.  Or that for REST is:
status says so until a reload has it."""
import socket
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import GATE, connects, free_port, wait_gate
from herd import scenario

TAKEN = "(?s)could not be started: can't listen at.*Address already in use"


def rest(t, fleet, other, port):
    text = fleet.cli("status").stdout
    t.match(text, r"can make no REST\s+calls: can't\s+listen", "status says "
        "that clients can make no REST calls")
    t.match(fleet.cli("check").stdout, "WARNING.* can make no REST calls",
        "so does check")
    other.close()
    fleet.must("reload")
    t.ok(connects(port), "after a reload they can")
    fleet.wait_status(lambda s: "REST" not in (s["cluster"]["note"] or ""),
        "and the note is gone")
    t.match(fleet.cli("check").stdout, " OK ", "all is well")


def main(t):
    sim = t.sim(rate=20, shards=2, guilds=8)
    port_of_rest = free_port()
    taken = socket.create_server(("127.0.0.1", port_of_rest))
    config = GATE(rest_listen="127.0.0.1:%d" % port_of_rest)
    host, _, port = config["gate.listen"].rpartition(":")
    other = socket.create_server((host, int(port)))
    fleet = t.fleet(sim, config)
    fleet.start()
    fleet.wait_status(lambda s: s["gate"]["last_end"], "it is noted")
    sim.wait("handled>=200")
    text = fleet.cli("status").stdout
    t.match(text, r"\ngate +down ", "the gate is down")
    t.match(text, TAKEN, "and status says why")
    t.match(fleet.log_text(), TAKEN, "so does the log")
    t.equal(fleet.cli("check").returncode, 1, "check warns")
    other.close()
    wait_gate(fleet)
    t.ok(True, "it comes when the address is free")
    rest(t, fleet, taken, port_of_rest)
    sim.settle()
    t.nothing_lost(sim, identifies=2)
    fleet.stop()


scenario(main)
