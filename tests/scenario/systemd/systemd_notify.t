#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The supervisor under systemd, played by a datagram socket: ready when it
serves, a status line, a fed watchdog, reload and stop as Type=notify-reload
wants them, the token from a credential; and what its processes may do."""
import os
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.append(sys.path[0] + "/../lib")
from herd import Failed, scenario, wait_until
from processes import alive, children

SHARDS = 6


class Systemd:
    """One service: its socket, its messages so far."""

    def __init__(self, fleet, where, env):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(where.replace("@", "\0"))
        self.socket.setblocking(False)
        self.heard = []
        with open(fleet.path("run.log"), "wb") as log:
            self.process = subprocess.Popen([fleet.binary, "-c",
                fleet.config, "run"], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=dict(os.environ, NOTIFY_SOCKET=where, **env))

    def listen(self):
        while True:
            try:
                self.heard.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return self.heard

    def wait(self, pattern, since=0):
        """The first message that has it, and its index."""
        def found():
            for i, text in enumerate(self.listen()):
                if i >= since and re.search(pattern, text, re.M):
                    return i, text
        try:
            return wait_until(found, "systemd hears " + pattern)
        except Failed as e:
            raise Failed("%s\nheard %r" % (e, self.heard[since:])) from None

    def close(self):
        self.socket.close()


def status_of(pid):
    with open("/proc/%d/status" % pid, encoding="utf-8") as f:
        return dict(line.split(":\t", 1) for line in f.read().splitlines()
            if ":\t" in line)


def environ_of(pid):
    with open("/proc/%d/environ" % pid, "rb") as f:
        return f.read().decode(errors="replace")


def core_limit(pid):
    with open("/proc/%d/limits" % pid, encoding="utf-8") as f:
        return int(re.search(r"Max core file size\s+(\d+)", f.read()).group(1))


def starts(t, fleet, service):
    at, text = service.wait("^READY=1$")
    t.match(text, "(?m)^MAINPID=%d$" % service.process.pid,
        "ready, and who the main process is")
    t.match(text, "(?m)^STATUS=shards ready [1-9]",
        "ready means that a shard is")
    t.ok(any("EXTEND_TIMEOUT_USEC=" in m for m in service.heard[:at]),
        "more time was asked for before")
    service.wait("^STATUS=shards ready %d/%d$" % (SHARDS, SHARDS))
    t.ok(True, "the status line follows")
    count = sum("WATCHDOG=1" in m for m in service.listen())
    wait_until(lambda: sum("WATCHDOG=1" in m for m in service.listen())
        >= count + 3, "the watchdog is fed again and again")
    t.ok(True, "the watchdog is fed")


def reloads(t, sim, fleet, service):
    def hup():
        service.listen()
        since, now = len(service.heard), time.monotonic_ns() // 1000
        service.process.send_signal(signal.SIGHUP)
        at, text = service.wait("^RELOADING=1$", since)
        stamp = int(re.search(r"(?m)^MONOTONIC_USEC=(\d+)$", text).group(1))
        t.ok(stamp >= now, "RELOADING=1 with a stamp after the signal")
        return service.wait("^READY=1$", at)[1]

    before = fleet.status()
    hup()
    t.equal(fleet.status()["handler"]["generation"],
        before["handler"]["generation"], "nothing changed: nothing is done")
    fleet.write_config(fleet.changes, {"audit": dict(fleet.audit(),
        window=100)})
    hup()
    t.equal(fleet.status()["handler"]["generation"],
        before["handler"]["generation"] + 1, "a changed config: a new handler")
    fleet.write_config({**fleet.changes, "handler.probation": "soon"})
    t.match(hup(), "STATUS=.*the config was not taken",
        "a bad config: the status line says so")
    t.match(fleet.log_text(), r"\[handler\] probation", "and the log why")
    fleet.write_config(fleet.changes)
    t.match(hup(), "STATUS=shards ready", "a good one again")
    t.equal(fleet.shard_pids(), {s["id"]: s["pid"] for s in
        before["shards"]}, "no shard noticed")
    t.equal(sim.totals()["identifies"], SHARDS, "no IDENTIFY was spent")


def upgrades(t, fleet, service):
    """The same main process, which systemd hears of again."""
    pid, handler = service.process.pid, fleet.handler_pid()
    service.listen()
    since = len(service.heard)
    t.equal(fleet.cli("upgrade").returncode, 0, "an upgrade: exit status")
    text = service.wait("^READY=1$", since)[1]
    t.match(text, "(?m)^MAINPID=%d$" % pid, "ready again, as the same process")
    t.ok(not any("STOPPING=1" in m for m in service.heard[since:]),
        "and it was never said to stop")
    since = len(service.heard)
    service.wait("^WATCHDOG=1$", since)
    t.ok(True, "the watchdog is fed by the new program")
    t.ok(fleet.handler_pid() != handler and "NOTIFY_SOCKET" not in
        environ_of(fleet.handler_pid()), "its handler knows nothing of "
        "systemd either")


def is_kept_in(t, fleet, service):
    """The limits of each process, as the kernel has them."""
    supervisor, handler = service.process.pid, fleet.handler_pid()
    shards = list(fleet.shard_pids().values())
    t.ok(all(status_of(p)["NoNewPrivs"] == "1" for p in
        [supervisor, handler, *shards]), "nobody can gain privileges")
    t.ok(all(core_limit(p) == core_limit(supervisor) <= 1 for p in
        [handler, *shards]),
        "nobody who has the token leaves a core")
    t.ok("NOTIFY_SOCKET" not in environ_of(handler)
        and "WATCHDOG_USEC" not in environ_of(handler),
        "the handler knows nothing of systemd")
    if "no seccomp" in fleet.log_text():
        t.note("no seccomp filters in this kernel: not looked at")
    else:
        t.ok(all(status_of(p)["Seccomp"] == "2" for p in shards),
            "shards have a system call filter")
        t.equal(status_of(handler)["Seccomp"], status_of(supervisor)[
            "Seccomp"], "the handler, whose plugins inherit it, has none")


STRANGER = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX)
s.settimeout(300)
s.connect(sys.argv[1])
try:
    s.sendall(b'{"cmd":"ping"}\\n')
    print(s.recv(100))
except (BrokenPipeError, ConnectionResetError):
    print(b"")
"""


def strangers_are_not_heard(t, fleet):
    """Another user, even where the directories let it in."""
    if os.geteuid() != 0:
        t.note("not root: no other user to be")
        return
    path = fleet.path("run", "control.sock")
    opened = [t.dir, fleet.dir, fleet.path("run"), path]
    modes = [os.stat(name).st_mode & 0o777 for name in opened]
    for name in opened:
        os.chmod(name, 0o777)
    done = subprocess.run([sys.executable, "-c", STRANGER, path],
        capture_output=True, text=True, timeout=30)
    for name, mode in zip(opened, modes):
        os.chmod(name, mode)
    t.equal(done.stdout.strip(), "b''", "the control socket does not hear "
        "other users")
    t.equal(fleet.cli("shard", 0, "reconnect").returncode, 0,
        "but its own one")


def plugin_sees(t, fleet):
    """What the plugin below wrote down: its environment and open fds."""
    wait_until(lambda: os.path.exists(fleet.path("seen")), "the plugin ran")
    with open(fleet.path("seen"), encoding="utf-8") as f:
        env, fds = f.read().splitlines()
    t.ok(not re.search("NOTIFY|WATCHDOG|TOKEN|SECRET", env),
        "a plugin's environment is clean: " + env)
    t.equal(fds, "0 1 2", "and it has three fds")


SPY = """#!/usr/bin/python3
import os, sys
fds = [n for n in sorted(os.listdir("/proc/self/fd"), key=int)
    if os.path.exists("/proc/self/fd/" + n)]
with open("%s.new", "w") as f:
    f.write(" ".join(sorted(os.environ)) + "\\n" + " ".join(fds) + "\\n")
os.rename("%s.new", "%s")
for line in sys.stdin:
    pass
"""


def sandbox_off(t):
    sim = t.sim(shards=1)
    fleet = t.fleet(sim, {"limits.sandbox": "off"})
    fleet.start()
    t.equal(status_of(fleet.shard_pids()[0])["Seccomp"],
        status_of(fleet.supervisor_pid())["Seccomp"],
        "sandbox = off: no filter")
    t.match(fleet.log_text(), "sandbox is off", "and the log says so")
    fleet.stop()


def main(t):
    sim = t.sim(shards=SHARDS, rate=100)
    fleet = t.fleet(sim)
    os.mkdir(fleet.path("cred"), 0o700)
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read()
    with open(fleet.path("cred", "token"), "w", encoding="utf-8",
            opener=lambda p, f: os.open(p, f, 0o400)) as f:
        f.write(token)
    fleet.changes = {"bot.token_file": None, "handler.probation": "200ms"}
    fleet.write_config(fleet.changes)
    service = Systemd(fleet, "@herd-test-%d" % os.getpid(), dict(
        CREDENTIALS_DIRECTORY=fleet.path("cred"), WATCHDOG_USEC="600000",
        MY_SECRET="x"))
    starts(t, fleet, service)
    fleet.wait_ready()
    reloads(t, sim, fleet, service)
    upgrades(t, fleet, service)
    is_kept_in(t, fleet, service)
    strangers_are_not_heard(t, fleet)
    fleet.program("spy.py", SPY % ((fleet.path("seen"),) * 3))
    fleet.write_config(fleet.changes, {"audit": fleet.audit(),
        "spy": dict(exec="spy.py", events="TYPING_START")})
    service.process.send_signal(signal.SIGHUP)
    plugin_sees(t, fleet)
    service.listen()
    since = len(service.heard)
    service.process.terminate()
    text = service.wait("^STOPPING=1$", since)[1]
    t.match(text, "EXTEND_TIMEOUT_USEC=", "a stop says how long it may take")
    t.equal(service.process.wait(60), 0, "and ends with 0")
    t.ok(not [p for p in children(os.getpid()) if alive(p)
        and p != sim.process.pid], "and nobody is left")
    service.close()
    sandbox_off(t)


scenario(main)
