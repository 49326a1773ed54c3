#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""G9: the crontabs of conf and of the manual, made as the manual says and run
as Debian's cron does: its environment, its shell, the user's home."""
import os
import re
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import PATIENT, ROOT, SHARDHERD, scenario

PAGE = os.path.join(ROOT, "man", "shardherd.1")
CRON_D = os.path.join(ROOT, "conf", "shardherd.cron")
LINE = re.compile(r"(@reboot|(?:\S+\s+){4}\S+)\s+(.*)")


def blocks():
    """The literal blocks of the manual's section on cron."""
    with open(PAGE, encoding="utf-8") as f:
        section = f.read().partition("\n.Sh CRON\n")[2].partition("\n.Sh")[0]
    return [text.replace("\\e\n", "\\\n") for text in re.findall(
        r"(?ms)^\.Bd -literal\n(.*?)^\.Ed$", section)]


class Cron:
    """A crontab, with this test's directories for the machine's."""

    def __init__(self, text, here, user_field):
        self.home, self.env, self.commands = here, {}, {}
        for line in here.mine(text).splitlines():
            setting = re.fullmatch(r"(\w+)=(.*)", line)
            entry = LINE.fullmatch(line)
            if setting:
                self.env[setting.group(1)] = setting.group(2)
            elif entry:
                command = entry.group(2)
                if user_field:
                    command = command.split(None, 1)[1]
                self.commands.setdefault(entry.group(1), []).append(command)

    def run(self, command):
        env = {"HOME": self.home.path, "LOGNAME": "shardherd",
            "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", **self.env}
        # A % would be a newline to cron.
        return subprocess.run(["/bin/sh", "-c", command.replace("%", "\n")],
            env=env, cwd=self.home.path, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=600, check=False)


class Home:
    """The user's, and where the program is installed."""

    def __init__(self, t, sim):
        self.path = os.path.join(t.dir, "home")
        self.bin = os.path.join(t.dir, "bin")
        self.sim = sim
        os.makedirs(self.path)
        os.makedirs(self.bin)
        os.symlink(SHARDHERD, os.path.join(self.bin, "shardherd"))

    def mine(self, text):
        return text.replace("/var/lib/shardherd", self.path) \
            .replace("/usr/local/bin", self.bin)

    def init(self, command):
        """As printed, told of the simulator; a user is made elsewhere."""
        urls = self.sim.urls
        command = self.mine(command).replace("runuser -u shardherd -- ", "")
        return subprocess.run(["/bin/sh", "-c", command.replace(
            "shardherd init ", "shardherd init --api %s --ca-file %s "
            "--token-file %s --set gateway.identify_interval=500ms " % (
            urls["SIM_API"], urls["SIM_CA"], urls["SIM_TOKEN_FILE"]))],
            env=dict(os.environ, PATH=self.bin + ":" + os.environ["PATH"]),
            capture_output=True, text=True, timeout=600, check=False)


def silent(t, cron, command, what):
    done = cron.run(command)
    t.equal((done.returncode, done.stdout, done.stderr), (0, "", ""), what)


def lives(t, fleet, cron, command, what):
    """Starts it, leaves it alone, takes it over."""
    silent(t, cron, command, what + ": starts it without a word")
    fleet.wait_ready()
    pid, shards = fleet.supervisor_pid(), fleet.shard_pids()
    silent(t, cron, command, what + ": and again")
    t.equal(fleet.supervisor_pid(), pid, what + ": changes nothing")
    fleet.kill_supervisor()
    silent(t, cron, command, what + ": after a kill")
    fleet.wait_ready()
    t.equal(fleet.shard_pids(), shards, what + ": takes the shards over")


def fleet_of(t, sim, config):
    fleet = t.fleet(sim)
    fleet.config = config
    return fleet


def main(t):
    sim = t.sim(shards=2)
    home = Home(t, sim)
    made, own = blocks()
    for command in re.split(r"(?<!\\)\n", made):
        if "shardherd init" in command:
            done = home.init(command)
            t.equal(done.returncode, 0, "as printed: " + command)
    with open(CRON_D, encoding="utf-8") as f:
        cron = Cron(f.read(), home, user_field=True)
    config = home.mine("/var/lib/shardherd/main/shardherd.conf")
    fleet = fleet_of(t, sim, config)
    lives(t, fleet, cron, cron.commands["* * * * *"][0], "cron.d")
    t.equal(cron.commands["@reboot"], cron.commands["* * * * *"],
        "a reboot does the same")
    daily = [text for when, all_ in cron.commands.items() for text in all_
        if "check" in text]
    t.equal(len(daily), 1, "once a day it is looked at")
    silent(t, cron, daily[0], "and all is well")
    t.ok("/usr/local/bin" in open(CRON_D, encoding="utf-8").read()
        .partition("\nPATH=")[2].partition("\n")[0],
        "plugins find interpreters in /usr/local/bin")
    fleet.stop()

    os.rename(os.path.dirname(config), os.path.join(home.path, "bot"))
    cron = Cron(own, home, user_field=False)
    fleet = fleet_of(t, sim, os.path.join(home.path, "bot", "shardherd.conf"))
    fleet.must("start", PATIENT)
    fleet.must("stop")
    command, = cron.commands["* * * * *"]
    silent(t, cron, command, "crontab: what was stopped stays so")
    t.equal(fleet.status()["cluster"]["state"], "stopped", "it does")
    os.unlink(os.path.join(home.path, "bot", "state", "stopped"))
    lives(t, fleet, cron, command, "crontab")
    # Who pastes the line alone has cron's own PATH.
    cron.env = {}
    silent(t, cron, command, "crontab: the line alone")
    t.equal(sim.totals()["identifies"], 2, "2 IDENTIFYs in all")
    fleet.stop()


scenario(main)
