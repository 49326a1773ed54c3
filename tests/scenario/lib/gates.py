# SPDX-License-Identifier: MIT
"""Fleets with a gate."""
import socket

from herd import wait_until


def free_port():
    """One that nobody listens at, a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def GATE(clients=("bot",), **keys):
    """Keys of a config: a gate, and clients without more than a name."""
    keys = {"listen": "127.0.0.1:%d" % free_port(), "log_bytes": "64M", **keys}
    config = {"gate." + key: value for key, value in keys.items()}
    for name in clients:
        config['client "%s".rest' % name] = "full"
    return config


def gate_pid(fleet):
    return fleet.status()["gate"]["pid"]


def wait_gate(fleet, other_than=None):
    """The gate is ready, and the handler sends to it."""
    def there(s):
        g = s["gate"]
        return (g["state"] == "ready" and g["lanes"] > 0
            and g["pid"] not in (None, -1, other_than))
    return fleet.wait_status(there, "the gate is ready, and has a lane")


def log_has_all(t, fleet):
    """Every event the shards had is in the log, and none twice: the numbers of
    each session begin at 1 and have no gaps."""
    def counts():
        s = fleet.status()
        return s["gate"]["log_last"], sum(x["seq"] for x in s["shards"])

    def settled():
        s = fleet.status()
        return (s["gate"]["waiting"] == s["gate"]["backlog_events"] == 0
            and counts()[0] >= counts()[1])
    wait_until(settled, "the gate's log has what the shards had")
    t.equal(*counts(), "the log has each event of the shards once")
    t.note("%d were sent to the gate more than once"
        % fleet.status()["gate"]["repeated"])
