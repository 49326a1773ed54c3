#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`make sim` on a machine that has nothing of what only a fleet needs: the
simulator is built, nothing else is, and it is installed with its manual."""
import os
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import BUILD, ROOT, scenario, skip

FLEET = ("curl/curl.h", "lmdb.h", "ini.h", "cmocka.h")
LIBRARIES = ("-lcurl", "-llmdb", "-linih", "-lcmocka")


def make(t, *words):
    """Optimises nothing: it is to be soon done."""
    return subprocess.run(["make", "-j2", "--no-print-directory", *words,
        "V=1", "OPT=-O0", "BUILD=" + os.path.join(t.dir, "build"),
        "CFLAGS=-I" + os.path.join(t.dir, "absent")], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        env=dict(os.environ, PKG_CONFIG_LIBDIR=t.dir, MAKEFLAGS=""))


def main(t):
    for name in FLEET:
        path = os.path.join(t.dir, "absent", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write('#error "only a fleet needs this"\n')
    root = os.path.join(t.dir, "root")
    done = make(t, "install-sim", "DESTDIR=" + root, "PREFIX=/usr")
    t.equal(done.returncode, 0, "make install-sim")
    if done.returncode != 0:
        t.note(done.stdout[-3000:])
        return
    t.equal([l for l in LIBRARIES if l in done.stdout.split()], [],
        "none of the fleet's libraries is linked")
    built = [os.path.relpath(os.path.join(folder, name), t.dir)
        for folder, _, names in os.walk(os.path.join(t.dir, "build"))
        for name in names if name.endswith(".o")]
    t.ok(len(built) > 50, "it was built here")
    t.equal([o for o in built if not o.startswith(("build/shared/",
        "build/tools/sim/"))], [], "nothing else was built")
    said = subprocess.run([os.path.join(root, "usr/bin/shardherd-sim"),
        "--version"], capture_output=True, text=True, check=False)
    t.match(said.stdout, r"\Ashardherd-sim \d", "what was installed runs")
    files = sorted(os.path.relpath(os.path.join(folder, name), root)
        for folder, _, names in os.walk(root) for name in names)
    library = "usr/share/shardherd/sim/"
    t.equal([f for f in files if not f.startswith(library)],
        ["usr/bin/shardherd-sim", "usr/share/man/man1/shardherd-sim.1"],
        "program and manual")
    t.ok(library + "python/shardherd_sim.py" in files
        and library + "node/shardherd-sim.mjs" in files
        and library + "node/shardherd-sim.d.ts" in files,
        "libraries for tests")


if os.path.basename(BUILD) != "build":
    skip("once is enough, and build/ does it")
scenario(main)
