#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I4: `reload` replaces handler and plugins under load; nothing is lost,
reordered or repeated, no shard notices, nothing is left behind."""
import sys
import threading

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import alive, children

RATE = 1000
ROUNDS = 10


def replaced(t, fleet, sim):
    before = fleet.status()["handler"]
    plugins = children(before["pid"])
    t.ok(plugins, "the old handler has plugins")
    done = fleet.cli("reload")
    after = fleet.status()["handler"]
    t.equal(done.returncode, 0, "reload: exit status")
    t.match(done.stdout, "passed its probation", "it says how it ended")
    t.equal(after["generation"], before["generation"] + 1,
        "the generation is one higher")
    t.ok(after["pid"] != before["pid"] and not alive(before["pid"]),
        "the old handler is gone")
    t.equal([p for p in plugins if alive(p)], [], "so are its plugins")
    t.ok(after["events"] >= before["events"], "the counters go on")


def refused(t, fleet):
    """A broken config is reported whole and changes nothing."""
    before = fleet.status()["handler"]
    with open(fleet.config, encoding="utf-8") as f:
        good = f.read()
    with open(fleet.config, "a", encoding="utf-8") as f:
        f.write("[limits]\nstop_timeuot = 3s\n[log]\nfiles = many\n")
    done = fleet.cli("reload")
    t.equal(done.returncode, 78, "reload of a broken config: exit status")
    t.match(done.stderr, "did you mean stop_timeout", "one problem")
    t.match(done.stderr, 'got "many"', "and the other")
    with open(fleet.config, "w", encoding="utf-8") as f:
        f.write(good)
    after = fleet.status()["handler"]
    t.equal((after["pid"], after["generation"]), (before["pid"],
        before["generation"]), "nothing was changed")


def checked(t, fleet):
    """--check only says what would change, and what a reload leaves."""
    before = fleet.handler_pid()
    fleet.write_config({"handler.probation": "1s", "gateway.compress": "none",
        "log.files": "3"})
    done = fleet.cli("reload", "--check")
    t.equal(done.returncode, 0, "reload --check: exit status")
    t.match(done.stdout, r'\[log\] files: "14" -> "3"\n', "what changes")
    t.match(done.stdout, r"\[gateway\] compress: .* left as it is.*the shards",
        "what is left for the shards")
    t.equal(fleet.handler_pid(), before, "nothing was changed")


def one_at_a_time(t, fleet):
    codes = []

    def reload():
        done = fleet.cli("reload")
        codes.append(done.returncode)

    threads = [threading.Thread(target=reload) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    t.equal(sorted(codes), [0, 75], "of two reloads at once one has to wait")


def main(t):
    sim = t.sim(rate=RATE)
    fleet = t.fleet(sim, {"handler.probation": "1s"})
    fleet.start()
    sim.wait("handled>=%d" % RATE)
    shards = fleet.shard_pids()
    replaced(t, fleet, sim)
    refused(t, fleet)
    checked(t, fleet)
    one_at_a_time(t, fleet)
    before = fleet.descriptors()
    # What is left of the ten: without probation they are quick.
    fleet.write_config({"handler.probation": "0"})
    for _ in range(ROUNDS - 2):
        fleet.must("reload")
    t.equal(fleet.status()["handler"]["generation"], ROUNDS + 1,
        "%d reloads, one generation each" % ROUNDS)
    # Of before, a client that was refused just then may be counted, too.
    wait_until(lambda: all(n <= before.get(pid, 0) for pid, n in
        fleet.descriptors().items()), "no process has more descriptors")
    t.ok(True, "same processes, no more descriptors")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))
    sim.settle()
    t.nothing_lost(sim, identifies=16)
    t.equal(sim.totals()["connects"], 16, "no shard reconnected")
    t.equal(fleet.shard_pids(), shards, "the shards are the same processes")
    fleet.stop()


scenario(main)
