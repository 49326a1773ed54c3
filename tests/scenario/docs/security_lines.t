#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Each line of a table in SECURITY.md names tests, and each of them exists; and
what the static program is made of has a sum for each file."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT

TESTS = os.path.join(ROOT, "tests")

def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def exists(name):
    """A scenario, a function of a unit test, or a fuzz target."""
    file, _, function = name.partition(": ")
    if file.endswith(".t"):
        return os.access(os.path.join(TESTS, "scenario", file), os.X_OK)
    if function:
        path = os.path.join(TESTS, "unit", file)
        return os.path.exists(path) and re.search(r"(?m)^%s\(" % function,
            read(path))
    return os.path.exists(os.path.join(TESTS, "fuzz", file + ".c"))


def rows(text):
    """What is promised, and the names in its last column."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not set(cells[0]) <= set("-"):
            yield cells[0], cells[-1]


def other_source():
    """What tools/static says of a source that is not the one its lock means."""
    with tempfile.TemporaryDirectory() as tree:
        os.makedirs(os.path.join(tree, "tools"))
        sources = os.path.join(tree, "build-static", "cache", "sources")
        os.makedirs(sources)
        for name in "static", "static.lock", "static-libs.sh":
            shutil.copy(os.path.join(ROOT, "tools", name),
                os.path.join(tree, "tools", name))
        for line in read("tools", "static.lock").splitlines():
            if line.startswith("file "):
                with open(os.path.join(sources, line.split()[2]), "wb") as f:
                    f.write(b"of somebody else")
        env = {k: v for k, v in os.environ.items() if k != "STATIC_ARCH"}
        return subprocess.run([os.path.join(tree, "tools", "static"), "fetch"],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=300, check=False)


def main():
    results = []
    for what, tests in rows(read("SECURITY.md")):
        if tests == "test":
            continue
        names = re.findall(r"`([^`]+)`", tests)
        missing = [name for name in names if not exists(name)]
        results.append((names and not missing, "%s: %s" % (what,
            "there is no " + ", ".join(missing) if missing else
            "tested" if names else "no test is named")))
    results.append((len(results) > 30, "the tables were read"))
    for line in read("tools", "static.lock").splitlines():
        if line.startswith("file "):
            results.append((re.fullmatch(r"file [0-9a-f]{64} [\w.+~-]+", line),
                "static.lock: " + line.split()[-1]))
    got = other_source()
    results.append((got.returncode == 1 and "SHA-256 differs" in got.stdout,
        "a source that differs from its sum is not taken"))
    for number, (good, what) in enumerate(results, 1):
        print("%sok %d - %s" % ("" if good else "not ", number, what))
    print("1..%d" % len(results))
    sys.exit(not all(good for good, _ in results))


if __name__ == "__main__":
    main()
