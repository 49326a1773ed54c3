#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Who lives in a cage that the fleet is not in, as whoever took over a shard or
web would, gets nothing done at the control socket; looking works from there."""
import ctypes
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, skip

ALLOW_ALL = (ctypes.c_ulonglong * 1)(0x7fff0000 << 32 | 0x06)
SET_SECCOMP, FILTER, NO_NEW_PRIVS = 22, 2, 38


class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def enter_cage():
    """A filter that lets everything pass: that there is one is the point."""
    libc = ctypes.CDLL(None)
    program = Program(1, ctypes.addressof(ALLOW_ALL))
    if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.prctl(SET_SECCOMP,
            FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError("no seccomp filters here")


def caged(fleet, *words):
    return subprocess.run([fleet.binary, "-c", fleet.config, *words],
        preexec_fn=enter_cage, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=120, check=False)


def filters():
    with open("/proc/self/status", encoding="utf-8") as f:
        return "Seccomp_filters:" in f.read()


def main(t):
    if not filters():
        skip("this kernel does not tell how many seccomp filters there are")
    sim = t.sim(shards=1)
    fleet = t.fleet(sim)
    fleet.start()
    generation = fleet.status()["handler"]["generation"]
    for words in ("reload",), ("upgrade", fleet.binary), ("stop",):
        got = caged(fleet, *words)
        t.equal(got.returncode, 1, "%s is refused" % words[0])
        t.match(got.stdout, "in a sandbox that the fleet itself is not in",
            "and why is said")
    t.equal(caged(fleet, "status").returncode, 0, "looking works from there")
    t.equal(fleet.status()["handler"]["generation"], generation,
        "nothing was carried out")
    t.match(fleet.log_text(), "somebody may have taken over a shard or web",
        "the log tells of it")
    t.equal(fleet.log_text().count("somebody may have taken over"), 1,
        "once a minute")
    fleet.must("reload")
    fleet.stop()


if __name__ == "__main__":
    scenario(main)
