#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`events` tells what happened to the fleet; `events -f` shows Discord's events
as they pass, filtered, in lines, fields or Discord's own bytes, through a new
handler; and one who does not read at all, under load, costs no event and
delays none: what he misses is counted, and told when he reads on."""
import json
import os
import re
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, wait_until
from processes import alive, kill

RATE = 3000
FOUL = "x\x1b[2Jy\u202ez\nforged line"


class Follower:
    """`events -f ...` with its output in files."""

    def __init__(self, t, fleet, *args):
        name = os.path.join(t.dir, "follower-%d" % len(os.listdir(t.dir)))
        self.name = name
        with open(name + ".out", "wb") as out, open(name + ".err", "wb") as err:
            self.process = subprocess.Popen([fleet.binary, "-c", fleet.config,
                "events", "-f", *map(str, args)], stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, cwd=fleet.dir)

    def text(self, end=".out"):
        with open(self.name + end, encoding="utf-8", newline="\n") as f:
            return f.read()

    def lines(self):
        return self.text().splitlines()

    def end(self):
        self.process.terminate()
        self.process.wait(60)


def tap_fds(fleet):
    """Sockets of the handler: one more for each who looks."""
    folder = "/proc/%d/fd" % fleet.handler_pid()
    return sum(os.readlink(os.path.join(folder, fd)).startswith("socket:")
        for fd in os.listdir(folder))


def looking(fleet, before, n):
    wait_until(lambda: tap_fds(fleet) == before + n,
        "%d look at the events" % n)


def lines_of_all_kinds(t, sim, fleet):
    guild = re.search(r"\d{15,}", sim.ctl("guilds", 1))[0]
    shard = (int(guild) >> 22) % 2
    quiet = tap_fds(fleet)
    text = Follower(t, fleet)
    raw = Follower(t, fleet, "--raw", "--event", "message_create")
    fields = Follower(t, fleet, "--json", "--guild", guild, "--event",
        "MESSAGE_CREATE", "-n", 2)
    other = Follower(t, fleet, "--shard", 1 - shard)
    looking(fleet, quiet, 4)
    fifth = fleet.cli("events", "-f")
    t.sentence(fifth, 75, "4 already look at the events", "a fifth is refused")
    sim.ctl("message", shard, "first " + FOUL, "--guild", guild)
    sim.ctl("message", shard, "second", "--guild", guild)
    wait_until(lambda: fields.process.poll() is not None,
        "-n 2 ends after two events")
    t.equal(fields.process.returncode, 0, "-n ends well")
    seen = [json.loads(line) for line in fields.lines()]
    t.equal([(e["kind"], e["event"], e["guild"], e["shard"]) for e in seen],
        [("discord", "MESSAGE_CREATE", guild, shard)] * 2,
        "of that guild, by its shard")
    t.equal([e["text"].split()[0] for e in seen], ["first", "second"],
        "in order, with what was said")
    wait_until(lambda: len(raw.lines()) >= 2, "the bytes of both")
    d = [json.loads(line)["d"] for line in raw.lines()]
    t.equal([m["content"] for m in d], ["first " + FOUL, "second"],
        "--raw is what Discord sent")
    t.ok("\x1b" not in raw.text() and "\u202e" not in raw.text(),
        "but nothing in it steers a terminal")
    wait_until(lambda: "second" in text.text(), "the lines of both")
    t.match(text.text(), r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  shard %d: "
        r"MESSAGE_CREATE  guild %s  channel \d+  \S+: first x\\x1b\[2Jy\\u202ez"
        r"\\x0aforged line$" % (shard, guild), "a line for people, of text")
    fleet.must("shard", shard, "reconnect")
    wait_until(lambda: re.search(r"(?m)  shard %d: made to reconnect by "
        % shard, text.text()), "what happens to the fleet is among it")
    t.ok("MESSAGE_CREATE" not in other.text(), "--shard is the others' wall")
    t.ok("reconnect" not in raw.text(), "--event is Discord's alone")
    for one in (text, raw, other):
        one.end()
    looking(fleet, quiet, 0)
    t.ok(True, "the handler lets go of who ends")


def the_past(t, fleet):
    past = fleet.must("events")
    t.match(past, r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  shard \d: made to "
        "reconnect by", "events alone is what happened")
    t.equal(fleet.must("events", "-n", 1), past.splitlines(True)[-1],
        "-n: the last of it")
    t.equal({json.loads(line)["kind"] for line in
        fleet.must("events", "--json").splitlines()}, {"fleet"}, "--json, too")
    t.sentence(fleet.cli("events", "--event", "MESSAGE_CREATE"), 64,
        "not kept: with -f", "Discord's events are not kept")
    t.sentence(fleet.cli("events", "-f", "--guild", "me"), 64,
        "no guild id", "a guild that is none")
    t.sentence(fleet.cli("events", "-f", "--shard", "9"), 64, "shard",
        "a shard that is none")
    odd = fleet.cli("events", "-f", "--event", "MESAGE_CREATE", "-n", 0)
    t.match(odd.stderr, "did you mean MESSAGE_CREATE", "a slip is named")


def a_new_handler(t, sim, fleet):
    follower = Follower(t, fleet, "--event", "MESSAGE_CREATE")
    pid = fleet.handler_pid()
    fleet.must("reload")
    fleet.wait_status(lambda s: s["handler"]["pid"] not in (0, pid),
        "another handler serves")
    wait_until(lambda: "shown again" in follower.text(".err"),
        "it goes on with the new handler", 120)
    sim.ctl("message", 0, "after the reload")
    wait_until(lambda: "after the reload" in follower.text(),
        "and shows what passes there")
    pid = fleet.handler_pid()
    kill(pid)
    wait_until(lambda: follower.text(".err").count("shown again") == 2,
        "and with the one after a SIGKILL", 120)
    follower.end()


def one_who_does_not_read(t, sim, fleet):
    before = tap_fds(fleet)
    reads = subprocess.Popen([fleet.binary, "-c", fleet.config, "events", "-f",
        "--raw"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    looking(fleet, before, 1)
    handled = sim.totals()["handled"]
    sim.ctl("rate", RATE)
    sim.ctl("resume")
    # Nobody empties its pipe, and so it reads no more itself.
    sim.wait("handled>=%d" % (handled + 5 * RATE))
    sim.ctl("pause")
    sim.settle()
    t.nothing_lost(sim, identifies=2, allow=("repeated",))
    t.ok(reads.poll() is None, "he is still there")
    handler = fleet.status()["handler"]
    t.equal(handler["lag_events"], 0, "the handler is behind with nothing")
    shown = []
    os.set_blocking(reads.stdout.fileno(), False)

    def read():
        chunk = reads.stdout.read()
        if chunk:
            shown.append(chunk)
        return chunk is None and shown
    sent = sim.totals()["sent"]
    os.set_blocking(reads.stderr.fileno(), False)
    told = []

    def missed():
        read()
        told.append(reads.stderr.read() or b"")
        return b" not shown: too fast for what reads them" in b"".join(told)
    wait_until(missed, "what he missed is told when he reads on")
    wait_until(read, "all that was kept for him is read")
    counts = [int(n) for n in re.findall(rb"(\d+) events? not shown",
        b"".join(told))]
    lines = b"".join(shown).count(b"\n")
    t.ok(lines + sum(counts) >= 5 * RATE, "shown %d + not shown %d = all of "
        "them" % (lines, sum(counts)))
    t.ok(lines + sum(counts) <= sent, "and no more than were sent")
    for line in b"".join(shown).splitlines()[:-1]:
        json.loads(line)
    reads.terminate()
    reads.wait(60)


def main(t):
    sim = t.sim(shards=2, guilds=4, rate=0)
    fleet = t.fleet(sim)
    fleet.start()
    lines_of_all_kinds(t, sim, fleet)
    the_past(t, fleet)
    a_new_handler(t, sim, fleet)
    one_who_does_not_read(t, sim, fleet)
    alone = fleet.supervisor_pid()
    last = Follower(t, fleet, "--fleet")
    fleet.stop()
    wait_until(lambda: "fleet: stopped, sessions kept, by" in last.text(),
        "--fleet tells of the stop")
    last.end()
    t.ok(not alive(alone), "and it is stopped")
    t.sentence(fleet.cli("events", "-f"), 2, "not running", "of a fleet that "
        "does not run nothing passes")


scenario(main)
