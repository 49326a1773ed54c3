# SPDX-License-Identifier: MIT
"""What a plugin of the fleet was handed, counted by (session, seq) alone and
apart from what the simulator thinks of it."""
import collections
import os
import sys

PLUGIN = os.path.join(os.path.dirname(os.path.realpath(__file__)),
    "tallyplugin.py")


class Session:
    """One session of one shard: seq runs from 1 on."""

    def __init__(self):
        self.highest = 0
        self.missing = set()	# below the highest, not seen
        self.again = self.unmarked = self.reordered = self.messages = 0

    def take(self, seq, message, again):
        self.messages += message and (seq > self.highest
            or seq in self.missing)
        if seq > self.highest:
            self.missing.update(range(self.highest + 1, seq))
            self.highest = seq
        elif seq in self.missing:
            self.missing.discard(seq)
            self.reordered += 1
        elif again:
            self.again += 1
        else:
            self.unmarked += 1


class Tally:
    def __init__(self, place):
        self.place = place
        os.makedirs(place, exist_ok=True)

    def plugin(self):
        return {"exec": "%s %s %s" % (sys.executable, PLUGIN, self.place),
            "events": "*", "window": 64}

    def sessions(self):
        """{(shard, epoch): Session}, and how often the plugin began."""
        found, starts = collections.defaultdict(Session), 0
        for name in sorted(os.listdir(self.place), key=int):
            with open(os.path.join(self.place, name), encoding="ascii") as f:
                for line in f:
                    words = line.split()
                    if len(words) == 3:	# else one cut as its writer died
                        found[int(name), words[0]].take(int(words[1]),
                            "m" in words[2], "a" in words[2])
                    starts += words[:1] == ["+"]
        return found, starts

    def judge(self, t, last):
        """last: {shard: seq} of the sessions that live, as Discord has it.  How
        many messages there were."""
        found, starts = self.sessions()
        total = collections.Counter()
        ends = collections.defaultdict(int)
        for (shard, _), s in found.items():
            total["events"] += s.highest - len(s.missing)
            total["missing"] += len(s.missing)
            for name in "again", "unmarked", "reordered", "messages":
                total[name] += getattr(s, name)
            ends[shard] = max(ends[shard], s.highest)
        t.note("by session and seq: %d events of %d sessions, %d again; the "
            "plugin began %d times" % (total["events"], len(found),
            total["again"], starts))
        for name in "missing", "unmarked", "reordered":
            t.equal(total[name], 0, "by session and seq: %s 0" % name)
        for (shard, epoch), s in found.items():
            if s.missing:
                t.note("shard %d, session %s: missing %s" % (shard, epoch,
                    sorted(s.missing)[:20]))
        short = {shard: (seq, ends[shard]) for shard, seq in last.items()
            if ends[shard] < seq}
        t.equal(short, {}, "and each session came to its end")
        return total["messages"]
