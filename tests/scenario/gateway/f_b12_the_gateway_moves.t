#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""F-B12: the gateway moves.  What the supervisor is told of it reaches the
shards that run: at a start with kept sessions, whose store knows the old url
only; when the supervisor is another one and has adopted them; and while all
is up."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from gatewaybot import Answers
from herd import scenario, wait_until
from processes import kill


def move(t, answers, old):
    """A server elsewhere, of the same bot; the old one is gone."""
    with open(old.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        new = t.sim(shards=2, plain=True, token=f.read().strip())
    answers.at(new)
    old.stop()
    return new


def ready(fleet, what):
    fleet.wait_status(lambda s: s["cluster"]["shards_ready"] == 2
        and s["handler"]["state"] == "ready", what, 120)


def main(t):
    sim = t.sim(shards=2, plain=True)
    answers = Answers(sim)
    fleet = t.fleet(sim)
    fleet.write_config({"gateway.api": answers.api})
    fleet.start()
    fleet.stop()
    sim = move(t, answers, sim)
    done = fleet.cli("start", "--wait=100", timeout=130)
    t.equal(done.returncode, 0, "start --wait: all are ready")
    t.equal(sim.totals()["identifies"], 2, "at the new server")

    # Without a supervisor nobody asks; the next one tells whom it adopts.
    pids = fleet.shard_pids()
    kill(fleet.supervisor_pid())
    sim = move(t, answers, sim)
    fleet.must("start")
    ready(fleet, "adopted shards are ready at the third server")
    t.equal(sim.totals()["identifies"], 2, "they are its sessions")
    t.equal(fleet.shard_pids(), pids, "the same processes")

    # While all is up: with the first question that is put.
    sim = move(t, answers, sim)
    wait_until(lambda: fleet.cli("budget", "--ask").returncode != 64
        and sim.totals()["identifies"] == 2, "at the fourth server", 120)
    ready(fleet, "and ready there")
    t.equal(fleet.shard_pids(), pids, "still the same processes")
    fleet.stop()


scenario(main)
