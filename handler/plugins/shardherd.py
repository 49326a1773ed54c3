# SPDX-License-Identifier: MIT
"""Plugins for shardherd in Python, see man 7 shardherd-plugin.

    import shardherd
    bot = shardherd.Plugin()

    @bot.command("ping", help="Says pong")  # /ping, !ping
    def ping(cmd):
        bot.answer(cmd, "pong")
    bot.run()

Functions run in threads (Plugin(workers=1) keeps the order of events); an
event is handled when they return.  Every call waits for its result or raises
shardherd.Error; bot.start() gives a Future.
"""
import base64
import concurrent.futures
import itertools
import json
import os
import queue
import re
import sys
import threading
import traceback

CALLS_MAX = 200  # on their way at once; the handler takes 256
UPLOAD_MAX = 11 << 20  # bytes of one upload's files
GONE = {"code": -32003, "message": "the handler has closed the connection"}

class Error(Exception):  # what the handler or Discord refused
    def __init__(self, error):
        super().__init__(error.get("message"))
        self.code, self.data = error.get("code"), error.get("data")

def _read(file):  # of upload's files: the handler opens no path for us
    if not isinstance(file, dict) or "path" not in file:
        return file
    with open(file["path"], "rb") as f:
        data = f.read(UPLOAD_MAX + 1)
    if len(data) > UPLOAD_MAX:
        raise ValueError("%s is longer than 11 MiB" % file["path"])
    file = {"name": os.path.basename(file["path"]), **file,
        "base64": base64.b64encode(data).decode("ascii")}
    del file["path"]
    return file

class KV:
    """The plugin's storage: JSON values by key."""
    def __init__(self, call):
        self.call = call
        self.set = lambda key, value: call("kv.set", key=key, value=value)
        self.delete = lambda key: call("kv.delete", key=key)
        self.txn = lambda *ops: call("kv.txn", ops=list(ops))

    def get(self, key, default=None):
        found = self.call("kv.get", key=key)
        return found["value"] if found["found"] else default

    def items(self, prefix=""):
        cursor = None
        while page := self.call("kv.list", prefix=prefix, cursor=cursor):
            yield from ((i["key"], i["value"]) for i in page["items"])
            if (cursor := page["cursor"]) is None:
                return

class Command:
    """See COMMANDS in the manual; event is what it came in."""

    def __init__(self, event):
        self.__dict__.update(event["command"], event=event, answered=False)

class Plugin:
    def __init__(self, workers=8):
        self.handlers, self.timers, self.schedules = {}, {}, []
        self.started, self.commands, self.checks = [], {}, []
        self.chunks, self.config = {}, {}  # config: its section's config.KEY
        self.pool = concurrent.futures.ThreadPoolExecutor(workers)
        self.room = threading.BoundedSemaphore(CALLS_MAX)
        self.lock, self.waiting = threading.Lock(), {}
        self.gone = False  # the handler, or it wants no more of us
        self.ids = itertools.count(1)
        self.kv = KV(self.call)

    def on(self, *names):
        """For events of these names, "*" for all: fn(d, event)."""
        def add(fn):
            for name in names:
                self.handlers.setdefault(name, []).append(fn)
            return fn
        return add

    def command(self, name, help, **more):
        """fn(cmd); more: usage, rank, roads, emoji, options.  See answer."""
        def add(fn):
            self.commands[name] = dict(more, name=name, help=help), fn
            return fn
        return add

    def timer(self, name, **when):
        """For the timer of this name: fn(timer); daily= or cron= sets it."""
        def add(fn):
            self.timers[name] = fn
            if when:
                self.schedules.append(dict(when, name=name))
            return fn
        return add

    def configure(self, fn):
        """When bot.config is known, before commands are declared: fn()."""
        self.checks.append(fn)
        return fn

    def rank(self, key, default):
        """A rank from bot.config."""
        rank = str(self.config.get(key, default))
        if re.fullmatch("-1|[0-9]{1,3}", rank):
            return int(rank)
        raise ValueError('config.%s must be a rank, -1 to 999, not "%s"'
            % (key, rank))

    def start_up(self, fn):
        """Once, when events may follow: fn()."""
        self.started.append(fn)
        return fn

    def start(self, method, /, **params):
        """A call of any method; a Future of its result."""
        return self._start(method, params)

    def _start(self, method, params, chunks=None):
        if method == "upload" and isinstance(params.get("files"), list):
            params = dict(params, files=[_read(f) for f in params["files"]])
        future, number = concurrent.futures.Future(), next(self.ids)
        self.room.acquire()
        with self.lock:
            gone = self.gone
            if not gone:
                self.waiting[number], self.chunks[number] = future, chunks
        if gone:
            self.room.release()
            raise Error(GONE)
        self._send(id=number, method=method, params=params)
        return future

    def call(self, method, /, **params):
        return self.start(method, **params).result()

    def say(self, channel_id, content, **more):
        return self.call("say", channel_id=channel_id, content=content, **more)

    def reply(self, message, content, **more):
        """Once, even when the event comes again."""
        return self.call("reply", channel_id=message["channel_id"],
            message_id=message["id"], content=content, **more)

    def respond(self, interaction, content, **more):
        return self.call("interaction.respond", id=interaction["id"],
            token=interaction["token"], content=content, **more)

    def react(self, message, emoji):
        return self.call("react", channel_id=message["channel_id"],
            message_id=message["id"], emoji=emoji)

    def members(self, guild_id, **more):
        """Every member of a guild, however many, as they come."""
        chunks = queue.SimpleQueue()
        future = self._start("members", dict(more, guild_id=guild_id,
            stream=True), chunks)
        future.add_done_callback(lambda done: chunks.put(None))
        while (chunk := chunks.get()) is not None:
            yield from chunk["members"]
        future.result()

    def log(self, level, text, **fields):
        return self.call("log", level=level, text=text, fields=fields)

    def rest(self, method, path, **more):
        return self.call("rest", method=method, path=path, **more)["body"]

    def answer(self, cmd, content, **more):
        """However it was given; ephemeral=True: only who gave it sees it."""
        if cmd.road != "slash":
            more.pop("ephemeral", None)
        way = cmd.more if cmd.answered else cmd.answer
        cmd.answered = True
        try:
            return self.call(way["method"], content=content,
                **{**way["params"], **more})
        except Error as e:
            # It was answered already, and came again.
            if not cmd.event["again"] or (e.data or {}).get("code") != 40060:
                raise

    def defer(self, cmd, **more):
        """The answer takes more than a second or two."""
        if cmd.road != "slash":
            return self.call("typing", channel_id=cmd.channel_id)
        cmd.answered = True
        return self.call("interaction.defer", **cmd.answer["params"], **more)

    def _send(self, **message):
        with self.lock:
            print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

    def _work(self, number, fns, *args):
        end = {"result": None}
        try:
            for fn in fns:
                fn(*args)
        except Exception as e:
            traceback.print_exc()
            end = {"error": {"code": 1, "message": repr(e)}}
        if number is not None:
            self._send(id=number, **end)

    def _answer(self, message):
        if (future := self.waiting.pop(message["id"], None)) is None:
            return
        self.room.release()
        del self.chunks[message["id"]]
        if "error" in message:
            future.set_exception(Error(message["error"]))
        else:
            future.set_result(message["result"])

    def _declare(self):
        """The section may set the rank of a command: config.rank_NAME."""
        for check in self.checks:
            check()
        return {"api": 1, "commands": [dict(declared, rank=self.rank(
            "rank_" + declared["name"], declared.get("rank", 0)))
            for declared, _ in self.commands.values()]}

    def _request(self, number, method, params):
        if method == "initialize":
            self.config = params["config"]
            try:
                self._send(id=number, result=self._declare())
            except Exception as e:  # the handler logs it
                self._send(id=number, error={"code": 1, "message": str(e)})
                return
            self.pool.submit(self._work, None, [
                lambda s=s: self.call("timer.set", **s)
                for s in self.schedules] + self.started)
        elif method == "event":
            event = params["event"] or {}
            fns = (self.handlers.get(event.get("t"), [])
                + self.handlers.get("*", []))
            if (params.get("command") or {}).get("name") in self.commands:
                _, fn = self.commands[params["command"]["name"]]
                fns = fns + [lambda d, event: fn(Command(event))]
            self.pool.submit(self._work, number, fns, event.get("d"), params)
        elif method == "timer":
            fns = filter(None, [self.timers.get(params["name"])])
            self.pool.submit(self._work, number, fns, params)

    def run(self):
        for line in sys.stdin:
            message = json.loads(line)
            if "method" not in message:
                self._answer(message)
            elif "id" in message:
                self._request(message["id"], message["method"],
                    message.get("params") or {})
            elif message["method"] == "members.chunk":
                chunk = message["params"]
                if self.chunks.get(chunk["call"]) is not None:
                    self.chunks[chunk["call"]].put(chunk)
            elif message["method"] == "shutdown":
                break
        with self.lock:
            self.gone = True
        for number in list(self.waiting):   # nobody answers them any more
            self._answer({"id": number, "error": GONE})
        self.pool.shutdown(cancel_futures=True)
