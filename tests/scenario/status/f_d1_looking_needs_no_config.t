#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I12: whatever becomes of shardherd.conf while a fleet runs, the verbs that
look work as before and name the problem; one plugin's fault is not another's,
nor the handler's; and stop stops."""
import os
import shutil
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import alive, kill

LOOKS = (("status",), ("status", "--json"), ("check",), ("why", "0"),
    ("shard", "0"), ("logs",), ("logs", "level"), ("plugin", "list"),
    ("budget",), ("rollout", "status"), ("deadletter", "list"),
    ("rank", "list"), ("db", "stat"), ("ensure",))


def change(old, new):
    def do(fleet):
        with open(fleet.config, encoding="utf-8") as f:
            text = f.read()
        assert old in text
        with open(fleet.config, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new, 1))
    return do


def junk(fleet):
    with open(fleet.config, "wb") as f:
        f.write(bytes(range(256)) * 8)


def directory(fleet):
    os.unlink(fleet.config)
    os.mkdir(fleet.config)


def no_x_bit(fleet):
    os.chmod(fleet.path("other.sh"), 0o644)


FAULTS = (
    ("a typo", change("intents =", "intends =")),
    ("a typo in state_dir", change("state_dir =", "state_dri =")),
    ("a section that is none", change("[paths]", "[pahts]")),
    ("a section that is not closed", change("[paths]", "[paths")),
    ("a section twice", lambda fleet: change('[plugin "other"]',
        '[plugin "other"]\nexec = true\n[plugin "other"]')(fleet)),
    ("run_dir = state_dir", change("run_dir = run", "run_dir = state")),
    ("a plugin that can't be run", no_x_bit),
    ("a CA file that is gone", lambda fleet: os.unlink(fleet.path("ca.pem"))),
    ("binary junk", junk),
    ("an unreadable file", directory),
    ("no file", lambda fleet: os.unlink(fleet.config)),
)


def is_fault(fleet):
    """Is the file's fault all that the fleet is told to have?"""
    found = fleet.status()["cluster"]["problems"]
    return {p["code"] for p in found} <= {"config-fault"}


def looks(fleet):
    """Each verb's exit status; that of those that judge the fleet is 1 from
    when the supervisor has seen a fault of the file."""
    codes = {verb: fleet.cli(*verb).returncode for verb in LOOKS}
    for verb in LOOKS:
        if verb[0] in ("status", "check") and codes[verb] == 1 \
                and is_fault(fleet):
            codes[verb] = 0
    return codes


def restore(fleet, text):
    if os.path.isdir(fleet.config):
        os.rmdir(fleet.config)
    with open(fleet.config, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(fleet.path("other.sh"), 0o755)
    shutil.copy(fleet.sim.urls["SIM_CA"], fleet.path("ca.pem"))


def one_is_not_all(t, fleet):
    """other.sh can't be run any more."""
    no_x_bit(fleet)
    done = fleet.cli("plugin", "restart", "audit")
    t.equal(done.returncode, 0,
        "plugin restart of another plugin than the broken one")
    done = fleet.cli("plugin", "restart", "other")
    t.equal(done.returncode, 78, "plugin restart of the broken one")
    t.match(done.stderr, "not executable", "which says why")
    pid = fleet.handler_pid()
    kill(pid)
    fleet.wait_status(lambda s: s["handler"]["pid"] not in (None, pid)
        and s["handler"]["state"] == "ready",
        "the handler comes back without the plugin that can't be run")
    t.ok(True, "a plugin that can't be run does not keep the handler down")


def main(t):
    sim = t.sim(shards=2)
    fleet = t.fleet(sim)
    fleet.write_config({"gateway.ca_file": "ca.pem"}, {
        "audit": fleet.audit(),
        "other": dict(exec="other.sh", events="MESSAGE_CREATE")})
    with open(fleet.path("other.sh"), "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\nexec %s\n" % fleet.audit()["exec"])
    with open(fleet.config, encoding="utf-8") as f:
        text = f.read()
    restore(fleet, text)
    fleet.start()
    pid = fleet.supervisor_pid()
    fleet.wait_status(lambda s: s["handler"]["plugins_up"] == 2,
        "both plugins are up")
    good = looks(fleet)
    t.equal(set(good.values()), {0}, "all is well before")
    for name, fault in FAULTS:
        fault(fleet)
        t.equal(looks(fleet), good, name + ": every look works as before")
        t.match(fleet.cli("status").stderr, "(?i)config",
            name + ": status names it")
        t.match(fleet.cli("check").stdout, "2/2 ready.*config",
            name + ": check names it")
        t.equal(fleet.supervisor_pid(), pid, name + ": and it is "
            "this fleet")
        t.ok(fleet.cli("start").returncode == 75, name + ": it runs already")
        restore(fleet, text)
    t.equal(fleet.cli("status").stderr, "", "a good file: nothing to say")
    one_is_not_all(t, fleet)
    os.unlink(fleet.config)
    done = fleet.cli("stop")
    t.equal(done.returncode, 0, "stop without any file")
    wait_until(lambda: not alive(pid), "the supervisor has ended")
    restore(fleet, text)
    t.equal(fleet.status()["cluster"]["state"], "stopped", "it is stopped")


scenario(main)
