#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A12: a request that comes behind one whose answer takes its time is carried
out when that is answered, without another byte from the client."""
import json
import socket
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOM, WAIT_S, scenario


def main(t):
    sim = t.sim(shards=1)
    fleet = t.fleet(sim, {"handler.probation": "1s"})
    fleet.start()
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(ROOM * WAIT_S)
    s.connect(fleet.path("run", "control.sock"))
    s.sendall(b'{"cmd":"reload"}\n{"cmd":"ping"}\n{"cmd":"reload",'
        b'"check":true}\n{"cmd":"ping"}\n')
    answers = []
    with s.makefile(encoding="utf-8") as lines:
        while len(answers) < 4:
            try:
                text = lines.readline()
            except TimeoutError:
                break
            if not text:
                break
            line = json.loads(text)
            if "ok" in line:
                answers.append(line)
    t.equal([a["ok"] for a in answers], [True] * 4, "four answers came")
    t.equal(["generation" in a for a in answers], [True, False, True, False],
        "in their order")
    fleet.stop()


scenario(main)
