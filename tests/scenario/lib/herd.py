# SPDX-License-Identifier: MIT
"""What every scenario needs: a simulator, a fleet, TAP, and a clean end.

A scenario is an executable FOLDER/NAME.t with one function main(t) handed to
scenario().  It starts the real programs in a temporary directory of its own
on ports the kernel picks, and acts as an operator would, through the CLI.
Everything it started, daemons included, is killed by pid at the end; the logs
are shown when something failed.  A scenario never sleeps for luck: it waits
until something is true, with a deadline; and it judges no program by how fast
the machine is: bounds and deadlines grow with the slowness that pace.py
measured (Scenario.soon, wait_until), intervals of the protocol that a test
shortens leave room for a process that does not get a processor for a while.

The programs are those of $BUILD (default: build), or those beside scenario/ in
the path it is started by, so that build-asan/scenario/FOLDER/NAME.t, a link,
tests the programs in build-asan.  $HERD_BIN names another shardherd to
test, the static one say; the simulator is always that of the directory.  With
$HERD_CAGE the fleet runs in a root where there is that binary, /proc,
/dev/null, the scenario's directory, and what runs the plugins: nothing else
of a system.  `make check-static` sets both.
"""
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

from cage import Cage
from files import executable
from pace import Pace, sanitized
from processes import adopt_orphans, alive, kill, kill_descendants

LIB = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(LIB)))
DATA = os.path.join(ROOT, "tests", "data")
WAIT_S = 60		# default deadline of one wait, on a quiet machine
LIMIT_S = 300		# deadline of a whole scenario, on a quiet machine
ROOM = 5		# a deadline kept by another process is so much longer
LATER = 75		# a machine too slow for the patience of a command
PATIENT = "--wait=%d" % (ROOM * WAIT_S - 60)	# a command that waits and succeeds
# Where a scenario does not choose them: what the simulator insists on between
# two IDENTIFYs of a key, and what the fleet keeps to.  Of two that leave in
# time the first may be late on its way, and only the first.
STRICT, PACED = "200ms", "500ms"
POLL_MIN_S, POLL_MAX_S = 0.02, 0.25	# between two looks of a wait
POLL_SHARE = 0.1	# of what it has waited already
LEAKS_EVERY = 8
LOG_LINES = 60		# of each log, shown on failure
# What no log of a healthy run contains.
BROKEN = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|"
    r"invariant|Traceback \(most recent")


class Failed(Exception):
    """Something the scenario cannot go on without did not happen."""


def build_dir():
    above, within, _ = os.path.abspath(sys.argv[0]).rpartition("/scenario/")
    if within and os.access(os.path.join(above, "shardherd"), os.X_OK):
        return above
    return os.path.join(ROOT, os.environ.get("BUILD", "build"))


BUILD = build_dir()
SHARDHERD = os.environ.get("HERD_BIN") or os.path.join(BUILD, "shardherd")
SIMULATOR = os.path.join(BUILD, "shardherd-sim")
CAGED = bool(os.environ.get("HERD_CAGE"))
STATIC = os.path.join(ROOT, "build-static", "shardherd")	# `make static`
SANITIZED = os.access(SHARDHERD, os.X_OK) and sanitized(SHARDHERD)
PACE = Pace(SANITIZED)


def slowness(since):
    """How many times slower than a quiet one the machine was at its worst since
    then, a time.monotonic(); at least 1."""
    return PACE.slowness(since)


def quiet(since):
    """Seconds since then, of a quiet machine."""
    return PACE.passed(since)


def in_time(since, within):
    """Whether less has passed than so many seconds of a quiet machine."""
    return time.monotonic() - since <= within or quiet(since) <= within


def wait_until(true, what, timeout=WAIT_S):
    """Polls until true() is; its value.  Failed with `what` otherwise, after
    timeout seconds of a quiet machine.  The longer it waits the seldomer it
    looks, and it never looks for longer than it waits: looks are programs
    that start, and cost what is waited for its processor."""
    began = time.monotonic()
    while True:
        looked = time.monotonic()
        value = true()
        if value:
            return value
        if not in_time(began, timeout):
            raise Failed("waited %.0f s in vain: %s" % (
                time.monotonic() - began, what))
        now = time.monotonic()
        time.sleep(max(POLL_MIN_S, min(POLL_MAX_S, max((now - began)
            * POLL_SHARE, now - looked))))


def looking(seen, words):
    """The environment of a command that only looks.  ASan's look for leaks at
    its end costs as much as the rest of it: the first time the words are said
    it is made, then every LEAKS_EVERY times."""
    if not SANITIZED:
        return None
    seen[words] = seen.get(words, -1) + 1
    if seen[words] % LEAKS_EVERY == 0:
        return None
    return dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "")
        + ":detect_leaks=0")


# ---- the simulator ----------------------------------------------------

# Verbs of ctl that scenarios say often, and which need nothing of their place;
# and its exit status of a wait that ran out.
ASKED = set("""report created wait settle message rate set rest pause resume
    drop mute join leave kick ban unban nick voice bot""".split())
RAN_OUT = 99


class Sim:
    """shardherd-sim run, in a directory of its own."""

    def __init__(self, path, **options):
        self.dir = path
        os.makedirs(path, exist_ok=True)
        # Sessions outlive what takes its time on a busy machine.
        self.options = dict(guilds=64, shards=16, max_concurrency=16,
            identify_interval=STRICT, seed=1, session_ttl="600s", replay=30000)
        # HERD_SIM="guild_bytes=320000 send_buffer=16384": any scenario over
        # guilds of real size and small sockets.
        self.options.update(word.split("=", 1)
            for word in os.environ.get("HERD_SIM", "").split())
        self.options.update(options)
        self.log = path + ".log"
        self.asked = set()
        self.process = None
        self.start()

    def start(self):
        argv = [SIMULATOR, "run", "--dir", self.dir]
        for name, value in self.options.items():
            if value is True:
                argv.append("--" + name.replace("_", "-"))
            elif value is not None and value is not False:
                argv += ["--" + name.replace("_", "-"), str(value)]
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.dir, "urls"))
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)
        wait_until(self._listening, "the simulator listens")
        with open(os.path.join(self.dir, "urls"), encoding="utf-8") as f:
            self.urls = dict(shlex.split(line)[0].split("=", 1)
                for line in f if "=" in line)

    def _listening(self):
        if self.process.poll() is not None:
            raise Failed("the simulator ended with %d at start"
                % self.process.returncode)
        return os.path.exists(os.path.join(self.dir, "urls"))

    def stop(self):
        self.process.terminate()
        return self.process.wait(ROOM * WAIT_S)

    def ask(self, args, timeout):
        """What `ctl` does with these words, and a program less: the socket it
        asks is asked from here."""
        line = json.dumps([str(a) for a in args]) + "\n"
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(timeout)
            s.connect(os.path.join(self.dir, "control.sock"))
            s.sendall(line.encode())
            with s.makefile("rb") as f:
                head, text = f.readline().split(), f.read()
        if len(head) != 2 or int(head[1]) != len(text):
            raise Failed("ctl %s: the simulator's answer was cut off" % args[0])
        code, text = int(head[0]), text.decode()
        done = subprocess.CompletedProcess(args, code, text, "")
        if code not in (0, RAN_OUT):
            done.stdout, done.stderr = "", "shardherd-sim: %s\n" % text
        return done

    def try_ctl(self, *args, timeout=WAIT_S):
        if args[0] in self.asked and self.process.poll() is None:
            return self.ask(args, ROOM * (timeout + 10))
        if args[0] in ASKED:	# the first time by the program
            self.asked.add(args[0])
        return subprocess.run([SIMULATOR, "ctl", "--dir", self.dir]
            + [a if isinstance(a, bytes) else str(a) for a in args],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=ROOM * (timeout + 10))

    def ctl(self, *args, timeout=WAIT_S):
        done = self.try_ctl(*args, timeout=timeout)
        if done.returncode != 0:
            raise Failed("ctl %s: %d, %s%s" % (" ".join(map(str, args)),
                done.returncode, done.stdout, done.stderr))
        return done.stdout

    def expect_reports(self):
        """As an audit plugin does first; a simulator that does not run yet
        will hear it from that."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as s:
            s.settimeout(ROOM * WAIT_S)
            s.connect(os.path.join(self.dir, "control.sock"))
            s.sendall(b'["audit"]\nflush 1\n')
            s.recv(64)

    def report(self):
        return json.loads(self.ctl("report", "--json"))

    def totals(self):
        return self.report()["totals"]

    def wait(self, expression, timeout=WAIT_S):
        self.ctl("wait", expression, "--timeout", ROOM * timeout,
            timeout=timeout)

    def settle(self, timeout=WAIT_S):
        return self.ctl("settle", "--timeout", ROOM * timeout,
            timeout=timeout)


# ---- the fleet --------------------------------------------------------

# What waits say again and again.
LOOKS = {("status",), ("status", "--json"), ("check",),
    ("plugin", "list", "--json"), ("deadletter", "list", "--json"),
    ("client", "list", "--json")}


class Fleet:
    """A shardherd of its own directory, driven through its CLI."""

    def __init__(self, path, sim):
        self.dir = path
        self.sim = sim
        self.shards = sim.options["shards"]
        self.binary = SHARDHERD
        self.config = os.path.join(path, "shardherd.conf")
        self.cage = None
        self.looks = {}
        os.makedirs(path, exist_ok=True)

    def audit(self):
        """The plugin that reports to the simulator what it was handed.  What
        it has not reported is not handled: said before it is there, since
        until then heartbeats would do."""
        self.sim.expect_reports()
        return dict(exec="%s audit --dir %s" % (SIMULATOR, self.sim.dir),
            events="*", window=512)

    def write_config(self, changes, plugins=None):
        """Changes are {"section.key": value}; the plugin is audit alone,
        unless others are given."""
        if plugins is None:
            plugins = {"audit": self.audit()}
        interval = self.sim.options["identify_interval"]
        sections = {
            "bot": dict(name="herd", token_file=self.sim.urls["SIM_TOKEN_FILE"],
                intents="GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT"),
            "gateway": dict(api=self.sim.urls["SIM_API"],
                ca_file=self.sim.urls.get("SIM_CA"),
                identify_interval=PACED if interval == STRICT else interval),
            "paths": dict(state_dir="state", run_dir="run", log_dir="log"),
            "handler": {},
            "limits": dict(restart_min="100ms", restart_max="1s"),
            "log": dict(level="debug"),
        }
        for key, value in changes.items():
            section, name = key.split(".")
            sections.setdefault(section, {})[name] = value
        for name, keys in plugins.items():
            sections['plugin "%s"' % name] = keys
        with open(self.config, "w", encoding="utf-8") as f:
            for section, keys in sections.items():
                f.write("[%s]\n" % section)
                for key, value in keys.items():
                    if value is not None:
                        f.write("%s = %s\n" % (key, value))

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def program(self, name, text):
        """One in the fleet's directory, of this text; its path."""
        return executable(self.path(name), text)

    def cli(self, *args, timeout=WAIT_S, before=()):
        cage = self.cage.before(self.binary) if self.cage else ()
        env = looking(self.looks, args) if args in LOOKS else None
        return subprocess.run([*before, *cage, self.binary, "-c", self.config,
            *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, env=env, timeout=ROOM * timeout, cwd=self.dir)

    def must(self, *args, **more):
        done = self.cli(*args, **more)
        if done.returncode == LATER and "still starting" in done.stderr:
            self.wait_status(lambda s: s["cluster"]["pid"],
                "the supervisor has started")
        elif done.returncode != 0:
            raise Failed("shardherd %s: exit %d\n%s%s" % (
                " ".join(map(str, args)), done.returncode, done.stdout,
                done.stderr))
        return done.stdout

    def start(self, ready=True):
        self.must("start")
        if ready:
            self.wait_ready()

    def stop(self, *options):
        return self.must("stop", *options, timeout=2 * WAIT_S)

    def status(self):
        done = self.cli("status", "--json")
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise Failed("status --json: exit %d, no JSON: %s%s" % (
                done.returncode, done.stdout, done.stderr)) from None

    def shard(self, number):
        for shard in self.status()["shards"]:
            if shard["id"] == number:
                return shard
        raise Failed("status shows no shard %d" % number)

    def supervisor_pid(self):
        return self.status()["cluster"]["pid"]

    def kill_supervisor(self):
        """SIGKILL, and it is dead; the pid it had."""
        pid = self.supervisor_pid()
        kill(pid)
        wait_until(lambda: not alive(pid), "the supervisor is dead")
        return pid

    def shard_pids(self):
        return {s["id"]: s["pid"] for s in self.status()["shards"]}

    def handler_pid(self):
        return self.status()["handler"]["pid"]

    def descriptors(self):
        """How many each process has, but for handler and plugins."""
        return {pid: len(os.listdir("/proc/%d/fd" % pid)) for pid in
            (self.supervisor_pid(), *self.shard_pids().values())}

    def plugins(self):
        """What `plugin list` says of each, by name."""
        done = self.cli("plugin", "list", "--json")
        return {p["name"]: p for p in json.loads(done.stdout)["plugins"]}

    def wait_status(self, true, what, timeout=WAIT_S):
        return wait_until(lambda: true(self.status()), what, timeout)

    def wait_ready(self, timeout=WAIT_S):
        def ready(s):
            return (s["cluster"]["shards_ready"] == self.shards
                and s["handler"]["state"] == "ready")
        self.wait_status(ready, "%d shards and the handler are ready"
            % self.shards, timeout)

    def log_text(self):
        try:
            with open(self.path("log", "shardherd.log"),
                    encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError:
            return ""


# ---- one scenario, in TAP ---------------------------------------------

class Scenario:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="herd-")
        self.sims, self.fleets, self.story = [], [], []
        self.cage = Cage(self.dir, [os.path.join(ROOT, *folder) for folder in
            (("tests",), ("handler", "plugins"))], SIMULATOR) if CAGED else None
        self.tests = self.failures = 0

    def sim(self, **options):
        # A client of ws.py sends a heartbeat when it is told to, however long
        # a busy machine takes in between.
        if "ws" in sys.modules:
            options.setdefault("heartbeat_interval", "3600s")
        sim = Sim(os.path.join(self.dir, "sim%d" % len(self.sims)), **options)
        self.sims.append(sim)
        return sim

    def fleet(self, sim, config=None, plugins=None):
        fleet = Fleet(os.path.join(self.dir, "fleet%d" % len(self.fleets)),
            sim)
        fleet.cage = self.cage
        fleet.write_config(config or {}, plugins)
        self.fleets.append(fleet)
        return fleet

    def ok(self, true, what):
        self.tests += 1
        self.failures += not true
        if not true:
            self.story.append("not ok %d - %s" % (self.tests, what))
        print("%sok %d - %s" % ("" if true else "not ", self.tests, what),
            flush=True)
        return bool(true)

    def equal(self, got, expected, what):
        if not self.ok(got == expected, what):
            self.note("got      %r\nexpected %r" % (got, expected))
        return got == expected

    def soon(self, since, within, what, took=None):
        """It took what it takes on a quiet machine, within so many seconds:
        all the time since then, or what somebody stamped in that time."""
        if took is None:
            took, alone = time.monotonic() - since, quiet(since)
        else:
            alone = took / slowness(since)
        return self.ok(alone <= within, "%s: %.1f s, on a quiet machine %.1f "
            "of %g s" % (what, took, alone, within))

    def match(self, text, pattern, what):
        if not self.ok(re.search(pattern, text), what):
            self.note("no %r in:\n%s" % (pattern, text))

    def sentence(self, done, code, pattern, what):
        """The command ended with code and one line that says why."""
        self.equal(done.returncode, code, what + ": exit status")
        lines = done.stderr.strip().splitlines()
        if not self.ok(len(lines) == 1 and re.search(pattern, lines[0]),
                what + ": one sentence"):
            self.note("wanted one line with %r, got:\n%s" % (pattern,
                done.stderr))

    def nothing_lost(self, sim, identifies, allow=()):
        """What every run must end with, but for the counts in allow."""
        totals = sim.totals()
        for name in ("lost", "pending", "repeated", "reordered", "corrupt",
                "unknown", "violations", "odd"):
            if (name if name != "odd" else "violations") not in allow:
                self.equal(totals[name], 0, "%s 0 of %d events" % (
                    name, totals["sent"]))
        self.equal(totals["identifies"], identifies, "%d IDENTIFYs in all"
            % identifies)
        if totals["violations"] and "violations" not in allow:
            self.note(json.dumps(sim.report()["violations"], indent=1))

    def note(self, text):
        """A comment in the TAP; part of the story when something failed."""
        self.story += text.splitlines()
        print("\n".join("# " + line for line in text.splitlines()),
            flush=True)

    def logs(self):
        for folder, _, names in os.walk(self.dir):
            for name in sorted(names):
                if ".log" in name:
                    yield os.path.join(folder, name)

    def check_logs(self):
        for path in self.logs():
            with open(path, encoding="utf-8", errors="replace") as f:
                bad = [line for line in f if BROKEN.search(line)]
            if bad:
                self.ok(False, "%s is free of broken invariants"
                    % os.path.relpath(path, self.dir))
                self.note("".join(bad[:10]))

    def show(self):
        """What failed and the ends of the logs, on stderr, which prove lets
        through; in one piece, as other scenarios run beside this one."""
        for path in self.logs():
            self.story.append("---- " + os.path.relpath(path, self.dir))
            with open(path, encoding="utf-8", errors="replace") as f:
                self.story += f.read().splitlines()[-LOG_LINES:]
        name = os.path.basename(sys.argv[0])
        sys.stderr.write("".join("# %s: %s\n" % (name, line)
            for line in self.story))

    def end(self):
        self.check_logs()
        if self.failures:
            self.show()
        print("1..%d" % self.tests, flush=True)
        kill_descendants()
        if os.environ.get("HERD_KEEP"):
            self.note("kept " + self.dir)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)


def own_plugin(name):
    """Where a plugin is that only scenarios use."""
    return os.path.join(LIB, "plugins", name)


def which(tool):
    """Where a plugin finds a tool; the cage has none but its own."""
    return None if CAGED else shutil.which(tool)


def skip(reason):
    print("1..0 # SKIP " + reason)
    sys.exit(0)


def need_static(binary=STATIC):
    """Skips unless there is a static binary of the sources as they are; the
    ordinary tests never build it."""
    newest = max(os.path.getmtime(os.path.join(room, name))
        for folder in ("shared", "supervisor", "shard", "handler", "tools")
        for room, _, names in os.walk(os.path.join(ROOT, folder))
        for name in names if name.endswith((".c", ".h")))
    if not os.access(binary, os.X_OK):
        skip("no static binary here: make static")
    if os.path.getmtime(binary) < newest:
        skip("the static binary is older than the sources: make static")


def _told_to_end(signum, frame):
    raise Failed("the scenario was told to end")


def limit_to(limit):
    """Fails the scenario when it has run for so long, of a quiet machine."""
    began = time.monotonic()

    def over(signum, frame):
        if not in_time(began, limit):
            raise Failed("the scenario ran into its limit")
        signal.alarm(limit)
    signal.signal(signal.SIGALRM, over)
    signal.alarm(limit)


def scenario(main, limit=LIMIT_S):
    """Runs main(t) and ends the process with TAP's idea of a result."""
    for program in (SHARDHERD, SIMULATOR):
        if not os.access(program, os.X_OK):
            print("1..1\nnot ok 1 - %s is built" % program)
            sys.exit(1)
    adopt_orphans()
    for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sig, _told_to_end)
    limit_to(limit)
    t = Scenario()
    try:
        main(t)
    except Failed as e:
        t.ok(False, "the scenario could go on")
        t.note(str(e))
    except Exception:
        t.ok(False, "the scenario ran without an error of its own")
        t.note(traceback.format_exc())
    signal.alarm(0)
    t.end()
    sys.exit(1 if t.failures else 0)
