# SPDX-License-Identifier: MIT
"""Deeds of operators: each order there is, alone or two at once, and configs
that are good, changed or broken."""
import threading

import herd
from files import replace

ORDERS = {
    "reload": ("reload",),
    "rollout": ("rollout", "--wait"),
    "rollout undo": ("rollout", "undo"),
    "upgrade": ("upgrade",),
    "plugin restart": ("plugin", "restart", "tally"),
    "probe": ("probe",),
    "shard reconnect": ("shard", None, "reconnect"),
    "shard restart": ("shard", None, "restart"),
    "token reload": ("token", "reload", "--yes"),
    "plugin unload": ("plugin", "unload", "tally"),
    "client restart": ("client", "restart", "own"),
    "cache rebuild": ("cache", "rebuild"),
    "stop": ("stop",),
    "restart": ("restart",),
}
# What may be told that it does not do now, and why: nothing to undo, no
# probe set up, another one is first, or everything ends.
MAY_REFUSE = {"probe", "rollout undo", "cache rebuild"}
END_ALL = {"stop", "restart"}


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
        "plugin unload", "stop", "restart")
    return words


def after(w, name):
    if name in END_ALL:
        herd.wait_until(lambda: w.fleet.cli("start", timeout=120).returncode
            == 0, "the fleet is started again", 240)
    if name == "plugin unload":
        herd.wait_until(lambda: w.fleet.cli("plugin", "load", "tally")
            .returncode == 0, "the plugin is loaded again", 120)
    if name == "token reload":	# one that may not begin, or was overtaken
        herd.wait_until(lambda: w.fleet.cli("token", "reload", "--yes",
            timeout=180).returncode == 0, "the fleet has the new token", 240)


def order(w, dice, name=None):
    name = name or dice.choice(sorted(ORDERS))
    done = w.fleet.cli(*words_of(w, name, dice), timeout=300)
    after(w, name)
    if done.returncode not in (0, 75) and name not in MAY_REFUSE:
        raise herd.Failed("%s: exit %d: %s%s" % (name, done.returncode,
            done.stdout, done.stderr))
    return "%s: exit %d" % (name, done.returncode)


def pair(w, dice):
    """Two at once: each is carried out or told 75 and why."""
    names = dice.sample(sorted(ORDERS), 2)
    if set(names) == END_ALL:
        names[0] = "reload"
    if "token reload" in names:	# the other may end who has just IDENTIFYed
        w.spent += w.shards
    # What brings the others to an end is waited for first, and the new token
    # last: others may be refused for it, at length.
    names.sort(key=lambda name: (name == "token reload", name not in END_ALL))
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
        if d.returncode != 0 and not d.stderr.strip():
            raise herd.Failed("%s beside %s: exit %d without a reason" % (
                name, names, d.returncode))
        if d.returncode not in (0, 75) and not (set(names) & END_ALL
                or name in MAY_REFUSE):
            raise herd.Failed("%s beside %s: exit %d: %s" % (name, names,
                d.returncode, d.stderr))
    return "; ".join("%s: exit %d" % (name, d.returncode)
        for name, d in zip(names, done))


def sections(w):
    with open(w.fleet.config, encoding="utf-8") as f:
        return f.read()


def broken_reload(w, dice):
    """What does not run is refused, and nothing changes."""
    good = sections(w)
    bad = good + dice.choice(("[nonsense]\nkey = 1\n",
        '[plugin "broken"]\nexec = /nonexistent\nevents = *\n',
        '[plugin "broken"]\nexec = /bin/false\nevents = *\n',
        '[plugin "broken"]\nexec = /bin/cat\nwindow = -1\n'))
    replace(w.fleet.config, bad)
    done = w.fleet.cli("reload", timeout=180)
    replace(w.fleet.config, good)
    if done.returncode == 0:
        raise herd.Failed("a reload of a broken config went well")
    return "exit %d" % done.returncode


def changed_reload(w, dice):
    """What differs from before is in force."""
    good = sections(w)
    text = good.replace("\nwindow = 64\n", "\nwindow = %d\n"
        % dice.choice((16, 32, 64)), 1)
    replace(w.fleet.config, text)
    w.deaths += 1
    done = w.fleet.cli("reload", timeout=180)
    if done.returncode not in (0, 75):
        raise herd.Failed("reload: exit %d: %s" % (done.returncode,
            done.stderr))
    replace(w.fleet.config, good)
    return "exit %d" % done.returncode
