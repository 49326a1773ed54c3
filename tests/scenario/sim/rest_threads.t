#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Threads by REST: at a message, alone, in a forum; who is in them; archived,
opened, locked, deleted."""
import sys
from urllib.parse import quote

sys.path.append(sys.path[0] + "/../lib")
from bot import Bot
from herd import scenario


def at_a_message(t, bot, guild, general):
    path = "/channels/%s/messages" % general
    m = bot.must("POST", path, {"content": "who brings a ladder?"})
    thread = bot.must("POST", "%s/%s/threads" % (path, m["id"]), {"name":
        "Ladders", "auto_archive_duration": 60})
    t.equal((thread["id"], thread["type"], thread["parent_id"],
        thread["owner_id"], thread["thread_metadata"][
        "auto_archive_duration"]), (m["id"], 11, general, bot.user["id"], 60),
        "a thread has the id of its message")
    d = bot.event("THREAD_CREATE")
    t.equal((d["newly_created"], d["member"]["user_id"], d["guild_id"]),
        (True, bot.user["id"], guild), "its event")
    d = bot.event("THREAD_MEMBERS_UPDATE")
    t.equal((d["member_count"], d["added_members"][0]["user_id"]),
        (1, bot.user["id"]), "who began it is in it")
    d = bot.event("MESSAGE_UPDATE")
    t.equal((d["flags"] & 32, d["thread"]["id"]), (32, m["id"]),
        "the message says so")
    d = bot.event("MESSAGE_CREATE")
    t.equal((d["type"], d["channel_id"]), (21, m["id"]), "it begins with it")
    t.equal(bot.must("GET", "%s/%s" % (path, m["id"]))["thread"]["name"],
        "Ladders", "REST too")
    t.equal(bot.code("POST", "%s/%s/threads" % (path, m["id"]), {"name":
        "again"}), (400, 160004), "not twice")
    t.equal(bot.code("POST", "%s/%s/threads" % (path, m["id"]), {"name": "",
        "auto_archive_duration": 7}), (400, 50035), "a form that is none")
    return thread


def members(t, bot, guild, thread):
    at = "/channels/%s/thread-members" % thread["id"]
    person = bot.guilds[0]["owner_id"]
    t.equal(bot.call("PUT", "%s/%s" % (at, person))[0], 204, "one is added")
    d = bot.event("THREAD_MEMBERS_UPDATE")
    t.equal((d["added_members"][0]["member"]["user"]["id"],
        d["member_count"]), (person, 2), "its event")
    t.equal({m["user_id"] for m in bot.must("GET", at)}, {person,
        bot.user["id"]}, "who is in it")
    t.equal(bot.must("GET", "%s/%s?with_member=true" % (at, person))["member"][
        "user"]["id"], person, "one of them")
    t.equal(bot.call("DELETE", "%s/%s" % (at, person))[0], 204, "is put out")
    t.equal(bot.event("THREAD_MEMBERS_UPDATE")["removed_member_ids"], [person],
        "its event")
    t.equal(bot.code("GET", "%s/%s" % (at, person)), (404, 10007), "is none")
    t.equal(bot.call("DELETE", at + "/@me")[0], 204, "the bot leaves")
    t.equal(bot.call("PUT", at + "/@me")[0], 204, "and comes back")
    t.equal([x["id"] for x in bot.must("GET", "/guilds/%s/threads/active" %
        guild)["threads"]], [thread["id"]], "the guild's active ones")


def archive(t, bot, general, thread):
    at = "/channels/" + thread["id"]
    m = bot.must("POST", at + "/messages", {"content": "two"})
    t.equal(bot.must("GET", at)["message_count"], 1, "messages are counted")
    t.equal(bot.must("PATCH", at, {"archived": True})["thread_metadata"][
        "archived"], True, "archived")
    t.equal(bot.event("THREAD_UPDATE")["thread_metadata"]["archived"], True,
        "its event")
    t.equal(bot.code("PATCH", at, {"name": "x"}), (400, 50083), "is not edited")
    t.equal(bot.code("PUT", "%s/messages/%s/reactions/%s/@me" % (at, m["id"],
        "\U0001f525")), (400, 50083), "nor reacted to")
    listed = bot.must("GET", "/channels/%s/threads/archived/public" % general)
    t.equal(([x["id"] for x in listed["threads"]], listed["has_more"]),
        ([thread["id"]], False), "it is listed")
    when = listed["threads"][0]["thread_metadata"]["archive_timestamp"]
    for last, found in (("9", [thread["id"]]), ("0", [])):
        t.equal([x["id"] for x in bot.must("GET", "/channels/%s/threads/"
            "archived/public?before=%s" % (general, quote(when[:19] + "." +
            last * 6 + when[26:], safe="")))["threads"]], found,
            "by a time that is coded as libraries do: %s" % last)
    bot.must("POST", at + "/messages", {"content": "three"})
    t.equal(bot.event("THREAD_UPDATE")["thread_metadata"]["archived"], False,
        "a message opens it")
    t.equal(bot.must("PATCH", at, {"locked": True, "name": "Rungs"})["name"],
        "Rungs", "locked and named")
    t.equal(bot.must("DELETE", at)["id"], thread["id"], "deleted")
    t.equal(bot.event("THREAD_DELETE"), {"id": thread["id"], "guild_id":
        thread["guild_id"], "parent_id": general, "type": 11}, "its event")
    t.equal(bot.code("GET", at), (404, 10003), "gone")


def alone(t, bot, general):
    path = "/channels/%s/threads" % general
    thread = bot.must("POST", path, {"name": "Ropes", "type": 11})
    bot.event("MESSAGE_CREATE", type=18)
    t.equal(thread["type"], 11, "a public one, which the channel is told of")
    quiet = bot.must("POST", path, {"name": "Knots", "invitable": False})
    t.equal((quiet["type"], quiet["thread_metadata"]["invitable"]), (12,
        False), "a private one")
    bot.must("PATCH", "/channels/" + quiet["id"], {"archived": True})
    for where in ("threads", "users/@me/threads"):
        t.equal([x["id"] for x in bot.must("GET",
            "/channels/%s/%s/archived/private" % (general, where))["threads"]],
            [quiet["id"]], "archived, by %s" % where)
    t.equal(bot.code("POST", path, {"name": "x", "type": 10}), (400, 50024),
        "a text channel has no announcement threads")


def forum(t, bot, guild):
    ideas = bot.must("POST", "/guilds/%s/channels" % guild, {"name": "ideas",
        "type": 15, "available_tags": [{"name": "good"}], "flags": 16})
    tag = ideas["available_tags"][0]["id"]
    path = "/channels/%s/threads" % ideas["id"]
    post = bot.must("POST", path, {"name": "A pond", "applied_tags": [tag],
        "message": {"content": "with frogs"}})
    t.equal((post["id"], post["applied_tags"], post["message"]["content"]),
        (post["message"]["id"], [tag], "with frogs"), "a post of a forum")
    t.equal(bot.event("MESSAGE_CREATE")["channel_id"], post["id"], "is said")
    t.equal(bot.code("POST", path, {"name": "x", "message": {"content": "y"}}),
        (400, 40067), "a tag is asked for")
    t.equal(bot.code("POST", path, {"name": "x", "applied_tags": ["1"]}),
        (400, 50035), "one of the forum, and a message")
    t.equal(bot.code("POST", "/channels/%s/messages" % ideas["id"],
        {"content": "z"}), (400, 50008), "nothing is said in the forum itself")
    return post


def main(t):
    sim = t.sim(shards=1, guilds=1, plain=True, identify_interval="0s")
    bot = Bot(sim)
    guild, general = bot.guilds[0]["id"], bot.channel("general")
    thread = at_a_message(t, bot, guild, general)
    members(t, bot, guild, thread)
    archive(t, bot, general, thread)
    alone(t, bot, general)
    post = forum(t, bot, guild)
    told = {x["name"]: x for x in Bot(sim).guilds[0]["threads"]}
    t.equal(sorted(told), ["A pond", "Ropes"], "who comes later hears of those "
        "that are open")
    t.equal(told["A pond"]["member"]["user_id"], bot.user["id"],
        "and that the bot is in it")
    t.equal(told["A pond"]["id"], post["id"], "it is that one")


scenario(main)
