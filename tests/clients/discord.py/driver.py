# SPDX-License-Identifier: MIT
"""discord.py, driven line by line; see lines.py of lib.  The same for its
newest release and for 2.2, which Debian has."""
import asyncio
import datetime
import io
import logging
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from lines import TOKEN, complain, saw, serve

Route.BASE = os.environ["SIM_API"]
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["SIM_GATEWAY"])


class Loud(logging.Handler):
    """What the library logs as an error is one, but for its word that it
    reconnects."""

    def emit(self, record):
        if "Attempting a reconnect" not in record.getMessage():
            complain(self.format(record))


class Bot(discord.Client):
    def __init__(self):
        super().__init__(intents=discord.Intents.all())
        self.interactions, self.typing = {}, {}
        self.tree = discord.app_commands.CommandTree(self)

    async def on_error(self, event, *args, **kwargs):
        complain()

    async def on_ready(self):
        saw("ready", user=str(self.user.id), name=self.user.name)

    async def on_resumed(self):
        saw("resumed")

    async def on_message(self, m):
        saw("message", id=str(m.id), channel=str(m.channel.id),
            guild=str(m.guild.id) if m.guild else None, text=m.content,
            author=str(m.author.id), name=m.author.name,
            reference=str(m.reference.message_id) if m.reference else None,
            files=[a.filename for a in m.attachments])

    async def on_raw_message_edit(self, m):
        saw("edit", id=str(m.message_id), text=m.data.get("content"))

    async def on_raw_message_delete(self, m):
        saw("delete", id=str(m.message_id))

    async def on_raw_reaction_add(self, r):
        saw("reaction", message=str(r.message_id), user=str(r.user_id),
            emoji=r.emoji.name)

    async def on_member_join(self, m):
        saw("join", guild=str(m.guild.id), user=str(m.id))

    async def on_member_update(self, _, m):
        saw("member", guild=str(m.guild.id), user=str(m.id),
            roles=[str(r.id) for r in m.roles], timeout=m.is_timed_out())

    async def on_member_remove(self, m):
        saw("leave", guild=str(m.guild.id), user=str(m.id))

    async def on_member_ban(self, guild, user):
        saw("ban", guild=str(guild.id), user=str(user.id))

    async def on_thread_create(self, t):
        saw("thread", id=str(t.id), parent=str(t.parent_id), name=t.name)

    async def on_voice_state_update(self, m, _, after):
        saw("voice", user=str(m.id),
            channel=str(after.channel.id) if after.channel else None)

    async def on_interaction(self, i):
        what = dict(id=str(i.id), user=str(i.user.id),
            channel=str(i.channel.id) if i.channel else None)
        self.interactions[str(i.id)] = i
        kind, data = i.type, i.data
        if kind is discord.InteractionType.autocomplete:
            saw("autocomplete", name=data["name"], typed=next(o["value"]
                for o in data["options"] if o.get("focused")), **what)
        elif kind is discord.InteractionType.application_command:
            saw("command", name=data["name"], options={o["name"]: o["value"]
                for o in data.get("options", [])}, **what)
        elif kind is discord.InteractionType.component:
            saw("button", custom=data["custom_id"],
                message=str(i.message.id), **what)
        elif kind is discord.InteractionType.modal_submit:
            rows = data["components"]
            inputs = [f for row in rows for f in
                row.get("components") or [row["component"]]]
            saw("modal", custom=data["custom_id"], fields={
                f["custom_id"]: f["value"] for f in inputs}, **what)


bot = Bot()


def _channel(number):
    return bot.get_channel(int(number))


def _message(channel, message):
    return _channel(channel).get_partial_message(int(message))


def _guild(number):
    return bot.get_guild(int(number))


def _member(guild, user):
    return _guild(guild).get_member(int(user))


def _command(c):
    """The library's own, for its tree; on_interaction tells of them."""
    async def bare(i):
        pass

    async def greet(i, who: str):
        pass

    async def complete(i, current: str):
        return await bot.typing.setdefault(str(i.id), asyncio.Future())
    made = discord.app_commands.Command(name=c["name"],
        description=c["description"],
        callback=greet if c.get("options") else bare)
    if c.get("options"):
        made.autocomplete("who")(complete)
    return made


def _view(components):
    made = discord.ui.View(timeout=None)
    for row in components:
        for c in row["components"]:
            made.add_item(discord.ui.Button(label=c["label"],
                custom_id=c["custom_id"]))
    return made


def _form(given):
    made = discord.ui.Modal(title=given["title"],
        custom_id=given["custom_id"])
    for row in given["components"]:
        for c in row["components"]:
            made.add_item(discord.ui.TextInput(label=c["label"],
                custom_id=c["custom_id"]))
    return made


class Actions:
    async def world(self):
        return [dict(id=str(g.id), name=g.name, members=g.member_count,
            channels=[(str(c.id), c.name) for c in g.channels],
            roles=[(str(r.id), r.name) for r in g.roles],
            users=[(str(m.id), m.name) for m in g.members])
            for g in bot.guilds]

    async def say(self, channel, text):
        return str((await _channel(channel).send(text)).id)

    async def reply(self, channel, message, text):
        whole = await _channel(channel).fetch_message(int(message))
        return str((await whole.reply(text)).id)

    async def file(self, channel, name, data):
        return str((await _channel(channel).send(
            file=discord.File(io.BytesIO(data.encode()), name))).id)

    async def react(self, channel, message, emoji):
        await _message(channel, message).add_reaction(emoji)

    async def edit(self, channel, message, text):
        return (await _message(channel, message).edit(content=text)).content

    async def delete(self, channel, message):
        await _message(channel, message).delete()

    async def burst(self, channel, texts):
        return await asyncio.gather(*(self.say(channel, t) for t in texts))

    async def commands(self, guild, list):
        there = discord.Object(int(guild))
        for c in list:
            bot.tree.add_command(_command(c), guild=there)
        return [c.name for c in await bot.tree.sync(guild=there)]

    async def answer(self, interaction, how, text=None, components=(),
            modal=None, choices=()):
        i = bot.interactions[interaction]
        if how == "reply":
            more = dict(view=_view(components)) if components else {}
            await i.response.send_message(text, **more)
        elif how == "update":
            await i.response.edit_message(content=text, view=None)
        elif how == "modal":
            await i.response.send_modal(_form(modal))
        elif how == "choices":
            bot.typing.setdefault(interaction, asyncio.Future()).set_result(
                [discord.app_commands.Choice(**c) for c in choices])

    async def members(self, guild):
        return [str(m.id) for m in await _guild(guild).chunk(cache=True)]

    async def presence(self, text):
        await bot.change_presence(activity=discord.Game(text),
            status=discord.Status.idle)

    async def voice(self, guild, channel):
        await _guild(guild).change_voice_state(
            channel=channel and _channel(channel))

    async def timeout(self, guild, user, seconds):
        await _member(guild, user).timeout(
            datetime.timedelta(seconds=seconds), reason="a test")

    async def role(self, guild, user, role):
        await _member(guild, user).add_roles(discord.Object(int(role)),
            reason="a test")

    async def kick(self, guild, user):
        await _member(guild, user).kick(reason="a test")

    async def ban(self, guild, user):
        await _guild(guild).ban(discord.Object(int(user)), reason="a test")

    async def thread(self, channel, name):
        return str((await _channel(channel).create_thread(name=name,
            type=discord.ChannelType.public_thread)).id)


async def main():
    loud = Loud(logging.ERROR)
    loud.setFormatter(logging.Formatter())
    logging.getLogger("discord").addHandler(loud)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    async with bot:
        started = asyncio.create_task(bot.start(TOKEN))
        started.add_done_callback(lambda t: t.cancelled()
            or t.exception() and complain(repr(t.exception())))
        await serve(Actions())
        started.cancel()


asyncio.run(main())
