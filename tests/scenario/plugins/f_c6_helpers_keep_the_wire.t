#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What a plugin prints, by whatever way, is no part of the protocol; what is
async runs; what would never run is refused."""
import inspect
import os
import re
import shutil
import sys

sys.path.append(sys.path[0] + "/../lib")
from herd import ROOT, scenario
from piped import Piped

PYTHON = """
import asyncio, os, subprocess, sys
print("at the very first", flush=True)
import shardherd
print("before the plugin", flush=True)
bot = shardherd.Plugin(workers=2)
print("\u732b behind it")
os.system("echo from a shell")

@bot.on("PRINT")
def prints(d, event):
    print("printed")
    sys.stdout.write("written\\n")
    sys.stdout.flush()
    os.write(1, b"by number\\n")
    subprocess.run(["sh", "-c", "cat; echo from a child"])
    try:
        input()
    except EOFError:
        print("no input")

lock = asyncio.Lock()   # of one loop, or it is refused

@bot.on("ASYNC")
async def waits(d, event):
    async with lock:
        await asyncio.sleep(0.01)
        await bot.reply(d, "awaited %s" % await bot.kv.get("x", 5))

@bot.on("WRONG")
async def fails(d, event):
    await asyncio.sleep(0)
    raise ValueError("out of async")

@bot.command("hi", help="Says hi")
async def hi(cmd):
    await bot.answer(cmd, "hi")

@bot.start_up
async def forever():
    asyncio.get_running_loop().create_task(asyncio.sleep(1000))

def refused(fn, *args):
    try:
        fn(*args)
    except TypeError:
        return True

def yields(*args):
    yield
async def both(*args):
    yield
for use in (bot.on("X"), bot.timer("t"), bot.command("c", help="c"),
        bot.start_up, bot.configure):
    assert refused(use, yields) and refused(use, both) and refused(use, "x")
assert refused(bot.configure, waits) and refused(bot.on, waits)
bot.run()
"""

NODE = """
console.log('at the very first');
%s
console.log('before the plugin');
const bot = plugin();
console.log('\u732b behind it');
bot.on('PRINT', (d) => {
	console.log('printed');
	console.info('written');
	process.stdout.write('by number\\n');
});
bot.on('ASYNC', async (d) => {
	await new Promise((done) => setTimeout(done, 10));
	await bot.reply(d, `awaited ${await bot.kv.get('x', 5)}`);
});
bot.on('WRONG', async () => {
	throw new Error('out of async');
});
bot.command('hi', {help: 'Says hi'}, async (cmd) => bot.answer(cmd, 'hi'));
const refused = (fn) => {
	try {
		fn();
	} catch (e) {
		return e instanceof TypeError;
	}
};
for (const fn of [function* () {}, async function* () {}, 'x', undefined])
	for (const use of [() => bot.on('X', fn), () => bot.startUp(fn),
		() => bot.timer('t', null, fn), () => bot.configure(fn),
		() => bot.command('c', {help: 'c'}, fn)])
		if (!refused(use))
			process.exit(9);
bot.run();
"""

MESSAGE = {"channel_id": "1", "id": "2", "content": "\u2028 is no end of a line"}
HI = {"name": "hi", "road": "prefix", "options": {}, "answer": {"method":
    "reply", "params": {"channel_id": "1", "message_id": "2"}}, "more": {}}


def try_it(t, what, argv, first):
    plugin = Piped(argv)
    if first:   # what a program prints before the helper is there
        t.equal(plugin.process.stdout.readline(), first, what + ": not ours")
    t.equal(plugin.start()["result"]["api"], 1, what + ": it starts")
    t.equal(plugin.event("PRINT", {})["result"], None,
        what + ": an event whose function prints is answered")
    t.equal(plugin.event("ASYNC", MESSAGE)["result"], None,
        what + ": so is one whose function is async")
    t.equal([p.get("content") for m, p in plugin.calls if m == "reply"],
        ["awaited 5"], what + ": and its work is done before")
    t.match(plugin.event("WRONG", {})["error"]["message"], "out of async",
        what + ": what it raises is the answer")
    deep = []
    for _ in range(1000):
        deep = [deep]
    t.equal(plugin.event("DEEP", {"d": deep})["result"], None,
        what + ": events are as deep as the handler lets through")
    plugin.event("MESSAGE_CREATE", MESSAGE, command=HI)
    t.equal(plugin.calls[-1][1].get("content"), "hi", what + ": a command")
    code, said = plugin.end()
    t.equal(code, 0, what + ": it ends by itself")
    for words in said_by[what.split()[0]]:
        t.ok(words in said, "%s: standard error has %r" % (what, words))


said_by = {"Python": ("before the plugin", "\u732b behind it", "from a shell",
    "printed", "written", "by number", "from a child", "no input"),
    "Node": ("before the plugin", "\u732b behind it", "printed", "written",
    "by number")}


def write(t, name, text):
    path = os.path.join(t.dir, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def typed(t, plugins):
    """Whatever a plugin may use has a type."""
    sys.path.insert(0, plugins)
    sys.dont_write_bytecode = True
    import shardherd
    bare = [fn.__qualname__ for thing in (shardherd.Plugin, shardherd.KV)
        for name, fn in inspect.getmembers(thing, inspect.isfunction)
        if len(fn.__annotations__) <= len(inspect.signature(fn).parameters)
        - 1]
    t.equal(bare, [], "Python: each function has its types")
    text = {}
    for name in "shardherd.js", "shardherd.d.ts":
        with open(os.path.join(plugins, name), encoding="utf-8") as f:
            text[name] = f.read()
    there = set(re.findall(r"(?m)^\t(?:async )?(\w+)\(.*\) \{$",
        text["shardherd.js"].split("class Plugin")[1]))
    inner = {"constructor", "send", "flush", "pump", "settle", "work", "declare",
        "request", "receive"}
    t.equal(there - inner, set(re.findall(r"(?m)^\t(\w+)\(",
        text["shardherd.d.ts"].split("interface Plugin")[1])),
        "Node: so it has")


def main(t):
    sys.setrecursionlimit(4000)
    plugins = os.path.join(ROOT, "handler/plugins")
    typed(t, plugins)
    module = os.path.join(t.dir, "module")
    os.mkdir(module)
    for folder in t.dir, module:
        for name in os.listdir(plugins):
            if name.startswith("shardherd."):
                shutil.copy(os.path.join(plugins, name), folder)
    try_it(t, "Python", ["/usr/bin/python3", write(t, "p.py", PYTHON)],
        b"at the very first\n")
    node = shutil.which("node")
    if node is None:
        return
    first = b"at the very first\n"
    try_it(t, "Node", [node, write(t, "p.js", NODE
        % "const {plugin} = require('./shardherd');")], first)
    # Imports come before everything else.
    imports = NODE % "import {plugin} from './shardherd.mjs';"
    try_it(t, "Node as a module", [node, write(t, "p.mjs", imports)], None)
    write(t, "module/package.json", '{"type": "module"}')
    try_it(t, "Node in a package of modules", [node, write(t, "module/p.js",
        imports)], None)


scenario(main)
