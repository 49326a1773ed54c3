#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""README's "by hand" works when it is pasted, and ends with something to be
seen: a message and the bot's answer; so does what gives a fleet a gate, with a
client that connects by what was printed.  And README knows every exit code."""
import os
import re
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import FleetBot, free_port, wait_gate
from herd import BUILD, CAGED, ROOM, ROOT, SHARDHERD, scenario, skip


def block(title):
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as f:
        text = f.read()
    part = text.split("## " + title)[1].split("\n## ")[0]
    return re.findall(r"(?m)^    (.*)$", part), text


def gate(t):
    """What is said of a bot that stays as it is, pasted where a fleet runs."""
    sim = t.sim(shards=1, guilds=2)
    fleet = t.fleet(sim)
    script = "\n".join(block("Your bot stays as it is")[0])
    ports = free_port(), free_port()
    for number, port in zip(("7780", "7781"), ports):
        t.ok(number in script, "it names port " + number)
        script = script.replace(number, str(port))
    done = subprocess.run(["bash", "-e"], input=script, text=True,
        cwd=os.path.dirname(fleet.config), capture_output=True,
        timeout=ROOM * 100, env=dict(os.environ, PATH="%s:%s" % (
        os.path.dirname(SHARDHERD), os.environ["PATH"])))
    t.equal(done.returncode, 0, "the gate's commands run to their end")
    t.note(done.stderr.strip())
    t.match(done.stdout, r"(?m)^CLIENT +STATE.*\nbot +never", "the last shows it")
    token = re.search(r"(?m)^[\w-]{20,}\.[\w-]+\.[\w-]{40,}$", done.stdout)
    wait_gate(fleet)
    bot = FleetBot("ws://127.0.0.1:%d" % ports[0])
    bot.come(token.group())
    bot.until_guilds(2)
    t.equal(len(bot.guilds), 2, "the token printed opens it")
    bot.drop()
    fleet.stop()


def exit_codes(t, readme):
    """Each that the programs know, and no other, in README and the manual; what
    help says of a verb is of these."""
    with open(os.path.join(ROOT, "shared/base/err.h"), encoding="utf-8") as f:
        known = re.findall(r"\bEXIT_\w+ = (\d+),", f.read())
    t.ok(len(known) >= 8, "the programs have exit codes")
    t.equal(re.findall(r"\d+", readme.split("Exit codes:")[1].split("\n\n")[0]),
        known, "README has them")
    with open(os.path.join(ROOT, "man/shardherd.1"), encoding="utf-8") as f:
        page = f.read().split("\n.Sh EXIT STATUS\n")[1].split("\n.Sh ")[0]
    t.equal(re.findall(r"(?m)^\.It (\d+)$", page), known, "the manual has them")
    with open(os.path.join(ROOT, "tools/cli/verb_table.c"),
            encoding="utf-8") as f:
        said = re.findall(r'\.exits =((?:\s*"[^"]*")+)', f.read())
    t.ok(len(said) > 15, "help has exit codes of verbs")
    t.equal(set(re.findall(r"(?<![\w(])(\d+)(?= )", " ".join(said).replace("(40)",
        ""))) - set(known), set(), "and no other")


def main(t):
    gate(t)
    lines, text = block("Try it by hand")
    lines = [line for line in lines if not re.match(r"make|PATH=", line)]
    script = "\n".join(lines).replace("/tmp/sim", t.dir + "/sim").replace(
        "~/trybot", t.dir + "/trybot")
    # A person waits for "ready" and for the bot.
    script = script.replace("\n. ", "\nuntil [ -e %s/sim/urls ]; do sleep .1; "
        "done\n. " % t.dir, 1)
    script = re.sub(r"(?m)^(shardherd-sim .* said .*)$", r"for i in $(seq 1000);"
        r" do \1 | grep -q pong && break; sleep .1; done; \1", re.sub(
        r"(?m)(said 0) *#.*$", r"\1", script))
    done = subprocess.run(["bash", "-e"], input=script, cwd=ROOT, text=True,
        capture_output=True, timeout=ROOM * 100, env=dict(os.environ,
        PATH="%s:%s:%s" % (os.path.dirname(SHARDHERD), BUILD,
        os.environ["PATH"]), HOME=t.dir))
    t.equal(done.returncode, 0, "it runs to its end")
    t.note(done.stderr.strip())
    t.match(done.stdout, r"2 ready", "status shows a fleet")
    t.match(done.stdout, r'!ping"\n.*"pong"', "the bot has answered")
    exit_codes(t, text)


if CAGED:
    skip("the cage has no shell to paste into")
scenario(main)
