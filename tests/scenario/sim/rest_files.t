#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a bot uploads is fetched again, byte for byte and without a token; an
edit keeps and removes; limits hold; the CDN's pictures are pictures."""
import struct
import sys
import zlib

sys.path.append(sys.path[0] + "/../lib")
from herd import scenario
from botcalls import Bot

BYTES = bytes(range(256)) * 4 + b"\r\n--\r\n"


def png(width, height):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data \
            + struct.pack(">I", zlib.crc32(name + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB",
        width, height, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0"
        * (width + 1) * height)) + chunk(b"IEND", b"")


def fetched(t, bot, attachment, data, kind, what):
    answer = bot.raw("GET", attachment["url"])
    t.equal((answer.status, answer.data, answer.headers["Content-Type"],
        answer.headers["Content-Disposition"]), (200, data, kind,
        'attachment; filename="%s"' % attachment["filename"]), what)


def uploads(t, bot, path):
    sent = bot("POST", path, {"content": "here", "attachments": [
        {"id": 1, "description": "a picture"}, {"id": 0,
        "filename": "re\u00e4d me.bin"}]}, {
        "files[1]": ("SPOILER_a.png", "image/png", png(7, 5)),
        "files[0]": ("x", "application/octet-stream", BYTES)}).body
    picture, other = sent["attachments"]
    t.equal((picture["filename"], picture["width"], picture["height"],
        picture["description"], picture["flags"]), ("SPOILER_a.png", 7, 5,
        "a picture", 8), "a picture has a size; files[1] is that of id 1")
    t.equal((other["filename"], other["title"], other["size"]),
        ("red_me.bin", "re\u00e4d me.bin", len(BYTES)), "a name is cleaned")
    fetched(t, bot, picture, png(7, 5), "image/png", "a picture is fetched")
    fetched(t, bot, other, BYTES, "application/octet-stream",
        "any bytes are fetched")
    t.equal(bot.raw("HEAD", other["url"]).headers["Content-Length"],
        str(len(BYTES)), "HEAD tells how many")
    t.equal([bot.raw("GET", other["url"] + end).status for end in ("x", "/x",
        "%00")], [404, 404, 404], "another name is nothing")
    t.equal(bot.raw("PUT", other["url"], b"x").status, 405,
        "nothing is put there")
    edits(t, bot, path + "/" + sent["id"], picture, other)


def edits(t, bot, path, picture, other):
    kept = bot("PATCH", path, {"content": "still"}).body["attachments"]
    t.equal([a["id"] for a in kept], [picture["id"], other["id"]],
        "an edit of the text keeps all")
    kept = bot("PATCH", path, {"attachments": [{"id": other["id"],
        "description": "bytes"},
        {"id": 0, "description": "new"}]}, {"files[0]": ("new.txt",
        "text/plain", b"fresh")}).body["attachments"]
    t.equal([(a["filename"], a.get("description")) for a in kept],
        [("red_me.bin", "bytes"), ("new.txt", "new")],
        "attachments names what stays; what is new is added")
    fetched(t, bot, kept[1], b"fresh", "text/plain", "the new one is fetched")
    t.equal((bot.raw("GET", picture["url"]).status,
        bot.raw("GET", other["url"]).status), (404, 200),
        "what was removed is gone, what stayed is there")
    t.equal(bot("PATCH", path, {"attachments": []}).body["attachments"], [],
        "an empty list removes all")


def references(t, bot, path):
    file = {"files[0]": ("a.gif", "image/gif", b"GIF89a\x20\0\x10\0\0\0\0")}
    sent = bot("POST", path, {"embeds": [{"title": "t", "image": {"url":
        "attachment://a.gif"}}]}, file).body
    image = sent["embeds"][0]["image"]
    t.equal((bot.raw("GET", image["url"]).status, image["width"],
        image["height"], sent["attachments"]), (200, 32, 16, []),
        "an embed's picture is its file, and stands there alone")
    sent = bot("POST", path, {"flags": 32768, "components": [{"type": 13,
        "file": {"url": "attachment://a.gif"}}]}, file).body
    shown = sent["components"][0]["file"]
    t.equal((bot.raw("GET", shown["url"]).data, shown["content_type"]),
        (file["files[0]"][2], "image/gif"), "a component's file is its file")


def limits(t, bot, path):
    def post(size):
        return bot("POST", path, {}, {"files[0]": ("x", "text/plain",
            bytes(size))})
    most = 10 << 20
    t.equal(post(most).status, 200, "10 MiB are taken")
    answer = post(most + 1)
    t.equal((answer.status, answer.code), (413, 40005), "one more byte is not")
    answer = bot("POST", path, {}, {"files[%d]" % n: ("x", "text/plain", b"x")
        for n in range(11)})
    t.equal(answer.code, 50035, "eleven files are too many")


def forgotten(t, bot, paths):
    """The store is bounded: the oldest go, the newest are there."""
    sent = [bot("POST", path, {}, {"files[%d]" % n: ("x", "text/plain",
        bytes(5 << 20)) for n in range(4)}).body["attachments"]
        for path in paths]
    there = [bot.raw("HEAD", a["url"]).status for list_ in sent for a in list_]
    t.equal((there[0], there[-1], sorted(there, reverse=True)), (404, 200,
        there), "the oldest are forgotten")


def elsewhere(t, sim, bot, guild):
    bot("PUT", "/applications/%s/commands" % bot.ready["application"]["id"],
        [{"name": "hello", "description": "Says hello"}])
    sim.ctl("interaction", 0, "hello")
    d = bot.event("INTERACTION_CREATE")
    answer = bot("POST", "/interactions/%s/%s/callback?with_response=true" % (
        d["id"], d["token"]), {"type": 4, "data": {"flags": 64}}, {
        "files[0]": ("a.txt", "text/plain", b"for you")}).body
    a = answer["resource"]["message"]["attachments"][0]
    t.equal(a["ephemeral"], True, "a file that one person sees")
    fetched(t, bot, a, b"for you", "text/plain", "an answer's file is fetched")
    hook = bot("POST", "/channels/%s/webhooks" % bot.channels(guild)[0],
        {"name": "hook"}).body
    sent = bot("POST", "/webhooks/%s/%s?wait=true" % (hook["id"],
        hook["token"]), {}, {"file": ("b.txt", "text/plain", b"")}).body
    fetched(t, bot, sent["attachments"][0], b"", "text/plain",
        "a webhook's file is fetched, empty as it is")


def pictures(t, bot):
    root = bot.api[:-len("/api/v10")]
    for path in ("/avatars/1/abc.png", "/icons/1/abc.webp?size=64",
            "/emojis/5.gif", "/embed/avatars/0.png"):
        answer = bot.raw("GET", root + path)
        t.equal((answer.status, answer.headers["Content-Type"],
            answer.data[:8]), (200, "image/png", b"\x89PNG\r\n\x1a\n"), path)
    first, second = (bot.raw("GET", root + "/emojis/%d.png" % n).data
        for n in (1, 2))
    t.ok(first != second and zlib.decompress(first[41:-16]), "one for each")


def main(t):
    sim = t.sim(shards=1, guilds=4, plain=True)
    bot = Bot(sim, 1)
    paths = ["/channels/%s/messages" % c for g in bot.guilds
        for c in bot.channels(g)]
    uploads(t, bot, paths[0])
    references(t, bot, paths[1])
    limits(t, bot, paths[2])
    elsewhere(t, sim, bot, bot.guilds[0])
    pictures(t, bot)
    forgotten(t, bot, paths)
    sim.ctl("rest", "GET /attachments/*", 503, "count=1")
    t.equal([bot.raw("GET", bot.api[:-8] + "/attachments/1/2/x").status
        for _ in "ab"], [503, 404], "a fault strikes files too")


scenario(main)
