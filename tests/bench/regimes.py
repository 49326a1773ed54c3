# SPDX-License-Identifier: MIT
"""The regimes of tools/bench.  Each is given the bench's options and adds rows to
its table: {name: figure}, a figure the median of some rounds and their range."""
import time

from floor import Fleet, Reader, Server, both, burst, end_all, enough, \
    ratios, used
from switches import switches

MODES = ("zlib", "zstd", "none")
SHARE = "MESSAGE_CREATE"	# 35 % of the events of the mix
PACES = (10, 100, 1000)


def figure(values, unit="x"):
    values = sorted(values)
    return dict(median=values[len(values) // 2], least=values[0],
        most=values[-1], unit=unit)


def at_once(table, name, row):
    """The rows of what ratios() found."""
    for part in ("shard", "shard+handler"):
        if part in row:
            table.add("%s: %s / floor" % (name, part), dict(row[part],
                unit="x"))
    table.note(name, ", ".join("%s %.2f" % x for x in row["us"].items())
        + " us an event; %d events a round" % row["events"])


def in_burst(o, t, table):
    for mode in o.modes:
        for events in (None, SHARE):
            if events and mode == "none":
                continue
            server = Server(t)
            readers = both(t, server, mode, 1, events=events, binary=o.bin)
            name = "burst %s%s" % (mode, ", a plugin takes 35 %" if events
                else "")
            row = burst(server, readers, 1, o.rounds, o.seconds)
            if events:
                del row["shard"]
            at_once(table, name, row)
            if mode == "zstd" and not events:
                beside(o, t, server, readers[1], table)
            end_all(readers)
            server.end()


def beside(o, t, server, fleet, table):
    """A fleet with zstd beside the floor of zlib."""
    reader = Reader(t, server, "zlib", name="zlib floor")
    row = burst(server, [reader, fleet], 1, o.rounds, o.seconds)
    table.add("burst zstd: shard / zlib floor", dict(row["shard"], unit="x"))
    reader.end()


def paced(o, t, table):
    for shards, paces in ((1, PACES), (4, PACES[-1:])):
        server = Server(t)
        readers = both(t, server, "zlib", shards, binary=o.bin)
        for pace in paces:
            name = "paced %d/s, %d shard%s" % (pace, shards,
                "s" if shards > 1 else "")

            def drive():
                server.say("pace", pace)
                time.sleep(max(o.seconds, 20 / pace))
            rounds = []
            for _ in range(o.rounds):
                enough(server, readers, pace * 10, shards)
                rounds.append(used(server, readers, drive))
            at_once(table, name, ratios(rounds))
            if pace == PACES[-1]:
                switches(server, readers[1], o, name, table, pace)
        end_all(readers)
        server.end()


def replay(o, t, table):
    """What was missed comes at once, behind a connection that is new."""
    missed = 20000
    server = Server(t)
    readers = both(t, server, "zlib", 1, binary=o.bin)
    rounds = []
    for _ in range(o.rounds):
        enough(server, readers, 2 * missed, 1)

        def drive():
            server.say("cut")
            server.say("miss", missed)
            for r in readers:
                server.wait_ready(r.group, 1)
        rounds.append(used(server, readers, drive))
    at_once(table, "replay of %d events, zlib" % missed, ratios(rounds))
    end_all(readers)
    server.end()


def guilds(o, t, table):
    """GUILD_CREATE of 65 to 320 KB, in pieces of 16 KB at 8 MB/s."""
    for mode in o.modes[:2]:
        server = Server(t, "guilds")
        readers = both(t, server, mode, 1, binary=o.bin)
        server.say("slow", 16384, 8000000)
        rounds = []
        for _ in range(o.rounds):
            server.say("fresh")
            for r in readers:
                server.wait_ready(r.group, 1)

            def drive():
                server.say("burst")
                time.sleep(max(1.5, o.seconds))
            rounds.append(used(server, readers, drive))
        at_once(table, "GUILD_CREATE flood over a slow socket, %s" % mode,
            ratios(rounds))
        end_all(readers)
        server.end()


def handler(o, t, table):
    """A delivered event of 1.3 KB: what the handler takes for it."""
    found = []
    server = Server(t, "message")
    readers = both(t, server, "zlib", 1, events="*", binary=o.bin)
    for _ in range(o.rounds):
        enough(server, readers, 50000, 1)

        def drive():
            server.say("burst")
            time.sleep(o.seconds)
        found.append(used(server, readers, drive)["handler"][0])
    table.add("a delivered event of 1.3 KB in the handler", figure(found, "us"))
    end_all(readers)
    server.end()


def alone(o, t, mode="zlib", shards=1, server=None, **more):
    server = server or Server(t)
    fleet = Fleet(t, server, mode, shards, binary=o.bin, **more)
    fleet.start()
    return server, fleet
