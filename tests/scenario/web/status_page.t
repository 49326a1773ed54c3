#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The status page of fleets that are made up: whole and escaped HTML that asks
for nothing else; and, where there is a Chromium, how it is laid out and
coloured on a phone, a tablet and a screen, in light and dark, and that it needs
neither a script nor a mouse.

Chromium is no part of tools/setup, as it is larger than all the rest together:
a machine without it (CI is one) leaves the second half out and says so."""
import html.parser
import http.server
import json
import os
import re
import subprocess
import sys
import urllib.parse

sys.path.append(sys.path[0] + "/../lib")
from browser import Browser, chromium
from herd import BUILD, CAGED, LIB, scenario, skip
from web import Answering, serve

VOID = {"meta", "link", "input", "br", "img"}
WIDTHS = ((320, 640), (768, 1024), (1440, 900), (3840, 2160))
GUILD = "197038439483310086"
SECRET = "hunter2"	# made_view.h


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.tags, self.ids = [], [], [], set()
        self.refs, self.words = [], []
        self.feed(text)
        self.close()
        self.faults += ["<%s> is never closed" % t for t in self.open]
        self.faults += ["nothing has the id " + r for r in self.refs
            if r not in self.ids]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if len(names) != len(attrs):
            self.faults.append("<%s> has an attribute twice" % tag)
        if attrs.get("id") in self.ids:
            self.faults.append("two of id " + attrs["id"])
        if "id" in attrs:
            self.ids.add(attrs["id"])
        for name in ("aria-labelledby", "aria-describedby", "for"):
            self.refs += attrs.get(name, "").split()
        if any(name.startswith("on") or name == "style" for name in names):
            self.faults.append("<%s> has %s" % (tag, names))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append("</%s> closes another" % tag)

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attrs for t, attrs in self.tags if t == tag]


def structure(t, name, text):
    page = Page(text)
    t.equal(page.faults, [], name + ": whole")
    used = {tag for tag, _ in page.tags}
    t.ok(not used & {"script", "img", "iframe", "object", "embed", "base",
        "video", "audio"}, "%s: nothing that runs or is fetched" % name)
    t.equal([a for tag in ("a", "link", "form") for a in page.all(tag)
        if not re.match("data:|#", a.get("href") or a.get("action"))], [],
        name + ": and nothing that leads elsewhere")
    t.equal([len(page.all(tag)) for tag in ("main", "header", "footer", "h1",
        "title", "style")], [1] * 6, name + ": one of each landmark")
    t.equal([s for s in page.all("section") if "aria-labelledby" not in s], [],
        name + ": each region has its heading for a name")
    t.equal([s for s in page.all("svg") if s.get("role") != "img"
        and s.get("aria-hidden") != "true"], [],
        name + ": each picture has words, or is none for a reader")
    t.equal(page.all("html")[0].get("lang"), "en", name + ": its language")
    t.ok(all(re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?",
        a["datetime"]) for a in page.all("time")), name + ": times are times")
    t.ok(SECRET not in text, name + ": nothing secret")
    return page


def facts(t, browser, base, script, name, width, height, scheme):
    what = "%s, %d, %s" % (name, width, scheme)
    browser.size(width, height)
    browser.prefer(prefers_color_scheme=scheme,
        prefers_reduced_motion="reduce")
    browser.open(base + name)
    browser.run("document.querySelectorAll('details')"
        ".forEach(d => { d.open = true })")
    got = browser.run(script)
    for kind, found in got["faults"].items():
        t.equal(found[:5], [], "%s: nothing %s (of %d texts)" % (what, {
            "sideways": "is beside the window", "clipped": "is cut",
            "overlap": "lies over another", "contrast": "is too faint to read",
            "marks": "of the marks is too faint", "small": "to press is small",
            "moving": "moves"}[kind], got["texts"]))
    t.ok(got["texts"] > 10 and got["least"] >= 4.5, "%s: least contrast %.2f"
        % (what, got["least"]))
    t.equal(browser.complaints(), [], what + ": the console is silent")
    t.equal([u for u in browser.requests() if not u.startswith(("data:",
        base + name))], [], what + ": asks for nothing else")
    t.equal(browser.run("getComputedStyle(document.body).backgroundColor "
        "!== 'rgb(255, 255, 255)' && document.fonts.size"), 0,
        what + ": the policy lets its style in, and no font is fetched")


# A rule each that spoils the page, and the fact that has to see it.
SPOILT = (("sideways", ".axis{width:120vw}"),
    ("clipped", ".soft{height:.6rem;overflow:hidden}"),
    ("overlap", ".few li+li{margin-left:-6rem}"),
    ("overlap", "main>section+section{margin-top:-4rem}"),
    ("contrast", ".soft{color:#808890!important}"),
    ("marks", ".bars .w{fill:#9fd8ae!important}"),
    ("marks", "input{border-color:#ddd!important}"),
    ("small", "form *{min-height:0!important;padding:0!important}"),
    ("moving", "@keyframes k{to{opacity:.5}}\n"
        "svg{animation:k 9s infinite!important}"))


def can_fail(t, browser, base, script):
    browser.size(768, 1024)
    browser.prefer(prefers_color_scheme="light",
        prefers_reduced_motion="no-preference")
    for kind, rules in SPOILT:
        browser.open(base + "trouble")
        for rule in rules.split("\n"):
            browser.run("document.styleSheets[0].insertRule(%s, document."
                "styleSheets[0].cssRules.length)" % json.dumps(rule))
        t.ok(browser.run(script)["faults"][kind], "%s: seen with %s" % (kind,
            rules.replace("\n", " ")))


def by_keyboard(t, browser, base):
    """No mouse, no script."""
    browser.size(768, 1024)
    browser.scripts(False)
    browser.open(base + "well")
    ring = []
    for _ in range(4):
        browser.press("Tab", 9)
        ring.append(browser.run("[document.activeElement.tagName, "
            "getComputedStyle(document.activeElement).outlineStyle]"))
    t.equal(ring[:3], [["INPUT", "solid"], ["BUTTON", "solid"],
        ["SUMMARY", "solid"]], "Tab goes along what can be used, and it shows")
    browser.run("document.querySelector('summary').focus()")
    browser.press("Enter", 13, "\r")
    t.ok(browser.run("document.querySelector('details').open"),
        "Enter opens the days")
    browser.run("document.querySelector('input').focus()")
    browser.ask("Input.insertText", text=GUILD)
    browser.events = []
    browser.press("Enter", 13, "\r")
    browser.until("Page.loadEventFired")
    t.equal(browser.run("location.search + location.hash"),
        "?guild=%s#ask" % GUILD, "Enter asks for a server")
    t.match(browser.run("document.querySelector('[role=status]').textContent"),
        "^Server %s is on shard 2 of 16" % GUILD, "and the answer is there")
    t.ok(browser.run("(r => r.top >= 0 && r.bottom <= innerHeight)(document."
        "querySelector('[role=status]').getBoundingClientRect())"),
        "within what is seen")
    browser.scripts(True)


def to_a_reader(t, browser, base):
    """What a screen reader is told."""
    browser.open(base + "many")
    nodes = browser.ask("Accessibility.getFullAXTree")["nodes"]
    said = [(n["role"]["value"], n.get("name", {}).get("value", ""))
        for n in nodes if not n.get("ignored")]
    for role, name in (("banner", ""), ("main", ""), ("contentinfo", ""),
            ("search", "Is it my server?"), ("textbox", "ID of the server"),
            ("button", "Look"), ("heading", "Marvin")):
        t.ok((role, name) in said, "it hears of %s %s" % (role, name))
    pictures = [name for role, name in said if role in ("img", "image")]
    t.ok(len(pictures) == 2 and all("%" in name for name in pictures),
        "pictures are sentences: %r" % pictures)
    t.ok(len(said) < 1500, "and not of each of 1024 marks: %d" % len(said))
    t.ok(any("Shards 640 to 654: down" in name for _, name in said),
        "but of those that are down")


def main(t):
    subprocess.run([os.path.join(BUILD, "web", "status_pages"), t.dir],
        check=True)
    pages = {}
    for name in sorted(os.listdir(t.dir)):
        if name.endswith(".html"):
            with open(os.path.join(t.dir, name), encoding="utf-8") as f:
                pages[name[:-5]] = f.read()
    t.equal(len(pages), 11, "pages of fleets in every condition")
    for name, text in pages.items():
        structure(t, name, text)
    hostile = Page(pages["hostile"])
    t.ok("<script>alert(1)</script>" in "".join(hostile.words),
        "what is foreign is text")
    with open(os.path.join(t.dir, "policy"), encoding="utf-8") as f:
        policy = f.read()
    if chromium() is None:
        t.note("no chromium here: layout, colours, keyboard and what a screen "
            "reader hears are left out")
        return

    class Handler(Answering):
        def do_GET(self):
            at = urllib.parse.urlsplit(self.path)
            name = "asked" if GUILD in at.query else at.path[1:]
            if name not in pages:
                self.answer(404)
                return
            self.answer(200, pages[name].encode(), (
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Security-Policy", policy)))

    base = serve(Handler).url + "/"
    with open(os.path.join(LIB, "page_facts.js"), encoding="utf-8") as f:
        script = f.read()
    with Browser() as browser:
        for width, height in WIDTHS:
            for scheme in "light", "dark":
                facts(t, browser, base, script, "trouble", width, height,
                    scheme)
            facts(t, browser, base, script, "many", width, height, "light")
        for name in pages:
            facts(t, browser, base, script, name, 320, 640, "dark")
        can_fail(t, browser, base, script)
        by_keyboard(t, browser, base)
        to_a_reader(t, browser, base)


if CAGED or os.environ.get("HERD_BIN"):
    skip("the page is tested with the programs of this build")
scenario(main)
