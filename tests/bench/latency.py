# SPDX-License-Identifier: MIT
"""How much later than others a bot at the gate reads a message."""
import os
import struct
import subprocess
import time
import urllib.parse

from herd import Failed
from measure import STAMP, bot, end, fleet_of, median, percent, \
    ran_and_waited, say

RATE = 200	# events/s: what waits for others is not the gate's
ROUNDS = 5


def stamps(file):
    """{id: when it was read, in ms}"""
    with open(file, "rb") as f:
        pairs = struct.iter_unpack("QQ", f.read())
        return {n: at / 1e6 for n, at in iter(lambda: next(pairs), (0, 0))}


def after(one, other, known=()):
    """How much later the other read what both did."""
    late = [other[n] - at for n, at in one.items()
        if n in other and n not in known]
    if not late:
        raise Failed("nobody read a message")
    return late


def stamper(url, token, file):
    part = urllib.parse.urlsplit(url)
    return bot([STAMP, "bot", part.hostname, str(part.port), token, file])


def told(name, rounds, what):
    """The median of the rounds' percentiles."""
    say(name, "%s: %+.2f ms (p50), %+.2f (p99)", what,
        *(median([percent(late, p) for late in rounds]) for p in (50, 99)))


def a_round(o, files, gate):
    """What of it is later than what; the gate's first thread."""
    known = set(stamps(files["plugin"]))
    before = ran_and_waited(gate)
    subprocess.run([STAMP, "way", files["way"], str(RATE),
        str(max(1, round(o.seconds / 2))), "1"], check=True)
    used = [y - x for x, y in zip(before, ran_and_waited(gate))]
    plugin, at_gate, at_sim = (stamps(files[name])
        for name in ("plugin", "gate", "simulator"))
    late = after(plugin, at_gate, known)
    return (late, after(stamps(files["way"]), stamps(files["way"] + ".far")),
        after(at_sim, at_gate, known), [1e6 * x / len(late) for x in used])


def latency(o, t):
    """The same messages, read by all at once; beside them others, at the same
    rate and time, over a way on which there is but an idle process."""
    sim = t.sim(rate=0, shards=1, guilds=16, mix="MESSAGE_CREATE=1",
        ping_every=0, plain=True)
    files = {name: os.path.join(t.dir, "read." + name)
        for name in ("plugin", "gate", "simulator", "way")}
    fleet, url, tokens = fleet_of(t, sim, ("bot",), {"stamp": dict(
        exec="%s plugin %s" % (STAMP, files["plugin"]),
        events="MESSAGE_CREATE", window=512)})
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="ascii") as f:
        discords = f.read().strip()
    bots = [stamper(url, tokens[0], files["gate"]),
        stamper(sim.urls["SIM_GATEWAY"], discords, files["simulator"])]
    sim.ctl("rate", RATE)
    time.sleep(1)
    gate = fleet.status()["gate"]["pid"]
    rounds = [a_round(o, files, gate) for _ in range(ROUNDS)]
    sim.ctl("rate", 0)
    for one in bots:
        end(one)
    late, way, whole, used = zip(*rounds)
    told("latency", late, "a bot reads a message after a plugin")
    told("", way, "one behind an idle process, after one that is before it")
    told("", whole, "a bot at the gate, after one at the simulator itself")
    say("", "the gate had a processor for %.0f us of each message, and waited "
        "%.0f us for one", *(median(x) for x in zip(*used)))
    say("", "medians of %d rounds of some %d messages, %d a second", ROUNDS,
        len(late[0]), RATE)
    fleet.stop()
    sim.stop()
