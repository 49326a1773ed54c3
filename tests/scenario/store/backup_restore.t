#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`db backup` copies the state of a fleet that runs under load, whole or not at
all; `db restore` puts what plugins stored back, keeps what was there, lowers
nothing the ledger knows, gives no IDENTIFY away where sessions are there, and
leaves old sessions out where they are not; what is no whole backup is refused
with a sentence and changes nothing."""
import json
import os
import resource
import shutil
import signal
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import alive, kill

ME = "41771983423143936"
NOBODY = 65534


def ranks(fleet):
    return fleet.must("rank", "list")


def entries(fleet, begins):
    return sorted(line.split("\t")[0] for line in
        fleet.must("db", "dump").splitlines() if line.startswith(begins))


def tree(fleet):
    """Every file of the store and the storage with its bytes."""
    found = {}
    for part in "db", "kv":
        for name in os.listdir(fleet.path("state", part)):
            if name == "data.mdb":
                with open(fleet.path("state", part, name), "rb") as f:
                    found[part] = f.read()
    return found


def state(fleet, *names):
    return fleet.path("state", *names)


def refused(t, fleet, good):
    before = tree(fleet), sorted(os.listdir(state(fleet)))
    with open(good, "rb") as f:
        whole = f.read()
    cases = {
        "cut": (whole[:-40], 1, "not copied whole"),
        "empty": (b"", 64, "no backup|not copied whole"),
        "turned": (whole[:200] + bytes([whole[200] ^ 1]) + whole[201:], 1,
            "damaged"),
        "longer": (whole + b"x", 1, "damaged"),
        "foreign": (b"PK\x03\x04" + whole, 64, "is no backup of shardherd"),
        "newer": (whole.replace(b"backup 1\n", b"backup 2\n", 1), 78,
            "made by a newer shardherd"),
    }
    for name, (data, code, why) in cases.items():
        path = fleet.path(name + ".backup")
        with open(path, "wb") as f:
            f.write(data)
        done = fleet.cli("db", "restore", "--yes", path)
        if name == "empty":
            t.ok(done.returncode in (1, 64), "empty: refused")
            t.match(done.stderr, "ends before its end|no backup", "and why")
            continue
        t.sentence(done, code, why, name)
    t.sentence(fleet.cli("db", "restore", "--yes", "/nowhere"), 64,
        "Cannot read /nowhere", "one that is not there")
    t.equal((tree(fleet), sorted(os.listdir(state(fleet)))), before,
        "and nothing was touched")


def backed_up(t, sim, fleet):
    fleet.must("rank", "set", "user", ME, 7)
    sim.ctl("rate", 2000)
    sim.ctl("resume")
    sim.wait("handled>=2000")
    path = fleet.path("one.backup")
    said = fleet.must("db", "backup", path)
    t.match(said, r"one\.backup: \S+, \d+ entries of the store, \d+ of the "
        "plugins' storage", "what it has is said")
    t.equal(os.stat(path).st_mode & 0o777, 0o600, "it is the owner's alone")
    os.mkdir(fleet.path("folder"))
    made = json.loads(fleet.must("db", "backup", fleet.path("folder"),
        "--json"))["path"]
    t.match(made, r"folder/shardherd-\d{8}T\d{6}Z\.backup$",
        "in a folder it is named by the time")
    own = fleet.path("mine")
    with open(own, "w", encoding="utf-8") as f:
        f.write("precious")
    t.sentence(fleet.cli("db", "backup", own), 64, "is no backup: it is not "
        "replaced", "another file")
    fleet.must("db", "backup", path)
    t.equal(sorted(n for n in os.listdir(fleet.dir) if "tmp" in n), [],
        "nothing half lies about")
    t.match(fleet.must("db", "restore", "--dry-run", path),
        "It is whole; nothing was changed", "--dry-run only reads it")
    t.sentence(fleet.cli("db", "restore", "--yes", path), 75,
        "runs: stop it first", "while the fleet runs")
    sim.ctl("pause")
    sim.settle()
    return path


def interrupted(t, fleet):
    """Whenever it is ended, there is no file or a whole one."""
    path = fleet.path("ended.backup")
    whole = 0
    for number in range(8):
        process = subprocess.Popen([fleet.binary, "-c", fleet.config, "db",
            "backup", path], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if number % 2 == 0:
            wait_until(lambda: process.poll() is not None or any(
                "ended.backup" in n for n in os.listdir(fleet.dir)), "it began")
        process.send_signal(signal.SIGINT)
        process.wait(60)
        if os.path.exists(path):
            whole += 1
            fleet.must("db", "restore", "--dry-run", path)
            os.unlink(path)
    t.equal([n for n in os.listdir(fleet.dir) if "ended" in n], [],
        "SIGINT leaves nothing half (%d times it was done)" % whole)


def full(t, fleet):
    """A disk that is full, as a file may be no longer."""
    done = subprocess.run([fleet.binary, "-c", fleet.config, "db", "backup",
        fleet.path("big.backup")], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, preexec_fn=lambda:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)))
    t.sentence(done, 1, "Cannot write .*big.backup", "no room for it")
    t.equal([n for n in os.listdir(fleet.dir) if "big" in n], [],
        "and nothing of it is left")


def restored_where_it_was(t, sim, fleet, path):
    fleet.must("rank", "set", "user", ME, 9)
    kill(fleet.shard(0)["pid"])
    fleet.wait_ready()
    # One IDENTIFY more than the backup knows of.
    before = sim.totals()["identifies"]
    sim.ctl("expire", 0)
    wait_until(lambda: sim.totals()["identifies"] == before + 1,
        "another IDENTIFY")
    fleet.wait_ready()
    known = entries(fleet, "identify/")
    t.ok(len(known) > 2, "the ledger knows more than the backup")
    fleet.stop()
    t.sentence(fleet.cli("db", "restore", path), 64, "with --yes", "a state is "
        "there")
    refused(t, fleet, path)
    was = tree(fleet)
    said = fleet.must("db", "restore", "--yes", path)
    t.match(said, "It is restored", "restored")
    t.match(ranks(fleet), r"%s\s+7\b" % ME, "what was stored then is back")
    t.equal(entries(fleet, "identify/"), known, "the ledger is not lowered")
    kept = [n for n in os.listdir(state(fleet)) if n.startswith("before-")]
    t.equal(len(kept), 1, "what was there is kept")
    with open(state(fleet, kept[0], "kv", "data.mdb"), "rb") as f:
        t.equal(f.read(), was["kv"], "with each byte")
    t.ok(not os.path.exists(state(fleet, "restore.new")),
        "nothing else is left")
    identifies = sim.totals()["identifies"]
    fleet.start()
    t.equal(sim.totals()["identifies"], identifies,
        "the sessions that were there were resumed: no IDENTIFY")
    fleet.stop()


def restored_into_nothing(t, sim, fleet, path):
    for name in os.listdir(state(fleet)):
        full_name = state(fleet, name)
        if os.path.isdir(full_name):
            shutil.rmtree(full_name)
        else:
            os.unlink(full_name)
    said = fleet.must("db", "restore", path)
    t.match(said, r"2 sessions may be resumed; 0 are too old", "young ones "
        "are taken")
    t.match(ranks(fleet), r"%s\s+7\b" % ME, "on an empty disk as well")
    t.ok(entries(fleet, "identify/"), "with the ledger as it was then")
    t.equal(entries(fleet, "blob/budget"), [], "and not Discord's counter, "
        "which is asked for")
    fleet.start()
    t.ok(True, "a fleet starts with it")
    fleet.stop()


def restored_over_damage(t, fleet, path):
    with open(state(fleet, "db", "data.mdb"), "r+b") as f:
        f.write(b"\xff" * 12288)
    done = fleet.cli("db", "restore", "--yes", path)
    t.equal(done.returncode, 0, "over a store that is damaged")
    t.match(done.stderr, "can't be read, so nothing of it is taken over: .*"
        "damaged", "which is said")
    t.match(ranks(fleet), r"%s\s+7\b" % ME, "what was stored is back")
    fleet.start()
    t.ok(True, "and a fleet starts with it")
    pid = fleet.supervisor_pid()
    kill(pid)
    wait_until(lambda: not alive(pid), "its supervisor is gone")
    t.sentence(fleet.cli("db", "restore", "--yes", path), 75, "process(es)? of "
        "the fleet still live", "while shards live on")
    of_another_version(t, fleet, path)
    os.rename(state(fleet, "stats"), state(fleet, "aside"))
    t.sentence(fleet.cli("db", "restore", "--yes", path), 75, "still has the "
        "state open", "also where their page was deleted")
    os.rename(state(fleet, "aside"), state(fleet, "stats"))
    fleet.must("start")
    fleet.wait_ready()
    fleet.stop()


def of_another_version(t, fleet, path):
    with open(state(fleet, "stats"), "r+b") as f:
        f.seek(8)
        version = f.read(4)
        f.seek(8)
        f.write(b"\1\0\0\0")
        f.flush()
        t.sentence(fleet.cli("db", "restore", "--yes", path), 75, "another "
            "version's", "or is one that can't be read")
        f.seek(8)
        f.write(version)


def as_root(t, fleet, path):
    """With the rights of the fleet's user: its links lead root nowhere."""
    if os.geteuid() != 0:
        t.ok(True, "left out, as this is not root")
        return
    precious = fleet.path("precious")
    os.mkdir(precious, 0o700)
    with open(os.path.join(precious, "file"), "w", encoding="utf-8"):
        pass
    os.mkdir(state(fleet, "restore.new"))
    os.symlink(precious, state(fleet, "restore.new", "db"))
    for folder, folders, files in os.walk(state(fleet)):
        for name in folders + files + ["."]:
            os.lchown(os.path.join(folder, name), NOBODY, NOBODY)
    for folder in (fleet.dir, os.path.dirname(fleet.dir)):
        os.chmod(folder, 0o711)
    t.equal(fleet.cli("db", "restore", "--yes", path).returncode, 1,
        "a link where the new state is to be is refused")
    t.equal(os.listdir(precious), ["file"], "and not followed")
    os.unlink(state(fleet, "restore.new", "db"))
    fleet.must("db", "restore", "--yes", path)
    t.equal({os.stat(state(fleet, *p)).st_uid for p in (("db",), ("kv",), ("db",
        "data.mdb"), ("kv", "data.mdb"))}, {NOBODY},
        "what root restores is its user's")


def main(t):
    sim = t.sim(shards=2, guilds=4, rate=0)
    fleet = t.fleet(sim)
    fleet.start()
    path = backed_up(t, sim, fleet)
    interrupted(t, fleet)
    full(t, fleet)
    restored_where_it_was(t, sim, fleet, path)
    restored_into_nothing(t, sim, fleet, path)
    restored_over_damage(t, fleet, path)
    as_root(t, fleet, path)


scenario(main)
