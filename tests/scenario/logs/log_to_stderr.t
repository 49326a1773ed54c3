#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""[log] to = stderr: nothing but stderr, plain or in journald's form, and a
reader that does not read holds up nothing."""
import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import kill


F_SETPIPE_SZ = 1031


class Reader:
    """Reads all that comes, as lines."""

    def __init__(self, fd, owner=None):
        self.data, self.stream, self.owner = b"", fd, owner
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            data = os.read(self.stream, 65536)
            if not data:
                return
            self.data += data

    def lines(self):
        return self.data.decode().split("\n")[:-1]


def run(fleet, stderr, **env):
    process = subprocess.Popen([fleet.binary, "-c", fleet.config, "run"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
        env=dict(os.environ, **env), cwd=fleet.dir)
    wait_until(lambda: fleet.cli("check").stdout.startswith("herd "),
        "the fleet has a page")
    return process


def end(t, process, what):
    process.send_signal(signal.SIGTERM)
    t.equal(process.wait(60), 0, what + ": ends in order")


def journal(t, fleet):
    ours, theirs = socket.socketpair()
    st = os.fstat(theirs.fileno())
    process = run(fleet, theirs, JOURNAL_STREAM="%d:%d" % (st.st_dev,
        st.st_ino))
    theirs.close()
    reader = Reader(ours.fileno(), ours)
    fleet.wait_ready()
    kill(fleet.shard(0)["pid"])
    wait_until(lambda: b"<4>supervisor: shard 0" in reader.data,
        "the death is told with its level")
    fleet.wait_ready()
    end(t, process, "journald")
    lines = reader.lines()
    odd = [line for line in lines if not re.match(r"<[3-7]>(supervisor|"
        r"shard \d+|handler): .", line)]
    t.equal(odd, [], "each of %d lines has its level and no time" % len(lines))
    t.ok(not os.path.exists(fleet.path("log", "shardherd.log")),
        "there is no file")
    t.sentence(fleet.cli("logs"), 2, "to = stderr.*journalctl",
        "logs says where to look")


def plain(t, fleet):
    fleet.write_config({"log.to": "stderr", "log.format": "json"})
    end_r, end_w = os.pipe()
    process = run(fleet, end_w, JOURNAL_STREAM="1:2")
    os.close(end_w)
    reader = Reader(end_r)
    fleet.wait_ready()
    end(t, process, "plain")
    records = [json.loads(line) for line in reader.lines()]
    t.ok(any(r["who"] == "shard 0" for r in records) and any(
        "exit code 0" in r["msg"] for r in records),
        "JSON lines from the first to the last: %d" % len(records))


def not_read(t, sim, fleet):
    """The pipe is full for long; the fleet works all the same."""
    fleet.write_config({"log.to": "stderr", "log.level": "debug"})
    end_r, end_w = os.pipe()
    fcntl.fcntl(end_w, F_SETPIPE_SZ, 4096)
    process = run(fleet, end_w)
    os.close(end_w)
    fleet.wait_ready()
    before = sim.totals()["resumes_ok"]
    for n in range(1, 11):
        sim.ctl("drop", n % 2)
        sim.wait("resumes_ok>=%d" % (before + n))
    fleet.wait_ready()
    reader = Reader(end_r)
    wait_until(lambda: fleet.must("logs", "level", "debug") and
        b"log lines before this one were lost: stderr was not read"
        in reader.data, "the lost lines are counted")
    t.ok(True, "lines were lost and counted, nothing waited")
    fleet.wait_ready()
    sim.settle()
    end(t, process, "not read")


def both(t, fleet):
    """G10: what is in the file is not kept by journald as well."""
    fleet.write_config({"log.to": "file"})
    ours, theirs = socket.socketpair()
    st = os.fstat(theirs.fileno())
    process = run(fleet, theirs, JOURNAL_STREAM="%d:%d" % (st.st_dev,
        st.st_ino))
    theirs.close()
    reader = Reader(ours.fileno(), ours)
    fleet.wait_ready()
    kill(fleet.shard(0)["pid"])
    wait_until(lambda: b"<4>supervisor: shard 0" in reader.data,
        "journald hears of a death")
    fleet.wait_ready()
    end(t, process, "file and journald")
    t.equal([line for line in reader.lines() if not re.match("<[34]>", line)],
        [], "journald gets warnings and errors alone")
    t.match(fleet.log_text(), " info .*(?s:.*) warn ", "the file gets all")


def main(t):
    sim = t.sim(shards=2, rate=100)
    fleet = t.fleet(sim, {"log.to": "stderr"})
    t.sentence(fleet.cli("start"), 78, "shardherd run", "start without a file")
    t.equal(sim.totals()["identifies"], 0, "and nothing was spent")
    journal(t, fleet)
    plain(t, fleet)
    not_read(t, sim, fleet)
    both(t, fleet)
    t.nothing_lost(sim, identifies=2)


scenario(main)
