# SPDX-License-Identifier: MIT
"""Figures that were taken again and again, and whether one of them grows.

How that is judged.  The first quarter of a curve, and at least 4 minutes, is
warm-up: buffers, caches and the gate's log fill then, and are meant to.  Of the rest the slope is the median of those
of all pairs of samples (Theil and Sen), which neither peaks nor a saw-tooth
move, and S, the pairs that rise less those that fall, says whether it is one
(Mann and Kendall): noise without a trend is beyond SURE once in 3 000 curves.  A
curve grows if it rises so surely and if what it rose by, slope times length, is
of a size that matters for what it measures (MATTERS): a page more in an hour is
sure, and nothing.  A curve that falls is no fault.  Fewer than LEAST samples after
the warm-up are no curve.
"""
import math
import statistics

SURE = 3.4		# standard deviations of S
WARM_UP, WARM_UP_MIN = 0.25, 4
LEAST = 8
# {kind: (share of the median, and at least so much)} that a curve must rise by.
MATTERS = {"kb": (0.1, 256), "fds": (0, 1), "ms": (0.5, 2), "disk": (0.1, 512),
    "cpu": (0.25, 2), "n": (0, 1)}
BARS = "▁▂▃▄▅▆▇█"
WIDTH = 48


def kind_of(name):
    return name.rsplit("_", 1)[-1]


def slope_of(points):
    """[(x, y)]: the median slope of all pairs."""
    return statistics.median((y2 - y1) / (x2 - x1)
        for i, (x1, y1) in enumerate(points) for x2, y2 in points[i + 1:])


def sureness(values):
    """Of a rise: Mann and Kendall's S in its standard deviations, those of
    values that are alike counted as such."""
    n = len(values)
    s = sum((b > a) - (b < a) for i, a in enumerate(values)
        for b in values[i + 1:])
    alike = [values.count(v) for v in set(values)]
    variance = (n * (n - 1) * (2 * n + 5) - sum(k * (k - 1) * (2 * k + 5)
        for k in alike)) / 18
    return (s - (s > 0) + (s < 0)) / math.sqrt(variance) if variance else 0.0


class Trend:
    """points: [(minutes, value)], the warm-up among them."""

    def __init__(self, name, points):
        begin, end = points[0][0], points[-1][0]
        begin += max(WARM_UP * (end - begin), WARM_UP_MIN)
        self.points = [(x, y) for x, y in points if x >= begin]
        self.curve = len(self.points) >= LEAST
        self.rose = self.sure = self.slope = 0.0
        self.median = statistics.median(y for _, y in points)
        if self.curve:
            self.slope = slope_of(self.points)
            self.sure = sureness([y for _, y in self.points])
            self.rose = self.slope * (self.points[-1][0] - self.points[0][0])
            self.median = statistics.median(y for _, y in self.points)
        share, least = MATTERS[kind_of(name)]
        self.matters = max(share * abs(self.median), least)
        self.grows = self.curve and self.sure > SURE \
            and self.rose >= self.matters


def bars(values):
    """A line of text that looks like the curve."""
    if len(values) > WIDTH:		# each the median of its share
        edges = [i * len(values) // WIDTH for i in range(WIDTH + 1)]
        values = [statistics.median(values[a:b]) for a, b in zip(edges,
            edges[1:])]
    low, high = min(values), max(values)
    return "".join(BARS[int((v - low) / (high - low) * (len(BARS) - 1) + 0.5)
        if high > low else 0] for v in values)


class Curves:
    """Samples by name; None: it could not be taken then."""

    def __init__(self):
        self.at, self.by = [], {}

    def add(self, minutes, sample):
        self.at.append(minutes)
        for name, value in sample.items():
            self.by.setdefault(name, [None] * (len(self.at) - 1)).append(value)
        for values in self.by.values():
            values += [None] * (len(self.at) - len(values))

    def points(self, name):
        return [(x, y) for x, y in zip(self.at, self.by[name])
            if y is not None]

    def lines(self):
        """For people: each curve."""
        yield "%-22s %9s %9s %9s %10s %6s  %s" % ("", "first", "median", "last",
            "rose by", "sure", "curve")
        for name in self.by:
            points = self.points(name)
            if not points:
                continue
            t = Trend(name, points)
            yield "%-22s %9.4g %9.4g %9.4g %10s %6s  %s%s" % (name,
                points[0][1], t.median, points[-1][1],
                "%+.3g" % t.rose if t.curve else "-",
                "%+.1f" % t.sure if t.curve else "-",
                bars([y for _, y in points]), " GROWS" if t.grows else "")

    def grown(self):
        return [name for name in self.by if self.points(name)
            and Trend(name, self.points(name)).grows]
