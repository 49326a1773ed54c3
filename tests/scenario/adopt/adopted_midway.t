#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I4: the supervisor is killed in the middle of something, and `ensure` comes:
at moments of a reload, and with processes left that nobody can take over."""
import array
import os
import re
import socket
import struct
import sys
import threading

sys.path.append(sys.path[0] + "/../lib")
from herd import PATIENT, ROOT, scenario, wait_until
from processes import alive, children, kill

RATE = 200
MOMENTS = ("Handler generation", "the shards switch", "is on probation")


def handlers(fleet):
    """Every handler process there is, of this fleet."""
    found = []
    for s in fleet.status()["shards"][:1]:
        with open("/proc/%d/stat" % s["pid"], encoding="ascii") as f:
            parent = int(f.read().rpartition(")")[2].split()[1])
        for pid in children(parent):
            try:
                with open("/proc/%d/cmdline" % pid, "rb") as f:
                    if f.read().startswith(b"shardherd: handler"):
                        found.append(pid)
            except OSError:
                pass
    return [p for p in found if alive(p)]


def within_reload(t, sim, fleet, moment):
    """The reload is over with its supervisor; one handler goes on, whichever
    it was that served."""
    shards = fleet.shard_pids()
    seen = fleet.log_text().count(moment)
    thread = threading.Thread(target=fleet.cli, args=("reload",))
    thread.start()
    wait_until(lambda: fleet.log_text().count(moment) > seen, moment)
    fleet.kill_supervisor()
    thread.join()
    fleet.must("ensure", PATIENT)
    fleet.wait_ready()
    wait_until(lambda: len(handlers(fleet)) == 1, "one handler is left")
    t.equal(handlers(fleet), [fleet.handler_pid()], "killed at \"%s\": one "
        "handler is left, the one that serves" % moment)
    t.equal(fleet.shard_pids(), shards, "and the shards are the same")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))
    fleet.must("reload")


def of_another_version(t, sim, fleet):
    """What a program of another page layout left can't be taken over."""
    before = fleet.shard_pids()
    fleet.kill_supervisor()
    with open(fleet.path("state", "stats"), "r+b") as f:
        f.seek(8)		# behind the magic
        version, = struct.unpack("=I", f.read(4))
        f.seek(8)
        f.write(struct.pack("=I", version + 1))
    fleet.must("ensure", PATIENT)
    fleet.wait_ready()
    after = fleet.shard_pids()
    t.equal(set(after.values()) & set(before.values()), set(), "another page "
        "layout: every shard is another process")
    t.equal([p for p in before.values() if alive(p)], [], "the old ones left")
    t.match(fleet.log_text(), "Shards of a program of another version", "and "
        "the log says why")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))


def handler_died(t, fleet):
    """One that ended meanwhile, which nobody has reaped, is not awaited."""
    before, old = fleet.shard_pids(), fleet.handler_pid()
    fleet.kill_supervisor()
    kill(old)
    wait_until(lambda: not alive(old), "the handler is dead")
    log = len(fleet.log_text())
    fleet.must("ensure", PATIENT)
    fleet.wait_ready()
    t.ok("did not call within" not in fleet.log_text()[log:], "a handler that "
        "ended meanwhile is replaced at once")
    t.equal(fleet.shard_pids(), before, "and the shards are taken over")


def messages():
    """Numbers of the messages, by name, as contract.h counts them."""
    with open(os.path.join(ROOT, "shared", "wire", "contract.h"),
            encoding="utf-8") as f:
        text = f.read()
    table = text[text.index("#define CONTRACT_MESSAGES"):]
    names = re.findall(r"^\tX\((\w+)\)", table[:table.index("enum msg_type")],
        re.M)
    return {name: i + 1 for i, name in enumerate(names)}


def call(fleet, packet, fds=()):
    """The answer to one packet on the socket for orphans; b"": hung up."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(300)
        s.connect(fleet.path("run", "adopt.sock"))
        s.sendmsg([packet], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
            array.array("i", fds))] if fds else [])
        try:
            return s.recv(8192)
        except ConnectionResetError:
            return b""


def strangers(t, fleet):
    """Whoever calls and is not awaited is sent away, and changes nothing."""
    before = fleet.shard_pids(), fleet.supervisor_pid()
    number = messages()
    body = struct.pack("=iIII", os.getpid(), 0, 0, 1) + bytes(192)
    head = struct.Struct("=HHIiI")
    r, w = os.pipe()
    answer = call(fleet, head.pack(number["ADOPT"], 1, len(body), 3, 0)
        + body, [r])
    kind = head.unpack(answer[:head.size])[0]
    t.equal(kind, number["REFUSED"], "a forged call is refused")
    t.match(answer[head.size:].split(b"\0")[0].decode(), "not the one that is "
        "awaited", "and told why")
    for junk in (b"x", head.pack(number["ADOPT"], 1, 4, 3, 0) + b"abcd",
            head.pack(number["HELLO"], 1, len(body), 3, 0) + body,
            head.pack(number["ADOPT"], 1, len(body), 99, 0) + body,
            head.pack(number["ADOPT"], 77, len(body), 3, 0) + body):
        call(fleet, junk, [r, w][:1])
    t.equal((fleet.shard_pids(), fleet.supervisor_pid()), before,
        "junk changes nothing")
    os.close(r)
    os.close(w)


def main(t):
    sim = t.sim(rate=RATE, shards=8, max_concurrency=8)
    fleet = t.fleet(sim, {"handler.probation": "1s"})
    fleet.start()
    sim.wait("handled>=%d" % RATE)
    strangers(t, fleet)
    for moment in MOMENTS:
        within_reload(t, sim, fleet, moment)
    t.equal(sim.totals()["connects"], 8, "no shard reconnected")
    sim.settle()
    t.nothing_lost(sim, identifies=8)
    sim.ctl("resume")
    of_another_version(t, sim, fleet)
    sim.settle()
    t.nothing_lost(sim, identifies=8)
    handler_died(t, fleet)
    fleet.stop()


scenario(main)
