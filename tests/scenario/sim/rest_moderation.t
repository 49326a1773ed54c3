#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Moderation by REST: members, roles, kicks, bans, pruning, the audit log, the
rules of auto moderation, voice; each with its events, its errors, and refused
when the bot may not."""
import datetime
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from restbot import PNG, Bot

AUDIT = "GUILD_AUDIT_LOG_ENTRY_CREATE"
UPDATE = "GUILD_MEMBER_UPDATE"


def soon(**after):
    return (datetime.datetime.now(datetime.timezone.utc)
        + datetime.timedelta(**after)).isoformat()


class Place:
    """Ids of the guild, by what they are."""
    def __init__(self, bot, guild):
        self.guild = "/guilds/" + guild["id"]
        self.owner = guild["owner_id"]
        self.role = {r["name"]: r["id"] for r in guild["roles"]}
        self.voice = [v["user_id"] for v in guild["voice_states"]]
        self.channel = {c["name"]: c["id"] for c in guild["channels"]}
        self.lounge = guild["voice_states"][0]["channel_id"]
        self.people = [m["user"]["id"] for m in bot.ok("GET %s/members?limit="
            "100" % self.guild) if m["user"]["id"] not in (bot.id, self.owner)]
        self.quiet = [p for p in self.people if p not in self.voice]

    def member(self, user):
        return "%s/members/%s" % (self.guild, user)


def members(t, bot, at):
    user = at.quiet[0]
    one = at.member(user)
    m = bot.ok("PATCH " + one, {"nick": "Rosé"}, reason="spring: 花")
    entry, event = bot.events(AUDIT, UPDATE)
    t.equal((m["nick"], m["user"]["id"]), ("Rosé", user), "renamed")
    t.equal({k: event[k] for k in m}, m, "the event has the whole member")
    t.equal((entry["action_type"], entry["target_id"], entry["user_id"],
        entry["reason"], entry["changes"]), (24, user, bot.id, "spring: 花",
        [{"key": "nick", "new_value": "Rosé"}]), "and the audit log its entry")
    bot.ok("PATCH " + one, {"nick": "Rosé"})
    bot.ok("PATCH " + one, {"nick": ""})
    t.equal(bot.events(AUDIT, UPDATE)[1]["nick"], None,
        "the same name is no change; an empty one is none")

    end = soon(hours=2)
    m = bot.ok("PATCH " + one, {"communication_disabled_until": end})
    t.equal(m["communication_disabled_until"][:19], end[:19], "timed out")
    bot.events(AUDIT, UPDATE)
    bot.wrong("PATCH " + one, {"communication_disabled_until": soon(days=29)},
        communication_disabled_until="INVALID_COMMUNICATION_DISABLED_TIMESTAMP")
    bot.wrong("PATCH " + one, {"communication_disabled_until": "later",
        "nick": "x" * 33, "roles": ["no"], "mute": 7},
        communication_disabled_until="DATE_TIME_TYPE_PARSE",
        nick="BASE_TYPE_MAX_LENGTH", roles__0="NUMBER_TYPE_COERCE",
        mute="BOOLEAN_TYPE_CONVERT")
    bot.ok("PATCH " + one, {"communication_disabled_until": None})
    t.equal(bot.events(AUDIT, UPDATE)[1]["communication_disabled_until"], None,
        "and no more")
    bot.refused("PATCH " + at.member(1), (404, 10013), {"nick": "x"})
    bot.refused("PATCH " + at.member(at.owner), (403, 50013), {"nick": "x"},
        "the owner is above all")
    bot.refused("PUT " + one, (501, 0), {"access_token": "x"})
    t.equal(bot.ok("PATCH %s/members/@me" % at.guild, {"nick": "Bee", "avatar":
        PNG, "bio": "hums"})["nick"], "Bee", "its own name")
    t.equal(len(bot.events(AUDIT, UPDATE)[1]["avatar"]), 32, "and picture")
    t.equal(bot.ok("PATCH %s/members/@me/nick" % at.guild, {"nick": None}),
        {"nick": None}, "the old way")
    bot.events(AUDIT, UPDATE)
    found = bot.ok("GET %s/members/search?query=%s&limit=5" % (at.guild,
        "".join("%%%02X" % ord(x) for x in m["user"]["username"][:4].upper())))
    t.ok(user in [f["user"]["id"] for f in found], "found by name")
    bot.wrong("GET %s/members/search?limit=0" % at.guild, None,
        limit="NUMBER_TYPE_MIN", query="BASE_TYPE_REQUIRED")


def roles(t, bot, at):
    user = at.quiet[1]
    one = at.member(user) + "/roles/"
    had = bot.ok("GET " + at.member(user))["roles"]
    new = at.role["moderators" if at.role["regulars"] in had else "regulars"]
    bot.ok("PUT " + one + new, {}, 204, "helps")
    entry, event = bot.events(AUDIT, UPDATE)
    t.equal(set(event["roles"]), set(had + [new]), "a role more")
    t.equal((entry["action_type"], entry["changes"][0]["key"],
        entry["changes"][0]["new_value"][0]["id"]), (25, "$add", new), "audited")
    bot.ok("PUT " + one + new, {}, 204)
    bot.ok("DELETE " + one + new, status=204)
    t.equal(bot.events(AUDIT, UPDATE)[1]["roles"], had, "twice is once; taken")
    bot.refused("PUT " + one + "1", (404, 10011), {})
    bot.refused("PUT " + one + at.role["@everyone"], (400, 50028), {})
    bot.refused("PUT " + one + at.role["bots"], (403, 50013), {},
        "its own highest")
    bot.refused("PATCH " + at.member(user), (403, 50013),
        {"roles": [at.role["bots"]]})
    t.equal(bot.ok("PATCH " + at.member(user), {"roles": []})["roles"], [],
        "none left")
    bot.events(AUDIT, UPDATE)
    return user


def voice(t, bot, at):
    user = at.voice[-1] if at.voice[-1] != at.owner else at.voice[0]
    state = "%s/voice-states/%s" % (at.guild, user)
    t.equal(bot.ok("GET " + state)["channel_id"], at.lounge, "in the lounge")
    bot.refused("GET %s/voice-states/@me" % at.guild, (404, 10065))
    bot.refused("PATCH %s/voice-states/@me" % at.guild, (404, 10065),
        {"suppress": False})
    bot.refused("PATCH " + state, (400, 50024), {"suppress": True},
        "no stage")
    bot.ok("PATCH " + at.member(user), {"mute": True})
    told = bot.events("VOICE_STATE_UPDATE", AUDIT, UPDATE)[0]
    t.equal((told["mute"], told["member"]["user"]["id"]), (True, user),
        "muted")
    bot.refused("PATCH " + at.member(at.quiet[0]), (400, 40032), {"mute": True})
    bot.refused("PATCH " + at.member(user), (404, 10003), {"channel_id": "1"})
    text = [i for n, i in at.channel.items() if i != at.lounge][1]
    bot.refused("PATCH " + at.member(user), (400, 50024), {"channel_id": text})
    bot.ok("PATCH " + at.member(user), {"channel_id": None})
    entry, told = bot.events(AUDIT, "VOICE_STATE_UPDATE")
    t.equal((entry["action_type"], told["channel_id"], told["user_id"]),
        (27, None, user), "disconnected")
    bot.refused("GET " + state, (404, 10065))


def kicks(t, bot, at):
    user = at.quiet[2]
    bot.ok("DELETE %s" % at.member(user), status=204, reason="rude")
    entry, gone = bot.events(AUDIT, "GUILD_MEMBER_REMOVE")
    t.equal((entry["action_type"], entry["reason"], gone["user"]["id"],
        gone["guild_id"]), (20, "rude", user, at.guild[8:]), "kicked")
    bot.refused("DELETE " + at.member(user), (404, 10007), why="gone")
    bot.refused("GET " + at.member(user), (404, 10007), why="gone")
    bot.refused("DELETE " + at.member(at.owner), (403, 50013))
    bot.refused("DELETE " + at.member(bot.id), (403, 50013), why="itself")


def spam(bot, sim, at):
    """All that one person said who may be banned."""
    by = {}

    def hear():
        m = bot.client.until(0, "MESSAGE_CREATE")["d"]
        by.setdefault(m["author"]["id"], []).append(m)
        return m
    sim.ctl("rate", 200)
    while not any(len(by.get(p, [])) >= 2 for p in at.quiet[3:]):
        hear()
    sim.ctl("rate", 0)
    sim.ctl("message", 0, "that was it")
    while hear()["content"] != "that was it":
        pass
    return max((by.get(p, []) for p in at.quiet[3:]), key=len)


def bans(t, bot, sim, at):
    said = spam(bot, sim, at)
    user = said[0]["author"]["id"]
    other, last = [p for p in at.quiet[3:] if p != user][:2]
    bans = at.guild + "/bans"
    bot.ok("PUT %s/%s" % (bans, user), {"delete_message_seconds": 3600}, 204,
        "spam")
    entry, ban, gone = bot.events(AUDIT, "GUILD_BAN_ADD",
        "GUILD_MEMBER_REMOVE")
    deleted = [bot.events("MESSAGE_DELETE_BULK")
        for _ in {m["channel_id"] for m in said}]
    t.equal(sorted(sum((d["ids"] for d in deleted), [])), sorted(m["id"]
        for m in said), "what was said is deleted")
    bot.refused("GET /channels/%s/messages/%s" % (said[0]["channel_id"],
        said[0]["id"]), (404, 10008))
    t.equal((entry["action_type"], ban["user"], ban["guild_id"]), (22,
        gone["user"], at.guild[8:]), "banned")
    bot.ok("PUT %s/%s" % (bans, user), {}, 204)
    one = bot.ok("GET %s/%s" % (bans, user))
    t.equal((one["reason"], one["user"]["id"]), ("spam", user), "with reason")
    bot.refused("GET %s/%s" % (bans, other), (404, 10026))
    bot.refused("DELETE %s/%s" % (bans, other), (404, 10026))
    bot.refused("PUT %s/1" % bans, (404, 10013), {})
    bot.refused("PUT %s/%s" % (bans, at.owner), (403, 50013), {})
    bot.wrong("PUT %s/%s" % (bans, other), {"delete_message_seconds": 604801},
        delete_message_seconds="NUMBER_TYPE_MAX")
    done = bot.ok("POST %s/bulk-ban" % at.guild, {"user_ids": [other, last,
        at.owner, user, "1"]})
    t.equal(done, {"banned_users": [other, last], "failed_users": [at.owner,
        user, "1"]}, "several at once")
    for _ in range(2):
        bot.events(AUDIT, "GUILD_BAN_ADD", "GUILD_MEMBER_REMOVE")
    bot.refused("POST %s/bulk-ban" % at.guild, (400, 500000), {"user_ids":
        [at.owner]})
    bot.wrong("POST %s/bulk-ban" % at.guild, {}, user_ids="BASE_TYPE_REQUIRED")
    ids = sorted([user, other, last], key=int)

    def page(query):
        return [b["user"]["id"] for b in bot.ok("GET %s?%s" % (bans, query))]
    t.equal(page(""), ids, "all of them")
    t.equal(page("limit=1&after=" + ids[0]), ids[1:2], "after one")
    t.equal(page("limit=1&before=" + ids[2]), ids[1:2], "before one")
    bot.ok("DELETE %s/%s" % (bans, user), status=204)
    entry, event = bot.events(AUDIT, "GUILD_BAN_REMOVE")
    t.equal((entry["action_type"], event["user"]["id"]), (23, user),
        "forgiven")
    return [user, other, last]


def prune(t, bot, at, bare):
    """bare has no role any more."""
    call = "%s/prune" % at.guild
    bot.wrong("GET %s?days=31" % call, None, days="NUMBER_TYPE_MAX")
    t.equal(bot.ok("GET %s?days=7" % call), {"pruned": 1}, "one is idle")
    t.equal(bot.ok("GET %s?days=7&include_roles=%s%%2C%s" % (call,
        at.role["regulars"], at.role["moderators"]))["pruned"] > 1, True,
        "more with their roles")
    t.equal(bot.ok("POST " + call, {"days": 7, "compute_prune_count": False}),
        {"pruned": None}, "not counted")
    entry, gone = bot.events(AUDIT, "GUILD_MEMBER_REMOVE")
    t.equal((entry["action_type"], entry["options"], gone["user"]["id"]), (21,
        {"delete_member_days": "7", "members_removed": "1"}, bare), "pruned")


def audit(t, bot, at):
    call = "%s/audit-logs" % at.guild
    log = bot.ok("GET " + call)
    entries = log["audit_log_entries"]
    ids = [int(e["id"]) for e in entries]
    t.equal(ids, sorted(ids, reverse=True), "newest first")
    users = {u["id"] for u in log["users"]}
    t.ok(bot.id in users and entries[-1]["target_id"] in users,
        "with the users they speak of")
    kicked = bot.ok("GET %s?action_type=20" % call)["audit_log_entries"]
    t.equal([e["action_type"] for e in kicked], [20], "of one kind")
    t.equal(bot.ok("GET %s?user_id=%s" % (call, at.owner))
        ["audit_log_entries"], [], "of somebody else")
    page = bot.ok("GET %s?limit=2&before=%d" % (call, ids[0]))
    t.equal([int(e["id"]) for e in page["audit_log_entries"]], ids[1:3],
        "before one")
    page = bot.ok("GET %s?limit=2&after=%d" % (call, ids[-1]))
    t.equal([int(e["id"]) for e in page["audit_log_entries"]],
        [ids[-2], ids[-3]], "after one, ascending")
    bot.wrong("GET %s?limit=101" % call, None, limit="NUMBER_TYPE_MAX")


def rules(t, bot, at):
    call = "%s/auto-moderation/rules" % at.guild
    form = {"name": "No spam", "event_type": 1, "trigger_type": 1,
        "trigger_metadata": {"keyword_filter": ["*plum*"], "presets": None},
        "actions": [{"type": 1}, {"type": 2, "metadata": {"channel_id":
        at.channel["general"]}}], "exempt_roles": [at.role["moderators"]]}
    rule = bot.ok("POST " + call, form, reason="plums")
    entry, event = bot.events(AUDIT, "AUTO_MODERATION_RULE_CREATE")
    t.equal(event, rule, "a rule")
    t.equal((entry["action_type"], rule["enabled"], rule["creator_id"],
        rule["trigger_metadata"], rule["actions"][0], rule["exempt_channels"]),
        (140, False, bot.id, {"keyword_filter": ["*plum*"]}, {"type": 1,
        "metadata": {}}, []), "with what was left out")
    one = "%s/%s" % (call, rule["id"])
    t.equal(bot.ok("GET " + one), rule, "one")
    t.equal(bot.ok("GET " + call), [rule], "all")
    t.equal(bot.ok("PATCH " + one, {"enabled": True})["enabled"], True, "edit")
    entry, event = bot.events(AUDIT, "AUTO_MODERATION_RULE_UPDATE")
    t.equal(entry["changes"], [{"key": "enabled", "old_value": False,
        "new_value": True}], "what changed")
    t.equal(bot.ok("GET %s/audit-logs?action_type=141" % at.guild)
        ["auto_moderation_rules"], [event], "the log shows the rule")
    bot.wrong("POST " + call, {"trigger_type": 2, "actions": [{"type": 9}],
        "trigger_metadata": {"keyword_filter": ["x" * 61]}},
        name="BASE_TYPE_REQUIRED", event_type="BASE_TYPE_REQUIRED",
        trigger_type="BASE_TYPE_CHOICES", actions__0__type="NUMBER_TYPE_MAX",
        trigger_metadata__keyword_filter__0="BASE_TYPE_MAX_LENGTH")
    spam = {"name": "Spam", "event_type": 1, "trigger_type": 3, "actions": [{
        "type": 1}]}
    bot.ok("POST " + call, spam)
    bot.events(AUDIT, "AUTO_MODERATION_RULE_CREATE")
    bot.wrong("POST " + call, spam, **{"":
        "AUTO_MODERATION_MAX_RULES_OF_TYPE_EXCEEDED"})
    bot.ok("DELETE " + one, status=204)
    t.equal(bot.events(AUDIT, "AUTO_MODERATION_RULE_DELETE")[1]["id"],
        rule["id"], "deleted")
    bot.refused("GET " + one, (404, 10066))


def own_intents(t, bot, sim, at):
    """Without the intent, a bot hears of itself alone."""
    deaf = Bot(t, sim, intents=1)
    bot.ok("PATCH " + at.member(at.voice[-1]), {"nick": "Fern"})
    bot.ok("PATCH %s/members/@me" % at.guild, {"nick": "Bee"})
    bot.events(AUDIT, UPDATE, AUDIT, UPDATE)
    t.equal(deaf.events(UPDATE)["user"]["id"], bot.id, "its own update alone")
    deaf.client.drop()


def told_later(t, sim, at, gone):
    guild = Bot(t, sim).guilds[at.guild[8:]]
    t.equal(guild["member_count"], 13 - len(gone), "GUILD_CREATE counts who is "
        "left")
    t.equal(len(guild["voice_states"]), 1, "and who is in a channel")


def main(t):
    sim = t.sim(shards=1, guilds=1, members=12, plain=True,
        mix="MESSAGE_CREATE=1", ping_every=0, identify_interval="1ms")
    bot = Bot(t, sim)
    at = Place(bot, list(bot.guilds.values())[0])
    members(t, bot, at)
    bare = roles(t, bot, at)
    voice(t, bot, at)
    kicks(t, bot, at)
    prune(t, bot, at, bare)
    gone = bans(t, bot, sim, at)
    audit(t, bot, at)
    rules(t, bot, at)
    own_intents(t, bot, sim, at)
    told_later(t, sim, at, gone + [at.quiet[2], bare])


scenario(main)
