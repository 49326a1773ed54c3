# SPDX-License-Identifier: MIT
"""Reads OpenMetrics 1.0 strictly: what is against its rules is a ValueError."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(r"(%s)(?:\{((?:%s(?:,%s)*)?)\})? (\S+)" % (NAME, LABEL, LABEL))
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]Inf|NaN")
SUFFIXES = {"counter": ("_total", "_created"), "info": ("_info",),
    "gauge": ("",), "histogram": ("_bucket", "_count", "_sum", "_created"),
    "summary": ("", "_count", "_sum", "_created")}


class Family:
    def __init__(self, name, kind):
        self.name, self.kind, self.unit, self.help = name, kind, None, None
        self.samples = []	# (suffix, {label: value}, number)


def fault(number, line, why):
    raise ValueError("line %d: %s: %s" % (number, why, line))


def comment(line, number, families, current):
    words = line.split(" ", 3)
    if len(words) < 4 or words[0] != "#" or not re.fullmatch(NAME, words[2]):
        fault(number, line, "no comment that is known")
    what, name, rest = words[1:]
    if what not in ("TYPE", "UNIT", "HELP"):
        fault(number, line, "no such comment")
    if what == "TYPE":
        if name in families:
            fault(number, line, "a family comes twice")
        if rest not in SUFFIXES:
            fault(number, line, "no type that is known")
        families[name] = Family(name, rest)
        return families[name]
    if current is None or current.name != name or current.samples:
        fault(number, line, "of another family, or behind its samples")
    if what == "UNIT":
        if current.unit is not None or not name.endswith("_" + rest):
            fault(number, line, "the name does not end with its unit")
        current.unit = rest
    elif current.help is not None:
        fault(number, line, "help comes twice")
    else:
        current.help = rest
    return current


def sample(line, number, family, seen):
    found = SAMPLE.fullmatch(line)
    if found is None or not NUMBER.fullmatch(found[7]):
        fault(number, line, "no sample")
    if family is None or not found[1].startswith(family.name):
        fault(number, line, "of no family, or between another's")
    suffix = found[1][len(family.name):]
    if suffix not in SUFFIXES[family.kind]:
        fault(number, line, "a %s has no such sample" % family.kind)
    pairs = re.findall(LABEL, found[2] or "")
    labels = dict(pairs)
    if len(labels) != len(pairs):
        fault(number, line, "a label comes twice")
    value = float(found[7])
    key = found[1], tuple(sorted(pairs))
    if key in seen:
        fault(number, line, "a sample comes twice")
    seen.add(key)
    if (family.kind in ("counter", "histogram") and suffix != "_sum"
            and not 0 <= value < float("inf")):
        fault(number, line, "a count is negative, or no number")
    if family.kind == "info" and value != 1:
        fault(number, line, "an info is 1")
    family.samples.append((suffix, labels, value))


def histogram(family):
    last, top, count = -1, None, None
    for suffix, labels, value in family.samples:
        if suffix == "_bucket":
            if value < last:
                raise ValueError(family.name + ": buckets shrink")
            last, top = value, labels["le"]
        elif suffix == "_count":
            count = value
    if family.samples and (top != "+Inf" or count != last):
        raise ValueError(family.name + ": +Inf is not last, or not the count")


def parse(text):
    """{name: Family}."""
    if not text.endswith("# EOF\n"):
        raise ValueError("no # EOF at the end")
    families, current, seen = {}, None, set()
    for number, line in enumerate(text.splitlines()[:-1], 1):
        if line == "" or line == "# EOF":
            fault(number, line, "an empty line, or an end too early")
        if line[0] == "#":
            current = comment(line, number, families, current)
        else:
            sample(line, number, current, seen)
    for family in families.values():
        if family.kind == "histogram":
            histogram(family)
        if not family.samples or not family.help:
            raise ValueError(family.name + ": no samples, or no help")
        if family.kind == "counter" and family.name.endswith("_total"):
            raise ValueError(family.name + ": _total is of samples")
    return families
