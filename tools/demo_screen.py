# SPDX-License-Identifier: MIT
"""What the demos show: numbered lines, live on a terminal."""
import sys
import time

TTY = sys.stdout.isatty()

def paint(code, text):
    return "\033[%sm%s\033[0m" % (code, text) if TTY else text


class Step:
    """One numbered line: live on a terminal, printed once in a pipe."""
    number = 0

    def __init__(self, title):
        Step.number += 1
        self.head = "%s  %-26s " % (paint("1", "%3d" % Step.number), title)
        self.begin = time.monotonic()
        self.live("…")

    def took(self):
        return time.monotonic() - self.begin

    def live(self, text):
        if TTY:
            print("\r\033[K" + self.head + paint("2", text), end="",
                flush=True)

    def done(self, text):
        print(("\r\033[K" if TTY else "") + self.head + text, flush=True)


def bar(part, whole, width=16):
    full = part * width // whole
    return "[" + "#" * full + "." * (width - full) + "]"


def count(number):
    return "{:,}".format(number).replace(",", " ")


def verdict(good, text):
    print(paint("1;32", "  good: " + text) if good
        else paint("1;31", "  NOT as it should be"))
    return good
