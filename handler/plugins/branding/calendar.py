# SPDX-License-Identifier: MIT
"""The events of a year, and which of them a day belongs to: dates without a
year, ranges across New Year, 29 February.  Knows no clock and no files."""
import dataclasses
import datetime
import json
import re

MONTHS = ("January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December")
DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
LEAP_YEAR = 2000        # any: it has every day there is
TITLE_MAX = 200
KEYS = {"title", "description", "start", "end", "start_date", "end_date",
    "fallback"}


@dataclasses.dataclass
class Event:
    name: str                   # its folder
    title: str = ""             # what its meta says, or "": see named
    description: str = ""
    fallback: bool = False
    start: tuple = None         # (month, day); None: the fallback
    end: tuple = None
    meta: str = ""              # SHA-256 of what the above was read from
    icons: dict = dataclasses.field(default_factory=dict)   # path: SHA-256
    banners: dict = dataclasses.field(default_factory=dict)
    odd: list = dataclasses.field(default_factory=list)     # of its meta

    def named(self):
        """"winter_fair" is the "Winter Fair"."""
        return self.title or " ".join(word.title() for word in
            self.name.split("_")) or self.name

    def heading(self):
        """None: its text has one of its own."""
        own = self.description.startswith(("**", "#"))
        return None if own and not self.title else self.named()

    def pictures(self, kind):
        return self.icons if kind == "icon" else self.banners

    def year(self, day):
        """The year in which what is on that day began; None: it isn't on."""
        at = (day.month, day.day)
        if self.start is None:
            return None
        if self.start <= self.end:
            return day.year if self.start <= at <= self.end else None
        if at >= self.start:
            return day.year
        return day.year - 1 if at <= self.end else None

    def dates(self):
        if self.fallback:
            return "Fallback"
        first, last = ("%s %02d" % (MONTHS[month - 1], day)
            for month, day in (self.start, self.end))
        return first if first == last else "%s - %s" % (first, last)


def day_text(day):
    return "%d %s" % (day[1], MONTHS[day[0] - 1])


def today(now_ms):
    return datetime.datetime.fromtimestamp(now_ms / 1000,
        datetime.timezone.utc).date()


def load(stored):
    """An event as dataclasses.asdict and JSON made it."""
    stored = dict(stored)
    banner = stored.pop("banner", None)     # until 0.1 there was one
    event = Event(**stored)
    if banner:
        event.banners = {banner[0]: banner[1]}
    for key in ("start", "end"):
        if getattr(event, key) is not None:
            setattr(event, key, tuple(getattr(event, key)))
    return event


# ---- what is written about an event ------------------------------------

def parse_day(text):
    """(month, day) of "12-24", "24 December" or "Dec 24"; ValueError."""
    words = str(text).replace("-", " ").replace(".", " ").split()
    if len(words) == 2 and all(w.isdecimal() for w in words):
        month, day = map(int, words)
    elif len(words) == 2 and any(w.isdecimal() for w in words):
        words.sort(key=str.isdecimal)
        month, day = month_number(words[0]), int(words[1])
    else:
        month = day = 0
    if not 1 <= month <= 12:
        raise ValueError('"%s" is no day of the year, as in 12-24 or '
            '24 December' % text)
    if not 1 <= day <= DAYS[month - 1]:
        raise ValueError("there is no %s" % day_text((month, day)))
    return month, day


def month_number(word):
    for i, month in enumerate(MONTHS):
        if len(word) >= 3 and month.lower().startswith(word.lower()):
            return i + 1
    return 0


def front_matter(text):
    """The "key: value" lines between two lines of ---, what follows, and the
    lines among them that say nothing to us."""
    found = re.match(r"\s*-{3,}[ \t]*\n(.*?)^-{3,}[ \t]*(?:\n|\Z)(.*)", text,
        re.DOTALL | re.MULTILINE)
    if not found:
        raise ValueError('it does not begin with "key: value" lines between '
            "two lines of ---")
    keys, odd = {}, []
    for line in found.group(1).splitlines():
        key, colon, value = line.partition(":")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if colon and not line[0].isspace() and not line.startswith("- "):
            key, value = key.strip().lower(), value.strip()
            keys[key] = unquoted(value, key == "title")
        else:
            odd.append('"%s" is no "key: value" line' % line.strip()[:40])
    return dict(keys, description=found.group(2).strip()), odd


def unquoted(value, is_title):
    """As YAML: a comment begins with " #" behind what has no quotes; a title
    may well be "Day #1"."""
    for quote in "\"'":
        if value.startswith(quote) and quote in value[1:]:
            return value[1:value.index(quote, 1)]
    return value if is_title else re.sub(r"(^|\s+)#.*", "", value)


def parse_meta(name, text, is_json):
    """The event that a meta.md or meta.json describes; ValueError."""
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    keys, odd = (json.loads(text), []) if is_json else front_matter(text)
    if not isinstance(keys, dict):
        raise ValueError("it is not a JSON object")
    odd += ['"%s" is none of title, description, start, end and fallback' %
        key[:40] for key in sorted(keys) if key not in KEYS]
    fallback = str(keys.get("fallback", "no")).lower()
    if fallback not in ("yes", "no", "true", "false"):
        raise ValueError('fallback is yes or no, not "%s"' % fallback)
    event = Event(name, str(keys.get("title") or "")[:TITLE_MAX],
        str(keys.get("description") or ""),
        fallback in ("yes", "true"), odd=odd)
    if not event.fallback:
        start = keys.get("start") or keys.get("start_date")
        if not start:
            raise ValueError("it has no start")
        event.start = parse_day(start)
        event.end = parse_day(keys.get("end") or keys.get("end_date")
            or start)
    return event


# ---- all of them --------------------------------------------------------

def fallback_of(events):
    return min((e for e in events if e.fallback), key=lambda e: e.name,
        default=None)


def current(events, day):
    """What is on: of several the one that began last, of those the one that
    ends first; the fallback; or None."""
    on = [e for e in events if e.year(day) is not None]
    return min(on, default=fallback_of(events), key=lambda e: (
        -e.year(day), (-e.start[0], -e.start[1]),
        (e.end < e.start, e.end), e.name))


def overlap(a, b):
    """The first day of the year on which both are on, or None."""
    day = datetime.date(LEAP_YEAR, 1, 1)
    while day.year == LEAP_YEAR:
        if a.year(day) is not None and b.year(day) is not None:
            return day
        day += datetime.timedelta(1)
    return None


def problems(events):
    """What is wrong with them together, in sentences."""
    found = []
    fallbacks = sorted(e.name for e in events if e.fallback)
    if not fallbacks:
        found.append("No event is the fallback: between events icon and "
            "banner stay as they are.")
    if len(fallbacks) > 1:
        found.append("%s are fallbacks: %s counts." % (" and ".join(fallbacks),
            fallbacks[0]))
    dated = sorted((e for e in events if not e.fallback),
        key=lambda e: (e.start, e.name))
    for i, a in enumerate(dated):
        for b in dated[i + 1:]:
            day = overlap(a, b)
            if day:
                found.append("%s and %s are both on, for example on %s: the "
                    "one that began last counts." % (a.name, b.name,
                    day_text((day.month, day.day))))
    for e in sorted(events, key=lambda e: e.name):
        found += ["%s: %s, and is passed over." % (e.name, odd)
            for odd in e.odd]
        if not e.icons and not e.banners:
            found.append("%s has neither icons nor a banner." % e.name)
    return found
