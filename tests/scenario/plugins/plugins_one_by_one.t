#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I4: plugins are held, loaded, unloaded and restarted one by one, and their
events wait for them; dead letters are listed, shown, replayed and dropped."""
import json
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import alive

# Ends at every message that says "poison", until it is told not to.
WEAK = """#!/usr/bin/python3
import json, os, sys
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "event":
        event = m["params"]["event"]
        with open("%(dir)s/weak.seen", "a") as f:
            f.write(str(event["d"].get("content")) + "\\n")
        if event["d"].get("content") == "poison" and not os.path.exists(
                "%(dir)s/cured"):
            sys.exit("that was poison")
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
"""


def wait_plugin(fleet, name, true, what):
    return wait_until(lambda: true(fleet.plugins().get(name, {})), what)


def held_at_start(t, fleet, sim):
    """Started with --hold-plugins: events wait until they are loaded."""
    fleet.must("start", "--hold-plugins")
    fleet.wait_ready()
    for name in ("audit", "weak"):
        t.equal(fleet.plugins()[name]["state"], "held", name + " is held")
    t.equal(fleet.cli("plugin", "list").returncode, 0, "which is as wanted")
    sim.wait("delivered>=500")
    t.equal(sim.totals()["handled"], 0, "nothing was handled")
    for name in ("audit", "weak"):
        fleet.must("plugin", "load", name)
        wait_plugin(fleet, name, lambda p: p["state"] == "up", name + " is up")
    sim.wait("handled>=500")


def unloaded(t, fleet, sim):
    pid = fleet.plugins()["audit"]["pid"]
    fleet.must("plugin", "unload", "audit")
    wait_until(lambda: not alive(pid), "its process is gone")
    fleet.stop()
    fleet.start()
    t.equal(fleet.plugins()["audit"]["state"], "held", "held after a restart")
    # By now what it said before its end has been read.
    handled, sent = sim.totals()["handled"], sim.totals()["sent"]
    sim.wait("sent>=%d" % (sent + 500))
    wait_plugin(fleet, "audit", lambda p: p.get("waiting", 0)
        + p.get("backlog_events", 0) >= 500, "its events wait")
    t.equal(sim.totals()["handled"], handled, "and none is handled")
    t.ok(fleet.plugins()["weak"]["state"] == "up", "the other one works")
    fleet.must("plugin", "load", "audit")
    sim.wait("handled>=%d" % (sent + 500))


def restarted(t, fleet, sim):
    before, handler = fleet.plugins()["audit"], fleet.handler_pid()
    done = fleet.cli("plugin", "restart", "audit")
    t.equal(done.returncode, 0, "plugin restart: exit status")
    after = wait_plugin(fleet, "audit", lambda p: p["state"] == "up"
        and p["pid"] != before["pid"], "a new process")
    t.equal(fleet.handler_pid(), handler, "in the same handler")
    wait_until(lambda: not alive(before["pid"]), "the old process is gone")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + 200))
    # One that can't initialise does not take the place of one that can.
    os.rename(fleet.path("weak"), fleet.path("weak.good"))
    fleet.program("weak", "#!/bin/sh\nexit 1\n")
    pid = fleet.plugins()["weak"]["pid"]
    done = fleet.cli("plugin", "restart", "weak")
    t.equal(done.returncode, 1, "restart of a broken one: exit status")
    t.equal((fleet.plugins()["weak"]["pid"], alive(pid)), (pid, True),
        "the old process goes on")
    os.rename(fleet.path("weak.good"), fleet.path("weak"))
    done = fleet.cli("plugin", "restart", "nobody")
    t.sentence(done, 64, 'no \\[plugin "nobody"\\]', "an unknown one")
    return after


def letters(fleet):
    return json.loads(fleet.must("deadletter", "list",
        "--json"))["dead_letters"]


def dead_letters(t, fleet, sim):
    sim.ctl("message", "0", "poison")
    dead = wait_until(lambda: letters(fleet), "a dead letter")[0]
    t.equal((dead["plugin"], dead["event"], dead["shard"]),
        ("weak", "MESSAGE_CREATE", 0), "it says whose and what")
    t.match(dead["last_words"], "that was poison", "and the last words")
    number = str(dead["id"])
    t.match(fleet.must("deadletter", "show", number), '"content":"poison"',
        "it is shown with all bytes")
    wait_plugin(fleet, "weak", lambda p: p["state"] == "up", "it is up again")
    with open(fleet.path("cured"), "w", encoding="utf-8"):
        pass
    with open(fleet.path("weak.seen"), encoding="utf-8") as f:
        before = f.read().count("poison")
    fleet.must("deadletter", "replay", number)

    def again():
        with open(fleet.path("weak.seen"), encoding="utf-8") as f:
            return f.read().count("poison") > before

    wait_until(again, "the plugin got it again")
    wait_until(lambda: not letters(fleet), "done, it is no dead letter")
    t.equal(fleet.cli("deadletter", "drop", number).returncode, 1,
        "a drop finds nothing")
    os.unlink(fleet.path("cured"))
    sim.ctl("message", "0", "poison")
    number = str(wait_until(lambda: letters(fleet), "another one")[0]["id"])
    fleet.must("deadletter", "drop", number)
    t.equal(letters(fleet), [], "dropped, it is gone")


def dismissed(t, fleet, sim):
    """Unloaded with --drop: nothing is kept, before or after a restart."""
    t.sentence(fleet.cli("plugin", "load", "weak", "--drop"), 64,
        "plugin unload", "--drop with anything else")
    fleet.must("plugin", "unload", "weak")
    sim.ctl("message", "0", "it waits")
    wait_plugin(fleet, "weak", lambda p: p.get("backlog_events"),
        "it waits on disk")
    t.match(fleet.must("plugin", "unload", "--drop", "weak"), "are dropped",
        "it says what becomes of the events")

    def none_waits(p):
        return not p.get("backlog_events") and not p.get("waiting")
    wait_plugin(fleet, "weak", none_waits, "nothing waits any more")
    fleet.stop()
    fleet.start()
    p = fleet.plugins()["weak"]
    t.equal((p["state"], p["note"]), ("held",
        "unloaded: its events are dropped"), "also after a restart")
    sim.ctl("message", "0", "nobody hears")
    handled = sim.totals()["handled"]
    sim.wait("handled>=%d" % (handled + 200))
    t.ok(none_waits(fleet.plugins()["weak"]), "nothing is kept")
    fleet.must("plugin", "load", "weak")
    sim.ctl("message", "0", "hear this")

    def seen():
        with open(fleet.path("weak.seen"), encoding="utf-8") as f:
            return f.read().splitlines()
    wait_until(lambda: "hear this" in seen(), "it gets what comes")
    t.equal([x for x in seen() if x in ("it waits", "nobody hears")], [],
        "and nothing of before")


def added(t, fleet, plugins):
    """A section that the handler did not start with, loaded and replaced;
    the handler then ends in order."""
    plugins["late"] = dict(exec=fleet.path("weak"), events="TYPING_START")
    fleet.write_config({"handler.probation": "0"}, plugins)
    t.sentence(fleet.cli("plugin", "restart", "late"), 1, "plugin load",
        "what is new is not restarted")
    fleet.must("plugin", "load", "late")
    wait_plugin(fleet, "late", lambda p: p["state"] == "up", "it is up")
    for _ in range(2):	# refused as long as the process before is ending
        wait_until(lambda: fleet.cli("plugin", "restart", "late")
            .returncode == 0, "it is restarted")
    fleet.must("reload")
    log = fleet.must("logs", "-n", "1000")
    t.match(log, r"old handler \(pid \d+\) ended as asked",
        "the handler before ended by itself")


def main(t):
    sim = t.sim(rate=100, shards=4)
    fleet = t.fleet(sim, {"handler.probation": "0"})
    fleet.program("weak", WEAK % {"dir": fleet.dir})
    plugins = {"audit": fleet.audit(), "weak": dict(exec=fleet.path("weak"),
        events="MESSAGE_CREATE", window=1)}
    fleet.write_config({"handler.probation": "0"}, plugins)
    held_at_start(t, fleet, sim)
    unloaded(t, fleet, sim)
    restarted(t, fleet, sim)
    dead_letters(t, fleet, sim)
    dismissed(t, fleet, sim)
    added(t, fleet, plugins)
    sim.settle()
    t.nothing_lost(sim, identifies=4)
    fleet.stop()


scenario(main)
