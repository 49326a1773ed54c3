#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""D11: both programs are built with Debian's default hardening, and the
release too, as far as its C library has it."""
import platform
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario, skip, which
import herd


def readelf(*args):
    return subprocess.run(["readelf", "-W", *args], capture_output=True,
        text=True, check=True).stdout


def look(t, program):
    name = program.rsplit("/", 1)[1]
    symbols = readelf("--syms", program)
    if "__asan_init" in symbols:
        t.ok(True, "%s has the sanitizers' checks instead" % name)
        return
    t.match(readelf("-h", program), r"Type: +DYN", "%s: PIE" % name)
    dynamic, segments = readelf("-d", program), readelf("-l", program)
    t.match(segments, "GNU_RELRO", "%s: relro" % name)
    t.match(segments, r"GNU_STACK\s.* RW ", "%s: no code on the stack" % name)
    if "NEEDED" not in dynamic:
        return      # static and stripped: the rest leaves no name
    t.match(dynamic, r"BIND_NOW|FLAGS_1.*NOW", "%s: all bound at start" % name)
    t.match(symbols, "__stack_chk_fail", "%s: stack protector" % name)
    t.match(symbols, r"__\w+_chk@GLIBC", "%s: _FORTIFY_SOURCE" % name)
    # The note of the whole program depends on the system's start files.
    if platform.machine() == "x86_64":
        code = subprocess.run(["objdump", "-d", "--disassemble=main",
            program], capture_output=True, text=True, check=True).stdout
        t.match(code, "endbr64", "%s: CET" % name)


def main(t):
    if not which("readelf"):
        skip("there is no readelf")
    for program in (herd.SHARDHERD, herd.SIMULATOR):
        look(t, program)


scenario(main)
