# SPDX-License-Identifier: MIT
"""A gateway that is never the bottleneck, its readers, and what they use.

The fleet, through its CLI, and floor_client, which does what no reader can do
without, read the same stream at the same time on one processor; the server has
another.  CPU is read for each process, so that whatever else the machine does
meets both, and their ratio holds where neither of the figures does."""
import json
import os
import subprocess
import sys
import time

import herd
from herd import BUILD, Failed, ROOT
from measure import cpu_s, median

PROGRAMS = ("floor_stream", "floor_server", "floor_client", "floor_plugin",
    "stamp")
EVENTS = {"mix": 200000, "message": 100000, "guilds": 400}
WORDS = {"zlib": "zlib-stream", "zstd": "zstd-stream", "none": "none"}
LONG_MS = 24 * 3600 * 1000	# heartbeats that are out of the way
CORES = sorted(os.sched_getaffinity(0))
READERS, SERVER = CORES[0], CORES[-1]
QUIET_S, QUIET_CPU = 0.1, 0.0005	# nothing is under way any more
WAIT_S = 120
TOKEN = "floor.fleet.token"


def pin(core):
    return lambda: os.sched_setaffinity(0, {core})


def build():
    """The programs of BUILD."""
    name = os.path.relpath(BUILD, ROOT)
    subprocess.run(["make", "-s", "BUILD=" + name, "all",
        *("%s/bench/%s" % (name, p) for p in PROGRAMS)], cwd=ROOT, check=True)


def program(name):
    return os.path.join(BUILD, "bench", name)


def streams(kind):
    """The files of events of that kind, made once."""
    folder = os.path.join(BUILD, "bench", "streams")
    os.makedirs(folder, exist_ok=True)
    prefix = os.path.join(folder, "%s-%d" % (kind, EVENTS[kind]))
    maker = program("floor_stream")
    made = [prefix + "." + mode for mode in WORDS]
    if not all(os.path.exists(f) and os.path.getmtime(f)
            > os.path.getmtime(maker) for f in made):
        subprocess.run([maker, os.path.join(ROOT, "tests", "data", "events"),
            prefix, kind, str(EVENTS[kind])], check=True)
    return prefix


def certificate(folder):
    """One that signs itself: the file, and its key."""
    files = [os.path.join(folder, name) for name in ("cert.pem", "key.pem")]
    if not os.path.exists(files[1]):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,"
            "IP:127.0.0.1", "-out", files[0], "-keyout", files[1]],
            check=True, capture_output=True)
    return files


class Server:
    def __init__(self, t, kind="mix", heartbeat_ms=LONG_MS, concurrency=16,
            stamps=None):
        self.cert, key = certificate(t.dir)
        self.process = subprocess.Popen([program("floor_server"), "0",
            self.cert, key, streams(kind), str(heartbeat_ms),
            str(concurrency)] + ([stamps] if stamps else []),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=pin(SERVER))
        self.port = self.answer()["port"]

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failed("floor_server ended")
        return json.loads(line)

    def say(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def group(self, name):
        none = dict(ready=0, sent=0, bytes=0, unread=0, left=0, resumed_ms=[],
            identifies=0, resumes=0)
        return self.say("report")["groups"].get(name, none)

    def wait_ready(self, name, n):
        herd.wait_until(lambda: self.group(name)["ready"] == n,
            "%d readers of %s are there" % (n, name), WAIT_S)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Reader:
    """floor_client, a process for each shard."""
    def __init__(self, t, server, mode, shards=1, name="floor"):
        self.server, self.name = server, name
        self.file = os.path.join(t.dir, "floor.events")
        self.process = subprocess.Popen([program("floor_client"),
            str(server.port), mode, str(shards), self.file],
            preexec_fn=pin(READERS))
        server.wait_ready("floor", shards)
        self.group = "floor"

    def parts(self):
        with open("/proc/%d/task/%d/children" % (self.process.pid,
                self.process.pid), encoding="ascii") as f:
            return {"floor": [int(n) for n in f.read().split()]}

    def end(self):
        self.process.kill()
        self.process.wait()


class World:
    """What herd.Fleet wants to know of a simulator."""
    def __init__(self, t, server, shards, ca):
        token = os.path.join(t.dir, "fleet.token")
        with open(os.open(token, os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                0o600), "w", encoding="ascii") as f:
            f.write(TOKEN + "\n")
        self.options = dict(shards=shards, identify_interval="10ms")
        self.urls = dict(SIM_TOKEN_FILE=token, SIM_CA=ca or server.cert,
            SIM_API="https://localhost:%d/api/v10" % server.port)


class Fleet(herd.Fleet):
    """On the readers' processor; of a plugin's events it gets those that are
    named, None: there is no plugin."""
    name = "fleet"
    count = 0

    def __init__(self, t, server, mode, shards=1, events=None, binary=None,
            config=(), ca=None, stamps=None, plugin=None, core=READERS):
        Fleet.count += 1
        super().__init__(os.path.join(t.dir, "fleet%d" % Fleet.count),
            World(t, server, shards, ca))
        self.server, self.core, self.group = server, core, TOKEN
        if binary:
            self.binary = binary
        self.counted = self.path("plugin.events")
        plugins = {}
        if events:
            plugins["floor"] = dict(events=events, window=512,
                exec=plugin or " ".join([program("floor_plugin"), self.counted]
                    + ([stamps] if stamps else [])))
        self.write_config({"gateway.shards": shards, "log.level": "info",
            "bot.intents": "GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT",
            "gateway.compress": WORDS[mode], **dict(config)}, plugins)

    def cli(self, *args, before=(), **more):
        return super().cli(*args, before=("taskset", "-c", str(self.core),
            *before), **more)

    def parts(self):
        s = self.status()
        found = {"shard": [x["pid"] for x in s["shards"]],
            "handler": [s["handler"]["pid"]],
            "supervisor": [s["cluster"]["pid"]]}
        plugins = [p["pid"] for p in self.plugins().values() if p.get("pid")]
        if plugins:
            found["plugin"] = plugins
        return found

    def handled(self):
        """Events of which the handler is done."""
        return self.status()["handler"]["events"]

    def end(self):
        self.stop()


def cpu_of(parts):
    return {name: sum(map(cpu_s, pids)) for name, pids in parts.items()}


def drained(server, readers):
    """Waits until all that was sent was read, and nobody does anything."""
    herd.wait_until(lambda: not any(server.group(r.group)["unread"]
        for r in readers), "what was sent is read", WAIT_S)
    parts = {k: v for r in readers for k, v in r.parts().items()}
    began, before = time.monotonic(), {}
    while time.monotonic() - began < WAIT_S:
        now = cpu_of(parts)
        if before and all(now[k] - before[k] < QUIET_CPU * len(parts[k])
                for k in now):
            return
        before = now
        time.sleep(QUIET_S)
    raise Failed("the readers do not come to rest")


def used(server, readers, drive):
    """What each part of each reader used while drive() went on, and until all
    was read: {part: (microseconds an event, events)}; "server" is its own."""
    drained(server, readers)
    parts = [r.parts() for r in readers]
    before = [cpu_of(p) for p in parts], [server.group(r.group)["sent"]
        for r in readers], cpu_s(server.process.pid)
    drive()
    server.say("stop")
    drained(server, readers)
    result, total = {}, 0
    for r, p, cpu, sent in zip(readers, parts, before[0], before[1]):
        events = server.group(r.group)["sent"] - sent
        total += events
        if events == 0:
            raise Failed("%s was sent nothing" % r.name)
        for name, now in cpu_of(p).items():
            result[name] = (1e6 * (now - cpu[name]) / events, events)
    result["server"] = (1e6 * (cpu_s(server.process.pid) - before[2]) / total,
        total)
    return result


def enough(server, readers, events, shards):
    """Sessions begin anew when fewer events than that are left."""
    if all(server.group(r.group)["left"] >= events for r in readers):
        return
    server.say("fresh")
    for r in readers:
        server.wait_ready(r.group, shards)


def ratios(rounds):
    """Of the rounds' {part: (us, events)}: the median of what all of the fleet
    takes beside the floor, and the range; and medians of the parts."""
    def of(names):
        found = [sum(r[n][0] for n in names if n in r) / r["floor"][0]
            for r in rounds]
        return dict(median=round(median(found), 3), least=round(min(found), 3),
            most=round(max(found), 3))
    row = {"shard": of(["shard"])}
    if "handler" in rounds[0]:
        row["shard+handler"] = of(["shard", "handler"])
    row["us"] = {n: round(median([r[n][0] for r in rounds]), 3)
        for n in rounds[0]}
    row["events"] = round(median([r["floor"][1] for r in rounds]))
    return row


def burst(server, readers, shards, rounds, seconds):
    found = []
    for _ in range(rounds):
        enough(server, readers, EVENTS["mix"] * 3 // 4, shards)

        def drive():
            server.say("burst")
            until = time.monotonic() + seconds
            while time.monotonic() < until and all(
                    server.group(r.group)["left"] for r in readers):
                time.sleep(0.02)
        found.append(used(server, readers, drive))
    return ratios(found)


def both(t, server, mode, shards, **more):
    """The floor and a fleet, ready."""
    fleet = Fleet(t, server, mode, shards, **more)
    fleet.start()
    reader = Reader(t, server, mode, shards)
    return [reader, fleet]


def end_all(readers):
    for r in readers:
        r.end()


if __name__ == "__main__":
    sys.exit("bench: this is tools/bench's")
