#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a burst took of memory goes back when it is over: events that waited for
the handler, and what read, inflated and wrote them."""
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import BUILD, scenario, wait_until
from processes import kill

# Bytes in each shard's queue while the handler is stopped; less than is kept in
# memory once that is taken for hung, and is replaced.
WAITING = 768 << 10
IDLE_KB = 1024		# of a shard: some 540 of its own, and room


def private_kb(pid):
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f
            if line.startswith("Private"))


def burst(t, sim, fleet):
    fleet.wait_status(lambda s: s["handler"]["state"] == "ready",
        "the handler is there")
    handler = fleet.handler_pid()
    kill(handler, signal.SIGSTOP)
    sim.ctl("rate", 8000)
    sim.ctl("resume")
    fleet.wait_status(lambda s: all(x["queue_bytes"] >= WAITING
        for x in s["shards"]), "%d KiB wait in each shard" % (WAITING >> 10))
    sim.ctl("rate", 0)
    full = [private_kb(pid) for pid in fleet.shard_pids().values()]
    kill(handler, signal.SIGCONT)
    sim.settle(timeout=60)
    return full


def main(t):
    sim = t.sim(shards=2, rate=200, replay=100000)
    fleet = t.fleet(sim, {"gateway.compress": "zlib-stream"})
    fleet.start()
    sim.wait("handled>=200")
    pids = fleet.shard_pids()
    for turn in ("first", "second"):
        full = burst(t, sim, fleet)
        if BUILD.endswith("-asan"):	# which keeps what was freed
            continue
        t.ok(min(full) > IDLE_KB, "the %s burst: shards of %s KiB" % (
            turn, full))
        wait_until(lambda: max(map(private_kb, pids.values())) <= IDLE_KB,
            "no shard has more than %d KiB, after the %s burst" % (IDLE_KB,
                turn))
    t.equal(fleet.shard_pids(), pids, "they are the same processes")
    t.nothing_lost(sim, identifies=2)


scenario(main)
