#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""C3: two plugins answer one message twice each, with the helper: Discord
posts all four; and one each when the event comes again to a new process."""
import os
import re
import shutil
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario, wait_until

PLUGIN = """#!/usr/bin/python3
import os
import shardherd
bot = shardherd.Plugin(workers=1)
ME = os.path.basename(__file__)

@bot.on("MESSAGE_CREATE")
def message(d, event):
    if d["content"] == "!two":
        bot.reply(d, ME + " one")
        bot.reply(d, ME + " two")
    elif d["content"] == "!die":
        bot.reply(d, ME + " dies")
        open(%r + ME, "a").write("x")
        if not event["again"]:
            os._exit(3)
bot.run()
"""


def said(sim, channel):
    """What the bot has posted there, a.py and b.py in front."""
    return sorted(re.findall(r"[ab]\.py \w+", sim.ctl("said", channel, 50)))


def main(t):
    sim = t.sim(shards=1, guilds=2)
    fleet = t.fleet(sim)
    shutil.copy(os.path.join(ROOT, "handler", "plugins", "shardherd.py"),
        fleet.dir)
    plugins = {}
    for name in ("a", "b"):
        path = fleet.program(name + ".py", PLUGIN % fleet.path("died-"))
        plugins[name] = dict(exec=path, events="MESSAGE_CREATE")
    fleet.write_config({}, plugins)
    fleet.start()
    channel = sim.ctl("guilds", 1).split("\n")[1].split()[2]

    sim.ctl("message", 0, "!two", "--channel", channel)
    wait_until(lambda: len(said(sim, channel)) >= 4, "four replies")
    t.equal(said(sim, channel), ["a.py one", "a.py two", "b.py one",
        "b.py two"], "each plugin's two replies are posted")

    sim.ctl("message", 0, "!die", "--channel", channel)
    for name in plugins:
        wait_until(lambda: os.path.exists(fleet.path("died-%s.py" % name))
            and os.path.getsize(fleet.path("died-%s.py" % name)) == 2,
            "the event came again to " + name)
    t.equal([s for s in said(sim, channel) if "dies" in s], ["a.py dies",
        "b.py dies"], "but its reply was posted once")
    fleet.stop()


scenario(main)
