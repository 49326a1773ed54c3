#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`why` and `shard` tell what happened, dated and with who asked for it, across
lives of the fleet; and events that wait with a plugin are said to wait."""
import json
import os
import pwd
import signal
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import alive, kill

ME = pwd.getpwuid(os.getuid()).pw_name


def past(fleet):
    return json.loads(fleet.cli("why", "0", "--json").stdout)["past"]


def told(fleet, *words):
    """The event that has all of these words, or None."""
    for event in past(fleet):
        if all(w in event["text"] for w in words):
            return event
    return None


def story(fleet, *words):
    return json.loads(fleet.must("why", *words, "--json"))


def plugin_told(fleet, *words):
    return any(all(w in e["text"] for w in words)
        for e in story(fleet, "audit")["past"])


def of_a_plugin(t, fleet):
    pid = fleet.plugins()["audit"]["pid"]
    kill(pid, signal.SIGSEGV)
    wait_until(lambda: plugin_told(fleet, "signal 11", "started again in"),
        "how a plugin ended")
    wait_until(lambda: fleet.plugins()["audit"]["state"] == "up"
        and plugin_told(fleet, "up, pid %d" % fleet.plugins()["audit"]["pid"]),
        "that it is up again")
    fleet.must("plugin", "unload", "audit")
    wait_until(lambda: plugin_told(fleet, "unloaded: its events"),
        "what became of it")
    t.ok(plugin_told(fleet, "plugin unload audit asked for by", ME),
        "who held a plugin")
    t.match("\n".join(story(fleet, "audit")["why"]),
        r"audit is held by an operator", "why it does not run")
    t.ok(not any("audit" in e["text"] for e in story(fleet, "slow")["past"]),
        "which is nothing of another plugin")
    fleet.must("plugin", "load", "audit")
    times = [e["time_ms"] for e in story(fleet, "audit")["past"]]
    t.equal(times, sorted(times), "in the order in which it was")
    text = fleet.must("why", "audit")
    t.match(text, r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  plugin audit: "
        r"ended: signal 11", "the text says of what")


def of_all(t, fleet):
    text = fleet.must("why")
    t.match(text, r"\AFleet \S+ is ready, up for ", "the fleet's story")
    t.match(text, r"plugin audit: up, pid", "has that of the plugins")
    t.match(text, r"shard \d(( and others)?, \d times)?: ready: ", "and of the shards")
    t.match(fleet.must("why", "--guild", str(1 << 22)),
        r"\AGuild 4194304 is of shard 1\.", "whose guild it is")
    t.sentence(fleet.cli("why", "audti"), 64, 'did you mean "audit"',
        "a name that is nearly right")


def main(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim, plugins={})
    fleet.write_config({}, {"audit": fleet.audit(), "slow": dict(
        exec="%s audit --dir %s" % (fleet.audit()["exec"].split()[0],
        sim.dir), events="MESSAGE_CREATE", window=1)})
    began = time.time() * 1000
    fleet.start()
    fleet.must("shard", "0", "restart")
    order = told(fleet, "restarted by", ME, "uid %d" % os.getuid())
    t.ok(order, "who restarted the shard")
    t.ok(order and began <= order["time_ms"] <= time.time() * 1000,
        "and when")
    t.equal(order and order["shard"], 0, "it is of shard 0")
    fleet.wait_ready()
    wait_until(lambda: told(fleet, "ready", "RESUME answered"), "how it went")
    pid = fleet.shard(0)["pid"]
    kill(pid)
    wait_until(lambda: told(fleet, str(pid), "signal 9"), "how a process ended")
    fleet.wait_ready()
    t.ok(not any("%d" % pid in e["text"] for e in json.loads(fleet.cli("why",
        "1", "--json").stdout)["past"]), "which is nothing of shard 1")
    fleet.must("reload")
    t.ok(told(fleet, "reload asked for by", ME), "who asked for a reload")
    fleet.stop()
    t.ok(told(fleet, "stopped, sessions kept, by", ME), "who stopped it")
    fleet.start()
    supervisor = fleet.supervisor_pid()
    kill(supervisor, signal.SIGTERM)
    wait_until(lambda: not alive(supervisor), "SIGTERM ends it")
    t.ok(told(fleet, "stopped", "SIGTERM of pid %d" % os.getpid()),
        "whose signal it was")
    t.ok(told(fleet, "restarted by"), "lives before this one are remembered")
    text = fleet.cli("why", "0").stdout
    t.match(text, r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  fleet: stopped",
        "the text is dated")
    t.match(fleet.cli("shard", "0").stdout, r"past +\d{4}-",
        "shard 0 knows what why 0 knows")
    fleet.start()
    of_a_plugin(t, fleet)
    of_all(t, fleet)
    fleet.stop()
    t.match(fleet.must("why"), r"\AFleet \S+ is stopped.*\n.*" + ME,
        "of one that is stopped: by whom")


scenario(main)
