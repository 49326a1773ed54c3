#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Another token: what moving over costs is told first, a bad token or another
bot's changes nothing, and the fleet goes over without a restart."""
import os
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from files import replace
from herd import scenario, wait_until

SHARDS = 6


def new_fleet(t, sim):
    fleet = t.fleet(sim, {"bot.token_file": "token", "handler.probation":
        "200ms"})
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        replace(fleet.path("token"), f.read())
    return fleet


def pids(fleet):
    return sorted(fleet.shard_pids().values())


def not_worth_a_move(t, sim, fleet):
    before = pids(fleet), sim.totals()["identifies"]
    same = fleet.cli("token", "reload", "--yes")
    t.equal(same.returncode, 0, "the same token is fine")
    t.match(same.stdout, "nothing to do", "and there is nothing to do")
    replace(fleet.path("token"), "x" * 40 + "\n")
    fleet.wait_status(lambda s: "token" in (s["cluster"]["note"] or ""),
        "status says that the file holds another token")
    t.sentence(fleet.cli("token", "reload", "--yes"), 78, "refuses.*401",
        "a token that Discord does not know")
    replace(fleet.path("token"), sim.ctl("token", "other"))
    t.sentence(fleet.cli("token", "reload", "--yes"), 78,
        "another bot: other-bot", "a token of another bot")
    os.chmod(fleet.path("token"), 0o644)
    t.sentence(fleet.cli("token", "reload", "--yes"), 78, "chmod 600",
        "a token file that others can read")
    os.chmod(fleet.path("token"), 0o600)
    os.kill(fleet.supervisor_pid(), signal.SIGHUP)
    wait_until(lambda: fleet.log_text().count("belongs to another bot") == 2,
        "SIGHUP refuses the other bot's token too")
    t.equal((pids(fleet), sim.totals()["identifies"]), before,
        "none of them changed anything")


def moved(t, sim, fleet):
    """All are ready with the new token, by new processes."""
    fleet.wait_ready()
    fleet.wait_status(lambda s: s["cluster"]["state"] == "ready"
        and not s["cluster"]["note"], "the fleet is well")


def rotate(t, sim, fleet):
    before, spent = pids(fleet), sim.totals()["identifies"]
    supervisor = fleet.supervisor_pid()
    replace(fleet.path("token"), sim.ctl("token", "reset"))
    fleet.wait_status(lambda s: s["cluster"]["state"] == "held",
        "the old token is dead: the fleet is held")
    dry = fleet.cli("token", "reload", "--dry-run")
    t.equal(dry.returncode, 0, "a dry run is fine")
    t.match(dry.stdout, "%d IDENTIFYs of the \\d+ left" % SHARDS,
        "and tells the cost")
    t.sentence(fleet.cli("token", "reload"), 64, "--yes",
        "without a terminal it wants to be told yes")
    t.equal(sim.totals()["identifies"], spent, "no IDENTIFY until then")
    done = fleet.cli("token", "reload", "--yes")
    t.equal(done.returncode, 0, "the fleet moves over")
    t.match(done.stdout, "%d of %d shards run with the new token" % (SHARDS,
        SHARDS), "and says how far it is")
    moved(t, sim, fleet)
    t.equal(sim.totals()["identifies"], spent + SHARDS,
        "one IDENTIFY for each shard")
    t.equal(fleet.supervisor_pid(), supervisor,
        "by the same supervisor")
    t.ok(not set(before) & set(pids(fleet)), "in new shard processes")


def rest_works(t, sim, fleet):
    """The handler has the new token: a plugin's reply arrives."""
    t.ok("no REST call is made" not in
        fleet.log_text().rsplit("new token is in force", 1)[1],
        "the new handler's REST calls are not refused")


def passed(t, sim, fleet):
    """By a file that the supervisor itself does not know, and by SIGHUP."""
    spent = sim.totals()["identifies"]
    token = sim.ctl("token", "reset").strip()
    with open(fleet.path("handed"), "w", encoding="utf-8",
            opener=lambda p, f: os.open(p, f, 0o600)) as f:
        f.write(token)
    done = fleet.cli("token", "reload", "--yes", "--token-file",
        fleet.path("handed"))
    t.equal(done.returncode, 0, "a token handed over by the CLI")
    fleet.wait_ready()
    t.equal(sim.totals()["identifies"], spent + SHARDS,
        "handed over: one IDENTIFY for each shard")
    replace(fleet.path("token"), sim.ctl("token", "reset"))
    os.kill(fleet.supervisor_pid(), signal.SIGHUP)
    wait_until(lambda: "SIGHUP" not in fleet.log_text().rsplit(
        "Log file reopened", 1)[1] and sim.totals()["identifies"]
        == spent + 2 * SHARDS, "SIGHUP moves the fleet over")
    moved(t, sim, fleet)
    fleet.stop()
    fleet.start()
    t.equal(sim.totals()["identifies"], spent + 2 * SHARDS,
        "the next start resumes with the new token")


def too_dear(t):
    """A budget that does not allow it: nothing is touched."""
    sim = t.sim(shards=SHARDS)
    fleet = new_fleet(t, sim)
    fleet.start()
    sim.ctl("set", "remaining", 2)
    replace(fleet.path("token"), sim.ctl("token", "reset"))
    fleet.wait_status(lambda s: s["cluster"]["state"] == "held", "held")
    for more in (), ("--force",):
        t.sentence(fleet.cli("token", "reload", "--yes", *more), 75,
            "%d IDENTIFYs.*2 are left" % SHARDS, "too few are left %s"
            % " ".join(more))
    t.equal(sim.totals()["identifies"], SHARDS, "and none was spent")


def secrets(t, fleet, sim):
    text = fleet.log_text()
    tokens = []
    for name in "token", "handed":
        with open(fleet.path(name), encoding="utf-8") as f:
            tokens.append(f.read().strip())
    t.ok(not any(token in text for token in tokens),
        "no token is in the log")


def main(t):
    sim = t.sim(shards=SHARDS, max_concurrency=2, rate=200)
    fleet = new_fleet(t, sim)
    fleet.start()
    not_worth_a_move(t, sim, fleet)
    rotate(t, sim, fleet)
    rest_works(t, sim, fleet)
    passed(t, sim, fleet)
    secrets(t, fleet, sim)
    sim.settle()
    t.nothing_lost(sim, identifies=4 * SHARDS)
    fleet.stop()
    too_dear(t)


scenario(main)
