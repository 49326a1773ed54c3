# SPDX-License-Identifier: MIT
"""A command on a terminal of its own, and what is to be seen there: as much of
an xterm as curses and our own output ask for."""
import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

from herd import Failed, wait_until

CSI = re.compile(r"\x1b\[([?>=]?)([0-9;]*)([@-~])")
OTHER = re.compile(r"\x1b[()*+].|\x1b[=>78McDEHZ]")


class Screen:
    """Characters in rows and columns; colours only as whether there were."""

    def __init__(self, rows, columns):
        self.y = self.x = 0
        self.coloured = self.apart = False
        self.rest = self.seen = ""
        self.cell = []
        self.resize(rows, columns)

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.cell = [[" "] * columns for _ in range(rows)]
        self.y, self.x = min(self.y, rows - 1), min(self.x, columns - 1)
        self.top, self.bottom = 0, rows - 1

    def lines(self):
        return ["".join(line).rstrip() for line in self.cell]

    def text(self):
        return "\n".join(self.lines())

    def scroll(self, top, n):
        """n lines go at top, or n come when it is negative."""
        blank = [" "] * self.columns
        for _ in range(abs(n)):
            gone, at = (top, self.bottom) if n > 0 else (self.bottom, top)
            del self.cell[gone]
            self.cell.insert(at, list(blank))

    def put(self, char):
        if self.x >= self.columns:
            self.x = 0
            self.feed_line()
        self.cell[self.y][self.x] = char
        self.x += 1
        self.last = char

    def feed_line(self):
        if self.y == self.bottom:
            self.scroll(self.top, 1)
        else:
            self.y = min(self.y + 1, self.rows - 1)

    def blank(self, y, begin, end):
        for x in range(begin, min(end, self.columns)):
            self.cell[y][x] = " "

    def csi(self, private, args, kind):
        n = [int(a) if a else 0 for a in args.split(";")]
        one = max(n[0], 1)
        if private:
            if kind in "hl" and 1049 in n:
                self.apart = kind == "h"
                self.resize(self.rows, self.columns)
        elif kind in "Hf":
            self.y = min(one, self.rows) - 1
            self.x = min(max(n[1], 1) if len(n) > 1 else 1, self.columns) - 1
        elif kind == "d":
            self.y = min(one, self.rows) - 1
        elif kind in "G`":
            self.x = min(one, self.columns) - 1
        elif kind in "AB":
            self.y = min(max(self.y + (one if kind == "B" else -one), 0),
                self.rows - 1)
        elif kind in "CD":
            self.x = min(max(self.x + (one if kind == "C" else -one), 0),
                self.columns - 1)
        elif kind == "J":
            self.blank(self.y, self.x if n[0] == 0 else 0, self.columns)
            for y in range(self.y + 1 if n[0] == 0 else 0, self.rows):
                self.blank(y, 0, self.columns)
        elif kind == "K":
            self.blank(self.y, 0 if n[0] else self.x,
                self.x + 1 if n[0] == 1 else self.columns)
        elif kind == "X":
            self.blank(self.y, self.x, self.x + one)
        elif kind == "b":
            for _ in range(one):
                self.put(self.last)
        elif kind == "P":
            line = self.cell[self.y]
            self.cell[self.y] = (line[:self.x] + line[self.x + one:]
                + [" "] * one)[:self.columns]
        elif kind == "@":
            line = self.cell[self.y]
            self.cell[self.y] = (line[:self.x] + [" "] * one
                + line[self.x:])[:self.columns]
        elif kind in "LM":
            self.scroll(self.y, one if kind == "M" else -one)
        elif kind in "ST":
            self.scroll(self.top, one if kind == "S" else -one)
        elif kind == "r":
            self.top = one - 1
            self.bottom = (n[1] if len(n) > 1 and n[1] else self.rows) - 1
            self.y = self.x = 0
        elif kind == "m":
            self.coloured |= any(30 <= a <= 37 or a == 38 for a in n)

    def feed(self, text):
        self.seen += text
        text, at = self.rest + text, 0
        while at < len(text):
            if text[at] == "\x1b":
                found = CSI.match(text, at) or OTHER.match(text, at)
                if not found:
                    if len(text) - at < 32:
                        break               # the rest is still to come
                    at += 1
                    continue
                if found.re is CSI:
                    self.csi(*found.groups())
                elif found.group() == "\x1bM":
                    if self.y == self.top:
                        self.scroll(self.top, -1)
                    else:
                        self.y -= 1
                at = found.end()
                continue
            char = text[at]
            at += 1
            if char == "\r":
                self.x = 0
            elif char == "\n":
                self.feed_line()
            elif char == "\b":
                self.x = max(self.x - 1, 0)
            elif char >= " ":
                self.put(char)
        self.rest = text[at:]


def as_a_shell(told):
    """The process that is to be becomes a child of this one, with a group of
    its own in the terminal's foreground: only such a one may be stopped."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.write(told, b"%d" % os.getpid())
        return
    os.closerange(3, 256)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


class Terminal:
    """env: changes to the environment, None takes a name away."""

    def __init__(self, *command, rows=24, columns=80, env=None):
        self.fd, self.tty = pty.openpty()
        self.screen = Screen(rows, columns)
        self.size(rows, columns)
        self.before = termios.tcgetattr(self.tty)
        self.decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        around = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8")
        around.pop("NO_COLOR", None)
        for name, value in (env or {}).items():
            around.pop(name, None)
            if value is not None:
                around[name] = value
        pid, told = os.pipe()
        self.process = subprocess.Popen(command, stdin=self.tty,
            stdout=self.tty, stderr=self.tty, close_fds=True, env=around,
            preexec_fn=lambda: as_a_shell(told))
        self.pid = int(os.read(pid, 16))
        os.close(pid)
        os.close(told)

    def size(self, rows, columns):
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.tty, termios.TIOCSWINSZ, struct.pack("HHHH", rows,
            columns, 0, 0))

    def read(self):
        while select.select([self.fd], [], [], 0.02)[0]:
            try:
                more = os.read(self.fd, 65536)
            except OSError:
                return
            self.screen.feed(self.decode(more))

    def keys(self, text):
        os.write(self.fd, text.encode())

    def wait(self, pattern, what=None):
        """Until the screen shows it: what was found."""
        def found():
            self.read()
            return re.search(pattern, self.screen.text())
        try:
            return wait_until(found, what or "the screen shows %r" % pattern)
        except Failed as e:
            raise Failed("%s; it is\n%s" % (e, self.screen.text())) from e

    def gone(self, pattern):
        wait_until(lambda: (self.read(), not re.search(pattern,
            self.screen.text()))[1], "the screen shows no %r" % pattern)

    def signal(self, number):
        os.kill(self.pid, number)

    def stopped(self):
        with open("/proc/%d/stat" % self.pid, encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "T"

    def end(self):
        """Its exit status, once it has ended by itself."""
        wait_until(lambda: (self.read(), self.process.poll())[1] is not None,
            "it ends")
        self.read()
        return self.process.returncode

    def is_sane(self):
        """As it was before: modes, the screen, the cursor."""
        shown = [m.group(1) for m in re.finditer(r"\x1b\[\?(?:\d+;)?25([hl])",
            self.screen.seen)]
        return (termios.tcgetattr(self.tty)[:4] == self.before[:4]
            and not self.screen.apart and (not shown or shown[-1] == "h"))

    def close(self):
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.fd)
        os.close(self.tty)
