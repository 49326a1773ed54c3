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
shardherd.Error; bot.start() gives a Future.  With async def they run in one
asyncio loop, where calls are awaited: await bot.answer(cmd, "pong").

Standard output is the protocol's, so print() and what else is written there
goes to standard error, and from there into the log.
"""
import asyncio
import base64
import concurrent.futures
import inspect
import itertools
import json
import os
import queue
import re
import sys
import threading
import traceback
from typing import Any, AsyncIterator, BinaryIO, Callable, Iterator, \
    Optional, TypeVar

CALLS_MAX = 200  # on their way at once; the handler takes 256
UPLOAD_MAX = 11 << 20  # bytes of one upload's files
PIPE = 1 << 16  # bytes read at once
DEPTH = 4000  # events may be nested 1024 deep
GONE = {"code": -32003, "message": "the handler has closed the connection"}

Json = dict[str, Any]
Fn = TypeVar("Fn", bound=Callable[..., Any])
Result = Any  # what the manual says; within async def it is awaited
Results = Any  # of for; within async def of async for

class Error(Exception):  # what the handler or Discord refused
    def __init__(self, error: Json) -> None:
        super().__init__(error.get("message"))
        self.code: Optional[int] = error.get("code")
        self.data: Any = error.get("data")

_wires: Optional[tuple[BinaryIO, BinaryIO]] = None

def _take_wires() -> tuple[BinaryIO, BinaryIO]:
    """Descriptors 0 and 1 for us alone: nobody else reads or writes there, be
    it print(), input() or a program that is started.  Bytes: the protocol is
    UTF-8 whatever the locale."""
    global _wires
    if _wires is None:
        _wires = os.fdopen(os.dup(0), "rb", PIPE), os.fdopen(os.dup(1), "wb")
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        for stream in sys.stdout, sys.stderr:
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8", line_buffering=True,
                    errors="backslashreplace")
    return _wires

# Before anything is printed; but not in a program that the plugin starts.
if "SHARDHERD_PLUGIN" in os.environ and str(os.getpid()) == \
        os.environ.setdefault("SHARDHERD_WIRES", str(os.getpid())):
    _take_wires()

def _in_loop() -> bool:
    """Whether async def calls us: it must not be kept waiting."""
    try:
        return asyncio.get_running_loop() is not None
    except RuntimeError:
        return False

def _wait(future: "concurrent.futures.Future[Any]",
        then: Callable[[Any], Any] = lambda result: result) -> Result:
    async def later() -> Any:
        return then(await asyncio.wrap_future(future))
    return asyncio.ensure_future(later()) if _in_loop() \
        else then(future.result())

def _runnable(fn: Any) -> None:
    """Refuses what would be called and not run."""
    if not callable(fn):
        raise TypeError("%r is no function: the decorator takes arguments, "
            "even if it is ()" % (fn,))
    if inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        raise TypeError("%s yields: it would never run" % fn.__name__)

def _read(file: Any) -> Any:  # of upload's files: the handler opens no path
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
    def __init__(self, plugin: "Plugin") -> None:
        self._start, self._call = plugin.start, plugin.call

    def get(self, key: str, default: Any = None) -> Result:
        return _wait(self._start("kv.get", key=key), lambda found:
            found["value"] if found["found"] else default)

    def set(self, key: str, value: Any) -> Result:
        return self._call("kv.set", key=key, value=value)

    def delete(self, key: str) -> Result:
        return self._call("kv.delete", key=key)

    def txn(self, *ops: Json) -> Result:
        return self._call("kv.txn", ops=list(ops))

    def items(self, prefix: str = "") -> Results:
        """Every (key, value); with async for within async def."""
        return self._aitems(prefix) if _in_loop() else self._items(prefix)

    def _items(self, prefix: str) -> Iterator[tuple[str, Any]]:
        cursor = None
        while page := self._call("kv.list", prefix=prefix, cursor=cursor):
            yield from ((i["key"], i["value"]) for i in page["items"])
            if (cursor := page["cursor"]) is None:
                return

    async def _aitems(self, prefix: str) -> AsyncIterator[tuple[str, Any]]:
        cursor = None
        while page := await self._call("kv.list", prefix=prefix,
                cursor=cursor):
            for i in page["items"]:
                yield i["key"], i["value"]
            if (cursor := page["cursor"]) is None:
                return

class Command:
    """See COMMANDS in the manual; event is what it came in."""
    name: str
    road: str
    sub: str
    args: list[str]
    text: str
    options: Json
    rank: int
    user: Json
    guild_id: Optional[str]
    channel_id: Optional[str]
    message_id: Optional[str]
    answer: Json
    more: Json

    def __init__(self, event: Json) -> None:
        self.__dict__.update(event["command"])
        self.event, self.answered = event, False

class Plugin:
    def __init__(self, workers: int = 8) -> None:
        self._in, self._out = _take_wires()
        self.handlers: dict[str, list[Callable[..., Any]]] = {}
        self.timers: dict[str, Callable[..., Any]] = {}
        self.schedules: list[Json] = []
        self.started: list[Callable[[], Any]] = []
        self.commands: dict[str, tuple[Json, Callable[..., Any]]] = {}
        self.checks: list[Callable[[], Any]] = []
        self.config: dict[str, str] = {}  # its section's config.KEY
        self.chunks: dict[int, Any] = {}
        self.pool = concurrent.futures.ThreadPoolExecutor(workers)
        self.room = threading.BoundedSemaphore(CALLS_MAX)
        self.lock = threading.Lock()
        self.waiting: dict[int, Any] = {}
        self.loop: Optional[asyncio.AbstractEventLoop] = None
        self.gone = False  # the handler, or it wants no more of us
        self.ids = itertools.count(1)
        self.kv = KV(self)

    def on(self, *names: str) -> Callable[[Fn], Fn]:
        """For events of these names, "*" for all: fn(d, event)."""
        for name in names:
            if not isinstance(name, str):
                raise TypeError("@bot.on takes names of events, not %r"
                    % (name,))
        def add(fn: Fn) -> Fn:
            _runnable(fn)
            for name in names:
                self.handlers.setdefault(name, []).append(fn)
            return fn
        return add

    def command(self, name: str, help: str, **more: Any) -> Callable[[Fn], Fn]:
        """fn(cmd); more: usage, rank, roads, emoji, options.  See answer."""
        def add(fn: Fn) -> Fn:
            _runnable(fn)
            self.commands[name] = dict(more, name=name, help=help), fn
            return fn
        return add

    def timer(self, name: str, **when: Any) -> Callable[[Fn], Fn]:
        """For the timer of this name: fn(timer); daily= or cron= sets it."""
        def add(fn: Fn) -> Fn:
            _runnable(fn)
            self.timers[name] = fn
            if when:
                self.schedules.append(dict(when, name=name))
            return fn
        return add

    def configure(self, fn: Fn) -> Fn:
        """When bot.config is known, before commands are declared: fn()."""
        _runnable(fn)
        if inspect.iscoroutinefunction(fn):
            raise TypeError("what @bot.configure names cannot be async")
        self.checks.append(fn)
        return fn

    def rank(self, key: str, default: int) -> int:
        """A rank from bot.config."""
        rank = str(self.config.get(key, default))
        if re.fullmatch("-1|[0-9]{1,3}", rank):
            return int(rank)
        raise ValueError('config.%s must be a rank, -1 to 999, not "%s"'
            % (key, rank))

    def start_up(self, fn: Fn) -> Fn:
        """Once, when events may follow: fn()."""
        _runnable(fn)
        self.started.append(fn)
        return fn

    def start(self, method: str, /, **params: Any
            ) -> "concurrent.futures.Future[Any]":
        """A call of any method; a Future of its result."""
        return self._start(method, params)

    def _start(self, method: str, params: Json, chunks: Any = None
            ) -> "concurrent.futures.Future[Any]":
        if method == "upload" and isinstance(params.get("files"), list):
            params = dict(params, files=[_read(f) for f in params["files"]])
        future: "concurrent.futures.Future[Any]" = concurrent.futures.Future()
        number = next(self.ids)
        line = _line(id=number, method=method, params=params)
        self.room.acquire()
        with self.lock:
            gone = self.gone
            if not gone:
                self.waiting[number], self.chunks[number] = future, chunks
        if gone:
            self.room.release()
            raise Error(GONE)
        self._write(line)
        return future

    def call(self, method: str, /, **params: Any) -> Result:
        return _wait(self.start(method, **params))

    def say(self, channel_id: str, content: str, **more: Any) -> Result:
        return self.call("say", channel_id=channel_id, content=content, **more)

    def reply(self, message: Json, content: str, **more: Any) -> Result:
        """Once, even when the event comes again."""
        return self.call("reply", channel_id=message["channel_id"],
            message_id=message["id"], content=content, **more)

    def respond(self, interaction: Json, content: str, **more: Any) -> Result:
        return self.call("interaction.respond", id=interaction["id"],
            token=interaction["token"], content=content, **more)

    def react(self, message: Json, emoji: str) -> Result:
        return self.call("react", channel_id=message["channel_id"],
            message_id=message["id"], emoji=emoji)

    def members(self, guild_id: str, **more: Any) -> Results:
        """Every member of a guild, however many, as they come; with async for
        within async def."""
        chunks: "queue.SimpleQueue[Optional[Json]]" = queue.SimpleQueue()
        params = dict(more, guild_id=guild_id, stream=True)
        return (self._amembers if _in_loop() else self._members)(params,
            chunks)

    def _members(self, params: Json, chunks: Any) -> Iterator[Json]:
        future = self._start("members", params, chunks)
        future.add_done_callback(lambda done: chunks.put(None))
        while (chunk := chunks.get()) is not None:
            yield from chunk["members"]
        future.result()

    async def _amembers(self, params: Json, chunks: Any
            ) -> AsyncIterator[Json]:
        future = self._start("members", params, chunks)
        future.add_done_callback(lambda done: chunks.put(None))
        wait = asyncio.get_running_loop().run_in_executor
        while (chunk := await wait(None, chunks.get)) is not None:
            for member in chunk["members"]:
                yield member
        future.result()

    def log(self, level: str, text: str, **fields: Any) -> Result:
        return self.call("log", level=level, text=text, fields=fields)

    def rest(self, method: str, path: str, **more: Any) -> Result:
        return _wait(self.start("rest", method=method, path=path, **more),
            lambda answer: answer["body"])

    def answer(self, cmd: Command, content: str, **more: Any) -> Result:
        """However it was given; ephemeral=True: only who gave it sees it."""
        if cmd.road != "slash":
            more.pop("ephemeral", None)
        way = cmd.more if cmd.answered else cmd.answer
        cmd.answered = True
        done: "concurrent.futures.Future[Any]" = concurrent.futures.Future()
        def judge(call: "concurrent.futures.Future[Any]") -> None:
            e = call.exception()
            # It was answered already, and came again.
            if e is None or (cmd.event["again"] and isinstance(e, Error)
                    and (e.data or {}).get("code") == 40060):
                done.set_result(None if e else call.result())
            else:
                done.set_exception(e)
        self.start(way["method"], content=content, **{**way["params"], **more
            }).add_done_callback(judge)
        return _wait(done)

    def defer(self, cmd: Command, **more: Any) -> Result:
        """The answer takes more than a second or two."""
        if cmd.road != "slash":
            return self.call("typing", channel_id=cmd.channel_id)
        cmd.answered = True
        return self.call("interaction.defer", **cmd.answer["params"], **more)

    def _write(self, line: bytes) -> None:
        with self.lock:
            self._out.write(line)
            self._out.flush()

    def _send(self, **message: Any) -> None:
        self._write(_line(**message))

    def _await(self, coroutine: Any) -> Any:
        """What an async def returned, run in the one loop of all of them."""
        with self.lock:
            if self.loop is None:
                self.loop = asyncio.new_event_loop()
                threading.Thread(target=self.loop.run_forever,
                    daemon=True).start()
        async def finish() -> Any:
            return await coroutine
        return asyncio.run_coroutine_threadsafe(finish(), self.loop).result()

    def _work(self, number: Optional[int], fns: Any, *args: Any) -> None:
        end: Json = {"result": None}
        try:
            for fn in fns:
                if inspect.isawaitable(result := fn(*args)):
                    self._await(result)
        except Exception as e:
            if not self.gone:
                traceback.print_exc()
            end = {"error": {"code": 1, "message": repr(e)}}
        if number is not None:
            self._send(id=number, **end)

    def _answer(self, message: Json) -> None:
        if (future := self.waiting.pop(message["id"], None)) is None:
            return
        self.room.release()
        del self.chunks[message["id"]]
        if "error" in message:
            future.set_exception(Error(message["error"]))
        else:
            future.set_result(message["result"])

    def _declare(self) -> Json:
        """The section may set the rank of a command: config.rank_NAME."""
        for check in self.checks:
            check()
        return {"api": 1, "commands": [dict(declared, rank=self.rank(
            "rank_" + declared["name"], declared.get("rank", 0)))
            for declared, _ in self.commands.values()]}

    def _request(self, number: int, method: str, params: Json) -> None:
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
            fns = (self.handlers.get(event.get("t", ""), [])
                + self.handlers.get("*", []))
            if (params.get("command") or {}).get("name") in self.commands:
                _, fn = self.commands[params["command"]["name"]]
                fns = fns + [lambda d, event: fn(Command(event))]
            self.pool.submit(self._work, number, fns, event.get("d"), params)
        elif method == "timer":
            fns = [fn for name, fn in self.timers.items()
                if name == params["name"]]
            self.pool.submit(self._work, number, fns, params)

    def run(self) -> None:
        sys.setrecursionlimit(max(DEPTH, sys.getrecursionlimit()))
        for line in self._in:
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
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self._cancel)
        self.pool.shutdown(cancel_futures=True)

    def _cancel(self) -> None:
        for task in asyncio.all_tasks(self.loop):
            task.cancel()

def _line(**message: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **message},
        allow_nan=False).encode("ascii") + b"\n"
