#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A supervisor that does nothing: every verb that wants something of it gets
one answer, one exit code and no wait; what was given up is not done later; and
looking works."""
import json
import signal
import socket
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import alive, kill

SHARDS = 2
ASKS = (("reload",), ("reload", "--check"), ("rollout",),
    ("rollout", "stop"), ("upgrade", "--dry-run"), ("upgrade",), ("ensure",),
    ("ensure", "--wait=60"), ("start",), ("shard", "0", "restart"),
    ("shard", "0", "reconnect"), ("release",), ("plugin", "restart", "audit"),
    ("budget", "--ask"), ("budget", "--force", "1"), ("logs", "level"),
    ("probe",), ("token", "reload", "--yes"), ("deadletter", "replay", "all"))


def ask(fleet, request, shut=False):
    s = socket.socket(socket.AF_UNIX)
    s.connect(fleet.path("run", "control.sock"))
    s.sendall(json.dumps(request).encode() + b"\n")
    if shut:
        s.shutdown(socket.SHUT_WR)
    return s


def answered(fleet):
    with ask(fleet, {"cmd": "ping"}, shut=True) as s:
        return json.loads(s.makefile().readline())["ok"]


def one_answer(t, fleet, pid):
    answers = {}
    for verb in ASKS:
        # Far below any deadline of theirs, far above what a process takes.
        done = fleet.cli(*verb, timeout=10)
        answers.setdefault((done.returncode, done.stderr), []).append(verb)
    for (code, words), verbs in answers.items():
        t.note("%d: %s: %s" % (code, verbs, words.strip()))
    t.equal(len(answers), 1, "one answer to all %d verbs" % len(ASKS))
    (code, words), = list(answers)[:1]
    t.equal(code, 3, "exit code 3")
    t.match(words, r"supervisor \(pid %d\) hangs or is stopped" % pid,
        "it says who hangs")


def looking(t, fleet):
    t.equal(fleet.cli("status").returncode, 1, "status works: degraded")
    t.match(fleet.cli("check").stdout, "WARNING - 2/2 ready.*supervisor",
        "check names it")
    for verb in (("why", "0"), ("logs",), ("plugin", "list"), ("budget",)):
        t.equal(fleet.cli(*verb).returncode, 0, "%s works" % verb[0])


def main(t):
    sim = t.sim(shards=SHARDS)
    fleet = t.fleet(sim)
    fleet.start()
    before = fleet.status()
    pid = before["cluster"]["pid"]
    kill(pid, signal.SIGSTOP)
    wait_until(lambda: fleet.cli("status").returncode == 1, "it is seen")
    one_answer(t, fleet, pid)
    looking(t, fleet)
    # Nobody waits for these when they are read.
    for request in ({"cmd": "shard", "id": 0, "action": "restart"},
            {"cmd": "restart-handler"}, {"cmd": "stop"}):
        ask(fleet, request).close()
    kill(pid, signal.SIGCONT)
    t.ok(wait_until(lambda: answered(fleet), "it answers again"),
        "who asks, shuts its side and reads is answered")
    after = fleet.status()
    t.equal(after["cluster"]["state"], "ready", "nothing was stopped later")
    t.equal([s["pid"] for s in after["shards"]],
        [s["pid"] for s in before["shards"]], "no shard was restarted later")
    t.equal(after["handler"]["pid"], before["handler"]["pid"],
        "nor the handler")
    kill(pid, signal.SIGSTOP)
    everybody = [s["pid"] for s in after["shards"]] + [pid]
    t.equal(fleet.cli("stop").returncode, 0, "stop stops it even so")
    t.equal([p for p in everybody if alive(p)], [], "nothing is left")
    t.nothing_lost(sim, identifies=SHARDS)


scenario(main)
