# SPDX-License-Identifier: MIT
"""Other programs to upgrade to: the one under test with another version in it,
and some that are of no use."""
import os
import shlex

from herd import ROOT


def version():
    """Of the sources, by their header."""
    with open(os.path.join(ROOT, "shared", "base", "version.h"),
            encoding="utf-8") as f:
        for line in f:
            if line.startswith("#define SHARDHERD_VERSION"):
                return line.split('"')[1]
    raise ValueError("no version")


def write(path, data, mode=0o755):
    """Replaces path as rsync does: the running program keeps its file."""
    fresh = path + ".new"
    with open(fresh, "wb") as f:
        f.write(data)
    os.chmod(fresh, mode)
    os.rename(fresh, path)
    return path


def patched(binary, path, old, new):
    """A copy with one string changed for another of the same length; whole
    strings only, as others hold the same letters."""
    with open(binary, "rb") as f:
        data = f.read()
    changed = data.replace(b"\0" + old.encode() + b"\0",
        b"\0" + new.encode() + b"\0")
    if changed == data or len(old) != len(new):
        raise ValueError("no %r in %s" % (old, binary))
    return write(path, changed)


def another(binary, path, last="9"):
    """A copy that says it is of another version; that version."""
    old = version()
    new = old[:-1] + last
    patched(binary, path, old, new)
    return new


def script(path, *lines):
    return write(path, ("#!/bin/sh\n" + "\n".join(lines) + "\n").encode())


def examined_then(binary, path, *lines):
    """A program that is found fit, and then does something else."""
    return script(path, 'case "$1" in --role=examine) %s' % "; ".join(lines),
        'exec %s "$@";; esac' % shlex.quote(binary), "exit 7")
