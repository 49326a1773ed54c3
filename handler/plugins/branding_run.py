# SPDX-License-Identifier: MIT
"""One run of branding: reads the repository, finds out what is on, and does
what is missing.  What is up is written down right after Discord has it, so
that a run can end anywhere and the next one goes on from there."""
import base64
import dataclasses
import datetime
import hashlib
import json
import random

import branding_calendar as calendar
import branding_repository as repository
import shardherd

RETRY_MIN_S = 60        # doubled with each try
RETRY_MAX_S = 3600
RETRY_FOR_MS = 6 * 3600 * 1000  # then it is left to the next day's run
NO_ANSWER = (-32001, -32002, -32003)    # Discord has not said no
KINDS = (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), \
    (b"GIF8", "gif")
COLOUR = 0x5865f2
LOG_MAX = 1900          # bytes of one line


class Refused(Exception):
    """Trying again would not help."""


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
    raise Refused("%s is no PNG, JPEG or GIF" % path)


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
        return self.kv.get("state", dict(event=None, pool=None, uses={},
            icon=None, banner=None, announced={}, told={}))

    def set_state(self, state):
        self.kv.set("state", state)


# ---- what is to be done -----------------------------------------------------

def source(events, event, has):
    """The event, or the fallback for what it lacks; or None."""
    for e in (event, calendar.fallback_of(events)):
        if e is not None and has(e):
            return e
    return None


def pick(pool, uses, besides):
    """One of those shown least, another one than now if there is any."""
    others = [sha for sha in pool if sha != besides] or list(pool)
    least = min(uses[sha] for sha in others)
    return random.choice(sorted(s for s in others if uses[s] == least))


def next_icon(state, origin, day, every):
    """(path, sha, counts of the pool); the sha that is up when it stays."""
    pool = {sha: path for path, sha in sorted(origin.icons.items())}
    known = state["uses"] if state["pool"] == origin.name else {}
    kept = [known[sha] for sha in pool if sha in known]
    uses = {sha: known.get(sha, min(kept, default=0)) for sha in pool}
    up = state["icon"]
    stays = up and state["pool"] == origin.name and up["sha"] in pool
    if stays and every > 0 and len(pool) > 1:
        age = day - datetime.date.fromisoformat(up["day"])
        stays = age.days < every
    sha = up["sha"] if stays else pick(pool, uses, up and up["sha"])
    if not stays:
        uses[sha] += 1
    return pool[sha], sha, uses


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
        self.again = False      # something is worth another try
        self.guild = None

    # ---- telling ----------------------------------------------------------

    def note(self, level, text):
        self.bot.call("log", level=level,
            text=text.encode()[:LOG_MAX].decode(errors="ignore"))

    def log(self, level, text):
        self.lines.append(text)
        self.note(level, text)

    def good(self, kind):
        if not self.dry and self.state["told"].pop(kind, None) is not None:
            self.memory.set_state(self.state)

    def complain(self, kind, error):
        """A failure: logged; one that stays is told once, also to people."""
        text = "Branding: %s: %s." % (kind, str(error).rstrip("."))
        self.lines.append(text)
        if is_fleeting(error):
            self.again = True
            self.note("warn", text)
        elif not self.dry and self.state["told"].get(kind) != text:
            self.note("error", text)
            self.state["told"][kind] = text
            self.memory.set_state(self.state)
            self.post(text)

    def post(self, text):
        channel = self.config["log_channel"] or self.config["channel"]
        if not channel:
            return
        try:
            self.bot.say(channel, text[:2000])
        except shardherd.Error as e:
            self.note("warn", "Branding: channel %s could not be told: %s"
                % (channel, e))

    def attempt(self, kind, fn, *args):
        """True when it worked, or there was nothing to do."""
        try:
            fn(*args)
        except (shardherd.Error, repository.Failure, Refused) as e:
            self.complain(kind, e)
            return False
        self.good(kind)
        return True

    # ---- the calendar -----------------------------------------------------

    def refresh(self):
        events, wrong = repository.read_events(self.repository,
            self.memory.events())
        if self.memory.wrong() != wrong:
            for text in wrong:
                self.note("warn", "Branding: " + text)
        self.memory.set_events(events, wrong)

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

    def upload(self, kind, event, path, sha, then):
        if self.dry:
            self.lines.append("Would set the %s to %s." % (kind, path))
            return
        features = self.discord().get("features", [])
        if kind == "banner" and "BANNER" not in features:
            raise Refused("this server lacks Discord's feature BANNER, so it "
                "cannot have one")
        data = self.repository.read(path, sha, repository.IMAGE_MAX)
        uri = data_uri(data, path)
        need = "ANIMATED_" + kind.upper()
        if uri.startswith("data:image/gif") and need not in features:
            raise Refused("this server lacks Discord's feature %s, which %s "
                "needs" % (need, path))
        shown = self.bot.rest("PATCH", self.path(), body={kind: uri},
            reason="branding: " + event.name)
        if not (shown or {}).get(kind):
            raise Refused("Discord took %s but does not show it" % path)
        self.state[kind] = dict(path=path, sha=sha, discord=shown[kind])
        then()
        self.memory.set_state(self.state)
        self.log("info", "Branding: the %s is now %s." % (kind, path))

    def icon(self, events, event):
        origin = source(events, event, lambda e: e.icons)
        if origin is None:
            return
        path, sha, uses = next_icon(self.state, origin, self.day,
            self.config["rotate_days"])

        up = self.state["icon"]
        again = up and up["sha"] == sha and self.state["pool"] == origin.name

        def moved():
            self.state["icon"]["day"] = (up["day"] if again
                else self.day.isoformat())
            self.state.update(pool=origin.name, uses=uses)
        if up is None or up["sha"] != sha or self.drifted("icon"):
            self.upload("icon", event, path, sha, moved)
        elif not self.dry and (self.state["uses"] != uses or not again):
            moved()
            self.memory.set_state(self.state)

    def banner(self, events, event):
        origin = source(events, event, lambda e: e.banner)
        if origin is None:
            return
        path, sha = origin.banner
        up = self.state["banner"]
        if up is None or up["sha"] != sha or self.drifted("banner"):
            self.upload("banner", event, path, sha, lambda: None)

    # ---- the announcement ---------------------------------------------------

    def announce(self, event):
        year = event.year(self.day)
        if (event.fallback or not self.config["channel"]
                or self.state["announced"].get(event.name) == year):
            return
        if self.dry:
            self.lines.append("Would announce %s." % event.title)
            return
        embed = dict(title=event.title, description=event.description,
            color=COLOUR, footer=dict(text=event.dates()))
        if not self.is_there(embed, "%s %d" % (event.name, year)):
            # Sent twice within minutes, Discord takes it for the same.
            once = hashlib.sha256(("%s %d" % (event.name, year)).encode())
            self.bot.call("say", channel_id=self.config["channel"],
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
        return any(old.get("title") == embed["title"]
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
        return self.lines

    def work(self, left):
        self.attempt("repository", self.refresh)
        events = list(self.memory.events().values())
        event = calendar.current(events, self.day)
        if event is None:
            self.lines.append("No event is on, and there is no fallback.")
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
        self.attempt("icon", self.icon, events, event)
        self.attempt("banner", self.banner, events, event)
        # It comes after the pictures, unless they will not come today.
        if not (self.again and left):
            self.attempt("announcement", self.announce, event)
        self.again |= behind
