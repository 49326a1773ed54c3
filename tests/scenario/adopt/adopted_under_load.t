#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I4, issue 6: the supervisor is killed under load and `ensure` comes: the
next one takes the shards and the handler over as they are, plugins included.
No connection is made anew, nothing is lost or comes twice."""
import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.append(sys.path[0] + "/../lib")
from herd import PATIENT, scenario, wait_until
from processes import alive, children, kill

RATE = 500
ROUNDS = 3
STEADY = 20	# looks in a row that see the same


def family(fleet):
    """Every process but the supervisor."""
    status = fleet.status()
    handler = status["handler"]["pid"]
    return ([s["pid"] for s in status["shards"]], handler,
        sorted(children(handler)))


def descriptors(pid):
    """How many it holds, when nothing passing is among them any more."""
    looks = [0] * STEADY

    def steady():
        looks.append(len(os.listdir("/proc/%d/fd" % pid)))
        return len(set(looks[-STEADY:])) == 1
    wait_until(steady, "the number of descriptors is steady")
    return looks[-1]


def adopted(t, fleet, sim):
    before = family(fleet)
    for i in range(ROUNDS):
        old = fleet.kill_supervisor()
        sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE // 4))
        done = fleet.cli("ensure", PATIENT)
        t.equal(done.returncode, 0, "ensure --wait: exit status")
        t.ok(fleet.supervisor_pid() not in (0, old), "a new supervisor runs")
        t.equal(family(fleet), before, "shards, handler and plugins are the "
            "same processes")
        pid = fleet.supervisor_pid()
        if i == 0:
            first = descriptors(pid)
        # A client that has its answer may be counted yet.
        wait_until(lambda: descriptors(pid) <= first, "each supervisor "
            "holds no more")
    log = fleet.log_text()
    t.equal(log.count("16 of 16 shards and the handler"), ROUNDS, "one "
        "sentence each time")
    t.match(log, "shard 3: the supervisor is gone", "what the orphans said "
        "meanwhile is in the log")
    sim.settle()
    t.equal(sim.totals()["connects"], 16, "no shard reconnected")
    sim.ctl("resume")


def ten_at_once(t, fleet, sim):
    before = family(fleet)
    fleet.kill_supervisor()
    with ThreadPoolExecutor(10) as pool:
        done = list(pool.map(lambda _: fleet.cli("ensure"), range(10)))
    t.equal([d.returncode for d in done], [0] * 10, "ten ensure exit 0")
    fleet.wait_ready()
    t.equal(family(fleet), before, "ten at once take over once")
    t.equal(sim.totals()["connects"], 16, "no shard reconnected")


def still_looked_after(t, fleet, sim):
    """A taken over shard and handler are restarted as ever when they die."""
    pids = fleet.shard_pids()
    kill(pids[5])
    fleet.wait_status(lambda s: s["shards"][5]["pid"] not in (0, pids[5])
        and s["shards"][5]["state"] == "ready", "shard 5 is back")
    t.match(fleet.log_text(), r"shard 5 \(pid %d\) ended; how is not known"
        % pids[5], "an end it can't know is said to be unknown")
    t.equal(fleet.shard(5)["crashes"]["unknown"], 1, "and counted so")
    handler = fleet.handler_pid()
    fleet.must("reload")
    t.ok(fleet.handler_pid() != handler and not alive(handler), "a reload "
        "replaces the handler that was taken over")
    fleet.must("shard", "2", "reconnect")
    sim.wait("connects>=18")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))


def one_died_meanwhile(t, fleet):
    """What ended while nobody looked is started by the next supervisor."""
    before = fleet.shard_pids()
    fleet.kill_supervisor()
    kill(before[7])
    fleet.must("ensure", PATIENT)
    fleet.wait_ready()
    after = fleet.shard_pids()
    t.equal([i for i in after if after[i] != before[i]], [7], "only the shard "
        "that had ended is another process")


def no_session(t, sim, fleet):
    """An orphan whose session ends waits for a permit, says so, and gets it
    from the supervisor that takes it over."""
    before = family(fleet)
    fleet.kill_supervisor()
    sim.ctl("op", 4, 9, "false")
    fleet.wait_status(lambda s: s["shards"][4]["state"] == "queued",
        "shard 4 waits for a permit")
    t.match(fleet.shard(4)["note"], "only a supervisor can permit",
        "status says that nobody can permit the IDENTIFY")
    fleet.must("ensure", PATIENT)
    fleet.wait_ready()
    t.equal(family(fleet), before, "taken over, the same process")
    t.equal(sim.totals()["identifies"], 17, "and permitted then: one IDENTIFY")


def main(t):
    sim = t.sim(rate=RATE)
    fleet = t.fleet(sim, {"handler.probation": "1s"})
    fleet.start()
    sim.wait("handled>=%d" % RATE)
    adopted(t, fleet, sim)
    ten_at_once(t, fleet, sim)
    still_looked_after(t, fleet, sim)
    one_died_meanwhile(t, fleet)
    sim.settle()
    no_session(t, sim, fleet)
    t.nothing_lost(sim, identifies=17)
    everybody = family(fleet)
    fleet.stop()
    t.equal([p for p in everybody[0] + everybody[2] if alive(p)], [],
        "stop ends those that were taken over, too")
    t.equal(fleet.status()["cluster"]["state"], "stopped", "status: stopped")


scenario(main)
