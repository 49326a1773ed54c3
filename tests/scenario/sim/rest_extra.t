#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Invites, emojis, stickers, sounds, events, stages, templates and the pages of
a guild: each change with its event, its entry in the audit log, what it needs
and what it refuses."""
import base64
import json
import os
import sys
import urllib.error
import urllib.request

sys.path.append(sys.path[0] + "/../lib")
from botcalls import Bot
from herd import scenario, wait_until

ALL = 53608447
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
IMAGE = "data:image/png;base64," + base64.b64encode(PNG).decode()
MOVING = "data:image/gif;base64," + base64.b64encode(b"GIF89a").decode()
SOUND = "data:audio/ogg;base64," + base64.b64encode(b"OggS" * 8).decode()
LATER, LAST = "2099-01-01T12:00:00Z", "2099-01-01T14:00:00+01:00"


def once(bot):
    """Status and headers, of whatever kind; a 429 is not ridden out."""
    try:
        with urllib.request.urlopen(urllib.request.Request(bot.api
                + "/users/@me", headers={"User-Agent": "DiscordBot (x, 1)",
                "Authorization": "Bot " + bot.token}), timeout=60) as r:
            return r.status, r.headers
    except urllib.error.HTTPError as e:
        return e.code, e.headers


def limited(t, sim, bot):
    """A 429 that is asked for tells when to come back, as Discord's does."""
    sim.ctl("rest", "GET /users/@me", "429", "count=1")
    status, headers = once(bot)
    t.equal((status, headers["Retry-After"], headers["X-RateLimit-Scope"]),
        (429, "1", "user"), "a limit has its header")
    sim.ctl("rest", "GET /users/@me", "503", "count=1")
    status, headers = once(bot)
    t.equal((status, headers["Retry-After"]), (503, None), "a failure none")
    t.equal(once(bot)[0], 200, "that was all of them")


def before(t):
    """A world in which the bot may do all in one guild, next to nothing in the
    other, and sits in a voice channel beside a stage."""
    sim = t.sim(shards=1, guilds=2, plain=True)
    bot = Bot(sim, 1)
    for g in bot.guilds:
        bot("PATCH", "/guilds/" + g["id"], {"description": "kept"})
    world = json.loads(sim.ctl("world"))
    first, second = sorted(world["changed"], key=lambda g: g["number"])
    at = {c["name"]: c for c in first["channels"].values()}
    at["workshop"]["type"] = 13
    me = bot.ready["user"]["id"]
    first["voice_states"][me] = dict(list(first["voice_states"].values())[0],
        user_id=me, channel_id=at["Lounge"]["id"])
    for role in second["roles"].values():
        role["permissions"] = "1024" if role["name"] == "@everyone" else "0"
    path = os.path.join(sim.dir, "world.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(world, f)
    return path, first["head"]["id"], second["head"]["id"]


class Case:
    """One bot, its guild, and the one it may do little in."""
    def __init__(self, t, bot, guild, poor):
        self.t, self.bot = t, bot
        self.guild = "/guilds/" + guild
        self.poor = "/guilds/" + poor
        self.id = guild
        own = [g for g in bot.guilds if g["id"] == guild][0]
        self.channel = {c["name"]: "/channels/" + c["id"]
            for c in own["channels"]}
        other = [g for g in bot.guilds if g["id"] == poor][0]
        self.poor_channel = "/channels/" + bot.channels(other)[0]

    def does(self, event, call, body=None, files=None, status=200, audit=None):
        """The answer's document and the event's."""
        method, path = call.split(" ")
        answer = self.bot(method, path, body, files)
        self.t.equal(answer.status, status, call.replace(self.id, "ID"))
        d = self.bot.event(event) if event else None
        if audit is not None:
            entry = self.bot.event("GUILD_AUDIT_LOG_ENTRY_CREATE")
            self.t.equal((entry["action_type"], entry["guild_id"]),
                (audit, self.id), "its entry in the audit log")
        return answer.body, d

    def fails(self, code, call, body=None, files=None, errors=None):
        method, path = call.split(" ")
        answer = self.bot(method, path, body, files)
        self.t.equal((answer.code, answer.errors if errors else None),
            (code, errors), "%s: %s" % (call.replace(self.id, "ID"), code))


def invites(w):
    general = w.channel["general"]
    made, d = w.does("INVITE_CREATE", "POST %s/invites" % general, {},
        audit=40)
    w.t.equal((d["code"], d["max_age"], d["uses"], "/channels/"
        + d["channel_id"]), (made["code"], 86400, 0, general),
        "the event tells of the invite")
    same, _ = w.does(None, "POST %s/invites" % general, {})
    w.t.equal(same["code"], made["code"], "one that is alike is used again")
    more, _ = w.does("INVITE_CREATE", "POST %s/invites" % general,
        {"unique": True, "max_age": 0, "max_uses": 3})
    w.t.equal((more["expires_at"], more["max_uses"]), (None, 3), "a new one")
    for call in ("%s/invites" % general, "%s/invites" % w.guild):
        w.t.equal(sorted(i["code"] for i in w.does(None, "GET " + call)[0]),
            sorted([made["code"], more["code"]]), "both are listed")
    w.t.equal(w.does(None, "GET %s/invites" % w.channel["bots"])[0], [],
        "none of another channel is")
    seen, _ = w.does(None, "GET /invites/%s?with_counts=true" % made["code"])
    w.t.equal((seen["guild"]["id"], "uses" in seen,
        seen["approximate_member_count"] > 0), (w.id, False, True),
        "who asks for it sees the guild, not the uses")
    _, d = w.does("INVITE_DELETE", "DELETE /invites/" + made["code"], audit=42)
    w.t.equal(d["code"], made["code"], "it is gone")
    w.fails(10006, "GET /invites/" + made["code"])
    w.fails(50035, "POST %s/invites" % general, {"max_age": 604801,
        "max_uses": -1, "target_type": 1}, errors={"max_age":
        "NUMBER_TYPE_MAX", "max_uses": "NUMBER_TYPE_MIN", "target_user_id":
        "BASE_TYPE_REQUIRED"})
    w.fails(50024, "POST %s/invites" % w.channel["Text Channels"], {})
    w.fails(50013, "POST %s/invites" % w.poor_channel, {})
    w.fails(50013, "GET %s/invites" % w.poor)
    w.fails(50001, "GET %s/vanity-url" % w.guild)
    brief, _ = w.does("INVITE_CREATE", "POST %s/invites" % general,
        {"max_age": 1})
    wait_until(lambda: w.bot("GET", "/invites/" + brief["code"]).code == 10006,
        "an invite of one second ends")


def emojis(w):
    path = "%s/emojis" % w.guild
    made, d = w.does("GUILD_EMOJIS_UPDATE", "POST " + path, {"name": "face",
        "image": IMAGE}, status=201, audit=60)
    w.t.equal(([e["id"] for e in d["emojis"]], made["animated"]),
        ([made["id"]], False), "the event has all of them")
    moving, _ = w.does("GUILD_EMOJIS_UPDATE", "POST " + path,
        {"name": "wave", "image": MOVING}, status=201)
    w.t.equal(moving["animated"], True, "a GIF moves")
    one = "%s/%s" % (path, made["id"])
    _, d = w.does("GUILD_EMOJIS_UPDATE", "PATCH " + one, {"name": "visage"},
        audit=61)
    w.t.equal(d["emojis"][0]["name"], "visage", "renamed")
    _, d = w.does("GUILD_EMOJIS_UPDATE", "DELETE " + one, status=204, audit=62)
    w.t.equal([e["name"] for e in d["emojis"]], ["wave"], "one is left")
    w.fails(10014, "GET " + one)
    big = "data:image/png;base64," + base64.b64encode(bytes((256 << 10) + 1)) \
        .decode()
    w.fails(50035, "POST " + path, {"name": "a-b", "image": big,
        "roles": ["5"]}, errors={"name": "STRING_TYPE_REGEX", "image":
        "BINARY_TYPE_MAX_SIZE", "roles": "UNKNOWN_ROLE"})
    w.fails(50035, "POST " + path, {"name": "x", "image": "AAAA"},
        errors={"name": "BASE_TYPE_MIN_LENGTH", "image":
        "BINARY_TYPE_INVALID"})
    w.fails(50013, "POST %s/emojis" % w.poor, {"name": "face",
        "image": IMAGE})


def own_emojis(w):
    path = "/applications/%s/emojis" % w.bot.ready["application"]["id"]
    made, _ = w.does(None, "POST " + path, {"name": "own", "image": IMAGE},
        status=201)
    w.fails(50035, "POST " + path, {"name": "own", "image": IMAGE},
        errors={"name": "APPLICATION_EMOJI_NAME_ALREADY_TAKEN"})
    one = "%s/%s" % (path, made["id"])
    w.does(None, "PATCH " + one, {"name": "owned"})
    w.t.equal([e["name"] for e in w.does(None, "GET " + path)[0]["items"]],
        ["owned"], "an application has its own")
    w.does(None, "DELETE " + one, status=204)
    w.fails(10014, "GET " + one)
    w.fails(10002, "GET /applications/5/emojis")


def stickers(w):
    path = "%s/stickers" % w.guild
    form = {"name": "label", "description": "", "tags": "tag"}
    file = {"file": ("a.png", "image/png", PNG)}
    made, d = w.does("GUILD_STICKERS_UPDATE", "POST " + path, None,
        dict(form, **file), 201, audit=90)
    w.t.equal(([s["id"] for s in d["stickers"]], made["format_type"]),
        ([made["id"]], 1), "the event has all of them")
    w.does(None, "GET /stickers/" + made["id"])
    sent = w.bot("POST", w.channel["general"] + "/messages", {"sticker_ids":
        [made["id"]]}).body
    w.t.equal([s["name"] for s in sent["sticker_items"]], ["label"],
        "it is sent in its guild")
    w.fails(50081, "POST %s/messages" % w.poor_channel, {"sticker_ids":
        [made["id"]]})
    one = "%s/%s" % (path, made["id"])
    _, d = w.does("GUILD_STICKERS_UPDATE", "PATCH " + one, {"name": "seal"},
        audit=91)
    w.t.equal(d["stickers"][0]["name"], "seal", "renamed")
    w.does("GUILD_STICKERS_UPDATE", "DELETE " + one, status=204, audit=92)
    w.fails(10060, "GET /stickers/" + made["id"])
    w.fails(50035, "POST " + path, None, dict(form, name="x"), errors={"name":
        "BASE_TYPE_MIN_LENGTH"})
    w.fails(50035, "POST " + path, None, form, errors={"file":
        "BASE_TYPE_REQUIRED"})
    w.fails(50046, "POST " + path, None, dict(form, file=("a.txt",
        "text/plain", b"words")))
    w.fails(50045, "POST " + path, None, dict(form, file=("a.png",
        "image/png", PNG + bytes(512 << 10))))
    w.fails(50013, "POST %s/stickers" % w.poor, None, dict(form, **file))
    pack = w.does(None, "GET /sticker-packs")[0]["sticker_packs"][0]
    w.does(None, "GET /sticker-packs/" + pack["id"])
    w.does(None, "GET /stickers/" + pack["stickers"][0]["id"])
    w.fails(10061, "GET /sticker-packs/5")


def sounds(w):
    path, lounge = "%s/soundboard-sounds" % w.guild, w.channel["Lounge"]
    made, d = w.does("GUILD_SOUNDBOARD_SOUND_CREATE", "POST " + path,
        {"name": "boo", "sound": SOUND, "volume": 0.5}, status=201, audit=130)
    w.t.equal((d["sound_id"], d["volume"]), (made["sound_id"], 0.5),
        "the event has the sound")
    one = "%s/%s" % (path, made["sound_id"])
    _, d = w.does("GUILD_SOUNDBOARD_SOUND_UPDATE", "PATCH " + one,
        {"name": "bah"}, audit=131)
    w.t.equal((d["name"], d["volume"]), ("bah", 0.5), "renamed")
    _, d = w.does("VOICE_CHANNEL_EFFECT_SEND", "POST %s/send-soundboard-sound"
        % lounge, {"sound_id": made["sound_id"]}, status=204)
    w.t.equal((d["sound_id"], d["user_id"]), (made["sound_id"],
        w.bot.ready["user"]["id"]), "it is heard")
    w.fails(40032, "POST %s/send-soundboard-sound" % w.channel["workshop"],
        {"sound_id": "1"})
    w.fails(50024, "POST %s/send-soundboard-sound" % w.channel["general"],
        {"sound_id": "1"})
    w.does("GUILD_SOUNDBOARD_SOUND_DELETE", "DELETE " + one, status=204,
        audit=132)
    w.fails(10097, "GET " + one)
    w.fails(50035, "POST " + path, {"name": "x", "sound": IMAGE, "volume": 2},
        errors={"name": "BASE_TYPE_MIN_LENGTH", "sound":
        "BINARY_TYPE_INVALID", "volume": "NUMBER_TYPE_MAX"})
    w.fails(50013, "POST %s/soundboard-sounds" % w.poor, {"name": "boo",
        "sound": SOUND})
    _, d = w.does("VOICE_CHANNEL_STATUS_UPDATE", "PUT %s/voice-status"
        % lounge, {"status": "Tea"}, status=204, audit=192)
    w.t.equal(d["status"], "Tea", "what is said of a voice channel")
    w.fails(50024, "PUT %s/voice-status" % w.channel["general"], {})


def events(w):
    path = "%s/scheduled-events" % w.guild
    form = {"name": "Fair", "privacy_level": 2, "entity_type": 3,
        "scheduled_start_time": LATER, "scheduled_end_time": LAST,
        "entity_metadata": {"location": "Mill"}}
    made, d = w.does("GUILD_SCHEDULED_EVENT_CREATE", "POST " + path, form,
        audit=100)
    w.t.equal((d["id"], d["status"], d["creator_id"]), (made["id"], 1,
        w.bot.ready["user"]["id"]), "the event tells of the event")
    one = "%s/%s" % (path, made["id"])
    w.t.equal(w.does(None, "GET %s?with_user_count=true" % one)[0]
        ["user_count"], 0, "nobody comes")
    w.t.equal(w.does(None, "GET %s/users" % one)[0], [], "nobody at all")
    w.fails(50035, "PATCH " + one, {"status": 3}, errors={"status":
        "GUILD_SCHEDULED_EVENT_INVALID_STATUS_TRANSITION"})
    _, d = w.does("GUILD_SCHEDULED_EVENT_UPDATE", "PATCH " + one,
        {"status": 2}, audit=101)
    w.t.equal(d["status"], 2, "it begins")
    w.does("GUILD_SCHEDULED_EVENT_UPDATE", "PATCH " + one, {"status": 3})
    w.fails(10070, "GET " + one)
    made, _ = w.does("GUILD_SCHEDULED_EVENT_CREATE", "POST " + path, dict(form,
        entity_type=2, channel_id=w.channel["Lounge"][10:],
        entity_metadata=None, scheduled_end_time=None))
    w.does("GUILD_SCHEDULED_EVENT_DELETE", "DELETE %s/%s" % (path,
        made["id"]), status=204, audit=102)
    w.fails(50035, "POST " + path, dict(form, scheduled_start_time=
        "2001-01-01T00:00:00Z", scheduled_end_time="2000-01-01T00:00:00Z",
        name="", entity_metadata={}), errors={
        "scheduled_start_time": "GUILD_SCHEDULED_EVENT_SCHEDULE_PAST",
        "scheduled_end_time":
        "GUILD_SCHEDULED_EVENT_END_TIME_BEFORE_START_TIME",
        "name": "BASE_TYPE_REQUIRED",
        "entity_metadata.location": "BASE_TYPE_REQUIRED"})
    w.fails(50035, "POST " + path, dict(form, entity_type=1, channel_id=
        w.channel["Lounge"][10:]), errors={"channel_id":
        "GUILD_SCHEDULED_EVENT_CHANNEL_INVALID"})
    w.fails(50013, "POST %s/scheduled-events" % w.poor, form)


def stages(w):
    stage = w.channel["workshop"][10:]
    one = "/stage-instances/" + stage
    w.fails(10067, "GET " + one)
    _, d = w.does("STAGE_INSTANCE_CREATE", "POST /stage-instances",
        {"channel_id": stage, "topic": "Talk"}, audit=83)
    w.t.equal(d["topic"], "Talk", "the event has the topic")
    w.fails(150006, "POST /stage-instances", {"channel_id": stage,
        "topic": "Again"})
    _, d = w.does("STAGE_INSTANCE_UPDATE", "PATCH " + one, {"topic": "Talks"},
        audit=84)
    w.t.equal(d["topic"], "Talks", "changed")
    w.does("STAGE_INSTANCE_DELETE", "DELETE " + one, status=204, audit=85)
    w.fails(50035, "POST /stage-instances", {"topic": "t" * 121}, errors={
        "channel_id": "BASE_TYPE_REQUIRED", "topic": "BASE_TYPE_MAX_LENGTH"})
    w.fails(50024, "POST /stage-instances", {"channel_id":
        w.channel["general"][10:], "topic": "Talk"})


def templates(w):
    path = "%s/templates" % w.guild
    made, _ = w.does(None, "POST " + path, {"name": "like this"})
    source = made["serialized_source_guild"]
    parents = {c["id"]: c for c in source["channels"]}
    w.t.ok(all(c["parent_id"] is None or parents[c["parent_id"]]["type"] == 4
        for c in source["channels"]) and source["roles"][0]["id"] == 0,
        "a template has numbers in the place of ids")
    w.fails(30031, "POST " + path, {"name": "another"})
    seen, _ = w.does(None, "GET /guilds/templates/" + made["code"])
    w.t.equal(seen["source_guild_id"], w.id, "by its code")
    one = "%s/%s" % (path, made["code"])
    w.does(None, "PUT " + one)
    w.t.equal(w.does(None, "PATCH " + one, {"name": "that"})[0]["name"],
        "that", "renamed")
    w.does(None, "DELETE " + one)
    w.fails(10057, "GET /guilds/templates/" + made["code"])
    w.fails(50013, "GET %s/templates" % w.poor)


def pages(w):
    w.t.equal(w.does(None, "GET %s/preview" % w.guild)[0]["id"], w.id,
        "a preview")
    w.fails(50004, "GET %s/widget.json" % w.guild)
    _, d = w.does("GUILD_UPDATE", "PATCH %s/widget" % w.guild, {"enabled":
        True, "channel_id": w.channel["general"][10:]}, audit=1)
    w.t.equal(d["widget_enabled"], True, "the widget is on")
    seen = w.bot("GET", "%s/widget.json" % w.guild, Authorization="").body
    w.t.equal([c["name"] for c in seen["channels"]], ["Lounge"],
        "anybody sees the voice channels")
    w.t.equal(w.bot("GET", "%s/widget.png" % w.guild).data[:4], b"\x89PNG",
        "as a picture")
    w.fails(50035, "PATCH %s/widget" % w.guild, {"enabled": 5,
        "channel_id": "5"}, errors={"enabled": "BOOLEAN_TYPE_CONVERT",
        "channel_id": "CHANNEL_UNKNOWN"})
    here = w.channel["general"][10:]
    seen, _ = w.does(None, "PATCH %s/welcome-screen" % w.guild,
        {"description": "Come in", "welcome_channels": [{"channel_id": here,
        "description": "Talk", "emoji_name": "x"}]})
    w.t.equal(w.does(None, "GET %s/welcome-screen" % w.guild)[0], seen,
        "a welcome screen is kept")
    w.fails(10069, "GET %s/welcome-screen" % w.poor)
    w.fails(50035, "PATCH %s/welcome-screen" % w.guild, {"welcome_channels":
        [{"channel_id": "5"}]}, errors={
        "welcome_channels.0.channel_id": "CHANNEL_UNKNOWN",
        "welcome_channels.0.description": "BASE_TYPE_REQUIRED"})
    seen, _ = w.does(None, "PUT %s/onboarding" % w.guild, {"enabled": True,
        "mode": 1, "default_channel_ids": [here], "prompts": [{"title": "Why?",
        "type": 0, "options": [{"title": "So", "channel_ids": [here]}]}]},
        audit=167)
    w.t.equal(w.does(None, "GET %s/onboarding" % w.guild)[0], seen,
        "onboarding is kept")
    w.fails(50035, "PUT %s/onboarding" % w.guild, {"prompts": [{"title":
        ""}]}, errors={"prompts.0.title": "BASE_TYPE_REQUIRED",
        "prompts.0.options": "BASE_TYPE_REQUIRED"})
    w.fails(50013, "PUT %s/onboarding" % w.poor, {})
    w.fails(50035, "PUT %s/incident-actions" % w.guild,
        {"invites_disabled_until": LATER}, errors={"invites_disabled_until":
        "DATE_TIME_TYPE_MAX"})
    w.does("GUILD_UPDATE", "PUT %s/incident-actions" % w.guild,
        {"dms_disabled_until": None})


def search(w):
    words = ["an Apple", "a pear", "apples"]
    for word in words:
        w.bot("POST", w.channel["general"] + "/messages", {"content": word})
    w.bot("POST", w.channel["bots"] + "/messages", {"content": "apple pie"})
    path = "GET %s/messages/search?content=apple" % w.guild
    found, _ = w.does(None, path)
    w.t.equal((found["total_results"], sorted(m[0]["content"]
        for m in found["messages"])), (3, ["an Apple", "apple pie",
        "apples"]), "messages are found by their text")
    found, _ = w.does(None, path + "&limit=1&offset=1&channel_id="
        + w.channel["general"][10:])
    w.t.equal((found["total_results"], [m[0]["content"]
        for m in found["messages"]]), (2, ["an Apple"]), "page by page")
    w.fails(50035, path + "&limit=26", errors={"limit": "NUMBER_TYPE_MAX"})
    w.fails(50013, "GET %s/messages/search" % w.poor)


def refused(w):
    app = "/applications/" + w.bot.ready["application"]["id"]
    w.fails(20001, "POST /guilds", {"name": "mine"})
    w.fails(50013, "DELETE " + w.guild)
    w.fails(20001, "PUT %s%s/commands/5/permissions" % (app, w.guild), {})
    w.fails(10066, "GET %s%s/commands/5/permissions" % (app, w.guild))
    w.t.equal(w.does(None, "GET %s%s/commands/permissions" % (app,
        w.guild))[0], [], "no command has permissions of its own")
    w.fails(0, "GET %s/activity-instances/x" % app)
    w.t.equal(w.does(None, "GET %s/integrations" % w.guild)[0], [],
        "no integrations")
    w.fails(10005, "DELETE %s/integrations/5" % w.guild)


def main(t):
    world, guild, poor = before(t)
    sim = t.sim(shards=1, guilds=1, plain=True, world=world)
    w = Case(t, Bot(sim, ALL), guild, poor)
    limited(t, sim, w.bot)
    for part in (invites, emojis, own_emojis, stickers, sounds, events, stages,
            templates, pages, search, refused):
        part(w)
    again = Bot(t.sim(shards=1, guilds=1, plain=True, world=kept(sim)), ALL)
    own = [g for g in again.guilds if g["id"] == guild][0]
    t.equal([e["name"] for e in own["emojis"]], ["wave"],
        "what was made is in GUILD_CREATE of the world that was kept")


def kept(sim):
    path = os.path.join(sim.dir, "kept.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write(sim.ctl("world"))
    return path


scenario(main)
