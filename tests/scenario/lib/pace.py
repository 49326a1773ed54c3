# SPDX-License-Identifier: MIT
"""How slow the machine is, measured while a scenario runs, so that none judges
a program by how fast the machine is.

A thread does what the programs under test do: it waits, wakes and computes a
little.  What a round takes beyond its wait is a reaction: how many times longer
it took than on a machine with nothing else to do is the slowness.  Deadlines
and bounds are in seconds of a quiet machine, and a second of a slow one is a
fraction of one: strict on a quiet machine, wide beside a compiler, and never so
wide that what hangs would pass.
"""
import collections
import hashlib
import mmap
import threading
import time

EVERY_S = 0.1		# between two rounds
REACTION_S = 0.005	# a round's work and its wake-up on a quiet machine
ROUNDS = 6		# the last ones, of which the mean counts
MOST = 20.0		# of slowness
SANITIZED = 3.0		# what ASan makes of a program's own work
WORK = bytes(1 << 18)


def sanitized(program):
    with open(program, "rb") as f, mmap.mmap(f.fileno(), 0,
            access=mmap.ACCESS_READ) as m:
        return m.find(b"__asan_init") >= 0


class Pace(threading.Thread):
    def __init__(self, is_sanitized):
        super().__init__(daemon=True)
        self.build = SANITIZED if is_sanitized else 1.0
        self.rounds = []		# (when it ended, slowness just then)
        self.took = collections.deque(maxlen=ROUNDS)
        self.began = time.monotonic()
        self.start()

    def slow(self, took):
        mean = sum(took) / len(took)
        return min(MOST, max(1.0, mean / REACTION_S) * self.build)

    def run(self):
        while True:
            self.began = time.monotonic()
            time.sleep(EVERY_S)
            hashlib.sha256(WORK).digest()
            now = time.monotonic()
            self.took.append(now - self.began - EVERY_S)
            self.rounds.append((now, self.slow(self.took)))

    def since(self, begin):
        """[(seconds, slowness)] since then; the round under way is one."""
        found, now = [], time.monotonic()
        rounds = self.rounds[:]
        rounds.append((now, self.slow([*self.took, max(0.0, now - self.began
            - EVERY_S)])))
        for end, slow in rounds:
            if end > begin:
                found.append((end - begin, slow))
                begin = end
        return found or [(0.0, self.build)]

    def slowness(self, begin):
        """The worst since then, at least 1."""
        return max(slow for _, slow in self.since(begin))

    def passed(self, begin):
        """Seconds since then, of a quiet machine: less than by the clock."""
        return sum(seconds / slow for seconds, slow in self.since(begin))
