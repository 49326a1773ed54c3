#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""B3: a command that Discord refuses keeps no other one from being registered:
it is found, by the index in the error or alone, and named in log, status,
check and plugin list.  An Entry Point command that Discord keeps in the list
stays there (50240); menu commands have no description (B4)."""
import json
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from bridging import Bridge
from herd import scenario, wait_until
from rest_proxy import Proxy

PLUGIN = """#!/usr/bin/python3
import json, sys
FILE = %r
for line in sys.stdin.buffer:
    m = json.loads(line)
    r = {"api": 1, "commands": json.load(open(FILE))} if m.get("method") == \\
        "initialize" else None
    if "command" in (m.get("params") or {}):
        open(FILE + ".seen", "a").write(m["params"]["command"]["name"])
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": r}),
            flush=True)
"""


def plugin(fleet, name, *commands):
    """A plugin of these commands, which may be changed before a start."""
    file = fleet.path(name + ".json")
    with open(file, "w", encoding="utf-8") as f:
        json.dump(commands, f)
    path = fleet.program(name + ".py", PLUGIN % file)
    return dict(exec=path, events="GUILD_CREATE")


def names(proxy):
    """Of the last list that Discord took."""
    put = [r for r in proxy.requests("PUT", "*/commands", ruled=False)][-1]
    return sorted((c.get("type", 1), c["name"]) for c in put.json())


def refuse(proxy, word, body):
    return proxy.answer("*", "*/commands", 400, body, match=word)


def named(t, fleet, why):
    fleet.wait_status(lambda s: s["handler"]["commands_out"] == 1,
        "one command is left out")
    t.match(fleet.log_text(), "plugin bad: its command .*" + why, "the log "
        "names it")
    t.match(" ".join(fleet.cli("status").stdout.split()),
        "commands plugin bad: .* is left out.*" + why, "so does status")
    done = fleet.cli("check")
    t.equal(done.returncode, 1, "check is a warning")
    t.match(done.stdout, "plugin bad: ", "which names it")
    t.match(" ".join(fleet.cli("plugin", "list").stdout.split()),
        "bad: .* is left out.*" + why, "and plugin list")


def main(t):
    sim = t.sim(shards=1, guilds=2, plain=True)
    fleet = t.fleet(sim)
    proxy = Proxy(sim)
    bot = Bridge(fleet, "bot")
    good = plugin(fleet, "good", dict(name="fine", help="A good one"),
        dict(name="Look At", type=2, help="A menu's"))
    bad = plugin(fleet, "bad", dict(name="\u0421\u0442\u0430\u0442\u0443\u0441",
        help="A capital"), dict(name="other", help="The other one"))
    fleet.write_config({"gateway.api": proxy.api}, dict(good=good, bad=bad,
        bot=bot.config()))
    # Items are in order of type and name: fine, help, other, the bad one.
    by_index = refuse(proxy, "\u0421\u0442\u0430", {"message":
        "Invalid Form Body", "code": 50035, "errors": {"3": {"name":
        {"_errors": [{"code": "X", "message": "Command name is invalid"}]}}}})
    fleet.start()
    wait_until(lambda: "Discord has the new list" in fleet.log_text(),
        "the others are registered")
    t.equal(names(proxy), [(1, "fine"), (1, "help"), (1, "other"),
        (2, "Look At")], "all but one")
    named(t, fleet, "Command name is invalid")

    # An Activity: Discord keeps an Entry Point command in the list.
    app = bot("rest", method="GET", path="/applications/@me")["body"]["id"]
    bot("rest", method="POST", path="/applications/%s/commands" % app,
        body=dict(type=4, name="launch", description="", handler=2))
    fleet.stop()
    proxy.drop(by_index)
    # And the error names no index: each is tried alone.
    refuse(proxy, "\u0421\u0442\u0430", {"message": "No good list",
        "code": 50035})
    plugin(fleet, "good", dict(name="fine", help="Better"))
    done = fleet.log_text().count("Discord has the new list")
    fleet.start()
    wait_until(lambda: fleet.log_text().count("Discord has the new list")
        > done, "the others are registered again")
    t.equal(names(proxy), [(1, "fine"), (1, "help"), (1, "other"),
        (4, "launch")], "with what Discord keeps there")
    named(t, fleet, "No good list")

    # It ends when it ends.
    fleet.stop()
    proxy.drop()
    fleet.start()
    fleet.wait_status(lambda s: not s["handler"]["commands_note"],
        "nothing is left out any more")
    t.equal(fleet.cli("check").returncode, 0, "check is OK")
    fleet.stop()
    plugin(fleet, "good", dict(name="fine", help="Better"),
        dict(name="Look At", type=2))
    done = fleet.log_text().count("Discord has the new list")
    fleet.start()
    wait_until(lambda: fleet.log_text().count("Discord has the new list")
        > done, "a menu without a help is registered")
    sim.ctl("interaction", 0, "Look At", "--as", "user")
    # It is there before what is written into it.
    wait_until(lambda: os.path.exists(fleet.path("good.json.seen"))
        and os.path.getsize(fleet.path("good.json.seen")) > 0,
        "a menu's command comes to its plugin")
    with open(fleet.path("good.json.seen"), encoding="utf-8") as f:
        t.equal(f.read(), "Look At", "and is that one")
    fleet.stop()

    # What is no command's fault blames none, and is said, too.
    plugin(fleet, "good", dict(name="fine", help="Best"))
    refuse(proxy, "Best", {"message": "Max number of daily application command "
        "creates has been reached (200)", "code": 30034})
    fleet.start()
    fleet.wait_status(lambda s: "not registered" in
        (s["handler"]["commands_note"] or ""), "none could be registered")
    t.equal(fleet.status()["handler"]["commands_out"], 0, "by nobody's fault")
    t.equal(fleet.cli("check").returncode, 1, "check warns")
    proxy.drop()
    fleet.stop()


scenario(main)
