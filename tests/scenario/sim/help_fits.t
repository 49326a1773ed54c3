#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every page of the simulator's --help fits a terminal of 80x24; together
they name each option and verb once, and the manual has each of them."""
import os
import re
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, SIMULATOR, scenario

COLUMNS, LINES = 80, 24
VERB = r"(?m)^  ([a-z]+(?:-[a-z]+)*)(?: |$)"


def ask(*words):
    return subprocess.run([SIMULATOR, *words], text=True,
        stdin=subprocess.DEVNULL, capture_output=True, check=False)


def page(t, *words):
    done = ask(*words)
    lines = done.stdout.splitlines()
    what = " ".join(words)
    t.equal((done.returncode, done.stderr), (0, ""), what)
    t.ok(0 < len(lines) <= LINES, "%s: %d lines" % (what, len(lines)))
    t.equal([l for l in lines if len(l) >= COLUMNS], [], what + ": no line "
        "is too long")
    return done.stdout


def manual():
    with open(os.path.join(ROOT, "man/shardherd-sim.1"),
            encoding="utf-8") as f:
        return f.read()


def main(t):
    page(t, "help")
    t.equal(page(t, "--help"), page(t, "-h"), "three words for it")
    man = manual()
    first = page(t, "run", "--help")
    options = re.findall(r"(?m)^  --(\S+)", first)
    for topic in re.findall(r"(?m)^  run --help (\S+)", first):
        options += re.findall(r"(?m)^  --(\S+)", page(t, "run", "--help",
            topic))
    t.ok(len(options) > 20, "run has %d options" % len(options))
    t.equal(sorted(set(options)), sorted(options), "each stands once")
    t.equal([o for o in options if not re.search(r"(?m)^\.It Fl -%s( |$)"
        % re.escape(o), man)], [], "the manual has each of them")

    first = page(t, "ctl", "--help")
    named, verbs = set(), []
    for topic in re.findall(r"(?m)^  (people|offers|members|look|connections|"
            r"faults|events) ",
            first):
        found = re.findall(VERB, page(t, "ctl", "--help", topic))
        named.add(topic)
        t.ok(found, "%s has verbs" % topic)
        verbs += found
    t.equal(len(named), 7, "seven topics")
    t.equal(sorted(set(verbs)), sorted(verbs), "each verb stands once")
    t.equal([v for v in verbs if v not in first.split()], [],
        "the first page names each")
    text = " ".join(l for l in man.splitlines() if l.startswith(".It Cm"))
    t.equal([v for v in verbs if v not in re.split(r"[ ,]+", text)], [],
        "the manual has each of them")
    for verb in verbs:
        page(t, "ctl", "--help", verb)

    for words in (("run", "--help", "zzz"), ("ctl", "--help", "zzz")):
        done = ask(*words)
        t.equal(done.returncode, 64, " ".join(words))
        t.match(done.stderr, "knows no zzz", "it says so")
    here = ask("ctl", "--dir", "/nonexistent", "--help")
    t.equal((here.returncode, here.stdout), (0, ask("ctl",
        "--help").stdout), "ctl --help after --dir, as an alias has it")
    t.equal(ask("ctl", "--dir", "/nonexistent", "--help", "say").stdout,
        ask("ctl", "--help", "say").stdout, "and of a verb")
    done = ask("ctl", "say", "#general", "x")
    t.equal(done.returncode, 64, "ctl without --dir")
    t.match(done.stderr, "--dir DIR comes before", "it says so")
    done = ask("run", "--dir", "/nonexistent", "--gilds", "3")
    t.equal(done.returncode, 64, "an option that is none")
    t.match(done.stderr, "did you mean guilds", "the nearest")
    done = ask("ctl")
    t.equal(done.returncode, 64, "ctl alone")
    t.match(done.stderr, "by topic", "shows them too")
    done = ask()
    t.equal(done.returncode, 64, "nothing alone")


scenario(main)
