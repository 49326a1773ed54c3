#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Discord's token is in the memory of those who need it, and there once, kept
out of dumps; in nobody else's, in no argument, environment or file but its own."""
import contextlib
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import GATE, client_token, free_port, wait_gate
from herd import ROOT, scenario, skip
from processes import children

SPAN = 1 << 26	# a sanitizer's shadow is larger, and nothing of ours


def spans(pid):
    """Readable memory of a process that is its own, or may be."""
    with open("/proc/%d/maps" % pid, encoding="utf-8") as f:
        for line in f:
            span, rights, rest = line.split(None, 2)
            low, high = (int(end, 16) for end in span.split("-"))
            if rights[0] == "r" and high - low <= SPAN and "[v" not in rest:
                yield low, high, rest.split()[-1]


def found(pid, word):
    """The mappings in which word is, one for each time."""
    places = []
    with open("/proc/%d/mem" % pid, "rb", 0) as f:
        for low, high, name in spans(pid):
            with contextlib.suppress(OSError):
                f.seek(low)
                places += [name] * f.read(high - low).count(word)
    return places


def read(path):
    with open(path, "rb") as f:
        return f.read()


def role(pid):
    """What it calls itself; "" for somebody else's program."""
    title = read("/proc/%d/cmdline" % pid).split(b"\0")[0].decode("latin-1")
    name, _, role = title.partition(": ")
    return role.split()[0] if name == "shardherd" and role else ""


def holders(t, fleet, token):
    """In each process of the fleet: how often, and not where it must not."""
    seen = {}
    top = fleet.supervisor_pid()
    for pid in (top, *children(top)):
        who, places = role(pid), found(pid, token)
        seen[who] = max(seen.get(who, 0), len(places))
        t.ok("[heap]" not in places, "%s: none on its heap" % (who or pid))
        for file in "cmdline", "environ":
            t.ok(token not in read("/proc/%d/%s" % (pid, file)),
                "%s: none in its %s" % (who or pid, file))
    return seen


def files(path):
    for folder, _, names in os.walk(path):
        for name in names:
            file = os.path.join(folder, name)
            if os.path.isfile(file):
                yield file


def main(t):
    if not os.access("/proc/1/mem", os.R_OK):
        skip("the memory of other processes is not ours to read: not root")
    sim = t.sim(rate=50, shards=2)
    pong = os.path.join(ROOT, "handler/plugins/pong.py")
    fleet = t.fleet(sim)
    fleet.write_config({**GATE(), "web.listen": "127.0.0.1:%d" % free_port()},
        {"audit": fleet.audit(), "pong": dict(exec=pong,
            events="MESSAGE_CREATE")})
    token = read(sim.urls["SIM_TOKEN_FILE"]).strip()
    fleet.start()
    wait_gate(fleet)
    client = client_token(fleet, "bot").encode()
    # What uses it: IDENTIFY, RESUME, REST of the handler and the supervisor.
    for _ in range(3):
        sim.ctl("message", "0", "!ping")
    fleet.wait_status(lambda s: s["handler"]["rest_calls"] >= 3, "REST calls")
    fleet.must("token", "check")
    fleet.must("shard", "0", "reconnect")
    sim.wait("resumes>=1")
    fleet.must("reload")
    fleet.wait_ready()
    t.equal(holders(t, fleet, token), {"supervisor": 1, "shard": 1,
        "handler": 1, "gate": 0, "web": 0, "": 0},
        "who holds the token, and how often")
    top = fleet.supervisor_pid()
    t.equal([role(pid) for pid in (top, *children(top)) if found(pid, client)],
        [], "a client's token is in nobody's memory")
    with_it = [file for file in files(fleet.dir) if token in read(file)
        or client in read(file)]
    t.equal(with_it, [], "and neither is in a file of the fleet")
    fleet.stop()


if __name__ == "__main__":
    scenario(main)
