#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A10: whoever starts the fleet (a daemon that ignores SIGCHLD, a launcher
with descriptors 0 to 2 closed, signals blocked, an alarm running, a limit of
the size of files, descriptors left open, umask 0) has no say in how it runs:
what dies comes back, start ends, and nothing of the starter's stays open."""
import os
import resource
import signal
import stat
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import BUILD, ROOM, WAIT_S, scenario, wait_until
from processes import kill


def ignore(*signals):
    return lambda: [signal.signal(s, signal.SIG_IGN) for s in signals]


def block_all():
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def close_stdio():
    for fd in range(3):
        os.close(fd)


def close_stdin_and_out():
    os.close(0)
    os.close(1)


def alarm():
    signal.setitimer(signal.ITIMER_REAL, 1)


def small_files():
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))


def soft(what, least):
    def limit():
        resource.setrlimit(what, (least, resource.getrlimit(what)[1]))
    return limit


def leave_open():
    os.dup2(os.open("/dev/null", os.O_RDONLY), 77)
    os.umask(0)


STARTERS = [
    ("SIGCHLD and SIGHUP are ignored", ignore(signal.SIGCHLD, signal.SIGHUP,
        signal.SIGTERM)),
    ("every signal is blocked", block_all),
    ("0 to 2 are closed", close_stdio),
    ("0 and 1 are closed", close_stdin_and_out),
    ("an alarm is running", alarm),
    ("files may have 1 KiB", small_files),
    ("6 descriptors may be open", soft(resource.RLIMIT_NOFILE, 6)),
    ("descriptor 77 is open and the umask is 0", leave_open),
]


# A sanitizer needs what these leave before main() is reached.
if "asan" not in BUILD:
    STARTERS += [
        ("the stack may have 64 KiB", soft(resource.RLIMIT_STACK, 1 << 16)),
        ("the memory may have 60 MiB", soft(resource.RLIMIT_AS, 60 << 20)),
    ]


def start(t, fleet, what, before):
    """No pipes of ours: with 0 to 2 closed there is nobody to read them."""
    child = subprocess.Popen([fleet.binary, "-c", fleet.config, "start",
        "--wait"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, preexec_fn=before, close_fds=False,
        cwd=fleet.dir)
    try:
        code = child.wait(ROOM * WAIT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        code = child.wait()
    return t.equal(code, 0, "start --wait, where %s" % what)


def comes_back(fleet, pid_of, what):
    pid = pid_of()
    kill(pid)
    wait_until(lambda: pid_of() not in (None, 0, pid), what + " came back")
    fleet.wait_ready()


def one(t, fleet, what, before):
    if not start(t, fleet, what, before):
        return
    comes_back(fleet, lambda: fleet.shard_pids()[0], "the shard")
    comes_back(fleet, fleet.handler_pid, "the handler")
    supervisor = fleet.supervisor_pid()
    fds = set(os.listdir("/proc/%d/fd" % supervisor))
    t.ok({"0", "1", "2"} <= fds, "0 to 2 are there")
    t.ok("77" not in fds, "77 is not")
    for pid in (supervisor, fleet.shard_pids()[0], fleet.handler_pid()):
        for fd in range(3):
            where = os.readlink("/proc/%d/fd/%d" % (pid, fd))
            t.ok("/state/" not in where, "%d of %d is no file of ours"
                % (fd, pid))
    with open(fleet.path("state", "lock"), encoding="utf-8") as f:
        t.match(f.read(), r"\A\d+\n\Z", "the lock holds a pid alone")
    for name in ("state/lock", "log/shardherd.log"):
        mode = stat.S_IMODE(os.stat(fleet.path(name)).st_mode)
        t.equal(mode & 0o077, 0, "%s is ours alone" % name)
    fleet.must("reload")
    fleet.stop()


def refused(t, fleet):
    """A hard limit that lets shards run, but never a handler."""
    done = subprocess.run([fleet.binary, "-c", fleet.config, "start"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS,
            (300 << 20, 300 << 20)))
    t.sentence(done, 78, "limited to 300 MiB.*LimitAS=infinity",
        "300 MiB of address space, hard")


def main(t):
    sim = t.sim(shards=1)
    fleet = t.fleet(sim, {"handler.probation": "1s"})
    for what, before in STARTERS:
        one(t, fleet, what, before)
    if "asan" not in BUILD:
        refused(t, fleet)
    t.nothing_lost(sim, 1)


scenario(main)
