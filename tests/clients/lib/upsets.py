# SPDX-License-Identifier: MIT
"""Numbered messages through the gate while what is on their way is killed or
replaced: a bot's own code, over all its lives, must see every one, those of a
guild in order, and twice at most what no heartbeat had covered when it was
killed.  Discord must see nothing of it."""
import collections
import os
import re
import threading
import time

from herd import Failed, wait_until

PIECE = 5		# messages that are said in one breath
APART_S = 0.05		# pace of these
READY_S = 120
CAUGHT_UP_S = 120
SOME = 20		# of a list, in words
FULL = dict(messages=10000, kills=10)
SHORT = dict(messages=500, kills=1)
NUMBER = re.compile(r"number ([0-9]+)$")


class Bot:
    """One bot over all its lives; start(number) is one more of them.  name: of
    the client in the config; ordered: its code sees in order what comes so."""

    def __init__(self, name, start, title="the bot", ordered=True):
        self.name, self.start, self.title = name, start, title
        self.ordered = ordered
        self.lives = []
        self.repeats = 0	# so far

    @property
    def now(self):
        return self.lives[-1]

    def live(self):
        self.lives.append(self.start(len(self.lives)))
        return self.now

    def die_and_live(self):
        self.now.kill()
        self.live().sees("ready", timeout=READY_S)

    def end(self):
        for life in self.lives[-1:]:
            life.end()

    def numbers(self):
        """What each life saw."""
        return [[int(found[1]) for m in life.seen["message"]
            if (found := NUMBER.match(m["text"]))] for life in self.lives]

    def seen(self):
        return set().union(*self.numbers())

    def errors(self):
        return [told["text"] for life in self.lives
            for told in life.seen["error"]]

    def new_repeats(self):
        seen, twice = set(), []
        for life in self.numbers():
            twice += [n for n in life if n in seen]
            seen.update(life)
        new, self.repeats = twice[self.repeats:], len(twice)
        return new


class Speaker:
    """Says numbered messages, in each guild in turn."""

    def __init__(self, sim, folder):
        self.sim, self.said, self.failed = sim, 0, None
        self.file = os.path.join(folder, "say")
        self.channels = [line.split()[2] for line in
            sim.ctl("guilds", 100).splitlines()[1:]]

    def say(self, until):
        with open(self.file, "w", encoding="utf-8") as f:
            for n in range(self.said, until):
                f.write('say %s "number %d"\n' % (
                    self.channels[n % len(self.channels)], n))
        self.sim.ctl("play", self.file)
        self.said = until

    def disorder(self, numbers):
        """Neighbours of a guild that are not one after the other."""
        by_guild = collections.defaultdict(list)
        for n in numbers:
            by_guild[n % len(self.channels)].append(n)
        return [pair for mine in by_guild.values()
            for pair in zip(mine, mine[1:]) if pair[0] >= pair[1]]

    def say_beside(self, until, act):
        """Piece by piece, before, while and after act() is done; until that
        number at least."""
        begun, done = threading.Event(), threading.Event()

        def work():
            try:
                while self.said < until or not done.is_set():
                    self.say(self.said + PIECE)
                    begun.set()
                    time.sleep(APART_S)
            except Failed as e:
                self.failed = e
                begun.set()
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        begun.wait()
        try:
            act()
        finally:
            done.set()
            thread.join()
        if self.failed:
            raise self.failed


class Upsets:
    """One fleet, and who is connected to its gate."""

    def __init__(self, gated, bots, messages, kills):
        self.gated, self.bots = gated, bots
        self.kills = kills
        self.share = messages // (3 * kills + 3)
        self.speaker = Speaker(gated.sim, gated.folder)
        self.identifies = gated.sim.totals()["identifies"]

    def steps(self):
        """(name, act); act gives what else is to be told."""
        times = " %d times" % self.kills if self.kills > 1 else ""
        g = self.gated
        yield from (("SIGKILL of %s%s" % (bot.title, times),
            lambda bot=bot: self.often(bot.die_and_live, bot))
            for bot in self.bots)
        yield "SIGKILL of the gate" + times, lambda: self.often(g.kill_gate)
        yield ("SIGKILL of the handler" + times,
            lambda: self.often(g.kill_handler))
        for name, act in (("rollout", g.rollout), ("upgrade", g.upgrade),
                ("reload that replaces the handler", g.reload)):
            yield name, lambda act=act: self.upset(act) and None

    def often(self, harm, mortal=None):
        first = self.speaker.said
        twice = sum(self.upset(harm, mortal) for _ in range(self.kills))
        return "%d messages, %d of them twice" % (self.speaker.said - first,
            twice)

    def upset(self, harm, mortal=None):
        """Messages before, while and after harm(), which may be the death of
        the bot `mortal`: at least a share of all.  How many came twice."""
        first = self.speaker.said
        if mortal:
            self.heartbeats(mortal)
        self.speaker.say(first + self.share // 3)
        self.all_seen()
        self.speaker.say_beside(first + self.share, harm)
        self.all_seen()
        twice = 0
        for bot in self.bots:
            new = bot.new_repeats()
            twice += len(new)
            bad = [n for n in new if bot is not mortal or n < first]
            if bad:
                raise Failed("%s saw twice what it had confirmed, of %d "
                    "on: %s" % (bot.name, first, bad[:SOME]))
            for life in bot.numbers() if bot.ordered else ():
                if bad := self.speaker.disorder(life):
                    raise Failed("not in order: %s" % bad[:SOME])
        spent = self.gated.sim.totals()["identifies"] - self.identifies
        if spent:
            raise Failed("it cost %d IDENTIFYs" % spent)
        return twice

    def heartbeats(self, bot):
        """So many that the gate knows that it has what was said until now: the
        first that comes may have been sent before."""
        def heard():
            before = time.monotonic()
            ago = self.gated.row(bot.name)["heard_s"]
            return before - ago, time.monotonic() - ago
        for _ in 1, 2:
            last = heard()[1]
            wait_until(lambda: heard()[0] > last, "a heartbeat of " + bot.name)

    def all_seen(self):
        said = set(range(self.speaker.said))
        for bot in self.bots:
            try:
                wait_until(lambda: said <= bot.seen(), "", CAUGHT_UP_S)
            except Failed:
                missing = sorted(said - bot.seen())
                raise Failed("%s missed %d of %d: %s" % (bot.name,
                    len(missing), len(said), missing[:SOME])) from None
