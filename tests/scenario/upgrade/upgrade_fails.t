#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""I4, issue 6: an upgrade that can't work ends where it began, with a reason:
the same process, the same version, the same children, and nothing lost."""
import contextlib
import shlex
import sys

sys.path.append(sys.path[0] + "/../lib")
import nextver
from herd import SHARDHERD, scenario, wait_until
from processes import alive, children

RATE = 300
SHARDS = 4


def family(fleet):
    s = fleet.status()
    return (s["cluster"]["pid"], s["cluster"]["version"], s["handler"]["pid"],
        [x["pid"] for x in s["shards"]])


def refused(t, fleet, what, path, code, pattern, *options):
    before = family(fleet)
    done = fleet.cli("upgrade", path, *options)
    t.equal(done.returncode, code, what + ": exit status")
    lines = done.stderr.strip().splitlines()
    t.equal(len(lines), 1, what + ": one sentence")
    t.match(done.stderr, pattern, what + ": the reason")
    t.equal(family(fleet), before, what + ": everything is as it was")


def of_no_use(t, fleet):
    name = fleet.path("next")
    refused(t, fleet, "no such file", fleet.path("none"), 78,
        "can't be opened: No such file")
    nextver.write(name, b"hello\n", 0o644)
    refused(t, fleet, "not executable", name, 78, "not executable")
    nextver.write(name, b"hello\n")
    refused(t, fleet, "no program", name, 1,
        "everything goes on as before.*can't be executed: Exec format")
    refused(t, fleet, "another program", "/bin/true", 1,
        "exited with code 0 .* without a word: is it shardherd")
    with open(SHARDHERD, "rb") as f:
        nextver.write(name, f.read(4096))
    refused(t, fleet, "half a program", name, 1, "everything goes on")
    nextver.script(name, "echo some library is missing", "exit 127")
    refused(t, fleet, "one that can't run here", name, 1,
        "exited with code 127 .*: some library is missing")
    nextver.script(name, "kill -SEGV $$")
    refused(t, fleet, "one that crashes", name, 1, "signal 11")


def unfit(t, fleet):
    name = fleet.path("next")
    nextver.patched(SHARDHERD, name, "drain_timeout", "drein_timeout")
    refused(t, fleet, "a config it rejects", name, 78, "it does not accept "
        "the config in force: .*drain_timeout: unknown key")
    quoted = shlex.quote(name)
    nextver.examined_then(SHARDHERD, name, "chmod 000 " + quoted)
    refused(t, fleet, "an exec that fails", name, 1,
        "everything goes on as before: .*can't be executed")


def comes_back(t, fleet, sim):
    """It was found fit, and then it can't start: the one before returns."""
    name = fleet.path("next")
    nextver.patched(SHARDHERD, name, "%s/control.sock", "%s/contr/l.sock")
    # Elsewhere the end of that string, or, under the sanitizers, its own.
    with contextlib.suppress(ValueError):
        nextver.patched(name, name, "control.sock", "contr/l.sock")
    before = family(fleet)
    done = fleet.cli("upgrade", name)
    t.equal(done.returncode, 1, "one that can't start: exit status")
    t.match(done.stderr, "Not upgraded, version .* runs as before: the new "
        "program could not start: .*contr/l.sock", "the reason")
    t.equal(family(fleet), before, "and everything is as it was")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))


def killed_within(t, fleet, sim):
    """A shard dies just between the two programs."""
    name = fleet.path("next")
    before = family(fleet)
    nextver.script(name, 'case "$1" in --role=supervisor) kill -9 %d;; esac'
        % before[3][1], 'exec %s "$@"' % shlex.quote(SHARDHERD))
    done = fleet.cli("upgrade", name, "--no-handler", "--wait")
    t.equal(done.returncode, 0, "a shard killed in the middle: exit status")
    t.match(done.stdout, "3 of 4 shards were taken over", "it is missed")
    fleet.wait_status(lambda s: s["shards"][1]["pid"] not in (0, before[3][1])
        and s["shards"][1]["state"] == "ready", "it is started again")
    t.equal(fleet.shard(1)["crashes"], {"signal": 1}, "its end is counted")
    after = family(fleet)
    t.equal((after[0], after[2], [p for i, p in enumerate(after[3])
        if i != 1]), (before[0], before[2], [p for i, p in
        enumerate(before[3]) if i != 1]), "nobody else was touched")
    t.equal([p for p in children(after[0]) if not alive(p)], [],
        "nothing is left unburied")


def ends_after(t, fleet, sim):
    """It was found fit, and then it ends without a word: what was left behind
    for that starts the one before again, which takes all the others over."""
    name = fleet.path("next")
    before = family(fleet)
    nextver.script(name, 'case "$1" in --role=supervisor) kill -SEGV $$;; esac',
        'exec %s "$@"' % shlex.quote(SHARDHERD))
    done = fleet.cli("upgrade", name)
    t.equal(done.returncode, 1, "one that crashes after all: exit status")
    t.match(done.stderr, "Not upgraded: the new program ended before it had "
        "taken over. Version .* was started again, .* not touched", "the "
        "reason")
    fleet.wait_ready()
    after = family(fleet)
    t.ok(after[0] != before[0], "another supervisor runs")
    t.equal(after[1:], before[1:], "of the same version, and nobody else is "
        "another")
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))
    t.match(fleet.log_text(), "Upgrade: Not upgraded: the new program ended",
        "the log has the reason, too")


def by_force(t, fleet, sim):
    """Processes that can't be taken over: what it would cost is said, and
    it is only done when asked for."""
    fleet.stop()
    fleet.write_config({"limits.orphan_time": "0"})
    fleet.start()
    name = fleet.path("next")
    version = nextver.another(SHARDHERD, name)
    refused(t, fleet, "no way to take over", name, 1, "orphan_time is 0.*"
        "--force stops all 4 shards")
    before = family(fleet)
    broken = fleet.path("broken")
    nextver.examined_then(SHARDHERD, broken, "chmod 000 " +
        shlex.quote(broken))
    done = fleet.cli("upgrade", broken, "--force")
    t.equal(done.returncode, 1, "forced, and then the exec fails: exit status")
    t.match(done.stderr, "Not upgraded, version .* runs as before", "the "
        "reason")
    fleet.wait_ready()
    t.equal(family(fleet)[:2], before[:2], "the old version starts all again")
    before = family(fleet)
    done = fleet.cli("upgrade", name, "--force", "--wait")
    t.equal(done.returncode, 0, "upgrade --force: exit status")
    after = family(fleet)
    t.equal(after[:2], (before[0], version), "the same process, the new "
        "version")
    t.equal(set(after[3]) & set(before[3]), set(), "all shards are others")
    t.equal([p for p in before[3] if alive(p)], [], "the old ones are gone")


def main(t):
    sim = t.sim(rate=RATE, shards=SHARDS, max_concurrency=SHARDS)
    fleet = t.fleet(sim, {"handler.probation": "0",
        "handler.drain_timeout": "9s"})
    fleet.start()
    sim.wait("handled>=%d" % RATE)
    of_no_use(t, fleet)
    unfit(t, fleet)
    comes_back(t, fleet, sim)
    t.equal(sim.totals()["connects"], SHARDS, "no shard reconnected so far")
    killed_within(t, fleet, sim)
    ends_after(t, fleet, sim)
    by_force(t, fleet, sim)
    sim.wait("handled>=%d" % (sim.totals()["handled"] + RATE))
    sim.settle()
    t.nothing_lost(sim, identifies=SHARDS)
    pid = fleet.supervisor_pid()
    fleet.stop()
    wait_until(lambda: not alive(pid), "it ends")
    done = fleet.cli("upgrade")
    t.sentence(done, 2, "not running", "upgrade of nothing")


scenario(main)
