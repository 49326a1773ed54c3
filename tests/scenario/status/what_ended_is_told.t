#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An end that nobody asked for counts once and in one way wherever RESTARTS are
shown, over reloads and the end of the supervisor; `events` tells of each; and a
dead letter is a finding until somebody has looked at it."""
import json
import re
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import own_plugin, scenario, wait_until
from processes import kill


def counted(fleet):
    """RESTARTS of all, by who it is."""
    s = fleet.status()
    all_ = {p["name"] or p["kind"]: p["restarts"] for p in s["processes"]}
    all_.update({n["id"]: n["restarts"] for n in s["shards"]})
    return all_


def nonzero(fleet):
    return {who: n for who, n in counted(fleet).items() if n}


def codes(fleet):
    return [p["code"] for p in fleet.status()["cluster"]["problems"]]


def told(fleet):
    """What `events` says, as "who: what"."""
    lines = fleet.must("events").splitlines()
    return [line.split("  ", 1)[1] for line in lines]


def a_dead_letter(t, fleet, sim):
    sim.ctl("message", 0, "poison")
    wait_until(lambda: "dead-letters" in codes(fleet),
        "a dead letter is a finding")
    wait_until(lambda: fleet.plugins()["naive"]["state"] == "up",
        "the plugin is up again")
    s = fleet.status()["cluster"]
    t.equal((s["dead_letters"], s["dead_letters_unseen"]), (1, 1),
        "there is one, and nobody has looked")
    done = fleet.cli("check")
    t.equal(done.returncode, 0, "no more than good to know")
    t.match(done.stdout, r"OK .*1 event set aside: it ended plugin naive twice",
        "check says so")
    t.match(fleet.must("status"), r"1 event set aside", "status does")
    t.match(fleet.cli("why").stdout, r"(?s)1 event set aside.*shardherd "
        r"deadletter list", "and why, with what to do")
    t.equal(nonzero(fleet), {"naive": 2}, "it ended the plugin twice")


def counts_stay(t, fleet):
    fleet.must("reload")
    fleet.must("restart", "0")
    fleet.must("restart", "naive")
    fleet.must("rollout", "--all", "--pause", "0")
    fleet.wait_ready()
    t.equal(nonzero(fleet), {"naive": 2}, "no order counts, none takes it back")
    p = fleet.plugins()["naive"]
    t.equal((p["restarts"], p["dead_letters"]), (2, 1), "plugin list, too")
    pids = {1: fleet.shard(1)["pid"], "handler": fleet.handler_pid()}
    for pid in (*pids.values(),):
        kill(pid)
    wait_until(lambda: nonzero(fleet) == {"naive": 2, 1: 1, "handler": 1},
        "those that were killed count")
    fleet.wait_ready()
    pids["next"] = fleet.handler_pid()
    was = fleet.kill_supervisor()
    fleet.start()
    expected = {"naive": 2, 1: 1, "handler": 1, "supervisor": 1}
    t.equal(nonzero(fleet), expected, "so does the supervisor, and all stay")
    t.match(fleet.cli("check").stdout, r" restarts=5c ", "check has the sum")
    fleet.must("reload")
    t.equal(nonzero(fleet), expected, "after one more reload, too")
    return was, pids


def events_tell(t, fleet, was, pids):
    lines = "\n".join(told(fleet))
    for pattern, what in (
            (r"(?m)^plugin naive: ended: exit status 3: this is more than",
                "how a plugin ended"),
            (r"(?m)^plugin naive: ended as asked, pid \d+", "and how by order"),
            (r"(?m)^shard 1 \(pid %d\) .*signal 9" % pids[1], "a shard"),
            (r"(?m)^fleet: handler \(pid %d\) .*signal 9" % pids["handler"],
                "the handler"),
            (r"(?m)^fleet: handler ready, pid %d," % pids["next"],
                "that another one is ready"),
            (r"(?m)^fleet: The supervisor before this one \(pid %d\) ended "
                r"without a word" % was, "the supervisor")):
        t.match(lines, pattern, "events: " + what)
    shard = json.loads("[%s]" % ",".join(fleet.must("events", "--shard", "1",
        "--json").splitlines()))
    t.ok(not any("plugin" in e for e in shard), "no plugin where one asks for "
        "a shard")


def somebody_looks(t, fleet):
    t.ok("dead-letters" in codes(fleet), "the dead letter is told still")
    fleet.must("deadletter", "list")
    wait_until(lambda: "dead-letters" not in codes(fleet),
        "until somebody has looked at the list")
    t.equal(fleet.status()["cluster"]["dead_letters"], 1, "it is kept")


def waiting(fleet):
    p = fleet.plugins()["naive"]
    return p["outstanding"] + p["waiting"] + p["backlog_events"]


def each_waits_once(t, fleet, sim):
    for i in range(6):
        sim.ctl("message", 0, "slow")
    wait_until(lambda: fleet.plugins()["naive"]["backlog_bytes"] > 0,
        "what waits is on disk")
    most, text = 0, ""
    while waiting(fleet) > 0:
        most = max(most, waiting(fleet), fleet.status()["handler"][
            "backlog_events"])
        text += fleet.must("why", "naive")
    t.ok(0 < most <= 6, "of 6 events no more than 6 wait")
    for found in re.findall(r"(\d+) are in work, (\d+) wait in memory and "
            r"(\d+) on disk", text):
        t.ok(sum(map(int, found)) <= 6, "why: %s" % (found,))


def main(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim)
    fleet.write_config({"handler.probation": "1s"}, {"audit": fleet.audit(), "naive": dict(
        exec=own_plugin("naive.py"), events="MESSAGE_CREATE", window=2)})
    fleet.start()
    a_dead_letter(t, fleet, sim)
    was, pids = counts_stay(t, fleet)
    events_tell(t, fleet, was, pids)
    somebody_looks(t, fleet)
    each_waits_once(t, fleet, sim)
    fleet.stop()
    fleet.start()
    t.equal(nonzero(fleet), {}, "a fleet that is started counts anew")
    fleet.stop()


scenario(main)
