#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""top in a terminal: what is to be seen, its keys, other sizes, no colour, an
old locale, and that the terminal is left as it was however it ends; and status
on one, whole, whatever there is."""
import re
import signal
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import SHARDHERD, scenario, wait_until
from pace import sanitized
from processes import kill
from screen import Terminal

BARS = "[▁▂▃▄▅▆▇█]"


def top(fleet, *words, **more):
    return Terminal(SHARDHERD, "-c", fleet.config, "top", "--every", "100ms",
        *words, **more)


def shows(t, fleet):
    term = top(fleet)
    term.wait(r"\Acluster herd +ready ")
    term.wait(r"(?m)^shards +4 +4 ready")
    term.wait(r"(?m)^ *3 ready ")
    text = term.screen.text()
    t.match(text, r"SHARD STATE +FOR +EV/S", "the headings")
    t.match(text, r"RESTARTS +PRIVATE", "restarts and memory")
    t.match(term.screen.lines()[-1], r"q quit .*Enter .*Tab ", "the keys are "
        "below")
    t.ok(term.screen.coloured, "it has colours")
    return term


def sorts(t, fleet, term):
    def order():
        return [line.split()[0] for line in term.screen.lines()[7:-1]
            if line]
    term.keys(">")                  # by the first column, the greatest first
    wait_until(lambda: (term.read(), order())[1] == ["3", "2", "1", "0"],
        "by number")
    term.keys("r")
    wait_until(lambda: (term.read(), order())[1] == ["0", "1", "2", "3"],
        "the other way round")
    kill(fleet.shard(2)["pid"])
    wait_until(lambda: (term.read(), re.search(r"(?m)^ +2 ready .* 1 +\S+$",
        term.screen.text()))[1], "it was started again")
    term.keys("wr" + ">" * 7)       # by restarts
    wait_until(lambda: (term.read(), order())[1] == ["2", "0", "1", "3"],
        "by restarts, the others in their order")
    t.ok(True, "rows are sorted")


def drills(t, fleet, term):
    term.wait(r"\Acluster herd +ready ")
    term.keys("w>g\r")
    term.wait(r"Shard 3 \(pid \d+\) has been ready")
    term.keys("\x1b[6~" * 9)
    term.wait(r"shard 3: ready: ")
    t.match(term.screen.lines()[-1], "q back", "other keys below")
    term.keys("q2")
    term.wait(r"PLUGIN +STATE")
    term.wait(r"(?m)^audit +up ")
    term.keys("\r")
    term.wait(r"Plugin audit has been up for")
    term.wait(r"plugin audit: up, pid")
    term.keys("q\t")
    term.wait("There are none")
    term.keys("\t")
    term.wait(r"(?m)^handler +ready ")
    term.wait(r"(?m)^plugin audit +up ")
    t.ok(True, "into a shard, a plugin, the processes")


def resizes(t, term):
    term.keys("1")
    term.size(12, 60)
    term.wait(r"(?m)^ *\d ready ")
    wait_until(lambda: (term.read(), term.screen.lines()[-1])[1]
        .startswith("q quit"), "the keys are on the last line")
    term.size(40, 132)
    wait_until(lambda: (term.read(), term.screen.lines()[-1])[1]
        .startswith("q quit"), "and again on a larger screen")
    t.equal(term.screen.lines()[0][:12], "cluster herd", "the head is above")


def stops(t, term):
    term.signal(signal.SIGTSTP)
    wait_until(term.stopped, "^Z stops it")
    term.read()
    t.ok(term.is_sane(), "and leaves the terminal as it was")
    term.signal(signal.SIGCONT)
    term.wait(r"\Acluster herd", "it goes on where it was")
    term.keys("q")
    t.equal(term.end(), 0, "q ends it")
    t.ok(term.is_sane(), "the terminal is as it was")
    term.close()


def events(t, sim, fleet):
    sim.ctl("rate", "200")
    term = top(fleet)
    term.wait(BARS + ".*\n")
    t.match(term.screen.text(), r"(?m)^events +[1-9]\d*\.\d/s", "the rate")
    term.signal(signal.SIGTERM)
    t.equal(term.end(), -signal.SIGTERM, "SIGTERM ends it")
    t.ok(term.is_sane(), "and the terminal is as it was")
    term.close()
    term = top(fleet, env={"LC_ALL": "C", "NO_COLOR": "1"})
    term.wait(r"(?m)^events +\d+\.\d/s +.*[-.:=+*#@]")
    t.ok(not re.search(BARS, term.screen.text()), "an old locale: ASCII")
    t.ok(not term.screen.coloured, "NO_COLOR: none")
    term.signal(signal.SIGABRT)
    t.equal(term.end(), -signal.SIGABRT, "even when it breaks")
    t.ok(term.is_sane(), "the terminal is as it was")
    term.close()
    sim.ctl("rate", "0")


def refuses(t, fleet):
    t.sentence(fleet.cli("top"), 64, "status -w", "without a terminal")
    term = top(fleet, env={"TERM": "no-such"})
    # curses keeps what it had looked up: a leak to who looks for leaks.
    t.ok(term.end() == 64 or sanitized(SHARDHERD),
        "a terminal that nobody knows")
    t.match(term.screen.text(), "status -w", "what to do instead")
    term.close()
    term = top(fleet, env={"TERM": "dumb"})
    t.ok(term.end() == 64 or sanitized(SHARDHERD),
        "one that cannot move its cursor")
    t.match(term.screen.text(), "status -w", "the same")
    term.close()


def status(t, fleet):
    for rows, columns in ((24, 80), (12, 60), (40, 160)):
        term = Terminal(SHARDHERD, "-c", fleet.config, "status", rows=rows,
            columns=columns)
        t.equal(term.end(), 0, "status on %dx%d" % (columns, rows))
        lines = [line for line in term.screen.seen.split("\r\n")]
        t.ok(len(lines) <= rows, "it fits with the prompt below")
        text = re.sub(r"\x1b\[\d*m", "", term.screen.seen)
        t.ok(all(len(line) <= columns for line in text.split("\r\n")),
            "no line is wider")
        t.match(text, r"\Acluster herd +ready", "the head")
        t.match(text, r"(?m)^last +\d\d:\d\d:\d\d", "what happened last")
        if rows >= 24:
            t.match(text, r"(?m)^memory +[\d.]+M private of \d+", "memory")
            t.match(text, r"(?m)^plugin audit +up .* \d+ +[\d.]+[MK] +\d+",
                "a plugin's restarts, memory and pid")
        term.close()


def main(t):
    sim = t.sim(shards=4)
    fleet = t.fleet(sim)
    fleet.start()
    term = shows(t, fleet)
    sorts(t, fleet, term)
    drills(t, fleet, term)
    resizes(t, term)
    stops(t, term)
    events(t, sim, fleet)
    refuses(t, fleet)
    status(t, fleet)
    fleet.stop()


scenario(main)
