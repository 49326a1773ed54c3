# SPDX-License-Identifier: MIT
"""Files that scenarios write."""
import os


def replace(path, text, mode=0o600):
    """As an editor or an upgrade does: another file takes its place."""
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path + ".new", mode)
    os.rename(path + ".new", path)


def executable(path, text):
    """A program of this text; its path."""
    replace(path, text, 0o755)
    return path
