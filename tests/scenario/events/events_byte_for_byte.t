#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I2: every sample event, and every odd or control document sent as it is,
passes through the fleet; what reaches a plugin is what left Discord, byte for
byte; no process of ours dies of it."""
import os
import re
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import DATA, own_plugin, scenario, wait_until

KEEP = own_plugin("keep.py")
# Documents after which the session may rightly be another one.
ENDS = re.compile(rb'"op":\s*(7|9)\b|"t":"READY"|4294967297')
DISPATCH = re.compile(rb'"op"\s*:\s*0\b')


def files(folder):
    path = os.path.join(DATA, folder)
    return [os.path.join(path, name) for name in sorted(os.listdir(path))
        if name.endswith(".json")]


def read(path):
    with open(path, "rb") as f:
        return f.read()


def kept(fleet):
    """Raw bytes of every event, by shard."""
    found = {}
    with open(fleet.path("kept"), "rb") as f:
        for line in f:
            shard, _, _, _, raw = line.rstrip(b"\n").split(b" ", 4)
            found.setdefault(int(shard), []).append(raw.rstrip())
    return found


def d_of(raw):
    """From "d": on: the rest has the simulator's own t and s."""
    return raw[raw.index(b'"d":'):].rstrip()


def send_events(t, sim, fleet):
    paths = files("events")
    for number, path in enumerate(paths):
        sim.ctl("send", number % 16, path)
    sim.settle()
    t.nothing_lost(sim, identifies=16)
    found = {d_of(raw) for raws in kept(fleet).values() for raw in raws}
    missing = [os.path.basename(p) for p in paths if d_of(read(p)) not in found]
    t.equal(missing, [], "d of %d sample events arrived byte for byte"
        % len(paths))


def next_seq(fleet, shard, text):
    """The document with its s replaced by the one the session has next."""
    seq = fleet.shard(shard)["seq"] + 1
    if ENDS.search(text):
        return text
    return re.sub(rb'("s"\s*:\s*)\d+(\s*,\s*("op"|"t"))', rb"\g<1>%d\g<2>"
        % seq, text, count=1)


def send_raw(t, sim, fleet, path, shard):
    """One document on a shard that is ready, and out at the plugin."""
    fleet.wait_status(lambda s: s["shards"][shard]["state"] == "ready",
        "shard %d is ready for %s" % (shard, path))
    text = next_seq(fleet, shard, read(path))
    copy = fleet.path("document.json")
    with open(copy, "wb") as f:
        f.write(text)
    sim.ctl("send", shard, copy, "--raw")
    if not DISPATCH.search(text) or ENDS.search(text):
        return
    want = text.replace(b"\r", b" ").replace(b"\n", b" ").rstrip()
    wait_until(lambda: want in kept(fleet).get(shard, []),
        "%s reaches the plugin" % os.path.basename(path), 10)


def main(t):
    sim = t.sim()
    fleet = t.fleet(sim)
    fleet.write_config({}, {"audit": fleet.audit(), "keep": dict(
        exec="%s %s %s" % (sys.executable, KEEP, fleet.path("kept")),
        events="*", window=16)})
    fleet.start()
    before = fleet.shard_pids(), fleet.handler_pid()
    send_events(t, sim, fleet)
    documents = files("odd") + files("control")
    for number, path in enumerate(documents):
        send_raw(t, sim, fleet, path, number % 16)
    t.ok(True, "%d odd and control documents passed" % len(documents))
    fleet.wait_ready()
    t.equal((fleet.shard_pids(), fleet.handler_pid()), before,
        "every process is still the same one")
    # The fleet goes on as if nothing had been.
    sim.ctl("rate", 500)
    sim.ctl("resume")
    handled = sim.totals()["handled"]
    sim.wait("handled>=%d" % (handled + 500))
    fleet.stop()


scenario(main)
