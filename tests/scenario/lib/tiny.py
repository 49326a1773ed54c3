# SPDX-License-Identifier: MIT
"""A tiny file system that only one command and what it starts can see:
fleet.cli(..., before=(*TINY, "64k", directory))."""
import subprocess
import tempfile

TINY = ("unshare", "-rm", "sh", "-c",
    'mount -t tmpfs -o size=$0 tmpfs "$1" && shift && exec "$@"')


def can_mount():
    """Does this machine let us?"""
    with tempfile.TemporaryDirectory() as probe:
        return subprocess.run([*TINY, "64k", probe, "true"], check=False,
            capture_output=True).returncode == 0
