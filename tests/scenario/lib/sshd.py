# SPDX-License-Identifier: MIT
"""A real sshd on loopback, on a port of its own, and an ssh that trusts it.
Every name of a host leads to it."""
import os
import pwd
import shlex
import shutil
import socket
import subprocess

from herd import Failed, skip, wait_until

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
# SHLVL: bash reads no ~/.bashrc, which is the machine's and not ours.
CONFIG = """\
ListenAddress 127.0.0.1
Port %(port)d
HostKey %(dir)s/host
AuthorizedKeysFile %(dir)s/user.pub
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
SetEnv SHLVL=1
"""
CLIENT = """\
Host *
HostName 127.0.0.1
Port %(port)d
User %(user)s
IdentityFile %(dir)s/user
IdentitiesOnly yes
StrictHostKeyChecking yes
Ciphers aes128-gcm@openssh.com
UserKnownHostsFile %(dir)s/known
"""


def need():
    """Skips where there is no sshd, or none can be run."""
    for tool in (SSHD, "ssh", "ssh-keygen", "rsync"):
        if not shutil.which(tool):
            skip("no %s here" % os.path.basename(tool))
    if os.getuid() == 0:
        # Where it drops its rights; without an init nothing makes it.
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Sshd:
    def __init__(self, path):
        self.dir = path
        os.makedirs(path, mode=0o700)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "",
                "-f", os.path.join(path, name)], check=True)
        for _ in range(5):		# the port may be taken meanwhile
            if self.start():
                return
        raise Failed("sshd does not start: " + self.said())

    def said(self):
        with open(self.dir + ".log", encoding="utf-8") as f:
            return f.read()

    def put(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def start(self):
        facts = dict(port=free_port(), dir=self.dir,
            user=pwd.getpwuid(os.getuid()).pw_name)
        with open(os.path.join(self.dir, "host.pub"), encoding="utf-8") as f:
            key = f.read()
        self.put("known", "[127.0.0.1]:%d %s" % (facts["port"], key))
        client = self.put("client", CLIENT % facts)
        self.command = shlex.join(["ssh", "-F", client])
        config = self.put("config", CONFIG % facts)
        with open(self.dir + ".log", "ab") as log:
            self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", config],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self.process.poll() is not None
            or "Server listening" in self.said(), "sshd listens")
        return self.process.poll() is None
