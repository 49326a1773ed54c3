#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""How the bot is doing and who may do what, from inside Discord.  See man 7
shardherd-plugin, BUNDLED PLUGINS."""
import time

import shardherd

bot = shardherd.Plugin()
TEXT_MAX = 1900  # Discord takes 2000 characters
STAFF = 100      # the rank that sees the machinery, unless configured
PAGE = dict(type=4, name="page", description="Which page", min_value=1)
WHO = dict(type=9, name="who", description="A user or role, as a mention")
RANK = dict(type=4, name="rank", description="-1, who may nothing, to 999",
    min_value=-1, max_value=999, required=True)


def command(name, help, **more):
    """One whose errors become a sentence."""
    def add(fn):
        def polite(cmd):
            try:
                fn(cmd)
            except shardherd.Error as e:
                bot.answer(cmd, "Sorry, that did not work: %s." % str(e)
                    .replace("the actor's", "your"), ephemeral=True)
        return bot.command(name, help, **more)(polite)
    return add


def span(seconds):
    """As in 1 d 0 h."""
    for unit, size, less, part in (("d", 86400, "h", 3600),
            ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if seconds is not None and seconds >= size:
            return "%d %s %d %s" % (seconds // size, unit,
                seconds % size // part, less)
    return "-" if seconds is None else "%d s" % seconds


def ms(value):
    return "-" if value is None else "%d ms" % value


def table(*rows):
    """Lines with aligned columns."""
    wide = [max(len(str(cell)) for cell in column) for column in zip(*rows)]
    return ["  ".join(str(cell).ljust(n) for cell, n in zip(row, wide)).rstrip()
        for row in rows]


def show(cmd, title, lines, head=(), fence="```\n"):
    """The page of the lines that is asked for; head stands above each."""
    pages, room = [[]], TEXT_MAX - len(title) - sum(len(h) + 1 for h in head)
    for line in lines:
        if pages[-1] and sum(len(s) + 1 for s in pages[-1] + [line]) > room:
            pages.append([])
        pages[-1].append(line)
    page = min(cmd.options.get("page", 1), len(pages))
    text = title + "\n" + fence + "\n".join([*head, *pages[page - 1]]) + "\n"
    text += fence.rstrip()
    if len(pages) > 1:
        text += "\nPage %d of %d" % (page, len(pages))
    bot.answer(cmd, text, ephemeral=True)


@command("ping", help="How long the bot takes to answer")
def ping(cmd):
    waited = time.time() * 1000 - cmd.event["received_ms"]
    begin, number = time.monotonic(), cmd.event["shard"]
    said = bot.answer(cmd, "Pong ...")
    rest = (time.monotonic() - begin) * 1000
    shard = bot.call("cluster.shards", first=number, limit=1)["shards"][0]
    text = "Pong: gateway %s (shard %d), REST %s, shard to plugin %s." % (
        ms(shard["heartbeat_rtt_ms"]), number, ms(rest), ms(max(waited, 0)))
    if cmd.road == "slash":
        bot.call("interaction.edit_original", content=text, **cmd.more["params"])
    else:
        bot.call("edit", channel_id=cmd.channel_id, message_id=said["id"],
            content=text)


@command("shards", help="The shards, those that are not ready first",
    rank=STAFF, options=[PAGE])
def shards(cmd):
    cluster, rows, first = bot.call("cluster")["shards"], [], 0
    while first is not None:
        part = bot.call("cluster.shards", first=first, limit=1000)
        rows, first = rows + part["shards"], part["next"]
    rows.sort(key=lambda s: s["state"] == "ready")
    head, *lines = table(["shard", "state", "since", "heartbeat", "ack",
        "guilds", "events"], *([s["id"], s["state"], span(s["since_s"]),
        ms(s["heartbeat_rtt_ms"]), span(s["ack_age_s"]), s["guilds"],
        s["events"]] for s in rows))
    show(cmd, "%d of %d shards here are ready, with %d guilds. A heartbeat "
        "takes %s, at most %s." % (cluster["ready"], cluster["here"],
        cluster["guilds"], ms(cluster["rtt_mean_ms"]),
        ms(cluster["rtt_worst_ms"])), lines, [head])


@command("plugins", help="The plugins and what waits for them", rank=STAFF,
    options=[PAGE])
def plugins(cmd):
    rows = bot.call("cluster.plugins")["plugins"]
    head, *lines = table(["plugin", "state", "since", "events", "waiting",
        "restarts", "dead", "dropped"], *([p["name"], p["state"],
        span(p["since_s"]), p["events"], p["waiting"] + p["outstanding"],
        p["restarts"], p["dead_letters"], p["dropped"]] for p in rows))
    show(cmd, "%d of %d plugins are up." % (sum(p["state"] == "up"
        for p in rows), len(rows)), lines, [head])


@command("budget", help="The day's IDENTIFYs: what is left, what was spent",
    rank=STAFF)
def budget(cmd):
    b = bot.call("cluster")["budget"]
    if b["remaining"] is None:
        text = "It is not known yet how many IDENTIFYs are left."
    else:
        text = "%d of %d IDENTIFYs are left, %d of them in reserve." % (
            b["remaining"], b["total"], b["reserve"])
    if b["reset_after_s"] is not None:
        text += " They are reset in %s." % span(b["reset_after_s"])
    text += "\nIn 24 h %d were sent by this fleet and %d by something else" \
        " with its token." % (b["identifies_24h"], b["foreign_24h"])
    if b["forecast_exhausted_in_s"] is not None:
        text += "\n**At this rate none is left in %s.**" % span(
            b["forecast_exhausted_in_s"])
    bot.answer(cmd, text, ephemeral=True)


@command("version", help="What this bot runs on")
@command("about", help="What this bot runs on, and since when")
def about(cmd):
    c = bot.call("cluster")
    bot.answer(cmd, "**%s** runs on shardherd %s (handler %s, plugin API %d), "
        "for %s: %d of %d shards, %d guilds, %d of %d plugins." % (c["name"],
        c["version"], c["handler_version"], c["api"], span(c["uptime_s"]),
        c["shards"]["ready"], c["shards"]["here"], c["shards"]["guilds"],
        c["handler"]["plugins_up"], c["handler"]["plugins"]))


def roles_of(cmd, user):
    """Those of a member; none outside of a guild or of who has left it."""
    d = cmd.event["event"]["d"]
    member = d.get("member") if user == cmd.user["id"] else (
        (d.get("data") or {}).get("resolved") or {}).get("members", {}).get(user)
    try:
        if member is None and cmd.guild_id:
            member = bot.rest("GET", "/guilds/%s/members/%s" % (cmd.guild_id,
                user))
    except shardherd.Error as e:
        if (e.data or {}).get("status") != 404:
            raise
    return (member or {}).get("roles", [])


def rank_list(cmd):
    ranks = sorted(bot.call("rank.list")["ranks"], key=lambda r: -r["rank"])
    show(cmd, "Ranks; all others have 0, the owners of the configuration 999:",
        ["`%4d` <@%s%s>" % (r["rank"], "&" if r["kind"] == "role" else "",
        r["id"]) for r in ranks] or ["none"], fence="")


@command("rank", help="Shows, gives and takes away ranks", rank=STAFF,
    usage="show|set|unset|list [who] [rank]", options=[
    dict(type=1, name=name, description=text, options=options)
    for name, text, options in (
        ("show", "The rank of a user or role", [WHO]),
        ("set", "Gives a user or role a rank", [dict(WHO, required=True), RANK]),
        ("unset", "Takes a rank away", [dict(WHO, required=True)]),
        ("list", "All ranks that were given", [PAGE]))])
def rank(cmd):
    if cmd.sub == "list":
        return rank_list(cmd)
    who = cmd.options.get("who", cmd.user["id"])
    data = cmd.event["event"]["d"].get("data") or {}
    role = (who in (data.get("resolved") or {}).get("roles", {})
        or "<@&%s>" % who in cmd.args)
    kind, name = ("role", "<@&%s>") if role else ("user", "<@%s>")
    roles = [] if role else roles_of(cmd, who)
    if cmd.sub != "show":
        more = {"rank": cmd.options["rank"]} if cmd.sub == "set" else {}
        bot.call("rank." + cmd.sub, kind=kind, id=who, roles=roles,
            actor_id=cmd.user["id"], actor_roles=roles_of(cmd, cmd.user["id"]),
            **more)
    if role:
        given = {r["id"]: "rank %d" % r["rank"]
            for r in bot.call("rank.list")["ranks"] if r["kind"] == "role"}
        text = "gives " + given.get(who, "no rank")
    else:
        text = "has rank %d" % bot.call("rank", user_id=who, roles=roles)["rank"]
    bot.answer(cmd, "%s %s." % (name % who, text), ephemeral=True)


bot.run()
