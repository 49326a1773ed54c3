#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What runs out: a limit of file descriptors that is too low refuses the
start with the numbers, one that is met later is survived on a reserve; fds,
memory and disks near their end are told with the trend; plugins run within
limits of their own and go first when memory is short; and a handler that stands
still is seen and replaced."""
import json
import os
import pwd
import re
import resource
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import kill
from tiny import TINY, can_mount

RATE = 200
REPORT = r"""#!/usr/bin/python3
import json, os, resource, sys
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "initialize":
        try:
            big = len(bytearray(200 << 20))
        except MemoryError:
            big = 0
        with open(sys.argv[1], "w") as f:
            json.dump(dict(nofile=resource.getrlimit(resource.RLIMIT_NOFILE),
                nice=os.nice(0), big=big, uid=os.getuid(),
                groups=os.getgroups(), env=sorted(os.environ),
                fds=sorted(int(n) for n in os.listdir("/proc/self/fd")),
                oom=int(open("/proc/self/oom_score_adj").read())), f)
        os.rename(sys.argv[1], sys.argv[1] + ".done")
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
"""


def fds_of(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def first_free(pid):
    """The lowest number no descriptor of it has: below it, none is left."""
    taken = {int(n) for n in os.listdir("/proc/%d/fd" % pid)}
    return next(n for n in range(len(taken) + 1) if n not in taken)


def limit_fds(pid, soft):
    hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


def start_refused(t, sim):
    fleet = t.fleet(sim)
    done = fleet.cli("start", before=("prlimit", "--nofile=100:120"))
    t.sentence(done, 78, r"needs? \d+ file descriptors, the soft limit is 120 "
        r"and the hard limit 120.*LimitNOFILE=", "too few fds")
    t.equal(sim.totals()["identifies"], 0, "and no IDENTIFY was spent")


def said(fleet, pattern):
    return [line for line in fleet.log_text().splitlines() if pattern in line]


def out_of_fds(t, sim, fleet):
    """The supervisor may open nothing more: it answers, it replaces, it logs
    to a new file, and it knows when that is over."""
    pid = fleet.supervisor_pid()
    limit_fds(pid, fds_of(pid) * 100 // 85)
    wait_until(lambda: said(fleet, "warn supervisor: The supervisor has"),
        "fds at 80 % are told")
    t.match(said(fleet, "The supervisor has")[0], r"has \d+ of \d+ file "
        r"descriptors open \(\d+ %\), not growing\. Raise the limit",
        "with the numbers and the trend")
    limit_fds(pid, first_free(pid))
    log = fleet.path("log", "shardherd.log")
    os.unlink(log)
    wait_until(lambda: os.path.exists(log), "the log is opened anew", 3)
    kill(fleet.shard(0)["pid"])
    wait_until(lambda: said(fleet, "has run out of file descriptors"),
        "it says so")
    for _ in range(5):
        fleet.must("logs", "level", "info")
    t.ok(True, "it answers all the same")
    fleet.wait_ready()
    t.ok(True, "the shard that died was replaced")
    before = cpu(pid)
    limit_fds(pid, 1000)
    wait_until(lambda: said(fleet, "the reserve is whole"), "it recovers")
    t.ok(cpu(pid) - before < 100, "without a loop that spins")
    sim.settle()


def cpu(pid):
    with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
        fields = f.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def memory_told(t, fleet):
    wait_until(lambda: said(fleet, "error supervisor: The shard 1 takes"),
        "memory beyond its limit is told")
    t.match(said(fleet, "The shard 1 takes")[0], r"takes \d+ of 1 MiB of "
        r"memory \(\d+ %\), not growing. The limit is \[limits\] memory_shard",
        "with the numbers")
    wait_until(lambda: said(fleet, "Alert (limits): 2 processes"), "an alert")
    fleet.wait_status(lambda s: re.search("file descriptors open|takes",
        s["cluster"]["note"] or ""), "status says it")


def handler_stands(t, sim, fleet):
    old = fleet.handler_pid()
    shards = fleet.shard_pids()
    # With nothing in work, or what is would rightly come twice.
    sim.settle()
    fleet.wait_status(lambda s: s["handler"]["lag_events"] == 0 and not any(
        x["queue_events"] for x in s["shards"]), "nothing is in work")
    os.kill(old, signal.SIGSTOP)
    sim.ctl("rate", RATE)
    fleet.wait_status(lambda s: s["handler"]["state"] == "silent"
        and s["handler"]["silent_s"] >= 5, "it is called silent")
    done = fleet.cli("status")
    t.equal(done.returncode, 1, "status: degraded")
    t.match(done.stdout, r"(?s)handler silent.*\n\s+Silent for \d+ s",
        "and says for how long")
    t.match(fleet.cli("check").stdout, r"WARNING.*handler hung",
        "check too")
    t.match(fleet.cli("why", 0).stdout, r"The handler \(pid %d\) has been "
        "silent for" % old, "why too")
    fleet.wait_status(lambda s: s["handler"]["pid"] not in (0, None, old)
        and s["handler"]["state"] == "ready", "it is replaced")
    t.match(fleet.log_text(), r"handler \(pid %d\) is killed: it hangs: its "
        r"loop has not turned for \d+ s \(\[handler\] silence is 20 s\)" % old,
        "after its deadline, with the reason")
    t.equal(fleet.shard_pids(), shards, "no shard noticed")
    sim.settle()


def plugin_limits(t, fleet):
    with open(fleet.path("report.done"), encoding="utf-8") as f:
        r = json.load(f)
    t.equal(r["nofile"], [77, 77], "[plugin] nofile")
    t.equal(r["nice"], 7, "[plugin] nice")
    t.equal(r["big"], 0, "[plugin] memory")
    # The others are the file it writes and the directory it reads for this.
    t.equal(r["fds"], [0, 1, 2, 3, 4], "its three pipes and nothing of ours")
    t.equal([n for n in r["env"] if n not in ("PATH", "HOME", "LANG",
        "LC_CTYPE", "SHARDHERD_PLUGIN", "SHARDHERD_PROCESS")], [], "a clean environment")
    if os.getuid() == 0:
        t.equal((r["uid"], r["groups"]), (pwd.getpwnam("nobody").pw_uid,
            os.getgrouplist("nobody", pwd.getpwnam("nobody").pw_gid)),
            "[plugin] user, with its groups")
    status = fleet.status()
    order = [oom(p) for p in (status["cluster"]["pid"],
        status["shards"][0]["pid"], status["handler"]["pid"])] + [r["oom"]]
    t.ok(order == sorted(order) and len(set(order)) == 4, "when memory is "
        "short plugins go first, the supervisor last: %s" % order)


def oom(pid):
    with open("/proc/%d/oom_score_adj" % pid, encoding="utf-8") as f:
        return int(f.read())


def disk(t, sim):
    """log_dir fills up: told before, counted while, told when it is over."""
    fleet = t.fleet(sim)
    os.mkdir(fleet.path("log"))
    fleet.must("start", before=(*TINY, "8m", fleet.path("log")))
    fleet.wait_ready()
    inside = "/proc/%d/root%s/" % (fleet.supervisor_pid(),
        fleet.path("log"))

    def text():
        with open(inside + "shardherd.log", encoding="utf-8") as f:
            return f.read()

    def fill(mib):
        with open(inside + "ballast", "ab") as f:
            for _ in range(int(mib * 16)):
                f.write(bytes(65536))

    fill(7.3)
    wait_until(lambda: "warn supervisor: The disk of log_dir" in text(),
        "a disk that fills is told")
    t.match(text(), r"The disk of log_dir \(.*\) has 0 of 8 MiB free, it does "
        "not shrink. When it is full, log lines are lost: make room",
        "with the numbers")
    t.match(fleet.status()["cluster"]["note"], "disk of log_dir",
        "in status too")
    try:
        fill(8)
    except OSError as e:
        t.equal(e.errno, 28, "the disk is full")
    for level in ("debug", "info") * 30:
        fleet.must("logs", "level", level)
    t.equal(fleet.cli("status").returncode, 0, "the fleet works on")
    os.unlink(inside + "ballast")
    wait_until(lambda: "has room again" in text(), "the end of it is told")
    t.match(text(), r"\d+ log lines before this one were lost, from "
        r"2\S+Z on: the file could not be written \(No space left",
        "and how many lines are missing")
    wait_until(lambda: "Alert over (disk)" in text(), "the alert is over")
    fleet.stop()


def main(t):
    sim = t.sim(shards=2, rate=RATE)
    start_refused(t, sim)
    fleet = t.fleet(sim)
    program = fleet.path("report.py")
    with open(program, "w", encoding="utf-8") as f:
        f.write(REPORT)
    for path in (t.dir, fleet.dir, program):
        os.chmod(path, 0o777)
    root = os.getuid() == 0
    fleet.write_config({"limits.memory_shard": "1M", "handler.silence": "20s",
        "log.level": "info"}, {"audit": fleet.audit(), "report": dict(
        exec="%s %s" % (program, fleet.path("report")), nofile=77, nice=7,
        memory="64M", user="nobody" if root else None, events="READY")})
    fleet.start()
    sim.wait("handled>=200")
    wait_until(lambda: os.path.exists(fleet.path("report.done")),
        "the plugin has reported")
    plugin_limits(t, fleet)
    memory_told(t, fleet)
    handler_stands(t, sim, fleet)
    out_of_fds(t, sim, fleet)
    t.nothing_lost(sim, identifies=2)
    fleet.stop()
    if can_mount():
        sim2 = t.sim(shards=1)
        disk(t, sim2)
    else:
        t.note("no right to mount a file system: no disk was filled")


scenario(main)
