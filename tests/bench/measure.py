# SPDX-License-Identifier: MIT
"""What the parts of tools/bench share: what processes use, figures, fleets."""
import os
import subprocess
import sys
import time

from gates import GATE, client_token, gate_url, wait_gate
from herd import BUILD, Failed, ROOT

STAMP = os.path.join(BUILD, "bench", "stamp")


def build_stamp():
    build = os.path.relpath(BUILD, ROOT)	# as what make wrote says
    subprocess.run(["make", "-s", "BUILD=" + build, "all",
        build + "/bench/stamp"], cwd=ROOT, check=True)


def schedstat(pid, thread):
    with open("/proc/%d/task/%d/schedstat" % (pid, thread),
            encoding="ascii") as f:
        ran, waited, _ = f.read().split()
    return int(ran) / 1e9, int(waited) / 1e9


def cpu_s(pid):
    """Of the threads that it has."""
    return sum(schedstat(pid, int(thread))[0]
        for thread in os.listdir("/proc/%d/task" % pid))


def ran_and_waited(pid):
    """Seconds that its first thread had a processor, and that it was ready and
    had none."""
    return schedstat(pid, pid)


def anon_kb(pid):
    """Of its own: neither the log, which is the supervisor's, nor files."""
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return int([line for line in f if line.startswith("RssAnon")][0]
            .split()[1])


def say(name, text, *values):
    print("  %-22s %s" % (name, text % values), flush=True)


def percent(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))]


def median(values):
    return percent(values, 50)


def quiet(pid):
    """Waits until that process has nothing to do."""
    before = -1
    while cpu_s(pid) - before > 0.005:
        before = cpu_s(pid)
        time.sleep(1)


def bot(argv):
    """A process that says when it is there."""
    process = subprocess.Popen(argv, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    if process.stdout.readline() != "there\n":
        raise Failed("a bot did not get in")
    return process


def drain(url, tokens):
    """Bots that read and do nothing else."""
    return bot([sys.executable, os.path.realpath(sys.argv[0]), "--as", "drain",
        url, *tokens])


def end(process):
    process.kill()
    process.wait()


def fleet_of(t, sim, names, plugins):
    config = {"log.level": "info", **GATE(names, heartbeat="1m",
        log_bytes="64M")}
    fleet = t.fleet(sim, config, plugins)
    fleet.start()
    wait_gate(fleet)
    tokens = [client_token(fleet, name) for name in names]
    fleet.wait_status(lambda s: not s["gate"]["cache_behind"],
        "the cache has all guilds", 300)
    return fleet, gate_url(config), tokens
