#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""shardherd probe: the round trip is timed, leaves nothing behind, and each
way in which it can fail has its sentence and exit status; on a schedule a
failure raises an alert, and its end is told as well."""
import json
import os
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
from files import executable
from herd import ROOM, ROOT, scenario, wait_until

INTENTS = "GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT"
PLUGIN = '''#!/usr/bin/python3
import shardherd
bot = shardherd.Plugin()

@bot.on("MESSAGE_CREATE")
def where(d, event):
    with open("%s", "w") as f:
        f.write(d["channel_id"])

@bot.on("MESSAGE_REACTION_ADD")
def reaction(d, event):
    pass

bot.run()
'''
ALERT = '''#!/bin/sh
cat >>%(dir)s/alerts.txt
echo >>%(dir)s/alerts.txt
'''
EMOJI = "%F0%9F%8F%93"


def rest(sim, method, path):
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        token = f.read().strip()
    ask = urllib.request.Request(sim.urls["SIM_API"] + path, method=method,
        headers={"Authorization": "Bot " + token,
            "User-Agent": "DiscordBot (https://example.org, 1)"})
    context = ssl.create_default_context(cafile=sim.urls["SIM_CA"])

    def send():
        try:
            with urllib.request.urlopen(ask, context=context, timeout=300) as f:
                return f.read() or b"null"
        except urllib.error.HTTPError as e:
            if e.code != 429:	# Discord takes a reaction in 250 ms
                raise
        return None

    return json.loads(wait_until(send, "%s is let through" % path))


class Probed:
    """The fleet, its config, and the message it reacts to."""

    def __init__(self, t, sim, fleet):
        self.t, self.sim, self.fleet = t, sim, fleet
        self.keys = {"bot.intents": INTENTS + ", GUILD_MESSAGE_REACTIONS",
            "handler.probation": "0", "alerts.repeat": "1h",
            "probe.slow": "60s", "probe.deadline": "100s"}
        shutil.copy(os.path.join(ROOT, "handler", "plugins", "shardherd.py"),
            fleet.dir)
        executable(fleet.path("seen.py"), PLUGIN % fleet.path("channel"))
        executable(fleet.path("alert"), ALERT % {"dir": fleet.dir})
        self.write()

    def write(self, **keys):
        self.keys.update({k.replace("_", ".", 1): v for k, v in keys.items()})
        self.fleet.write_config(self.keys, {"seen": dict(exec="seen.py",
            events="MESSAGE_CREATE, MESSAGE_REACTION_ADD")})

    def reload(self, **keys):
        self.write(**keys)
        self.fleet.must("reload", timeout=60)

    def result(self):
        done = self.fleet.cli("probe", "--json")
        return done.returncode, json.loads(done.stdout)

    def reactions(self):
        path = "/channels/%s/messages/%s" % (self.keys["probe.channel"],
            self.keys["probe.message"])
        return rest(self.sim, "GET", path).get("reactions", [])

    def leave_one(self):
        rest(self.sim, "PUT", "/channels/%s/messages/%s/reactions/%s/@me" % (
            self.keys["probe.channel"], self.keys["probe.message"], EMOJI))


def set_up(t, p):
    """From nothing to the config, as the sentences say."""
    t.sentence(p.fleet.cli("probe"), 78, "probe --setup CHANNEL",
        "without a config")
    p.sim.ctl("message", 1, "where?")
    wait_until(lambda: os.path.exists(p.fleet.path("channel")), "a channel")
    with open(p.fleet.path("channel"), encoding="utf-8") as f:
        channel = f.read()
    out = p.fleet.must("probe", "--setup", channel)
    keys = dict(line.split(" = ") for line in out.splitlines()[1:])
    t.equal((out.splitlines()[0], keys["channel"]), ("[probe]", channel),
        "--setup prints the section")
    p.reload(probe_channel=channel, probe_message=keys["message"])
    t.sentence(p.fleet.cli("probe", "--setup", "general"), 64, "id of a "
        "channel", "--setup with a name")


def good(t, p):
    code, r = p.result()
    t.equal((code, r["code"], r["text"], r["shard"]), (0, 0, None, 1),
        "a round trip")
    hops = [r[k] for k in ("rest_ms", "gateway_ms", "handler_ms", "done_ms",
        "total_ms")]
    t.ok(all(isinstance(ms, int) and ms >= 0 for ms in hops)
        and r["total_ms"] >= r["rest_ms"], "every hop has its time")
    t.equal(p.reactions(), [], "the reaction is gone again")
    p.leave_one()
    t.equal(len(p.reactions()), 1, "an earlier probe left its reaction")
    out = p.fleet.must("probe")
    t.match(out, r"back at shard 1 +\d+ ms\n.*\n.*\n +in all +\d+ ms",
        "one that was left is no obstacle")
    t.equal(p.reactions(), [], "and is gone")
    last = p.fleet.status()["probe"]
    t.equal((last["code"], last["runs"], last["failures"]), (0, 2, 0),
        "status has the last one")


def refusals(t, p):
    p.sim.ctl("rest", "PUT /channels/*/reactions/*", 403, "json")
    t.sentence(p.fleet.cli("probe"), 78, "Add Reactions", "no permission")
    p.sim.ctl("rest", "clear")
    p.sim.ctl("rest", "PUT /channels/*/reactions/*", "ok", "delay=3")
    p.reload(probe_slow="300ms")
    done = p.fleet.cli("probe")
    t.sentence(done, 1, "more than .probe. slow", "a slow one")
    t.match(done.stdout, "accepted by REST", "whose hops are shown")
    both = [subprocess.Popen([p.fleet.binary, "-c", p.fleet.config, "probe"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(2)]
    t.equal(sorted(one.wait(ROOM * 30) for one in both), [1, 75],
        "of two at a time one is told to try later")
    p.sim.ctl("rest", "clear")
    message = p.keys["probe.message"]
    p.reload(probe_message="1", probe_slow="60s")
    t.sentence(p.fleet.cli("probe"), 78, "no message 1", "a wrong message")
    p.reload(probe_message=message, probe_emoji="ping")
    t.sentence(p.fleet.cli("probe"), 78, "no reaction|takes no reaction",
        "no emoji")
    p.reload(probe_emoji=None, probe_deadline="4s")


def deaf(t, p):
    p.sim.ctl("mute", 1, "on")
    done = p.fleet.cli("probe")
    t.sentence(done, 2, "not come back over shard 1 .*shardherd why 1",
        "a deaf shard")
    p.sim.ctl("mute", 1, "off")
    p.reload(probe_deadline="100s")
    t.equal(p.result()[0], 0, "and it hears again")


def alerts(p):
    try:
        with open(p.fleet.path("alerts.txt"), encoding="utf-8") as f:
            return [json.loads(line) for line in f if line.strip()]
    except (OSError, ValueError):
        return []


def schedule(t, p):
    p.sim.ctl("mute", 1, "on")
    p.reload(probe_interval="1s", probe_deadline="4s",
        alerts_exec=p.fleet.path("alert"))
    first = wait_until(lambda: alerts(p), "an alert")[0]
    t.match(json.dumps(first), "probe.*has not come back over shard 1",
        "the schedule's failure is an alert")
    done = p.fleet.cli("check")
    t.equal(done.returncode, 1, "check: degraded")
    t.match(done.stdout, "WARNING.*has not come back", "and says why")
    t.equal(p.fleet.status()["probe"]["code"], 2, "status, too")
    p.sim.ctl("mute", 1, "off")
    wait_until(lambda: len(alerts(p)) > 1, "the alert is over")
    t.match(json.dumps(alerts(p)[1]), "over|ended|well", "its end is told")
    wait_until(lambda: p.fleet.cli("check").returncode == 0, "check: fine")
    t.equal(p.fleet.status()["probe"]["scheduled"], True, "all is well again")


def no_intent(t, p):
    p.fleet.stop()
    t.sentence(p.fleet.cli("probe"), 2, "not running", "without a fleet")
    p.write(bot_intents=INTENTS, probe_interval=None)
    p.fleet.start()
    t.sentence(p.fleet.cli("probe"), 78, "lacks GUILD_MESSAGE_REACTIONS",
        "without the intent")
    p.fleet.stop()


def main(t):
    sim = t.sim(shards=2, guilds=8)
    p = Probed(t, sim, t.fleet(sim))
    p.fleet.start()
    set_up(t, p)
    good(t, p)
    refusals(t, p)
    deaf(t, p)
    schedule(t, p)
    no_intent(t, p)


scenario(main)
