# SPDX-License-Identifier: MIT
"""A root where there is nothing of a system but what a scenario needs, so that
a static binary shows that it needs nothing else."""
import os
import re
import shutil
import subprocess
import sysconfig

# In namespaces of its own; $0 is the root, $1 the program, which keeps its
# path, as do the directories up to "--".
IN_CAGE = ("unshare", "-rm", "sh", "-ec", """
    mount --rbind /proc "$0/proc"
    mount --bind /dev/null "$0/dev/null"
    mount --bind "$1" "$0$1"
    shift
    while [ "$1" != -- ]; do mount --rbind "$1" "$0$1"; shift; done
    shift
    exec chroot "$0" "$@" """)


def make_root(path):
    """A root with nothing in it but where /proc and /dev/null go."""
    os.makedirs(os.path.join(path, "proc"))
    os.makedirs(os.path.join(path, "dev"))
    with open(os.path.join(path, "dev", "null"), "w", encoding="utf-8"):
        pass


def libraries(program):
    """The shared libraries a program loads, and the loader."""
    done = subprocess.run(["ldd", program], capture_output=True, text=True,
        check=True)
    return re.findall(r"(?:=> |^\s+)(/\S+)", done.stdout, re.M)


class Cage:
    """A root that holds what plugins are run by, and no more of a system."""

    def __init__(self, path, folders, program):
        """Below path, which is in it as these folders and the program are."""
        self.root = os.path.join(path, "cage")
        self.folders = [path, *folders,
            sysconfig.get_path("stdlib", vars={"base": "/usr",
                "installed_base": "/usr"})]
        make_root(self.root)
        for folder in self.folders:
            os.makedirs(self.root + folder)
        os.symlink("/proc/self/fd", os.path.join(self.root, "dev", "fd"))
        for tool in ("/bin/sh", "/bin/cat", "/bin/chmod", "/bin/sleep",
                "/bin/true", "/usr/bin/env", "/usr/bin/python3", program):
            for file in [tool, *libraries(tool)]:
                os.makedirs(os.path.dirname(self.root + file), exist_ok=True)
                shutil.copy(file, self.root + file)

    def before(self, program):
        """What a command line starts with, to run program in the cage."""
        os.makedirs(os.path.dirname(self.root + program), exist_ok=True)
        with open(self.root + program, "a", encoding="utf-8"):
            pass
        return (*IN_CAGE, self.root, program, *self.folders, "--")
