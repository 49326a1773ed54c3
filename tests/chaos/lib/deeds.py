# SPDX-License-Identifier: MIT
"""What may befall a fleet: each deed takes the world it acts on and the dice,
and returns when what it did is over, or is the fleet's to mend.  How many
IDENTIFYs each may cost is in COSTS; the others cost none."""
import contextlib
import os
import resource
import shutil
import signal
import threading
import time

import herd
import nextver
from files import replace
from gates import wait_gate
from processes import alive, children, kill


class World:
    """A fleet, its simulator, and what the deeds know of them."""

    def __init__(self, t, sim, fleet, bots, programs):
        self.t, self.sim, self.fleet, self.bots = t, sim, fleet, bots
        self.programs = programs	# two, to upgrade to and fro
        self.shards = fleet.shards
        self.spent = 0		# IDENTIFYs that may have been
        self.deaths = 0		# of handlers and plugins

    def pid(self, kind, dice):
        """Of a random one of that kind; None: there is none now."""
        status = self.fleet.status()
        handler = status["handler"]["pid"]
        if kind == "shard":
            return dice.choice([s["pid"] for s in status["shards"]])
        if kind == "plugin":
            return dice.choice(children(handler) or [None])
        if kind == "supervisor":
            return status["cluster"]["pid"]
        return status[kind]["pid"]


# ---- ends ---------------------------------------------------------------

def kill_one(w, dice, kind=None):
    kind = kind or dice.choice(("shard", "shard", "handler", "plugin",
        "supervisor", "gate", "web"))
    pid = w.pid(kind, dice)
    w.deaths += kind in ("handler", "plugin")
    if pid and pid > 0:
        kill(pid)
    if kind == "supervisor":
        herd.wait_until(lambda: not alive(pid), "it is dead")
        w.fleet.must("ensure", "--wait=120", timeout=180)
    if kind == "gate":
        wait_gate(w.fleet, other_than=pid)
    return kind


def kill_bot(w, dice):
    w.bots.kill(dice.randrange(w.bots.count))


def named(w, kind, pid):
    """Status says of a process that stands still what is true of it."""
    s = w.fleet.status()
    if kind == "shard":
        return any(row["pid"] == pid and row["state"] != "ready"
            for row in s["shards"]) or pid not in [
            row["pid"] for row in s["shards"]]
    if kind == "supervisor":
        return s["cluster"]["state"] != "ready"
    return s[kind]["state"] != "ready" or s[kind]["pid"] != pid


def stand_still(w, dice):
    """SIGSTOP until status names it, then SIGCONT."""
    kind = dice.choice(("shard", "handler", "supervisor", "gate"))
    pid = w.pid(kind, dice)
    if not pid or pid < 1:
        return kind
    w.deaths += kind == "handler"	# it may be ended for it
    kill(pid, signal.SIGSTOP)
    try:
        herd.wait_until(lambda: named(w, kind, pid), "status names the %s "
            "(pid %d) that stands still" % (kind, pid), 120)
    finally:
        kill(pid, signal.SIGCONT)
    return kind


# ---- want ---------------------------------------------------------------

def no_descriptors(w, dice):
    """For a while it can open nothing."""
    kind = dice.choice(("shard", "handler", "supervisor", "gate"))
    pid = w.pid(kind, dice)
    if not pid or pid < 1:
        return kind
    with contextlib.suppress(ProcessLookupError):
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (
            len(os.listdir("/proc/%d/fd" % pid)) + 1, hard))
        time.sleep(1 + 2 * dice.random())	# so long is the want
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    w.deaths += kind == "handler"
    return kind


def full_disk(w, dice):
    """Of state_dir, when it has one of its own."""
    place = w.fleet.path("state")
    if os.stat(place).st_dev == os.stat(w.fleet.dir).st_dev:
        return "no disk of its own"
    filler = os.path.join(place, "filler")
    try:
        with open(filler, "wb", 0) as f, contextlib.suppress(OSError):
            while True:
                f.write(bytes(1 << 20))
        time.sleep(1 + 2 * dice.random())	# so long is the want
    finally:
        os.unlink(filler)
    return ""


# ---- the way to Discord -------------------------------------------------

def cut(w, dice):
    who = dice.choice(["all", *range(w.shards)])
    w.sim.ctl(*dice.choice((("drop", who), ("eof", who), ("op", who, 7),
        ("close", who, dice.choice((1000, 1001, 1006, 4000, 4008, 4900))))))
    return who


def slow_line(w, dice):
    who = dice.choice(["all", dice.randrange(w.shards)])
    w.sim.ctl("line", who, "latency", "%dms" % dice.randrange(5, 200),
        "bandwidth", dice.choice((200000, 1000000)), "segment",
        dice.choice((100, 1400)))
    time.sleep(1 + 2 * dice.random())	# so long it is slow
    w.sim.ctl("line", who, "default")
    return who


def mute(w, dice):
    """Half-open, until the shard has found out."""
    shard = dice.randrange(w.shards)
    before = w.fleet.shard(shard)["connects"]
    w.sim.ctl("mute", shard, "on")
    try:
        w.fleet.wait_status(lambda s: s["shards"][shard]["state"] != "ready"
            or s["shards"][shard]["connects"] != before,
            "the shard whose connection is half-open notices", 180)
    finally:
        w.sim.try_ctl("mute", shard, "off")	# it may be a new one by now
    return shard


# Name and arguments of what strikes before a connection says whose it is ...
ANYBODYS = (("connect-refuse",), ("upgrade-status", 503), ("no-hello",),
    ("slow-hello", 700), ("hello-glued",), ("op7-instead-of-hello",))
# ... as it RESUMEs, and how many IDENTIFYs that costs ...
RESUMING = ((("op9-on-resume", "true"), 0), (("op9-on-resume", "false"), 1),
    (("close-on-resume", 4000), 0), (("close-on-resume", 4009), 1),
    (("drop-mid-replay", 3), 0))
# ... and in what it is sent.
SENT = (("delay-ack", 300), ("bad-deflate",), ("half-message",), ("fragment",),
    ("bomb",))


def fault(w, dice):
    shard = dice.randrange(w.shards)
    kind = dice.choice((ANYBODYS, RESUMING, SENT, None))
    if kind is None:
        words = ("1001-storm",)
        w.sim.ctl("fault", *words)
    elif kind is ANYBODYS:
        words = dice.choice(kind)
        w.sim.ctl("fault", *words, "--host", "resume", "--count",
            dice.randrange(1, 3))
    elif kind is SENT:
        words = dice.choice(kind)
        w.sim.ctl("fault", *words, "--shard", shard)
    else:
        words, cost = dice.choice(kind)
        w.sim.ctl("fault", *words, "--shard", shard)
        w.spent += cost
    if kind in (ANYBODYS, RESUMING):
        w.sim.try_ctl("drop", shard)	# it strikes the next connection
    return "%s, shard %s" % (" ".join(map(str, words)), shard)


def expire(w, dice):
    shard = dice.randrange(w.shards)
    w.sim.ctl("expire", shard)
    w.sim.try_ctl("drop", shard)	# it may be cut already
    w.spent += 1
    return shard


# ---- orders -------------------------------------------------------------

def broken_reload(w, dice):
    """What does not run is refused, and nothing changes."""
    with open(w.fleet.config, encoding="utf-8") as f:
        good = f.read()
    bad = good + dice.choice(("[nonsense]\nkey = 1\n",
        '[plugin "broken"]\nexec = /nonexistent\nevents = *\n'))
    replace(w.fleet.config, bad)
    done = w.fleet.cli("reload", timeout=180)
    replace(w.fleet.config, good)
    if done.returncode == 0:
        raise herd.Failed("a reload of a broken config went well")
    return "exit %d" % done.returncode


ORDERS = {
    "reload": ("reload",),
    "rollout": ("rollout", "--wait"),
    "upgrade": ("upgrade",),
    "plugin restart": ("plugin", "restart", "tally"),
    "probe": ("probe",),
    "shard reconnect": ("shard", None, "reconnect"),
    "shard restart": ("shard", None, "restart"),
    "token reload": ("token", "reload", "--yes"),
    "plugin unload": ("plugin", "unload", "tally"),
}


def words_of(w, name, dice):
    words = [str(dice.randrange(w.shards)) if word is None else word
        for word in ORDERS[name]]
    if name == "upgrade":
        w.programs.reverse()
        words.append(w.programs[0])
    if name == "token reload":
        replace(w.fleet.path("token"), w.sim.ctl("token", "reset"))
        w.spent += w.shards
    w.deaths += name in ("reload", "upgrade", "token reload", "plugin restart",
        "plugin unload")
    return words


def after(w, name):
    if name == "plugin unload":
        herd.wait_until(lambda: w.fleet.cli("plugin", "load", "tally")
            .returncode == 0, "the plugin is loaded again", 120)
    if name == "token reload":	# one that may not begin, or was overtaken
        herd.wait_until(lambda: w.fleet.cli("token", "reload", "--yes",
            timeout=180).returncode == 0, "the fleet has the new token", 240)


def order(w, dice):
    name = dice.choice(sorted(ORDERS))
    done = w.fleet.cli(*words_of(w, name, dice), timeout=300)
    after(w, name)
    if done.returncode not in (0, 75) and name != "probe":
        raise herd.Failed("%s: exit %d: %s%s" % (name, done.returncode,
            done.stdout, done.stderr))
    return "%s: exit %d" % (name, done.returncode)


def pair(w, dice):
    """Two at once: each is carried out or told 75 and why."""
    names = dice.sample(sorted(ORDERS), 2)
    if "token reload" in names:	# the other may be refused for it, at length
        names.sort(key=lambda name: name == "token reload")
    words = [words_of(w, name, dice) for name in names]
    done = [None, None]

    def run(i):
        done[i] = w.fleet.cli(*words[i], timeout=300)
    threads = [threading.Thread(target=run, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in names:
        after(w, name)
    for name, d in zip(names, done):
        if d.returncode == 75 and not d.stderr.strip():
            raise herd.Failed("%s beside %s: exit 75 without a reason" % (
                name, names))
    return "; ".join("%s: exit %d" % (name, d.returncode)
        for name, d in zip(names, done))


DEEDS = {
    "kill": (kill_one, 6), "kill bot": (kill_bot, 1),
    "stand still": (stand_still, 2), "no descriptors": (no_descriptors, 1),
    "full disk": (full_disk, 1), "cut": (cut, 3), "slow line": (slow_line, 1),
    "mute": (mute, 1), "fault": (fault, 4), "expire": (expire, 1),
    "broken reload": (broken_reload, 1), "order": (order, 4),
    "pair": (pair, 3),
}


def programs_of(fleet):
    paths = [fleet.path("a"), fleet.path("b")]
    shutil.copy2(fleet.binary, paths[0])
    nextver.another(fleet.binary, paths[1])
    return paths
