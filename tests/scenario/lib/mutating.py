# SPDX-License-Identifier: MIT
"""Random changes of the simulator's guilds, of every kind that a GUILD_CREATE
shows, as a bot makes them by REST and people at the desk; and what the gate's
cache makes of them, beside what the simulator would send."""
import http.client
import json
import random
import ssl
import urllib.parse

from discord_calls import LAST, LATER, PNG, SOUND, File, form
from herd import wait_until

INTENTS = ("GUILDS, GUILD_MEMBERS, GUILD_EXPRESSIONS, GUILD_VOICE_STATES, "
    "GUILD_SCHEDULED_EVENTS, GUILD_MESSAGES, MESSAGE_CONTENT")
MANY = 12	# of a kind: then one is deleted, not made


def created(sim):
    """What the simulator would send now: {id: d of GUILD_CREATE}."""
    return {g["id"]: g for g in map(json.loads,
        sim.ctl("created", "all").splitlines())}


# Messages change these, which are no affair of the cache.
MESSAGES = ("last_message_id", "message_count", "total_message_sent")


def in_order(guild):
    """The same guild: no list has an order."""
    def key(x):
        return (x.get("id") or x.get("sound_id") or x.get("user_id")
            or x.get("user", {}).get("id") or json.dumps(x))
    out = {}
    for name, value in guild.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = {key(x): {k: v for k, v in x.items()
                if k not in MESSAGES} for x in value}
        out[name] = [] if value == {} else value
    return out


def difference(has, want, path=""):
    """[words] where they differ."""
    if isinstance(has, dict) and isinstance(want, dict):
        return [x for k in sorted(set(has) | set(want)) for x in difference(
            has.get(k, "nothing"), want.get(k, "nothing"),
            "%s.%s" % (path, k))]
    return [] if has == want else ["%s: cache %.200s, sim %.200s" % (path,
        json.dumps(has), json.dumps(want))]


class World:
    """The guilds of a simulator, and changes of them."""

    def __init__(self, sim, seed):
        self.sim, self.random = sim, random.Random(seed)
        with open(sim.urls["SIM_TOKEN_FILE"], encoding="utf-8") as f:
            self.token = f.read().strip()
        url = urllib.parse.urlsplit(sim.urls["SIM_API"])
        self.path = url.path
        self.conn = http.client.HTTPSConnection(url.hostname, url.port,
            timeout=60, context=ssl.create_default_context(
            cafile=sim.urls["SIM_CA"]))
        self.done, self.refused = {}, {}
        self.number = 0
        self.people, self.names = [], []

    # ---- by REST ------------------------------------------------------

    def rest(self, method, path, body=None):
        headers = {"User-Agent": "DiscordBot (https://example.org, 1)",
            "Authorization": "Bot " + self.token}
        data = None
        if isinstance(body, File):
            data, headers["Content-Type"] = form(body)
        elif body is not None:
            data, headers["Content-Type"] = json.dumps(body), "application/json"
        for _ in range(3):
            try:
                self.conn.request(method, self.path + path, data, headers)
                answer = self.conn.getresponse()
            except http.client.RemoteDisconnected:	# it was idle
                self.conn.close()
                continue
            text = answer.read()
            if answer.status != 429:
                break
            self.sim.ctl("rest", "clear")
        return answer.status, json.loads(text or b"null")

    def some(self, things):
        return self.random.choice(things) if things else None

    def word(self):
        self.number += 1
        return self.random.choice(("lantern", "mill", "brook", "grüße", "öl",
            "\U0001f332 tree")).replace(" ", "_") + "-%d" % self.number

    def ids(self, guild, name, key="id"):
        return [x[key] for x in guild[name]]

    def channels(self, guild, *types):
        return [c["id"] for c in guild["channels"] if c["type"] in types]

    def _make(self, guild, name, body, patch, where, key="id"):
        """Makes, changes or deletes one of a list."""
        path = "/guilds/%s/%s" % (guild["id"], where)
        have = [x for x in self.ids(guild, name, key)
            if x != guild["id"]]
        what = self.random.random()
        if not have or (what < 0.45 and len(have) < MANY):
            return "POST", path, body
        if what < 0.75:
            return "PATCH", "%s/%s" % (path, self.some(have)), patch
        return "DELETE", "%s/%s" % (path, self.some(have)), None

    def roles(self, g):
        made = {"name": self.word(), "color": self.random.randrange(1 << 24),
            "permissions": str(self.random.randrange(1 << 40)),
            "hoist": self.random.random() < 0.5}
        fresh = [r for r in g["roles"] if "-" in r["name"]]
        return self._make(dict(g, roles=fresh), "roles", made, made, "roles")

    def role_positions(self, g):
        fresh = [r["id"] for r in g["roles"] if "-" in r["name"]]
        if not fresh:
            return None
        return "PATCH", "/guilds/%s/roles" % g["id"], [{"id": self.some(fresh),
            "position": self.random.randrange(1, 4)}]

    def channel(self, g):
        kind = self.random.choice((0, 0, 2, 4, 13, 15))
        made = {"name": self.word(), "type": kind}
        fresh = [c for c in g["channels"] if "-" in c["name"][3:]]
        what = self.random.random()
        if not fresh or (what < 0.5 and len(fresh) < MANY):
            return "POST", "/guilds/%s/channels" % g["id"], made
        if what < 0.8:
            return ("PATCH", "/channels/%s" % self.some(fresh)["id"],
                {"name": self.word(), "position": self.random.randrange(5)})
        return "DELETE", "/channels/%s" % self.some(fresh)["id"], None

    def channel_positions(self, g):
        return "PATCH", "/guilds/%s/channels" % g["id"], [{
            "id": self.some(self.channels(g, 0)),
            "position": self.random.randrange(8)}]

    def overwrite(self, g):
        c = self.some([c for c in g["channels"] if "-" in c["name"][3:]])
        if c is None:
            return None
        role = self.some(self.ids(g, "roles"))
        path = "/channels/%s/permissions/%s" % (c["id"], role)
        if self.random.random() < 0.3:
            return "DELETE", path, None
        return "PUT", path, {"type": 0, "allow":
            str(self.random.randrange(1 << 20) & ~1024), "deny": "2048"}

    def thread(self, g):
        open_ = self.ids(g, "threads")
        what = self.random.random()
        if not open_ or (what < 0.4 and len(open_) < MANY):
            return ("POST", "/channels/%s/threads" % self.some(
                self.channels(g, 0)), {"name": self.word(),
                "type": self.random.choice((11, 11, 12))})
        if what < 0.7:
            return "PATCH", "/channels/%s" % self.some(open_), self.some((
                {"name": self.word()}, {"archived": True}, {"locked": True},
                {"rate_limit_per_user": 5}))
        return "DELETE", "/channels/%s" % self.some(open_), None

    def thread_member(self, g):
        thread = self.some(self.ids(g, "threads"))
        if thread is None:
            return None
        who = self.some(["@me", "@me"] + self.people)
        return (self.some(("PUT", "DELETE")),
            "/channels/%s/thread-members/%s" % (thread, who), None)

    def emoji(self, g):
        name = "face%d" % self.random.randrange(10000)
        return self._make(g, "emojis", {"name": name, "image": PNG,
            "roles": []}, {"name": name + "x"}, "emojis")

    def sticker(self, g):
        what = self._make(g, "stickers", None, {"name": "n%d"
            % self.random.randrange(10000)}, "stickers")
        if what[0] == "POST" and len(g["stickers"]) < 5:
            return what[0], what[1], File(name="label", description="A label",
                tags="face")
        return what if what[0] != "POST" else None

    def sound(self, g):
        return self._make(g, "soundboard_sounds", {"name": "boo",
            "sound": SOUND, "volume": 0.5}, {"name": "b%d"
            % self.random.randrange(100), "volume": 1}, "soundboard-sounds",
            "sound_id")

    def event(self, g):
        made = {"name": self.word(), "privacy_level": 2, "entity_type": 3,
            "scheduled_start_time": LATER, "scheduled_end_time": LAST,
            "entity_metadata": {"location": "Mill"}}
        return self._make(g, "guild_scheduled_events", made, self.some((
            {"name": self.word()}, {"description": self.word()},
            {"status": 2}, {"status": 4})), "scheduled-events")

    def stage(self, g):
        stages = self.channels(g, 13)
        channel = self.some(stages)
        if channel is None:
            return ("POST", "/guilds/%s/channels" % g["id"],
                {"name": self.word(), "type": 13})
        there = channel in self.ids(g, "stage_instances", "channel_id")
        if not there:
            return "POST", "/stage-instances", {"channel_id": channel,
                "topic": self.word()}
        if self.random.random() < 0.5:
            return "PATCH", "/stage-instances/" + channel, {
                "topic": self.word()}
        return "DELETE", "/stage-instances/" + channel, None

    def guild(self, g):
        return "PATCH", "/guilds/" + g["id"], self.some((
            {"name": self.word()}, {"verification_level":
            self.random.randrange(4)}, {"afk_timeout": 300},
            {"system_channel_id": self.some(self.channels(g, 0))},
            {"system_channel_id": None}, {"preferred_locale": "de"},
            {"icon": self.some((PNG, None))}))

    def own_member(self, g):
        return "PATCH", "/guilds/%s/members/@me" % g["id"], {
            "nick": self.some((self.word(), None))}

    def member(self, g):
        who = self.some(self.people)
        return who and ("PATCH", "/guilds/%s/members/%s" % (g["id"], who),
            self.some(({"nick": self.word()}, {"mute": True}, {"deaf": False},
            {"communication_disabled_until": "2030-01-01T00:00:00+00:00"},
            {"communication_disabled_until": None}, {"channel_id": None})))

    def member_role(self, g):
        who, fresh = self.some(self.people + [self.sim_bot(g)]), [r["id"]
            for r in g["roles"] if "-" in r["name"]]
        return who and fresh and (self.some(("PUT", "DELETE")),
            "/guilds/%s/members/%s/roles/%s" % (g["id"], who,
            self.some(fresh)), None)

    def sim_bot(self, g):
        return [m["user"]["id"] for m in g["members"]
            if m["user"].get("bot")][0]

    KINDS = (roles, role_positions, channel, channel_positions, overwrite,
        thread, thread_member, emoji, sticker, sound, event, stage, guild,
        own_member, member, member_role)

    # ---- people -------------------------------------------------------

    def person(self, g):
        """What somebody at the desk does, words of ctl."""
        who, new = self.some(self.names), "newcomer%d" % (
            self.random.randrange(30))
        voice = self.some(self.channels(g, 2))
        # Sent anew; there the bot has no roles any more.
        if g["id"] == max(created(self.sim)) and self.random.random() < 0.2:
            self.sim.ctl("bot", "kick", g["id"])
            return "bot", "join", g["id"]
        return self.some((("join", g["id"], new), ("join", g["id"], new),
            ("leave", g["id"], "--as", new), ("unban", g["id"], who),
            ("ban", g["id"], who),
            ("leave", g["id"], "--as", who), ("kick", g["id"], who),
            ("nick", g["id"], who, self.word()),
            ("voice", voice, "--in", g["id"], "--as", who),
            ("voice", voice, "--in", g["id"], "--as", who, "--mute"),
            ("voice", "none", "--in", g["id"], "--as", who)))

    def note(self, kind, fine):
        count = self.done if fine else self.refused
        count[kind] = count.get(kind, 0) + 1

    def change(self, rounds):
        """So many rounds of one change of each kind in a guild."""
        for _ in range(rounds):
            g = self.some(list(created(self.sim).values()))
            there = [m["user"] for m in self.rest("GET",
                "/guilds/%s/members?limit=50" % g["id"])[1]
                if not m["user"].get("bot")]
            self.people = [u["id"] for u in there]
            self.names = [u["username"] for u in there]
            for kind in self.random.sample(self.KINDS, len(self.KINDS)):
                call = kind(self, g)
                if call:
                    status, _ = self.rest(*call)
                    self.note(kind.__name__, status < 300)
            words = self.person(g)
            if None not in words and self.names:
                self.note("people: " + words[0],
                    self.sim.try_ctl(*words).returncode == 0)

    # ---- the judge ----------------------------------------------------

    def compare(self, fleet):
        """[words] where the cache is not what the simulator would send."""
        out = []
        for number, want in created(self.sim).items():
            done = fleet.cli("cache", "show", number)
            if done.returncode != 0:
                out.append("%s: %s" % (number, done.stderr.strip()))
                continue
            out += difference(in_order(json.loads(done.stdout)),
                in_order(want), number)
        return out

    def same(self, t, fleet, what):
        """Waits until the cache is the world."""
        try:
            wait_until(lambda: not self.compare(fleet), what)
            return t.ok(True, what)
        except Exception:	# the words say more
            for line in self.compare(fleet)[:20]:
                t.note(line)
            return t.ok(False, what)
