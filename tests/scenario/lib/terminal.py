# SPDX-License-Identifier: MIT
"""Commands on a terminal of their own."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios

from herd import SHARDHERD, wait_until

ROWS, COLUMNS = 12, 80


class Terminal:
    """A program, or shardherd with words for it, on a terminal of its own."""

    def __init__(self, fleet, *args, argv=None, env=None, **more):
        env = {**(env or os.environ), "TERM": "xterm", **more}
        if "NO_COLOR" not in more:
            env.pop("NO_COLOR", None)
        self.fd, tty = pty.openpty()
        fcntl.ioctl(tty, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS,
            COLUMNS, 0, 0))
        self.process = subprocess.Popen(argv or [SHARDHERD, "-c",
            fleet.config, *args], stdin=tty, stdout=tty, stderr=tty,
            close_fds=True, env=env, preexec_fn=lambda: (os.setsid(),
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)))
        os.close(tty)
        self.text = ""

    def read(self):
        if select.select([self.fd], [], [], 0.05)[0]:
            try:
                self.text += os.read(self.fd, 65536).decode("utf-8", "replace")
            except OSError:
                return False	# it has ended
        return True

    def wait(self, pattern):
        wait_until(lambda: (self.read(), re.search(pattern, self.text))[1],
            "the terminal shows " + pattern)

    def write(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        wait_until(lambda: (self.read(), self.process.poll())[1] is not None,
            "it ends")
        while self.read():
            pass
        return self.process.returncode
