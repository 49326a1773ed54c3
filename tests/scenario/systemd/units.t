#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The unit and the crontab that are shipped: systemd finds no mistake in the
unit and calls it well protected, and both run commands that exist."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, SHARDHERD, Scenario

EXPOSURE_MAX = 2.5	# of 10, by systemd-analyze security
# systemd before 253 names the line that is meant for later ones.
KNOWN = "Failed to parse service type, ignoring: notify-reload"
UNIT = os.path.join(ROOT, "conf", "shardherd@.service")
DROP_IN = os.path.join(ROOT, "conf", "shardherd-deploy.conf")


def analyze(*args, **env):
    return subprocess.run(["systemd-analyze", *args], text=True,
        capture_output=True, timeout=60, env=dict(os.environ,
        SYSTEMD_LOG_LEVEL="warning", **env))


def unit(t, path):
    done = analyze("verify", "--man=no", path)
    said = [line for line in done.stderr.splitlines() if KNOWN not in line]
    t.equal((done.returncode, said), (0, []), "systemd-analyze verify")
    done = analyze("security", "--offline=true", "--no-pager", path)
    level = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    if level is None:
        t.note("no security --offline in this systemd: not looked at")
        return
    t.ok(float(level.group(1)) <= EXPOSURE_MAX, "systemd-analyze security: "
        "exposure %s of 10" % level.group(1))


def drop_in(t, folder, unit):
    """G8: the unit as tools/deploy's layout has it."""
    with open(DROP_IN, encoding="utf-8") as f:
        text = f.read()
    where = os.path.join(folder, "shardherd@test.service.d")
    os.makedirs(where)
    with open(os.path.join(where, "deploy.conf"), "w", encoding="utf-8") as f:
        f.write(text.replace("/opt/%i/current/bin/shardherd", SHARDHERD))
    done = analyze("verify", "--man=no", unit, SYSTEMD_UNIT_PATH=folder + ":")
    said = [line for line in done.stderr.splitlines() if KNOWN not in line]
    t.equal((done.returncode, said), (0, []), "and with the drop-in for "
        "tools/deploy")
    t.ok("/usr/local/bin/shardherd" not in text, "which runs no other program")


def printed(t):
    """What the unit's own head says is what the manual does."""
    with open(UNIT, encoding="utf-8") as f:
        head = re.findall(r"(?m)^#   (.*)$", f.read())
    with open(os.path.join(ROOT, "man", "shardherd.1"),
            encoding="utf-8") as f:
        page = f.read().partition(".Sh SYSTEMD")[2]
    block = page.partition(".Bd -literal\n")[2].partition(".Ed")[0]
    t.equal([" ".join(line.replace("NAME", "main").split()) for line in head],
        [" ".join(line.replace("\\e", "\\").split()) for line in
            block.splitlines()], "the commands in the unit are the manual's")


def crontab(t):
    with open(os.path.join(ROOT, "conf", "shardherd.cron"),
            encoding="utf-8") as f:
        lines = [line for line in f.read().splitlines()
            if line and not line.startswith("#")]
    t.ok(any(line.startswith("@reboot ") for line in lines), "@reboot")
    verbs = re.findall(r"shardherd\.conf (\w+)", " ".join(lines))
    t.ok("ensure" in verbs, "ensure")
    for verb in sorted(set(verbs)):
        done = subprocess.run([SHARDHERD, "help", verb], timeout=30,
            capture_output=True)
        t.equal(done.returncode, 0, "there is a verb " + verb)


def main():
    t = Scenario()
    crontab(t)
    with open(UNIT, encoding="utf-8") as f:
        text = f.read()
    printed(t)
    t.match(text, r"(?m)^ExecStart=\S+ -c \S+ run$", "the unit runs run")
    if shutil.which("systemd-analyze"):
        # By this name, and with the program where it is here.
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "shardherd@test.service")
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace("/usr/local/bin/shardherd", SHARDHERD))
            unit(t, path)
            drop_in(t, folder, path)
    else:
        t.note("no systemd-analyze here: the unit is not verified")
    t.end()
    raise SystemExit(1 if t.failures else 0)


main()
