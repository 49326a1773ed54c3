# SPDX-License-Identifier: MIT
"""What tools/bench-scale measures of one size of fleet."""
import json
import math
import os
import resource
import statistics
import subprocess
import time
import urllib.request

import herd
from gates import free_port
from measure import cpu_s
from standing import private, rollup

TOO_LONG_S = 1200
LOOKS = ("status", "status --json", "check")
RUNS = 7
SAMPLE_S = 0.2		# between two looks at what the simulator counts
SIM_SHARDS = 4096	# of the simulator, see tools/sim/base/sim.h


def timed(argv):
    """Wall and CPU of a program, in ms."""
    began, was = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, check=False)
    took = time.monotonic() - began
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * took, 1000 * (now.ru_utime + now.ru_stime - was.ru_utime
        - was.ru_stime)


def looks(row, binary, config):
    """How long each view takes, and its CPU: medians."""
    for words in LOOKS:
        found = [timed([binary, "-c", config, *words.split()])
            for _ in range(RUNS)]
        row[words + ", ms"] = statistics.median(wall for wall, _ in found)
        row[words + ", CPU ms"] = statistics.median(cpu for _, cpu in found)


def metrics(row, url, web):
    """One scrape: its time, the CPU of web, its size."""
    wall, cpu = [], []
    for _ in range(RUNS):
        began, was = time.monotonic(), cpu_s(web)
        with urllib.request.urlopen(url, timeout=TOO_LONG_S) as answer:
            row["metrics, KB"] = len(answer.read()) / 1000
        wall.append(1000 * (time.monotonic() - began))
        cpu.append(1000 * (cpu_s(web) - was))
    row["metrics, ms"] = statistics.median(wall)
    row["metrics, CPU ms"] = statistics.median(cpu)


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def ideal(n, o):
    return math.ceil(n / o.concurrency) * o.window


def until(true, what, since):
    """Seconds from then until true()."""
    while not true():
        if time.monotonic() - since > TOO_LONG_S:
            raise herd.Failed("not in %d s: %s" % (TOO_LONG_S, what))
        time.sleep(SAMPLE_S)
    return time.monotonic() - since


class Real:
    """A fleet on the simulator, its shards and all else as they are."""

    def __init__(self, t, n, o):
        self.n, self.o = n, o
        self.sim = t.sim(shards=min(n, SIM_SHARDS), guilds=2 * n, total=100000, rate=0,
            max_concurrency=o.concurrency, identify_interval="%dms"
            % (900 * o.window), session_ttl="1h", ping_every=0,
            heartbeat_interval="41250ms")
        port = free_port()
        self.url = "http://127.0.0.1:%d/metrics" % port
        self.fleet = t.fleet(self.sim, {"gateway.identify_interval": "%dms"
            % (1000 * o.window), "gateway.shards": n, "log.level": "info",
            "web.listen": "127.0.0.1:%d" % port}, {})

    def counted(self, name):
        return self.sim.totals()[name]

    def supervisor(self):
        return self.fleet.status()["cluster"]["pid"]

    def start(self, row):
        """From `start` until Discord has them all, and until status has."""
        began = time.monotonic()
        self.fleet.must("start", timeout=TOO_LONG_S)
        row["start, s"] = until(lambda: self.counted("identifies")
            >= self.n, "all have IDENTIFYed", began)
        self.fleet.wait_ready(TOO_LONG_S)
        row["start, ideal s"] = ideal(self.n, self.o)
        row["start: supervisor's CPU, s"] = cpu_s(self.supervisor())

    def memory(self, row):
        s = self.fleet.status()
        shards = [x["pid"] for x in s["shards"]]
        row["a shard, KiB private"] = statistics.median(map(private, shards))
        row["the largest, KiB"] = max(map(private, shards))
        row["supervisor, KiB private"] = private(s["cluster"]["pid"])
        pids = [*shards, s["cluster"]["pid"], s["handler"]["pid"], s["web"][
            "pid"]]
        row["all, MiB Pss"] = sum(rollup(pid, "Pss") for pid in pids) / 1024
        row["supervisor, fds"] = descriptors(s["cluster"]["pid"])
        row["handler, fds"] = descriptors(s["handler"]["pid"])
        row["a shard, fds"] = descriptors(shards[0])

    def load(self, row, rate, name):
        """CPU in % of a core while so many events a second come."""
        s = self.fleet.status()
        pids = {"supervisor": [s["cluster"]["pid"]], "handler":
            [s["handler"]["pid"]], "shards": [x["pid"] for x in s["shards"]]}
        self.sim.ctl("rate", rate)
        time.sleep(2)
        before, began = {k: sum(map(cpu_s, v)) for k, v in pids.items()}, \
            time.monotonic()
        time.sleep(self.o.seconds)
        took = time.monotonic() - began
        for kind, some in pids.items():
            row["%s: CPU of the %s, %%" % (name, kind)] = 100 * (sum(map(
                cpu_s, some)) - before[kind]) / took
        self.sim.ctl("rate", 0)

    def cut(self, row):
        """All connections end at once: until the last has RESUMEd."""
        was, pid = self.counted("resumes"), self.supervisor()
        used = cpu_s(pid)
        self.sim.ctl("drop", "all")
        row["all cut: RESUMEd, s"] = until(lambda: self.counted("resumes")
            - was >= self.n, "all are back", time.monotonic())
        self.fleet.wait_ready(TOO_LONG_S)
        row["all cut: supervisor's CPU, s"] = cpu_s(pid) - used

    def again(self, row):
        """stop, and a start that RESUMEs."""
        began = time.monotonic()
        self.fleet.must("stop", timeout=TOO_LONG_S)
        row["stop, s"] = time.monotonic() - began
        was, began = self.counted("resumes"), time.monotonic()
        self.fleet.must("start", timeout=TOO_LONG_S)
        row["start that RESUMEs, s"] = until(lambda: self.counted("resumes")
            - was >= self.n, "all are back", began)
        self.fleet.wait_ready(TOO_LONG_S)


def real(t, n, o):
    row, fleet = {}, Real(t, n, o)
    fleet.start(row)
    time.sleep(min(10, o.seconds))	# what a start took is given back
    fleet.memory(row)
    fleet.load(row, 0, "idle")
    fleet.load(row, n, "1 event/s each")
    looks(row, fleet.fleet.binary, fleet.fleet.config)
    metrics(row, fleet.url, fleet.fleet.status()["web"]["pid"])
    fleet.cut(row)
    fleet.again(row)
    spent = fleet.counted("identifies")
    row["IDENTIFYs"] = spent
    fleet.fleet.must("stop", timeout=TOO_LONG_S)
    fleet.sim.stop()
    return row


class Slots(Real):
    """The supervisor alone; its shards are played by build/bench/slots."""

    def start(self, row):
        began = time.monotonic()
        program = os.path.join(herd.BUILD, "bench", "slots")
        with open(self.fleet.path("slots.log"), "wb") as log:
            self.process = subprocess.Popen([program, self.fleet.config,
                self.fleet.binary], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.fleet.dir)
        def ready():
            if self.process.poll() is not None:
                raise herd.Failed("slots ended: " + self.fleet.log_text()[
                    -2000:])
            s = self.fleet.cli("status", "--json", timeout=TOO_LONG_S)
            return s.returncode in (0, 1) and json.loads(s.stdout)[
                "cluster"]["shards_ready"] == self.n
        row["start, s"] = until(ready, "all are ready", began)
        row["start, ideal s"] = ideal(self.n, self.o)
        row["start: supervisor's CPU, s"] = cpu_s(self.process.pid)

    def rest(self, row):
        """While all of them look well, and each has an event a second."""
        pid = self.process.pid
        before, began = cpu_s(pid), time.monotonic()
        time.sleep(self.o.seconds)
        row["supervisor, %"] = 100 * (cpu_s(pid) - before) / (time.monotonic()
            - began)
        row["supervisor, KiB private"] = private(pid)
        row["supervisor, fds"] = descriptors(pid)
        row["page, MiB"] = os.path.getsize(self.fleet.path("state",
            "stats")) / (1 << 20)


def slots(t, n, o):
    row, fleet = {}, Slots(t, n, o)
    fleet.start(row)
    fleet.rest(row)
    looks(row, fleet.fleet.binary, fleet.fleet.config)
    metrics(row, fleet.url, fleet.fleet.status()["web"]["pid"])
    fleet.process.kill()
    fleet.process.wait()
    fleet.sim.stop()
    return row
