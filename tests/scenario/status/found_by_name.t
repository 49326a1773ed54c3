#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What somebody used to pm2 or systemd tries is found: the log of one plugin or
client, why, restart of a shard, a plugin or a client by its name, what the
config file says otherwise than what runs.  Names complete themselves; unknown
ones have one answer; a token that cannot be shown replaces none; another
session costs one IDENTIFY, which is said."""
import json
import os
import re
import subprocess
import sys

sys.path.append(sys.path[0] + "/../lib")
from gates import GATE, FleetBot, client_token, free_port, wait_gate
from herd import CAGED, ROOM, ROOT, SHARDHERD, scenario, wait_until, which
from terminal import Terminal

GREETER = r"""#!/usr/bin/python3
import json, sys
print("good morning, plugin audit: not mine", file=sys.stderr, flush=True)
for line in sys.stdin:
    m = json.loads(line)
    if "id" in m:
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": None}),
            flush=True)
"""


def completed(fleet, *words):
    done = fleet.cli("completion", "words", "--", "-c", fleet.config, *words)
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


def names(t, fleet):
    t.equal(completed(fleet, "why", ""), ["0", "1", "audit", "greeter", "bot"],
        "why completes shards, plugins and clients")
    t.equal(completed(fleet, "plugin", "restart", "gr"), ["greeter"], "a plugin")
    t.equal(completed(fleet, "logs", "--client="), ["--client=bot"], "a client")
    t.equal(completed(fleet, "shard", "1", "rei"), ["reidentify"], "a word")
    for words in (("why", "greter"), ("restart", "greter"),
            ("plugin", "restart", "greter"), ("plugin", "load", "greter"),
            ("plugin", "unload", "greter"), ("logs", "--plugin", "greter")):
        t.sentence(fleet.cli(*words), 64, 'did you mean "greeter"',
            " ".join(words))
    for word in ("add", "token", "restart", "kick", "why"):
        t.sentence(fleet.cli("client", word, "bto"), 64, 'did you mean "bot"',
            "client " + word)
    for words in (("why", "7"), ("shard", "7"), ("restart", "7"),
            ("status", "7"), ("shard", "7", "restart")):
        t.sentence(fleet.cli(*words), 64, "[Ss]hard 7", " ".join(words))
    t.sentence(fleet.cli("restart", "all"), 64, "shardherd restart", "pm2's all")


def other_words(t, fleet):
    """What the words of other tools are here."""
    for words, here in ((("ls",), '"shardherd status"'), (("monit",),
            '"shardherd top"'), (("metrics",), "shardherd-web"), (("logs",
            "greeter"), "--plugin PLUGIN"), (("stop", "greeter"),
            "plugin unload"), (("restart", "shard", "1"), "restart 3"),
            (("restart", "web"), "shardherd reload")):
        t.sentence(fleet.cli(*words), 64, re.escape(here), " ".join(words))
    t.match(fleet.must("help", "plugin", "restart"), "plugin restart PLUGIN",
        "help takes a form behind the verb")
    done = fleet.cli("bogus", "--json")
    t.equal(json.loads(done.stdout)["error"]["exit"], 64,
        "an unknown verb, in JSON where that was asked for")


def nobody_reads(t, fleet):
    """A stdout that is closed is no success."""
    for word in "help", "status", "events", "plugin":
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh",
            fleet.binary, "-c", fleet.config, word], capture_output=True,
            text=True, timeout=ROOM * 20)
        t.ok(done.returncode != 0 and "standard output" in done.stderr,
            "%s without a stdout is told" % word)


def garbage(t, fleet):
    """A token file with what no bot's token looks like."""
    with open(fleet.path("garbage"), "w", encoding="utf-8") as f:
        f.write("garbage\n")
    os.chmod(fleet.path("garbage"), 0o600)
    with open(fleet.path("odd.conf"), "w", encoding="utf-8") as f:
        f.write("[bot]\ntoken_file = garbage\nintents = GUILDS\n")
    done = subprocess.run([fleet.binary, "-c", fleet.path("odd.conf"), "config",
        "check"], capture_output=True, text=True, timeout=ROOM * 20)
    t.equal(done.returncode, 0, "config check cannot know")
    t.match(done.stderr, "warning: .*garbage holds does not look like.*token check",
        "but says what is odd, and who knows")


SHELLS = {
    "bash": ("bash --norc --noprofile -i", "PS1='> '; . {script}"),
    "zsh": ("zsh -f -i", "PS1='> '; autoload -U compinit; compinit -u -D; "
        ". {script}"),
}


def shells(t, fleet):
    """The scripts, as shells read them."""
    env = dict(os.environ, TERM="vt100", HOME=t.dir, SHARDHERD_CONF=fleet.config,
        PATH=os.path.dirname(SHARDHERD) + ":" + os.environ["PATH"])
    for shell, (command, begin) in SHELLS.items():
        if not which(shell):
            t.note("no %s here: its completion is not tried" % shell)
            continue
        script = t.dir + "/completion." + shell
        with open(script, "w", encoding="utf-8") as f:
            f.write(fleet.must("completion", shell))
        term = Terminal(fleet, argv=command.split(), env=env)
        term.write(begin.format(script=script) + "; echo RE''ADY\n")
        term.wait("READY\r")
        term.write("shardherd plugin unl\tgre\t--dr\t; echo\t")
        term.wait(r"unload.*greeter.*--drop")
        t.ok(True, shell + " completes a word, a plugin and an option")
        term.write("\x15shardherd logs --level=wa\t\t")
        term.wait(r"--level=warn")
        t.ok(True, shell + " completes a value behind =")
        term.write("\x15\x04\x04")
        os.close(term.fd)
        wait_until(lambda: term.process.poll() is not None, "the shell ends")
    if not which("fish"):
        t.note("no fish here: its completion is not tried")
        return
    got = subprocess.run(["fish", "--no-config", "-c", "source %s/conf/completion/"
        "shardherd.fish; complete -C 'shardherd plugin restart '; complete -C "
        "'shardherd logs --level=wa'" % ROOT], env=env, text=True,
        capture_output=True, timeout=ROOM * 60).stdout
    t.equal(re.findall(r"(?m)^\S+", got), ["audit", "greeter", "--level=warn"],
        "fish completes plugins and a value")


def logs(t, fleet):
    text = fleet.must("logs", "--plugin", "greeter", "-n", "1000")
    t.match(text, "plugin greeter: good morning", "what the plugin says")
    t.match(text, "plugin greeter is up", "and what is said of it")
    t.ok("plugin audit is up" not in text, "of no other")
    t.ok("good morning" not in fleet.must("logs", "--plugin", "audit",
        "-n", "1000"), "what another one says of it is that one's")
    both = fleet.must("logs", "--plugin", "greeter", "--plugin", "greeter",
        "--shard", "0", "--since", "1h")
    t.match(both, "shard 0: ", "with --shard, what is of either")
    t.equal(fleet.must("logs", "--plugin", "greeter", "--grep", "GOOD MORNING",
        "--since", "1h").count("\n"), 1, "--grep, whatever the case")
    t.equal(fleet.must("logs", "--grep", "not in there"), "", "or nothing")
    follow = subprocess.Popen([fleet.binary, "-c", fleet.config, "logs", "-f",
        "-n", "0", "--plugin", "greeter", "--grep", "morning"],
        stdout=subprocess.PIPE, text=True)
    fleet.must("restart", "greeter")
    t.match(follow.stdout.readline(), "good morning", "-f shows what follows")
    follow.kill()
    follow.wait()


def restarts(t, fleet):
    old = fleet.plugins()
    fleet.must("restart", "greeter")
    new = fleet.plugins()
    t.ok(new["greeter"]["pid"] != old["greeter"]["pid"]
        and new["audit"]["pid"] == old["audit"]["pid"],
        "restart PLUGIN replaces its process alone")
    pids = fleet.shard_pids()
    fleet.must("restart", "1")
    t.ok(fleet.shard_pids()[1] not in (None, pids[1]),
        "shard 1 has another process")
    t.equal(fleet.shard_pids()[0], pids[0], "restart SHARD does that to one")
    t.sentence(fleet.cli("restart", "bot"), 64, "has no exec", "restart CLIENT")
    fleet.must("restart", "1", "--wait")
    fleet.wait_ready()


def another_session(t, fleet, sim):
    before = sim.totals()["identifies"]
    t.sentence(fleet.cli("shard", "1", "reidentify"), 64, "say --yes",
        "nobody is there to be asked")
    term = Terminal(fleet, "shard", "1", "reidentify")
    term.wait(r"(?s)costs one IDENTIFY.*\[y/N\]")
    term.write("n\n")
    t.equal(term.end(), 1, "a no changes nothing")
    t.equal(sim.totals()["identifies"], before, "and costs nothing")
    fleet.must("shard", "1", "reidentify", "--yes")
    wait_until(lambda: sim.totals()["identifies"] == before + 1,
        "one IDENTIFY is spent")
    fleet.wait_ready()
    t.match(fleet.must("shard", "1", "why"), r"session given up by \S+",
        "shard ID why tells by whom")
    done = fleet.cli("shard", "1", "reidentify", "--yes")
    if done.returncode == 0:	# this machine was too slow for "at once"
        wait_until(lambda: sim.totals()["identifies"] == before + 2,
            "another IDENTIFY")
        fleet.wait_ready()
        return
    t.sentence(done, 75, "IDENTIFYed lately", "not at once again")
    t.equal(sim.totals()["identifies"], before + 1, "one in all")


def shown_tokens(t, fleet):
    token = client_token(fleet, "bot")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([fleet.binary, "-c", fleet.config, "client",
            "token", "bot"], stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=ROOM * 60)
    t.equal(done.returncode, 1, "a token that cannot be shown is a failure")
    t.match(done.stderr, "No token was made", "which is said")
    bot = FleetBot(fleet.gate_url)
    bot.come(token)
    bot.until_guilds(2)
    t.ok(True, "and the token before opens the gate as it did")
    bot.drop()


def differences(t, fleet):
    t.match(fleet.must("config", "diff"), "as it is", "nothing differs")
    with open(fleet.config, encoding="utf-8") as f:
        text = f.read()
    with open(fleet.config, "w", encoding="utf-8") as f:
        f.write(text.replace("restart_max = 1s", "restart_max = 2s").replace(
            '[plugin "greeter"]\n', '[plugin "greeter"]\nconfig.key = secret\n')
            + "[gateway]\ncompress = none\n[web]\ntitle = Marvin\n")
    done = fleet.cli("config", "diff")
    t.equal(done.returncode, 1, "a difference is exit code 1")
    t.match(done.stdout, r"(?m)^KEY +RUNNING +FILE", "it is a table")
    t.match(done.stdout, r"\[limits\] restart_max +1s +2s", "of both values")
    t.match(done.stdout, r"compress.*\n? *rollout", "and of what it takes")
    t.ok("secret" not in done.stdout, "a plugin's own values are not shown")
    changes = json.loads(fleet.cli("config", "diff", "--json").stdout)
    t.equal(sorted(c["key"] for c in changes), ["compress", "config.key",
        "restart_max", "title"], "--json has the same")
    t.match(done.stdout, r"title.*\n? *.*web", "a key of each class")
    with open(fleet.config, "w", encoding="utf-8") as f:
        f.write(text)


def main(t):
    sim = t.sim(shards=2, guilds=4)
    port = free_port()
    fleet = t.fleet(sim, GATE(listen="127.0.0.1:%d" % port))
    fleet.gate_url = "ws://127.0.0.1:%d" % port
    fleet.write_config(GATE(listen="127.0.0.1:%d" % port), {"audit":
        fleet.audit(), "greeter": {"exec": fleet.program("greeter", GREETER)}})
    t.equal(fleet.cli("config", "diff").returncode, 2, "no fleet, no difference")
    fleet.start()
    wait_gate(fleet)
    names(t, fleet)
    other_words(t, fleet)
    if not CAGED:
        shells(t, fleet)
        nobody_reads(t, fleet)
        garbage(t, fleet)
    logs(t, fleet)
    restarts(t, fleet)
    differences(t, fleet)
    shown_tokens(t, fleet)
    another_session(t, fleet, sim)
    fleet.stop()


scenario(main)
