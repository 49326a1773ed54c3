# SPDX-License-Identifier: MIT
"""A release as a tarball: what one unpacks in /usr/local."""
import io
import lzma
import os
import tarfile
import tempfile

from release_parts import read


def add(tar, name, when, path=None):
    """One member, as if root had made it at that time."""
    info = tarfile.TarInfo(name)
    info.mtime = when
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    if path is None or os.path.isdir(path):
        return tar.addfile(info)
    data = read(path)
    info.type, info.size = tarfile.REGTYPE, len(data)
    info.mode = 0o755 if os.access(path, os.X_OK) else 0o644
    return tar.addfile(info, io.BytesIO(data))


def pack(tree, name, when):
    paths = []
    for folder, folders, files in os.walk(tree):
        paths += [os.path.join(folder, f) for f in folders + files]
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as t:
        add(t, name, when)
        for path in sorted(paths):
            add(t, os.path.join(name, os.path.relpath(path, tree)), when, path)
    return lzma.compress(raw.getvalue(), preset=9)


def tarball(release, name):
    with tempfile.TemporaryDirectory() as stage:
        tree = release.lay_out(stage, "usr/local", "usr/local/share/man")
        return pack(tree, name, release.when)
