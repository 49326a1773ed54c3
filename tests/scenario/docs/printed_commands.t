#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every command that README.md and the manual pages print is run: here, against
a fleet and the simulator, or by the test that a row of ELSEWHERE names.  One
that is neither fails."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.append(sys.path[0] + "/../lib")
from asking import Web
from files import executable, replace
from gates import GATE, free_port
from herd import BUILD, CAGED, ROOM, ROOT, SHARDHERD, SIMULATOR, scenario, \
    skip, wait_until
from printed import all_blocks, all_words, text_of

BY_HAND = "tests/scenario/docs/f_d10_readme_by_hand.t"
SYSTEMD, PACKAGES = "tools/check-systemd", "tools/check-packages"
# Where it is printed, which; what runs it, and what is to be found in there;
# why it is not run here.
ELSEWHERE = [(re.compile(where), re.compile(which), test, proof, why)
    for where, which, test, proof, why in (
    ("Your bot stays", "", BY_HAND, '"Your bot stays as it is"', "it is there"),
    ("Try it by hand", "", BY_HAND, '"Try it by hand"', "it is there"),
    ("FIRST STEPS", "plugin (new|test hello$)|make -C hello",
        "tests/scenario/plugins/plugin_new.t", "FIRST STEPS",
        "it is there, for each language"),
    ("FIRST STEPS", "plugin test hello --config", "tests/scenario/plugins/"
        "f_c14_plugin_test_tries_it_all.t", "--config", "it is there"),
    ("FIRST STEPS", "plugin test -- node|plugin test --conf", "tests/scenario/"
        "plugins/f_c14_plugin_test_tries_it_all.t", "--conf", "it is there"),
    ("", "^tools/demo", "tools/check-elsewhere", "tools/demo",
        "it installs packages, and takes a minute"),
    ("", "^tools/(check|setup|check-house)$|make (check|asan)$",
        ".ci/run", "tools/check", "it runs this very test"),
    ("", "^make static|^make check-static|tools/static$", "tools/release",
        "tools/static", "it takes minutes"),
    ("", "^make sim-static", "tests/scenario/release/static_sim.t",
        "shardherd-sim", "it takes minutes"),
    ("", "^make dist|^tar -C", PACKAGES, "--strip-components=1",
        "it wants a static program"),
    ("", "^make deb", PACKAGES, "apt", "it installs a package, as root"),
    ("", "^make image", PACKAGES, "umoci", "it wants a static program"),
    ("", "^make sim &&", "tests/scenario/release/sim_alone.t", "install-sim",
        "it is there, without sudo"),
    ("", "^make( && sudo make install| install)?$", SYSTEMD, '"install"',
        "it installs for the whole machine"),
    ("", "^tools/deploy", "tests/scenario/deploy/deploy_to_two_hosts.t",
        "tools/deploy", "it is there, with two hosts"),
    (r"1, (SYSTEMD|A unit|CRON)|7, SYSTEMD", "", SYSTEMD,
        '".Sh SYSTEMD"',
        "it is for root of a machine with systemd, or cron"),
    ("", "^systemctl", SYSTEMD, "systemctl ", "there is no systemd here"),
    ("", "^tools/(check-packages|check-systemd|check-elsewhere|release|"
        "pictures|bench.*)$", "CONTRIBUTING.md", "tools/",
        "a command of its own: it wants root, or many minutes"),
    ("LIBRARIES FOR", "^npm", "tests/scenario/sim/library_node.t",
        "shardherd-sim.mjs", "npm would ask a registry"),
    ("Setting up", "zsh|fish", "tests/scenario/status/found_by_name.t", '"zsh": ',
        "it is there, in those shells"),
    ("", "^shardherd top", "tests/scenario/status/top.t", '"top"',
        "it wants a terminal and keys"),
    ("", "^shardherd client restart", "tests/scenario/gate/exec_restart.t",
        '"restart"', "it wants a bot that is READY"),
    ("", "^shardherd probe", "tests/scenario/status/probe.t", "probe",
        "it wants a message to react to"),
    ("", "^shardherd run", "tests/scenario/systemd/systemd_notify.t", '"run"',
        "it does not end"),
    ("", "^shardherd-sim( run| audit|)$", "tests/scenario/lib/herd.py",
        '"run", "--dir"', "every scenario does"),
)]
# What is printed is not a sentence but stands for something: what is run.
HERE = [(re.compile(printed), run) for printed, run in (
    (r"\b(N|SHARD)\b| 7\b", " 0"),
    (r"(client \w+|--client|why) (NAME|CLIENT)", r"\1 bot"),
    (r"client (why|kick)$", r"client \1 bot"),
    (r"(?<=restart )NAME$|(?<=load )(NAME|hello)$|PLUGIN", "pong"),
    (r"(?<=--plugin )NAME", "pong"),
    (r"rollout( undo)?$", r"\g<0> --pause 0"),
    (r"LIBRARY", "discord.js"), (r"TEXT|timeout", "ready"),
    (r"VERB", "status"), (r"BINARY", SHARDHERD),
    (r"unload --drop", "unload pong --drop"),
    (r"db backup \S+", "db backup kept"), (r"db restore( --dry-run \S+)?$",
        "db restore kept --yes"),
    (r"reidentify$", "reidentify --yes"), (r"reload$", lambda m: "reload" + (
        " --yes" if "token" in m.string else "")),
    (r"41771983423143936", lambda m: GUILD[0]),
    (r"^shardherd init DIR$", "shardherd init made --offline <token"),
    (r"^ctl ", lambda m: "shardherd-sim ctl --dir ../sim0 "),
    (r"plugin new$", "plugin new hello --lang python"),
    (r"plugin test$", "plugin test hello"),
    (r"^shardherd-sim ctl$", "shardherd-sim ctl --help"),
    (r"^man (-l )?(\S+?)(\.1)?$", lambda m: "man -l %s/man/%s.1" % (ROOT,
        os.path.basename(m.group(2)))),
)]
GUILD = []
STATUS = {"shardherd config diff": (0, 1)}	# else 0 is well


def other_values(fleet):
    """What a rollout has to bring into force, and undo to take back."""
    fleet.write_config({**fleet.changes, "gateway.compress": "zlib-stream"},
        fleet.plugins_of)
    fleet.must("reload")


def hold(fleet):
    """Nothing but the operator's word is missing."""
    fleet.sim.ctl("close", 0, 4014)
    fleet.wait_status(lambda s: s["cluster"]["state"] == "held", "it is held")


def another_token(fleet):
    replace(fleet.path("token"), fleet.sim.ctl("token", "reset"))


BEFORE = {"shardherd rollout": other_values, "shardherd release": hold,
    "shardherd token reload": another_token}
# The later, the more it takes away.
LATE = ["plugin unload", "plugin load", "rollout$", "rollout undo", "kick",
    "upgrade", "restart", "reidentify", "token reload --dry", "token reload",
    "release", "stop", "db restore", "start", "ensure"]


def late(command):
    return max((n + 1 for n, word in enumerate(LATE)
        if re.search(word, command)), default=0)


class Desk:
    """A directory with a fleet's config, and a $PATH that finds the programs
    as installed ones."""

    def __init__(self, t, fleet):
        self.t, self.fleet, self.runs = t, fleet, True
        os.mkdir(t.dir + "/bin")
        for path in SHARDHERD, SIMULATOR:
            os.symlink(path, t.dir + "/bin/" + os.path.basename(path))
        self.env = dict(os.environ, HOME=t.dir, PAGER="cat", MANPAGER="cat",
            BASH_ENV="", PATH=t.dir + "/bin:" + os.environ["PATH"])
        self.env.pop("SHARDHERD_CONF", None)

    def bash(self, script, folder):
        """Into files: what it leaves running holds no pipe of ours open."""
        with tempfile.TemporaryFile("a+", dir=self.t.dir) as out, \
                tempfile.TemporaryFile("a+", dir=self.t.dir) as err:
            done = subprocess.run(["bash", "-e", "-O", "expand_aliases", "-c",
                script], cwd=folder, env=self.env, stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, timeout=ROOM * 20, check=False)
            out.seek(0)
            err.seek(0)
            done.stdout, done.stderr = out.read(), err.read()
        return done

    def settled(self, command):
        """What it came to, but for "try later"."""
        done = self.bash(command, self.fleet.dir)
        return done if done.returncode != 75 else None

    def follows(self, command):
        """It shows a line and goes on until it is ended."""
        with subprocess.Popen(["sh", "-c", "exec " + command],
                cwd=self.fleet.dir, env=self.env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, text=True) as p:
            line = p.stdout.readline()
            went_on = p.poll() is None
            p.terminate()
        return line != "" and went_on


def here(t, desk, command, where):
    """What is printed, told of this fleet."""
    run = command
    for printed, instead in HERE:
        run = printed.sub(instead, run)
    what = "%s: %s" % (where, command) + (run != command and
        " (%s)" % run.replace(t.dir, "").replace(ROOT, "") or "")
    if run.startswith("man ") and not shutil.which("man"):
        t.note("no man here: " + command)
        return
    if re.search(" (-f|--follow)( |$)", run):
        t.ok(desk.follows(run), what)
        return
    if late(command) and desk.runs:
        desk.fleet.wait_ready()
        BEFORE.get(command, lambda fleet: None)(desk.fleet)
    done = wait_until(lambda: desk.settled(run), what)
    desk.runs = desk.runs and not re.match("shardherd stop", run)
    if not t.ok(done.returncode in STATUS.get(run, (0,)), what):
        t.note("%d\n%s%s" % (done.returncode, done.stdout, done.stderr))


def elsewhere(t, where, command):
    for place, which, test, proof, _ in ELSEWHERE:
        if place.search(where) and which.search(command):
            if not os.path.exists(os.path.join(ROOT, test)) \
                    or proof not in text_of(test):
                t.ok(False, "%s runs %r" % (test, command))
            return True
    return False


# ---- blocks that are one session ----------------------------------------

STARTED = "until [ -s %s ]; do sleep .1; done\n"


def session(t, desk, block, sim, extra=()):
    """A block with a simulator of its own, pasted; (pattern, text) of extra are
    put in place."""
    script = "\n".join(block.lines).replace("/tmp/sim", sim)
    script = script.replace("&\n", "&\n" + STARTED % (sim + "/urls"))
    for pattern, text in extra:
        script = re.sub(pattern, lambda m, text=text: text, script)
    os.makedirs(sim, exist_ok=True)
    done = desk.bash(script, t.dir)
    if not t.equal(done.returncode, 0, block.where + ": " + block.lines[0]):
        t.note(script + "\n" + done.stdout + done.stderr)
    return done.stdout


BOT = '''#!/usr/bin/python3
import sys
sys.path.insert(0, "%s")
import shardherd
bot = shardherd.Plugin()
ROW = [dict(type=1, components=[dict(type=2, style=1, label="Again",
    custom_id="again")])]

@bot.command("roll", help="Rolls a die", options=[dict(type=4, name="sides",
    description="How many sides it has")])
def roll(cmd):
    bot.answer(cmd, "4", components=ROW)

@bot.on("INTERACTION_CREATE")
def again(d, event):
    if d["type"] == 3:
        bot.call("interaction.respond", id=d["id"], token=d["token"],
            content="2")

@bot.on("MESSAGE_CREATE")
def ping(d, event):
    if d["content"] == "!ping":
        bot.reply(d, "pong")

bot.run()
'''
QUICK = " --identify-interval 200ms --max-concurrency 16 "
INIT = "--api $SIM_API ${SIM_CA:+--ca-file $SIM_CA} --set gateway.identify_" \
    "interval=200ms --set 'bot.intents=GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT' "


def a_fleet(name, plugin=""):
    """Commands that start one at the simulator of the session."""
    return ("shardherd init %s %s --token-file $SIM_TOKEN_FILE >&2\n"
        "%sshardherd -c %s/shardherd.conf start --wait >&2\n" % (name, INIT,
        plugin and "printf '[plugin \"bot\"]\\nexec = %s\\nevents = "
        "MESSAGE_CREATE, INTERACTION_CREATE\\n' >>%s/shardherd.conf\n"
        % (plugin, name), name))


def over(*names):
    return "".join("\nshardherd -c %s/shardherd.conf stop" % name
        for name in names) + "\nshardherd-sim ctl --dir %s stop >&2 || :\n"


def five_minutes(t, desk, blocks):
    sim, plugin = t.dir + "/five", executable(t.dir + "/bot.py", BOT
        % os.path.join(ROOT, "handler/plugins"))
    whole = blocks[0]._replace(lines=[line.replace("--shards 1", "--shards 1"
        + QUICK) for b in blocks for line in b.lines] + [over("five-fleet")
        % sim])
    said = session(t, desk, whole, sim, [(r"(?m)^ctl wait connected",
        a_fleet("five-fleet", plugin) + "ctl wait connected"),
        (r"(?m)^ctl use", "until ctl use /roll sides=6 --wait; do sleep .1; "
        "done\nctl use")])
    t.match(said, r"(?m)^.*\bpong\b", "await shows the bot's answer")
    t.match(said, r"\b4\b(?s:.*)\b2\b", "and what /roll and its button say")


def alone(t, desk, blocks):
    sim = t.dir + "/alone"
    session(t, desk, blocks[0]._replace(lines=blocks[0].lines + [
        "test -n \"$SIM_API$SIM_GATEWAY$SIM_PAGE\"; test -r $SIM_TOKEN_FILE",
        over() % sim]), sim)


def a_crowd(t, desk, blocks):
    sim = t.dir + "/crowd"
    session(t, desk, blocks[0]._replace(lines=blocks[0].lines + [
        over("crowd-fleet") % sim]), sim, [("--rate 100", "--rate 100" + QUICK),
        (r"(?m)(?<=/urls)$", "\n" + a_fleet("crowd-fleet"))])


def a_plugin(t, desk, blocks):
    sim, config = t.dir + "/greet", "printf '[plugin \"hello\"]\\nexec = %s/" \
        "hello/plugin.py\\nevents = INTERACTION_CREATE, MESSAGE_CREATE\\n' " \
        ">>shardherd.conf\n" % t.dir
    whole = blocks[0]._replace(lines=["shardherd plugin new hello --lang "
        "python >&2"] + blocks[0].lines + ["cd ..", over("bot") % sim])
    said = session(t, desk, whole, sim, [("--shards 2", "--shards 2" + QUICK),
        ("shardherd init bot", "shardherd init bot --set "
        "gateway.identify_interval=200ms"), ("shardherd plugin load", config
        + "shardherd plugin load"), (r"(?m)^(.*) said 0$", "for i in $(seq "
        "600); do shardherd-sim ctl --dir %s said 0 | grep -q Hello && break; "
        "sleep .1; done; shardherd-sim ctl --dir %s said 0" % (sim, sim))])
    t.match(said, "Hello", "the plugin has answered")


def ones_own(t, desk, blocks):
    """A person answers init's question; that of the manual is offline."""
    sim = t.dir + "/own"
    whole = blocks[0]._replace(lines=["shardherd-sim run --dir %s --shards 1%s&"
        % (sim, QUICK), ". %s/urls" % sim] + blocks[0].lines + ["cd ..",
        over("mybot") % sim])
    said = session(t, desk, whole, sim, [("init ~/mybot", "init ~/mybot "
        + INIT + "<$SIM_TOKEN_FILE"), (r"(?m)^shardherd status$",
        "shardherd ensure --wait; shardherd status")])
    t.match(said, "1 ready", "status shows it")


def first_of_all(t, desk, blocks):
    sim = t.dir + "/first"
    session(t, desk, blocks[0]._replace(lines=["shardherd-sim run --dir %s "
        "--shards 1%s&" % (sim, QUICK), ". %s/urls" % sim, "mkdir %s/x; cd "
        "%s/x" % (sim, sim)] + blocks[0].lines + [over("bot") % sim]), sim,
        [("init bot", "init bot %s --token-file $SIM_TOKEN_FILE" % INIT)])


def an_index(t, desk, blocks):
    """Of a folder to be served."""
    folder = t.dir + "/branding"
    os.makedirs(folder + "/winter")
    executable(folder + "/winter/meta.md", "---\n")
    session(t, desk, blocks[0]._replace(lines=[line.replace("/srv/branding",
        folder) for line in blocks[0].lines] + ["sha256sum -c SHA256SUMS"]),
        folder)


# By where it is printed, and its first line.
SESSIONS = [
    ("FIVE MINUTES", "", five_minutes),
    ("Test any bot", "shardherd-sim run", alone),
    ("sim.1, EXAMPLES", ".* --rate", a_crowd),
    ("sim.1, EXAMPLES", ".* --shards 2", a_plugin),
    ("Run your own bot", "shardherd init", ones_own),
    ("shardherd.1, EXAMPLES", "shardherd init", first_of_all),
    ("branding", "cd ", an_index),
]


def session_of(block):
    for where, first, play in SESSIONS:
        if re.search(where, block.where) and re.match(first, block.lines[0]):
            return play
    return None


# ---- all of it ----------------------------------------------------------

def stage(t):
    sim = t.sim(shards=2, guilds=4)
    fleet = t.fleet(sim)
    config = {**GATE(), **Web().keys,
        "gate.rest_listen": "127.0.0.1:%d" % free_port(), "bot.token_file": "token",
        "gateway.compress": "none", "handler.probation": "200ms",
        'client "bot".exec': fleet.program("sleeps",
        "#!/bin/sh\nexec sleep 3600\n")}
    with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
        replace(fleet.path("token"), f.read())
    fleet.changes, fleet.plugins_of = config, {"pong": dict(events="MESSAGE_"
        "CREATE", exec=os.path.join(ROOT, "handler/plugins/pong.py"))}
    fleet.write_config(config, fleet.plugins_of)
    fleet.start()
    sim.ctl("rate", 20)
    GUILD.append(re.search(r"\d{17,20}", sim.ctl("guilds", "--json")).group())
    return fleet


def main(t):
    blocks, words = all_blocks(), all_words()
    t.ok(len(blocks) > 30 and len(words) > 80, "%d blocks and %d quotations "
        "were found" % (len(blocks), len(words)))
    fleet = stage(t)
    desk = Desk(t, fleet)
    rest, plays = {}, {}
    for b in blocks:
        play = session_of(b)
        if play:
            plays.setdefault(play, []).append(b)
            continue
        for command in b.lines:
            rest.setdefault(command, b.where)
    for command, where in words.items():
        rest.setdefault(command, where)
    t.equal(len(plays), len(SESSIONS), "each session is printed")
    for play, those in plays.items():
        play(t, desk, those)
    for command, where in sorted(rest.items(), key=lambda row: late(row[0])):
        if not elsewhere(t, where, command):
            here(t, desk, command, where)
    fleet.cli("stop")


if os.path.basename(BUILD) != "build":
    skip("once is enough, and build/ does it")
if CAGED:
    skip("the cage has no shell to paste into")
scenario(main)
