#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The structure of a guild by REST: roles, channels, overwrites."""
import json
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from bot import Bot
from herd import scenario

MANAGE_ROLES, VIEW, SEND = 1 << 28, 1 << 10, 1 << 11


def roles(t, bot, guild):
    at = "/guilds/%s/roles" % guild
    role = bot.must("POST", at, {"name": "gardeners", "color": 3066993,
        "permissions": "3072", "hoist": True}, headers={
        "X-Audit-Log-Reason": "spring"})
    t.equal((role["name"], role["color"], role["colors"]["primary_color"],
        role["permissions"], role["hoist"], role["position"]), ("gardeners",
        3066993, 3066993, "3072", True, 1), "a role")
    t.equal(bot.event("GUILD_ROLE_CREATE"), {"guild_id": guild, "role": role},
        "and its event")
    entry = bot.event("GUILD_AUDIT_LOG_ENTRY_CREATE")
    t.equal((entry["action_type"], entry["target_id"], entry["reason"]),
        (30, role["id"], "spring"), "the audit log")
    one = at + "/" + role["id"]
    t.equal(bot.must("GET", one), role, "it is there")
    t.equal(bot.code("GET", at + "/1"), (404, 10011), "another is not")
    t.equal(bot.code("PATCH", one, {"name": "x" * 101, "color": -1}),
        (400, 50035), "a form that is none")
    t.equal(bot.must("PATCH", one, {"mentionable": True, "name": "weeders"})[
        "mentionable"], True, "it is edited")
    t.equal(bot.event("GUILD_ROLE_UPDATE")["role"]["name"], "weeders",
        "and its event")
    t.equal(bot.code("PATCH", at + "/" + bot.role("bots"), {"name": "x"}),
        (403, 50013), "but not the bot's own highest")
    read = bot.must("PATCH", one, {"name": 7, "hoist": "true", "color": "5"})
    t.equal((read["name"], read["hoist"], read["color"],
        read["colors"]["primary_color"]), ("7", True, 5, 5),
        "what is read as another type is kept as that")
    bot.event("GUILD_ROLE_UPDATE")
    moved = bot.must("PATCH", at, [{"id": role["id"], "position": 2}])
    t.equal([r["position"] for r in moved if r["id"] == role["id"]], [2],
        "it is moved")
    t.equal(bot.event("GUILD_ROLE_UPDATE")["role"]["position"], 2,
        "and its event")
    t.equal(bot.code("PATCH", at, [{"id": role["id"], "position": 3}]),
        (403, 50013), "but not up to the bot's own")
    t.equal(bot.code("PATCH", at, {"id": 1}), (400, 50035), "no list")
    counts = bot.must("GET", at + "/member-counts")
    t.equal((counts[role["id"]], counts[bot.role("bots")]), (0, 1), "counted")
    regulars = bot.role("regulars")
    t.ok(counts[regulars] > 0, "some are regulars")
    t.equal(bot.call("DELETE", at + "/" + regulars)[0], 204, "those go")
    t.equal(bot.event("GUILD_ROLE_DELETE"), {"guild_id": guild, "role_id":
        regulars}, "and its event")
    t.ok(not any(regulars in m["roles"] for m in bot.must("GET",
        "/guilds/%s/members?limit=1000" % guild)), "nobody has it now")
    t.equal(bot.code("DELETE", at + "/" + guild), (400, 50028),
        "everyone's stays")
    return role


def channels(t, bot, guild, role):
    at = "/guilds/%s/channels" % guild
    den = bot.must("POST", at, {"name": "Den", "type": 4,
        "permission_overwrites": [{"id": guild, "type": 0, "deny": "2048"}]})
    t.equal((den["type"], den["name"], den["permission_overwrites"]), (4,
        "Den", [{"id": guild, "type": 0, "allow": "0", "deny": "2048"}]),
        "a category")
    t.equal(bot.event("CHANNEL_CREATE"), den, "and its event")
    t.equal(bot.event("GUILD_AUDIT_LOG_ENTRY_CREATE")["action_type"], 10,
        "and the audit log")
    room = bot.must("POST", at, {"name": "Tea Room", "parent_id": den["id"],
        "topic": "leaves", "rate_limit_per_user": 5})
    t.equal((room["name"], room["topic"], room["parent_id"],
        room["permission_overwrites"]), ("tea-room", "leaves", den["id"],
        den["permission_overwrites"]), "a text channel in it inherits")
    t.equal(bot.code("POST", at, {"type": 99, "parent_id": room["id"]}),
        (400, 50035), "a form that is none")
    t.equal(bot.call("POST", at, {"name": "Hut", "type": 2, "bitrate": 64000,
        "user_limit": 3})[1]["user_limit"], 3, "a voice channel")
    forum = bot.must("POST", at, {"name": "ideas", "type": 15,
        "available_tags": [{"name": "new"}]})
    t.equal([g["name"] for g in forum["available_tags"]], ["new"], "a forum")
    t.ok({den["id"], room["id"], forum["id"]} <= {c["id"] for c in
        bot.must("GET", at)}, "the list has them")

    path = "/channels/" + room["id"]
    t.equal(bot.must("PATCH", path, {"type": 5, "nsfw": True})["type"], 5,
        "a text channel becomes an announcement channel")
    bot.event("CHANNEL_UPDATE", id=room["id"])
    t.equal(bot.code("PATCH", path, {"type": 2}), (400, 50035),
        "but no voice channel")
    t.equal(bot.call("PUT", path + "/permissions/" + role["id"],
        {"type": 0, "allow": "1024"})[0], 204, "an overwrite")
    t.ok({"id": role["id"], "type": 0, "allow": "1024", "deny": "0"} in
        bot.event("CHANNEL_UPDATE")["permission_overwrites"], "its event")
    t.equal(bot.code("PUT", path + "/permissions/1", {"type": 0}),
        (404, 10009), "of nobody")
    t.equal(bot.code("PUT", path + "/permissions/" + role["id"], {"type": 7}),
        (400, 50035), "of no type")
    t.equal(bot.call("DELETE", path + "/permissions/" + role["id"])[0], 204,
        "taken away")
    t.equal(bot.code("DELETE", path + "/permissions/" + role["id"]),
        (404, 10009), "once")
    t.equal(bot.call("PATCH", at, [{"id": room["id"], "position": 1}, {"id":
        forum["id"], "parent_id": den["id"], "lock_permissions": True}])[0],
        204, "channels are moved")
    t.equal(bot.must("GET", "/channels/" + forum["id"])[
        "permission_overwrites"], den["permission_overwrites"],
        "and take what the category permits")
    t.equal(bot.code("PATCH", at, [{"id": "1"}]), (404, 10003), "not others")

    t.equal(bot.call("DELETE", "/channels/" + den["id"])[1]["id"], den["id"],
        "the category goes")
    t.equal(bot.event("CHANNEL_DELETE")["id"], den["id"], "its event")
    t.equal(bot.event("CHANNEL_UPDATE")["parent_id"], None, "what was in it")
    t.equal(bot.must("GET", path)["parent_id"], None, "stands alone")
    t.equal(bot.code("DELETE", "/channels/" + den["id"]), (404, 10003), "gone")
    lounge = bot.channel("Lounge")
    bot.must("DELETE", "/channels/" + lounge)
    t.equal(bot.event("VOICE_STATE_UPDATE")["channel_id"], None,
        "who is in a voice channel leaves it")
    dm = bot.must("POST", "/users/@me/channels", {"recipient_id":
        bot.guilds[0]["owner_id"]})
    t.equal(bot.must("DELETE", "/channels/" + dm["id"])["id"], dm["id"],
        "a DM is closed")
    t.equal(bot.code("PATCH", "/channels/" + dm["id"], {"name": "x"}),
        (403, 50003), "but not edited")


def hooks(t, bot, guild):
    general, news = bot.channel("general"), bot.channel("announcements")
    at = "/channels/%s/webhooks" % general
    hook = bot.must("POST", at, {"name": "Gauge"})
    t.equal((hook["type"], hook["name"], hook["user"]["id"],
        hook["application_id"]), (1, "Gauge", bot.user["id"],
        bot.application), "a webhook")
    t.equal(bot.event("WEBHOOKS_UPDATE"), {"guild_id": guild, "channel_id":
        general}, "and its event")
    t.equal(bot.code("POST", at, {"name": "discord gauge"}), (400, 50035),
        "a name Discord keeps")
    t.equal([h["id"] for h in bot.must("GET", "/guilds/%s/webhooks" % guild)],
        [hook["id"]], "the guild's")
    mine, open_ = "/webhooks/" + hook["id"], {"auth": False}
    t.equal(bot.must("PATCH", mine, {"name": "Level", "channel_id": news})[
        "channel_id"], news, "it is moved")
    t.equal(bot.must("PATCH", mine, {"channel_id": general})["name"], "Level",
        "and back")
    by_token = mine + "/" + hook["token"]
    t.ok("user" not in bot.must("GET", by_token, **open_), "by its token")
    t.equal(bot.must("PATCH", by_token, {"name": "Tide"}, **open_)["name"],
        "Tide", "edited by its token")
    m = bot.must("POST", by_token + "?wait=true", {"content": "high water",
        "username": "Buoy", "avatar_url": "https://example.org/a.png"},
        **open_)
    t.equal((m["author"]["username"], m["author"]["id"], m["webhook_id"]),
        ("Buoy", hook["id"], hook["id"]), "what it says")
    t.equal(bot.code("PATCH", "/channels/%s/messages/%s" % (general,
        m["id"]), {"content": "low"}), (403, 50005), "is not the bot's")
    one = "%s/messages/%s" % (by_token, m["id"])
    t.equal(bot.must("PATCH", one, {"content": "low water"}, **open_)[
        "content"], "low water", "but its own to edit")
    t.equal(bot.call("DELETE", one, **open_)[0], 204, "and delete")
    t.equal(bot.code("POST", by_token, {"content": "x", "thread_name": "y"},
        **open_), (400, 220003), "it begins threads in forums only")
    follow = bot.must("POST", "/channels/%s/followers" % news,
        {"webhook_channel_id": general})
    t.equal(follow["channel_id"], news, "a channel is followed")
    t.equal(bot.code("POST", "/channels/%s/followers" % general,
        {"webhook_channel_id": news}), (400, 50024), "no text channel is")
    m = bot.must("POST", "/channels/%s/messages" % news, {"content": "flood"})
    cross = "/channels/%s/messages/%s/crosspost" % (news, m["id"])
    t.equal(bot.must("POST", cross)["flags"] & 1, 1, "published")
    bot.event("MESSAGE_UPDATE", id=m["id"])
    copy = bot.event("MESSAGE_CREATE", channel_id=general, content="flood")
    t.equal((copy["channel_id"], copy["content"], copy["flags"] & 2,
        copy["webhook_id"], copy["message_reference"]["message_id"]),
        (general, "flood", 2, follow["webhook_id"], m["id"]),
        "and it comes to who follows")
    t.equal(bot.code("POST", cross), (400, 40033), "once")
    t.equal(bot.call("DELETE", by_token, **open_)[0], 204, "deleted")
    t.equal(bot.code("GET", mine), (404, 10015), "gone")


def begin_with(t, sim, change):
    """A simulator whose world is sim's, changed."""
    world = json.loads(sim.ctl("world"))
    change(world)
    path = os.path.join(sim.dir, "changed.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(world, f)
    return t.sim(shards=1, guilds=1, plain=True, world=path)


def refused(t, sim, bot, guild, role):
    """The same bot without a role that may all."""
    def change(world):
        world["changed"][0]["roles"][bot.role("bots")]["permissions"] = \
            str(VIEW | SEND)
        world["changed"][0]["roles"][guild]["permissions"] = str(VIEW | SEND)
    poor = Bot(begin_with(t, sim, change))
    general = bot.channel("general")
    rows = [
        ("POST", "/guilds/%s/roles" % guild, {}),
        ("PATCH", "/guilds/%s/roles" % guild, []),
        ("DELETE", "/guilds/%s/roles/%s" % (guild, role["id"]), None),
        ("POST", "/guilds/%s/channels" % guild, {"name": "x"}),
        ("PATCH", "/guilds/%s/channels" % guild, []),
        ("PATCH", "/channels/%s" % general, {"nsfw": True}),
        ("DELETE", "/channels/%s" % general, None),
        ("PUT", "/channels/%s/permissions/%s" % (general, guild),
            {"type": 0}),
        ("DELETE", "/channels/%s/permissions/%s" % (general, guild), None),
        ("GET", "/channels/%s/webhooks" % general, None),
        ("POST", "/channels/%s/webhooks" % general, {"name": "x"}),
        ("GET", "/guilds/%s/webhooks" % guild, None),
    ]
    for method, path, body in rows:
        t.equal(poor.code(method, path, body), (403, 50013),
            "%s %s is not permitted" % (method, path))


def gone_before_the_answer(t, sim, bot, guild):
    bot.must("PUT", "/applications/%s/commands" % bot.application, [{"name":
        "hello", "description": "Says hello"}])
    for kind in (4, 5):
        channel = bot.must("POST", "/guilds/%s/channels" % guild, {"name":
            "brief"})["id"]
        sim.ctl("use", "/hello", "--in", channel)
        asked = bot.event("INTERACTION_CREATE")
        bot.must("DELETE", "/channels/" + channel)
        t.equal(bot.code("POST", "/interactions/%s/%s/callback" % (asked["id"],
            asked["token"]), {"type": kind, "data": {"content": "x"}}),
            (404, 10003), "no answer, %d, in a channel that is gone" % kind)


def main(t):
    sim = t.sim(shards=1, guilds=1, plain=True, identify_interval="0s")
    bot = Bot(sim)
    guild = bot.guilds[0]["id"]
    role = roles(t, bot, guild)
    channels(t, bot, guild, role)
    hooks(t, bot, guild)
    again = Bot(sim).guilds[0]
    t.ok(role["id"] in [r["id"] for r in again["roles"]]
        and "tea-room" in [c["name"] for c in again["channels"]],
        "who comes later is told all of it")
    refused(t, sim, bot, guild, role)
    gone_before_the_answer(t, sim, bot, guild)


scenario(main)
