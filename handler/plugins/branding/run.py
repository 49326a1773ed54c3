# SPDX-License-Identifier: MIT
"""One run of branding: reads the repository, finds out what is on, and does
what is missing.  What is up is written down right after Discord has it, so
that a run can end anywhere and the next one goes on from there."""
import base64
import dataclasses
import datetime
import hashlib
import json

from branding import calendar, repository, show
import shardherd

RETRY_MIN_S = 60        # doubled with each try
RETRY_MAX_S = 3600
RETRY_FOR_MS = 6 * 3600 * 1000  # then it is left to the next day's run
NO_ANSWER = (-32001, -32002, -32003)    # Discord has not said no
KINDS = (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), \
    (b"GIF8", "gif")
LOG_MAX = 1900          # bytes of one line
UPLOADS_MAX = 5         # that Discord refuses, in one run, of a kind
TOLD_MAX = 100          # complaints that are not told again


class Refused(Exception):
    """Trying again would not help."""


class Unfit(Exception):
    """This picture cannot be set; another one may."""


def is_fleeting(error):
    if isinstance(error, shardherd.Error):
        status = (error.data or {}).get("status") or 0
        return error.code in NO_ANSWER or status >= 500
    return getattr(error, "again", False)


def data_uri(data, path):
    for magic, kind in KINDS:
        if data.startswith(magic):
            return "data:image/%s;base64,%s" % (kind,
                base64.b64encode(data).decode())
    raise Unfit("%s is no PNG, JPEG or GIF" % path)


# ---- what is stored -------------------------------------------------------

class Memory:
    """The calendar and what is up, in the plugin's storage."""

    def __init__(self, kv):
        self.kv = kv

    def events(self):
        return {key[len("event/"):]: calendar.load(value)
            for key, value in self.kv.items("event/")}

    def set_events(self, events, wrong):
        old = dict(self.kv.items("event/"))
        new = {"event/" + name: json.loads(json.dumps(dataclasses.asdict(e)))
            for name, e in events.items()}
        if (old, self.wrong()) == (new, wrong):
            return
        ops = [dict(op="delete", key=key) for key in old if key not in new]
        ops += [dict(op="set", key=key, value=value)
            for key, value in new.items() if old.get(key) != value]
        self.kv.txn(dict(op="set", key="wrong", value=wrong), *ops)

    def wrong(self):
        return self.kv.get("wrong", [])

    def state(self):
        state = dict(event=None, turns={}, icon=None, banner=None,
            unfit={}, announced={}, told={})
        state.update(self.kv.get("state", {}))
        if "pool" in state:     # as it was until 0.1
            state["turns"] = {"icon": dict(pool=state.pop("pool"),
                uses=state.pop("uses"))}
            state["told"] = {}
        return state

    def set_state(self, state):
        self.kv.set("state", state)


# ---- what is to be done -----------------------------------------------------

def sources(events, event, kind):
    """The event, and the fallback for what it lacks."""
    fallback = calendar.fallback_of(events)
    return [e for e in ([event] if event is fallback else [event, fallback])
        if e is not None and e.pictures(kind)]


def pick(pool, uses, besides, salt):
    """One of those shown least, another one than now if there is any.  By
    lot, but the same one whenever it is asked: a dry run says what comes."""
    others = [sha for sha in pool if sha != besides] or list(pool)
    least = min(uses[sha] for sha in others)
    turn = "%s %d " % (salt, sum(uses.values()))
    return min((sha for sha in others if uses[sha] == least), key=lambda sha:
        hashlib.sha256((turn + sha).encode()).digest())


def counts(turn, origin, pool):
    """How often each of the pool was shown; a new one is not first for long."""
    known = turn["uses"] if turn and turn["pool"] == origin.name else {}
    least = min((known[sha] for sha in pool if sha in known), default=0)
    return {sha: known.get(sha, least) for sha in pool}


def stays(up, turn, pool, origin, day, every):
    """What is up is of this pool, and its time is not over."""
    if not (up and turn and turn["pool"] == origin.name
            and up["sha"] in pool):
        return False
    age = day - datetime.date.fromisoformat(up.get("day") or day.isoformat())
    return every <= 0 or len(pool) == 1 or age.days < every


class Run:
    def __init__(self, branding, now_ms, dry, check):
        self.bot, self.config = branding.bot, branding.config
        self.memory = branding.memory
        self.now_ms, self.day = now_ms, calendar.today(now_ms)
        self.dry = dry
        self.check = check      # compare with what Discord shows
        self.repository = branding.repository
        self.state = self.memory.state()
        self.lines = []         # what was done, or would be
        self.failed = []        # what was not
        self.again = False      # something is worth another try
        self.guild = None

    # ---- telling ----------------------------------------------------------

    def note(self, level, text):
        self.bot.call("log", level=level,
            text=text.encode()[:LOG_MAX].decode(errors="ignore"))

    def log(self, level, text):
        self.lines.append(text)
        self.note(level, text)

    def good(self, *about):
        told = {text: of for text, of in self.state["told"].items()
            if of not in about}
        if not self.dry and told != self.state["told"]:
            self.state["told"] = told
            self.memory.set_state(self.state)

    def tell(self, about, text):
        """Each reason once, until it goes well: in the log, and to those who
        are there for it."""
        text = "Branding: " + text
        self.lines.append(text)
        told = self.state["told"]
        if self.dry or text in told:
            return
        self.note("error", text)
        for old in list(told)[:max(0, len(told) + 1 - TOLD_MAX)]:
            del told[old]
        told[text] = about
        self.memory.set_state(self.state)
        self.post(text)

    def complain(self, kind, error):
        self.failed.append(kind)
        text = "%s: %s." % (kind, str(error).rstrip("."))
        if is_fleeting(error):
            self.again = True
            self.lines.append("Branding: " + text)
            self.note("warn", "Branding: " + text)
        else:
            self.tell(kind, text)

    def post(self, text):
        channel = self.config["log_channel"]
        if not channel:
            return
        try:
            self.bot.say(channel, show.cut(text, show.MESSAGE_MAX))
        except shardherd.Error as e:
            self.note("warn", "Branding: channel %s could not be told: %s"
                % (channel, e))

    def attempt(self, kind, fn, *args):
        """Unless fn says that there was nothing to do, it went well."""
        try:
            done = fn(*args)
        except (shardherd.Error, repository.Failure, Refused) as e:
            self.complain(kind, e)
            return
        if done is not False:
            self.good(kind)

    # ---- the calendar -----------------------------------------------------

    def refresh(self):
        events, wrong = repository.read_events(self.repository,
            self.memory.events())
        if self.memory.wrong() != wrong:
            for text in wrong:
                self.note("warn", "Branding: " + text)
        self.memory.set_events(events, wrong)
        self.forget({sha for e in events.values() for kind in ("icon",
            "banner") for sha in e.pictures(kind).values()})

    def forget(self, there):
        """What was wrong with pictures that are no more."""
        gone = [sha for sha in self.state["unfit"] if sha not in there]
        for sha in gone:
            del self.state["unfit"][sha]
        if gone:
            self.good(*gone)

    # ---- icon and banner ----------------------------------------------------

    def path(self):
        return "/guilds/" + self.config["guild"]

    def discord(self):
        if self.guild is None:
            self.guild = self.bot.rest("GET", self.path())
        return self.guild

    def drifted(self, kind):
        """Somebody changed it by hand."""
        up = self.state[kind]
        return (self.check and up is not None
            and self.discord().get(kind) != up["discord"])

    def has(self, feature):
        return feature in self.discord().get("features", [])

    def fits(self, kind, path, sha):
        """Whether it is worth a try."""
        animated = "ANIMATED_" + kind.upper()
        if path.lower().endswith(".gif") and not self.has(animated):
            self.tell(animated, "%s: this server lacks Discord's feature %s: "
                "GIFs are passed over" % (kind, animated))
            return False
        if self.has(animated):
            self.good(animated)
        return self.check or sha not in self.state["unfit"]

    def data(self, kind, path, sha):
        """As Discord takes it; Unfit."""
        try:
            uri = data_uri(self.repository.read(path, sha,
                repository.IMAGE_MAX), path)
        except repository.Failure as e:
            if e.again:
                raise
            raise Unfit(str(e)) from None
        if (uri.startswith("data:image/gif")
                and not self.has("ANIMATED_" + kind.upper())):
            raise Unfit("%s is a GIF, whatever its name says" % path)
        return uri

    def upload(self, kind, event, path, sha):
        """What Discord shows then."""
        uri = self.data(kind, path, sha)
        if self.dry:
            return None
        try:
            shown = self.bot.rest("PATCH", self.path(), body={kind: uri},
                reason="branding: " + event.name)
        except shardherd.Error as e:
            if (e.data or {}).get("status") not in (400, 413):
                raise
            raise Unfit("%s: %s" % (path, e)) from None
        if not (shown or {}).get(kind):
            raise Unfit("Discord took %s but does not show it" % path)
        self.guild = {**self.guild, **shown}
        return shown[kind]

    def shown(self, kind, origin, uses, path, sha, discord, day):
        self.state[kind] = dict(path=path, sha=sha, discord=discord, day=day)
        self.state["turns"][kind] = dict(pool=origin.name, uses=uses)
        self.state["unfit"].pop(sha, None)
        self.memory.set_state(self.state)

    def unfit(self, kind, sha, error):
        """Not tried again before somebody says sync, or it is another one."""
        if not self.dry:
            self.state["unfit"][sha] = str(error)
        self.tell(sha, "%s: %s" % (kind, error))

    def picture(self, kind, events, event):
        """Another one when it is its time, of what the guild can take; False
        when there was nothing to do."""
        origins = sources(events, event, kind)
        if not origins:
            self.lines.append("There is no %s for %s." % (kind, event.name))
            return False
        for origin in origins:
            if self.turn(kind, event, origin):
                return True
        raise Refused("there is none that this server can have")

    def turn(self, kind, event, origin):
        """Whether one of origin's is up."""
        pool = {sha: path for path, sha in origin.pictures(kind).items()}
        up, turn = self.state[kind], self.state["turns"].get(kind)
        still = stays(up, turn, pool, origin, self.day,
            self.config["rotate_days"])
        drifted = self.drifted(kind)
        if still and not drifted:
            return True
        if kind == "banner" and not self.has("BANNER"):
            raise Refused("this server lacks Discord's feature BANNER, so it "
                "cannot have one")
        left = [sha for sha in pool if self.fits(kind, pool[sha], sha)]
        uses = counts(turn, origin, left)
        for _ in range(UPLOADS_MAX):
            if not left:
                break
            sha = (up["sha"] if still and up["sha"] in left else
                pick(left, uses, up and up["sha"], origin.name))
            if self.change(kind, event, origin, pool[sha], sha, dict(uses),
                    still, drifted):
                return True
            left.remove(sha)
        return False

    def change(self, kind, event, origin, path, sha, uses, still, drifted):
        up = self.state[kind]
        same = up is not None and up["sha"] == sha
        try:
            discord = (up["discord"] if same and not drifted else
                self.upload(kind, event, path, sha))
        except Unfit as e:
            self.unfit(kind, sha, e)
            return False
        if self.dry:
            if not same or drifted:
                self.lines.append("Would set the %s to %s." % (kind, path))
            return True
        if not (same and still):
            uses[sha] += 1
        self.shown(kind, origin, uses, path, sha, discord,
            up.get("day") if same and still else self.day.isoformat())
        self.good(sha)
        if not same or drifted:
            self.log("info", "Branding: the %s is now %s." % (kind, path))
        return True

    # ---- the announcement ---------------------------------------------------

    def announce(self, event):
        year = event.year(self.day)
        if (event.fallback or not self.config["channel"]
                or self.state["announced"].get(event.name) == year):
            return False
        if self.dry:
            self.lines.append("Would announce %s." % event.named())
            return
        embed = show.event(event)
        if not self.is_there(embed, "%s %d" % (event.name, year)):
            # Sent twice within minutes, Discord takes it for the same.
            once = hashlib.sha256(("%s %d" % (event.name, year)).encode())
            self.bot.call("say", channel_id=self.config["channel"],
                content="This server is entering a new event!",
                nonce=once.hexdigest()[:25], embeds=[embed])
        self.state["announced"] = {name: y for name, y in
            self.state["announced"].items() if y >= year - 1}
        self.state["announced"][event.name] = year
        self.state["announcing"] = None
        self.memory.set_state(self.state)
        self.log("info", "Branding: %s is announced." % event.name)

    def is_there(self, embed, what):
        """Did an earlier try get through, though we never heard of it?"""
        tried = self.state.get("announcing")
        if not tried or tried["what"] != what:
            self.state["announcing"] = dict(what=what,
                day=self.day.isoformat())
            self.memory.set_state(self.state)
            return False
        return any(old.get("title") == embed.get("title")
            and old.get("footer", {}).get("text") == embed["footer"]["text"]
            for message in self.bot.rest("GET", "/channels/%s/messages?"
                "limit=50" % self.config["channel"])
            if message["timestamp"][:10] >= tried["day"]
            for old in message["embeds"])

    # ---- all of it ------------------------------------------------------------

    def set_retry(self, since_ms, tries):
        wait = min(RETRY_MIN_S << min(tries, 10), RETRY_MAX_S)
        if self.now_ms + wait * 1000 > since_ms + RETRY_FOR_MS:
            return False
        self.bot.call("timer.set", name="retry", after=wait,
            payload=dict(since_ms=since_ms, tries=tries + 1))
        return True

    def go(self, since_ms, tries):
        """The retry is set before, so that a run that is cut short is made
        again, and taken back after."""
        left = not self.dry and self.set_retry(since_ms, tries)
        self.work(left)
        if not self.dry and not (left and self.again):
            self.bot.call("timer.cancel", name="retry")
        if self.again and not self.dry:
            self.log("notice" if left else "warn", "Branding: it is tried "
                "again %s." % ("in a while" if left else "tomorrow"))
        return self

    def work(self, left):
        self.attempt("repository", self.refresh)
        events = list(self.memory.events().values())
        event = calendar.current(events, self.day)
        if event is None:
            self.lines.append("No event is on, and there is no fallback.")
            self.failed += ["icon", "banner"]
            return
        if self.dry:
            self.lines.append("On is %s." % event.name)
        elif self.state["event"] != event.name:
            self.state["event"] = event.name
            self.memory.set_state(self.state)
            self.log("info", "Branding: on is %s." % event.name)
        self.pictures(events, event, left)

    def pictures(self, events, event, left):
        behind, self.again = self.again, False
        for kind in "icon", "banner":
            self.attempt(kind, self.picture, kind, events, event)
        # It comes after the pictures, unless they will not come today.
        if not (self.again and left):
            self.attempt("announcement", self.announce, event)
        self.again |= behind
