#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What branding shows ends with a word and a whole line, within Discord's
limits, however many events there are and however long their texts."""
import os
import random
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "handler", "plugins"))
from branding import calendar, show

TEXT_MAX = 4096


def size(embed):
    """As Discord counts."""
    return sum(map(len, [embed.get("title") or "", embed.get("description")
        or "", (embed.get("footer") or {}).get("text") or ""])) + sum(
        len(f["name"]) + len(f["value"]) for f in embed.get("fields", []))


def fits(embeds):
    return (sum(map(size, embeds)) <= 6000 and len(embeds) <= 10
        and all(len(e.get("title") or "") <= 256
        and len(e.get("description") or "") <= TEXT_MAX
        and len(e.get("fields", [])) <= 25
        and all(0 < len(f["name"]) <= 256 and 0 < len(f["value"]) <= 1024
        for f in e.get("fields", [])) for e in embeds))


def events(n, title):
    return [calendar.Event("day_%d" % i, title=title, start=(1 + i % 12,
        1 + i % 28), end=(1 + i % 12, 1 + i % 28)) for i in range(n)]


def calendars(t):
    wrong = ["Event %d is left out: there is no 30 February." % i
        for i in range(99)]
    for n, title in (1, ""), (25, ""), (26, ""), (100, "x" * 200), (100,
            "many words " * 18):
        all = events(n, title)
        embeds = [show.calendar(all, all[0])] + show.troubles(wrong)
        t.ok(fits(embeds), "a calendar of %d, %.6r" % (n, title))
        shown = len(embeds[0]["fields"])
        t.ok(shown > 0 and all[0].dates() == "January 01", "has some")
        t.equal("And %d more. " % (n - shown) in embeds[0]["footer"]["text"],
            shown < n, "and says how many more there are")
        last = embeds[1]["description"].splitlines()
        t.ok(all_whole(last, wrong), "what is wrong: whole lines")


def all_whole(lines, given):
    return (lines[:-1] == given[:len(lines) - 1] and lines[-1] ==
        "and %d more" % (len(given) - len(lines) + 1))


def texts(t):
    dice, bad = random.Random(1), []
    for _ in range(500):
        words = [dice.choice(("a", "gr\u00fc\u00df", "\U0001f40d" * 3,
            "w" * dice.randrange(1, 40))) for _ in range(dice.randrange(99))]
        text, most = " ".join(words), dice.randrange(2, 400)
        short = show.cut(text, most)
        whole = text == short or (len(short) <= most and short[-1] == "\u2026"
            and (set(short[:-1].split(" ")) <= set(words)
            or " " not in text[:most]))
        if not whole:
            bad.append((text, most, short))
    t.equal(bad, [], "texts are cut between words")
    long = calendar.Event("a_day", description="**A day**\n" + "word " * 3000,
        start=(1, 1), end=(1, 1))
    t.ok(fits([show.event(long)]) and show.event(long)["description"].endswith(
        "word\u2026"), "and so is what an event says of itself")


def names(t):
    for name, title, said, named, heading in (
            ("winter_fair", "", "It snows.", "Winter Fair", "Winter Fair"),
            ("winter_fair", "", "**The fair**", "Winter Fair", None),
            ("winter_fair", "", "# The fair", "Winter Fair", None),
            ("fair", "The Great Fair", "**Hear**", "The Great Fair",
                "The Great Fair")):
        e = calendar.Event(name, title=title, description=said,
            start=(12, 1), end=(1, 5))
        t.equal((e.named(), e.heading()), (named, heading), "%s, %s: %s"
            % (name, title, said))
    t.equal(show.event(e)["footer"]["text"], "December 01 - January 05",
        "and the dates below")


def main(t):
    calendars(t)
    texts(t)
    names(t)


scenario(main)
