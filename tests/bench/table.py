# SPDX-License-Identifier: MIT
"""The rows that tools/bench found: shown, kept as JSON, compared."""
import datetime
import json
import os
import platform
import subprocess

from herd import ROOT

STORED = os.path.join(ROOT, "tests", "bench", "results.json")
MOVED = 0.04	# of a figure: what is less than that, or within the ranges, is not


def versions(binary):
    """What ran where: of the program, the libraries and the machine."""
    said = subprocess.run([binary, "version"], capture_output=True, text=True,
        stdin=subprocess.DEVNULL).stdout.split("\n")
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = [line.split(":")[1].strip() for line in f
            if line.startswith("model name")][:1]
    return dict(shardherd=[line for line in said if line],
        kernel=platform.release(), processor=(model or ["?"])[0],
        processors=os.cpu_count())


def is_static(binary):
    with open(binary, "rb") as f:
        return b"ld-musl" not in f.read(4096) and "static" in binary


def shown(f):
    def one(x):
        return "%.3g" % x if abs(x) < 100 else "%.0f" % x
    if f["least"] == f["most"]:
        return "%s %s" % (one(f["median"]), f["unit"])
    return "%s %s (%s to %s)" % (one(f["median"]), f["unit"], one(f["least"]),
        one(f["most"]))


class Table:
    def __init__(self, options):
        self.o = options
        self.rows = {}
        self.kind = "static" if is_static(options.bin) else "dynamic"
        self.key = self.kind + (" without " + options.without
            if options.without else "")
        try:
            with open(STORED, encoding="utf-8") as f:
                self.stored = json.load(f)
        except FileNotFoundError:
            self.stored = {}
        self.old = self.stored.get(self.kind, {}).get("rows", {})
        print("%s, load %.1f; beside other work ratios hold, other figures "
            "less" % (options.bin, os.getloadavg()[0]), flush=True)

    def add(self, name, figure):
        self.rows[name] = figure
        print("%-62s %s%s" % (name, shown(figure), self.moved(name, figure)),
            flush=True)

    def moved(self, name, figure):
        """What it was when the table was stored, if it is another now."""
        old = self.old.get(name)
        if old is None or not old["median"]:
            return ""
        by = figure["median"] / old["median"] - 1
        if abs(by) < MOVED or old["least"] <= figure["median"] <= old["most"]:
            return ""
        return "   was %.3g: %+.0f %%" % (old["median"], 100 * by)

    def note(self, name, text):
        print("    %s" % text, flush=True)

    def end(self):
        found = dict(date=datetime.date.today().isoformat(),
            load=round(os.getloadavg()[0], 1), rounds=self.o.rounds,
            seconds=self.o.seconds, versions=versions(self.o.bin),
            rows=self.rows)
        if self.o.json:
            with open(self.o.json, "w", encoding="utf-8") as f:
                json.dump({self.key: found}, f, indent=1)
                f.write("\n")
        if self.o.store:
            self.stored[self.key] = dict(found,
                rows={**self.old, **self.rows})
            with open(STORED, "w", encoding="utf-8") as f:
                json.dump(self.stored, f, indent=1)
                f.write("\n")
