#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Small promises of the command line: a start that is waited for tells how far
it is, a watched status keeps its head and ends by q, words that are nearly
right are named, groups of verbs alone show what there is, help fits, the
version names the build, and restart restarts."""
import json
import os
import re
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import PATIENT, scenario
from processes import alive
from terminal import ROWS, Terminal


def watched(t, fleet):
    term = Terminal(fleet, "status", "--all", "-w0.1")
    term.wait(r"(?s)\x1b\[2J.*\x1b\[2J.*\x1b\[2J")
    frame = term.text.split("\x1b[H\x1b[2J")[1]
    t.match(frame, r"\Acluster ", "a frame begins with the head")
    t.ok(frame.count("\n") < ROWS, "and is no longer than the screen")
    t.match(frame, r"more lines", "what is left out is said")
    os.write(term.fd, b"q")
    t.equal(term.end(), 0, "q ends it")


def waited_for(t, fleet):
    term = Terminal(fleet, "start", "--wait")
    term.wait(r"\r\x1b\[KStarting for .*\d+ of 16 shards are ready, the handler ")
    t.ok(True, "a start that takes long tells how far it is")
    t.equal(term.end(), 0, "and ends well")
    t.match(term.text, r"about [\d.m]+s more: \d+ of 16 shards are ready",
        "and how long it still takes")
    t.ok("\n" not in term.text.strip(), "in one line that is drawn anew")
    t.match(term.text, r"\r\x1b\[K$", "of which nothing is left")


def simple(t, fleet):
    """No colours where they are not wanted, no escapes where nobody reads
    them, and in JSON nothing else."""
    looks = (["status"], ["plugin"], ["budget"], ["why"], ["check"])
    shown = {}
    for how, env in (("", {}), ("NO_COLOR", {"NO_COLOR": "1"}),
            ("TERM=dumb", {"TERM": "dumb"})):
        terms = [Terminal(fleet, *look, **env) for look in looks]
        for term in terms:
            term.end()
        shown[how] = "".join(term.text for term in terms)
    t.match(shown[""], r"\x1b\[3\dm", "a terminal has colours")
    t.ok(not re.search(r"\x1b\[\d*m", shown["NO_COLOR"]), "not with NO_COLOR")
    t.ok("\x1b" not in shown["TERM=dumb"], "nor with TERM=dumb")
    t.ok("\x1b" not in "".join(fleet.cli(*look).stdout for look in looks),
        "nor where there is no terminal")
    term = Terminal(fleet, "status", "-w0.1", TERM="dumb")
    term.wait(r"(?s)cluster .*cluster .*")
    os.write(term.fd, b"q")
    term.end()
    t.ok("\x1b" not in term.text, "a watched status is no exception")


def slow(t, fleet):
    """Stops and starts again, so that every shard takes its time."""
    done = fleet.cli("restart", "--wait", "--json")
    t.equal((done.returncode, done.stderr), (0, ""), "--json: nothing beside it")
    for line in done.stdout.splitlines():
        json.loads(line)
    fleet.must("stop", "--end-sessions")
    term = Terminal(fleet, "start", "--wait", TERM="dumb")
    t.equal(term.end(), 0, "a start on a simple terminal")
    t.ok("\x1b" not in term.text, "has no escapes")
    t.match(term.text, r"(?m)^shardherd: Starting for [\d.m]+s, .*of 16 shards",
        "but lines, now and then")


def words(t, fleet):
    for word, near in (("statsu", "status"), ("bugdet", "budget"),
            ("relod", "reload")):
        t.sentence(fleet.cli(word), 64, 'did you mean "%s"' % near, word)
    for group in ("plugin", "rank", "deadletter", "token", "db", "config"):
        t.equal(fleet.cli(group).returncode, 0, group + " alone shows")
    texts = [fleet.must("--help")] + [fleet.must("help", verb) for verb in
        re.findall(r"(?m)^  ([a-z]+) ", fleet.must("help"))]
    t.ok(len(texts) > 20, "there is help for each verb")
    t.equal([line for text in texts for line in text.splitlines()
        if len(line) > 80], [], "no line of it is wider than 80")
    t.match(fleet.must("--version"), r"(?m)^build [0-9a-f]{16,}$",
        "the version names the build")
    t.equal(fleet.must("version"), fleet.must("--version"),
        "so does the verb")
    t.match(fleet.must("status", "--wide"), r"\bPRIVATE\b",
        "the table shows the memory of a shard's own")


def every_form(t, fleet):
    """Each form of each verb takes what the table says, and nothing else: a
    verb that disagrees with its row ends by a bug."""
    forms = 0
    for verb in re.findall(r"(?m)^  ([a-z]+) ", fleet.must("help")):
        usage = re.sub(r"\n {8,}", " ", fleet.must("help", verb).split("\n\n")[0])
        for form in re.findall(r"shardherd (.*)", usage):
            form = re.sub(r"\[[^][]*(\[[^][]*\][^][]*)*\](\.\.\.)?", "", form)
            words = [word.split("|")[0] if word.islower() else "0" for word in
                form.replace("SHARD|--guild ID", "0").split()]
            done = fleet.cli(*words, "--no-such")
            forms += 1
            if done.returncode != 64 or "unknown option --no-such" \
                    not in done.stderr:
                t.ok(False, "%s --no-such: exit %d, %s" % (" ".join(words),
                    done.returncode, done.stderr))
    t.ok(forms > 50, "%d forms agree with the table" % forms)


def rolled(t, fleet):
    term = Terminal(fleet, "rollout", "--all", "--pause", "1s")
    t.equal(term.end(), 0, "a rollout")
    t.match(term.text, r"Replacing shards for .*\d+ of 16 shards are replaced",
        "says how far it is")


def restart(t, fleet, sim):
    before = fleet.supervisor_pid()
    spent = sim.totals()["identifies"]
    t.equal(fleet.cli("restart", PATIENT).returncode, 0,
        "restart")
    t.ok(not alive(before), "another supervisor")
    fleet.wait_ready()
    t.equal(sim.totals()["identifies"], spent, "all sessions are resumed")
    os.rename(fleet.config, fleet.config + ".away")
    with open(fleet.config, "w", encoding="utf-8") as f:
        f.write("[bot]\nnonsense = 1\n")
    t.equal(fleet.cli("restart").returncode, 78, "restart with a config that "
        "can't be started")
    os.rename(fleet.config + ".away", fleet.config)
    t.equal(fleet.status()["cluster"]["state"], "ready", "stops nothing")
    fleet.stop()
    t.equal(fleet.cli("restart").returncode, 0, "restart of what is stopped")
    fleet.wait_ready()


def main(t):
    # One at a time and an interval that takes a while.
    sim = t.sim(shards=16, max_concurrency=1)
    fleet = t.fleet(sim)
    waited_for(t, fleet)
    watched(t, fleet)
    words(t, fleet)
    every_form(t, fleet)
    simple(t, fleet)
    slow(t, fleet)
    rolled(t, fleet)
    restart(t, fleet, sim)
    fleet.stop()


scenario(main)
