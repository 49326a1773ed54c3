# SPDX-License-Identifier: MIT
"""tools/demo --bot: a real bot of discord.js, the library as npm has it, on a
fleet with the gate.  It is killed and deployed while people talk, and so is
what it is connected to; the simulator's counts say whether it missed a word."""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading

TESTS = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(
    __file__))), "tests")
sys.path[:0] = [os.path.join(TESTS, *path) for path in
    (("clients", "lib"), ("scenario", "lib"))]
import herd  # noqa: E402
from demo_screen import Step, count, paint, verdict  # noqa: E402
from gates import free_port, gate_pid, wait_gate  # noqa: E402
from install import LeftOut, install  # noqa: E402
from processes import kill  # noqa: E402
from rows import BY_NAME  # noqa: E402

SHARDS = 4
GUILDS = 60
RATE = 200			# messages a second
PING_EVERY = 100
HEARTBEAT_S = 2			# the gate's default is 10; said on screen
TOOLS = os.path.dirname(os.path.realpath(__file__))


class Life:
    """One process of the bot, and what its code told."""

    def __init__(self, where, env, log):
        self.ready, self.messages = None, []	# (guild, id)
        with open(log, "ab") as err:
            self.process = subprocess.Popen(["node", "bot.mjs"], cwd=where,
                env=dict(os.environ, **env), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=err)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if "ready" in told:
                self.ready = told
            else:
                self.messages.append((told["guild"], int(told["message"])))

    def wait_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise herd.Failed("the bot ended with %d"
                    % self.process.returncode)
            return self.ready
        return herd.wait_until(ready, "the bot is ready")

    def end(self, sig):
        kill(self.process.pid, sig)
        self.process.wait(herd.ROOM * herd.WAIT_S)
        self.reader.join()


class Bot:
    """All its lives."""

    def __init__(self, where, env, log):
        self.start = lambda: Life(where, env, log)
        self.lives = []

    @property
    def now(self):
        return self.lives[-1]

    def live(self):
        self.lives.append(self.start())
        return self.now

    def seen(self):
        return {one for life in self.lives for one in list(life.messages)}

    def told(self):
        return sum(len(life.messages) for life in self.lives)

    def in_order(self):
        for life in self.lives:
            last = {}
            for guild, message in life.messages:
                if message <= last.get(guild, 0):
                    return False
                last[guild] = message
        return True


# ---- the simulator's counts -------------------------------------------

class Said:
    """Messages that Discord sent, as the simulator wrote them down."""

    def __init__(self, sim):
        self.sim, self.last, self.n = sim, 0, 0

    def count(self):
        for line in self.sim.ctl("journal", "all", "--since",
                self.last).splitlines():
            number, _, _, name = line.split()[:4]
            self.last = max(self.last, int(number))
            self.n += name == "MESSAGE_CREATE"
        return self.n


# ---- the story --------------------------------------------------------

def bring():
    """Where the library is, and the bot beside it."""
    for tool in "node", "npm":
        if shutil.which(tool) is None:
            raise LeftOut("there is no %s here; Debian's packages are nodejs "
                "and npm" % tool)
    row = BY_NAME["discord.js"]
    with open(os.path.join(TESTS, "clients", row.name, "package.json"),
            encoding="utf-8") as f:
        version = json.load(f)["dependencies"][row.name]
    step = Step("npm: discord.js")
    where, _ = install(row, herd.BUILD)
    step.done("%s, as its lock file says, and nothing done to it" % version)
    shutil.copyfile(os.path.join(TOOLS, "demo_bot.mjs"),
        os.path.join(where, "bot.mjs"))
    return where


def prepare(folder, sim):
    """What an operator does: init, and a gate with a client."""
    fleet = herd.Fleet(os.path.join(folder, "fleet"), sim)
    os.rmdir(fleet.dir)			# init makes it
    done = subprocess.run([herd.SHARDHERD, "init", fleet.dir,
        "--token-file", sim.urls["SIM_TOKEN_FILE"],
        "--set", "bot.intents=GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT",
        "--set", "gateway.api=" + sim.urls["SIM_API"],
        "--set", "gateway.ca_file=" + sim.urls["SIM_CA"],
        "--set", "gateway.identify_interval=500ms"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise herd.Failed("`shardherd init`: " + done.stderr)
    rest = free_port()
    with open(fleet.config, "a", encoding="utf-8") as f:
        f.write("""
[gate]
listen = 127.0.0.1:%d
rest_listen = 127.0.0.1:%d
heartbeat = %ds

[client "bot"]
""" % (free_port(), rest, HEARTBEAT_S))
    return fleet, "http://127.0.0.1:%d/api" % rest


def introduce():
    print("A bot of discord.js as npm has it, a fleet of %d shards with the "
        "gate, and a\nDiscord on this desk (shardherd-sim).  Two lines are new "
        "to the bot (tools/demo_bot.mjs):\n"
        "    rest: {api: process.env.DISCORD_API}    the gate's, not "
        "discord.com's\n"
        "    DISCORD_TOKEN=...                       shardherd's own, from "
        "`client add`\n"
        "The gate's heartbeats are %d s apart here, by default it is 10.\n"
        % (SHARDS, HEARTBEAT_S))


def start(fleet):
    step = Step("start %d shards and gate" % SHARDS)
    fleet.start()
    wait_gate(fleet)
    step.done("ready in %.1f s, by %d IDENTIFYs" % (step.took(),
        fleet.sim.totals()["identifies"]))
    step = Step("shardherd client add bot")

    def token():
        for verb in "add", "token":
            done = fleet.cli("client", verb, "bot", "--json")
            if done.returncode == 0:
                return json.loads(done.stdout)["token"]
        return None
    made = herd.wait_until(token, "the bot has a token")
    step.done("a token of %d letters; Discord's own stays with the fleet"
        % len(made))
    return made


def first_login(bot):
    step = Step("start the bot")
    ready = bot.live().wait_ready()
    step.done("%s, ready in %.1f s: %d guilds, %d channels, %d roles" % (
        ready["ready"], step.took(), ready["guilds"], ready["channels"],
        ready["roles"]))


def flow(bot, said, title, messages):
    """So many more, and those of before."""
    step = Step(title)
    goal = said.count() + messages

    def enough():
        n = len(bot.seen())
        step.live("%s messages seen by the bot's code" % count(n))
        return n >= goal
    herd.wait_until(enough, "the bot sees %d more messages" % messages)
    seen = len(bot.seen())
    step.done("%s seen by the bot's code, %s sent by Discord" % (count(seen),
        count(said.count())))


def kill_bot(bot, said):
    step = Step("kill -9 the bot")
    pid = bot.now.process.pid
    bot.now.end(signal.SIGKILL)
    before = said.count()
    herd.wait_until(lambda: said.count() >= before + RATE,
        "people go on talking")
    step.done("pid %d is dead; people go on talking" % pid)
    step = Step("start it again")
    bot.live().wait_ready()
    step.done("ready in %.1f s, by an IDENTIFY that Discord did not see; %s "
        "were said" % (step.took(), count(said.count() - before)))


def deploy(bot):
    step = Step("deploy: new, then end old")
    old = bot.now
    bot.live().wait_ready()
    took = step.took()
    old.end(signal.SIGTERM)
    step.done("pid %d took over from %d when it was ready, after %.1f s" % (
        bot.now.process.pid, old.process.pid, took))


def kill_gate(fleet):
    step = Step("kill -9 the gate")
    pid = gate_pid(fleet)
    kill(pid)
    wait_gate(fleet, other_than=pid)
    fleet.wait_status(lambda s: s["gate"]["clients"][0]["connected"] == 1,
        "the bot is back")
    step.done("pid %d is now %d, and the bot is back by RESUME in %.1f s" % (
        pid, gate_pid(fleet), step.took()))


def kill_handler(fleet):
    step = Step("kill -9 the handler")
    pid = fleet.handler_pid()
    kill(pid)
    fleet.wait_status(lambda s: s["handler"]["state"] == "ready"
        and s["handler"]["pid"] not in (0, pid), "a new handler is ready")
    step.done("pid %d is now %d in %.1f s; the bot noticed nothing" % (
        pid, fleet.handler_pid(), step.took()))


def settle(fleet, bot, said):
    step = Step("no new messages, settle")
    fleet.sim.ctl("pause")

    def settled():
        pings = fleet.sim.report()["pings"]
        return (pings["answered"] >= pings["sent"]
            and len(bot.seen()) >= said.count())
    try:
        herd.wait_until(settled, "")
        step.done("everything said is seen, every ping answered")
    except herd.Failed:		# the proof has the numbers
        step.done("it does not come to that")


def prove(fleet, bot, said):
    report = fleet.sim.report()
    t, pings = report["totals"], report["pings"]
    sent, seen, twice = said.count(), len(bot.seen()), bot.told() - len(
        bot.seen())
    order = bot.in_order()
    print("\n" + fleet.cli("status").stdout)
    print(paint("1", "Proof") + ", by the simulator's own counts:")
    print("  messages   %s sent, %s seen by the bot's code, %d missed" % (
        count(sent), count(seen), sent - seen))
    print("             %s of them twice, as the process before had not "
        "confirmed them; %s" % (count(twice),
        "in order" if order else "NOT in order"))
    print("  pings      %d sent, %d answered, %d answered twice" % (
        pings["sent"], pings["answered"], pings["repeated"]))
    print("  IDENTIFYs  %d at Discord, %d shards; the bot was started %d "
        "times" % (t["identifies"], SHARDS, len(bot.lives)))
    return verdict(sent == seen and order and pings["sent"] > 0
        and pings["answered"] == pings["sent"] and pings["repeated"] == 0
        and t["identifies"] == SHARDS and t["violations"] == 0,
        "not a word missed, no IDENTIFY spent")


def demo(folder):
    """Whether it ended as it should."""
    introduce()
    where = bring()
    sim = herd.Sim(os.path.join(folder, "discord"), shards=SHARDS,
        guilds=GUILDS, max_concurrency=SHARDS, identify_interval="500ms",
        mix="MESSAGE_CREATE=1", ping_every=PING_EVERY)
    fleet, api = prepare(folder, sim)
    bot = Bot(where, {"DISCORD_TOKEN": start(fleet), "DISCORD_API": api},
        os.path.join(folder, "bot.log"))
    said = Said(sim)
    first_login(bot)
    sim.ctl("rate", RATE)
    flow(bot, said, "%d messages a second" % RATE, 3 * RATE)
    kill_bot(bot, said)
    flow(bot, said, "messages go on", 2 * RATE)
    deploy(bot)
    flow(bot, said, "messages go on", RATE)
    kill_gate(fleet)
    flow(bot, said, "messages go on", RATE)
    kill_handler(fleet)
    flow(bot, said, "messages go on", RATE)
    settle(fleet, bot, said)
    good = prove(fleet, bot, said)
    bot.now.end(signal.SIGTERM)
    return good
