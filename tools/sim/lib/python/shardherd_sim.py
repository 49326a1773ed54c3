# SPDX-License-Identifier: MIT
"""Tests for Discord bots, against shardherd-sim: a Discord for the desk.

    from shardherd_sim import Simulator

    with Simulator() as sim:
        sim.start(["python3", "bot.py"])
        sim.say("#general", "!ping")
        sim.expect("#general", "pong")
        assert sim.use("/roll", sides=6).text.startswith("You rolled")

The bot program finds SIM_API, SIM_GATEWAY, SIM_TOKEN, SIM_CA in its
environment, and the token as DISCORD_TOKEN too.  Every wait has a deadline;
what did not happen is a Failure, an AssertionError that shows what was said.
Standard library only, Python 3.9 and later.
"""
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time

__all__ = ["Simulator", "Person", "Message", "Answer", "Failure", "Refused"]

WAIT_S = 10.0	# for what the bot does
START_S = 60.0	# for programs to start
STOP_S = 10.0	# for programs to end, before they are killed
LOG_LINES = 30	# of the bot's output, shown in a Failure
TRY_LATER, TIMED_OUT = 75, 99	# exit codes of ctl


class Failure(AssertionError):
    """Something the test expects did not happen."""


class Refused(Failure):
    """A person can't do that: a typing error, a permission, no such thing."""


class Message(dict):
    """A message object of Discord's; what tests ask of it by name."""

    def __init__(self, sim, document):
        super().__init__(document)
        self.sim = sim

    id = property(lambda self: self["id"])
    text = property(lambda self: self["content"])
    author = property(lambda self: self["author"]["username"])
    ephemeral = property(lambda self: bool(self["flags"] & 64))

    def press(self, button, **more):
        return self.sim.press(self.id, button, **more)

    def choose(self, select, *values, **more):
        return self.sim.choose(self.id, select, *values, **more)

    def reload(self):
        """The message as it is now."""
        for m in self.sim.said(self["channel_id"], 1000):
            if m.id == self.id:
                return m
        raise Failure("the message %s is gone" % self.id)


class Answer(dict):
    """How the bot answered: kind is "message", "deferred", "deferred update",
    "update", "choices" or "modal"; message, choices, modal what it shows."""

    def __init__(self, sim, document):
        super().__init__(document)
        self.message = (Message(sim, document["message"])
            if document.get("message") else None)

    kind = property(lambda self: self["kind"])
    text = property(lambda self: self.message.text if self.message else "")
    ephemeral = property(lambda self: bool(self.message)
        and self.message.ephemeral)
    modal = property(lambda self: self.get("modal"))
    choices = property(lambda self: [c["name"] for c in
        self.get("choices", [])])


def _words(options):
    """{"as_": "alice", "file": [...]} as options of ctl."""
    words = []
    for key, value in options.items():
        name = "--" + key.rstrip("_").replace("_", "-")
        if value is True:
            words.append(name)
        elif isinstance(value, (list, tuple)):
            for one in value:
                words += [name, os.fspath(one)]
        elif value is not None and value is not False:
            words += [name, _value(value)]
    return words


def _value(value):
    """As one types it: True is "true", a person their name, what Discord has
    made (a message, channel, role, member) its id."""
    if isinstance(value, dict):
        return str(value.get("user", value).get("id", value))
    if isinstance(value, Person):
        return value.name
    return str(value).lower() if isinstance(value, bool) else str(value)


def _texts(of):
    """All texts in it."""
    if isinstance(of, str):
        yield of
    elif isinstance(of, (dict, list)):
        for one in of.values() if isinstance(of, dict) else of:
            yield from _texts(one)


def _pairs(options):
    return ["%s=%s" % (k, _value(v)) for k, v in options.items()]


class _Verbs:
    """What a person does; the class below says which one."""

    def _act(self, *words, **options):
        raise NotImplementedError

    # ---- talk

    def say(self, where, text, *, reply=None, files=()):
        """A message; files are paths, reply a message or "last"."""
        return self._message("say", where, reply=reply,
            file=files, text=text)

    def dm(self, text, *, reply=None, files=()):
        return self._message("dm", reply=reply, file=files,
            text=text)

    def edit(self, message, text):
        return self._message("edit", message, text=text)

    def delete(self, message):
        self._act("delete", message)

    def react(self, message, emoji, *, remove=False):
        self._act("react", message, emoji, remove=remove)

    def vote(self, message, answer, *, remove=False):
        """In a poll, by the answer's number or text."""
        self._act("vote", message, answer, remove=remove)

    def pin(self, message):
        self._act("pin", message)

    def unpin(self, message):
        self._act("unpin", message)

    def typing(self, where):
        self._act("typing", where)

    def _message(self, *words, text, **options):
        rows = self._act(*words, **options, text=text)
        return Message(self.simulator, rows[0])

    # ---- what the bot offers

    def use(self, command, *subcommands, files=(), in_=None,
            user_install=False, wait=WAIT_S, **options):
        """A slash command ("/name", or "/name sub"), with its options by name;
        how the bot answers."""
        return self._answer("use", *command.split(), *subcommands,
            *_pairs(options),
            file=files, in_=in_, user_install=user_install, wait=wait)

    def complete(self, command, *words, in_=None, wait=WAIT_S, **option):
        """What is offered for the last option, while it is typed."""
        return self._answer("complete", *command.split(), *words,
            *_pairs(option),
            in_=in_, wait=wait).choices

    def menu(self, command, kind, target, *, in_=None, wait=WAIT_S):
        """A command of the context menu of a "user" or "message"."""
        return self._answer("menu", command, kind, target, in_=in_,
            wait=wait)

    def press(self, message, button, *, in_=None, wait=WAIT_S):
        """A button by its label or custom_id."""
        return self._answer("press", message, button, in_=in_, wait=wait)

    def choose(self, message, select, *values, in_=None, wait=WAIT_S):
        return self._answer("choose", message, select, *values, in_=in_,
            wait=wait)

    def submit(self, *pairs, files=(), wait=WAIT_S, **fields):
        """The form that is open: its fields by custom_id, or "Label=value"."""
        return self._answer("submit", *pairs, *_pairs(fields), file=files,
            wait=wait)

    def _answer(self, *words, **options):
        rows = self._act(*words, **options)
        return Answer(self.simulator, rows[0])

    # ---- guilds

    def leave(self, guild=0):
        self._act("leave", guild)

    def kick(self, name, guild=0):
        self._act("kick", guild, name)

    def ban(self, name, guild=0):
        self._act("ban", guild, name)

    def unban(self, name, guild=0):
        self._act("unban", guild, name)

    def nick(self, name, nick, guild=0):
        return self._act("nick", guild, name, nick or "none")[0]

    def add_role(self, name, role, guild=0):
        return self._act("role", "add", guild, name, role)[0]

    def remove_role(self, name, role, guild=0):
        return self._act("role", "remove", guild, name, role)[0]

    def voice(self, where, *, mute=False, deaf=False):
        """Enters a voice channel; None leaves it."""
        return self._act("voice", where or "none", mute=mute, deaf=deaf)[0]

    # ---- what is seen

    def said(self, where, n=10):
        """The last messages of a channel, the oldest first, with those that
        only this person sees."""
        return [Message(self.simulator, m) for m in
            self._act("said", where, n)]

    def expect(self, where, says=None, *, from_=None, after=None, wait=WAIT_S):
        """Waits for the next message there, or the next with this text, or a
        match of this pattern of re, in what it says, its embeds or
        components."""
        pattern = says if isinstance(says, re.Pattern) else None
        end = time.monotonic() + wait
        try:
            while True:
                m = Message(self.simulator, self._act("await", where,
                    says=None if pattern else says, from_=from_, after=after,
                    wait=max(0.05, end - time.monotonic()))[0])
                if not pattern or any(map(pattern.search, _texts([m.text,
                        m["embeds"], m["components"]]))):
                    return m
                after = m
        except TimeoutError as e:
            raise Failure("nobody said %s in %s within %g s%s" % (
                "anything" if says is None else repr(pattern.pattern
                if pattern else says), where, wait,
                self.simulator.told(where))) from e

    def expect_nothing(self, where, seconds=1.0):
        """Nobody says anything there for so long."""
        try:
            m = self.expect(where, wait=seconds)
        except Refused:
            raise
        except Failure:
            return
        raise Failure("%s said %r in %s, where silence was expected" % (
            m.author, m.text, where))


class Person(_Verbs):
    """Somebody by name, who does what the simulator's verbs say."""

    def __init__(self, simulator, name):
        self.simulator, self.name = simulator, name

    def _act(self, *words, **options):
        return self.simulator._act(*words, **options, as_=self.name)


class Simulator(_Verbs):
    """shardherd-sim, running; by itself it acts as the owner of the guild.

    Settings are those of `shardherd-sim run`: guilds=3, members=20.  The
    program is `program`, $SHARDHERD_SIM or shardherd-sim in $PATH."""

    def __init__(self, program=None, plain=True, shards=1, guilds=2,
                 **settings):
        self.simulator = self
        self.program = program or os.environ.get("SHARDHERD_SIM") \
            or shutil.which("shardherd-sim")
        if not self.program:
            raise Failure("shardherd-sim is not in PATH, and SHARDHERD_SIM "
                "does not say where it is")
        self.bots, self._started = [], 0
        self._dir = tempfile.TemporaryDirectory(prefix="shardherd-sim.")
        self.dir = self._dir.name
        settings.update(plain=plain, shards=shards, guilds=guilds)
        with open(os.path.join(self.dir, "sim.log"), "wb") as log:
            self._process = subprocess.Popen([self.program, "run", "--dir",
                self.dir, *_words(settings)], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        try:
            self._await_urls()
        except BaseException:
            self.stop()
            raise

    def _await_urls(self):
        path, end = os.path.join(self.dir, "urls"), time.monotonic() + START_S
        while not os.path.exists(path):
            if self._process.poll() is not None or time.monotonic() > end:
                raise Failure("the simulator did not start\n"
                    + self._tail("sim.log"))
            time.sleep(0.02)
        with open(path, encoding="utf-8") as f:
            self.urls = dict(shlex.split(line)[-1].split("=", 1) for line in f
                if "=" in line)
        self.token = self._token(1)

    def _token(self, bot):
        path = self.urls["SIM_TOKEN_FILE"] + (".%d" % bot if bot > 1 else "")
        try:
            with open(path, encoding="utf-8") as f:
                return f.read().strip()
        except FileNotFoundError:
            raise Failure("there is no bot %s: Simulator(bots=%s) has one" % (
                bot, bot)) from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ends the bots and the simulator, and removes its directory."""
        for bot in self.bots:
            self._end(bot)
        self._end(self._process)
        self._dir.cleanup()

    @staticmethod
    def _end(process):
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    # ---- the bot

    @property
    def api(self):
        """Of REST, with /api/v10."""
        return self.urls["SIM_API"]

    @property
    def gateway(self):
        return self.urls["SIM_GATEWAY"]

    @property
    def ca(self):
        """Path of the CA; "" with plain."""
        return self.urls.get("SIM_CA", "")

    def environment(self, bot=1):
        """What the program of that bot finds its Discord by."""
        token = self._token(bot)
        env = dict(os.environ, SIM_API=self.api, SIM_GATEWAY=self.gateway,
            SIM_TOKEN=token, SIM_CA=self.ca, DISCORD_TOKEN=token,
            PYTHONUNBUFFERED="1")
        if self.ca:
            env.update(NODE_EXTRA_CA_CERTS=self.ca, SSL_CERT_FILE=self.ca)
        return env

    def start(self, command, *, bot=1, shards=1, cwd=None, env=None,
            wait=START_S):
        """Starts a bot, a list of words, and waits until its shards are
        connected.  What it prints goes to bot.log in dir, of the next ones to
        bot-2.log ...  It is stopped with the simulator.  bot is which one of
        Simulator(bots=2)."""
        if isinstance(command, str):
            raise TypeError("start: a command is a list of words, as "
                "['python3', 'bot.py'], not %r" % command)
        self._started += 1
        name = "bot%s.log" % ("-%d" % self._started if self._started > 1
            else "")
        there = sum(b.shards for b in self.bots if b.poll() is None)
        with open(os.path.join(self.dir, name), "wb") as log:
            try:
                process = subprocess.Popen(command, cwd=cwd, stdout=log,
                    stderr=log, stdin=subprocess.DEVNULL,
                    env={**self.environment(bot), **(env or {})})
            except OSError as e:
                raise Failure("the bot does not start: %s" % e) from None
        process.log, process.shards = name, shards
        self.bots.append(process)
        end = time.monotonic() + wait
        while not self._is("connected>=%d" % (there + shards)):
            if process.poll() is not None:
                why = "ended with %d before it was connected" % (
                    process.returncode)
            elif time.monotonic() > end:
                why = "did not connect within %g s" % wait
            else:
                continue
            self.stop_bot(process)
            raise Failure("the bot %s\n%s" % (why, self._tail(name)))
        return process

    def stop_bot(self, bot=None):
        """Ends one bot by its process, by default the last, and returns how
        it ended."""
        bot = bot or self.bots[-1]
        self._end(bot)
        self.bots.remove(bot)
        return bot.returncode

    # ---- ctl

    def ctl(self, *words):
        """Any verb of `shardherd-sim ctl`; what it prints."""
        return self._run(words).stdout

    def _run(self, words, good=(0,)):
        try:
            done = subprocess.run([self.program, "ctl", "--dir", self.dir,
                *map(_value, words)], stdin=subprocess.DEVNULL, text=True,
                capture_output=True, encoding="utf-8", check=False)
        except OSError as e:
            raise Refused("ctl %s: %s" % (words[0], e.strerror)) from None
        if done.returncode == TIMED_OUT and TIMED_OUT not in good:
            raise TimeoutError(done.stdout)
        if done.returncode not in good:
            raise Refused(done.stderr.strip().replace("shardherd-sim: ", "")
                or "ctl %s: exit %d" % (words[0], done.returncode))
        return done

    def _is(self, expression):
        return self._run(["wait", expression, "--timeout", 0.2],
            (0, TIMED_OUT)).returncode == 0

    def _act(self, *words, text=None, **options):
        """Rows.  A command that is not yet registered is waited for."""
        words = [*words, *_words(options), "--json"]
        if text is not None:
            words += ["--", text]
        end = time.monotonic() + (options.get("wait") or 0)
        while True:
            try:
                done = self._run(words, (0, TRY_LATER)
                    if time.monotonic() < end else (0,))
            except TimeoutError:
                if words[0] == "await":
                    raise
                raise Failure("the bot did not answer %s within %g s%s" % (
                    words[0], options.get("wait") or 0,
                    self.told(None))) from None
            except Refused as e:
                if "did not respond" in str(e):
                    raise Failure("%s%s" % (e, self.told(None))) from None
                raise
            if done.returncode == 0:
                return json.loads(done.stdout)["rows"]
            time.sleep(0.05)

    def wait(self, expression, timeout=WAIT_S):
        """Until it is so: "connected=1", "sent>=100"."""
        try:
            self._run(["wait", expression, "--timeout", timeout])
        except TimeoutError as e:
            raise Failure("%s is not so within %g s: %s" % (expression,
                timeout, e)) from e

    def report(self):
        return json.loads(self.ctl("report", "--json"))

    # ---- people and guilds

    def person(self, name):
        """Somebody who is there: `ctl who` shows them."""
        return Person(self, name)

    def join(self, name, guild=0):
        """Somebody joins, and is made if there is nobody of that name."""
        self._act("join", guild, name)
        return Person(self, name)

    def people(self, guild=0, n=100):
        """Member objects."""
        return self._act("who", guild, n)

    def new_guild(self, name):
        """Its id; bot_join() lets the bot in."""
        return self._act("guild", "new", name)[0]["id"]

    def delete_guild(self, guild):
        self._act("guild", "delete", guild)

    def bot_join(self, guild):
        self._act("bot", "join", guild)

    def bot_kick(self, guild):
        self._act("bot", "kick", guild)

    # ---- failures

    def told(self, where):
        """What was said there, and what the bot printed, for a Failure."""
        text = ""
        if where is not None:
            said = self._run(["said", where], (0, 1)).stdout
            text = "\nsaid there:\n" + (said or "(nothing)\n")
        for bot in self.bots:
            if bot.poll() is not None:
                text += "\nthe bot has ended with %d" % bot.returncode
            text += "\n" + self._tail(bot.log)
        return text

    def _tail(self, name):
        try:
            with open(os.path.join(self.dir, name), encoding="utf-8",
                    errors="replace") as f:
                lines = f.readlines()[-LOG_LINES:]
        except FileNotFoundError:
            return ""
        return "%s:\n%s" % (name, "".join(lines) or "(nothing)\n")
