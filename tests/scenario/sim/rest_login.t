#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a bot calls when it starts: itself, its application, its guilds, voice
regions, the shop; each with its errors and its event."""
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from restbot import PNG, Bot

GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def itself(t, bot):
    bot.ok("GET /users/@me")
    bot.wrong("PATCH /users/@me", {"username": "x", "avatar": "no"},
        username="BASE_TYPE_MIN_LENGTH", avatar="IMAGE_INVALID")
    bot.wrong("PATCH /users/@me", {"username": "my discord bot"},
        username="USERNAME_INVALID_CONTAINS")
    me = bot.ok("PATCH /users/@me", {"username": "Gardener", "avatar": PNG,
        "banner": GIF})
    t.equal((me["username"], len(me["avatar"]), me["banner"][:2]),
        ("Gardener", 32, "a_"), "name, avatar, banner")
    t.equal(bot.events("USER_UPDATE"), me, "USER_UPDATE tells the same")
    t.equal(bot.ok("PATCH /users/@me", {"avatar": None})["avatar"], None,
        "no avatar any more")
    bot.events("USER_UPDATE")
    bot.ok("PATCH /users/@me", {"username": "Gardener2"})
    bot.events("USER_UPDATE")
    bot.wrong("PATCH /users/@me", {"username": "Gardener3"},
        username="USERNAME_RATE_LIMIT")
    t.equal(bot.ok("GET /users/%s" % bot.id)["username"], "Gardener2",
        "others see it")


def application(t, bot):
    app = bot.ok("GET /applications/@me")
    t.equal(app, bot.ok("GET /oauth2/applications/@me"), "the same by OAuth2")
    t.equal((app["id"], app["summary"], app["bot"]["id"],
        app["approximate_guild_count"], app["flags_new"]),
        (bot.ready["application"]["id"], "", bot.id, 4, str(app["flags"])),
        "what libraries read")
    bot.refused("GET /oauth2/@me", (401, 50025), why="a bot has no such token")
    bot.wrong("PATCH /applications/@me", {"description": "x" * 401, "tags": [
        "x" * 21], "install_params": {"scopes": ["bot"]}, "icon": "no",
        "custom_install_url": "ftp://example.org/"},
        description="BASE_TYPE_MAX_LENGTH", tags__0="BASE_TYPE_MAX_LENGTH",
        install_params__permissions="BASE_TYPE_REQUIRED", icon="IMAGE_INVALID",
        custom_install_url="URL_TYPE_INVALID_SCHEME")
    bot.wrong("PATCH /applications/@me", {"interactions_endpoint_url":
        "https://example.org/"}, interactions_endpoint_url=
        "APPLICATION_INTERACTIONS_ENDPOINT_VERIFICATION_FAILED")
    bot.ok("PATCH /applications/@me", {"description": "Waters plants",
        "tags": ["plants"], "install_params": {"scopes": ["bot"],
        "permissions": "8"}, "flags": 1 << 15, "icon": PNG})
    app = bot.ok("GET /applications/@me")
    t.equal((app["description"], app["tags"], app["install_params"],
        app["flags"], len(app["icon"])), ("Waters plants", ["plants"],
        {"scopes": ["bot"], "permissions": "8"}, 1 << 15, 32), "it is kept")
    return "/applications/" + app["id"]


def linked_roles(bot, app):
    one = {"type": 2, "key": "plants", "name": "Plants", "description":
        "How many it has"}
    bot.refused("GET /applications/123/role-connections/metadata",
        (404, 10002))
    bot.wrong("PUT %s/role-connections/metadata" % app, [{"type": 9, "key":
        "NO", "name": "x"}], **{"0__type": "NUMBER_TYPE_MAX", "0__key":
        "STRING_TYPE_REGEX", "0__description": "BASE_TYPE_REQUIRED"})
    bot.t.equal(bot.ok("PUT %s/role-connections/metadata" % app, [one]), [one],
        "metadata is put")
    bot.t.equal(bot.ok("GET %s/role-connections/metadata" % app), [one],
        "and got")


def shop(t, bot, app):
    sku = bot.ok("GET %s/skus" % app)[0]["id"]
    t.equal(bot.ok("GET /skus/%s/subscriptions" % sku), [], "no subscriptions")
    bot.refused("GET /skus/1/subscriptions", (404, 10027))
    bot.wrong("POST %s/entitlements" % app, {"sku_id": sku},
        owner_id="BASE_TYPE_REQUIRED", owner_type="BASE_TYPE_REQUIRED")
    bot.refused("POST %s/entitlements" % app, (404, 10027), {"sku_id": "5",
        "owner_id": bot.id, "owner_type": 2})
    e = bot.ok("POST %s/entitlements" % app, {"sku_id": sku, "owner_id":
        bot.id, "owner_type": 2})
    t.equal(bot.events("ENTITLEMENT_CREATE"), e, "ENTITLEMENT_CREATE")
    one = "%s/entitlements/%s" % (app, e["id"])
    t.equal(bot.ok("GET " + one), e, "one of them")
    t.equal(bot.ok("GET %s/entitlements?user_id=%s" % (app, bot.id)), [e],
        "those of a user")
    t.equal(bot.ok("GET %s/entitlements?user_id=1" % app), [],
        "another has none")
    bot.ok("POST %s/consume" % one, {}, 204)
    t.equal(bot.events("ENTITLEMENT_UPDATE")["consumed"], True, "consumed")
    bot.ok("DELETE " + one, status=204)
    t.equal(bot.events("ENTITLEMENT_DELETE")["id"], e["id"], "deleted")
    bot.refused("GET " + one, (404, 10029))


def guilds(t, bot):
    ids = sorted(bot.guilds, key=int)
    listed = bot.ok("GET /users/@me/guilds?with_counts=true")
    t.equal([g["id"] for g in listed], ids, "its guilds, ascending")
    t.equal((listed[0]["owner"], listed[0]["name"],
        listed[0]["approximate_member_count"]), (False,
        bot.guilds[ids[0]]["name"], 9), "what is told of one")
    t.ok(int(listed[0]["permissions"]) & 8, "with permissions")

    def page(query):
        return [g["id"] for g in bot.ok("GET /users/@me/guilds?" + query)]
    t.equal(page("limit=2"), ids[:2], "the first two")
    t.equal(page("limit=2&after=" + ids[0]), ids[1:3], "after one")
    t.equal(page("limit=2&before=" + ids[3]), ids[1:3], "before one")
    bot.wrong("GET /users/@me/guilds?limit=201", None, limit="NUMBER_TYPE_MAX")
    t.equal(bot.ok("GET /users/@me/guilds/%s/member" % ids[0])["user"]["id"],
        bot.id, "itself as a member")

    bot.ok("DELETE /users/@me/guilds/" + ids[1], status=204)
    t.equal(bot.events("GUILD_DELETE"), {"id": ids[1]},
        "GUILD_DELETE without `unavailable`")
    bot.refused("DELETE /users/@me/guilds/" + ids[1], (404, 10004), why="twice")
    bot.refused("GET /guilds/" + ids[1], (404, 10004), why="it is out")
    t.equal(page("limit=9"), [ids[0]] + ids[2:], "three are left")
    t.equal(bot.ok("GET /applications/@me")["approximate_guild_count"], 3,
        "and counted")
    return ids[0]


def main(t):
    sim = t.sim(shards=1, guilds=4, plain=True, identify_interval="1ms")
    bot = Bot(t, sim)
    itself(t, bot)
    app = application(t, bot)
    linked_roles(bot, app)
    shop(t, bot, app)
    guild = guilds(t, bot)
    regions = bot.ok("GET /voice/regions")
    t.ok("us-east" in [r["id"] for r in regions], "voice regions")
    t.equal(bot.ok("GET /guilds/%s/regions" % guild), regions,
        "the same in a guild")
    bot.refused("GET /guilds/1/regions", (404, 10004))
    again = Bot(t, sim, intents=1)
    t.equal((again.ready["user"]["username"], len(again.guilds)),
        ("Gardener2", 3), "a new session is told of all that")


scenario(main)
