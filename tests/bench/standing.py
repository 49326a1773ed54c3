# SPDX-License-Identifier: MIT
"""The regimes of tools/bench that know no floor: memory, starts, losses, delays."""
import os
import resource
import signal
import statistics
import struct
import subprocess
import time

import herd
from floor import CORES, Fleet, Server, TOKEN, WAIT_S, cpu_of, \
    drained, program
from measure import percent
from regimes import alone, figure
from switches import voluntary

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
SETTLED_S = 5	# after which a shard has given back what it only started with
IDLE_MS = 41250	# Discord's heartbeats
SIZES = (1, 4, 16, 64, 256, 1000)


def rollup(pid, *fields):
    """KiB of these."""
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
        return sum(int(line.split()[1]) for line in f
            if line.split(":")[0] in fields)


def private(pid):
    return rollup(pid, "Private_Clean", "Private_Dirty")


def bundle(t, server):
    """All that a system trusts, and the server."""
    path = os.path.join(t.dir, "bundle.pem")
    with open(path, "wb") as out:
        for name in (BUNDLE, server.cert):
            if os.path.exists(name):
                with open(name, "rb") as f:
                    out.write(f.read())
    return path


def some_events(server, fleet, pace=50, seconds=1):
    """pace 0: as many as can be."""
    server.say(*(("pace", pace) if pace else ("burst",)))
    time.sleep(seconds)
    server.say("stop")
    drained(server, [fleet])


def memory(o, t, table):
    """Of a shard that has nothing to do, of one that was started later, and of
    all; after a burst."""
    for name, whole in (("the whole CA bundle", True), ("a small CA file",
            False)):
        server = Server(t)
        server, fleet = alone(o, t, shards=16, server=server,
            ca=bundle(t, server) if whole else None)
        some_events(server, fleet, 0)
        time.sleep(SETTLED_S)
        parts = fleet.parts()
        table.add("private memory of an idle shard, %s" % name,
            figure([private(pid) for pid in parts["shard"]], "KiB"))
        if whole:
            pids = sum(parts.values(), [])
            table.add("supervisor, handler and 16 shards: memory",
                figure([sum(rollup(pid, "Pss") for pid in pids) / 1024],
                "MiB"))
        for _ in range(20):
            fleet.status()
        dead = parts["shard"][3]
        os.kill(dead, signal.SIGKILL)
        herd.wait_until(lambda fleet=fleet, dead=dead: dead not in
            fleet.parts()["shard"], "the shard is started again")
        fleet.wait_ready()
        some_events(server, fleet, 0)
        time.sleep(SETTLED_S)
        table.add("private memory of a shard started later, %s" % name,
            figure([private(fleet.shard_pids()[3])], "KiB"))
        fleet.end()
        server.end()


def idle(o, t, table):
    server = Server(t, heartbeat_ms=IDLE_MS)
    server, fleet = alone(o, t, shards=16, server=server)
    some_events(server, fleet)
    time.sleep(SETTLED_S)
    parts = fleet.parts()
    before, woken = cpu_of(parts), {k: voluntary(v) for k, v in parts.items()}
    began = time.monotonic()
    time.sleep(10 * o.seconds)
    took = time.monotonic() - began
    for name, now in cpu_of(parts).items():
        of = len(parts[name])
        table.add("idle: CPU of the %s" % name, figure([1e6 * (now
            - before[name]) / took / of], "us/s"))
        table.add("idle: wake-ups of the %s" % name, figure([(voluntary(
            parts[name]) - woken[name]) / took / of], "/s"))
    fleet.end()
    server.end()


def seen(server, group, n, since):
    """Seconds until so many are ready."""
    while server.group(group)["ready"] != n:
        if time.monotonic() - since > WAIT_S:
            raise herd.Failed("%d of %d are ready" % (server.group(group)[
                "ready"], n))
        time.sleep(0.005)
    return time.monotonic() - since


def start(o, t, table):
    """From `start` to READY: of one shard, and of 256; and all 256 cut."""
    took = []
    for _ in range(o.rounds):
        server = Server(t)
        fleet = Fleet(t, server, "zlib", binary=o.bin)
        began = time.monotonic()
        fleet.must("start")
        took.append(seen(server, TOKEN, 1, began))
        fleet.wait_ready()
        fleet.end()
        server.end()
    table.add("start to READY, 1 shard", figure(took, "s"))
    n = 256
    server = Server(t, concurrency=n)
    fleet = Fleet(t, server, "zlib", n, binary=o.bin)
    began = time.monotonic()
    fleet.must("start", timeout=WAIT_S)
    table.add("start to READY, %d shards" % n, figure([seen(server, TOKEN, n,
        began)], "s"))
    fleet.wait_ready()
    some_events(server, fleet, 2)
    lost, cpu = [], []
    for _ in range(min(3, o.rounds)):
        parts = fleet.parts()
        before, was = cpu_of(parts), server.group(TOKEN)["resumes"]
        server.say("cut")
        herd.wait_until(lambda was=was: server.group(TOKEN)["resumes"] - was
            >= n, "all are resumed", WAIT_S)
        lost.append(percent(server.group(TOKEN)["resumed_ms"], 95) / 1000)
        drained(server, [fleet])
        cpu.append(sum(cpu_of(parts).values()) - sum(before.values()))
        fleet.wait_ready()
    table.add("%d shards cut: 95 %% resumed" % n, figure(lost, "s"))
    table.add("%d shards cut: CPU of the fleet" % n, figure(cpu, "s"))
    fleet.end()
    server.end()


def timed_status(fleet):
    began, used = time.monotonic(), resource.getrusage(
        resource.RUSAGE_CHILDREN)
    fleet.cli("status")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (1000 * (time.monotonic() - began), 1000 * (now.ru_utime
        + now.ru_stime - used.ru_utime - used.ru_stime))


def growth(o, t, table):
    """One event a second for each shard."""
    for n in SIZES:
        server = Server(t, concurrency=n)
        fleet = Fleet(t, server, "zlib", n, binary=o.bin)
        fleet.must("start", timeout=3 * WAIT_S)
        fleet.wait_ready(3 * WAIT_S)
        some_events(server, fleet, 1, 2)
        parts = fleet.parts()
        server.say("pace", 1)
        time.sleep(2)
        before, sent = cpu_of(parts), server.group(TOKEN)["sent"]
        began = time.monotonic()
        time.sleep(5 * o.seconds)
        took = time.monotonic() - began
        sent = server.group(TOKEN)["sent"] - sent
        used = {k: v - before[k] for k, v in cpu_of(parts).items()}
        server.say("stop")
        of = "%d shard%s" % (n, "s" if n > 1 else "")
        table.add("%s: CPU of the supervisor" % of, figure([100
            * used["supervisor"] / took], "%"))
        table.add("%s: CPU of the shards for an event" % of, figure([1e6
            * used["shard"] / sent], "us"))
        table.add("%s: private memory of one" % of, figure([
            statistics.median(private(pid) for pid in parts["shard"])], "KiB"))
        if n == SIZES[-1]:
            wall, cpu = zip(*(timed_status(fleet) for _ in range(7)))
            table.add("%s: status" % of, figure(wall, "ms"))
            table.add("%s: status, CPU" % of, figure(cpu, "ms"))
        fleet.end()
        server.end()


def pairs(path):
    with open(path, "rb") as f:
        for key, at in struct.iter_unpack("QQ", f.read()):
            if key == 0 and at == 0:
                return
            yield key, at


def latency(o, t, table):
    """From the server's send to the plugin's read, of 4 shards at 1000/s."""
    files = [os.path.join(t.dir, name) for name in ("sent", "read")]
    server = Server(t, stamps=files[0])
    server, fleet = alone(o, t, shards=4, server=server, events="*",
        stamps=files[1])
    known, found = 0, []
    for _ in range(o.rounds):
        server.say("pace", 1000)
        time.sleep(o.seconds)
        server.say("stop")
        drained(server, [fleet])
        sent, read = dict(pairs(files[0])), dict(pairs(files[1]))
        late = [(at - sent[key]) / 1000 for key, at in list(read.items())[
            known:] if key in sent]
        known = len(read)
        found.append([percent(late, p) for p in (50, 99)])
    lost = len(set(sent) - set(read))
    if lost:
        raise herd.Failed("%d of %d events did not reach the plugin"
            % (lost, len(sent)))
    for i, p in enumerate((50, 99)):
        table.add("send to a plugin's read, 4 x 1000/s: p%d" % p,
            figure([f[i] for f in found], "us"))
    fleet.end()
    server.end()


def template(o, t, table):
    """Events a second through what `plugin new` makes, on all processors."""
    folder = os.path.join(t.dir, "made")
    subprocess.run([o.bin, "plugin", "new", "made", "--lang", "c"], check=True,
        capture_output=True, cwd=t.dir)
    subprocess.run(["make", "-C", folder], check=True, capture_output=True)
    for name, plugin in (("the C template", os.path.join(folder, "plugin")),
            ("one that answers once per read", None)):
        server, fleet = alone(o, t, events="*", plugin=plugin,
            core=",".join(map(str, CORES)))
        found = []
        for _ in range(o.rounds):
            before = server.group(TOKEN)["sent"], fleet.handled()
            began = time.monotonic()
            server.say("burst")
            time.sleep(0.2)
            server.say("stop")
            n = server.group(TOKEN)["sent"] - before[0]
            while fleet.handled() - before[1] < n:
                time.sleep(0.01)
            found.append(n / (time.monotonic() - began))
        table.add("events/s through %s" % name, figure(found, "/s"))
        fleet.end()
        server.end()


def counted(path, pid):
    """malloc, calloc, realloc, free calls, and bytes asked for."""
    with open(path, "rb") as f:
        f.seek(pid % 65536 * 64)
        return struct.unpack("5Q", f.read(40))


def allocations(o, t, table):
    """Calls for each event in steady burst, by what is loaded before libc."""
    path = os.path.join(t.dir, "allocations")
    os.environ.update(LD_PRELOAD=program("alloc_count.so"), ALLOC_COUNT=path)
    try:
        server, fleet = alone(o, t, events="MESSAGE_CREATE")
    finally:
        del os.environ["LD_PRELOAD"]
    parts = fleet.parts()
    pids = {name: parts[name][0] for name in ("shard", "handler")}
    server.say("burst")
    time.sleep(0.3)
    before = {k: counted(path, pid) for k, pid in pids.items()}
    sent = server.group(TOKEN)["sent"]
    time.sleep(o.seconds)
    now = {k: counted(path, pid) for k, pid in pids.items()}
    sent = server.group(TOKEN)["sent"] - sent
    server.say("stop")
    for name in pids:
        m, c, r, f, size = (y - x for x, y in zip(before[name], now[name]))
        table.add("allocations of the %s an event" % name, figure([(m + c + r)
            / sent], ""))
        table.add("bytes that the %s asks for an event" % name, figure([size
            / sent], ""))
        table.add("calls of free of the %s an event" % name, figure([f / sent],
            ""))
    fleet.end()
    server.end()
