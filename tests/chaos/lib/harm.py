# SPDX-License-Identifier: MIT
"""Deeds that befall processes and the machine they run on: ends, standstill,
want, a network that is slow or gone."""
import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import time

import herd
from processes import alive, children, kill
from world import HEARTBEAT_S, fds, named

WANTING = ("shard", "handler", "supervisor", "gate", "web")
CLONE_NEWNET = 0x40000000
# On the loopback of a network of our own; what the kernel has of it.
SLOW = (("netem", "delay", "30ms", "20ms", "loss", "2%"),
    ("tbf", "rate", "8mbit", "burst", "64kbit", "latency", "200ms"))


def a_while(dice):
    time.sleep(1 + 2 * dice.random())	# so long is the want


# ---- ends ---------------------------------------------------------------

def kill_one(w, dice):
    kind = dice.choice(("shard", "shard", "handler", "plugin", "supervisor",
        "gate", "web", "runner", "own bot"))
    pid = w.pid(kind, dice)
    if pid:
        w.kill(kind, pid)
    return kind


def kill_several(w, dice):
    """Of different kinds, in one instant; not both that keep the gate's log."""
    kinds = dice.sample(("shard", "handler", "plugin", "web", "runner",
        dice.choice(("supervisor", "gate"))), dice.randrange(2, 5))
    pids = {kind: w.pid(kind, dice) for kind in kinds}
    w.deaths += sum(kind in ("handler", "plugin") for kind in kinds)
    for pid in filter(None, pids.values()):
        kill(pid)
        w.kills += 1
    if pids.get("supervisor"):
        herd.wait_until(lambda: not alive(pids["supervisor"]), "it is dead")
        w.ensure()
    return ", ".join(kinds)


def crash_loop(w, dice):
    """8.12: one shard's processes die young, again and again."""
    shard = dice.randrange(w.shards)
    for _ in range(4):
        pid = herd.wait_until(lambda: w.fleet.shard(shard)["pid"],
            "shard %d is started again" % shard, 120)
        if pid > 1:
            kill(pid)
            w.kills += 1
            herd.wait_until(lambda dead=pid: w.fleet.shard(shard)["pid"] not in
                (dead, -1, None), "another process", 120)
    return "shard %d" % shard


def orphans(w, dice):
    """8.27: no supervisor for a while; somebody else may die meanwhile."""
    pid = w.pid("supervisor", dice)
    w.kills += 1
    kill(pid)
    herd.wait_until(lambda: not alive(pid), "it is dead")
    herd.wait_until(lambda: named(w, "supervisor", pid), "status says that "
        "there is no supervisor", HEARTBEAT_S)
    kind = dice.choice((None, "shard", "handler", "plugin"))
    other = w.pid(kind, dice) if kind else None
    if other:
        w.deaths += kind in ("handler", "plugin")
        w.kills += 1
        kill(other)
    a_while(dice)
    w.ensure()
    return "" if kind is None else "and the %s" % kind


def kill_bot(w, dice):
    w.kills += 1
    w.bots.kill(dice.randrange(w.bots.count))


# ---- standstill ---------------------------------------------------------

def stand_still(w, dice):
    """SIGSTOP until status names it, then SIGCONT."""
    kind = dice.choice(("shard", "handler", "plugin", "supervisor", "gate",
        "web", "runner", "own bot"))
    pid = w.pid(kind, dice)
    if not pid:
        return kind
    w.deaths += kind in ("handler", "plugin")	# it may be ended for it
    kill(pid, signal.SIGSTOP)
    try:
        herd.wait_until(lambda: named(w, kind, pid), "status names the %s "
            "(pid %d) that stands still" % (kind, pid), HEARTBEAT_S)
    finally:
        kill(pid, signal.SIGCONT)
    return kind


def host_sleeps(w, dice):
    """8.29: all of them, for longer than Discord waits for a heartbeat."""
    top = w.pid("supervisor", dice)
    pids = [top, *children(top)]
    w.deaths += 3		# who wakes late may be replaced
    for pid in pids:
        kill(pid, signal.SIGSTOP)
    time.sleep(dice.choice((1, HEARTBEAT_S, 2 * HEARTBEAT_S)))	# so long it is
    for pid in pids:
        kill(pid, signal.SIGCONT)


# ---- want ---------------------------------------------------------------

@contextlib.contextmanager
def limited(pid, what, most):
    with contextlib.suppress(ProcessLookupError):
        soft, hard = resource.prlimit(pid, what)
        resource.prlimit(pid, what, (most, hard))
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, what, (soft, hard))


def no_descriptors(w, dice):
    """For a while it can open nothing."""
    kind = dice.choice(WANTING)
    pid = w.pid(kind, dice)
    if pid:
        w.deaths += kind == "handler"
        with limited(pid, resource.RLIMIT_NOFILE, fds(pid) + 1):
            w.sim.ctl("drop", dice.choice(["all", 0]))
            a_while(dice)
    return kind


def no_memory(w, dice):
    """For a while it gets none; it may die of it."""
    kind = dice.choice(WANTING)
    pid = w.pid(kind, dice)
    if pid:
        w.deaths += kind == "handler"
        w.kills += 1
        with open("/proc/%d/statm" % pid, encoding="ascii") as f:
            size = int(f.read().split()[0]) * resource.getpagesize()
        with limited(pid, resource.RLIMIT_AS, size + dice.choice((0, 1 << 17))):
            w.sim.ctl("drop", "all")
            a_while(dice)
        if kind == "supervisor" and not alive(pid):
            w.ensure()
    return kind


def full_disk(w, dice):
    """Of state_dir, when it has one of its own."""
    place = w.fleet.path("state")
    if os.stat(place).st_dev == os.stat(w.fleet.dir).st_dev:
        return "no disk of its own"
    filler = os.path.join(place, "filler")
    try:
        with open(filler, "wb", 0) as f, contextlib.suppress(OSError):
            while True:
                f.write(bytes(1 << 20))
        if dice.random() < 0.5:		# events that want to go there
            pid = w.pid("handler", dice)
            if pid:
                w.kill("handler", pid)
        a_while(dice)
    finally:
        os.unlink(filler)
    return ""


# ---- the machine's network ----------------------------------------------

def own_network():
    """For this process and all it starts; whether that was permitted."""
    if ctypes.CDLL(None).unshare(CLONE_NEWNET) != 0:
        return False
    return subprocess.run(["ip", "link", "set", "lo", "up"],
        capture_output=True, check=False).returncode == 0


def is_own_network():
    with open("/proc/net/dev", encoding="ascii") as f:
        return [line.split(":")[0].strip() for line in f][2:] == ["lo"] and \
            os.readlink("/proc/self/ns/net") != os.readlink(
            "/proc/%d/ns/net" % os.getppid())


def slow_network(w, dice):
    """Everything between processes, Discord and bots goes slowly."""
    if not is_own_network():
        return "no network of its own"
    for words in SLOW:
        if subprocess.run(["tc", "qdisc", "replace", "dev", "lo", "root",
                *words], capture_output=True, check=False).returncode == 0:
            a_while(dice)
            subprocess.run(["tc", "qdisc", "del", "dev", "lo", "root"],
                capture_output=True, check=True)
            return words[0]
    return "the kernel has none"


def no_network(w, dice):
    """Nothing goes through; up to two heartbeats long."""
    if not is_own_network():
        return "no network of its own"
    subprocess.run(["ip", "link", "set", "lo", "down"], check=True)
    try:
        time.sleep(dice.choice((1, HEARTBEAT_S, 2 * HEARTBEAT_S)))	# so long
    finally:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    return ""
