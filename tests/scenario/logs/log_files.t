#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The fleet's log under load: every line of every file is one JSON object
whatever a plugin prints, rotated files are compressed and none of their lines
is lost, `logs` reads and follows through them, the level is changed live in
every process, and a log that is deleted, directory and all, comes back."""
import glob
import gzip
import json
import os
import shutil
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import children, kill

# Numbers its lines, and tries to forge others and to break their form.
NOISY = r"""#!/usr/bin/python3
import json, os, sys
n = 0
NASTY = [b"\xff\xfe broken \xc3", b'"}\r{"time":"2026-01-01T00:00:00.000Z",'
    b'"level":"error","who":"supervisor","msg":"forged"}',
    b"\x1b[31mred\x00\x07 \\ \" end", b"<4>shard 0: forged",
    b"sep \xe2\x80\xa8 \xc2\x85 \xed\xa0\x80", b"x" * 5000]
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "event":
        if n < 300 and n %% 3 == 0:
            os.write(2, b"noise %%d " %% n + NASTY[n // 3 %% len(NASTY)] + b"\n")
        n += 1
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
""" % ()


def files(fleet):
    return sorted(glob.glob(fleet.path("log", "shardherd.log*")))


def every_line(fleet):
    lines = []
    for path in files(fleet):
        way = gzip.open if path.endswith(".gz") else open
        with way(path, "rb") as f:
            lines += f.read().decode("utf-8").split("\n")[:-1]
    return lines


def packed(fleet):
    """Every rotated file is compressed, and nothing is left of the work."""
    names = [os.path.basename(p) for p in files(fleet)]
    return len(names) > 3 and all(n == "shardherd.log" or n.endswith(".gz")
        for n in names)


def check_lines(t, fleet):
    lines = every_line(fleet)
    bad = 0
    for line in lines:
        try:
            record = json.loads(line)
            bad += {"time", "level", "who", "msg"} - set(record) != set()
            bad += record["who"] == "supervisor" and record["msg"] == "forged"
            bad += ("shard" in record) != record["who"].startswith("shard ")
        except ValueError:
            bad += 1
            t.note(line)
    t.equal(bad, 0, "all of %d lines are JSON, none is forged" % len(lines))
    shown = fleet.must("logs", "-n", "1000000").splitlines()
    t.ok(len(shown) >= len(lines), "logs reads %d of them, rotated and "
        "compressed ones too" % len(lines))
    times = [json.loads(line)["time"] for line in shown]
    t.equal(times, sorted(times), "oldest first")


def filters(t, fleet):
    ours = fleet.must("logs", "--shard", 1, "-n", 100000).splitlines()
    t.ok(ours and all(json.loads(line)["who"] == "shard 1" for line in ours),
        "logs --shard: %d lines of that shard only" % len(ours))
    late = json.loads(ours[-1])["time"]
    t.equal([line for line in fleet.must("logs", "--since", late, "--shard",
        1).splitlines() if json.loads(line)["time"] < late], [],
        "logs --since leaves out what is older")
    worst = fleet.must("logs", "--level", "notice", "-n", 1000).splitlines()
    t.ok(worst and not any(json.loads(line)["level"] in ("info", "debug")
        for line in worst), "logs --level leaves out what is less")
    rows = [json.loads(line) for line in fleet.must("logs", "--json", "-n",
        5).splitlines()]
    t.ok(len(rows) == 5 and all(r["who"] and r["line"] for r in rows),
        "logs --json names time, level and process")
    t.sentence(fleet.cli("logs", "--since", "yesterday"), 64,
        "--since takes", "logs --since with nonsense")


def whose(fleet, level):
    lines = fleet.must("logs", "-n", 100000, "--since", "1h").splitlines()
    return {r["who"] for r in map(json.loads, lines) if r["level"] == level}


def live_level(t, fleet, sim):
    """debug reaches every process, and those that start later."""
    done = fleet.must("logs", "level", "debug")
    t.match(done, "debug until the supervisor is started again.*says info",
        "it says how long it holds")
    t.match(fleet.must("logs", "level"), "is debug until", "and what holds")
    kill(fleet.handler_pid())
    kill(fleet.shard(0)["pid"])
    wait_until(lambda: {"supervisor", "handler", "shard 0"} <= whose(fleet,
        "debug"), "debug lines of all three kinds of processes")
    t.ok(True, "handler and shard log at debug, the fresh ones too")
    sim.ctl("drop", 1)
    wait_until(lambda: "shard 1" in whose(fleet, "debug"),
        "and the shard that was running")
    fleet.wait_ready()
    t.sentence(fleet.cli("logs", "level", "loud"), 64, "expected one of",
        "an unknown level")


def between_two_files(t, fleet):
    """In the middle of a rotation the live file is gone: logs waits for the
    next one instead of saying that there is no log.  The fleet is stopped."""
    log = fleet.path("log", "shardherd.log")
    os.rename(log, log + ".1")
    reader = subprocess.Popen([fleet.binary, "-c", fleet.config, "logs"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # It has looked for the live file by the time it has the one before open.
    wait_until(lambda: reader.poll() is not None or asleep(reader.pid),
        "it looks")
    os.rename(log + ".1", log)
    out, err = reader.communicate()
    t.equal((reader.returncode, err), (0, ""), "logs in a rotation")
    t.ok(out, "it shows the log")


def asleep(pid):
    """It runs, and waits for something."""
    with open("/proc/%d/cmdline" % pid, "rb") as f:
        if not f.read().endswith(b"\0logs\0"):
            return False
    with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
        return f.read().rsplit(")", 1)[1].split()[0] == "S"


def comes_back(t, fleet):
    follower = subprocess.Popen([fleet.binary, "-c", fleet.config, "logs",
        "-f", "-n", "1"], stdout=subprocess.PIPE, text=True)
    follower.stdout.readline()
    log = fleet.path("log", "shardherd.log")
    os.unlink(log)
    wait_until(lambda: os.path.exists(log), "a deleted log is back", 1.5)
    t.ok(True, "a deleted log is noticed at once")
    shutil.rmtree(fleet.path("log"))
    shutil.rmtree(fleet.path("run"))
    fleet.must("logs", "level", "debug")	# waits for the socket
    wait_until(lambda: os.path.exists(log), "a deleted log_dir is back", 1.5)
    wait_until(lambda: os.path.exists(fleet.path("run", "control.sock")),
        "run_dir is back", 2)
    t.ok(True, "log_dir and run_dir too")
    fleet.must("logs", "level", "info")
    wait_until(lambda: "sets the log level to info" in fleet.log_text(),
        "the new log is written")
    seen = any("sets the log level to info" in line
        for line in follower.stdout)
    t.ok(seen, "logs -f follows to the new file in the new directory")
    follower.terminate()
    follower.wait()


def main(t):
    sim = t.sim(shards=4, rate=200)
    fleet = t.fleet(sim)
    program = fleet.program("noisy.py", NOISY)
    fleet.write_config({"log.format": "json", "log.bytes": "16K",
        "log.files": "200", "log.level": "info"}, {"audit": fleet.audit(),
        "noisy": dict(exec=program)})
    fleet.start()
    t.ok(os.readlink("/proc/%d/fd/1" % fleet.shard(0)["pid"]) == os.readlink(
        "/proc/%d/fd/2" % fleet.shard(0)["pid"]), "what a library prints on "
        "stdout goes to the log as well")
    sim.wait("handled>=1500")
    live_level(t, fleet, sim)
    supervisor = fleet.supervisor_pid()
    wait_until(lambda: packed(fleet), "all rotated files are compressed")
    t.ok(True, "%d rotated files, all compressed" % (len(files(fleet)) - 1))
    check_lines(t, fleet)
    filters(t, fleet)
    comes_back(t, fleet)
    titles = [open("/proc/%d/cmdline" % p, "rb").read() for p in
        children(supervisor)]
    t.ok(not any(b"packing" in title for title in titles),
        "no packer is left")
    fleet.stop()
    fleet.start()
    t.match(fleet.must("logs", "level"), "is info, as the config says",
        "after a restart the config's level holds")
    sim.settle()
    # The killed handler may have had some in its hands.
    t.nothing_lost(sim, identifies=4, allow=("repeated",))
    fleet.stop()
    between_two_files(t, fleet)


scenario(main)
