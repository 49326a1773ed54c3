#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Memory runs out in the fleet's cgroup: the kernel ends the plugin that took
it and nothing else, its obituary says why, and no event is lost."""
import contextlib
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, skip, wait_until
from processes import alive, children, kill

# Takes all there is, once, when it finds the file.
HOG = r"""#!/usr/bin/python3
import json, os, sys
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "event" and os.path.exists(sys.argv[1]):
        os.unlink(sys.argv[1])
        hoard = []
        while True:
            hoard.append(bytearray(os.urandom(1 << 20) * 16))
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
"""
ROOM = 96 << 20
# mount, limit, use: of the unified hierarchy, and of the one before it
KINDS = (("/sys/fs/cgroup", "memory.max", "memory.current"),
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes",
    "memory.usage_in_bytes"))


def make_cgroup():
    """A cgroup of our own with a limit of memory: (path, limit, use)."""
    for mount, limit, use in KINDS:
        path = os.path.join(mount, "shardherd-test-%d" % os.getpid())
        try:
            os.mkdir(path)
        except OSError:
            continue
        if os.access(os.path.join(path, limit), os.W_OK):
            return path, os.path.join(path, limit), os.path.join(path, use)
        os.rmdir(path)
    return None


def read(path):
    with open(path, encoding="utf-8") as f:
        return int(f.read())


def main(t):
    path, limit, use = CGROUP
    sim = t.sim(shards=2, rate=200)
    fleet = t.fleet(sim)
    program = fleet.program("hog.py", HOG)
    fleet.write_config({"log.level": "info"}, {"audit": fleet.audit(),
        "hog": dict(exec="%s %s" % (program, fleet.path("go")))})
    fleet.must("start", before=("sh", "-c",
        'echo $$ >"$0/cgroup.procs" && exec "$@"', path))
    fleet.wait_ready()
    sim.wait("handled>=500")
    with open(limit, "w", encoding="utf-8") as f:
        f.write("%d" % (read(use) + ROOM))
    before = fleet.status()
    with open(fleet.path("go"), "w", encoding="utf-8"):
        pass
    wait_until(lambda: "plugin hog ended" in fleet.log_text(),
        "the plugin that took it all ends")
    t.match(fleet.log_text(), r"plugin hog ended: signal 9 \(Killed\), likely "
        "for want of memory", "its obituary names the reason")
    fleet.wait_status(lambda s: s["handler"]["plugins_up"] == 2,
        "it is started again")
    sim.settle()
    after = fleet.status()
    t.equal([after["cluster"]["pid"], after["handler"]["pid"]] + [s["pid"]
        for s in after["shards"]], [before["cluster"]["pid"],
        before["handler"]["pid"]] + [s["pid"] for s in before["shards"]],
        "nothing else was ended")
    t.nothing_lost(sim, identifies=2)
    fleet.stop()


def tidy():
    """It can go once nobody is in it any more."""
    for pid in children(os.getpid()):
        kill(pid)
    with contextlib.suppress(OSError):
        wait_until(lambda: not any(map(alive, children(os.getpid()))), "end")
        os.rmdir(CGROUP[0])


CGROUP = make_cgroup()
if CGROUP is None:
    skip("no cgroup with a limit of memory can be made here")


def main_and_tidy(t):
    try:
        main(t)
    finally:
        tidy()


scenario(main_and_tidy)
