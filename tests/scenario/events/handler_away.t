#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I2: 5000 events/s, and the handler is away: first killed and not started
again for 20 s, then stopped in its tracks, with a full stop and
start of everything in between.  The spool keeps what came; nothing is lost or
reordered, and no shard spends an IDENTIFY for it."""
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from processes import kill

RATE = 5000
AWAY_S = 20
LEAST = 25000		# events in the spools, which a slow machine has by then, too
WINDOW = 512		# of the audit plugin: in work when it dies


def spooled(status):
    return sum(s["spool_events"] for s in status["shards"])


def wait_spooled(fleet, least):
    fleet.wait_status(lambda s: spooled(s) >= least
        and all(shard["spool_events"] for shard in s["shards"]),
        "%d events are in the spools" % least)


def caught_up(t, sim, fleet, what):
    sim.settle(timeout=60)
    fleet.wait_status(lambda s: spooled(s) == 0, "the spools are empty")
    totals = sim.totals()
    t.ok(totals["repeated"] <= WINDOW * 2, "%s: at most what was in work is "
        "repeated: %d" % (what, totals["repeated"]))
    t.nothing_lost(sim, identifies=16, allow=("repeated",))


def killed(t, sim, fleet):
    pids = fleet.shard_pids()
    old = fleet.handler_pid()
    kill(old)
    wait_spooled(fleet, LEAST)
    sim.ctl("pause")
    t.equal(fleet.status()["cluster"]["shards_ready"], 16,
        "all shards stay connected meanwhile")
    fleet.wait_status(lambda s: s["handler"]["pid"] not in (0, old)
        and s["handler"]["state"] == "ready", "a new handler is ready")
    caught_up(t, sim, fleet, "handler away")
    t.equal(fleet.shard_pids(), pids, "the shards are the same processes")
    t.equal(sim.totals()["connects"], 16, "and never reconnected")


def stopped(t, sim, fleet):
    sim.ctl("rate", RATE)
    sim.ctl("resume")
    kill(fleet.handler_pid(), signal.SIGSTOP)
    wait_spooled(fleet, LEAST)
    sim.ctl("pause")
    fleet.stop()
    fleet.must("start")
    fleet.wait_ready()
    caught_up(t, sim, fleet, "across stop and start")
    t.equal(sim.totals()["resumes_ok"], 16, "every shard came back by RESUME")


def main(t):
    sim = t.sim(rate=RATE, replay=30000)
    # queue_bytes is small, so that it is the spool that keeps the events.
    fleet = t.fleet(sim, {"limits.queue_bytes": "256K",
        "limits.message_bytes": "256K",
        "limits.restart_min": "%ds" % AWAY_S, "limits.restart_max": "%ds" % AWAY_S,
        "limits.stop_timeout": "2s", "log.level": "info"})
    fleet.start()
    sim.wait("handled>=5000")
    killed(t, sim, fleet)
    stopped(t, sim, fleet)
    fleet.stop()


scenario(main)
