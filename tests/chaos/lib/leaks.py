# SPDX-License-Identifier: MIT
"""What a fleet must not leave behind, or gather."""
import contextlib
import os
import subprocess

import herd
from processes import alive, children
from world import own_pid

SLACK_KB = 8192		# buffers that a burst made, not given back yet
SLACK_FDS = 2		# a spool that is open, a connection being made anew


def private_kb(pid):
    """What is its own alone, without the files that it maps: the gate's log is
    one, as large as it may be when there was much."""
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f
            if line.startswith("Anonymous:"))


def taken(fleet):
    """{what: (descriptors, private KiB)}, of a fleet that is whole; of the
    shards the most that one has."""
    def look():
        s = fleet.status()
        pids = {"supervisor": s["cluster"]["pid"], "handler":
            s["handler"]["pid"], "gate": s["gate"]["pid"], "web":
            s["web"]["pid"]}
        pids.update(("shard %d" % r["id"], r["pid"]) for r in s["shards"])
        found = {}
        with contextlib.suppress(OSError, TypeError, ProcessLookupError):
            for name, pid in pids.items():
                both = (len(os.listdir("/proc/%d/fd" % pid)), private_kb(pid))
                kind = name.split()[0]
                found[kind] = tuple(map(max, found.get(kind, both), both))
            return found
        return None
    return herd.wait_until(look, "every process can be looked at")


def compare(t, early, late):
    t.note("descriptors and private KiB: %s early, %s late" % (early, late))
    for kind, (fds, kb) in late.items():
        t.ok(fds <= early[kind][0] + SLACK_FDS, "%s: no more descriptors than "
            "early on: %d, %d" % (kind, early[kind][0], fds))
        if herd.BUILD.endswith("asan"):
            continue	# it keeps what is freed, on purpose
        t.ok(kb <= 1.5 * early[kind][1] + SLACK_KB, "%s: nor clearly more "
            "memory: %d, %d KiB" % (kind, early[kind][1], kb))


def processes(t, fleet):
    """All that descends from the supervisor is known to status."""
    def strangers():
        s = fleet.status()
        top = s["cluster"]["pid"]
        known = {s["handler"]["pid"], s["gate"]["pid"], *(r["pid"] for r in
            s["shards"]), *children(s["handler"]["pid"])}
        known |= {s["web"]["pid"]} if s.get("web") else set()
        known |= {own_pid(s, "runner"), own_pid(s, "own bot")}
        return [pid for pid in children(top) if pid not in known
            and alive(pid)]
    with contextlib.suppress(herd.Failed):
        herd.wait_until(lambda: not strangers(), "nobody is left over", 60)
    left = strangers()
    t.equal(left, [], "every process of the fleet is known to status")


def secrets(t, fleet, *words):
    """Neither file of the fleet has one of them, but those that are for it."""
    with_it = []
    for folder, _, names in os.walk(fleet.dir):
        for name in names:
            path = os.path.join(folder, name)
            if name.startswith("token") or not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                text = f.read()
            if any(word.encode() in text for word in words):
                with_it.append(os.path.relpath(path, fleet.dir))
    t.equal(with_it, [], "no token is in a file of the fleet, logs included")


def store(t, fleet):
    done = fleet.cli("db", "dump", timeout=120)
    t.equal(done.returncode, 0, "the store is sound: all of it is read")
    if done.returncode:
        t.note(done.stderr)


def nothing_left(t, fleet, pids):
    """After stop, which returns when the supervisor lets its lock go."""
    with contextlib.suppress(herd.Failed):
        herd.wait_until(lambda: not any(map(alive, pids)), "all are gone", 20)
    t.equal([pid for pid in pids if alive(pid)], [], "no process is left")
    left = subprocess.run(["ls", "-A", fleet.path("run")], text=True,
        capture_output=True, check=False).stdout.split()
    t.ok(not [name for name in left if name.endswith(".sock")],
        "no socket is left: %s" % " ".join(left))
