#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Messages and what is put on them: reactions, polls, pins,
forwards; and what is not permitted."""
import json
import os
import sys

sys.path.append(sys.path[0] + "/../lib")
from bot import Bot
from herd import scenario

FIRE = "\U0001f525"


def reactions(t, bot, general):
    path = "/channels/%s/messages" % general
    m = bot.must("POST", path, {"content": "vote with your feet", "nonce": 5})
    t.equal(m["nonce"], 5, "a nonce comes back as it was sent")
    at = "%s/%s/reactions" % (path, m["id"])
    t.equal(bot.call("PUT", "%s/%s/@me" % (at, FIRE))[0], 204, "a reaction")
    d = bot.event("MESSAGE_REACTION_ADD")
    t.equal((d["user_id"], d["emoji"]["name"], d["burst"], d["type"],
        d["message_author_id"]), (bot.user["id"], FIRE, False, 0,
        bot.user["id"]), "and its event")
    t.equal(bot.call("PUT", "%s/a:wave:1234567890123/@me" % at)[0], 204,
        "an emoji of a guild")
    t.equal(bot.event("MESSAGE_REACTION_ADD")["emoji"], {"id":
        "1234567890123", "name": "wave", "animated": True}, "its event")
    t.equal(bot.must("GET", path + "/" + m["id"])["reactions"][0],
        {"emoji": {"id": None, "name": FIRE}, "count": 1, "count_details":
        {"burst": 0, "normal": 1}, "me": True, "me_burst": False,
        "burst_colors": []}, "the message shows it")
    t.equal([u["id"] for u in bot.must("GET", "%s/%s" % (at, FIRE))],
        [bot.user["id"]], "who reacted")
    t.equal(bot.must("GET", "%s/%s?after=%s" % (at, FIRE, bot.user["id"])),
        [], "and nobody after")
    t.equal(bot.must("GET", "%s/%s?type=1" % (at, FIRE)), [], "nor a burst")
    t.equal(bot.code("GET", "%s/%s?limit=101" % (at, FIRE)), (400, 50035),
        "not so many")
    t.equal(bot.code("PUT", at + "/nope/@me"), (400, 10014), "no emoji")
    t.equal(bot.call("DELETE", "%s/%s/@me" % (at, FIRE))[0], 204, "taken back")
    t.equal(bot.event("MESSAGE_REACTION_REMOVE")["emoji"]["name"], FIRE,
        "its event")
    t.equal(bot.call("DELETE", at + "/wave:1234567890123")[0], 204, "an emoji")
    bot.event("MESSAGE_REACTION_REMOVE_EMOJI")
    t.equal(bot.call("DELETE", at)[0], 204, "all of them")
    bot.event("MESSAGE_REACTION_REMOVE_ALL")
    t.ok("reactions" not in bot.must("GET", path + "/" + m["id"]),
        "none is left")


def polls(t, bot, general):
    path = "/channels/%s/messages" % general
    form = {"question": {"text": "Soup?"}, "answers": [{"poll_media":
        {"text": "yes"}}, {"poll_media": {"text": "no"}}], "duration": 2}
    m = bot.must("POST", path, {"poll": form})
    t.equal([a["answer_id"] for a in m["poll"]["answers"]], [1, 2], "a poll")
    t.equal(bot.event("MESSAGE_CREATE")["poll"]["results"], {"is_finalized":
        False, "answer_counts": []}, "and its event")
    for hours, code in (1.0, 200), (1.5, 400), (1e300, 400):
        t.equal(bot.call("POST", path, {"poll": dict(form, duration=hours)})[
            0], code, "%g hours" % hours)
    bot.event("MESSAGE_CREATE")
    t.equal(bot.code("POST", path, {"poll": {"question": {"text": ""},
        "answers": []}}), (400, 50035), "one without question and answers")
    at = "/channels/%s/polls/%s" % (general, m["id"])
    t.equal(bot.must("GET", at + "/answers/1"), {"users": []}, "no votes yet")
    t.equal(bot.code("GET", at + "/answers/3"), (400, 50035), "no answer 3")
    ended = bot.must("POST", at + "/expire")
    t.equal(ended["poll"]["results"]["is_finalized"], True, "it ends")
    t.equal(bot.event("MESSAGE_UPDATE")["id"], m["id"], "the poll's update")
    result = bot.event("MESSAGE_CREATE")
    t.equal((result["type"], result["message_reference"]["message_id"],
        result["embeds"][0]["type"]), (46, m["id"], "poll_result"),
        "and its result")
    t.equal(bot.code("POST", at + "/expire"), (400, 520001), "not twice")
    plain = bot.must("POST", path, {"content": "no poll"})
    t.equal(bot.code("POST", "/channels/%s/polls/%s/expire" % (general,
        plain["id"])), (400, 520006), "nor what is no poll")


def pins(t, bot, general):
    path = "/channels/%s" % general
    ids = [bot.must("POST", path + "/messages", {"content": "pin %d" % n})[
        "id"] for n in range(2)]
    t.equal(bot.call("PUT", "%s/pins/%s" % (path, ids[0]))[0], 204, "pinned")
    t.equal(bot.event("MESSAGE_UPDATE")["pinned"], True, "the message says so")
    t.ok(bot.event("CHANNEL_PINS_UPDATE")["last_pin_timestamp"], "when")
    entry = bot.event("GUILD_AUDIT_LOG_ENTRY_CREATE")
    t.equal((entry["action_type"], entry["options"]["message_id"]),
        (74, ids[0]), "the audit log")
    told = bot.event("MESSAGE_CREATE")
    t.equal((told["type"], told["message_reference"]["message_id"]),
        (6, ids[0]), "and the channel")
    t.equal(bot.call("PUT", "%s/messages/pins/%s" % (path, ids[1]))[0], 204,
        "the newer route")
    t.equal([m["id"] for m in bot.must("GET", path + "/pins")], ids[::-1],
        "the list, newest first")
    page = bot.must("GET", path + "/messages/pins?limit=1")
    t.equal((page["items"][0]["message"]["id"], page["has_more"]),
        (ids[1], True), "the newer list")
    t.equal(bot.code("PUT", "%s/pins/%s" % (path, told["id"])), (403, 50021),
        "what Discord says is not pinned")
    t.equal(bot.call("DELETE", "%s/pins/%s" % (path, ids[0]))[0], 204, "off")
    t.equal(bot.call("DELETE", "%s/messages/pins/%s" % (path, ids[1]))[0],
        204, "and off")
    t.equal(bot.must("GET", path + "/messages/pins"), {"items": [],
        "has_more": False}, "none is left")


def forwards(t, bot, general, bots):
    m = bot.must("POST", "/channels/%s/messages" % general, {"content":
        "the upper path is dry"})
    path = "/channels/%s/messages" % bots
    ref = {"type": 1, "channel_id": general, "message_id": m["id"]}
    sent = bot.must("POST", path, {"message_reference": ref})
    t.equal((sent["content"], sent["message_snapshots"][0]["message"][
        "content"], sent["message_reference"]["channel_id"],
        sent["flags"] & 16384), ("", "the upper path is dry", general, 16384),
        "a forward")
    t.equal(bot.code("POST", path, {"message_reference": dict(ref,
        message_id="1")}), (400, 50035), "of no message")
    reply = bot.must("POST", path, {"content": "<@%s>" % bot.user["id"],
        "message_reference": {"message_id": sent["id"]}})
    t.equal((reply["type"], [u["id"] for u in reply["mentions"]],
        reply["mention_everyone"]), (19, [bot.user["id"]], False),
        "an answer mentions whom it answers, once")
    loud = {"content": "@everyone <@&%s>" % bot.role("regulars")}
    t.equal((bot.must("POST", path, loud)["mention_everyone"], bot.must("POST",
        path, dict(loud, allowed_mentions={"parse": []}))[
        "mention_everyone"]), (True, False), "everyone, unless it says not")
    return m


def refused(t, sim, bot, general, m):
    """The same bot with a role that may only look, then not even that."""
    path = "/channels/%s/messages" % general
    own = bot.must("POST", path, {"content": "mine"})
    bot.must("PATCH", "/channels/" + general, {"nsfw": False, "topic": "x"})
    said = sim.ctl("message", 0, "a person's", "--channel", general).strip()
    world = json.loads(sim.ctl("world"))

    def begin(permissions):
        for role in (bot.role("bots"), bot.guilds[0]["id"]):
            world["changed"][0]["roles"][role]["permissions"] = \
                str(permissions)
        name = os.path.join(sim.dir, "world-%d.json" % permissions)
        with open(name, "w", encoding="utf-8") as f:
            json.dump(world, f)
        return Bot(t.sim(shards=1, guilds=1, plain=True, world=name))
    view, send, read, react = 1 << 10, 1 << 11, 1 << 16, 1 << 6
    looks = begin(view | read)
    for method, at, body in (
            ("POST", path, {"content": "x"}),
            ("PUT", "%s/%s/reactions/%s/@me" % (path, m["id"], FIRE), None),
            ("DELETE", "%s/%s/reactions" % (path, m["id"]), None),
            ("DELETE", "%s/%s" % (path, said), None),
            ("POST", path + "/bulk-delete", {"messages": [m["id"], said]}),
            ("PUT", "/channels/%s/pins/%s" % (general, m["id"]), None),
            ("POST", "%s/%s/threads" % (path, m["id"]), {"name": "x"}),
            ("POST", "/channels/%s/threads" % general, {"name": "x"}),
            ("POST", "/channels/%s/typing" % general, None)):
        t.equal(looks.code(method, at, body), (403, 50013),
            "%s %s is not permitted" % (method, at))
    t.equal(looks.call("DELETE", "%s/%s" % (path, own["id"]))[0], 204,
        "its own it deletes")
    writes = begin(view | send | react)
    t.equal(writes.must("GET", path), [], "without the history there is none")
    t.equal(writes.code("GET", "%s/%s" % (path, m["id"])), (403, 50013),
        "nor a message")
    t.equal(writes.code("POST", path, {"content": "x", "message_reference":
        {"message_id": m["id"]}}), (403, 160002), "nor can one be answered")
    t.equal(writes.code("POST", path, {"embeds": [{"title": "x"}]}),
        (403, 50013), "embeds are not permitted")
    t.equal(writes.must("POST", path, {"content": "@everyone"})[
        "mention_everyone"], False, "everyone is not mentioned")
    t.equal(begin(0).code("GET", path), (403, 50001), "what is not seen")


def main(t):
    sim = t.sim(shards=1, guilds=1, plain=True)
    bot = Bot(sim)
    general = bot.channel("general")
    reactions(t, bot, general)
    polls(t, bot, general)
    pins(t, bot, general)
    m = forwards(t, bot, general, bot.channel("bots"))
    refused(t, sim, bot, general, m)


scenario(main)
