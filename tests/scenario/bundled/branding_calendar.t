#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The calendar of branding against days counted one by one, and repositories
that are wrong: each fault is a sentence, none ends it."""
import datetime
import hashlib
import os
import random
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..",
    "..")
sys.path.insert(0, os.path.join(ROOT, "handler", "plugins"))
from branding import calendar, repository, run

PNG = b"\x89PNG\r\n\x1a\n"
tests = failures = 0


def ok(true, what):
    global tests, failures
    tests += 1
    failures += not true
    print("%sok %d - %s" % ("" if true else "not ", tests, what))


def refused(fn, *args):
    try:
        fn(*args)
    except (ValueError, repository.Failure) as e:
        return str(e)
    return ""


def exists(year, day):
    try:
        return datetime.date(year, *day)
    except ValueError:
        return None


def shadow(event, day):
    """The year in which it began, by walking from its first day to its last."""
    for year in (day.year - 1, day.year):
        at = exists(year, event.start) or datetime.date(year, 3, 1)
        last_year = year + (event.end < event.start)
        last = exists(last_year, event.end) or datetime.date(last_year, 2, 28)
        while at <= last:
            if at == day:
                return year
            at += datetime.timedelta(1)
    return None


def ranges():
    leap = [(m, d) for m in range(1, 13)
        for d in range(1, calendar.DAYS[m - 1] + 1)]
    dice = random.Random(1)
    pairs = [tuple(dice.choices(leap, k=2)) for _ in range(25)]
    return pairs + [((2, 29), (2, 29)), ((2, 29), (3, 2)), ((2, 1), (2, 29)),
        ((12, 31), (1, 1)), ((1, 1), (12, 31)), ((3, 1), (2, 29)),
        ((3, 1), (2, 28)), ((2, 29), (2, 28))]


def against_shadow():
    dice = random.Random(2)
    wrong = []
    for start, end in ranges():
        event = calendar.Event("e", start=start, end=end)
        for year in (2027, 2028, 2100):
            first = datetime.date(year, 1, 1)
            days = {first + datetime.timedelta(dice.randrange(365))
                for _ in range(12)} | {datetime.date(year, 2, 28),
                datetime.date(year, 3, 1), first,
                datetime.date(year, 12, 31)}
            if year == 2028:
                days.add(datetime.date(2028, 2, 29))
            wrong += [(start, end, day) for day in days
                if event.year(day) != shadow(event, day)]
    ok(not wrong, "every day is where counting puts it: %r" % wrong[:3])


def dates():
    for text in ("12-24", "24 December", "Dec 24", "december 24"):
        ok(calendar.parse_day(text) == (12, 24), text)
    ok(calendar.parse_day("02-29") == (2, 29), "29 February is a day")
    for text, why in (("02-30", "no 30 February"), ("13-01", "no day"),
            ("00-10", "no day"), ("31 April", "no 31 April"),
            ("2026-12-24", "no day"), ("soon", "no day"), ("", "no day")):
        ok(why in refused(calendar.parse_day, text), "%r: %s" % (text, why))


def write(root, path, data):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def faults(root):
    write(root, "always/meta.json", '{"fallback": true}')
    write(root, "always/icons/a.png", PNG + b"a")
    write(root, "one/meta.md", "---\nstart: 03-01\nend: 03-10\n---\nText.\n")
    write(root, "one/banner.png", PNG)
    write(root, "two/meta.md", "---\nstart: 10 March\nend: 03-12\n---\n")
    write(root, "two/icons/b.png", PNG + b"b")
    write(root, "date/meta.md", "---\nstart: 02-30\n---\n")
    write(root, "json/meta.json", "[" * 50000)
    write(root, "latin/meta.md", b"---\nstart: 01-01\n---\n\xff")
    write(root, "none/banner.png", PNG)
    write(root, "long/meta.md", b"x" * (repository.META_MAX + 1))
    write(root, "key/meta.md", "---\nstart: 01-01\nfinish: 01-02\n---\n")
    write(root, "README.md", "nothing of an event")
    os.symlink("/etc/hostname", os.path.join(root, "one", "icons.png"))
    os.makedirs(os.path.join(root, "one", "icons"))
    os.symlink("/etc/hostname", os.path.join(root, "one", "icons", "x.png"))
    events, wrong = repository.read_events(repository.Folder(root), {})
    ok(set(events) == {"always", "key", "one", "two"}, "the good ones count")
    ok(events["one"].description == "Text.", "what people are told")
    ok(events["one"].icons == {}, "a link that leads out is not followed")
    for text in ("date is left out: there is no 30 February", "json is left",
            "latin is left out", "none is left out: it has 0 meta", "long is "
            "left out: long/meta.md is longer", '"finish" is none of',
            "one and two are both on, for example on 10 March",
            "one/icons/x.png leads out of the repository"):
        ok(any(text in line for line in wrong), text)
    known = events["one"]
    write(root, "one/banner.png", PNG + b"changed")
    again, _ = repository.read_events(repository.Folder(root), events)
    ok(again["one"].banners["one/banner.png"] == hashlib.sha256(PNG
        + b"changed").hexdigest() and again["one"].meta == known.meta, "a changed file has a new hash")
    ok("cannot be read" in refused(repository.Folder(root + "/no").index),
        "a repository that is not there")


def web():
    page = repository.Web("http://repository.invalid/base")
    sha = "0" * 64
    page.fetch = lambda path, most: ("%s  one/meta.md\n%s *./one/banner.png\n"
        "%s  ../out/meta.md\n%s  /etc/meta.md\n%s  one/icons/../x.png\n"
        "%s  README\n" % ((sha,) * 6)).encode()
    found, wrong = page.index()
    ok(set(found) == {"one/meta.md", "one/banner.png"}, "what it names")
    ok(len(wrong) == 3, "paths that lead out are refused")
    page.fetch = lambda path, most: b"<html>"
    ok("line 1 of SHA256SUMS" in refused(page.index), "not an index")
    page.fetch = lambda path, most: b"other"
    ok("not what its hash says" in refused(page.read, "a", sha, 9),
        "content that is not what the index says")


def turns():
    event = calendar.Event("e", icons={"e/icons/%d.png" % i: "sha%d" % i
        for i in range(4)})
    pool = {sha: path for path, sha in event.icons.items()}
    up, turn, seen = None, None, []
    first = day = datetime.date(2027, 12, 1)
    while day < first + datetime.timedelta(40):
        if not run.stays(up, turn, pool, event, day, 3):
            uses = run.counts(turn, event, pool)
            picks = {run.pick(pool, uses, up and up["sha"], "e")
                for _ in range(3)}
            ok(len(picks) == 1, "asked again, it is the same")
            sha, = picks
            uses[sha] += 1
            up, turn = dict(sha=sha, day=day.isoformat()), dict(pool="e",
                uses=uses)
            seen.append(sha)
        day += datetime.timedelta(1)
    ok(len(seen) == 14, "another icon every three days")
    ok(all(len(set(seen[i:i + 4])) == 4 for i in range(0, 12, 4)),
        "all of them before one comes again")
    ok(all(a != b for a, b in zip(seen, seen[1:])), "never the same again")
    ok(run.stays(up, turn, pool, event, day
        + datetime.timedelta(99), 0), "0 days: it stays")


def main():
    dates()
    against_shadow()
    folder = tempfile.mkdtemp(prefix="branding-")
    try:
        faults(folder)
    finally:
        shutil.rmtree(folder)
    web()
    turns()
    print("1..%d" % tests)
    sys.exit(failures > 0)


main()
