# SPDX-License-Identifier: MIT
"""What the gate costs: processor for each event and client, memory, a start."""
import os
import time

from gates import INTENTS
from herd import Failed
from measure import Bot, anon_kb, cpu_s, drain, end, median, quiet, say

READ = 1 << 18
REFUSED = b'"op":9'
WAIT_S = 20


def costs(fleet, seconds, pids):
    """Microseconds of CPU for each event of those processes, in their order;
    events a second."""
    def now():
        return [sum(map(cpu_s, some)) for some in pids] + [
            fleet.status()["gate"]["events"], time.monotonic()]
    time.sleep(2)
    before = now()
    time.sleep(seconds)
    *used, events, took = [y - x for x, y in zip(before, now())]
    return [1e6 * x / events for x in used], events / took


def clients(n):
    return "no client" if n == 0 else "1 client" if n == 1 else (
        "%d clients" % n)


def cpu(o, sim, fleet, ways):
    """ways: the gate's, and the peers', of the same events at the same time."""
    status = fleet.status()
    gate, handler = status["gate"]["pid"], status["handler"]["pid"]
    shard = status["shards"][0]["pid"]
    pids = [[gate], [handler], [shard]] + [[way.pid()] for way in ways[1:]]
    none = None
    sim.ctl("rate", o.rate)
    for n in [0] + o.clients:
        before = [anon_kb(way.pid()) for way in ways]
        bots = [drain(way.url, way.tokens[:n]) for way in ways if n > 0]
        used, rate = costs(fleet, o.seconds, pids)
        none = none or used
        say(clients(n), "gate %5.2f us an event, handler %5.2f: %3.0f %% of "
            "it; %.0f events/s", used[0], used[1], 100 * used[0] / used[1],
            rate)
        if n > 0:
            say("", "%.2f us for each client more, and %+.0f KiB of its own",
                (used[0] - none[0]) / n, (anon_kb(gate) - before[0]) / n)
        for i, way in enumerate(ways[1:], 1):
            mine = used[2 + i]
            say("", "%s %.2f us an event; gate, handler and shard %.2f",
                way.name, mine, sum(used[:3]))
            if n > 0:
                say("", "%s %.2f us for each client more, and %+.0f KiB; it "
                    "has left out %d events for slow ones", way.name,
                    (mine - none[2 + i]) / n, (anon_kb(way.pid()) - before[i])
                    / n, way.left_out())
        for one in bots:
            end(one)
    sim.ctl("rate", 0)


def memory(o, fleet, empty, ways):
    for way in ways:
        quiet(way.pid())
    # Of a sparse file.
    size = os.stat(fleet.path("state", "cache", "data.mdb")).st_blocks * 512
    say("%d guilds" % o.guilds, "%.1f MiB of the gate's own, %.1f without any; "
        "%.1f MiB on disk", anon_kb(ways[0].pid()) / 1024, empty / 1024,
        size / 2**20)
    for way in ways[1:]:
        say("", "%s %.1f MiB of its own", way.name, anon_kb(way.pid()) / 1024)


def let_in(url, token, guilds):
    """Seconds from IDENTIFY to the last GUILD_CREATE, and their bytes; None when
    it was too soon after another IDENTIFY."""
    client = Bot(url)
    client.until(10)
    began, n, size = time.monotonic(), 0, 0
    client.identify(token, intents=INTENTS)
    data = b""
    while n < guilds:
        more = client.socket.recv(READ)
        if not more:
            raise OSError("the connection ended before all guilds came")
        if size == 0 and REFUSED in more:
            client.drop()
            return None
        size += len(more)
        more = data[-20:] + more
        n += more.count(b'"GUILD_CREATE"') - data[-20:].count(
            b'"GUILD_CREATE"')
        data = more
    took = time.monotonic() - began
    client.drop()
    return took, size


def first(url, token, guilds):
    """One IDENTIFY that is let in.  With few guilds all have come before the
    simulator allows the next."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        found = let_in(url, token, guilds)
        if found:
            return found
        time.sleep(0.05)
    raise Failed("no IDENTIFY was let in for %d s" % WAIT_S)


def identify(o, sim, ways):
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="ascii") as f:
        discords = f.read().strip()
    for way in ways:
        took, size = median(first(way.url, way.tokens[0], o.guilds)
            for _ in range(5))
        say("a start" if way is ways[0] else "", "%s: %.2f s from IDENTIFY to "
            "the last of %d guilds, %.1f MB", way.name, took, o.guilds,
            size / 1e6)
    say("", "the simulator itself: %.2f s", median(first(
        sim.urls["SIM_GATEWAY"], discords, o.guilds) for _ in range(3))[0])
