# SPDX-License-Identifier: MIT
"""Brings a client's library, as its lock file says, into build/clients/NAME,
once for each state of tests/clients/NAME.  Left out where the toolchain or the
registry isn't there."""
import filecmp
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading

from herd import ROOT, Failed

CLIENTS = os.path.join(ROOT, "tests", "clients")
INSTALL_S = 1500
# What package managers say when nobody answers them.
UNREACHED = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|"
    r"ENETUNREACH|network is unreachable|name resolution|resolve host|"
    r"no such host|connection refused|timed out|NewConnectionError|"
    r"UnknownHost|Unknown host|Could not connect|Unable to fetch|"
    r"\bE5\d\d\b|\b5\d\d (Server Error|Bad Gateway|Service Unavailable|"
    r"Gateway Time-?out)", re.IGNORECASE)


class LeftOut(Exception):
    """The client can't be had on this machine."""


def _run(log, cwd, *argv, **env):
    """Its output goes to the log."""
    with open(log, "a+b") as out:
        start = out.tell()
        try:
            code = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, check=False, timeout=INSTALL_S,
                env=dict(os.environ, **env)).returncode
        except subprocess.TimeoutExpired:
            raise LeftOut("%s takes over %d s: %s" % (" ".join(argv[:2]),
                INSTALL_S, log)) from None
        out.seek(start)
        said = out.read().decode(errors="replace")
    if code != 0:
        if UNREACHED.search(said):
            raise LeftOut("its registry can't be reached: %s" % log)
        raise Failed("%s: exit %d\n%s" % (" ".join(argv), code,
            "\n".join(said.splitlines()[-15:])))


def _have_or_setup(python, module, package, log):
    """A module of Python's, or else the system's package that has it."""
    have = [python, "-c", "import " + module]

    def absent():
        return subprocess.run(have, capture_output=True,
            check=False).returncode != 0
    if absent() and shutil.which("apt-get"):
        _run(log, ROOT, "tools/setup", package)
    if absent():
        raise LeftOut("%s can't be had here" % package)


def _npm(where, log):
    _run(log, where, "npm", "ci", "--ignore-scripts", "--no-audit",
        "--no-fund", "--fetch-timeout=60000", "--fetch-retries=1")
    return ["node", "driver.mjs"]


def _pip(where, log):
    _have_or_setup("python3", "ensurepip", "python3-venv", log)
    _run(log, where, "python3", "-m", "venv", "--clear", "venv")
    _run(log, where, "venv/bin/python", "-m", "pip", "install",
        "--disable-pip-version-check", "--timeout=60", "--retries=1",
        "--require-hashes", "--only-binary", ":all:", "-r", "requirements.txt")
    return ["venv/bin/python", "driver.py"]


def _debian(where, log):
    """The driver is that of discord.py, the library Debian's."""
    python = "/usr/bin/python3"
    _have_or_setup(python, "discord", "python3-discord", log)
    return [python, "driver.py"]


def _go(where, log):
    _run(log, where, "go", "build", "-o", "driver", ".", GOFLAGS="-mod=readonly")
    return ["./driver"]


def _maven(where, log):
    """Maven has no lock file: libraries.sha256 takes its place."""
    libraries = os.path.join(where, "libraries")
    shutil.rmtree(libraries, ignore_errors=True)
    _run(log, where, "mvn", "-q", "-B", "dependency:copy-dependencies",
        "-DincludeScope=runtime", "-DoutputDirectory=libraries")
    with open(os.path.join(where, "libraries.sha256"), encoding="utf-8") as f:
        pinned = sorted(f.read().split("\n")[:-1])
    got = []
    for name in os.listdir(libraries):
        with open(os.path.join(libraries, name), "rb") as f:
            got.append("%s  %s" % (hashlib.sha256(f.read()).hexdigest(), name))
    if sorted(got) != pinned:
        raise Failed("not what libraries.sha256 says: %s" % ", ".join(
            sorted(line.split()[1] for line in set(got) ^ set(pinned))))
    _run(log, where, "javac", "-encoding", "UTF-8", "-cp", "libraries/*",
        "-d", ".", "Driver.java")
    return ["java", "-cp", "libraries/*:.", "Driver"]


def _cargo(where, log):
    _run(log, where, "cargo", "build", "--locked")
    return ["target/debug/driver"]


# How, and with which tools.
KINDS = {
    "npm": (_npm, "node", "npm"),
    "pip": (_pip, "python3"),
    "debian": (_debian, "/usr/bin/python3"),
    "go": (_go, "go"),
    "maven": (_maven, "java", "javac", "mvn"),
    "cargo": (_cargo, "cargo"),
}
FROM = {"discord.py-debian": "discord.py"}	# whose files it has
GUARD, LOCKS = threading.Lock(), {}


def _refresh(path, new):
    """Left alone where it is the same: somebody may be about to read it."""
    if not os.path.exists(new) or not filecmp.cmp(path, new, shallow=False):
        shutil.copyfile(path, new)


def _copy(source, to):
    digest = hashlib.sha256()
    for folder in (source, os.path.join(CLIENTS, "lib")):
        inside = "" if folder == source else "lib"
        for above, below, names in os.walk(folder):
            below[:] = [b for b in sorted(below) if b not in
                ("node_modules", "__pycache__")]
            for name in sorted(names):
                path = os.path.join(above, name)
                new = os.path.join(to, inside, os.path.relpath(path, folder))
                os.makedirs(os.path.dirname(new), exist_ok=True)
                _refresh(path, new)
                if not inside or name.startswith("lines."):
                    with open(path, "rb") as f:
                        digest.update(name.encode() + f.read())
    return digest.hexdigest()


def install(row, build):
    """Its directory and what starts it.  One at a time for each."""
    with GUARD:
        lock = LOCKS.setdefault(row.name, threading.Lock())
    with lock:
        return _install(row, build)


def _install(row, build):
    bring, *tools = KINDS[row.kind]
    for tool in tools:
        if shutil.which(tool) is None:
            raise LeftOut("there is no %s here" % tool)
    where = os.path.join(build, "clients", row.name)
    os.makedirs(where, exist_ok=True)
    source = os.path.join(CLIENTS, FROM.get(row.name, row.name))
    state = "%s %s" % (_copy(source, where), sys.version.split()[0])
    stamp, log = (os.path.join(where, name) for name in
        ("installed", "install.log"))
    try:
        with open(stamp, encoding="utf-8") as f:
            was, *argv = f.read().split("\n")
    except OSError:
        was = None
    if was != state:
        argv = bring(where, log)
        with open(stamp, "w", encoding="utf-8") as f:
            f.write("\n".join([state, *argv]))
    return where, argv
