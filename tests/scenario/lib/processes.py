# SPDX-License-Identifier: MIT
"""Processes of this machine, and the end of those that a scenario started."""
import contextlib
import ctypes
import os
import signal
import time

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """Daemons we start become our children when their parent is gone."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _stat(pid):
    with open("/proc/%d/stat" % pid, "rb") as f:
        return f.read().rpartition(b")")[2].split()


def alive(pid):
    """A process that runs; a zombie is not alive.  Its first thread may be one
    while another still ends, and takes a line out of a pipe before it does."""
    with contextlib.suppress(OSError):
        for thread in os.listdir("/proc/%d/task" % pid):
            with contextlib.suppress(OSError):
                if _stat(int(thread))[0] not in (b"Z", b"X"):
                    return True
    return False


def children(pid):
    """Every descendant of pid, parents first."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                parents.setdefault(int(_stat(int(name))[1]), []).append(
                    int(name))
    found, queue = [], [pid]
    while queue:
        for child in parents.get(queue.pop(0), []):
            found.append(child)
            queue.append(child)
    return found


def kill(pid, sig=signal.SIGKILL):
    if pid <= 1:	# a group, or init: nothing that a scenario started
        raise ValueError("kill(%r)" % pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, sig)


def kill_descendants():
    """Ends all we started, whatever became of it.  Bounded: 50 rounds."""
    for _ in range(50):
        left = [p for p in children(os.getpid()) if alive(p)]
        for pid in left:
            kill(pid, signal.SIGCONT)
            kill(pid)
        if not left:
            break
        time.sleep(0.02)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
