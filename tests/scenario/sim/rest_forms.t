#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Forms of messages, components and modals that Discord refuses are refused
with the same status, code and path; those it takes are taken."""
import itertools
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from botcalls import Bot

V2 = 32768
TEXT = "BASE_TYPE_MAX_LENGTH"
NEED = "BASE_TYPE_REQUIRED"
SIZE = "BASE_TYPE_BAD_LENGTH"
KIND = "UNION_TYPE_CHOICES"


def button(n=0, **more):
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go%d" % n,
        **more}


def row(*inside):
    return {"type": 1, "components": list(inside)}


def select(values=("a", "b"), **more):
    return {"type": 3, "custom_id": "choice", "options": [{"label": v,
        "value": v} for v in values], **more}


def text(content="words"):
    return {"type": 10, "content": content}


def embed(**what):
    return {"embeds": [what]}


def rows(*list_):
    return {"components": list(list_)}


def v2(*list_, **more):
    return {"flags": V2, "components": list(list_), **more}


# form, code, {path: code of the form's error}
POSTS = [
    ({}, 50006, {}),
    ({"content": " \n\t\u2003\u3000"}, 50006, {}),
    ({"content": "\u200b"}, 200, {}),
    ({"content": "\U0001f980" * 2000}, 200, {}),
    ({"content": "\u00e4" * 2001}, 50035, {"content": TEXT}),
    ({"content": ["x"]}, 50035, {"content": "STRING_TYPE_CONVERT"}),
    ({"content": "x", "tts": "maybe"}, 50035, {"tts":
        "BOOLEAN_TYPE_CONVERT"}),
    ({"content": "x", "nonce": "n" * 26}, 50035, {"nonce": TEXT}),
    ({"content": "x", "flags": 2}, 50035, {"flags": "BASE_TYPE_CHOICES"}),
    ({"content": "x", "message_reference": {"message_id": "1"}}, 50035,
        {"message_reference": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE"}),
    ({"content": "x", "message_reference": {"message_id": "1",
        "fail_if_not_exists": False}}, 200, {}),
    ({"content": "x", "allowed_mentions": {"parse": ["users"],
        "users": ["5"]}}, 50035, {"allowed_mentions":
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"}),
    ({"content": "x", "allowed_mentions": {"parse": ["users"],
        "users": []}}, 200, {}),
    ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, 50035,
        {"allowed_mentions.parse": "BASE_TYPE_CHOICES"}),
    ({"content": "x", "allowed_mentions": {"roles": ["no"]}}, 50035,
        {"allowed_mentions.roles.0": "NUMBER_TYPE_COERCE"}),
    ({"sticker_ids": ["5"]}, 50081, {}),
    ({"sticker_ids": ["847000000000000011"]}, 200, {}),
    ({"sticker_ids": ["1", "2", "3", "4"]}, 50035, {"sticker_ids": TEXT}),

    (embed(), 50035, {"embeds.0.description": NEED}),
    (embed(title="t" * 257), 50035, {"embeds.0.title": TEXT}),
    (embed(description="\u00e4" * 4096), 200, {}),
    (embed(description="d" * 4097), 50035, {"embeds.0.description": TEXT}),
    (embed(title="t", fields=[{"name": "n", "value": "v"}] * 26), 50035,
        {"embeds.0.fields": TEXT}),
    (embed(fields=[{"name": "", "value": "v" * 1025}]), 50035,
        {"embeds.0.fields.0.name": NEED,
        "embeds.0.fields.0.value": TEXT}),
    (embed(title="t", footer={"text": "f" * 2049}), 50035,
        {"embeds.0.footer.text": TEXT}),
    (embed(title="t", author={"name": "a" * 257}), 50035,
        {"embeds.0.author.name": TEXT}),
    (embed(title="t", color=1 << 24), 50035, {"embeds.0.color":
        "NUMBER_TYPE_MAX"}),
    (embed(title="t", url="ftp://example.org"), 50035, {"embeds.0.url":
        "URL_TYPE_INVALID_SCHEME"}),
    (embed(image={"url": "picture"}), 50035, {"embeds.0.image.url":
        "URL_TYPE_INVALID_URL"}),
    (embed(title="t", timestamp="soon"), 50035, {"embeds.0.timestamp":
        "DATE_TIME_TYPE_PARSE"}),
    ({"embeds": [{"title": "t"}] * 11}, 50035, {"embeds": TEXT}),
    ({"embeds": [{"description": "d" * 3001}] * 2}, 50035, {"embeds":
        "MAX_EMBED_SIZE_EXCEEDED"}),

    # What is no part of a component is left out of it.
    (rows({**row(button(components=[1], accessory=1e300)), "accessory": 5}),
        200, {}),
    (v2({**text(), "accessory": [None], "media": 1, "file": "x"}), 200, {}),
    (rows(row(button())), 200, {}),
    (rows(button()), 50035, {"components.0": KIND}),
    (rows(row(*map(button, range(5)))), 200, {}),
    (rows(row(*map(button, range(6)))), 50035, {"components.0.components":
        SIZE}),
    (rows(row()), 50035, {"components.0.components": SIZE}),
    (rows(*(row(button(n)) for n in range(6))), 50035, {"components": SIZE}),
    (rows(row(row(button()))), 50035, {"components.0.components.0": KIND}),
    (rows(row(button(), button())), 50035,
        {"components.0.components.1.custom_id":
        "COMPONENT_CUSTOM_ID_DUPLICATED"}),
    (rows(row(button(label="l" * 81))), 50035,
        {"components.0.components.0.label": TEXT}),
    (rows(row(button(custom_id="c" * 101))), 50035,
        {"components.0.components.0.custom_id": TEXT}),
    (rows(row({"type": 2, "style": 1, "label": "x"})), 50035,
        {"components.0.components.0":
        "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"}),
    (rows(row(button(style=5))), 50035, {"components.0.components.0":
        "BUTTON_COMPONENT_URL_REQUIRED"}),
    (rows(row(button(url="https://example.org"))), 50035,
        {"components.0.components.0":
        "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"}),
    (rows(row(button(style=9))), 50035, {"components.0.components.0.style":
        "NUMBER_TYPE_MAX"}),
    (rows(row({"type": 2, "style": 5, "label": "x",
        "url": "https://example.org"})), 200, {}),
    (rows(row({"type": 2, "style": 5, "label": "x",
        "url": "discord://-/channels/@me"})), 200, {}),
    (rows(row({"type": 2, "style": 5, "label": "x",
        "url": "attachment://x"})), 50035, {"components.0.components.0.url":
        "URL_TYPE_INVALID_SCHEME"}),
    (rows(row(select())), 200, {}),
    (rows(row(select(), button())), 50035, {"components.0":
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED"}),
    (rows(row(select(()))), 50035, {"components.0.components.0.options":
        SIZE}),
    (rows(row(select(map(str, range(26))))), 50035,
        {"components.0.components.0.options": SIZE}),
    (rows(row(select(("a", "a")))), 50035,
        {"components.0.components.0.options.1.value":
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"}),
    (rows(row(select(max_values=3))), 50035,
        {"components.0.components.0.max_values": "NUMBER_TYPE_MAX"}),
    (rows(row(select(min_values=2, max_values=1))), 50035,
        {"components.0.components.0.min_values": "NUMBER_TYPE_MAX"}),
    (rows(row(select(placeholder="p" * 151))), 50035,
        {"components.0.components.0.placeholder": TEXT}),
    (rows(row({"type": 8, "custom_id": "where"})), 200, {}),
    (rows(row({"type": 4, "custom_id": "i", "style": 1, "label": "l"})),
        50035, {"components.0.components.0": KIND}),
    (rows(text()), 50035, {"components.0": KIND}),
    (rows("row"), 50035, {"components.0": "MODEL_TYPE_CONVERT"}),

    (v2(text()), 200, {}),
    (v2(text(), content="x"), 50035, {"content":
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"}),
    (v2(text(), embeds=[{"title": "t"}]), 50035, {"embeds":
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"}),
    (v2(), 50006, {}),
    (v2(button()), 50035, {"components.0": KIND}),
    (v2({"type": 9, "components": [text()], "accessory": button()}), 200, {}),
    (v2({"type": 9, "components": [text()]}), 50035,
        {"components.0.accessory": NEED}),
    (v2({"type": 9, "components": [text()], "accessory": text()}), 50035,
        {"components.0.accessory": KIND}),
    (v2({"type": 9, "components": [text()] * 4, "accessory": button()}),
        50035, {"components.0.components": SIZE}),
    (v2({"type": 12, "items": [{"media": {"url":
        "https://example.org/a.png"}}]}), 200, {}),
    (v2({"type": 12, "items": []}), 50035, {"components.0.items": SIZE}),
    (v2({"type": 13, "file": {"url": "attachment://none.txt"}}), 50035,
        {"components.0.file.url":
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"}),
    (v2({"type": 13, "file": {"url": "https://example.org/x"}}), 50035,
        {"components.0.file.url": "URL_TYPE_INVALID_SCHEME"}),
    (v2({"type": 14, "spacing": 3}), 50035, {"components.0.spacing":
        "NUMBER_TYPE_MAX"}),
    (v2({"type": 17, "accent_color": 255, "components": [text(),
        {"type": 14}, row(button())]}), 200, {}),
    (v2({"type": 17, "components": [{"type": 17, "components":
        [text()]}]}), 50035, {"components.0.components.0": KIND}),
    (v2(*[text("a")] * 40), 200, {}),
    (v2({"type": 17, "components": [text("a")] * 40}), 50035,
        {"components": "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"}),
    (v2(text("a" * 2001), text("\u00e4" * 2000)), 50035, {"components":
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"}),
]

INPUT = {"type": 4, "custom_id": "i", "style": 1}
FIELD = row(dict(INPUT, label="Name"))


def labelled(inside, **more):
    return {"type": 18, "label": "What", "component": inside, **more}


def modal(*inside, **more):
    return {"custom_id": "form", "title": "A form", "components":
        list(inside), **more}


MODALS = [
    (None, {"data": NEED}),
    ({}, {"data.custom_id": NEED, "data.title": NEED, "data.components":
        NEED}),
    (modal(FIELD, title="t" * 46), {"data.title": TEXT}),
    (modal(), {"data.components": SIZE}),
    (modal(*[text()] * 6), {"data.components": SIZE}),
    (modal(row(button())), {"data.components.0.components.0": KIND}),
    (modal(row(INPUT)), {"data.components.0.components.0.label": NEED}),
    (modal(row(dict(INPUT, label="l", custom_id="a"), dict(INPUT,
        label="l"))), {"data.components.0":
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED"}),
    (modal(labelled(dict(INPUT, min_length=5, max_length=4))),
        {"data.components.0.component.min_length": "NUMBER_TYPE_MAX"}),
    (modal(labelled(dict(INPUT, max_length=4001))),
        {"data.components.0.component.max_length": "NUMBER_TYPE_MAX"}),
    (modal(labelled(button())), {"data.components.0.component": KIND}),
    (modal({"type": 18, "label": "l"}), {"data.components.0.component":
        NEED}),
    (modal(labelled(INPUT), labelled(INPUT)),
        {"data.components.1.component.custom_id":
        "COMPONENT_CUSTOM_ID_DUPLICATED"}),
    (modal(labelled(select()), FIELD, text(), labelled({"type": 19,
        "custom_id": "u"}), labelled({"type": 21, "custom_id": "r",
        "options": [{"label": v, "value": v} for v in "ab"]})), {}),
]


def posts(t, bot):
    wheres = itertools.cycle([c for g in bot.guilds
        for c in bot.channels(g)])
    for form, code, errors in POSTS:
        answer = bot("POST", "/channels/%s/messages" % next(wheres), form)
        t.equal((answer.code, answer.errors if code == 50035 else {}),
            (code, errors), "POST %.100s" % form)


def shown(t, bot):
    where = bot.channels(bot.guilds[0])[0]
    sent = bot("POST", "/channels/%s/messages" % where, v2({"type": 17,
        "components": [text(), {"type": 9, "id": 2, "components": [text()],
        "accessory": button()}]})).body
    box = sent["components"][0]
    t.equal([box["id"], box["components"][0]["id"],
        box["components"][1]["id"],
        box["components"][1]["components"][0]["id"],
        box["components"][1]["accessory"]["id"]], [1, 3, 2, 4, 5],
        "components are numbered around those that have a number")
    edited = bot("PATCH", "/channels/%s/messages/%s" % (where, sent["id"]),
        {"components": [text("other")]}).body
    t.equal((edited["flags"] & V2, edited["components"][0]["content"]),
        (V2, "other"), "what a message is made of stays")
    sent = bot("POST", "/channels/%s/messages" % where, {"sticker_ids":
        ["847000000000000011"]}).body
    t.equal([s["name"] for s in sent["sticker_items"]], ["On"],
        "a sticker is shown")


def interaction(t, sim, bot):
    """Its callback's path, and the interaction."""
    sim.ctl("interaction", 0, "hello")
    d = bot.event("INTERACTION_CREATE")
    return "/interactions/%s/%s/callback" % (d["id"], d["token"])


def option(**more):
    return {"type": 3, "name": "text", "description": "What", **more}


OPTIONS = [
    (5, {"": "MODEL_TYPE_CONVERT"}),
    ({"type": 3, "required": True}, {"name": NEED, "description": NEED}),
    (option(type=12), {"type": "NUMBER_TYPE_MAX"}),
    (option(name="No Blanks"), {"name": "APPLICATION_COMMAND_INVALID_NAME"}),
    (option(choices=[{"name": "a"}]), {"choices.0.value": NEED}),
    (option(type=1, options=7), {"options": "LIST_TYPE_CONVERT"}),
    (option(type=1, options=[option(type=1)]), {"options.0.type":
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"}),
    (option(type=2, options=[option(type=1, options=[option()])]), {}),
]


def commands(t, bot):
    path = "/applications/%s/commands" % bot.ready["application"]["id"]
    for form, errors in OPTIONS:
        answer = bot("PUT", path, [{"name": "hello", "description": "x",
            "options": [form]}])
        wrong = {("options.0." + at).rstrip("."): code for at, code in
            errors.items()}
        t.equal((answer.status, wrong and answer.errors), (400 if wrong else
            200, wrong), "option %.100s" % form)
    for given, kept in ((8, ["8"]), ("8", ["8"]), ([8], [])):
        answer = bot("PUT", path, [{"name": "hello", "description": "x",
            "default_member_permissions": given}])
        t.equal(kept and [o["default_member_permissions"] for o in
            answer.body], kept, "permissions %r" % given)
        t.equal(answer.status, 200 if kept else 400, "are bits or no form")


def callbacks(t, sim, bot):
    app = bot.ready["application"]["id"]
    t.equal(bot("PUT", "/applications/%s/commands" % app, [{"name": "hello",
        "description": "Says hello"}]).status, 200, "a command")
    for form, errors in MODALS:
        answer = bot("POST", interaction(t, sim, bot), {"type": 9,
            "data": form})
        t.equal((answer.code, answer.errors), (50035, errors) if errors
            else (204, {}), "modal %.100s" % form)
    path = interaction(t, sim, bot)
    answer = bot("POST", path, {"type": 4, "data": {"content": " "}})
    t.equal(answer.code, 50006, "a blank answer")
    answer = bot("POST", path, {"type": 4, "data": {"content": "x" * 2001}})
    t.equal(answer.errors, {"data.content": TEXT}, "a long answer")
    answer = bot("POST", path + "?with_response=true", {"type": 4, "data":
        {"content": "x", "flags": 64}}).body
    about = answer["interaction"]
    t.equal((about["type"], about["response_message_id"],
        about["response_message_ephemeral"],
        about["response_message_loading"]), (2,
        answer["resource"]["message"]["id"], True, False),
        "with_response tells of the message")


def main(t):
    sim = t.sim(shards=1, guilds=40, plain=True)
    bot = Bot(sim, 1)
    posts(t, bot)
    shown(t, bot)
    commands(t, bot)
    callbacks(t, sim, bot)


scenario(main)
