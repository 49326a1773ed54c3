#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The protocol is UTF-8 whatever the locale says: the helper, the plugins that
come with shardherd, the templates and the manual's programs."""
import os
import re
import shutil
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario
from piped import Piped

PLUGINS = os.path.join(ROOT, "handler", "plugins")
TEXT = "gr\u00fc\u00df dich, \u732b \U0001f40d"
# As in a Latin-1 locale, and in C: Python's own switches for it need no such
# locale here.
LOCALES = {"Latin-1": {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
    "C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0",
    "PYTHONIOENCODING": "ascii"}}
ECHO = """
import sys; sys.path.insert(0, %r)
import shardherd
bot = shardherd.Plugin()
@bot.on("MESSAGE_CREATE")
def echo(d, event):
    bot.reply(d, d["content"])
    bot.log("info", "that was %%r" %% d["content"])
    sys.stderr.write(d["content"] + "\\n")
bot.run()
""" % PLUGINS


def programs(t):
    """The manual's, and the bundled ones that speak for themselves."""
    with open(os.path.join(ROOT, "man", "shardherd-plugin.7"),
            encoding="utf-8") as f:
        texts = re.findall(r"(?ms)^\.Bd -literal.*?\n(.*?)^\.Ed", f.read())
    for i, text in enumerate(x for x in texts if re.match("#!.*python3", x)):
        path = os.path.join(t.dir, "manual%d.py" % i)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("\\e", "\\"))
        yield "the manual's %d" % i, path
    for name in "pong.py", "dice.py", "admin.py", "scissors.py", "counter.py":
        yield name, os.path.join(PLUGINS, name)
    new = os.path.join(t.dir, "new.py")
    with open(os.path.join(PLUGINS, "new", "plugin.py"),
            encoding="utf-8") as f, open(new, "w", encoding="utf-8") as out:
        out.write(f.read().replace("@NAME@", "new"))
    yield "the template", new


def all_answer(t, locale, env):
    tried = 0
    for name, path in programs(t):
        plugin = Piped(["/usr/bin/python3", "-B", path], env)
        plugin.start()
        answer = plugin.event("MESSAGE_CREATE", dict(id="1", channel_id="2",
            content=TEXT, author=dict(id="3")))
        t.equal(answer.get("result"), None, "%s, %s: is not disturbed by it"
            % (locale, name))
        t.equal(plugin.end(), (0, ""), "%s, %s: ends well" % (locale, name))
        tried += 1
    t.ok(tried >= 9, "%s: all of them were tried" % locale)


def echoed(t, locale, env):
    path = os.path.join(t.dir, "echo.py")
    with open(path, "w", encoding="utf-8") as f:
        f.write(ECHO)
    plugin = Piped(["/usr/bin/python3", "-B", path], env)
    plugin.start()
    plugin.event("MESSAGE_CREATE", dict(id="1", channel_id="2", content=TEXT))
    t.equal(plugin.calls[-2][1]["content"], TEXT, locale + ": what it reads "
        "and sends is what it was")
    code, said = plugin.end()
    t.equal((code, said), (0, TEXT + "\n"), locale + ": so is what it says on standard error")


def main(t):
    shutil.copy(os.path.join(PLUGINS, "shardherd.py"), t.dir)
    for locale, env in LOCALES.items():
        echoed(t, locale, env)
        all_answer(t, locale, env)


scenario(main)
