#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F-A12: what systemd is told of the shards is what status says of them: one
that claims to be ready but hears nothing is not counted, long before anybody
ends it."""
import os
import re
import signal
import socket
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOM, scenario, wait_until
from processes import kill


def main(t):
    sim = t.sim(shards=2, heartbeat_interval="3s")
    fleet = t.fleet(sim)
    where = fleet.path("notify")
    heard = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(where)
        s.setblocking(False)

        def said(pattern):
            try:
                while True:
                    heard.append(s.recv(4096).decode())
            except BlockingIOError:
                return re.search(pattern, heard[-1]) if heard else None

        with open(fleet.path("run.log"), "wb") as log:
            run = subprocess.Popen([fleet.binary, "-c", fleet.config, "run"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(os.environ, NOTIFY_SOCKET=where))
        wait_until(lambda: said("ready 2/2"), "systemd hears of two", 60)
        pid = fleet.shard(1)["pid"]
        kill(pid, signal.SIGSTOP)
        wait_until(lambda: said("ready 1/2"), "systemd hears of one", 60)
        t.ok("three intervals" not in fleet.log_text(),
            "before the shard was ended for it")
        kill(pid, signal.SIGCONT)
        wait_until(lambda: said("ready 2/2"), "and of two again", 60)
        run.terminate()
        run.wait(ROOM * 60)


scenario(main)
