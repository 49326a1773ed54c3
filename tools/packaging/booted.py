# SPDX-License-Identifier: MIT
"""A Debian with systemd as PID 1 for a test to live in, a simulator on this side
of it, and the fleet of a config over there."""
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(
    __file__))))
BOOT_S = 120
WAIT_S = 90	# for what should take a few seconds
SHARDS = 4


class Failed(Exception):
    """The walk can't go on."""


def wait_until(true, what, timeout=WAIT_S):
    end = time.monotonic() + timeout
    while not (found := true()):
        if time.monotonic() > end:
            raise Failed("waited %d s in vain: %s" % (timeout, what))
        time.sleep(0.1)
    return found


class Tap:
    def __init__(self):
        self.tests = self.failures = 0

    def ok(self, true, what, why=""):
        self.tests += 1
        self.failures += not true
        print("%sok %d - %s" % ("" if true else "not ", self.tests, what),
            flush=True)
        if not true and why:
            print("\n".join("# " + line for line in str(why).splitlines()),
                flush=True)
        return true

    def equal(self, got, expected, what):
        return self.ok(got == expected, what, "got      %r\nexpected %r"
            % (got, expected))

    def match(self, text, pattern, what):
        flat = " ".join(text.split())
        return self.ok(re.search(pattern, flat), what, "no %r in:\n%s"
            % (pattern, text))


class Sim:
    """The simulator, on this side."""

    def __init__(self, path):
        self.program = os.path.join(ROOT, "build", "shardherd-sim")
        self.dir = path
        self.process = subprocess.Popen([self.program, "run", "--dir", path,
            "--shards", str(SHARDS), "--max-concurrency", str(SHARDS),
            "--identify-interval", "200ms", "--guilds", "16"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        urls = os.path.join(path, "urls")
        wait_until(lambda: os.path.exists(urls), "the simulator listens")
        with open(urls, encoding="utf-8") as f:
            self.urls = dict(shlex.split(line)[0].split("=", 1) for line in f
                if "=" in line)

    def ctl(self, *args):
        return subprocess.run([self.program, "ctl", "--dir", self.dir, *args],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=WAIT_S, check=True).stdout

    def identifies(self):
        return json.loads(self.ctl("report", "--json"))["totals"]["identifies"]

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Machine:
    """A copy of a root, booted."""

    def __init__(self, root, path):
        self.root, self.dir = root, path
        self.merged = os.path.join(path, "merged")
        for name in ("upper", "work", "merged"):
            os.makedirs(os.path.join(path, name))
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
            "lowerdir=%s,upperdir=%s/upper,workdir=%s/work" % (root, path,
            path), self.merged], check=True)
        self.nspawn = None
        self.pid = 0

    def boot(self):
        with open(os.path.join(self.dir, "console"), "ab") as log:
            self.nspawn = subprocess.Popen(["systemd-nspawn", "-q", "-D",
                self.merged, "--register=no", "--keep-unit", "-M", "sh-%d"
                % os.getpid(), "--resolv-conf=off", "--console=read-only",
                "-b"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(os.environ, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="1"))
        wait_until(self.find_init, "PID 1 runs", BOOT_S)
        wait_until(lambda: self.run("systemctl is-system-running").stdout
            .strip() in ("running", "degraded"), "it has booted", BOOT_S)

    def find_init(self):
        if self.nspawn.poll() is not None:
            raise Failed("systemd-nspawn ended with %d; see %s/console"
                % (self.nspawn.returncode, self.dir))
        with contextlib.suppress(OSError), open("/proc/%d/task/%d/children"
                % (self.nspawn.pid, self.nspawn.pid), encoding="utf-8") as f:
            for pid in f.read().split():
                name = os.readlink("/proc/%s/exe" % pid)
                if name.endswith("/systemd"):
                    self.pid = int(pid)
        return self.pid

    def halt(self):
        """Powers it off in order; the copy stays."""
        if self.nspawn is None or self.nspawn.poll() is not None:
            return
        self.nspawn.send_signal(signal.SIGTERM)
        try:
            self.nspawn.wait(BOOT_S)
        except subprocess.TimeoutExpired:
            self.nspawn.kill()
            self.nspawn.wait()
        self.pid = 0

    def drop(self):
        self.halt()
        subprocess.run(["umount", self.merged], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def enter(self):
        return ["nsenter", "-t", str(self.pid), "-m", "-u", "-i", "-p", "-C",
            "-n", "--", "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:"
            "/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "sh", "-c"]

    def run(self, command, timeout=WAIT_S, stdin=""):
        """As root, in a shell over there."""
        return subprocess.run(self.enter() + [command], input=stdin,
            capture_output=True, text=True, timeout=timeout, check=False)

    def must(self, command, **more):
        done = self.run(command, **more)
        if done.returncode != 0:
            raise Failed("%s: %d\n%s%s\n%s" % (command, done.returncode,
                done.stdout, done.stderr, self.journal()))
        return done.stdout.strip()

    def journal(self):
        return self.run("journalctl -b -n 40 --no-pager -o short-monotonic") \
            .stdout

    def write(self, path, text, mode=0o644):
        path = self.merged + path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(path, mode)

    def read(self, path):
        with open(self.merged + path, encoding="utf-8") as f:
            return f.read()


class Bot:
    """The fleet of one config over there."""

    def __init__(self, machine, conf):
        self.machine, self.conf = machine, conf

    def cli(self, *words, **more):
        return self.machine.run(shlex.join(["shardherd", "-c", self.conf,
            *words]), **more)

    def status(self):
        try:
            return json.loads(self.cli("status", "--json").stdout)
        except ValueError:
            return {}

    def ready(self):
        status = self.status()
        return (status.get("handler", {}).get("state") == "ready"
            and status["cluster"]["shards_ready"] == SHARDS and status)

    def wait_ready(self, what, timeout=WAIT_S):
        try:
            return wait_until(self.ready, what, timeout)
        except Failed as e:
            raise Failed("%s\n%s\n%s" % (e, self.cli("status").stdout,
                self.machine.journal())) from None

    def processes(self, user="shardherd"):
        return self.machine.run("pgrep -u %s" % user).stdout.split()


def everybody(status):
    return [status["handler"]["pid"]] + [s["pid"] for s in status["shards"]]
