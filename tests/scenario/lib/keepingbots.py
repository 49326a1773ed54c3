# SPDX-License-Identifier: MIT
"""The processes of one client of the gate, one for each of its shards, and the
judge of what they got; a process is keepingbot.py."""
import collections
import os
import subprocess
import sys

import keepingbot
from herd import wait_until
from processes import alive, kill

# The gate writes cursors to the store every 5 s: of what was acknowledged later
# nothing may be known when bot and gate die together.
SAVED_S = 15
# What a line of a bot's file counts as.
COUNTED = {"+": "starts", "i": "identifies", "r": "resumes", "9": "invalid",
    "g": "gaps", "o": "reordered"}


class KeepingBots:
    def __init__(self, where, config, token, count):
        self.url = "ws://" + config["gate.listen"]
        self.where, self.count = where, count
        self.token_file = os.path.join(where, "bots-token")
        with open(self.token_file, "w", encoding="ascii") as f:
            f.write(token)
        self.processes = [self._run(i) for i in range(count)]

    def file(self, i):
        return os.path.join(self.where, "bot%d" % i)

    def _run(self, i):
        with open(self.file(i) + ".log", "ab") as log:
            return subprocess.Popen([sys.executable, keepingbot.__file__,
                self.url, self.token_file, str(i), str(self.count),
                self.file(i)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True)

    def kill(self, i):
        """And another one starts at once, as under systemd."""
        pid = self.processes[i].pid
        kill(pid)
        wait_until(lambda: not alive(pid), "the bot is dead")
        self.processes[i].wait()
        self.processes[i] = self._run(i)

    def lines(self, i):
        try:
            with open(self.file(i), encoding="ascii") as f:
                return f.read().split("\n")[:-1]
        except FileNotFoundError:
            return []

    def wait_live(self, timeout=60):
        """Each is answered a heartbeat that it sends from now on."""
        before = [os.path.getsize(self.file(i)) if os.path.exists(self.file(i))
            else 0 for i in range(self.count)]

        def answered(i):
            with open(self.file(i), encoding="ascii") as f:
                f.seek(before[i])
                sent, _, rest = f.read().partition("\nb\n")
            return "\nh " in rest
        wait_until(lambda: all(os.path.exists(self.file(i)) and answered(i)
            for i in range(self.count)), "the gate answers the bots", timeout)

    def verdict(self):
        """What they have in their files, added up in a Counter: "messages",
        each counted once, "repeated", "beyond" (more than a heartbeat covers),
        "twice" (by one process) and those of COUNTED; the messages' numbers."""
        total, numbers = collections.Counter(), set()
        for i in range(self.count):
            numbers |= judge(self.lines(i), total)
        total["messages"] = len(numbers)
        return total, numbers

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()


def judge(lines, total):
    """The numbers of one bot's messages."""
    # got: by any process; sure: those that were acknowledged long before the
    # last IDENTIFY, and must not come again.
    got, sure, life, order, beats, beat = set(), set(), set(), [], [], 0
    for line in lines:
        word, _, rest = line.partition(" ")
        if word.isdigit():
            number = int(word)
            total["twice"] += number in life
            total["repeated"] += number in got
            total["beyond"] += number in sure
            life.add(number)
            order.append(number)
        elif word == "b":
            beat = len(order)
        elif word == "h":
            beats.append((float(rest), beat))
        elif word == "i":
            known = [n for at, n in beats if at <= float(rest) - SAVED_S]
            sure.update(order[:known[-1]] if known else ())
            got |= life
            life, order, beats, beat = set(), [], [], 0
        if word in COUNTED:
            total[COUNTED[word]] += 1
    return got | life
